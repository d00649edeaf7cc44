"""Figures that another one in the same sentence replaces: "$2000 instead of $3000", "50 users, not 100"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.numbers import Number

_ENDS: Final = words("answers.ends")
_SLIPS: Final = words("outdated.slips")
_WAS: Final = frozenset({"was", "were", "is", "war", "ist", "etait", "era", "foi"})
_UNITS: Final = 3
"""How many words may stand between a figure and what is said of it."""
_NOT: Final = words("polarity.plain_not")
_REPLACED: Final = words("polarity.instead_of")


def cue_before(doc: Doc, i: int) -> Match | None:
    """Return the "not" or "instead of" that stands right before token i."""
    cue = doc.ending(i, "negation", "replaced") or doc.ending(i, "negation", "before")
    return cue if cue is not None and doc.words(cue.i, cue.j).lower() in _NOT | _REPLACED else None


def outdated(doc: Doc) -> Iterator[range]:
    """Yield the tokens that tell such a figure, with the word that refuses it, where the one that holds has a unit.

    A bare number that holds is left, since the refused one tells that it is a correction ("4, not 2").
    """
    yield from _slips(doc)
    if not doc.any_between("negation", 0, len(doc.tokens)):
        return
    for number in doc.numbers:
        begin = number.i - 1 if doc.at(number.i - 1, "currency") else number.i
        cue = cue_before(doc, begin)
        if cue is None:
            continue
        # Only what was said before it holds by itself: "not 6000 euros a month, 1500" leans on the refused figure.
        others = [n for n in doc.numbers if n.j <= cue.i and doc.sentence[n.i] == doc.sentence[number.i]]
        end = _end(doc, number, others)
        if end_of_aside := _aside(doc, cue, end, others):
            yield range(cue.i - 1, end_of_aside)
            continue
        closed = doc.text(end) in _ENDS or doc.at(end, "per") is not None
        if closed and any(not _bare(doc, n, cue) and cue_before(doc, n.i) is None for n in others):
            yield range(cue.i, end)


def _slips(doc: Doc) -> Iterator[range]:
    """Yield the figures that are said to be a slip: "12B please. 27B was a slip", "the 7B above was a typo"."""
    for k in doc.where(_SLIPS):
        verb = next((n for n in (k - 2, k - 1) if doc.text(n) in _WAS), None)
        near = (n for n in reversed(doc.numbers) if verb is not None and verb - _UNITS <= n.j <= verb)
        if (number := next(near, None)) is not None and len(doc.numbers) > 1:
            yield range(number.i, k + 1)


def _aside(doc: Doc, cue: Match, end: int, others: list[Number]) -> int:
    """Return where the refused figure ends of "on 2, not 4, A100s", which parts the other one from its noun, or 0."""
    parted = doc.text(cue.i - 1) == "," and doc.text(end) == "," and any(n.j == cue.i - 1 for n in others)
    return end + 1 if parted and (doc.text(end + 1).isalnum() or end + 1 in doc.name_ends) else 0


def _end(doc: Doc, number: Number, others: list[Number]) -> int:
    """Return where the figure ends, with its currency, or a unit that another figure of the sentence has too."""
    end = number.j
    unit = doc.text(end)
    repeated = unit.isalpha() and any(doc.text(n.j) == unit for n in others)
    return end + 1 if repeated or doc.at(end, "currency") else end


def _bare(doc: Doc, number: Number, cue: Match) -> bool:
    return (number.j == cue.i or doc.text(number.j) in _ENDS) and doc.at(number.i - 1, "currency") is None
