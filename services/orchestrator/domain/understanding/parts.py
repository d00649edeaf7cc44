"""Parts of the stack: software by name, and roles by name."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import word_sets, words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.mention import Mention
from services.orchestrator.domain.understanding.past import rejected_as_past
from services.orchestrator.domain.understanding.polarity import negated
from services.orchestrator.domain.understanding.ticked import box, verdict

_ALREADY: Final = words("parts.already")
_TOLD_AFTER: Final = words("parts.told_after")
_HAS: Final = frozenset({"has", "had", "got"})
_ONE: Final = frozenset({"one", "it", "them", "that", "those"})
_WISH_AFTER: Final = words("parts.wish_after")
_WISH: Final = words("parts.wish")
_NOT_THE_SOFTWARE: Final = word_sets("parts.not_the_software")
_WEAK_SKIP: Final = word_sets("parts.weak_skip")


def read_parts(doc: Doc) -> Iterator[Mention]:
    """Read the named components and the roles."""
    named = [m for m in doc.all("component") if not is_something_else(doc, m)]
    dropped = {m.facts.get("role") for m in named if negated(doc, m.i, m.j)}
    for match in named:
        if match.facts.get("care") == "ignore":
            continue
        against = negated(doc, match.i, match.j)
        kept = match.facts.get("role") in dropped  # "drop Qdrant, we're already on pgvector": that does its work
        if not against and not kept and (rejected_as_past(doc, match.i) or _has_already(doc, match)):
            continue
        yield Mention("components", match.id, match.i, match.j, negated=against)
    strong = [m for m in doc.all("strong_role") if not _is_weighed(doc, m)]
    for match in strong:
        if rejected_as_past(doc, match.i) or _has_already(doc, match) or verdict(doc, match.j) == "maybe":
            continue
        yield Mention(
            "component_roles",
            match.id,
            match.i,
            match.j,
            negated=negated(doc, match.i, match.j) or _replaced(doc, match),
        )
    anchors = {m.i for m in (*named, *strong)}
    of_software = {k for m in named for k in range(m.i, m.j)}
    of_roles = {k for m in strong for k in range(m.i, m.j)}
    for match in doc.all("catalogue_component"):
        if of_software.isdisjoint(range(match.i, match.j)) and _is_wished(doc, match, anchors):
            yield Mention("components", match.id, match.i, match.j, negated=negated(doc, match.i, match.j))
    for match in doc.all("weak_role"):
        inside = match.i in of_software or match.i in of_roles or match.i in doc.names
        if not inside and doc.ending(match.i, "removal") is not None:
            yield Mention("component_roles", match.id, match.i, match.j, negated=True)
            continue
        if inside or _has_already(doc, match) or not _is_wished(doc, match, anchors):
            continue
        anchors.add(match.i)
        yield Mention("component_roles", match.id, match.i, match.j, negated=negated(doc, match.i, match.j))


def _is_weighed(doc: Doc, match: Match) -> bool:
    """Say whether the thing is data of so many bytes: 日志4TB, the logs."""
    number = doc.number_from.get(match.j)
    return number is not None and doc.at(number.j, "bytes") is not None


def _has_already(doc: Doc, match: Match) -> bool:
    """Say whether the thing is there: "already have monitoring and a database"."""
    before = range(max(0, match.i - 3), match.i)
    beside = any(doc.text(k) in _ALREADY and doc.clause[k] == doc.clause[match.i] for k in before)
    return beside or any(
        doc.text(k) == "already" and doc.clause[k] == doc.clause[match.i] for k in range(max(0, match.i - 7), match.i)
    )


def _replaced(doc: Doc, match: Match) -> bool:
    return doc.near(match.i, match.j, "negation", "before", before=3, after=0) is not None and doc.text(
        match.i - 1
    ) in ("separate", "dedicated", "extra", "own")


def is_something_else(doc: Doc, match: Match) -> bool:
    """Say whether a name of software stands for another thing: "Kafka wrote The Trial"."""
    if match.i in doc.names:
        return True
    skipped = _NOT_THE_SOFTWARE.get(match.id)
    if skipped and ({doc.text(match.i - 1), doc.text(match.j)} & skipped):
        return True
    if doc.text(match.j) in _TOLD_AFTER or (doc.text(match.j) in _HAS and doc.text(match.j + 1) in _ONE):
        return True  # "Kafka wrote The Trial", "GitLab has one"
    return doc.text(match.i - 1) == "-" and doc.tokens[match.i].glued and doc.text(match.i - 2) in ("x", "gamma", "ex")


def _is_wished(doc: Doc, match: Match, anchors: Set[int]) -> bool:
    if ticked := box(doc, match.i) or verdict(doc, match.j):
        return ticked != "maybe"
    around = {doc.text(match.i - 1), doc.text(match.i - 2), doc.text(match.j)}
    if around & _WEAK_SKIP.get(match.id, frozenset()):
        return False
    beside = (k for k in range(match.i - 6, match.i + 7) if k in anchors and k != match.i)
    if any(doc.sentence[k] == doc.sentence[match.i] for k in beside):
        return True
    before = {
        doc.text(k)
        for k in range(max(0, match.i - 6), match.i)
        if doc.clause[k] == doc.clause[match.i] or match.i - k < 6
    }
    after = {
        doc.text(k) for k in range(match.j, match.j + 4) if k < len(doc.tokens) and doc.clause[k] == doc.clause[match.i]
    }
    return bool(before & _WISH or after & _WISH_AFTER)
