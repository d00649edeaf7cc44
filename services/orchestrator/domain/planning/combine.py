"""A plan and the plan of what comes after it as one, with what both cost together."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from services.orchestrator.domain.plan import Change, CombinedCost, DeploymentPlan, WorkloadKind
from services.orchestrator.domain.planning.words import join, usd

_DOING: Final = {
    WorkloadKind.TRAINING: "the training run",
    WorkloadKind.BATCH: "the batch",
    WorkloadKind.SERVING: "serving",
}


def with_part(plan: DeploymentPlan, part: DeploymentPlan, *, previous: DeploymentPlan | None) -> DeploymentPlan:
    """Return a plan with the plan of another workload that belongs to it, the costs of both, and what changed.

    previous: the plan before in the conversation.
    """
    version = previous.version + 1 if previous else 1
    whole = plan.model_copy(update={"version": version, "parts": (part.model_copy(update={"version": version}),)})
    said = list(plan.changes)
    said += (change.model_copy(update={"what": f"{change.what} of {doing(part)}"}) for change in part.changes)
    before, after = (join([doing(p) for p in in_order(whole)]) for whole in (previous, whole)) if previous else ("", "")
    if before != after:
        said.insert(0, Change(what="workloads", before=before, after=after))
    return whole.model_copy(update={"combined_cost": combined((plan, part)), "changes": tuple(said)})


def in_order(plan: DeploymentPlan) -> tuple[DeploymentPlan, ...]:
    """Return a plan and its parts in the order to carry them out: a run before the serving of its result."""
    return tuple(sorted((plan, *plan.parts), key=lambda each: bool(each.workload and each.workload.result_of)))


def part_before(previous: DeploymentPlan | None, kind: WorkloadKind) -> DeploymentPlan | None:
    """Return the part of the plan before that has a kind of workload; None when it had none of it."""
    found = (previous, *previous.parts) if previous else ()
    return next((part for part in found if part.workload and part.workload.kind is kind), None)


def combined(plans: tuple[DeploymentPlan, ...]) -> CombinedCost:
    """Return what plans cost together: once for runs that end, monthly for what keeps running."""
    once = monthly = Decimal(0)
    for plan in plans:
        if plan.workload and plan.workload.kind is WorkloadKind.SERVING:
            monthly += plan.cost_estimate.monthly_total
        else:
            once += plan.cost_estimate.monthly_total
    return CombinedCost(
        once=once,
        monthly=monthly,
        complete=all(plan.cost_estimate.complete for plan in plans),
        note=f"The run costs {usd(once)} once, with its storage of a month. Serving after it costs {usd(monthly)} a "
        f"month, so the first month costs at most {usd(once + monthly)}.",
    )


def doing(plan: DeploymentPlan) -> str:
    """Return what a plan does, in words."""
    return _DOING[plan.workload.kind] if plan.workload else "a workload that cannot be had"
