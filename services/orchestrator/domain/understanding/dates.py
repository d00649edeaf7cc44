"""Days named as deadlines: "by Friday", "before 15 December", "bis Ende nächster Woche"; in hours from the turn."""

from __future__ import annotations

import calendar
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Final, NamedTuple

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.tokens import Token

_START: Final = itemgetter(Token._fields.index("start"))
_END: Final = itemgetter(Token._fields.index("end"))
_WEEK: Final = timedelta(days=7)
_FRIDAY: Final = 4
"""The end of a week, as deadlines mean it."""
_SATURDAY: Final = 5
_MOST_DAYS: Final = 31
_OLDEST: Final = 1900
_FARTHEST: Final = 50
"""Years ahead beyond which a number after a month is no year."""
_BETWEEN: Final = 4
"""How many small words may stand between "by" and the day."""
_SMALL: Final = words("dates.small")
_ORDINALS: Final = words("dates.ordinals")
_NUMERIC: Final = re.compile(
    r"(?<![\d.-])(?:(?P<iso>20\d\d-\d\d-\d\d)|(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>20\d\d)?"
    r"|(?P<cjk_month>\d{1,2})[月월] ?(?P<cjk_day>\d{1,2})[日일])(?![\d-])"
)


class Day(NamedTuple):
    """A day named on tokens [i, j)."""

    day: date
    i: int
    j: int


def deadlines(doc: Doc, now: datetime) -> Iterator[tuple[float, int, int]]:
    """Yield (hours from now, i, j) for each day that is named as a deadline.

    "By" a day means its end, "before" it its start, both in the zone of now; days that are over are passed by.
    """
    for day in _days(doc, now.date()):
        due = _due(doc, day)
        if due is None:
            continue
        ends = day.day if due == "before" else day.day + timedelta(days=1)
        hours = (datetime(ends.year, ends.month, ends.day, tzinfo=now.tzinfo) - now).total_seconds() / 3600
        if hours > 0:
            yield float(max(1, int(hours))), day.i, day.j


def _due(doc: Doc, day: Day) -> str | None:
    """Return by or before, where the words around make the day a deadline."""
    after = doc.at(day.j, "due") or doc.at(day.j + 1, "due")
    if after is not None and after.id.endswith("_after"):
        return after.id.removesuffix("_after")
    if doc.text(day.j - 1).endswith("까지"):
        return "by"
    k = day.i
    for _ in range(_BETWEEN):
        cue = doc.ending(k, "due")
        if cue is not None and doc.text(cue.i - 1) == "from":
            return None  # "data from before 15 December"
        if cue is not None and not cue.id.endswith("_after"):
            return cue.id
        if doc.text(k - 1) not in _SMALL:
            return None
        k -= 1
    return None


def _days(doc: Doc, today: date) -> Iterator[Day]:
    yield from _numeric(doc, today)
    for match in doc.all("weekday"):
        ahead = (int(match.id) - today.weekday() - 1) % 7 + 1
        named = today + timedelta(days=ahead)
        if _next_before(doc, match.i) and named - timedelta(days=named.weekday()) <= today:
            named += _WEEK
        if match.id == str(_SATURDAY) and "week" in doc.text(match.j - 1):
            named -= timedelta(days=1)  # "by the weekend": before it begins
        yield Day(named, match.i, match.j)
    for match in doc.all("month"):
        yield from _of_month(doc, match.i, match.j, int(match.id), today)
    for match in doc.all("day_end"):
        yield from _end(doc, match.i, match.j, today)


def _numeric(doc: Doc, today: date) -> Iterator[Day]:
    """Yield days in digits: 2026-12-10, 15.12., 12月15日."""
    for found in _NUMERIC.finditer(doc.folded):
        i = bisect_right(doc.tokens, found.start(), key=_END)
        j = bisect_left(doc.tokens, found.end(), key=_START)
        if found["iso"]:
            year, month, day = (int(part) for part in found["iso"].split("-"))
        else:
            month, day = int(found["month"] or found["cjk_month"]), int(found["day"] or found["cjk_day"])
            year = int(found["year"] or 0)
        if (named := _date(year, month, day, today)) is not None:
            yield Day(named, i, j)


def _of_month(doc: Doc, i: int, j: int, month: int, today: date) -> Iterator[Day]:
    """Yield the day of "15 December", "the 15th of December", "December 15"."""
    k = i
    while doc.text(k - 1) in _ORDINALS:
        k -= 1
    number, first, end = doc.number_to.get(k), k, j
    if number is None:
        number = doc.number_from.get(j)
        end = number.j if number else j
        while number and doc.text(end) in _ORDINALS:
            end += 1
    else:
        first = number.i
    if number is not None and 1 <= number.value <= _MOST_DAYS and number.value == int(number.value):
        year = doc.number_from.get(end + (doc.text(end) == ","))
        said = int(year.value) if year and _OLDEST <= year.value <= today.year + _FARTHEST else 0
        named = _date(said, month, int(number.value), today)
        if named is not None:
            yield Day(named, min(first, i), max(end, j))


def _end(doc: Doc, i: int, j: int, today: date) -> Iterator[Day]:
    """Yield the day of "the end of next week", "end of the month", "end of March"."""
    k = j
    following = False
    while doc.text(k) in _SMALL or doc.at(k, "day_next"):
        following = following or doc.at(k, "day_next") is not None
        k += 1
    month = doc.at(k, "month")
    if month is not None:
        first = _date(0, int(month.id), 1, today)
        if first is not None:
            yield Day(_last_of(first.year, first.month), i, month.j)
    elif (unit := doc.at(k, "time")) is not None and unit.id in ("w", "mo"):
        after = doc.at(unit.j, "day_next") is not None
        following = following or after
        if unit.id == "w":
            friday = today + timedelta(days=_FRIDAY - today.weekday())
            friday += _WEEK if following or friday < today else timedelta()
            yield Day(friday, i, unit.j + after)
        else:
            ahead = today.month + following
            yield Day(_last_of(today.year + (ahead > 12), (ahead - 1) % 12 + 1), i, unit.j + after)


def _next_before(doc: Doc, i: int) -> bool:
    return doc.ending(i, "day_next") is not None


def _date(year: int, month: int, day: int, today: date) -> date | None:
    """Return a date, the next one where no year is said; None for what is no date."""
    try:
        named = date(year or today.year, month, day)
        return named if year or named >= today else date(today.year + 1, month, day)
    except ValueError:
        return None


def _last_of(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
