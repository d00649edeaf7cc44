"""What cannot be met, and what would resolve it."""

from __future__ import annotations

from decimal import Decimal

from libs.provenance import Provenance
from services.orchestrator.domain.plan.part import PlanPart


class Relaxation(PlanPart):
    """A change of wishes that makes a plan possible."""

    fields: tuple[str, ...]
    """Spec fields to change."""
    description: str
    price_per_hour: Decimal | None = None
    """USD of the best offer that it brings, all nodes."""
    price_per_month: Decimal | None = None
    provenance: Provenance | None = None


class UnmetWish(PlanPart):
    """A wish that cannot be met together with the others."""

    field: str
    """Spec field."""
    conflict: str
    """The conflict in one sentence."""
    relaxations: tuple[Relaxation, ...] = ()
