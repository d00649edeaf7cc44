"""Few machines rather than many small ones that cost little less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import catalogue, offer

SPEC = WorkloadSpec(task_type="inference", models=("llama 3.1 8b",), domain="llm", concurrency=8 * 64)
"""Eight copies, 64 requests each."""


def lead(*offers, **wishes):
    base = catalogue()
    some = tuple(
        m.__class__(**{f: getattr(m, f) for f in m.__slots__} | {"wished_as": "llama"}) for m in base.models[:1]
    )
    candidates = catalogue(models=some, performance=(), offers=offers, offers_elsewhere=offers)
    spec = SPEC.with_fields(wishes)
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert verify(plan, spec, candidates) == ()
    return plan.gpu_recommendations[0]


@pytest.mark.parametrize(
    ("whole", "machines"),
    [
        ("8.40", 1),  # 8 small machines cost 0.40 x 730 = $292 a month less, and 7 x $100 of upkeep more
        ("8.95", 1),
        ("9.00", 8),  # $730 less: worth the upkeep
    ],
)
def test_small_machines_have_to_save_their_upkeep(whole, machines):
    best = lead(offer("aws", "A10G", 1, "1.00"), offer("aws", "A10G", 8, whole))
    assert best.node_count == machines
    assert ("on 8 machines at AWS would cost $5,8" in best.why) == (machines == 1)


def test_upkeep_is_in_no_budget_and_in_no_price():
    best = lead(offer("aws", "A10G", 1, "1.00"), offer("aws", "A10G", 8, "8.40"), budget_usd_month=5900)
    assert (best.node_count, best.price_per_month, best.breaks) == (8, 5840, ())


def test_machines_of_an_own_cluster_run_anyway():
    own = offer("local", "A10G", 1, "1.00", price_model="owned")
    assert lead(own, offer("aws", "A10G", 8, "8.40"), prefers_local_cluster=True).node_count == 8
    assert lead(own, offer("aws", "A10G", 8, "8.40")).node_count == 8


def test_an_option_whose_machines_cost_less_is_told_why_it_is_not_the_cheapest():
    base = catalogue()
    offers = (offer("aws", "A10G", 8, "8.40"), offer("gcp", "A10G", 1, "1.00"))
    some = tuple(replace(m, wished_as="llama") for m in base.models[:1])
    candidates = catalogue(models=some, performance=(), offers=offers, offers_elsewhere=offers)
    plan = build_plan(SPEC, candidates, plan_id="p", conversation_id="c")
    first, other = plan.gpu_recommendations[:2]
    assert (first.provider, other.provider) == ("aws", "gcp")
    assert other.price_per_month < first.price_per_month
    assert "Its machines cost less, but not with" in other.why
    assert "Its machines cost less, but not with" not in first.why
