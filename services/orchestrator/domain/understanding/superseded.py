"""Things told of, over which another of their kind is then chosen: "Azure ghosted us, so OVH".

No word need say what became of the first: that its clause tells of the past, and the next one chooses, is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.strands import REACH, Strands

_KINDS: Final = ("gpu", "provider", "component")
_TELLING: Final = words("superseded.telling")
_WISHING: Final = words("superseded.wishing")
_CHOOSING: Final = words("superseded.choosing")
_ADDING: Final = words("superseded.adding")
_SHORTEST: Final = 5
"""Letters of the shortest word whose -ed is taken for a past."""


def rivals(doc: Doc) -> list[tuple[Match, Match]]:
    """Return pairs of things of one kind that follow upon one another: GPUs, providers, software of one role."""
    found: list[tuple[Match, Match]] = []
    for kind in _KINDS if doc.language == "en" else ():
        for one, other in pairwise(doc.all_names(kind)):
            same = kind != "component" or one.facts.get("role") == other.facts.get("role")
            if same and one.id != other.id and 0 <= doc.sentence[other.i] - doc.sentence[one.i] <= 1:
                found.append((one, other))
    return found


def left_for(strands: Strands, found: list[tuple[Match, Match]]) -> Iterator[range]:
    """Yield the tokens of the first of such pairs where it is told of and the second one is chosen."""
    doc = strands.doc
    for one, other in found:
        start, turn = strands.start(one.i), strands.start(other.i)
        if start == turn or turn <= one.i:
            continue
        told = [doc.text(k) for k in range(start, turn)]
        end = min(doc.sentence_span(other.i).stop, other.j + REACH)
        chosen = [doc.text(k) for k in range(turn - 1, end)]
        tells = any(t in _TELLING or (t.endswith("ed") and len(t) >= _SHORTEST and t.isalpha()) for t in told)
        if not tells or not _WISHING.isdisjoint(told) or not _ADDING.isdisjoint(chosen):
            continue
        if not _CHOOSING.isdisjoint(chosen):
            yield range(start, one.j)
