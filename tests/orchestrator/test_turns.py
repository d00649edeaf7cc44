"""The life of a turn, against a real PostgreSQL: nothing lost, nothing doubled, no gap in the events."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest

import services.orchestrator
from libs.database import Pool, migrate, open_pool
from libs.errors import ConflictError, FailedPreconditionError, InvalidInputError, NotFoundError, UnavailableError
from services.orchestrator.domain.conversation import Answer, LlmUsage, TurnInput
from services.orchestrator.domain.events import Failed, SpecUpdated, Status, StoredEvent, TextDelta
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.store import ConversationStore, TurnStore
from services.orchestrator.turns import Journal, Turns

MIGRATIONS = Path(services.orchestrator.__file__).parent / "migrations"
SPEC = WorkloadSpec(task_type="inference")
Work = Callable[[TurnInput, Journal], Awaitable[None]]


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database_url, schema="orchestrator")
    await migrate(pool, MIGRATIONS, schema="orchestrator")
    yield pool
    await pool.close()


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


async def test_a_turn_streams_its_events_in_order_and_keeps_what_it_learned(pool: Pool):
    conversation_id = await conversation(pool)
    async with process(pool, echo) as turns:
        turn_id = await turns.send(conversation_id=conversation_id, text="hello there", request_id="")
        events = await all_events(turns, turn_id)
    assert kinds(events) == ["accepted", "status", "spec_updated", "text_delta", "completed"]
    assert_no_gap(events)
    kept = await ConversationStore(pool).get(conversation_id)
    assert (kept.spec, kept.title, kept.turn_count, kept.active_turn_id) == (SPEC, "hello there", 1, "")
    messages, total = await ConversationStore(pool).messages(conversation_id, after=0, limit=10)
    assert [(m.role, m.text) for m in messages] == [("user", "hello there"), ("assistant", "You said: hello there")]
    assert total == 2


async def test_a_retry_with_the_same_request_id_gets_the_same_turn(pool: Pool):
    conversation_id = await conversation(pool)
    async with process(pool, echo) as turns:
        first = await turns.send(conversation_id=conversation_id, text="hi", request_id="r1")
        events = await all_events(turns, first)
        again = await turns.send(conversation_id=conversation_id, text="hi", request_id="r1")
        assert again == first
        assert await all_events(turns, again) == events
        with pytest.raises(InvalidInputError, match="request_id: was used with another text"):
            await turns.send(conversation_id=conversation_id, text="something else", request_id="r1")


async def test_a_second_message_waits_its_turn_and_is_told_when_to_retry(pool: Pool):
    conversation_id, go = await conversation(pool), asyncio.Event()

    async def slow(turn: TurnInput, journal: Journal) -> None:
        await go.wait()
        await echo(turn, journal)

    async with process(pool, slow) as turns:
        first = await turns.send(conversation_id=conversation_id, text="one", request_id="")
        with pytest.raises(ConflictError) as caught:
            await turns.send(conversation_id=conversation_id, text="two", request_id="")
        assert (caught.value.facts["turn_id"], caught.value.retry_after_s) == (first, 1.0)
        go.set()
        await all_events(turns, first)
        await turns.send(conversation_id=conversation_id, text="two", request_id="")


async def test_a_retry_of_an_earlier_message_is_known_while_another_is_answered(pool: Pool):
    conversation_id, go = await conversation(pool), asyncio.Event()

    async def slow(turn: TurnInput, journal: Journal) -> None:
        if turn.text != "one":
            await go.wait()
        await echo(turn, journal)

    async with process(pool, slow) as turns:
        first = await turns.send(conversation_id=conversation_id, text="one", request_id="r1")
        await all_events(turns, first)
        second = await turns.send(conversation_id=conversation_id, text="two", request_id="r2")
        assert await turns.send(conversation_id=conversation_id, text="one", request_id="r1") == first
        assert await turns.send(conversation_id=conversation_id, text="two", request_id="r2") == second
        with pytest.raises(ConflictError):
            await turns.send(conversation_id=conversation_id, text="three", request_id="r3")
        go.set()
        await all_events(turns, second)
    messages, _ = await ConversationStore(pool).messages(conversation_id, after=0, limit=10)
    assert [m.text for m in messages if m.role == "user"] == ["one", "two"]


async def test_two_messages_at_once_begin_one_turn(pool: Pool):
    conversation_id = await conversation(pool)
    async with process(pool, echo) as one, process(pool, echo) as other:
        begun = await asyncio.gather(
            *(t.send(conversation_id=conversation_id, text="hi", request_id="same") for t in (one, other, one, other))
        )
        assert len(set(begun)) == 1
        assert_no_gap(await all_events(other, begun[0]))


async def test_watching_again_from_a_number_gives_the_rest_without_gap_or_repeat(pool: Pool):
    conversation_id = await conversation(pool)
    async with process(pool, echo) as turns:
        turn_id = await turns.send(conversation_id=conversation_id, text="hi", request_id="")
        whole = await all_events(turns, turn_id)
        for after in range(len(whole) + 1):
            assert await all_events(turns, turn_id, after) == whole[after:]


async def test_another_replica_can_watch_a_turn_that_runs_here(pool: Pool):
    conversation_id, go = await conversation(pool), asyncio.Event()

    async def slow(turn: TurnInput, journal: Journal) -> None:
        await journal.write(Status(text="waiting"))
        await go.wait()
        await echo(turn, journal)

    async with process(pool, slow) as here, process(pool, slow) as there:
        turn_id = await here.send(conversation_id=conversation_id, text="hi", request_id="")
        watching = asyncio.ensure_future(all_events(there, turn_id))
        await asyncio.sleep(0.05)
        go.set()
        assert await watching == await all_events(here, turn_id)


async def test_a_watcher_that_leaves_does_not_stop_the_turn(pool: Pool):
    conversation_id, go = await conversation(pool), asyncio.Event()

    async def slow(turn: TurnInput, journal: Journal) -> None:
        await go.wait()
        await echo(turn, journal)

    async with process(pool, slow) as turns:
        turn_id = await turns.send(conversation_id=conversation_id, text="hi", request_id="")
        watching = asyncio.ensure_future(all_events(turns, turn_id))
        await asyncio.sleep(0.02)
        watching.cancel()
        go.set()
        assert kinds(await all_events(turns, turn_id))[-1] == "completed"


async def test_cancelling_keeps_what_was_streamed(pool: Pool):
    conversation_id, told = await conversation(pool), asyncio.Event()

    async def talker(turn: TurnInput, journal: Journal) -> None:
        journal.tell("The first half")
        await journal.write()
        told.set()
        await asyncio.sleep(60)

    async with process(pool, talker) as turns:
        turn_id = await turns.send(conversation_id=conversation_id, text="hi", request_id="")
        await told.wait()
        await turns.cancel(turn_id)
        events = await all_events(turns, turn_id)
        assert events[-1].event == Failed(reason="CANCELLED", message="Stopped at your request.", retryable=True)
        with pytest.raises(FailedPreconditionError, match="has ended"):
            await turns.cancel(turn_id)
    messages, _ = await ConversationStore(pool).messages(conversation_id, after=0, limit=10)
    assert messages[-1].text == "The first half"


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


async def test_a_turn_that_takes_too_long_fails_with_what_was_understood_kept(pool: Pool):
    conversation_id = await conversation(pool)

    async def slow(turn: TurnInput, journal: Journal) -> None:
        await journal.write(SpecUpdated(spec=SPEC, changed_fields=("task_type",), intent="plan"))
        await asyncio.sleep(60)

    async with process(pool, slow, timeout_s=2.0) as turns:
        turn_id = await turns.send(conversation_id=conversation_id, text="hi", request_id="")
        last = (await all_events(turns, turn_id))[-1].event
    assert isinstance(last, Failed)
    assert last.reason == "DEADLINE_EXCEEDED"
    assert (await ConversationStore(pool).get(conversation_id)).spec == SPEC


async def test_a_turn_that_fails_keeps_what_language_models_have_cost(pool: Pool):
    conversation_id = await conversation(pool)

    async def spends(turn: TurnInput, journal: Journal) -> None:
        journal.usage = lambda: LlmUsage(input_tokens=10, output_tokens=5, cost_usd=Decimal("0.25"))
        await journal.write(SpecUpdated(spec=SPEC, changed_fields=(), intent="plan"))
        raise UnavailableError("gone", retry_after_s=1)

    async with process(pool, spends) as turns:
        await all_events(turns, await turns.send(conversation_id=conversation_id, text="hi", request_id=""))
    kept = await ConversationStore(pool).get(conversation_id)
    assert (kept.llm_input_tokens, kept.llm_output_tokens, kept.llm_cost_usd) == (10, 5, Decimal("0.25"))


async def test_a_bug_ends_the_turn_without_a_word_of_its_insides(pool: Pool):
    conversation_id = await conversation(pool)

    async def broken(turn: TurnInput, journal: Journal) -> None:
        raise ZeroDivisionError("secret")

    async def away(turn: TurnInput, journal: Journal) -> None:
        raise UnavailableError("the compute catalogue does not answer", retry_after_s=1)

    async with process(pool, broken) as turns:
        turn_id = await turns.send(conversation_id=conversation_id, text="hi", request_id="")
        last = (await all_events(turns, turn_id))[-1].event
        assert isinstance(last, Failed)
        assert last.reason == "INTERNAL"
        assert "secret" not in last.message
    async with process(pool, away) as turns:
        turn_id = await turns.send(conversation_id=conversation_id, text="hi", request_id="")
        last = (await all_events(turns, turn_id))[-1].event
        assert last == Failed(reason="UNAVAILABLE", message="the compute catalogue does not answer", retryable=True)


async def test_unknown_ids_are_said_so(pool: Pool):
    async with process(pool, echo) as turns:
        with pytest.raises(NotFoundError, match="no conversation 'nope'"):
            await turns.send(conversation_id="nope", text="hi", request_id="")
        with pytest.raises(NotFoundError, match="no turn 'nope'"):
            await all_events(turns, "nope")
        with pytest.raises(NotFoundError):
            await turns.cancel("nope")


async def test_many_conversations_at_once_lose_nothing(pool: Pool):
    async with process(pool, echo) as turns:

        async def one(number: int) -> list[StoredEvent]:
            conversation_id = await conversation(pool)
            turn_id = await turns.send(conversation_id=conversation_id, text=f"message {number}", request_id="")
            return await all_events(turns, turn_id)

        for events in await asyncio.gather(*(one(n) for n in range(100))):
            assert_no_gap(events)
            assert kinds(events)[-1] == "completed"


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
