"""Wishes that words carry and the spec has no field for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.orchestrator.domain.candidates import Candidates
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.terms import changed_by, low_load, spot_alone
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import GPU_TYPES, catalogue, memory, model, offer, speed
from tests.orchestrator.planning.plans import plan_for

SPOT = WorkloadSpec(spot_ok=True)
SERVE = {"task_type": "inference", "domain": "llm", "spot_ok": True}
SPOTS = (
    offer("aws", "L4", 1, "0.30", price_model="spot"),
    offer("gcp", "L4", 1, "0.40", price_model="spot"),
    offer("aws", "A10G", 1, "0.50", price_model="spot"),
)


@pytest.mark.parametrize(
    "words",
    [
        "spot only",
        "on spot instances only, please",
        "only spot machines",
        "exclusively spot",
        "spot, and no on-demand",
        "anything but on-demand; spot it is",
        "everything must be spot",
        "spot-only. Later, spot GPUs only",
    ],
)
def test_words_want_spot_machines_alone(words):
    assert spot_alone(SPOT, words)


@pytest.mark.parametrize("words", ["spot is fine", "spot or on-demand", "not only spot", "cheap spot machines"])
def test_spot_may_be_one_of_both(words):
    assert not spot_alone(SPOT, words)


def test_what_was_said_last_of_on_demand_holds():
    assert not spot_alone(SPOT, "spot only\non-demand is fine too")
    assert spot_alone(SPOT, "spot or on-demand\nactually spot only")
    assert not spot_alone(WorkloadSpec(spot_ok=False), "spot only\nno, on-demand")


def test_every_machine_and_equivalent_is_spot_where_nothing_else_is_wanted():
    found = catalogue(offers=(*catalogue().offers, *SPOTS))
    plan = plan_for(found, words="spot only", **SERVE)
    machines = plan.gpu_recommendations
    assert {m.price_model for m in machines} == {"spot"}
    assert {e.price_model for m in machines for e in m.equivalents} == {"spot"}
    assert plan.unmet == ()
    assert "spot machines alone" in plan.understanding
    assert not verify(plan, WorkloadSpec(**SERVE), found, said="spot only")


def test_the_machine_for_components_is_told_where_it_is_on_demand():
    found = catalogue(offers=(*catalogue().offers, offer("aws", "L4", 1, "0.30", price_model="spot", vcpus=1.0)))
    asked = {"component_roles": ("database",), **SERVE}
    plan = plan_for(found, words="spot only", **asked)
    machine = [x for x in plan.cost_estimate.lines if x.description.startswith("Machine for the components")]
    assert bool(machine) == any("on demand all the same" in text for text in plan.warnings)
    assert machine


def test_without_a_spot_machine_the_wish_is_told_as_broken():
    found = catalogue()
    plan = plan_for(found, words="spot only", **SERVE)
    assert all("spot_ok" in m.breaks for m in plan.gpu_recommendations)
    (wish,) = plan.unmet
    assert wish.field == "spot_ok"
    assert wish.relaxations[0].description.startswith("Accept on-demand machines")
    assert wish.relaxations[0].price_per_month > Decimal(0)


def test_a_machine_on_demand_that_is_not_marked_is_found():
    found = catalogue(offers=(*catalogue().offers, *SPOTS))
    plan = plan_for(found, words="", **SERVE)
    wrong = verify(plan, WorkloadSpec(**SERVE), found, said="spot only")
    assert any("silently breaks spot_ok" in fault for fault in wrong)


def test_a_message_changes_the_wish_or_does_not():
    assert changed_by("serve it on spot\nspot only", "spot only")
    assert changed_by("spot only\non-demand is fine too", "on-demand is fine too")
    assert not changed_by("spot only\nfor 20 users", "for 20 users")


LOAD = WorkloadSpec(requests_per_second=500)
EMBED: dict[str, Any] = {"task_type": "inference", "model_task": "feature-extraction", "requests_per_second": 500}
BETWEEN = "autoscale between 5 and 500 requests per second"


@pytest.mark.parametrize(
    "words",
    [
        BETWEEN,
        "autoscale 5–500 req/s",
        "from 5 to 500 rps",
        "5 rps at night, up to 500 rps",
        "5 requests/s most of the day and 500 requests/s at peak",
        "scale from 5 req/s to 500 req/s",
        "500 rps at peak, 5 rps at night",
        "5 bis 500 Anfragen pro Sekunde",
        "de 5 à 500 requêtes par seconde",
        "de 5 a 500 peticiones por segundo",
        "da 5 a 500 richieste al secondo",
        "от 5 до 500 запросов в секунду",
    ],
)
def test_a_low_and_a_high_load_are_read(words):
    assert low_load(LOAD, words) == 5


@pytest.mark.parametrize(
    "words", ["500 rps", "a budget of 5 to 10 dollars, 500 rps", "500 to 900 rps", "2 apps, 500 rps"]
)
def test_one_load_is_no_range(words):
    assert low_load(LOAD, words) is None


def embedders(**more: Any) -> Candidates:
    name = "BAAI/bge-m3"
    fast = [speed(name, g, 1, None, requests_per_second=100.0) for g in GPU_TYPES]
    return catalogue(
        models=(model(name, 560_000_000, task="feature-extraction"),),
        memory=tuple(memory(name, g, 3.0) for g in GPU_TYPES),
        performance=tuple(fast),
        **more,
    )


def ranged(**more: Any) -> DeploymentPlan:
    """The plan for a range, verified with the words that state it."""
    found, spec = embedders(), WorkloadSpec(**EMBED, **more)
    plan = build_plan(spec, found, plan_id="p", conversation_id="c", words=BETWEEN)
    assert verify(plan, spec, found, said=BETWEEN) == ()
    return plan


def test_copies_run_for_the_low_load_and_grow_to_the_high_one():
    plan = ranged()
    assert (plan.workload.replicas_min, plan.workload.replicas_max) == (1, 5)
    line = plan.cost_estimate.lines[0]
    assert line.quantity_max == 5 * line.quantity == 5 * 730
    assert plan.cost_estimate.monthly_total < plan.cost_estimate.monthly_total_max
    assert "at 500 requests a second around the clock" in plan.cost_estimate.note
    assert "5 to 500 requests a second" in plan.understanding


def test_a_budget_between_the_two_ends_is_kept_as_far_as_can_be_known():
    plan = ranged(budget_usd_month=1500)
    assert plan.unmet == ()
    assert any("more than the budget" in text and "hours a day" in text for text in plan.warnings)
    assert not any("hours a day" in text for text in ranged(budget_usd_month=50_000).warnings)


def test_a_budget_below_the_low_load_is_broken():
    assert {wish.field for wish in ranged(budget_usd_month=100).unmet} == {"budget_usd_month"}


def test_copies_that_do_not_carry_the_high_load_are_found():
    plan, spec = ranged(), WorkloadSpec(**EMBED)
    short = plan.model_copy(update={"workload": plan.workload.model_copy(update={"replicas_max": 2})})
    assert any("do not carry 500 requests" in fault for fault in verify(short, spec, embedders(), said=BETWEEN))
