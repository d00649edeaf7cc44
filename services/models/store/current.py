"""Keeps the state of the catalogue's latest version, read by one task for all who wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Collection

from libs.database import Pool
from services.models.store import versions
from services.models.store.versions import State


class Current:
    """The state that answers: looked up again after a while, and read anew where the catalogue's version is another."""

    def __init__(
        self, pool: Pool, *, spaces: Collection[tuple[str, int, str]], most_scan_bytes: int, max_age_s: float
    ) -> None:
        """spaces: keys of those that wishes can be embedded in; most_scan_bytes: memory for comparing vectors."""
        self._pool = pool
        self._spaces = spaces
        self._most_scan_bytes = most_scan_bytes
        self._max_age_s = max_age_s
        self._state: State | None = None
        self._checked = -math.inf
        self._renewal: asyncio.Task[State] | None = None

    async def get(self, *, other_than: int | None = None) -> State:
        """Return the state, checked within the last seconds and of another version than one that is known to be old.

        Who waits may give up, as a probe does after two seconds: the reading goes on, for others and for who asks next.
        """
        if self._state is not None and self._state.version != other_than and self._is_fresh():
            return self._state
        return await asyncio.shield(self._renewing())

    def look(self) -> None:
        """Have the state looked up again, where it is time for that, without waiting for it."""
        if not self._is_fresh():
            self._renewing()

    async def close(self) -> None:
        """Stop reading."""
        if self._renewal is not None:
            self._renewal.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._renewal

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._checked < self._max_age_s

    def _renewing(self) -> asyncio.Task[State]:
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._renew())
            self._renewal.add_done_callback(self._renewed)
        return self._renewal

    async def _renew(self) -> State:
        if self._state is None or self._state.version != await versions.version(self._pool):
            self._state = None  # its scan and the new one need not both be in memory
            self._state = await versions.read_state(
                self._pool, known=self._spaces, most_scan_bytes=self._most_scan_bytes
            )
        self._checked = time.monotonic()
        return self._state

    def _renewed(self, task: asyncio.Task[State]) -> None:
        self._renewal = None
        if not task.cancelled():
            task.exception()  # those who wait are told; where none does, whoever asks next tries again
