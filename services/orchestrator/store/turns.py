"""Turns: stored before they are worked on, fenced by a lease while they are, finished in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from libs.database import Connection, Pool
from libs.errors import ConflictError, FailedPreconditionError, InvalidInputError, NotFoundError, Violation
from services.orchestrator.domain.conversation import Answer, LlmUsage, Message, Turn, TurnInput
from services.orchestrator.domain.events import EVENT, Accepted, Event, StoredEvent
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.store import plans
from services.orchestrator.store.conversations import QUESTIONS, ConversationNotFoundError

_TURN: Final = "turn_id, conversation_id, number, state, attempts, create_time"
_TITLE_CHARS: Final = 80
_RETRY_AFTER_S: Final = 1.0

_LOCK: Final = "SELECT turn_count, title FROM conversations WHERE conversation_id = $1 FOR UPDATE"
_BEGUN: Final = f"""
SELECT text_sha256, request_id, {_TURN} FROM turns
WHERE conversation_id = $1 AND (request_id = $2 OR state = 'running') ORDER BY request_id = $2 DESC NULLS LAST
"""  # noqa: S608
# One statement, as every trip to the database is time before the user sees that the message was heard.
_BEGIN: Final = f"""
WITH turn AS (
    INSERT INTO turns (turn_id, conversation_id, number, request_id, text_sha256, lease_owner, lease_until)
    VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7)) RETURNING {_TURN}
), message AS (
    INSERT INTO messages (message_id, conversation_id, turn_id, position, role, text)
    VALUES ($8, $2, $1, 2 * $3 - 1, 'user', $9)
), counted AS (
    UPDATE conversations SET turn_count = $3, title = $10, update_time = now() WHERE conversation_id = $2
), accepted AS (
    INSERT INTO events (turn_id, sequence, event) VALUES ($1, 1, $11) RETURNING sequence, event_time AS time, event
)
SELECT * FROM turn, accepted
"""  # noqa: S608
_MESSAGE: Final = """
INSERT INTO messages (message_id, conversation_id, turn_id, position, role, text, plan_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_GET: Final = f"SELECT {_TURN} FROM turns WHERE turn_id = $1"  # noqa: S608
_CLAIM: Final = f"""
UPDATE turns SET lease_owner = $2, lease_until = now() + make_interval(secs => $3), attempts = attempts + 1
WHERE turn_id = $1 AND state = 'running' AND lease_until < now() RETURNING {_TURN}
"""  # noqa: S608
_EXPIRED: Final = (
    "SELECT turn_id FROM turns WHERE state = 'running' AND lease_until < now() ORDER BY lease_until LIMIT $1"
)
_RENEW: Final = """
UPDATE turns SET lease_until = now() + make_interval(secs => $2)
WHERE lease_owner = $1 AND state = 'running' RETURNING turn_id, cancel_requested
"""
_CANCEL: Final = "UPDATE turns SET cancel_requested = true WHERE turn_id = $1 AND state = 'running' RETURNING turn_id"
# Events are appended only by the holder of the lease; the row lock keeps the sequence without gaps.
_HOLD: Final = (
    "SELECT conversation_id, number FROM turns WHERE turn_id = $1 AND lease_owner = $2 AND state = 'running' FOR UPDATE"
)
_APPEND: Final = """
INSERT INTO events (turn_id, sequence, event)
SELECT $1, last + place, event
FROM (SELECT coalesce(max(sequence), 0) AS last FROM events WHERE turn_id = $1) AS before,
     unnest($2::jsonb[]) WITH ORDINALITY AS added (event, place)
RETURNING turn_id, sequence, event_time AS time, event
"""
_EVENTS: Final = """
SELECT turn_id, sequence, event_time AS time, event FROM events WHERE turn_id = $1 AND sequence > $2 ORDER BY sequence
"""
_END: Final = """
UPDATE turns SET state = $2, action = $3, reasoner = $4, prompt_version = $5, input_tokens = $6, output_tokens = $7,
    llm_cost_usd = $8, end_time = now() WHERE turn_id = $1
"""
_LEARN: Final = """
UPDATE conversations SET spec = $2, asked = asked || $3::jsonb, llm_cost_usd = llm_cost_usd + coalesce($4::numeric, 0),
    latest_plan_id = CASE WHEN $5 = '' THEN latest_plan_id ELSE $5 END, update_time = now()
WHERE conversation_id = $1
"""
_CONTEXT: Final = """
SELECT c.spec, c.asked, c.llm_cost_usd,
    (SELECT coalesce(sum(u.input_tokens + u.output_tokens), 0) FROM turns u
        WHERE u.conversation_id = c.conversation_id) AS llm_tokens,
    (SELECT text FROM messages WHERE turn_id = $1 AND role = 'user') AS text,
    ARRAY(
        SELECT plan FROM (
            SELECT plan, version, max(version) OVER () AS newest FROM plans p
            WHERE p.conversation_id = c.conversation_id
        ) AS made
        WHERE version = 1 OR version >= newest - 1 ORDER BY version DESC
    ) AS plans
FROM conversations c JOIN turns t USING (conversation_id) WHERE t.turn_id = $1
"""
_HISTORY: Final = """
SELECT message_id, turn_id, position, role, text, plan_id, create_time FROM messages
WHERE conversation_id = $1 AND position < $2 ORDER BY position
"""


class LeaseLostError(Exception):
    """Another process works on the turn now; this one must stop without writing."""


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
        digest = hashlib.sha256(text.encode()).hexdigest()
        async with self._pool.acquire() as connection, connection.transaction():
            conversation = await connection.fetchrow(_LOCK, conversation_id)
            if conversation is None:
                raise ConversationNotFoundError(conversation_id)
            for row in await connection.fetch(_BEGUN, conversation_id, request_id or None):
                fields = dict(row)
                same, known = fields.pop("request_id") == request_id, fields.pop("text_sha256")
                if not same:
                    raise ConflictError(
                        "the conversation's last message is still being answered; wait for it or watch its turn",
                        retry_after_s=_RETRY_AFTER_S,
                        turn_id=fields["turn_id"],
                    )
                if known != digest:
                    raise InvalidInputError([Violation("request_id", "was used with another text; use a new one")])
                return BegunTurn(Turn(**fields), ())
            number, message_id = conversation["turn_count"] + 1, f"{turn_id}-user"
            title = conversation["title"] or " ".join(text.split())[:_TITLE_CHARS]
            accepted = EVENT.dump_python(Accepted(conversation_id=conversation_id, message_id=message_id), mode="json")
            lease = (request_id or None, digest, worker, lease_s)
            said = (message_id, text, title, accepted)
            begun = await connection.fetchrow(_BEGIN, turn_id, conversation_id, number, *lease, *said)
            assert begun is not None
            fields = dict(begun)
            first = StoredEvent(turn_id=turn_id, **{name: fields.pop(name) for name in ("sequence", "time", "event")})
            return BegunTurn(Turn(**fields), (first,))

    async def get(self, turn_id: str) -> Turn:
        """Return a turn. Raises TurnNotFoundError."""
        row = await self._pool.fetchrow(_GET, turn_id)
        if row is None:
            raise TurnNotFoundError(turn_id)
        return Turn(**row)

    async def claim(self, turn_id: str, *, worker: str, lease_s: float) -> Turn | None:
        """Take over a running turn whose lease has run out; None when there is nothing to take over."""
        row = await self._pool.fetchrow(_CLAIM, turn_id, worker, lease_s)
        return Turn(**row) if row else None

    async def expired(self, *, limit: int) -> list[str]:
        """Return running turns whose lease has run out, longest ago first."""
        return [row["turn_id"] for row in await self._pool.fetch(_EXPIRED, limit)]

    async def renew(self, *, worker: str, lease_s: float) -> dict[str, bool]:
        """Renew every lease of a worker and return its turns, each with whether it is to be cancelled."""
        rows = await self._pool.fetch(_RENEW, worker, lease_s)
        return {row["turn_id"]: row["cancel_requested"] for row in rows}

    async def request_cancel(self, turn_id: str) -> None:
        """Ask whoever works on a turn to stop. Raises TurnNotFoundError; FailedPreconditionError when it has ended."""
        if await self._pool.fetchval(_CANCEL, turn_id) is None:
            turn = await self.get(turn_id)
            raise FailedPreconditionError(f"the turn has ended ({turn.state})", turn_id=turn_id, state=turn.state)

    async def events(self, turn_id: str, *, after: int = 0) -> list[StoredEvent]:
        """Return the events of a turn with a greater sequence number."""
        return [StoredEvent(**row) for row in await self._pool.fetch(_EVENTS, turn_id, after)]

    async def append(self, turn_id: str, events: Sequence[Event], *, worker: str) -> list[StoredEvent]:
        """Append events to a turn. Raises LeaseLostError when the worker no longer holds it."""
        async with self._pool.acquire() as connection, connection.transaction():
            await _hold(connection, turn_id, worker)
            return await _append(connection, turn_id, events)

    async def read_input(self, turn: Turn) -> TurnInput:
        """Return everything that the answer to a turn depends on."""
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(_CONTEXT, turn.turn_id)
            if row is None:
                raise TurnNotFoundError(turn.turn_id)
            history = await connection.fetch(_HISTORY, turn.conversation_id, 2 * turn.number - 1)
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
        """Store the answer, what was learned, the plan and the last events, all or nothing. Raises LeaseLostError."""
        async with self._pool.acquire() as connection, connection.transaction():
            held = await _hold(connection, turn_id, worker)
            conversation_id = held["conversation_id"]
            plan_id = ""
            if plan := answer.plan:
                plan_id = plan.plan_id
                record = plan.model_dump(mode="json")
                await connection.execute(plans.INSERT, plan_id, conversation_id, turn_id, plan.version, record)
            message = (f"{turn_id}-assistant", conversation_id, turn_id, 2 * held["number"], "assistant", answer.text)
            await connection.execute(_MESSAGE, *message, plan_id)
            spec = answer.spec.model_dump(mode="json", exclude_defaults=True)
            asked = QUESTIONS.dump_python(answer.questions, mode="json")
            usage = answer.usage
            await connection.execute(_LEARN, conversation_id, spec, asked, usage.cost_usd, plan_id)
            await connection.execute(
                _END,
                turn_id,
                "completed",
                answer.action,
                answer.reasoner,
                answer.prompt_version,
                usage.input_tokens,
                usage.output_tokens,
                usage.cost_usd,
            )
            return await _append(connection, turn_id, events)

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

        Raises LeaseLostError.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            held = await _hold(connection, turn_id, worker)
            if text:
                place = (
                    f"{turn_id}-assistant",
                    held["conversation_id"],
                    turn_id,
                    2 * held["number"],
                    "assistant",
                    text,
                )
                await connection.execute(_MESSAGE, *place, "")
            if spec is not None:
                record = spec.model_dump(mode="json", exclude_defaults=True)
                await connection.execute(_LEARN, held["conversation_id"], record, [], usage.cost_usd, "")
            used = (usage.input_tokens, usage.output_tokens, usage.cost_usd)
            await connection.execute(_END, turn_id, state, "", "", "", *used)
            return await _append(connection, turn_id, events)


async def _hold(connection: Connection, turn_id: str, worker: str) -> Any:
    row = await connection.fetchrow(_HOLD, turn_id, worker)
    if row is None:
        raise LeaseLostError(turn_id)
    return row


async def _append(connection: Connection, turn_id: str, events: Sequence[Event]) -> list[StoredEvent]:
    records = [EVENT.dump_python(event, mode="json") for event in events]
    rows = await connection.fetch(_APPEND, turn_id, records)
    return sorted((StoredEvent(**row) for row in rows), key=lambda stored: stored.sequence)
