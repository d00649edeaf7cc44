"""The server that every service starts with, over a real port."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from libs import errors
from libs.logging import JsonFormatter, request_id
from libs.rpc import server
from libs.rpc.client import call, open_channel
from libs.rpc.server import Mount, running
from libs.settings import ServerSettings
from stack8s.compute.v1 import compute_service_pb2 as pb
from stack8s.compute.v1 import compute_service_pb2_grpc
from stack8s.orchestrator.v1 import architect_service_pb2, architect_service_pb2_grpc, conversation_pb2

COMPUTE = "stack8s.compute.v1.ComputeService"


class Compute(compute_service_pb2_grpc.ComputeServiceServicer):
    """Answers by what the offer's id asks for."""

    seen_request_id = ""

    async def GetOffer(self, request: pb.GetOfferRequest, context: Any) -> pb.GetOfferResponse:
        self.seen_request_id = request_id.get()
        match request.offer_id:
            case "missing":
                raise errors.NotFoundError("no offer 'missing'", offer_id="missing")
            case "busy":
                raise errors.ConflictError("busy", retry_after_s=1.5)
            case "bug":
                raise RuntimeError("secret detail")
            case "bad":
                raise errors.InvalidInputError([errors.Violation("a", "is 1"), errors.Violation("b", "is 2")])
            case "awful":
                many = [errors.Violation(f"filter.field_{n}", "ж" * 2000) for n in range(30) for _ in range(50)]
                raise errors.InvalidInputError(many)
            case "slow":
                await asyncio.sleep(30)
            case "away":
                raise ConnectionRefusedError("no database")
        return pb.GetOfferResponse(offer={"offer_id": request.offer_id})


class Architect(architect_service_pb2_grpc.ArchitectServiceServicer):
    """Streams two events, then fails as asked."""

    async def SendMessage(self, request: Any, context: Any) -> AsyncIterator[conversation_pb2.TurnEvent]:
        for sequence in (1, 2):
            yield conversation_pb2.TurnEvent(turn_id=request.text, sequence=sequence)
        raise errors.ResourceExhaustedError("enough")


@asynccontextmanager
async def served(ready: Any = None, **settings: Any) -> AsyncIterator[tuple[grpc.aio.Channel, Compute]]:
    async def answers() -> None:
        return None

    compute = Compute()
    mounts = [
        Mount(COMPUTE, compute_service_pb2_grpc.add_ComputeServiceServicer_to_server, compute),
        Mount(
            "stack8s.orchestrator.v1.ArchitectService",
            architect_service_pb2_grpc.add_ArchitectServiceServicer_to_server,
            Architect(),
        ),
    ]
    given = ServerSettings(port=0, drain_s=0.1, **settings)
    async with running(given, mounts, ready=ready or answers) as port, open_channel(f"127.0.0.1:{port}") as channel:
        yield channel, compute


async def get(channel: grpc.aio.Channel, offer_id: str, **options: Any) -> pb.GetOfferResponse:
    stub = compute_service_pb2_grpc.ComputeServiceStub(channel)
    return await call(stub.GetOffer(pb.GetOfferRequest(offer_id=offer_id), **options))


async def test_an_answer_comes_back_over_the_wire():
    async with served() as (channel, _):
        assert (await get(channel, "x")).offer.offer_id == "x"


async def test_a_domain_error_keeps_its_kind_its_reason_and_its_facts():
    async with served() as (channel, _):
        with pytest.raises(errors.NotFoundError, match="no offer 'missing'") as caught:
            await get(channel, "missing")
    assert (caught.value.reason, caught.value.facts) == ("NOT_FOUND", {"offer_id": "missing"})


async def test_every_bad_field_is_named_at_once():
    async with served() as (channel, _):
        with pytest.raises(errors.InvalidInputError) as caught:
            await get(channel, "bad")
    assert [v.field for v in caught.value.violations] == ["a", "b"]


async def test_more_wrong_than_trailers_hold_still_names_every_field():
    async with served() as (channel, _):
        with pytest.raises(errors.InvalidInputError) as caught:
            await get(channel, "awful")
    assert {v.field for v in caught.value.violations} == {f"filter.field_{n}" for n in range(30)}
    assert all(v.description.endswith("...") for v in caught.value.violations)


async def test_a_conflict_says_when_to_try_again():
    async with served() as (channel, _):
        with pytest.raises(errors.ConflictError) as caught:
            await get(channel, "busy")
    assert caught.value.retry_after_s == 1.5


async def test_what_is_unforeseen_leaves_as_an_opaque_internal_error_and_is_logged(caplog: pytest.LogCaptureFixture):
    async with served() as (channel, _):
        with pytest.raises(errors.RemoteError) as caught:
            await get(channel, "bug", metadata=(("x-request-id", "abc"),))
    assert caught.value.message == "internal error, logged as request abc"
    assert any("secret detail" in str(record.exc_info) for record in caplog.records)


async def test_a_database_that_is_away_is_unavailable_with_a_time_to_retry():
    async with served() as (channel, _):
        with pytest.raises(errors.UnavailableError) as caught:
            await get(channel, "away")
    assert caught.value.retry_after_s == 1.0


