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
    """USD: price_per_hour x hours_per_month, rounded to the cent, and beside_per_month."""
    provenance: Provenance | None = None
    """Of the offer; its price is that of one machine."""
    node_count: int = 0
    """Machines of the offer; 0 where it brings none."""
    hours_per_month: Decimal | None = None
    """What each machine is paid for: 730, a part of each day, or what all runs of a job take."""
    beside_per_month: Decimal | None = None
    """USD a month of storage and of the traffic that was stated, at a usual price where their own is not known."""
    model_id: str = ""
    """The model that runs on them; empty where none is planned."""
    volumes: int = 0
    """Volumes for its weights."""


class UnmetWish(PlanPart):
    """A wish that cannot be met together with the others."""

    field: str
    """Spec field."""
    conflict: str
    """The conflict in one sentence."""
    relaxations: tuple[Relaxation, ...] = ()
