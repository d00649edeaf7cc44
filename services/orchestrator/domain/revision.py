"""A wish relative to the last plan, as limits for the next one, never written into the spec."""

from __future__ import annotations

from typing import Any, Final

from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.budget import CHEAPER_THAN_BEFORE
from services.orchestrator.domain.spec import Origin, WorkloadSpec
from services.orchestrator.domain.understanding import Revision, RevisionKind
from services.orchestrator.domain.understanding.lexicon import rows

_CHEAPER: Final = 0.99
"""Cheaper without a figure: at least a hundredth less, so that it shows."""
_BIGGER: Final = 1.01


def limits(spec: WorkloadSpec, revision: Revision | None, previous: DeploymentPlan | None) -> WorkloadSpec:
    """Return the spec to plan with: the user's own, and what the revision asks compared with the plan before."""
    if revision is None or previous is None or not previous.gpu_recommendations:
        return spec
    lead = previous.gpu_recommendations[0]
    changes: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    match revision.kind:
        case RevisionKind.CHEAPER | RevisionKind.SMALLER:
            most = float(previous.cost_estimate.monthly_total) * (revision.factor or _CHEAPER)
            if most > 0 and (spec.budget_usd_month is None or most < spec.budget_usd_month):
                changes["budget_usd_month"] = most
                share = f" by {1 - revision.factor:.0%}" if revision.factor and revision.factor < 1 else ""
                before = f"{CHEAPER_THAN_BEFORE} (${previous.cost_estimate.monthly_total:,.2f} a month){share}"
                origins["budget_usd_month"] = Origin(kind="implied", turn=1, words=before)
        case RevisionKind.FASTER if lead.tokens_per_second:
            least = lead.tokens_per_second * (revision.factor or _BIGGER)
            changes["tokens_per_second"] = max(least, spec.tokens_per_second or least)
        case RevisionKind.FASTER | RevisionKind.BIGGER if lead.gpu_count:
            changes["vram_gb_min_total"] = lead.gpu_memory_total_gib * (revision.factor or _BIGGER)
        case RevisionKind.GPU_COUNT if revision.delta and lead.gpu_count + revision.delta >= 1:
            changes["gpu_count_min"] = lead.gpu_count + revision.delta
        case RevisionKind.OTHER_PROVIDER if not revision.target:
            changes["providers_excluded"] = (*spec.providers_excluded, lead.provider)
            changes["providers"] = tuple(p for p in spec.providers if p != lead.provider)
        case RevisionKind.OTHER_GPU if not revision.target and lead.gpu_type:
            changes["gpu_models_excluded"] = (*spec.gpu_models_excluded, lead.gpu_type)
            changes["gpu_models"] = tuple(g for g in spec.gpu_models if g != lead.gpu_type)
        case RevisionKind.OTHER_GPU if revision.target and (family := _family(revision.target)):
            changes["gpu_models"] = family
        case _:
            return spec
    return spec.with_fields(changes, origins=origins)


def _family(name: str) -> tuple[str, ...]:
    """Return the GPU types of a maker or a family, such as amd or tpu; none for a name that is neither."""
    return tuple(row["name"] for row in rows("gpus") if row["vendor"] == name or row["name"].lower().startswith(name))
