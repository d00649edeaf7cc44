"""A circuit breaker: after failures in a row a language model is left alone for a while, then tried again."""

from __future__ import annotations

import time
from collections.abc import Callable


class Breaker:
    """Opens after a number of failures in a row; one try at a time is let through when the pause is over."""

    def __init__(self, *, failures: int, pause_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._pause_s, self._clock = failures, pause_s, clock
        self._failed = 0
        self._open_until = 0.0

    def admits(self) -> bool:
        """Whether the model may be asked now, by the caller: after a pause the first to ask has the only try.

        A try whose outcome is never noted (its turn was cancelled) holds the others back for one pause more.
        """
        if self._failed < self._limit:
            return True
        if self._clock() < self._open_until:
            return False
        self._open_until = self._clock() + self._pause_s
        return True

    def succeeded(self) -> None:
        """Note an answer."""
        self._failed = 0

    def failed(self) -> None:
        """Note a failure."""
        self._failed += 1
        self._open_until = self._clock() + self._pause_s
