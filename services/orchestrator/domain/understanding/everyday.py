"""Jobs told in everyday words, no task named: "calls typed out as text", "which customers are about to leave"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match, Matcher
from services.orchestrator.domain.understanding.polarity import negated

_REACH: Final = 12
"""How many words may stand between what is done and what it is done to."""
_LONGEST: Final = 400
"""Longer messages name their task."""
_TELLERS: Final = words("everyday.tellers")
_WISHES: Final = words("everyday.wishes")
_COPULAS: Final = frozenset({"is", "are", "was", "were", "ist", "sind", "est", "sont", "es", "son", "sono"})
RAG: Final = "rag"
"""The job of answering from one's own documents."""


def everyday_job(doc: Doc) -> Match | None:
    """Return the first job that a message tells in everyday words, as its task; None where it tells none."""
    if len(doc.tokens) > _LONGEST or doc.all("off_topic"):
        return None
    found = _matcher().find(doc.raw, doc.tokens)
    for job in lexicon.table("jobs")["job"]:
        if (hit := next(_told(doc, found, job), None)) is not None:
            task = job.partition(" ")[0]  # what is said behind it tells jobs of one task apart
            facts = lexicon.table("tasks")["task"].get(task, {"domain": "llm", "model_task": "text-generation"})
            return Match("task", task, hit.i, hit.j, {k: v for k, v in facts.items() if not isinstance(v, list)})
    return None


def _told(doc: Doc, found: Sequence[Match], job: str) -> Iterator[Match]:
    """Yield where a job is told: a phrase that says it whole, or what is done with what it is done to."""
    things = [m for m in found if m.kind == f"to {job}"]
    for match in found:
        if match.kind == f"whole {job}" and _is_wished(doc, match):
            yield match
        if match.kind != f"do {job}" or not _is_wished(doc, match):
            continue
        for thing in things:
            apart = max(thing.i - match.j, match.i - thing.j)
            if 0 <= apart <= _REACH and doc.sentence[thing.i] == doc.sentence[match.i]:
                yield match


def _is_wished(doc: Doc, match: Match) -> bool:
    """Say whether a job is wished for, rather than denied or told of: "we sort the mail by hand"."""
    if negated(doc, match.i, match.j):
        return False
    before = [doc.text(k) for k in range(doc.sentence_span(match.i).start, match.i)]
    if before[-1:] and before[-1] in _COPULAS:
        return False  # "the minutes are in three lines"
    return not _TELLERS.intersection(before[-2:]) or bool(_WISHES.intersection(before))


@cache
def _matcher() -> Matcher:
    nouns = lexicon.table("jobs")["nouns"]
    return Matcher(
        [entry for job, body in lexicon.table("jobs")["job"].items() for entry in _entries(job, body, nouns)]
    )


def _entries(job: str, body: dict[str, Any], nouns: dict[str, list[str]]) -> Iterator[lexicon.Entry]:
    for part, phrases in body.items():
        spelt = [p for phrase in phrases for p in (nouns[phrase[1:]] if phrase[0] == "@" else [phrase])]
        yield lexicon.Entry(f"{part} {job}", job, tuple(dict.fromkeys(spelt)), {})
