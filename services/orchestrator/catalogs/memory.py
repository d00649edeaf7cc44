"""Answers that change only with a catalogue's snapshot are kept as long as it serves, and asked once when many plans
want them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Final, TypeVar

from libs.errors import DeadlineError, UnavailableError

T = TypeVar("T")

KEPT_S: Final = 30.0
"""How long the snapshot is not asked for again: a new one is seen after this at the latest."""
MAX_KEPT: Final = 32


class Memory:
    """Keeps answers by question; of too many those that were not wanted for longest are forgotten. A question that
    failed is asked again.

    snapshot: asks which snapshot answers; None where answers may change without it, and are kept for a moment only.
    """

    def __init__(
        self, snapshot: Callable[[], Awaitable[str | None]], *, kept_s: float = KEPT_S, most: int = MAX_KEPT
    ) -> None:
        """most: answers that are kept."""
        self._snapshot, self._kept_s, self._most = snapshot, kept_s, most
        self._look: asyncio.Task[Hashable] | None = None
        self._until = 0.0
        self._looks = 0
        self._answers: dict[Hashable, tuple[Hashable, asyncio.Task[Any]]] = {}

    async def get(self, question: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """Return the kept answer, or ask. Raises what ask raises."""
        # Known before the answer is asked for, so that no answer passes for one of a later snapshot.
        version = await self._version()
        known = self._answers.pop(question, None)
        if known is None or known[0] != version or _failed(known[1]):
            known = (version, asyncio.ensure_future(_run(ask)))
        self._answers[question] = known
        for oldest in list(self._answers)[: max(len(self._answers) - self._most, 0)]:
            del self._answers[oldest]
        # A caller that is cancelled must not cancel what others wait for.
        answer: T = await asyncio.shield(known[1])
        return answer

    async def _version(self) -> Hashable:
        now = time.monotonic()
        if self._look is None or self._until < now or _failed(self._look):
            self._until = now + self._kept_s
            self._look = asyncio.ensure_future(self._look_up())
        return await asyncio.shield(self._look)

    async def _look_up(self) -> Hashable:
        """Return what tells answers apart: the snapshot, or where that is not enough a number not used before."""
        try:
            snapshot = await self._snapshot()
        except (UnavailableError, DeadlineError):
            snapshot = None
        self._looks += 1
        return self._looks if snapshot is None else snapshot


def _failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


async def _run(ask: Callable[[], Awaitable[T]]) -> T:
    return await ask()
