"""Replicas of the orchestrator that answer turns, without a server around them."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import services.orchestrator
from libs.database import Pool
from services.orchestrator.domain.conversation import Answer, TurnInput
from services.orchestrator.domain.events import SpecUpdated, Status, StoredEvent
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.store import ConversationStore, TurnStore
from services.orchestrator.turns import Journal, Turns

MIGRATIONS = Path(services.orchestrator.__file__).parent / "migrations"
SPEC = WorkloadSpec(task_type="inference")
Work = Callable[[TurnInput, Journal], Awaitable[None]]


@contextlib.asynccontextmanager
async def process(pool: Pool, work: Work, *, lease_s: float = 5.0, timeout_s: float = 10.0) -> AsyncIterator[Turns]:
    """One replica of the orchestrator."""
    turns = Turns(TurnStore(pool), work, lease_s=lease_s, timeout_s=timeout_s, max_running=8)
    async with turns.running():
        yield turns


async def conversation(pool: Pool) -> str:
    conversation_id = uuid.uuid4().hex
    await ConversationStore(pool).create(conversation_id=conversation_id, owner="me", title="")
    return conversation_id


async def echo(turn: TurnInput, journal: Journal) -> None:
    """Answers with the message."""
    await journal.write(Status(text="reading"), SpecUpdated(spec=SPEC, changed_fields=("task_type",), intent="plan"))
    await journal.complete(Answer(action="answer", text=f"You said: {turn.text}", spec=SPEC))


async def all_events(turns: Turns, turn_id: str, after: int = 0) -> list[StoredEvent]:
    return [stored async for stored in turns.watch(turn_id, after=after)]


def kinds(events: list[StoredEvent]) -> list[str]:
    return [stored.event.kind for stored in events]


def assert_no_gap(events: list[StoredEvent], after: int = 0) -> None:
    assert [stored.sequence for stored in events] == list(range(after + 1, after + 1 + len(events)))
