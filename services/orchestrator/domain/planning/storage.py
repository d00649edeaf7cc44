"""What is kept beside the machines: dataset, weights and checkpoints, and what a month of it costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from libs.money import to_cents
from services.orchestrator.domain.candidates import Candidates, ModelCandidate, UnitPrice
from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning.needs import Needs

SYSTEM_GB: Final = 40
"""Room for container images and logs."""
CHECKPOINT_GB: Final = 200
"""Room for the last checkpoints of a run."""
UNKNOWN_WEIGHTS_GB: Final = 60
"""Room for weights of a model whose size is not known."""
SPARE: Final = 1.35
"""Room for weights over their own size: a second file format, a tokenizer, an update beside the old version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One amount of storage."""

    kind: str
    """object or block."""
    what: str
    size_gb: int


def weights_gb(model: ModelCandidate | None) -> int:
    """Return room for the weights of a model at 16 bit, in GB."""
    if model is None or model.parameters is None:
        return UNKNOWN_WEIGHTS_GB
    return math.ceil(model.parameters * 2 * SPARE / 1e9)


def kept(needs: Needs, model: ModelCandidate | None) -> tuple[Kept, ...]:
    """Return what is stored for a workload, in steps of 10 GB."""
    run = needs.kind is WorkloadKind.TRAINING
    disk = math.ceil((SYSTEM_GB + weights_gb(model) + (CHECKPOINT_GB if run else 0)) / 10) * 10
    what = f"disk for images, weights and {'checkpoints' if run else 'logs'}"
    disks = (Kept(kind="block", what=what, size_gb=disk),)
    if not needs.dataset_gb:
        return disks
    return (Kept(kind="object", what="the dataset", size_gb=max(1, round(needs.dataset_gb))), *disks)


def find_price(provider: str, kind: str, candidates: Candidates) -> UnitPrice | None:
    """Return the unit price at a provider, or None when the catalogue has no record."""
    return next((p for p in candidates.unit_prices if p.provider == provider and p.kind == kind), None)


def tiers(provider: str, kind: str, candidates: Candidates) -> tuple[tuple[UnitPrice, float, float], ...]:
    """Return the unit prices at a provider with the amounts between which they hold, in GB; none where it has none."""
    prices = [p for p in candidates.unit_prices if p.provider == provider and p.kind == kind]
    prices.sort(key=lambda p: p.from_gb)
    ends = [*(p.from_gb for p in prices), math.inf][1:]
    return tuple((p, p.from_gb, end) for p, end in zip(prices, ends, strict=True))


def monthly(provider: str, needs: Needs, model: ModelCandidate | None, candidates: Candidates) -> Decimal:
    """Return the cost of a month of storage, in USD, for comparing providers.

    Where a price is not known, the middle of those that are known stands in, so that an unknown price is not the
    lowest.
    """
    total = Decimal(0)
    for item in kept(needs, model):
        price = find_price(provider, item.kind, candidates)
        unit = price.unit_price if price and price.unit_price is not None else usual_price(item.kind, candidates)
        total += to_cents(unit * item.size_gb)
    return total if provider != "local" else Decimal(0)


def usual_price(kind: str, candidates: Candidates) -> Decimal:
    """Return the middle of the known unit prices of a kind, the higher of two; 0 where none is known."""
    known = sorted(p.unit_price for p in candidates.unit_prices if p.kind == kind and p.unit_price is not None)
    return known[len(known) // 2] if known else Decimal(0)
