"""What the machine of the components does to the choice between options."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from services.orchestrator.domain.planning import hosting
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.choose import choose
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.revision import limits
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import Revision, RevisionKind
from services.orchestrator.domain.verify import verify
from tests.orchestrator.attacks import cheapest_without_hosts
from tests.orchestrator.planning.builders import catalogue, chart, offer

SPEC = WorkloadSpec(task_type="inference", domain="llm")
CHARTS = (
    chart("gpu_operator", "gpu-operator", cpu=0.25, memory_gib=0.5),
    chart("monitoring", "kube-prometheus-stack", cpu=0.5, memory_gib=1.5),
)
HERE, THERE = {"region": "us-east-1"}, {"region": "eu-west-1", "country": "IE"}
HOSTS = tuple(
    offer("aws", "", 0, price, instance_type="small", vcpus=2.0, memory_gib=8.0, **where)
    for price, where in (("0.30", HERE), ("0.05", THERE))
)
LOW, HIGH = (offer("aws", "A10G", 1, p, vcpus=4.0, **at) for p, at in (("1.00", HERE), ("1.10", THERE)))


def records(*machines, hosts=HOSTS, charts=CHARTS, **more):
    return catalogue(offers=machines, offers_elsewhere=machines, hosts=hosts, charts=charts, **more)


def planned(candidates, spec=SPEC, **wishes):
    spec = spec.with_fields(wishes)
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert verify(plan, spec, candidates) == ()
    return plan


def first(candidates, spec=SPEC, **wishes):
    spec = spec.with_fields(wishes)
    return choose(needs_of(spec), candidates, wished=bool(spec.models)).picks[0].option


def test_a_dearer_machine_is_the_cheapest_where_the_components_cost_less():
    plan = planned(records(LOW, HIGH))
    assert plan.gpu_recommendations[0].region == "eu-west-1"
    assert planned(records(LOW, HIGH, hosts=())).gpu_recommendations[0].region == "us-east-1"
    assert planned(records(LOW, HIGH, charts=())).gpu_recommendations[0].region == "us-east-1"
    assert "components included" in plan.gpu_recommendations[0].why


@pytest.mark.parametrize("wishes", [{}, {"budget_usd_month": 750}, {"budget_usd_month": 100}, {"gpu_count_min": 2}])
def test_without_components_the_machines_for_them_change_nothing(wishes):
    candidates = records(LOW, HIGH, charts=())
    assert planned(candidates, **wishes) == planned(replace(candidates, hosts=()), **wishes)


def test_what_counts_is_what_the_cost_table_says():
    candidates = records(LOW, HIGH)
    plan, option = planned(candidates), first(candidates)
    assert option.host.cost == hosting.cost_of(plan.cost_estimate) == Decimal("36.50")
    assert option.weighed == option.paid == option.cost + Decimal("36.50")


def test_a_larger_machine_that_has_room_for_the_components_may_cost_less_in_all():
    large = offer("aws", "A10G", 1, "1.20", vcpus=64.0, memory_gib=256.0, instance_type="large", offer_id="large")
    assert first(records(LOW, large)).offer is large
    dearer = replace(large, price_per_hour=Decimal("1.40"))
    assert first(records(LOW, dearer)).offer is LOW


def test_a_machine_that_is_not_known_counts_at_a_usual_price_and_stays_unknown_in_the_plan():
    elsewhere = offer("lambda", "A10G", 1, "0.80", vcpus=4.0)
    option = first(records(elsewhere))
    assert (option.host.cost, option.host.known) == (Decimal("219.00"), False)  # the higher of the two that are known
    plan = planned(records(elsewhere))
    assert "whose price is not known" in plan.gpu_recommendations[0].why
    assert hosting.cost_of(plan.cost_estimate) == 0
    assert first(records(elsewhere, HIGH)).offer is elsewhere
    assert first(records(replace(elsewhere, price_per_hour=Decimal("0.90")), HIGH)).offer is HIGH


def test_components_that_run_already_or_on_machines_of_the_users_own_cost_nothing():
    shared = records(LOW, HIGH, hosted=frozenset({("aws", "us-east-1")}))
    assert (first(shared).offer, first(shared).host.cost) == (LOW, 0)
    own = records(offer("local", "A10G", 1, None, price_model="owned"), HIGH)
    assert first(own, prefers_local_cluster=True).host.cost == 0


def test_machines_outside_clusters_are_not_cheaper_for_going_without_components():
    outside, inside = offer("runpod", "A10G", 1, "1.00", vcpus=64.0, memory_gib=256.0), HIGH
    candidates = records(outside, inside)
    assert first(records(outside)).host == (Decimal("219.00"), False, False)
    assert first(candidates).offer is inside
    plan = planned(records(outside))
    assert "components need" not in plan.gpu_recommendations[0].why


def test_machines_whose_components_the_budget_pays_for_come_first():
    """Upkeep makes two machines count for more, but they leave the components room, for which the budget has none."""
    host = replace(HOSTS[0], price_per_hour=Decimal("0.12"))
    alone = offer("aws", "A10G", 2, "1.00", vcpus=4.0)
    two = offer("aws", "A10G", 1, "0.50", vcpus=64.0, memory_gib=256.0)
    wishes = {"gpu_count_min": 2, "budget_usd_month": 760}
    assert first(records(alone, two, hosts=(host,)), gpu_count_min=2).offer is alone
    assert first(records(alone, two, hosts=(host,)), **wishes).offer is two
    option = first(records(alone, hosts=(host,)), **wishes)
    assert (option.host.homeless, option.host.cost) == (True, Decimal("87.60"))
    plan = planned(records(alone, hosts=(host,)), **wishes)
    assert "$87.60 a month more, for which the budget has no room" in plan.gpu_recommendations[0].why


def test_cheaper_than_before_is_so_with_the_components():
    candidates = records(LOW)
    before = planned(candidates)
    spec = limits(SPEC, Revision(kind=RevisionKind.CHEAPER), before)
    plan = planned(candidates, spec)
    assert plan.gpu_recommendations[0].breaks == ("budget_usd_month",)
    assert plan.cost_estimate.monthly_total == before.cost_estimate.monthly_total
    assert f"at ${before.cost_estimate.monthly_total:,.2f} a month" in plan.unmet[0].conflict
    assert "a machine for its components would be $219.00 more" in plan.unmet[0].relaxations[1].description
    better = planned(records(LOW, HIGH), spec)
    assert better.gpu_recommendations[0].region == "eu-west-1"
    assert better.cost_estimate.monthly_total < before.cost_estimate.monthly_total


def test_components_that_add_copies_count_only_where_copies_are_added():
    charts = (*CHARTS, chart("autoscaling", "keda", cpu=2.0, memory_gib=4.0))
    large = replace(HOSTS[0], offer_id="large", vcpus=8.0, memory_gib=32.0, price_per_hour=Decimal("0.60"))
    candidates = records(LOW, charts=charts, hosts=(*HOSTS, large))
    assert first(candidates).host.cost == Decimal("438.00")
    assert first(candidates, budget_usd_month=1400).host.cost == Decimal("219.00")  # twice the machines are over it


def test_a_dearer_machine_stands_where_the_budget_adds_copies_to_the_cheaper_one_alone():
    """What adds them leaves no room on the cheaper machine; twice the dearer one is over the budget."""
    charts = (*CHARTS, chart("autoscaling", "keda", cpu=2.0, memory_gib=4.0))
    low, high = (replace(o, vcpus=16.0, memory_gib=256.0) for o in (LOW, HIGH))
    hosts = tuple(replace(h, vcpus=8.0, memory_gib=32.0, price_per_hour=Decimal("0.50")) for h in HOSTS)
    candidates = records(low, high, charts=charts, hosts=hosts)
    assert first(candidates).offer is low
    option = first(candidates, budget_usd_month=1550)
    assert (option.offer, option.host.cost) == (high, 0)
    planned(candidates, budget_usd_month=1550)


@pytest.mark.parametrize("makers", [("nvidia", "amd"), ("nvidia",)])
def test_charts_are_those_for_the_maker_of_the_gpus_where_they_are_known(makers):
    heavy = (chart("gpu_operator", "amd-gpu-operator", cpu=4.0, memory_gib=8.0), CHARTS[1])
    of = {name: {"nvidia": CHARTS, "amd": heavy}[name] for name in makers}
    amd = offer("aws", "MI300X", 1, "1.00", vcpus=4.0)
    large = replace(HOSTS[0], offer_id="large", vcpus=8.0, memory_gib=32.0, price_per_hour=Decimal("0.60"))
    option = first(records(amd, hosts=(*HOSTS, large), charts_of=of))
    assert option.host.cost == (Decimal("438.00") if "amd" in makers else Decimal("219.00"))


def test_a_plan_that_is_the_cheapest_without_its_components_only_is_refused():
    candidates = records(LOW, HIGH)
    false = cheapest_without_hosts(SPEC, candidates)
    assert false is not None
    assert false.gpu_recommendations[0].region == "us-east-1"
    assert any(f"{HIGH.offer_id} is better" in fault for fault in verify(false, SPEC, candidates))
    assert cheapest_without_hosts(SPEC, records(LOW, hosts=HOSTS)) is None
