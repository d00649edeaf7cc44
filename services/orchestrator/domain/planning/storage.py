"""What is kept beside the machines: dataset, weights and checkpoints, and what a month of it costs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from libs.money import to_cents
from services.orchestrator.domain.candidates import Candidates, UnitPrice
from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning.needs import Needs

WORK_DISK_GB: Final = 200
"""Disk for container images, model weights and logs when nothing larger is asked for."""
CHECKPOINT_GB: Final = 200
"""Room for the last checkpoints of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One amount of storage."""

    kind: str
    """object or block."""
    what: str
    size_gb: int


def kept(needs: Needs) -> tuple[Kept, ...]:
    """Return what is stored for a workload."""
    disk = WORK_DISK_GB + (CHECKPOINT_GB if needs.kind is WorkloadKind.TRAINING else 0)
    items = [
        Kept(
            kind="block",
            what="disk for images, weights and logs"
            if disk == WORK_DISK_GB
            else "disk for images, weights and checkpoints",
            size_gb=disk,
        )
    ]
    if needs.dataset_gb:
        items.insert(0, Kept(kind="object", what="the dataset", size_gb=max(1, round(needs.dataset_gb))))
    return tuple(items)


def find_price(provider: str, kind: str, candidates: Candidates) -> UnitPrice | None:
    """Return the unit price at a provider, or None when the catalogue has no record."""
    return next((p for p in candidates.unit_prices if p.provider == provider and p.kind == kind), None)


def monthly(provider: str, needs: Needs, candidates: Candidates) -> Decimal:
    """Return the cost of a month of storage, in USD, for comparing providers.

    Where a price is not known, the middle of those that are known stands in, so that an unknown price is not the
    lowest.
    """
    total = Decimal(0)
    for item in kept(needs):
        price = find_price(provider, item.kind, candidates)
        unit = price.unit_price if price and price.unit_price is not None else usual_price(item.kind, candidates)
        total += to_cents(unit * item.size_gb)
    return total if provider != "local" else Decimal(0)


def usual_price(kind: str, candidates: Candidates) -> Decimal:
    """Return the middle of the known unit prices of a kind, the higher of two; 0 where none is known."""
    known = sorted(p.unit_price for p in candidates.unit_prices if p.kind == kind and p.unit_price is not None)
    return known[len(known) // 2] if known else Decimal(0)


def is_known(provider: str, needs: Needs, candidates: Candidates) -> bool:
    """Tell whether every price of storage at a provider is known."""
    prices = [find_price(provider, item.kind, candidates) for item in kept(needs)]
    return all(price and price.unit_price is not None for price in prices)
