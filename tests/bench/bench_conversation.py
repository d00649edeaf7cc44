"""Figures of conversations: `make bench-conversation` prints latencies as ratios to a no-op RPC of the same run.

It starts the four services on free ports over a database of its own; nothing else should be busy meanwhile. Times are a
client's, which shares the machine with the services, so the CPU time of a turn is printed too, by process and the
client's apart. Of a turn with a language model only the model's own time is taken off.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from itertools import cycle, islice, repeat
from statistics import quantiles
from typing import Any

import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

from libs.rpc.client import open_channel
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import understand
from stack8s.orchestrator.v1.architect_service_pb2 import SendMessageRequest
from stack8s.orchestrator.v1.architect_service_pb2_grpc import ArchitectServiceStub
from tests.support.conversation import Conversation, Reply
from tests.support.database import create_database, drop_database, postgres
from tests.support.llm import FakeModel, Say, language_model
from tests.support.services import Service, Services, running_services

PLANNED = "Serve Llama 3.1 8B for 20 concurrent users, at most $2000 a month. Just do it."
_NAMED = """
Llama 3.1 8B; Qwen2.5 7B; Mistral 7B; Gemma 2 9B; Phi-4; Llama 3.2 3B; Qwen3 8B; OLMo 2 7B; Yi 1.5 34B;
Granite 3.3 8B; Zephyr 7B; SmolLM3 3B; Gemma 2 27B; Qwen2.5 14B; Falcon 7B; EXAONE 3.5 7.8B;
InternLM3 8B; StarCoder2 7B; Qwen3 4B; CodeLlama 7B; EXAONE 4.0 32B; Pythia 6.9B; Aya Expanse 8B;
Baichuan2 7B; Qwen3 14B; Command R7B; Llama 2 13B; Llama 2 7B; Qwen2.5 32B; Mistral Nemo; Gemma 7B;
Pythia 12B; OLMo 2 13B
"""
_MODELS = [name.strip() for name in _NAMED.split(";")]
"""One for each plan, so that nothing about it was asked for before."""
MESSAGE = "I want to fine-tune Mistral 7B on 20k support tickets, two A100s, $3000 a month at most, in the EU, no AWS."
LONG = " ".join([MESSAGE, *("the quick brown engineer deploys 3 more services in 2024 and reads the logs",) * 715])
_AT_ONCE, _MANY = 200, 1000
_LLM_S = (0.02, 0.3)
"""What the language models of the benchmark take for an answer, in seconds: much less than any does, and as little as
a small one."""
_NO_OPS, _TURNS, _READINGS, _LONG_READINGS, _WARM_UP = 300, 60, 100, 5, 3
_PLANS = len(_MODELS) - _WARM_UP

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


def messages() -> Iterator[str]:
    """Yield messages that ask for a plan, each for a load of its own; the first ones for a model of their own, too."""
    for users, model in enumerate(cycle(_MODELS), 10):
        yield f"Serve {model} for {users} concurrent users, at most $3000 a month. Just do it."


class Revisions:
    """Turns that revise a plan, in one conversation."""

    def __init__(self, architect: ArchitectServiceStub) -> None:
        self._architect = architect
        self._conversation: Conversation | None = None
        self._users = 20

    async def __call__(self) -> float:
        """Return the time of the next one."""
        if self._conversation is None:
            self._conversation = await Conversation.begin(self._architect)
            await self._conversation.say(PLANNED)
        self._users += 1
        return await elapsed(self._conversation.say(f"make it {self._users} concurrent users"))


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


def obeys(request: dict[str, Any], *, delay_s: float) -> Say:
    """Return what a language model that changes nothing answers."""
    if request.get("stream"):
        return Say("Here is what I would do. ", delay_s=delay_s)
    if request.get("tools"):
        return Say("done", delay_s=delay_s)
    if plan := re.search(r"<data name='plan'>\n(.*?)\n</data>", request["messages"][-1]["content"], re.DOTALL):
        return Say(json.dumps(design(json.loads(plan[1]))), delay_s=delay_s)
    return Say(json.dumps({"changes": [], "intent": "plan", "wants_plan_now": False}), delay_s=delay_s)


def design(plan: dict[str, Any]) -> dict[str, Any]:
    """Return what a language model that keeps all picks of a plan writes about it: as much as it is asked for."""
    lead = plan["gpu_recommendations"][0]
    machine, model, provider = lead["offer_id"], lead["model_id"], lead["provider"]
    return {
        "understanding": "You want to serve a language model to people who use it at once. It must not cost too much.",
        "model": {"id": model, "why": f"{model} is the one that you named.", "quote": ""},
        "machine": {"id": machine, "why": f"It holds the model and costs least. {provider} rents it out.", "quote": ""},
        "components": [{"role": c["role"], "why": "The server needs it."} for c in plan.get("kubernetes_stack", [])],
        "tradeoffs": [
            "A larger machine would leave more room and cost more.",
            f"Another provider than {provider} would cost more for the same GPU.",
        ],
    }


async def at_once(architect: ArchitectServiceStub, texts: Iterable[str]) -> tuple[float, list[float]]:
    """Return how long conversations at once take in all, in seconds, and each of them, in milliseconds."""

    async def one(text: str) -> tuple[Reply, float]:
        conversation = await Conversation.begin(architect)
        started = time.perf_counter()
        reply = await conversation.say(text)
        return reply, (time.perf_counter() - started) * 1000

    started = time.perf_counter()
    done = await asyncio.gather(*(one(text) for text in texts))
    whole = time.perf_counter() - started
    failed = sum(reply.last != "completed" for reply, _ in done)
    assert not failed, f"{failed} of {len(done)} conversations failed"
    return whole, [ms for _, ms in done]


async def firsts_meanwhile(architect: ArchitectServiceStub) -> list[float]:
    """Return times to the first event of new conversations, one after the other, while many others are planned."""
    planning = asyncio.create_task(at_once(architect, islice(messages(), _AT_ONCE)))
    await asyncio.sleep(0.5)
    seen = []
    while not planning.done():
        seen.append(await first_event(architect))
    await planning
    return seen


async def report(services: Services) -> None:
    """Print the figures of the rules, then what comes on top of a language model's own time."""
    await report_rules(services, services.orchestrator)
    for answer_s in _LLM_S:
        await report_over_model(services, answer_s)


