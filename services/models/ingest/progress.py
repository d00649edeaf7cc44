"""Tells how an import goes: records, rate, time to go."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from services.models.store.imports import Progress

_EVERY_S: Final = 2.0
_SHOWN: Final = 5
"""Refused records that are told one by one; GetCatalogInfo lists them."""


class Meter:
    """Writes a line at most every two seconds."""

    def __init__(self, write: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._last = clock()
        self._first: tuple[int, float, float] | None = None
        self._expected = 0
        self._refused = 0

    def expect(self, records: int) -> None:
        """Note about how many records there are, for sources that do not tell; 0 where nobody knows."""
        self._expected = records

    def report(self, progress: Progress, *, position: float | None) -> None:
        """Tell the progress; position is the share of the source that has been read, where it is known."""
        if position is None and self._expected:
            position = progress.seen / self._expected
        now = self._clock()
        if self._first is None:
            self._first = (progress.seen, position or 0.0, now)
        if now - self._last < _EVERY_S:
            return
        self._last = now
        line = str(progress)
        seen, before, began = self._first
        if (took := now - began) > 0:
            line += f", {max(progress.seen - seen, 0) / took:,.0f}/s"
        if position is not None and before < position < 1:
            line += f", {position:.0%}, about {took * (1 - position) / (position - before):,.0f} s to go"
        self._write(line)

    def refused(self, records: Sequence[tuple[str, str]]) -> None:
        """Tell the first records that are refused: where, and why."""
        for location, reason in records[: max(_SHOWN - self._refused, 0)]:
            self._write(f"refused {location}: {reason}")
        self._refused += len(records)

    def embedded(self, count: int, total: int, *, space: str, began: float) -> None:
        """Tell how many of the passages have been embedded in a space since a moment of the clock."""
        now = self._clock()
        if now - self._last < _EVERY_S:
            return
        self._last = now
        rate = count / max(now - began, 1e-9)
        left = (total - count) / rate if rate else 0.0
        self._write(f"{count:,} of {total:,} passages embedded by {space}, {rate:,.0f}/s, about {left:,.0f} s to go")

    def now(self) -> float:
        """Return the clock's time, in seconds."""
        return self._clock()
