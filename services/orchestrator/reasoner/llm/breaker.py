"""A circuit breaker: after failures in a row a language model is left alone for a while, then tried again."""

from __future__ import annotations

import time
from collections.abc import Callable


class Breaker:
    """Opens after a number of failures in a row; one try is let through when the pause is over."""

    def __init__(self, *, failures: int, pause_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._pause_s, self._clock = failures, pause_s, clock
        self._failed = 0
        self._open_until = 0.0

    @property
    def allows(self) -> bool:
        """Whether the model may be asked now."""
        return self._failed < self._limit or self._clock() >= self._open_until

    def succeeded(self) -> None:
        """Note an answer."""
        self._failed = 0

    def failed(self) -> None:
        """Note a failure."""
        self._failed += 1
        self._open_until = self._clock() + self._pause_s
