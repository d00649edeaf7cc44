"""Two plans as one: costs of both, the order to carry them out, what changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from services.orchestrator.domain.plan import DeploymentPlan, Workload
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.combine import in_order, with_part
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify_parts
from tests.orchestrator.planning.builders import catalogue


def made(task: str, *, after: Workload | None = None, plan_id: str = "p", **more: Any) -> DeploymentPlan:
    spec = WorkloadSpec(task_type=task, domain="llm", **more)
    return build_plan(spec, catalogue(), plan_id=plan_id, conversation_id="c", after=after)


def both() -> tuple[DeploymentPlan, DeploymentPlan]:
    run = made("fine_tuning")
    return run, made("inference", after=run.workload, plan_id="p-serving")


def test_costs_add_up_and_the_run_comes_first():
    run, serving = both()
    plan = with_part(serving, run, previous=None)
    assert plan.combined_cost is not None
    assert plan.combined_cost.once == run.cost_estimate.monthly_total
    assert plan.combined_cost.monthly == serving.cost_estimate.monthly_total
    assert [p.plan_id for p in in_order(plan)] == ["p", "p-serving"]
    assert plan.parts[0].version == plan.version == 1
    assert verify_parts(plan) == ()


def test_the_trained_model_is_served_under_a_name_of_its_own():
    run, serving = both()
    assert run.workload is not None
    assert serving.workload is not None
    assert serving.workload.result_of == run.workload.name != serving.workload.name
    assert any("Hand over" in step.title for step in serving.deployment_steps)
    assert "model that the run trains" in next(m.why for m in serving.model_recommendations if m.chosen)


def test_a_workload_more_than_before_is_told():
    run, serving = both()
    plan = with_part(serving, run, previous=run)
    assert plan.version == 2
    assert [(c.what, c.before, c.after) for c in plan.changes] == [
        ("workloads", "the training run", "the training run and serving")
    ]


def test_false_sums_and_names_are_refused():
    run, serving = both()
    plan = with_part(run, serving, previous=None)
    assert plan.combined_cost is not None
    dearer = plan.combined_cost.model_copy(update={"monthly": plan.combined_cost.monthly + Decimal("0.01")})
    assert verify_parts(plan.model_copy(update={"combined_cost": dearer}))
    assert verify_parts(plan.model_copy(update={"combined_cost": None}))
    assert verify_parts(plan.model_copy(update={"parts": ()}))
    assert verify_parts(with_part(run, run, previous=None))
    assert verify_parts(with_part(serving, made("inference", plan_id="q"), previous=None))
