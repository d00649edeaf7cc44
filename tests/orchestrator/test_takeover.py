"""Turns outlive processes, leases and connections, against a real PostgreSQL."""

from __future__ import annotations

import asyncio

import asyncpg

from libs.database import Pool, migrate, open_pool
from services.orchestrator.domain.conversation import TurnInput
from services.orchestrator.domain.events import Failed, Status, TextDelta
from services.orchestrator.store import TurnStore
from services.orchestrator.turns import Journal, Turns
from tests.orchestrator.replicas import (
    MIGRATIONS,
    all_events,
    assert_no_gap,
    conversation,
    echo,
    kinds,
    process,
)


async def test_a_turn_of_a_process_that_died_is_taken_over_once_and_ends(pool: Pool):
    conversation_id = await conversation(pool)
    attempts: list[int] = []

    async def dies(turn: TurnInput, journal: Journal) -> None:
        await journal.write(Status(text="reading"))
        journal.tell("You said: ")
        await journal.write()
        await asyncio.sleep(60)

    async def finishes(turn: TurnInput, journal: Journal) -> None:
        attempts.append(turn.turn.attempts)
        await echo(turn, journal)

    async with process(pool, dies, lease_s=0.2) as first:
        turn_id = await first.send(conversation_id=conversation_id, text="hi", request_id="r")
        await asyncio.sleep(0.05)
    async with process(pool, finishes, lease_s=5) as one, process(pool, finishes, lease_s=5) as other:
        streams = await asyncio.gather(all_events(one, turn_id), all_events(other, turn_id))
    assert streams[0] == streams[1]
    assert_no_gap(streams[0])
    assert attempts == [2]
    texts = [s.event.text for s in streams[0] if isinstance(s.event, TextDelta)]
    assert "".join(texts) == "You said: hi"


async def test_an_answer_that_differs_after_a_take_over_is_told_anew(pool: Pool):
    conversation_id, told = await conversation(pool), asyncio.Event()

    async def dies(turn: TurnInput, journal: Journal) -> None:
        journal.tell("Something that a model said")
        await journal.write()
        told.set()
        await asyncio.sleep(60)

    async with process(pool, dies, lease_s=0.2) as first:
        turn_id = await first.send(conversation_id=conversation_id, text="hi", request_id="")
        await told.wait()
    async with process(pool, echo) as second:
        deltas = [s.event for s in await all_events(second, turn_id) if isinstance(s.event, TextDelta)]
    assert deltas[-1] == TextDelta(text="You said: hi", reset=True)


async def test_the_sweeper_finishes_an_orphaned_turn_that_nobody_watches(pool: Pool):
    conversation_id = await conversation(pool)

    async def dies(turn: TurnInput, journal: Journal) -> None:
        await asyncio.sleep(60)

    async with process(pool, dies, lease_s=0.2) as first:
        turn_id = await first.send(conversation_id=conversation_id, text="hi", request_id="")
    async with process(pool, echo, lease_s=0.3):
        for _ in range(200):
            if (await TurnStore(pool).get(turn_id)).state == "completed":
                break
            await asyncio.sleep(0.05)
    assert (await TurnStore(pool).get(turn_id)).state == "completed"


async def test_a_process_that_lost_its_lease_cannot_write(pool: Pool):
    conversation_id, go = await conversation(pool), asyncio.Event()

    async def frozen(turn: TurnInput, journal: Journal) -> None:
        await go.wait()
        await echo(turn, journal)

    stale = Turns(TurnStore(pool), frozen, lease_s=0.1, timeout_s=10, max_running=1)
    turn_id = await stale.send(conversation_id=conversation_id, text="hi", request_id="")
    await asyncio.sleep(0.15)
    async with process(pool, echo) as second:
        events = await all_events(second, turn_id)
        go.set()
        await asyncio.sleep(0.1)
        assert await all_events(second, turn_id) == events


async def test_a_turn_that_keeps_killing_processes_is_given_up(pool: Pool):
    conversation_id = await conversation(pool)

    async def dies(turn: TurnInput, journal: Journal) -> None:
        await asyncio.sleep(60)

    turn_id = ""
    for _ in range(3):
        async with process(pool, dies, lease_s=0.1) as turns:
            if not turn_id:
                turn_id = await turns.send(conversation_id=conversation_id, text="hi", request_id="")
            else:
                watching = asyncio.ensure_future(all_events(turns, turn_id))
                await asyncio.sleep(0.3)
                watching.cancel()
        await asyncio.sleep(0.15)
    async with process(pool, dies) as turns:
        last = (await all_events(turns, turn_id))[-1].event
    assert isinstance(last, Failed)
    assert (last.reason, last.retryable) == ("ABANDONED", False)


async def test_a_database_that_drops_every_connection_in_mid_turn_loses_nothing(fresh_database_url: str):
    pool = await open_pool(fresh_database_url, schema="orchestrator")
    await migrate(pool, MIGRATIONS, schema="orchestrator")
    conversation_id = await conversation(pool)

    async def interrupted(turn: TurnInput, journal: Journal) -> None:
        await journal.write(Status(text="before"))
        administrator = await asyncpg.connect(fresh_database_url)
        await administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await administrator.close()
        await journal.write(Status(text="after"))
        await echo(turn, journal)

    async with process(pool, interrupted) as turns:
        turn_id = await turns.send(conversation_id=conversation_id, text="hi", request_id="")
        events = await all_events(turns, turn_id)
    assert_no_gap(events)
    assert [s.event.text for s in events if isinstance(s.event, Status)] == ["before", "after", "reading"]
    assert kinds(events)[-1] == "completed"
    await pool.close()


async def test_a_write_taken_for_lost_that_ends_after_all_is_not_written_twice(pool: Pool):
    conversation_id = await conversation(pool)

    class Straggler(TurnStore):
        """Its first write goes on in the database after its connection seemed lost."""

        later: asyncio.Task[None] | None = None

        async def append(self, turn_id, events, *, worker):
            if self.later is None:
                begun = asyncio.Event()
                self.later = asyncio.create_task(self.straggle(turn_id, events, worker, begun))
                await begun.wait()
                raise asyncpg.ConnectionDoesNotExistError
            return await super().append(turn_id, events, worker=worker)

        async def straggle(self, turn_id, events, worker, begun):
            async with pool.acquire() as connection, connection.transaction():
                await TurnStore(connection).append(turn_id, events, worker=worker)
                begun.set()
                waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
                while not await connection.fetchval(waiting):  # noqa: ASYNC110 - no event tells of it
                    await asyncio.sleep(0.01)

    turns = Turns(Straggler(pool), echo, lease_s=5, timeout_s=10, max_running=8)
    async with turns.running():
        turn_id = await turns.send(conversation_id=conversation_id, text="hi", request_id="")
        events = await all_events(turns, turn_id)
    assert kinds(events) == ["accepted", "status", "spec_updated", "text_delta", "completed"]
    assert events == await TurnStore(pool).events(turn_id)
