"""Tells how an import goes: records, rate, time to go."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from services.models.store.imports import Progress

_EVERY_S: Final = 2.0


class Meter:
    """Writes a line at most every two seconds."""

    def __init__(self, write: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._began = clock()
        self._last = self._began
        self._first: tuple[int, float] | None = None
        self._expected = 0

    def expect(self, records: int) -> None:
        """Note about how many records there are, for sources that do not tell; 0 where nobody knows."""
        self._expected = records

    def report(self, progress: Progress, *, position: float | None) -> None:
        """Tell the progress; position is the share of the source that has been read, where it is known."""
        if position is None and self._expected:
            position = progress.seen / self._expected
        now = self._clock()
        if self._first is None:
            self._first = (progress.seen, position or 0.0)
        if now - self._last < _EVERY_S:
            return
        self._last = now
        rate = max(progress.seen - self._first[0], 0) / max(now - self._began, 1e-9)
        line = f"{progress}, {rate:,.0f}/s"
        if position is not None and position > self._first[1] and position < 1:
            left = (now - self._began) * (1 - position) / (position - self._first[1])
            line += f", {position:.0%}, about {left:,.0f} s to go"
        self._write(line)

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
