"""Figures of conversations: `make bench-conversation` prints latencies as ratios to a no-op RPC of the same run.

It starts the four services on free ports over a database of its own; nothing else should be busy meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from statistics import quantiles
from typing import Any

from grpc_health.v1 import health_pb2, health_pb2_grpc

from libs.rpc.client import open_channel
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import understand
from stack8s.orchestrator.v1.architect_service_pb2 import SendMessageRequest
from stack8s.orchestrator.v1.architect_service_pb2_grpc import ArchitectServiceStub
from tests.support.conversation import Conversation, Reply
from tests.support.database import create_database, drop_database, postgres
from tests.support.llm import FakeModel, Say, language_model
from tests.support.services import Services, running_services

PLANNED = "Serve Llama 3.1 8B for 20 concurrent users, at most $2000 a month. Just do it."
MESSAGE = "I want to fine-tune Mistral 7B on 20k support tickets, two A100s, $3000 a month at most, in the EU, no AWS."
LONG = " ".join([MESSAGE, *("the quick brown engineer deploys 3 more services in 2024 and reads the logs",) * 715])
_AT_ONCE, _MANY = 200, 1000
_LLM_S = 0.02
"""What the language model of the benchmark takes for an answer."""
_NO_OPS, _TURNS, _PLANS, _READINGS, _LONG_READINGS, _WARM_UP = 300, 60, 30, 100, 5, 3

Measured = Callable[[], Awaitable[float]]
"""Does something and returns how long the part of interest took, in milliseconds."""


def at(times: Iterable[float]) -> tuple[float, float]:
    """Return the median and the 95th percentile."""
    cuts = quantiles(times, n=20, method="inclusive")
    return cuts[9], cuts[18]


async def times_of(measured: Measured, *, count: int) -> list[float]:
    """Return times after a warm-up, in milliseconds."""
    return [await measured() for _ in range(_WARM_UP + count)][_WARM_UP:]


async def elapsed(call: Awaitable[object]) -> float:
    """Return how long a call takes, in milliseconds."""
    started = time.perf_counter()
    await call
    return (time.perf_counter() - started) * 1000


async def first_event(architect: ArchitectServiceStub) -> float:
    """Return the time from sending a message to its first event at the client; the rest is read to its end."""
    conversation = await Conversation.begin(architect)
    started = time.perf_counter()
    stream = architect.SendMessage(SendMessageRequest(conversation_id=conversation.id, text="hello"))
    await stream.read()
    seen = (time.perf_counter() - started) * 1000
    async for _ in stream:
        pass
    return seen


async def turn(architect: ArchitectServiceStub, text: str) -> float:
    """Return the time of a whole turn at the client."""
    conversation = await Conversation.begin(architect)
    return await elapsed(conversation.say(text))


async def read(text: str) -> float:
    """Return the time to understand a message."""
    started = time.perf_counter()
    understand(text, spec=WorkloadSpec(), turn=1)
    return (time.perf_counter() - started) * 1000


async def overhead(architect: ArchitectServiceStub, model: FakeModel, text: str) -> float:
    """Return the time of a turn less what the language model took for its answers."""
    before = model.busy_s
    whole = await turn(architect, text)
    return whole - (model.busy_s - before) * 1000


def obeys(request: dict[str, Any]) -> Say:
    """Return what a language model that changes nothing answers."""
    if request.get("stream"):
        return Say("Here is what I would do. ", delay_s=_LLM_S)
    if request.get("tools"):
        return Say("done", delay_s=_LLM_S)
    return Say(json.dumps({"changes": [], "intent": "plan", "wants_plan_now": False}), delay_s=_LLM_S)


async def at_once(architect: ArchitectServiceStub, text: str, count: int) -> tuple[float, list[float]]:
    """Return how long conversations at once take in all, in seconds, and each of them, in milliseconds."""

    async def one() -> tuple[Reply, float]:
        conversation = await Conversation.begin(architect)
        started = time.perf_counter()
        reply = await conversation.say(text)
        return reply, (time.perf_counter() - started) * 1000

    started = time.perf_counter()
    done = await asyncio.gather(*(one() for _ in range(count)))
    whole = time.perf_counter() - started
    failed = sum(reply.last != "completed" for reply, _ in done)
    assert not failed, f"{failed} of {count} conversations failed"
    return whole, [ms for _, ms in done]


async def firsts_meanwhile(architect: ArchitectServiceStub) -> list[float]:
    """Return times to the first event of new conversations, one after the other, while many others are planned."""
    planning = asyncio.create_task(at_once(architect, PLANNED, _AT_ONCE))
    await asyncio.sleep(0.5)
    seen = []
    while not planning.done():
        seen.append(await first_event(architect))
    await planning
    return seen


async def report(services: Services) -> None:
    """Print the figures of the rules, then what comes on top of a language model's own time."""
    await report_rules(services.orchestrator.target)
    with language_model(obeys) as model:
        process = services.another("orchestrator")
        process.start(OPENAI_API_KEY="sk-test", OPENAI_BASE_URL=model.base_url, llm_conversation_usd="1000")
        async with open_channel(process.target, timeout_s=120.0) as channel:
            architect = ArchitectServiceStub(channel)
            print(f"\non top of a language model        p50       p95   limit of p50   ({_LLM_S:g} s an answer)")
            for name, text in (("a turn without a plan", "hello"), ("a turn with a plan", PLANNED)):
                times = await times_of(lambda text=text: overhead(architect, model, text), count=_PLANS)
                middle, high = at(times)
                print(f"  {name:<28}{middle:8.1f}{high:10.1f}{'60' if text == 'hello' else '':>15}")
        process.end()


