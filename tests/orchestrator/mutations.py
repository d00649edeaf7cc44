"""Changes to a plan, each of one thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.orchestrator.domain.plan import DeploymentPlan

Mutation = Callable[[DeploymentPlan], DeploymentPlan | None]


def lead(**changes: Any) -> Mutation:
    """Change the first recommendation; a value may be a function of the recommendation."""

    def mutate(plan: DeploymentPlan) -> DeploymentPlan | None:
        if not plan.gpu_recommendations:
            return None
        first, *rest = plan.gpu_recommendations
        values = {k: v(first) if callable(v) else v for k, v in changes.items()}
        if all(getattr(first, k) == v for k, v in values.items()):
            return None
        return plan.model_copy(update={"gpu_recommendations": (first.model_copy(update=values), *rest)})

    return mutate


def cost(**changes: Any) -> Mutation:
    def mutate(plan: DeploymentPlan) -> DeploymentPlan | None:
        values = {k: v(plan.cost_estimate) if callable(v) else v for k, v in changes.items()}
        if not plan.gpu_recommendations:
            return None
        return plan.model_copy(update={"cost_estimate": plan.cost_estimate.model_copy(update=values)})

    return mutate


def first_of(part: str, **changes: Any) -> Mutation:
    def mutate(plan: DeploymentPlan) -> DeploymentPlan | None:
        items = getattr(plan, part)
        if not items:
            return None
        values = {k: v(items[0]) if callable(v) else v for k, v in changes.items()}
        return plan.model_copy(update={part: (items[0].model_copy(update=values), *items[1:])})

    return mutate


def line(number: int, **changes: Any) -> Mutation:
    def mutate(plan: DeploymentPlan) -> DeploymentPlan | None:
        lines = list(plan.cost_estimate.lines)
        if len(lines) <= number or lines[number].monthly is None:
            return None
        lines[number] = lines[number].model_copy(update=changes)
        return plan.model_copy(update={"cost_estimate": plan.cost_estimate.model_copy(update={"lines": tuple(lines)})})

    return mutate


def invented(text: str) -> Callable[[Any], str]:
    return lambda _: text
