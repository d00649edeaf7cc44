"""Two plans as one: costs of both, the order to carry them out, what changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from services.orchestrator.domain.plan import DeploymentPlan, Workload, WorkloadKind
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.combine import in_order, part_before, with_parts
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
    plan = with_parts(serving, (run,), previous=None)
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
    plan = with_parts(serving, (run,), previous=run)
    assert plan.version == 2
    assert [(c.what, c.before, c.after) for c in plan.changes] == [
        ("workloads", "the training run", "the training run and serving")
    ]


def test_false_sums_and_names_are_refused():
    run, serving = both()
    plan = with_parts(run, (serving,), previous=None)
    assert plan.combined_cost is not None
    dearer = plan.combined_cost.model_copy(update={"monthly": plan.combined_cost.monthly + Decimal("0.01")})
    assert verify_parts(plan.model_copy(update={"combined_cost": dearer}))
    assert verify_parts(plan.model_copy(update={"combined_cost": None}))
    assert verify_parts(plan.model_copy(update={"parts": ()}))
    assert verify_parts(with_parts(run, (run,), previous=None))
    assert verify_parts(with_parts(serving, (made("inference", plan_id="q"),), previous=None))


def test_services_side_by_side_are_told_apart_and_cost_every_month():
    small, large = made("inference"), made("inference", model_params_b=70, plan_id="q")
    plan = with_parts(small, (large,), previous=small)
    assert plan.combined_cost is not None
    assert (plan.combined_cost.once, plan.combined_cost.monthly) == (
        0,
        small.cost_estimate.monthly_total + large.cost_estimate.monthly_total,
    )
    assert plan.combined_cost.note.startswith("Both services")
    assert small.workload is not None
    assert large.workload is not None
    change = plan.changes[0]
    assert change.before == "serving"
    assert small.workload.name in change.after
    assert large.workload.name in change.after
    assert verify_parts(plan) == ()
    assert part_before(plan, WorkloadKind.SERVING, "text-generation") is plan
    assert part_before(plan, WorkloadKind.SERVING, "text-to-image") is None
