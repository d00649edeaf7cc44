"""Leases that run out although their holder lives."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import services.orchestrator
from libs.database import Pool, migrate, open_pool
from services.orchestrator.domain.conversation import Answer, TurnInput
from services.orchestrator.domain.events import Status
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.store import ConversationStore, TurnStore
from services.orchestrator.turns import Journal, Turns


@pytest.fixture
async def pool(fresh_database_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(fresh_database_url, schema="orchestrator")
    await migrate(pool, Path(services.orchestrator.__file__).parent / "migrations", schema="orchestrator")
    yield pool
    await pool.close()


async def test_a_process_too_busy_to_renew_does_not_begin_its_own_turn_again(pool: Pool):
    begun: list[int] = []

    async def hogs(turn: TurnInput, journal: Journal) -> None:
        begun.append(turn.turn.attempts)
        for number in range(8):
            time.sleep(0.15)  # noqa: ASYNC251 - the point: nothing else of this process gets to run
            await journal.write(Status(text=f"step {number}"))
        await journal.complete(Answer(action="answer", text="done", spec=WorkloadSpec()))

    conversation_id = uuid.uuid4().hex
    await ConversationStore(pool).create(conversation_id=conversation_id, owner="", title="")
    turns = Turns(TurnStore(pool), hogs, lease_s=0.1, timeout_s=30, max_running=2)
    async with turns.running():
        turn_id = await turns.send(conversation_id=conversation_id, text="hi", request_id="")
        async with asyncio.timeout(60):
            events = [stored async for stored in turns.watch(turn_id)]
        await asyncio.sleep(0.1)
    assert begun == [1]
    assert [stored.sequence for stored in events] == list(range(1, len(events) + 1))
    assert [stored.event.kind for stored in events] == ["accepted", *["status"] * 8, "text_delta", "completed"]
