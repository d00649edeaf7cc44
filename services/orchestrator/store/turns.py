"""Turns: stored before they are worked on, fenced by a lease while they are, finished in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from asyncpg import UniqueViolationError

from libs.database import Pool
from libs.errors import ConflictError, FailedPreconditionError, InvalidInputError, NotFoundError, Violation
from services.orchestrator.domain.conversation import Answer, LlmUsage, Message, Turn, TurnInput
from services.orchestrator.domain.events import EVENT, Accepted, Event, StoredEvent
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.store import turn_sql
from services.orchestrator.store.conversations import QUESTIONS, ConversationNotFoundError

_TITLE_CHARS: Final = 80
_RETRY_AFTER_S: Final = 1.0
_ATTEMPTS: Final = 3
"""At beginning a turn, where the one in the way has ended when it is looked for."""
_SEQUENCE: Final = "events_pkey"


class LeaseLostError(Exception):
    """Another process works on the turn now; this one must stop without writing."""


class ContestedError(Exception):
    """Events were written that the write did not know of: its own first try, which was taken for lost."""


class TurnNotFoundError(NotFoundError):
    """No turn of this id."""

    reason = "TURN_NOT_FOUND"

    def __init__(self, turn_id: str) -> None:
        super().__init__(f"no turn {turn_id!r}", turn_id=turn_id)


@dataclass(frozen=True, slots=True)
class BegunTurn:
    """A turn that was begun now, or the one that the same request began before."""

    turn: Turn
    events: tuple[StoredEvent, ...]
    """Its first events, when it was begun now."""

    @property
    def new(self) -> bool:
        """Whether it was begun now."""
        return bool(self.events)


class TurnStore:
    """Reads and writes turns and their events."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def begin(
        self, *, turn_id: str, conversation_id: str, text: str, request_id: str, worker: str, lease_s: float
    ) -> BegunTurn:
        """Store a turn with the user's message, leased to a worker; or return the one that request_id began before.

        Raises ConversationNotFoundError; ConflictError while another turn runs; InvalidInputError when request_id came
        with another text before.
        """
        digest, message_id = hashlib.sha256(text.encode()).hexdigest(), f"{turn_id}-user"
        accepted = Accepted(conversation_id=conversation_id, message_id=message_id)
        ids, lease = (turn_id, conversation_id, request_id or None), (digest, worker, lease_s)
        said = (message_id, text, " ".join(text.split())[:_TITLE_CHARS], EVENT.dump_python(accepted, mode="json"))
        for _ in range(_ATTEMPTS):
            if row := await self._pool.fetchrow(turn_sql.BEGIN, *ids, *lease, *said):
                fields = dict(row)
                place = {name: fields.pop(name) for name in ("sequence", "time")}
                return BegunTurn(Turn(**fields), (StoredEvent(turn_id=turn_id, event=accepted, **place),))
            row = await self._pool.fetchrow(turn_sql.IN_THE_WAY, conversation_id, request_id or None)
            if row is None:
                raise ConversationNotFoundError(conversation_id)
            fields = dict(row)
            same, known = fields.pop("request_id") == request_id, fields.pop("text_sha256")
            if same and known != digest:
                raise InvalidInputError([Violation("request_id", "was used with another text; use a new one")])
            if same:
                return BegunTurn(Turn(**fields), ())
            if fields["turn_id"]:
                raise ConflictError(
                    "the conversation's last message is still being answered; wait for it or watch its turn",
                    retry_after_s=_RETRY_AFTER_S,
                    turn_id=fields["turn_id"],
                )
        raise ConflictError("other messages come in between; send it again", retry_after_s=_RETRY_AFTER_S)

    async def get(self, turn_id: str) -> Turn:
        """Return a turn. Raises TurnNotFoundError."""
        row = await self._pool.fetchrow(turn_sql.GET, turn_id)
        if row is None:
            raise TurnNotFoundError(turn_id)
        return Turn(**row)

    async def claim(self, turn_id: str, *, worker: str, lease_s: float) -> Turn | None:
        """Take over a running turn whose lease has run out; None when there is nothing to take over."""
        row = await self._pool.fetchrow(turn_sql.CLAIM, turn_id, worker, lease_s)
        return Turn(**row) if row else None

    async def expired(self, *, limit: int) -> list[str]:
        """Return running turns whose lease has run out, longest ago first."""
        return [row["turn_id"] for row in await self._pool.fetch(turn_sql.EXPIRED, limit)]

    async def renew(self, *, worker: str, lease_s: float) -> dict[str, bool]:
        """Renew every lease of a worker and return its turns, each with whether it is to be cancelled."""
        rows = await self._pool.fetch(turn_sql.RENEW, worker, lease_s)
        return {row["turn_id"]: row["cancel_requested"] for row in rows}

    async def request_cancel(self, turn_id: str) -> None:
        """Ask whoever works on a turn to stop. Raises TurnNotFoundError; FailedPreconditionError when it has ended."""
        if await self._pool.fetchval(turn_sql.CANCEL, turn_id) is None:
            turn = await self.get(turn_id)
            raise FailedPreconditionError(f"the turn has ended ({turn.state})", turn_id=turn_id, state=turn.state)

    async def events(self, turn_id: str, *, after: int = 0) -> list[StoredEvent]:
        """Return the events of a turn with a greater sequence number."""
        return [StoredEvent(**row) for row in await self._pool.fetch(turn_sql.EVENTS, turn_id, after)]

    async def append(self, turn_id: str, events: Sequence[Event], *, worker: str) -> list[StoredEvent]:
        """Append events to a turn. Raises LeaseLostError when the worker no longer holds it, ContestedError."""
        return await self._add(turn_sql.APPEND, turn_id, worker, events)

    async def read_input(self, turn: Turn) -> TurnInput:
        """Return everything that the answer to a turn depends on."""
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(turn_sql.CONTEXT, turn.turn_id)
            if row is None:
                raise TurnNotFoundError(turn.turn_id)
            earlier = (turn.conversation_id, 2 * turn.number - 1)
            history = await connection.fetch(turn_sql.HISTORY, *earlier) if turn.number > 1 else ()
        return TurnInput(
            turn=turn,
            text=row["text"],
            spec=WorkloadSpec.model_validate(row["spec"]),
            asked=QUESTIONS.validate_python(row["asked"]),
            history=tuple(Message(**message) for message in history),
            plans=tuple(DeploymentPlan.model_validate(plan) for plan in row["plans"]),
            llm_cost_usd=row["llm_cost_usd"],
            llm_tokens=int(row["llm_tokens"]),
        )

    async def complete(
        self, turn_id: str, answer: Answer, events: Sequence[Event], *, worker: str
    ) -> list[StoredEvent]:
        """Store the answer, what was learned, the plan and the last events, all or nothing.

        Raises LeaseLostError, ContestedError.
        """
        return await self._end(
            turn_id,
            worker,
            events,
            state="completed",
            text=answer.text,
            spec=answer.spec,
            usage=answer.usage,
            answer=answer,
        )

    async def fail(
        self,
        turn_id: str,
        *,
        state: str,
        text: str,
        spec: WorkloadSpec | None,
        usage: LlmUsage,
        events: Sequence[Event],
        worker: str,
    ) -> list[StoredEvent]:
        """End a turn without an answer, keeping the text that was streamed, the spec that was understood and the usage.

        Raises LeaseLostError, ContestedError.
        """
        return await self._end(turn_id, worker, events, state=state, text=text, spec=spec, usage=usage)

    async def _end(
        self,
        turn_id: str,
        worker: str,
        events: Sequence[Event],
        *,
        state: str,
        text: str,
        spec: WorkloadSpec | None,
        usage: LlmUsage,
        answer: Answer | None = None,
    ) -> list[StoredEvent]:
        plan = answer.plan if answer else None
        by = (answer.action, answer.reasoner, answer.prompt_version) if answer else ("", "", "")
        used = (usage.input_tokens, usage.output_tokens, usage.cost_usd)
        learned = None if spec is None else spec.model_dump(mode="json", exclude_defaults=True)
        asked = QUESTIONS.dump_python(answer.questions if answer else (), mode="json")
        made = (plan.plan_id, plan.version, plan.model_dump(mode="json")) if plan else ("", None, None)
        return await self._add(turn_sql.END, turn_id, worker, events, state, *by, *used, text, learned, asked, *made)

    async def _add(
        self, statement: str, turn_id: str, worker: str, events: Sequence[Event], *arguments: Any
    ) -> list[StoredEvent]:
        """Write events, and what else the statement writes, where the worker holds the turn."""
        records = [EVENT.dump_python(event, mode="json") for event in events]
        try:
            rows = await self._pool.fetch(statement, turn_id, worker, records, *arguments)
        except UniqueViolationError as error:
            if error.constraint_name != _SEQUENCE:
                raise
            raise ContestedError(turn_id) from error
        if not rows:
            raise LeaseLostError(turn_id)
        places = sorted((row["sequence"], row["time"]) for row in rows)
        return [
            StoredEvent(turn_id=turn_id, sequence=sequence, time=time, event=event)
            for (sequence, time), event in zip(places, events, strict=True)
        ]
