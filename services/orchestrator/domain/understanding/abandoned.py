"""Plans told and then given up: "originally Kubeflow on Azure, now Dagster", "our first idea was GCP, forget that"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match

_GIVEN_UP: Final = words("abandoned.given_up")
"""Words of correction that take back all of what was told before, rather than one figure of it."""
_ENTRY: Final = 4
"""How many tokens into a sentence the words stand that turn from the one before."""
_JOINTS: Final = frozenset({",", ";", "-", "–", "—", ":", "(", "."})


def abandoned(doc: Doc) -> Iterator[range]:
    """Yield the tokens that tell of a plan which the same or the next sentence gives up for another."""
    for plan in doc.all("planned"):
        told = doc.sentence_span(plan.i)
        upto = min(told.stop + _following(doc, told.stop), len(doc.tokens))
        if any(plan.j <= m.i < upto for m in doc.all("upheld")):
            continue
        turn = _turn(doc, plan, told)
        if turn is not None:
            start = plan.i if any(k in doc.name_ends for k in range(plan.j, turn)) else doc.clause_span(plan.i).start
            yield range(start, turn)


def _turn(doc: Doc, plan: Match, told: range) -> int | None:
    """Return the token at which the talk turns from the plan, or None where it does not."""
    for k in range(plan.j, told.stop):
        if _gives_up(doc, k) or doc.at(k, "turning", "but") or (doc.text(k - 1) in _JOINTS and doc.at(k, "turning")):
            return k
    entry = range(told.stop, min(told.stop + _ENTRY, len(doc.tokens)))
    turns = any(_gives_up(doc, k) or doc.at(k, "turning") for k in entry if doc.sentence[k] == doc.sentence[entry[0]])
    return told.stop if turns else None


def _gives_up(doc: Doc, k: int) -> bool:
    if doc.at(k, "withdrawn") is not None:
        return True
    cue = doc.at(k, "correction")
    return cue is not None and doc.words(cue.i, cue.j).lower() in _GIVEN_UP


def _following(doc: Doc, start: int) -> int:
    """Return how long the sentence is that begins at a token."""
    return len(doc.sentence_span(start)) if start < len(doc.tokens) else 0
