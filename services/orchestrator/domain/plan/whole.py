"""The deployment plan: what to rent, what to run, what to install, what it costs, and where each fact comes from."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.plan.costs import CombinedCost, CostEstimate
from services.orchestrator.domain.plan.machines import GpuRecommendation
from services.orchestrator.domain.plan.models import ModelRecommendation
from services.orchestrator.domain.plan.part import PlanPart
from services.orchestrator.domain.plan.stack import InstalledComponent, StackComponent
from services.orchestrator.domain.plan.wishes import UnmetWish
from services.orchestrator.domain.plan.workload import Workload

SCHEMA_VERSION: Final = 1
"""Version of the plan's JSON form; raised when a field changes its meaning or goes away."""


class DeploymentStep(PlanPart):
    """One thing to do, in order."""

    number: int
    title: str
    detail: str
    command: str = ""
    """A shell command to run, without secrets; empty when there is none."""


class Change(PlanPart):
    """What differs from the plan before."""

    what: str
    before: str
    after: str


class CatalogSnapshot(PlanPart):
    """A catalogue snapshot that the plan rests on."""

    catalog: str
    snapshot_id: str


class DeploymentPlan(PlanPart):
    """The whole plan. The first GPU recommendation is the one that costs, steps and manifests are for."""

    schema_version: int = SCHEMA_VERSION
    plan_id: str
    conversation_id: str
    version: int
    """From 1, raised by each revision in the conversation."""
    understanding: str
    assumptions: tuple[str, ...]
    gpu_recommendations: tuple[GpuRecommendation, ...]
    model_recommendations: tuple[ModelRecommendation, ...]
    kubernetes_stack: tuple[StackComponent, ...]
    installed: tuple[InstalledComponent, ...] = ()
    """What the user runs already."""
    deployment_steps: tuple[DeploymentStep, ...]
    cost_estimate: CostEstimate
    tradeoffs: tuple[str, ...]
    warnings: tuple[str, ...]
    unmet: tuple[UnmetWish, ...]
    workload: Workload | None = None
    """None when nothing can be deployed."""
    changes: tuple[Change, ...] = ()
    """What differs from the version before."""
    snapshots: tuple[CatalogSnapshot, ...] = ()
    parts: tuple[DeploymentPlan, ...] = ()
    """Plans of its other workloads: the run whose result it serves or the serving of it, or services beside it."""
    combined_cost: CombinedCost | None = None
    """What this plan and its parts cost together; None without parts."""

    @property
    def paid_by_run(self) -> bool:
        """Tell whether ways to do it are priced by the hours of a run, with a month of storage, rather than a month."""
        return bool(self.gpu_recommendations) and self.gpu_recommendations[0].run_hours is not None
