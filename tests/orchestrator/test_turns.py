"""The life of a turn, against a real PostgreSQL: nothing lost, nothing doubled, no gap in the events."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from libs.database import Pool
from libs.errors import ConflictError, FailedPreconditionError, InvalidInputError, NotFoundError, UnavailableError
from services.orchestrator.domain.conversation import LlmUsage, TurnInput
from services.orchestrator.domain.events import Failed, SpecUpdated, Status, StoredEvent
from services.orchestrator.store import ConversationStore
from services.orchestrator.turns import Journal
from tests.orchestrator.replicas import (
    SPEC,
    all_events,
    assert_no_gap,
    conversation,
    echo,
    kinds,
    process,
)


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