async def report_rules(target: str) -> None:
    """Print the figures of a running orchestrator."""
    async with open_channel(target, timeout_s=120.0) as channel:
        architect, health = ArchitectServiceStub(channel), health_pb2_grpc.HealthStub(channel)
        rows: list[tuple[str, Measured, int, str]] = [
            ("no-op RPC (health)", lambda: elapsed(health.Check(health_pb2.HealthCheckRequest())), _NO_OPS, ""),
            ("first event", lambda: first_event(architect), _TURNS, "30"),
            ("understanding a message", lambda: read(MESSAGE), _READINGS, "15"),
            (f"understanding {len(LONG.split()):,} words", lambda: read(LONG), _LONG_READINGS, "150"),
            ("a turn without a plan", lambda: turn(architect, "hello"), _TURNS, "60"),
            ("a turn with a plan", lambda: turn(architect, PLANNED), _PLANS, ""),
        ]
        print("latency, ms                        p50       p95   p50 / no-op   limit of p50")
        no_op = 0.0
        for name, measured, count, limit in rows:
            middle, high = at(await times_of(measured, count=count))
            no_op = no_op or middle
            print(f"  {name:<28}{middle:10.1f}{high:10.1f}{middle / no_op:12.0f}x{limit:>12}")
        print("\nconversations at once             all, s   p50, ms   p95, ms")
        for count, name, text in (
            (_AT_ONCE, "without a plan", "hello"),
            (_AT_ONCE, "with a plan", PLANNED),
            (_MANY, "without a plan", "hello"),
        ):
            whole, times = await at_once(architect, text, count)
            middle, high = at(times)
            print(f"  {f'{count:,} {name}':<28}{whole:10.1f}{middle:10.0f}{high:10.0f}")
        middle, high = at(await firsts_meanwhile(architect))
        print(f"  {'first event of a new one':<28}{'':10}{middle:10.0f}{high:10.0f}   while {_AT_ONCE} are planned")


def main() -> None:
    """Run the benchmark and print the report."""
    with postgres() as server_url:
        database_url = asyncio.run(create_database(server_url))
        try:
            with running_services(database_url) as services:
                asyncio.run(report(services))
        finally:
            asyncio.run(drop_database(server_url, database_url))


if __name__ == "__main__":
    main()
