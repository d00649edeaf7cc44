"""Answers that change only with a catalogue's snapshot are kept for a moment, and asked once when many plans want
them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Final, TypeVar

T = TypeVar("T")

KEPT_S: Final = 30.0
"""How long an answer is used again: a new snapshot is seen after this at the latest."""
MAX_KEPT: Final = 128


class Memory:
    """Keeps answers by question. A question that failed is asked again."""

    def __init__(self, *, kept_s: float = KEPT_S) -> None:
        self._kept_s = kept_s
        self._answers: dict[Hashable, tuple[float, asyncio.Task[Any]]] = {}

    async def get(self, question: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """Return the kept answer, or ask. Raises what ask raises."""
        now = time.monotonic()
        known = self._answers.get(question)
        if known is None or known[0] < now or (known[1].done() and (known[1].cancelled() or known[1].exception())):
            known = self._answers[question] = (now + self._kept_s, asyncio.ensure_future(_run(ask)))
            self._forget(now)
        # A caller that is cancelled must not cancel what others wait for.
        answer: T = await asyncio.shield(known[1])
        return answer

    def _forget(self, now: float) -> None:
        old = [question for question, (until, _) in self._answers.items() if until < now]
        surplus = list(self._answers)[: max(0, len(self._answers) - MAX_KEPT)]
        for question in {*old, *surplus}:
            del self._answers[question]


async def _run(ask: Callable[[], Awaitable[T]]) -> T:
    return await ask()
