"""Where the work on a turn writes what happens: each event is stored before anyone sees it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_exponential_jitter

from libs.database import is_outage
from services.orchestrator.domain.conversation import Answer, LlmUsage, Turn
from services.orchestrator.domain.events import (
    Completed,
    Event,
    Failed,
    SpecUpdated,
    StoredEvent,
    TextDelta,
)
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.store import ContestedError, TurnStore
from services.orchestrator.turns.feed import Topic

_OUTAGE_S: Final = 30.0
"""How long a write waits for a database that is being restarted."""
_TOGETHER_S: Final = 0.01
"""How long events are collected after a write, to be stored together: each write is a commit."""

Step = Callable[[str], None]
"""Called with the name of each step of a turn as it is reached; tests stop the process there."""


class Journal:
    """Writes one turn's events, for the worker that holds its lease."""

    def __init__(self, store: TurnStore, turn: Turn, topic: Topic, *, worker: str, begun: float, step: Step) -> None:
        """begun: when the turn was taken up, in seconds of time.monotonic()."""
        self._store, self._turn, self._topic, self._worker, self._step = store, turn, topic, worker, step
        self._begin = begun
        self._first_ms = self._elapsed_ms()
        """Until the first event could be seen, which is before the journal begins."""
        self._spec: WorkloadSpec | None = None
        self.usage: Callable[[], LlmUsage] = LlmUsage
        """Tells what language models have done for the turn so far; set by the work on it."""
        self._told = _text(topic.after(0))
        """Text that watchers of an earlier attempt have seen."""
        self._text = ""
        self._pending: list[Event] = []
        self._flusher: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        """Set while someone waits for what was noted."""
        self._ending = False
        """What is pending is stored with the end of the turn."""

    async def write(self, *events: Event) -> None:
        """Store events and show them to who watches. Raises LeaseLostError."""
        self.note(*events)
        await self._flushed()

    def note(self, *events: Event) -> None:
        """Have events stored and shown soon, without waiting; what is noted meanwhile is stored together."""
        for event in events:
            if isinstance(event, SpecUpdated):
                self._spec = event.spec
        self._pending.extend(events)
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush(self._flusher))

    async def _flush(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            before.result()  # an event after one that could not be stored is not stored either
        while self._pending and not self._ending:
            batch, self._pending = self._pending, []
            write = partial(self._store.append, self._turn.turn_id, batch, worker=self._worker)
            self._show(await self._retrying(write))
            self._reached(batch)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TOGETHER_S):
                    await self._hurry.wait()

    async def _flushed(self) -> None:
        if self._flusher is None:
            return
        self._hurry.set()
        try:
            await asyncio.shield(self._flusher)  # a cancelled turn still stores what it noted
        finally:
            self._hurry.clear()

    def _reached(self, events: Sequence[Event]) -> None:
        for event in events:
            self._step(f"after_{event.kind}")

    def tell(self, piece: str) -> None:
        """Note a piece of the answer, less what watchers of an earlier attempt have seen of it."""
        if delta := self._delta(piece):
            self.note(delta)

    async def complete(self, answer: Answer, *closing: Event) -> None:
        """Finish the turn: what was noted, the rest of the text, the closing events, the answer and what was learned,
        all at once."""
        self._ending = True
        await self._flushed()
        noted = list(self._pending)
        delta = self._delta(answer.text.removeprefix(self._text))
        events = [*noted, *([delta] if delta else ()), *closing]
        events.append(
            Completed(
                input_tokens=answer.usage.input_tokens,
                output_tokens=answer.usage.output_tokens,
                tokens_estimated=answer.usage.tokens_estimated,
                llm_cost_usd=answer.usage.cost_usd,
                elapsed_ms=self._elapsed_ms(),
                first_event_ms=self._first_ms,
                reasoner=answer.reasoner,
                action=answer.action,
                message_id=f"{self._turn.turn_id}-assistant",
                prompt_version=answer.prompt_version,
            )
        )
        self._step("before_complete")
        turn_id = self._turn.turn_id
        self._show(await self._retrying(lambda: self._store.complete(turn_id, answer, events, worker=self._worker)))
        self._pending.clear()
        self._reached(noted)
        self._step("after_complete")

    async def fail(self, failure: Failed, *, state: str) -> None:
        """End the turn without an answer; what was streamed and understood is kept."""
        self._ending = False
        with contextlib.suppress(Exception):  # the turn fails anyway, for the reason given
            await self.write()
        turn_id, text = self._turn.turn_id, _text(self._topic.after(0))
        stored = await self._retrying(
            lambda: self._store.fail(
                turn_id,
                state=state,
                text=text,
                spec=self._spec,
                usage=self.usage(),
                events=[failure],
                worker=self._worker,
            )
        )
        self._show(stored)

    def _delta(self, piece: str) -> TextDelta | None:
        """Return the event that takes watchers from what they have seen to what is said now; None when they have it."""
        self._text += piece
        if self._told.startswith(self._text):
            return None
        if self._text.startswith(self._told):
            delta = TextDelta(text=self._text[len(self._told) :])
        else:
            delta = TextDelta(text=self._text, reset=True)
        self._told = self._text
        return delta

    def _show(self, stored: Sequence[StoredEvent]) -> None:
        self._topic.publish(stored)

    def _elapsed_ms(self) -> float:
        return round((time.monotonic() - self._begin) * 1000, 3)

    async def _retrying(self, write: Callable[[], Awaitable[list[StoredEvent]]]) -> list[StoredEvent]:
        """Do a write, again while the database is away. A write that was done although its answer was lost is found,
        also where it ends only while it is tried again."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(_may_be_done),
            stop=stop_after_delay(_OUTAGE_S),
            wait=wait_exponential_jitter(multiplier=0.1, max=1.0, jitter=0.1),
            reraise=True,
        ):
            with attempt:
                if attempt.retry_state.attempt_number > 1 and (done := await self._already_done()):
                    return done
                return await write()
        raise AssertionError("tenacity ends by returning or raising")

    async def _already_done(self) -> list[StoredEvent]:
        seen = self._topic.after(0)
        return await self._store.events(self._turn.turn_id, after=seen[-1].sequence if seen else 0)


def _may_be_done(error: BaseException) -> bool:
    """Tell whether a write that failed may have been done all the same, or may be done later."""
    return is_outage(error) or isinstance(error, ContestedError)


def _text(events: Sequence[StoredEvent]) -> str:
    """Return the text that events tell."""
    text = ""
    for stored in events:
        if isinstance(stored.event, TextDelta):
            text = stored.event.text if stored.event.reset else text + stored.event.text
    return text
