"""What is said of software: that it is there already, that it is missing, that it is not or no longer wanted.

None of it is a field of the spec. "We already run Prometheus" wishes for nothing, and neither does "not Milvus"; both
say what a plan has to fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.naming import naming
from services.orchestrator.domain.understanding.parts import is_something_else
from services.orchestrator.domain.understanding.polarity import negated, replaced
from services.orchestrator.domain.understanding.standing_cues import Cues, is_question, supposes
from services.orchestrator.domain.understanding.standing_names import with_name

Verdict = Literal["held", "lacking", "refused", "wanted", "anew"]

_NAMES: Final = frozenset({"component", "strong_role", "weak_role"})
_ROLE_REACH: Final = 2
"""Words between a verb and a plain word such as database, beyond which it is no part of what is there."""
_FOUND_WANTING: Final = 5


class Statement(NamedTuple):
    """What is said of one thing."""

    name: str
    """Of software, as the lexicon calls it; or of a role."""
    is_role: bool
    verdict: Verdict
    said: str
    """The user's own word for it."""
    role: str = ""
    """What it does as the user says, of a name that no list knows: "our own metrics stack, FooMon"."""


@lru_cache(maxsize=64)
def statements(text: str) -> tuple[Statement, ...]:
    """Return what messages, one a line, say of software and roles, in their order. Never raises on any text."""
    doc = naming(text, _NAMES)
    return () if doc is None else tuple(_read(doc))


def _read(doc: Doc) -> Iterator[Statement]:
    software = [m for m in doc.all_names("component") if not is_something_else(doc, m)]
    inside = {k for m in software for k in range(m.i, m.j)} | doc.names
    roles = [m for kind in ("strong_role", "weak_role") for m in doc.all_names(kind) if m.i not in inside]
    if not software and not roles:
        return
    called = [with_name(doc, m) for m in roles]
    names = {role.i: name for role, name in called if name}
    cues = Cues(doc, [*software, *(role for role, _ in called)])
    told_of = (m for m in cues.names if m.facts.get("care") != "ignore")
    for match in sorted(told_of, key=lambda m: (m.i, -m.j)):
        is_role = match.kind != "component"
        if verdict := _verdict(doc, cues, match, is_role=is_role):
            if is_role and verdict == "held" and (name := names.get(match.i)):
                yield Statement(fold(name), is_role=False, verdict=verdict, said=name, role=match.id)
            else:
                yield Statement(match.id, is_role, verdict, doc.words(match.i, match.j))


def _verdict(doc: Doc, cues: Cues, match: Match, *, is_role: bool) -> Verdict | None:
    question = is_question(doc, match.i)
    if is_role and cues.is_purpose(match):
        return None
    if cues.leaving(match):
        return "refused"
    if cues.declined(match):
        return "anew" if is_role else "refused"
    if cues.lacking(match):
        return "lacking"
    against = negated(doc, match.i, match.j) or (is_role and doc.ending(match.i, "removal") is not None)
    if not supposes(doc, match.i) and cues.held(match, question=question, reach=_ROLE_REACH if is_role else None):
        if doc.near(match.i, match.j, "past", "behind", before=0, after=_FOUND_WANTING):
            return "anew"  # "our Kafka is too old, plan a new one"
        return "refused" if against and cues.is_ours(match) and cues.wished_against(match) else "held"
    if against and not is_role and not question and cues.is_once_more(match):
        return "held"
    if is_role and (cues.is_anew(match) or replaced(doc, match.i, match.j)):
        return None  # "pgvector instead of a separate vector store": that does the work
    if against:
        return None if question and cues.wonders(match) else "refused"
    if question and doc.near(match.i, match.j, "revise", "what_about", before=3, after=0) is None:
        return None
    return "anew" if cues.is_anew(match) else "wanted"
