"""Wishes that words carry and the spec has no field for."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.orchestrator.domain.planning.terms import changed_by, spot_alone
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import catalogue, offer
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