async def report_over_model(services: Services, answer_s: float) -> None:
    """Print what comes on top of a language model that takes so many seconds for an answer."""
    with language_model(partial(obeys, delay_s=answer_s)) as model:
        process = services.another("orchestrator")
        process.start(OPENAI_API_KEY="sk-test", OPENAI_BASE_URL=model.base_url, llm_conversation_usd="1000")
        async with open_channel(process.target, timeout_s=120.0) as channel:
            architect, asked = ArchitectServiceStub(channel), messages()
            print(f"\non top of a language model        p50       p95   limit of p50   ({answer_s:g} s an answer)")
            rows: list[tuple[str, Measured]] = [
                ("a turn without a plan", lambda: overhead(architect, model, "hello")),
                ("a turn with a plan", lambda: overhead(architect, model, next(asked))),
            ]
            for name, measured in rows:
                used, before = Used(services, process), len(model.requests)
                middle, high = at(await times_of(measured, count=_PLANS))
                answers = (len(model.requests) - before) / (_PLANS + _WARM_UP)
                print(f"  {name:<28}{middle:8.1f}{high:10.1f}{'60':>15}   of {answers:g} answers")
            print(used.told(_PLANS + _WARM_UP))
        process.end()


class Used:
    """CPU time of the processes from now on."""

    def __init__(self, services: Services, orchestrator: Service) -> None:
        each = {
            "orchestrator": orchestrator,
            **{s.name: s for s in (services.compute, services.models, services.packages)},
        }
        self._processes = {name: psutil.Process(service.pid) for name, service in each.items()}
        self._before = self._now()

    def told(self, turns: int) -> str:
        """Return the CPU time of each for one of so many turns, as a line of the report."""
        used = {name: (after - self._before[name]) * 1000 / turns for name, after in self._now().items()}
        return f"  CPU of it, ms: {', '.join(f'{name} {ms:.0f}' for name, ms in used.items())}"

    def _now(self) -> dict[str, float]:
        seconds = {name: sum(process.cpu_times()[:2]) for name, process in self._processes.items()}
        return seconds | {"and this client": time.process_time()}


async def report_rules(services: Services, orchestrator: Service) -> None:
    """Print the figures of a running orchestrator."""
    async with open_channel(orchestrator.target, timeout_s=120.0) as channel:
        architect, health = ArchitectServiceStub(channel), health_pb2_grpc.HealthStub(channel)
        asked = messages()
        rows: list[tuple[str, Measured, int, str]] = [
            ("no-op RPC (health)", lambda: elapsed(health.Check(health_pb2.HealthCheckRequest())), _NO_OPS, ""),
            ("first event", lambda: first_event(architect), _TURNS, "30"),
            ("understanding a message", lambda: read(MESSAGE), _READINGS, "15"),
            (f"understanding {len(LONG.split()):,} words", lambda: read(LONG), _LONG_READINGS, "150"),
            ("a turn without a plan", lambda: turn(architect, "hello"), _TURNS, "60"),
            ("a turn with a plan", lambda: turn(architect, next(asked)), _PLANS, "60"),
            ("a turn that revises a plan", Revisions(architect), _PLANS, "60"),
        ]
        print("latency, ms                        p50       p95   p50 / no-op   limit of p50")
        no_op = 0.0
        for name, measured, count, limit in rows:
            used = Used(services, orchestrator)
            middle, high = at(await times_of(measured, count=count))
            no_op = no_op or middle
            print(f"  {name:<28}{middle:10.1f}{high:10.1f}{middle / no_op:12.0f}x{limit:>12}")
            if count == _PLANS:
                print(used.told(count + _WARM_UP))
        print("\nconversations at once             all, s   p50, ms   p95, ms")
        for count, name, texts in (
            (_AT_ONCE, "without a plan", repeat("hello")),
            (_AT_ONCE, "with a plan", messages()),
            (_MANY, "without a plan", repeat("hello")),
        ):
            whole, times = await at_once(architect, islice(texts, count))
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
