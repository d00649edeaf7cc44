"""What may go wrong on one machine: killed processes, a second run, a restart."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc
import httpx2
import psutil
import pytest

from libs.rpc.client import open_channel
from stack8s.compute.v1.compute_service_pb2 import SearchOffersRequest
from stack8s.compute.v1.compute_service_pb2_grpc import ComputeServiceStub
from stack8s.orchestrator.v1.architect_service_pb2 import (
    GetConversationRequest,
    GetPlanRequest,
    ListMessagesRequest,
)
from stack8s.orchestrator.v1.architect_service_pb2_grpc import ArchitectServiceStub
from stack8s.orchestrator.v1.conversation_pb2 import TurnEvent
from stack8s.orchestrator.v1.plan_pb2 import DeploymentPlan
from tests.e2e.talk import MRI, begin, begin_in_browser, events, plan_for
from tests.support.stack import ROOT, Stack

pytestmark = pytest.mark.e2e

_PATIENCE_S = 60
T = TypeVar("T")


def kill(stack: Stack, name: str) -> dict[str, int]:
    """Kill a process and return the process ids from before."""
    stack.output = stack.output.replace(f"{name} is back", "")
    before = stack.pids()
    os.kill(before[name], signal.SIGKILL)
    return before


async def healed(stack: Stack, name: str, before: dict[str, int]) -> None:
    """Return when a killed process runs again and is announced; the others must be the same."""
    await asyncio.to_thread(stack.wait_for, f"{name} is back")
    after = stack.pids()
    assert after.pop(name) != before.pop(name)
    assert after == before


async def eventually(attempt: Callable[[], Awaitable[T]]) -> T:
    """Return what the attempt returns once it works; until then it may fail as a service on its way back does."""
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            try:
                return await attempt()
            except grpc.aio.AioRpcError as error:
                if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED):
                    raise
                await asyncio.sleep(0.2)


async def a_full_plan(stack: Stack) -> DeploymentPlan:
    """Return a plan with machines, models and charts; UNAVAILABLE while a part is still missing from it."""
    async with open_channel(stack.target("orchestrator"), timeout_s=30) as channel:
        architect = ArchitectServiceStub(channel)
        while True:
            plan = await plan_for(architect.SendMessage, await begin(architect), MRI)
            if plan.gpu_recommendations and plan.model_recommendations and plan.kubernetes_stack:
                return plan
            await asyncio.sleep(0.2)


async def ending(turn: Awaitable[list[TurnEvent]]) -> tuple[str, str]:
    """Return how a turn ended for its client: the last event or the status code, and the words that come with it."""
    try:
        last = (await turn)[-1]
    except grpc.aio.AioRpcError as error:
        return error.code().name, error.details() or ""
    return last.WhichOneof("event") or "", last.failed.message


@pytest.mark.parametrize("name", ["compute", "models", "packages", "orchestrator", "gateway", "postgres"])
async def test_a_process_killed_while_a_question_runs_leaves_no_client_waiting_and_heals_alone(
    stack: Stack, name: str
) -> None:
    async with open_channel(stack.target("orchestrator"), timeout_s=30) as channel:
        architect = ArchitectServiceStub(channel)
        conversation = await eventually(lambda: begin(architect))
        turn = asyncio.create_task(events(architect.SendMessage, conversation, MRI))
        await asyncio.sleep(0.05)
        before = kill(stack, name)
        async with asyncio.timeout(_PATIENCE_S):
            end, words = await ending(turn)
    assert end in ("completed", "failed", "UNAVAILABLE", "ABORTED")
    assert words or end == "completed"
    await healed(stack, name, before)
    assert await eventually(lambda: a_full_plan(stack))
    async with httpx2.AsyncClient(base_url=f"http://{stack.target('gateway')}", trust_env=False) as browser:
        assert await begin_in_browser(browser)


async def test_a_service_answers_as_before_after_its_database_was_killed(stack: Stack) -> None:
    async with open_channel(stack.target("compute"), timeout_s=30) as channel:
        compute = ComputeServiceStub(channel)
        offers = await eventually(lambda: compute.SearchOffers(SearchOffersRequest(page_size=3)))
        before = kill(stack, "postgres")
        await healed(stack, "postgres", before)
        again = await eventually(lambda: compute.SearchOffers(SearchOffersRequest(page_size=3)))
    assert again.offers == offers.offers


async def test_an_earlier_conversation_is_still_there_after_stopping_and_starting(stack: Stack) -> None:
    async with open_channel(stack.target("orchestrator"), timeout_s=30) as channel:
        architect = ArchitectServiceStub(channel)
        conversation = await eventually(lambda: begin(architect))
        plan = await plan_for(architect.SendMessage, conversation, MRI)
        messages = await architect.ListMessages(ListMessagesRequest(conversation_id=conversation))
    processes = [psutil.Process(pid) for pid in (stack.run["pid"], *stack.pids().values())]
    assert await asyncio.to_thread(stack.stop) == 0
    assert not [process for process in processes if process.is_running()]
    assert not (stack.home / "run.json").exists()
    await asyncio.to_thread(stack.start)
    async with open_channel(stack.target("orchestrator"), timeout_s=30) as channel:
        architect = ArchitectServiceStub(channel)
        kept = await architect.GetConversation(GetConversationRequest(conversation_id=conversation))
        assert kept.conversation.latest_plan_id == plan.plan_id
        assert (await architect.GetPlan(GetPlanRequest(plan_id=plan.plan_id))).plan == plan
        assert await architect.ListMessages(ListMessagesRequest(conversation_id=conversation)) == messages


def test_what_a_killed_run_leaves_does_not_stop_the_next_one(stack: Stack) -> None:
    left = [psutil.Process(pid) for pid in stack.pids().values()]
    stack.kill()
    psutil.wait_procs(left, timeout=_PATIENCE_S)
    stack.start()
    assert not set(stack.pids().values()) & {process.pid for process in left}


def test_a_second_run_in_the_same_folder_says_which_and_what_to_do(stack: Stack) -> None:
    command = [sys.executable, "-m", "deploy.local"]
    done = subprocess.run(command, cwd=ROOT, env=stack.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"in use by another run (process {stack.run['pid']})" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_second_run_on_the_same_ports_names_every_one_of_them(stack: Stack) -> None:
    environment = {**stack.environment, "STACK8S_HOME": str(stack.home.with_name("other"))}
    command = [sys.executable, "-m", "deploy.local"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    for name, port in stack.ports.items():
        assert f"port {port} ({name}) is in use" in done.stderr
    assert done.stderr.count("\n") == 1
