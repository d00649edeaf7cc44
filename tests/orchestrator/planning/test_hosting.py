"""Where the components run, and what a machine of their own costs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.orchestrator.domain.candidates import OwnCluster
from services.orchestrator.domain.planning import hosting, room
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import catalogue, chart, offer

SPEC = WorkloadSpec(task_type="inference", domain="llm")
CHARTS = (
    chart("gpu_operator", "gpu-operator", cpu=0.25, memory_gib=0.5),
    chart("monitoring", "kube-prometheus-stack"),
)
SMALL = offer("aws", "", 0, "0.10", instance_type="small", vcpus=2.0, memory_gib=8.0)
CRAMPED = offer("aws", "A10G", 1, "1.00", vcpus=4.0)
LARGE = offer("aws", "", 0, "0.05", instance_type="large", vcpus=8.0, memory_gib=32.0, region="eu-west-1")


def planned(machine, *, hosts=(SMALL, LARGE), charts=CHARTS, cluster=None, **wishes):
    candidates = catalogue(offers=(machine,), offers_elsewhere=(machine,), hosts=hosts, charts=charts, cluster=cluster)
    spec = SPEC.with_fields(wishes)
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert verify(plan, spec, candidates) == ()
    return plan, spec, candidates


def hosted(plan):
    return [line for line in plan.cost_estimate.lines if line.description.startswith(hosting.TITLE)]


def test_requests_are_summed_and_what_states_none_is_assumed():
    assert room.requests_of(CHARTS) == (0.75, 2.0, 1, 2)


def test_a_small_machine_leaves_no_room_so_the_cheapest_at_the_place_is_paid_for():
    plan, _, _ = planned(CRAMPED)
    (line,) = hosted(plan)
    assert (line.unit_price, line.quantity, line.monthly) == (Decimal("0.10"), 730, Decimal("73.00"))
    assert "1 node small for the components" in plan.deployment_steps[0].detail
    assert any("0.75 CPUs and 2 GiB together, 0.5 CPUs and 1.5 GiB for each of 1" in a for a in plan.assumptions)


def test_large_machines_have_room():
    plan, _, _ = planned(offer("aws", "A10G", 1, "1.00", vcpus=64.0, memory_gib=256.0))
    assert hosted(plan) == []
    assert "for the components" not in plan.deployment_steps[0].detail


@pytest.mark.parametrize(
    ("provider", "hosts", "why"),
    [("lambda", (SMALL,), "no machine without GPUs"), ("runpod", (SMALL,), "no nodes of a")],
)
def test_a_machine_that_is_not_known_is_said_to_be_unknown(provider, hosts, why):
    plan, _, _ = planned(offer(provider, "A10G", 1, "1.00", vcpus=4.0), hosts=hosts)
    (line,) = hosted(plan)
    assert (line.monthly, line.unit_price) == (None, None)
    assert why in line.unknown_reason
    assert not plan.cost_estimate.complete


def test_a_budget_without_room_for_the_machine_of_the_components_goes_without_it_and_says_so():
    plan, spec, candidates = planned(CRAMPED, budget_usd_month=760)
    assert (hosted(plan), plan.gpu_recommendations[0].breaks) == ([], ())
    assert any("The budget leaves nothing for a machine" in w for w in plan.warnings)
    assert verify(plan.model_copy(update={"warnings": ()}), spec, candidates)
    roomy, _, _ = planned(CRAMPED, budget_usd_month=900)
    assert len(hosted(roomy)) == 1
    assert roomy.cost_estimate.monthly_total <= 900


@pytest.mark.parametrize(("free", "told"), [((6.0, 400.0), True), ((400.0, 40.0), True), ((400.0, 400.0), False)])
def test_an_own_cluster_is_checked_for_what_it_has_free(free, told):
    own = offer("local", "A10G", 1, None, price_model="owned")
    cluster = OwnCluster(cpus_free=free[0], memory_gib_free=free[1])
    plan, _, _ = planned(own, cluster=cluster, prefers_local_cluster=True)
    assert hosted(plan) == []
    assert any("your cluster has" in w for w in plan.warnings) == told


@pytest.mark.parametrize("change", ["left out", "dearer", "for less time", "of another machine"])
def test_a_false_machine_of_the_components_is_refused(change):
    plan, spec, candidates = planned(CRAMPED)
    cost = plan.cost_estimate
    (line,) = hosted(plan)
    quantity = Decimal(73) if change == "for less time" else Decimal(730)
    price = Decimal("0.20") if change == "dearer" else Decimal("0.10")
    forged = line.model_copy(update={"quantity": quantity, "unit_price": price, "monthly": quantity * price})
    if change == "of another machine":
        forged = forged.model_copy(update={"description": line.description.replace("small", "large")})
    lines = [forged if x is line else x for x in cost.lines if x is not line or change != "left out"]
    total = sum(x.monthly for x in lines if x.monthly is not None)
    update = {"lines": tuple(lines), "monthly_total": total, "monthly_total_max": None, "spot_monthly_total": None}
    faults = verify(plan.model_copy(update={"cost_estimate": cost.model_copy(update=update)}), spec, candidates)
    assert any("the bill says" in fault and hosting.TITLE in fault for fault in faults)
