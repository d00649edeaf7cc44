"""The main job: from the user's own words to a priced plan, over gRPC, over gRPC-web and at the terminal."""

from __future__ import annotations

import json
import re
import subprocess
from decimal import Decimal

import httpx2
import pytest
from google.type.money_pb2 import Money

from stack8s.orchestrator.v1.architect_service_pb2 import GetPlanRequest
from stack8s.orchestrator.v1.architect_service_pb2_grpc import ArchitectServiceStub
from stack8s.orchestrator.v1.plan_pb2 import DeploymentPlan
from tests.e2e.talk import MRI, begin, begin_in_browser, events, plan_for, send_in_browser
from tests.support.grpc_web import GrpcWebError
from tests.support.stack import Stack

pytestmark = pytest.mark.e2e


def dollars(money: Money) -> Decimal:
    return Decimal(money.units) + Decimal(money.nanos) / 10**9


def require_whole(plan: DeploymentPlan) -> None:
    """Assert what every plan of the MRI question must have."""
    assert plan.understanding
    assert plan.assumptions
    assert len(plan.gpu_recommendations) >= 3
    assert len({gpu.provider for gpu in plan.gpu_recommendations}) >= 2
    assert 3 <= len(plan.model_recommendations) <= 5
    assert plan.kubernetes_stack
    assert [step.number for step in plan.deployment_steps] == list(range(1, len(plan.deployment_steps) + 1))
    lines = [dollars(line.monthly) for line in plan.cost_estimate.lines if line.HasField("monthly")]
    assert sum(lines) == dollars(plan.cost_estimate.monthly_total)
    for record in (*plan.gpu_recommendations, *plan.model_recommendations, *plan.kubernetes_stack):
        assert record.provenance.record_id
        assert record.provenance.snapshot_id
        assert record.provenance.source


async def test_the_mri_question_gets_a_whole_plan_over_grpc(architect: ArchitectServiceStub) -> None:
    conversation = await begin(architect)
    plan = await plan_for(architect.SendMessage, conversation, MRI)
    require_whole(plan)
    assert plan.conversation_id == conversation
    stored = await architect.GetPlan(GetPlanRequest(plan_id=plan.plan_id))
    assert stored.plan == plan


async def test_the_mri_question_gets_the_same_plan_in_a_browser(
    architect: ArchitectServiceStub, browser: httpx2.AsyncClient
) -> None:
    direct = await plan_for(architect.SendMessage, await begin(architect), MRI)
    conversation = await begin_in_browser(browser)
    plan = await plan_for(send_in_browser(browser), conversation, MRI)
    require_whole(plan)
    for same in (plan, direct):
        same.ClearField("plan_id")
        same.ClearField("conversation_id")
    assert plan == direct


async def test_a_browser_hears_a_canonical_error(browser: httpx2.AsyncClient) -> None:
    with pytest.raises(GrpcWebError) as caught:
        await events(send_in_browser(browser), await begin_in_browser(browser), "")
    assert caught.value.code == 3  # INVALID_ARGUMENT


async def test_pages_of_this_machine_are_let_in_and_others_are_not(browser: httpx2.AsyncClient) -> None:
    path = "/stack8s.compute.v1.ComputeService/SearchOffers"
    ask = {"access-control-request-method": "POST", "access-control-request-headers": "x-grpc-web,content-type"}
    own = await browser.options(path, headers={"origin": "http://localhost:5173", **ask})
    assert own.headers["access-control-allow-origin"] == "http://localhost:5173"
    assert "x-grpc-web" in own.headers["access-control-allow-headers"]
    other = await browser.options(path, headers={"origin": "http://localhost.example", **ask})
    assert "access-control-allow-origin" not in other.headers


async def test_the_gateway_passes_nothing_but_the_services(browser: httpx2.AsyncClient) -> None:
    assert (await browser.get("/healthz")).text == "ok\n"
    assert (await browser.get("/")).status_code == 404
    assert (await browser.get("/config_dump")).status_code == 404


def test_the_grpcurl_line_works_as_it_is_printed(stack: Stack) -> None:
    (line,) = re.findall(r"\S*grpcurl .*", stack.output)
    done = subprocess.run(line, shell=True, env=stack.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["results"]


def test_asking_at_the_terminal_prints_the_plan_and_goes_on_with_the_conversation(stack: Stack) -> None:
    first = stack.ask(MRI)
    assert first.returncode == 0, first.stderr
    assert "lung" in first.stdout.lower()
    (conversation,) = re.findall(r"CONVERSATION=(\S+)", first.stderr)
    second = stack.ask("Only AWS please, at most $3000 a month", conversation=conversation, format="json")
    assert second.returncode == 0, second.stderr
    plan = json.loads(second.stdout)
    assert plan["conversation_id"] == conversation
    assert {gpu["provider"] for gpu in plan["gpu_recommendations"]} == {"aws"}


def test_asking_wrongly_is_one_clear_line(stack: Stack) -> None:
    for done, told in (
        (stack.ask(""), "Q: say what you want to run"),
        (stack.ask("hello", format="xml"), "markdown"),
        (stack.ask("hello", conversation="no-such-conversation"), "no-such-conversation"),
    ):
        assert done.returncode == 1
        assert told in done.stderr
        assert done.stderr.count("\n") == 1
        assert done.stdout == ""
