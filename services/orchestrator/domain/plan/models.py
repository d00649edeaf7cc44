"""What may run on it."""

from __future__ import annotations

from libs.provenance import Provenance
from services.orchestrator.domain.plan.part import PlanPart


class ModelRecommendation(PlanPart):
    """A model that fits the task."""

    model_id: str
    task: str
    license: str
    license_note: str
    parameters: int | None
    memory_gib: float | None
    """GPU memory for the planned use at precision; None where it cannot be estimated."""
    precision: str
    downloads: int | None
    likes: int | None
    relevance: float
    """Score of the search, 0 to 1."""
    gated: bool = False
    chosen: bool = False
    """True for the model that the plan deploys."""
    purpose: str = "main"
    """main, or what a second model is for, such as embedding."""
    why: str
    provenance: Provenance
