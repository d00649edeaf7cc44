"""What was weighed is said where it was weighed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import GPU_TYPES, catalogue, memory, model
from tests.orchestrator.planning.plans import plan_for


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"budget_usd_month": 5000}, True),
        ({"budget_usd_month": 700}, False),
        ({}, False),
        ({"budget_usd_month": 5000, "model_params_b": 8}, False),
    ],
)
def test_a_budget_that_would_pay_for_a_larger_model_is_told_and_the_model_stays(wishes: dict[str, Any], said: bool):
    spec = WorkloadSpec(task_type="inference", domain="llm", **wishes)
    plan = build_plan(spec, catalogue(), plan_id="p", conversation_id="c")
    assert any("a larger one may be had too" in text for text in plan.tradeoffs) == said
    assert len({rec.model_id for rec in plan.gpu_recommendations}) == 1


def plan_with_fits(*, tight: Collection[str], risk: str = "", **wishes: Any) -> DeploymentPlan:
    """Return a plan of one model. tight: GPU types that it only just fits on."""
    small, method = "meta-llama/Llama-3.1-8B-Instruct", "lora" if wishes["task_type"] == "fine_tuning" else "inference"
    sized = (memory(small, g, 14.0, method=method, borderline=g in tight, error=0.25, risk=risk) for g in GPU_TYPES)
    return plan_for(catalogue(models=(model(small),), memory=tuple(sized)), domain="llm", **wishes)


def told_of_fit(plan: DeploymentPlan) -> list[str]:
    return [w for w in plan.warnings if "may turn out that" in w]


def test_a_run_that_may_not_fit_is_told_with_what_makes_it_so():
    risk = "up to 20.0 GiB a GPU with long samples"
    (told,) = told_of_fit(plan_with_fits(tight=GPU_TYPES, risk=risk, task_type="fine_tuning"))
    assert "14 GiB of the" in told
    assert f"give or take 25%, and {risk}" in told
    assert "leaves room" not in told


def test_the_cheapest_machine_that_leaves_room_is_named_beside_one_that_may_not_do():
    chosen = plan_with_fits(tight=(), task_type="fine_tuning")
    assert told_of_fit(chosen) == []
    lead = chosen.gpu_recommendations[0].gpu_type
    (told,) = told_of_fit(plan_with_fits(tight=(lead,), task_type="fine_tuning"))
    other = told.partition("The cheapest that leaves room for this is ")[2]
    assert other
    assert lead not in other


def test_a_server_that_queues_what_its_cache_has_no_room_for_needs_no_warning():
    assert told_of_fit(plan_with_fits(tight=GPU_TYPES, task_type="inference")) == []
