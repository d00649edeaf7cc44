"""The deployment plan, part by part."""

from services.orchestrator.domain.plan.costs import CombinedCost, CostEstimate, CostLine, ExchangeRate
from services.orchestrator.domain.plan.machines import Equivalent, GpuRecommendation, OptionKind
from services.orchestrator.domain.plan.models import ModelRecommendation
from services.orchestrator.domain.plan.part import PlanPart
from services.orchestrator.domain.plan.stack import (
    CompanionChart,
    ComponentAlternative,
    InstalledComponent,
    SecretNeed,
    StackComponent,
    ValueNeed,
)
from services.orchestrator.domain.plan.whole import (
    SCHEMA_VERSION,
    CatalogSnapshot,
    Change,
    DeploymentPlan,
    DeploymentStep,
)
from services.orchestrator.domain.plan.wishes import Relaxation, UnmetWish
from services.orchestrator.domain.plan.workload import Workload, WorkloadKind

__all__ = [
    "SCHEMA_VERSION",
    "CatalogSnapshot",
    "Change",
    "CombinedCost",
    "CompanionChart",
    "ComponentAlternative",
    "CostEstimate",
    "CostLine",
    "DeploymentPlan",
    "DeploymentStep",
    "Equivalent",
    "ExchangeRate",
    "GpuRecommendation",
    "InstalledComponent",
    "ModelRecommendation",
    "OptionKind",
    "PlanPart",
    "Relaxation",
    "SecretNeed",
    "StackComponent",
    "UnmetWish",
    "ValueNeed",
    "Workload",
    "WorkloadKind",
]
