"""How many sources a rate is said for: "6 cameras, 5 frames per second each" are 30 a second together."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.numbers import Number

_SOURCES: Final = words("service.sources")
_EACH: Final = words("service.for_each")
_MOST: Final = 100_000
_ADJECTIVES: Final = 2
"""Words between the number and the sources: "12 outdoor IP cameras"."""
_REACH: Final = 12


def sources_of(doc: Doc, number: Number, end: int) -> int:
    """Return how many sources each have the rate on tokens [number.i, end); 1 where it is for all of them."""
    if doc.spoken.isdisjoint(_SOURCES):
        return 1
    beside = (number.i - 1, number.i - 2, end, end + 1)
    if not any(doc.text(k) in _EACH and doc.sentence[k] == doc.sentence[number.i] for k in beside if k >= 0):
        return 1
    for other in doc.numbers_around(number.i, end, reach=_REACH):
        counted = any(doc.text(k) in _SOURCES for k in range(other.j, other.j + 1 + _ADJECTIVES))
        same = doc.sentence[other.i] == doc.sentence[number.i]
        if other.i != number.i and counted and same and other.value == int(other.value) and 1 < other.value <= _MOST:
            doc.claim(other)
            return int(other.value)
    return 1
