"""Plans of several workloads as one, with what they cost together."""

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


def with_parts(
    plan: DeploymentPlan, parts: tuple[DeploymentPlan, ...], *, previous: DeploymentPlan | None
) -> DeploymentPlan:
    """Return a plan with the plans of other workloads that belong to it, the costs of all, and what changed.

    previous: the plan before in the conversation.
    """
    version = previous.version + 1 if previous else 1
    numbered = tuple(part.model_copy(update={"version": version}) for part in parts)
    whole = plan.model_copy(update={"version": version, "parts": numbered})
    said = list(plan.changes)
    for part in parts:
        what = doing(part, among=(plan, *parts))
        said += (change.model_copy(update={"what": f"{change.what} of {what}"}) for change in part.changes)
    before, after = (_all_done(whole) for whole in (previous, whole)) if previous else ("", "")
    if before != after:
        said.insert(0, Change(what="workloads", before=before, after=after))
    return whole.model_copy(update={"combined_cost": combined((plan, *parts)), "changes": tuple(said)})


def _all_done(plan: DeploymentPlan) -> str:
    plans = in_order(plan)
    return join([doing(each, among=plans) for each in plans])


def in_order(plan: DeploymentPlan) -> tuple[DeploymentPlan, ...]:
    """Return a plan and its parts in the order to carry them out: a run before the serving of its result."""
    return tuple(sorted((plan, *plan.parts), key=lambda each: bool(each.workload and each.workload.result_of)))


def part_before(previous: DeploymentPlan | None, kind: WorkloadKind, task: str = "") -> DeploymentPlan | None:
    """Return the part of the plan before that has a kind of workload, of a task where one is given; None when it had
    none of it."""
    found = (previous, *previous.parts) if previous else ()
    alike = [part for part in found if part.workload and part.workload.kind is kind]
    return next((part for part in alike if part.workload and task in ("", part.workload.model_task)), None)


def combined(plans: tuple[DeploymentPlan, ...]) -> CombinedCost:
    """Return what plans cost together: once for runs that end, monthly for what keeps running."""
    once = monthly = Decimal(0)
    for plan in plans:
        if plan.workload and plan.workload.kind is WorkloadKind.SERVING:
            monthly += plan.cost_estimate.monthly_total
        else:
            once += plan.cost_estimate.monthly_total
    note = (
        f"The run costs {usd(once)} once, with its storage of a month. Serving after it costs {usd(monthly)} a "
        f"month, so the first month costs at most {usd(once + monthly)}."
    )
    if not once:
        services = "Both services" if len(plans) == 2 else f"All {len(plans)} services"
        note = f"{services} together cost {usd(monthly)} a month, as far as it is known."
    return CombinedCost(
        once=once,
        monthly=monthly,
        complete=all(plan.cost_estimate.complete for plan in plans),
        note=note,
    )


def doing(plan: DeploymentPlan, *, among: tuple[DeploymentPlan, ...] = ()) -> str:
    """Return what a plan does, in words: which model too, where others of them do the like."""
    if plan.workload is None:
        return "a workload that cannot be had"
    alike = [p for p in among if p.workload and p.workload.kind is plan.workload.kind]
    of = f" {plan.workload.name}" if len(alike) > 1 else ""
    return f"{_DOING[plan.workload.kind]}{of}"
