"""Figures said anew in one message, put where the ones stand that they correct: "3500 a month... scrap that, 2800"."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from operator import itemgetter
from typing import Final, NamedTuple

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.numbers import Number
from services.orchestrator.domain.understanding.outdated import cue_before

_ENDS: Final = words("answers.ends") | words("said_anew.ends")
_OPENING: Final = words("said_anew.opening")
_UNITS: Final = ("bytes", "time", "currency", "per", "people", "requests", "items", "gpu")
"""What tells what a number counts, right behind it."""
_SHARED: Final = frozenset({"money", "time", "billions"})
"""Units of which the figure said anew leans on the rest of what it corrects: "$5000 in total. Sorry, $3500"."""
_RETOLD: Final = 12
"""How soon after the words that correct the figure is said."""
_BACK: Final = 2
"""How many sentences before them the corrected one may stand."""
_WIDEST: Final = 200.0
"""Of two figures for one thing, how many times the smaller one the other may be."""
_YEARS: Final = range(1950, 2101)
_START: Final = itemgetter(Number._fields.index("i"))


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


def with_figures_anew(doc: Doc) -> str:
    """Return the message with each corrected figure replaced by the one said for it, which is blanked where it stood.

    "Llama 3.1 8B on twelve GPUs. Hang on, six" reads "Llama 3.1 8B on six GPUs. Hang on,". In a chain the last holds.
    """
    edits: dict[int, _Edit] = {}
    placed: dict[int, _Edit] = {}
    """Where each figure said anew was put, by where it stood: in a chain the next one goes to the same place."""
    cues = [m for m in (*doc.all("correction"), *doc.all("recount")) if _is_set_off(doc, m)]
    for cue in sorted(cues, key=lambda m: m.i):
        put: _Edit | None = None
        for edit in _of(doc, cue):
            if edit.text:
                put = edit = placed.get(edit.start, edit)._replace(text=edit.text)
            elif put is not None:
                placed[edit.start] = put
            edits[edit.start] = edit
    text = doc.raw
    for edit in sorted(edits.values(), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _is_set_off(doc: Doc, cue: Match) -> bool:
    """Say whether the words begin anew, rather than go on: "..., wait, 2" and not "users wait at most 2 minutes"."""
    if doc.at(cue.i, "negation", "replaced") is not None:
        return False  # "$600 instead of $1000"
    before = doc.text(cue.i - 1)
    begins = doc.sentence_span(cue.i).start == cue.i or not before.isalnum() or before in _OPENING
    return begins or not doc.text(cue.j).isalnum() or doc.ending(cue.i, "correction") is not None


def _of(doc: Doc, cue: Match) -> Iterator[_Edit]:
    yield from _period(doc, cue)
    anew = _following(doc, cue)
    if anew is None or cue_before(doc, anew.i) or doc.text(doc.sentence_span(anew.i)[-1]) == "?":
        return
    unit = _unit(doc, anew)
    if unit is None:
        return
    new = doc.words(anew.i, anew.j)
    blank = _Edit(doc.tokens[anew.i].start, doc.tokens[anew.j - 1].end, "")
    if unit == "billions":
        name = _sized(doc, cue)
        if name is not None:
            yield _Edit(doc.tokens[name.start].start, doc.tokens[name.stop - 1].end, new)
            yield blank
        return
    for old in _before(doc, cue):
        if _replaces(doc, anew, unit, old):
            yield _Edit(doc.tokens[old.i].start, doc.tokens[old.j - 1].end, new)
            yield blank
            return


def _period(doc: Doc, cue: Match) -> Iterator[_Edit]:
    """Put a period said afterwards behind the amount that it is for: "budget is $900, I mean per month"."""
    per = doc.at(cue.j, "per")
    old = next(_before(doc, cue), None) if per is not None and _is_closed(doc, per.j) else None
    if per is None or old is None or _per(doc, old.j):
        return
    currency = doc.at(old.j, "currency")
    if currency is not None or doc.at(old.i - 1, "currency") is not None:
        end = doc.tokens[(currency.j if currency is not None else old.j) - 1].end
        yield _Edit(end, end, f" {doc.words(per.i, per.j)}")
        yield _Edit(doc.tokens[per.i].start, doc.tokens[per.j - 1].end, "")


def _following(doc: Doc, cue: Match) -> Number | None:
    """Return the first figure after words that correct, where no name stands between."""
    last = min(cue.j + _RETOLD, len(doc.tokens))
    for k in range(cue.j, last):
        if (number := doc.number_from.get(k)) is not None:
            return number
        if k in doc.name_ends or k in doc.names or doc.sentence[k] - doc.sentence[cue.j - 1] > 1:
            return None
    return None


def _unit(doc: Doc, number: Number) -> str | None:
    """Return what a number counts, "" where nothing is said of it, None where that is another thing."""
    j = number.j
    if number.billions:
        return "billions"
    if doc.at(number.i - 1, "currency") or doc.at(j, "currency"):
        return None if _per(doc, j) else "money"
    found = next((kind for kind in _UNITS if doc.at(j, kind)), None)
    if found == "time" and doc.text(j + 1).isalpha() and doc.text(j + 1) not in _ENDS:
        return None  # "wait, 30 s clips of audio"
    if found is not None or doc.at(j, "cue"):
        return found if found in _SHARED else None if j in doc.names else "noun"
    by_itself = number.written or number.value not in _YEARS
    return "" if by_itself and _is_closed(doc, j) else None


def _is_closed(doc: Doc, j: int) -> bool:
    """Say whether a figure before token j stands by itself: "sorry, 2800", "oh, 3 in fact"."""
    if j >= len(doc.tokens) or doc.text(j) in _ENDS or doc.sentence[j] != doc.sentence[j - 1]:
        return True
    return doc.at(j, "correction") is not None or doc.at(j, "recount") is not None


def _per(doc: Doc, j: int) -> bool:
    near = range(j, min(j + 2, doc.sentence_span(j - 1).stop))
    return any(doc.at(k, "per") is not None for k in near)


def _before(doc: Doc, cue: Match) -> Iterator[Number]:
    """Yield the figures before words that correct, the last one first."""
    for n in range(bisect_left(doc.numbers, cue.i, key=_START) - 1, -1, -1):
        old = doc.numbers[n]
        if doc.sentence[cue.i] - doc.sentence[old.i] > _BACK:
            return
        yield old


def _replaces(doc: Doc, anew: Number, unit: str, old: Number) -> bool:
    low, high = sorted((anew.value, old.value))
    if low <= 0 or high / low > _WIDEST or low == high:
        return False
    if unit == "money":
        return bool(doc.at(old.i - 1, "currency") or doc.at(old.j, "currency"))
    if unit == "noun":
        return doc.text(old.j) == doc.text(anew.j)
    if unit == "time":
        return doc.at(old.j, "time") is not None
    counts = bool(doc.at(old.i - 1, "currency")) or doc.any_at(old.j, _UNITS)
    return not unit and (counts or old.written or old.value not in _YEARS)


def _sized(doc: Doc, cue: Match) -> range | None:
    """Return the tokens of the size in the name of the last model before the cue: the 7B of "Qwen2.5 7B"."""
    for family in reversed(doc.all_names("family")):
        if family.j > cue.i or doc.sentence[cue.i] - doc.sentence[family.i] > _BACK:
            continue
        for k in range(family.j - 1, family.i, -1):
            if doc.text(k) == "b" and doc.tokens[k - 1].is_number:
                return range(k - 1, k + 1)
        return None
    return None
