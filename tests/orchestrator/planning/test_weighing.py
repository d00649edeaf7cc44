"""What was weighed is said where it was weighed."""

from __future__ import annotations

from typing import Any

import pytest

from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import catalogue


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
