"""Keeps the processes running: starts them in parallel, restarts the one that ended, stops all in order."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from deploy.local.console import LocalError, complain, say
from deploy.local.home import Home
from deploy.local.process import Process, ProcessSpec

_START_ATTEMPTS: Final = 3
_BACKOFF_FIRST_S: Final = 0.2
_BACKOFF_MAX_S: Final = 5.0
_STABLE_S: Final = 10.0
"""A process that worked this long starts over with the shortest backoff."""


class Supervisor:
    """Owns the processes of one run."""

    def __init__(
        self, home: Home, *, start_timeout_s: float, stop_timeout_s: float, changed: Callable[[], None]
    ) -> None:
        self._home = home
        self._start_timeout_s = start_timeout_s
        self._stop_timeout_s = stop_timeout_s
        self._changed = changed
        self._stages: list[list[Process]] = []
        self._keepers: set[asyncio.Task[None]] = set()

    @property
    def pids(self) -> dict[str, int]:
        """Process id by name, of those that run now."""
        return {p.spec.name: p.pid for stage in self._stages for p in stage if p.pid is not None}

    async def start(self, *specs: ProcessSpec) -> None:
        """Start one stage, all its processes at once, and return when each is ready. Raises LocalErrors, grouped."""
        stage = [Process(spec) for spec in specs]
        self._stages.append(stage)
        async with asyncio.TaskGroup() as group:
            for process in stage:
                group.create_task(self._bring_up(process))
        for process in stage:
            keeper = asyncio.create_task(self._keep(process))
            self._keepers.add(keeper)

    async def _bring_up(self, process: Process) -> None:
        for attempt in range(1, _START_ATTEMPTS + 1):
            await process.start()
            self._changed()
            try:
                await process.ready(timeout_s=self._start_timeout_s)
                return
            except LocalError:
                # A database that was killed needs a moment until the last of its old processes is gone.
                if attempt == _START_ATTEMPTS or process.pid is not None:
                    raise
                await asyncio.sleep(_BACKOFF_FIRST_S * 2**attempt)

    async def _keep(self, process: Process) -> None:
        """Restart the process whenever it ends, for as long as the run lasts."""
        name, backoff_s = process.spec.name, _BACKOFF_FIRST_S
        while True:
            started = time.monotonic()
            ended = await process.wait()
            backoff_s = (
                _BACKOFF_FIRST_S if time.monotonic() - started > _STABLE_S else min(backoff_s * 2, _BACKOFF_MAX_S)
            )
            complain(f"{name} ended ({ended}); starting it again in {backoff_s:.1f} s")
            if not self._home.has_room():
                complain(f"the disk of {self._home.root} is full: free some space, the run goes on by itself")
            await asyncio.sleep(backoff_s)
            try:
                await process.stop(timeout_s=0)  # what is left of its group
                await process.start()
                self._changed()
                await process.ready(timeout_s=self._start_timeout_s)
                say(f"{name} is back")
            except LocalError as error:
                complain(str(error))

    async def stop(self) -> None:
        """Stop every process: the last stage first, each stage in parallel."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for stage in reversed(self._stages):
            await asyncio.gather(*(process.stop(timeout_s=self._stop_timeout_s) for process in stage))

    async def kill(self) -> None:
        """Kill every process at once, for whoever presses Ctrl-C twice."""
        everything: Sequence[Process] = [process for stage in self._stages for process in stage]
        await asyncio.gather(*(process.stop(timeout_s=0) for process in everything))
