"""Begins turns, works on them under a lease, lets them be watched, takes over those of processes that died."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from libs.database import is_outage
from libs.errors import Stack8sError
from libs.logging import request_id as log_request_id
from libs.rpc.interceptor import deadline
from services.orchestrator.domain.conversation import Turn, TurnInput
from services.orchestrator.domain.events import Failed, StoredEvent
from services.orchestrator.store import LeaseLostError, TurnStore
from services.orchestrator.turns.feed import Feed
from services.orchestrator.turns.journal import Journal, Step

log = logging.getLogger(__name__)

Work = Callable[[TurnInput, Journal], Awaitable[None]]
"""Answers a turn: writes its events and completes it."""

_MAX_ATTEMPTS: Final = 3
"""A turn that took down this many processes is failed rather than tried again."""
_POLL_S: Final = 0.25
_SWEEP_LIMIT: Final = 100


class Turns:
    """All turns of one process."""

    def __init__(
        self,
        store: TurnStore,
        work: Work,
        *,
        lease_s: float,
        timeout_s: float,
        max_running: int,
        step: Step = lambda _: None,
    ) -> None:
        self._store, self._work_on, self._step = store, work, step
        self._lease_s, self._timeout_s = lease_s, timeout_s
        self._worker = uuid.uuid4().hex
        self._feed = Feed()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._cancelled: set[str] = set()
        self._slots = asyncio.Semaphore(max_running)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep leases and take over orphaned turns; on leaving, turns in progress are left to other processes."""
        keeper = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            keeper.cancel()
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(keeper, *self._tasks.values(), return_exceptions=True)

    async def send(self, *, conversation_id: str, text: str, request_id: str) -> str:
        """Store a message, begin work on its turn and return the turn's id; the same request_id gives the same turn.

        Raises what TurnStore.begin raises.
        """
        began = time.monotonic()
        begun = await self._store.begin(
            turn_id=uuid.uuid4().hex,
            conversation_id=conversation_id,
            text=text,
            request_id=request_id,
            worker=self._worker,
            lease_s=self._lease_s,
        )
        if begun.new:
            self._step("after_accepted")
            self._start(begun.turn, list(begun.events), began)
        return begun.turn.turn_id

    async def watch(self, turn_id: str, *, after: int = 0) -> AsyncIterator[StoredEvent]:
        """Yield the events of a turn with a greater sequence number, stored ones first, then as they happen.

        Takes the turn over when the process that worked on it is gone. Raises TurnNotFoundError.
        """
        if self._feed.find(turn_id) is None:
            await self._store.get(turn_id)
        sequence = after
        while True:
            topic = self._feed.find(turn_id)
            changed = topic.changed if topic else None
            events = topic.after(sequence) if topic else await self._store.events(turn_id, after=sequence)
            for stored in events:
                yield stored
                sequence = stored.sequence
                if stored.last:
                    return
            if events:
                continue
            if changed is not None:
                await changed.wait()
            elif (await self._store.get(turn_id)).state != "running":
                if not await self._store.events(turn_id, after=sequence):
                    return
            elif not await self._take_over(turn_id):
                await asyncio.sleep(_POLL_S)

    async def cancel(self, turn_id: str) -> None:
        """Stop a turn, wherever it runs. Raises TurnNotFoundError; FailedPreconditionError when it has ended."""
        await self._store.request_cancel(turn_id)
        self._stop(turn_id)

    def _start(self, turn: Turn, events: list[StoredEvent], began: float) -> None:
        self._feed.open(turn.turn_id, events)
        task = asyncio.create_task(self._run(turn, began))
        self._tasks[turn.turn_id] = task

        def ended(_: asyncio.Task[None]) -> None:
            self._tasks.pop(turn.turn_id, None)
            self._cancelled.discard(turn.turn_id)
            self._feed.close(turn.turn_id)

        task.add_done_callback(ended)

    def _stop(self, turn_id: str) -> None:
        if (task := self._tasks.get(turn_id)) and turn_id not in self._cancelled:
            self._cancelled.add(turn_id)
            task.cancel()

    async def _run(self, turn: Turn, began: float) -> None:
        # The task outlives the call that began it: the call's deadline is not the turn's.
        deadline.set(None)
        log_request_id.set(turn.turn_id)
        topic = self._feed.find(turn.turn_id)
        assert topic is not None
        journal = Journal(self._store, turn, topic, worker=self._worker, begun=began, step=self._step)
        try:
            failure = await self._answer(turn, journal)
            if failure is not None:
                await journal.fail(failure, state="cancelled" if failure.reason == "CANCELLED" else "failed")
        except LeaseLostError:
            log.warning("lease lost", extra={"turn_id": turn.turn_id})
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("turn left to a later process", extra={"turn_id": turn.turn_id})

    async def _answer(self, turn: Turn, journal: Journal) -> Failed | None:
        """Work on a turn; returns how it failed, None when it was completed."""
        if turn.attempts > _MAX_ATTEMPTS:
            return Failed(
                reason="ABANDONED",
                message="The service stopped several times while answering this; please put it in other words.",
                retryable=False,
            )
        try:
            # Waiting for others is not the turn's own time: in a rush every turn is late, and none fails.
            async with self._slots, asyncio.timeout(self._timeout_s):
                await self._work_on(await self._store.read_input(turn), journal)
        except asyncio.CancelledError:
            if turn.turn_id not in self._cancelled:
                raise
            if task := asyncio.current_task():
                task.uncancel()
            return Failed(reason="CANCELLED", message="Stopped at your request.", retryable=True)
        except TimeoutError:
            message = f"The answer was not ready within {self._timeout_s:g} seconds; please try again."
            return Failed(reason="DEADLINE_EXCEEDED", message=message, retryable=True)
        except Stack8sError as error:
            log.warning("turn failed", extra={"turn_id": turn.turn_id, "reason": error.reason, "cause": error.message})
            return Failed(reason=error.reason, message=error.message, retryable=error.retry_after_s is not None)
        except LeaseLostError:
            raise
        except Exception as error:
            if is_outage(error):
                raise
            log.exception("turn failed", extra={"turn_id": turn.turn_id})
            message = "Something went wrong on our side; it is logged. Please try again."
            return Failed(reason="INTERNAL", message=message, retryable=True)
        return None

    async def _take_over(self, turn_id: str) -> bool:
        """Take over a turn whose worker is gone; returns whether there was something to take over."""
        if turn_id in self._tasks:
            return False  # a busy process that renewed too late still works on it, and must not begin it twice
        began = time.monotonic()
        turn = await self._store.claim(turn_id, worker=self._worker, lease_s=self._lease_s)
        if turn is None:
            return False
        log.info("turn taken over", extra={"turn_id": turn_id, "attempt": turn.attempts})
        self._start(turn, await self._store.events(turn_id), began)
        return True

    async def _keep(self) -> None:
        """Renew leases, hear of cancellations and sweep, three times within a lease."""
        while True:
            await asyncio.sleep(self._lease_s / 3)
            try:
                held = await self._store.renew(worker=self._worker, lease_s=self._lease_s) if self._tasks else {}
                for turn_id, cancel in held.items():
                    if cancel:
                        self._stop(turn_id)
                for turn_id in await self._store.expired(limit=_SWEEP_LIMIT):
                    await self._take_over(turn_id)
            except Exception as error:
                if not is_outage(error):
                    log.exception("sweep failed")