async def test_a_call_without_a_deadline_ends_at_the_servers_limit():
    async with served(unary_timeout_s=0.05) as (channel, _):
        with pytest.raises(errors.DeadlineError):
            await get(channel, "slow")


def test_a_call_that_waits_in_a_rush_is_not_cancelled_before_the_servers_limit():
    waits_s = dict(server.OPTIONS)["grpc.server_max_unrequested_time_in_server"]
    assert waits_s >= ServerSettings.model_fields["unary_timeout_s"].default


async def test_text_that_is_not_utf8_is_refused_with_the_field_named():
    raw = b"\x0a\x02\xff\xfe"
    async with served() as (channel, _):
        method = channel.unary_unary(f"/{COMPUTE}/GetOffer", request_serializer=bytes)
        with pytest.raises(errors.InvalidInputError, match=r"offer_id: is not UTF-8 at byte 0"):
            await call(method(raw))


async def test_a_field_within_a_message_is_named_by_its_path():
    raw = b"\x0a\x03\x0a\x01\xff"  # filter { gpu_types: "\xff" }
    async with served() as (channel, _):
        method = channel.unary_unary(f"/{COMPUTE}/SearchOffers", request_serializer=bytes)
        with pytest.raises(errors.InvalidInputError, match=r"filter\.gpu_types"):
            await call(method(raw))


async def test_bytes_that_are_no_message_are_refused():
    async with served() as (channel, _):
        method = channel.unary_unary(f"/{COMPUTE}/GetOffer", request_serializer=bytes)
        with pytest.raises(errors.InvalidInputError, match="not a message of this type"):
            await call(method(b"\xff\xff\xff"))


async def test_a_stream_delivers_what_it_had_before_its_error():
    async with served() as (channel, _):
        stub = architect_service_pb2_grpc.ArchitectServiceStub(channel)
        seen = []
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            async for event in stub.SendMessage(architect_service_pb2.SendMessageRequest(text="t")):
                seen.append(event.sequence)
    assert (seen, caught.value.code()) == ([1, 2], grpc.StatusCode.RESOURCE_EXHAUSTED)


async def test_the_request_id_of_the_client_reaches_the_servicer_and_one_is_made_where_there_is_none():
    async with served() as (channel, compute):
        await get(channel, "x", metadata=(("x-request-id", "from-client"),))
        assert compute.seen_request_id == "from-client"
        await get(channel, "x")
        assert len(compute.seen_request_id) == 32


async def test_health_follows_the_database_both_ways():
    up = True

    async def ready() -> None:
        if not up:
            raise ConnectionError("away")

    async with served(ready, health_interval_s=0.02) as (channel, _):
        health = health_pb2_grpc.HealthStub(channel)

        async def becomes(status: int) -> bool:
            for _ in range(250):
                if (await health.Check(health_pb2.HealthCheckRequest(service=COMPUTE))).status == status:
                    return True
                await asyncio.sleep(0.02)
            return False

        assert await becomes(health_pb2.HealthCheckResponse.SERVING)
        up = False
        assert await becomes(health_pb2.HealthCheckResponse.NOT_SERVING)
        up = True
        assert await becomes(health_pb2.HealthCheckResponse.SERVING)


async def test_reflection_lists_the_services():
    async with served() as (channel, _):
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        ask = reflection_pb2.ServerReflectionRequest(list_services="")
        async for answer in stub.ServerReflectionInfo(iter([ask])):
            assert COMPUTE in {s.name for s in answer.list_services_response.service}
            break


async def test_a_port_that_is_taken_is_said_so():
    async with served() as (channel, _):
        del channel
        with pytest.raises(errors.UnavailableError, match=r"port \d+ of 127\.0\.0\.1 is taken"):
            async with served() as _, _double() as _:
                pass


@asynccontextmanager
async def _double() -> AsyncIterator[int]:
    async def answers() -> None:
        return None

    mount = Mount(COMPUTE, compute_service_pb2_grpc.add_ComputeServiceServicer_to_server, Compute())
    async with (
        running(ServerSettings(port=0, drain_s=0.1), [mount], ready=answers) as port,
        running(ServerSettings(port=port, drain_s=0.1), [mount], ready=answers) as second,
    ):
        yield second


async def test_a_call_in_progress_ends_before_the_server_does():
    finished = asyncio.Event()

    class Slow(Compute):
        async def GetOffer(self, request: pb.GetOfferRequest, context: Any) -> pb.GetOfferResponse:
            await asyncio.sleep(0.1)
            finished.set()
            return pb.GetOfferResponse()

    async def answers() -> None:
        return None

    mount = Mount(COMPUTE, compute_service_pb2_grpc.add_ComputeServiceServicer_to_server, Slow())
    async with running(ServerSettings(port=0, drain_s=5), [mount], ready=answers) as port:
        channel = open_channel(f"127.0.0.1:{port}")
        pending = asyncio.ensure_future(get(channel, "x"))
        await asyncio.sleep(0.03)
    await pending
    assert finished.is_set()
    await channel.close()


def test_a_log_line_is_json_with_its_fields():
    record = logging.makeLogRecord({"name": "a.b", "levelname": "INFO", "msg": "offers listed", "count": 3})
    line = json.loads(JsonFormatter().format(record))
    assert (line["event"], line["count"], line["logger"]) == ("offers listed", 3, "a.b")
