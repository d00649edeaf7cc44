"""What is kept beside the machines: dataset, weights and checkpoints, and what a month of it costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from libs.money import to_cents
from services.orchestrator.domain.candidates import Candidates, ModelCandidate, UnitPrice
from services.orchestrator.domain.plan import WorkloadKind

SYSTEM_GB: Final = 40
"""Room on each machine for container images and logs."""
TREES_GIB: Final = 10
"""Room for trees."""
CHECKPOINT_GIB: Final = 200
"""Room for the last checkpoints of a run, at the least."""
CHECKPOINT_BYTES: Final = 20
"""Of each parameter that is trained: three checkpoints, as the oldest of two goes when the next is whole, of weights
and two moments at 16 bit, and the result."""
UNKNOWN_WEIGHTS_GB: Final = 60
"""Room for weights of a model whose size is not known."""
SPARE: Final = 1.35
"""Room for weights over their own size: a second file format, a tokenizer, an update beside the old version."""
PUBLISHED_BYTES: Final = {
    "fp32": 4.0,
    **dict.fromkeys(("fp8", "int8"), 1.0),
    **dict.fromkeys(("int4", "fp4", "mxfp4", "nvfp4", "awq", "gptq"), 0.6),
}
"""Bytes of one parameter by the precision it is published at, where that is not 16 bit; at 4 bit with scales and the
layers that are left at 16 bit."""
LEAST_WEIGHTS_GIB: Final = 20
"""The smallest volume for weights."""

OF_COMPONENTS: Final = "Block storage: volumes that the components make"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One amount of storage."""

    kind: str
    """object or block."""
    what: str
    size_gb: int
    each_copy_gb: int = 0
    """What each further copy of a service adds."""


def line_of(item: Kept) -> str:
    """Return the description of the cost line of an amount."""
    return f"{item.kind.capitalize()} storage: {item.what}"


def weights_gb(model: ModelCandidate | None) -> int:
    """Return room for the weights of a model as they are published, in GB; at 16 bit where that is not known."""
    if model is None or model.parameters is None:
        return UNKNOWN_WEIGHTS_GB
    return math.ceil(model.parameters * PUBLISHED_BYTES.get(model.precision, 2.0) * SPARE / 1e9)


def weights_volume_gib(model: ModelCandidate | None, *, bare: bool = False) -> int:
    """Return the size of the volume for the weights of a model. bare: there is none, only what a program keeps."""
    if bare and model is None:
        return LEAST_WEIGHTS_GIB
    return max(LEAST_WEIGHTS_GIB, math.ceil(weights_gb(model) * 1e9 / 2**30))


def dataset_volume_gib(dataset_gb: float) -> int:
    """Return the size of the volume for a dataset."""
    return math.ceil(dataset_gb * 1e9 / 2**30)


def checkpoint_gib(
    kind: WorkloadKind, model: ModelCandidate | None, *, whole: bool, trees: bool, dataset_gb: float
) -> int:
    """Return the size of the volume for the checkpoints of a run, or for a table as 32-bit numbers (4 bytes for 8 of
    text) and the trees grown over it. whole: all weights are trained, not adapters."""
    if kind is not WorkloadKind.TRAINING:
        return 0
    if trees:
        return TREES_GIB + math.ceil(dataset_volume_gib(dataset_gb) * 0.5)
    weights = (model.parameters or 0) if model and whole else 0
    return max(CHECKPOINT_GIB, math.ceil(weights * CHECKPOINT_BYTES / 2**30))


def kept(
    kind: WorkloadKind,
    *,
    dataset_gb: float,
    weights_gib: int,
    checkpoint_gib: int,
    machines: int,
    volumes: int,
    helpers_gib: int = 0,
) -> tuple[Kept, ...]:
    """Return what is stored for a workload: what its manifests mount, the disks of its machines, and the original of
    the dataset.

    weights_gib, checkpoint_gib: size of a volume for weights, and of that for checkpoints; volumes: how many of the
    first there are; helpers_gib: of all volumes of the helpers.
    """
    trains, job = kind is WorkloadKind.TRAINING, kind is not WorkloadKind.SERVING
    weights = _gb(weights_gib)
    volume = Kept(
        kind="block",
        what=f"{'volume' if volumes == 1 else f'{volumes} volumes'} for weights"
        + (" and checkpoints" if trains else ""),
        size_gb=weights * volumes + (_gb(checkpoint_gib) if trains else 0),
        each_copy_gb=0 if job else weights,
    )
    beside = (Kept(kind="block", what="volumes of the models beside it", size_gb=_gb(helpers_gib)),) * bool(helpers_gib)
    disks = Kept(kind="block", what="disks of the machines, for images and logs", size_gb=SYSTEM_GB * machines)
    if not dataset_gb:
        return (volume, *beside, disks)
    original = Kept(kind="object", what="the dataset", size_gb=max(1, round(dataset_gb)))
    copy = Kept(kind="block", what="volume for the dataset", size_gb=_gb(dataset_volume_gib(dataset_gb)))
    return (original, *((copy,) if job else ()), volume, *beside, disks)


def _gb(gib: int) -> int:
    return math.ceil(gib * 2**30 / 1e9)


def find_price(provider: str, kind: str, candidates: Candidates) -> UnitPrice | None:
    """Return the unit price at a provider, or None when the catalogue has no record."""
    return next((p for p in candidates.unit_prices if p.provider == provider and p.kind == kind), None)


def tiers(provider: str, kind: str, candidates: Candidates) -> tuple[tuple[UnitPrice, float, float], ...]:
    """Return the unit prices at a provider with the amounts between which they hold, in GB; none where it has none."""
    prices = [p for p in candidates.unit_prices if p.provider == provider and p.kind == kind]
    prices.sort(key=lambda p: p.from_gb)
    ends = [*(p.from_gb for p in prices), math.inf][1:]
    return tuple((p, p.from_gb, end) for p, end in zip(prices, ends, strict=True))


def monthly(provider: str, stored: tuple[Kept, ...], candidates: Candidates) -> Decimal:
    """Return the cost of a month of storage, in USD, for comparing providers.

    Where a price is not known, the middle of those that are known stands in, so that an unknown price is not the
    lowest.
    """
    total = Decimal(0)
    for item in stored:
        price = find_price(provider, item.kind, candidates)
        unit = price.unit_price if price and price.unit_price is not None else usual_price(item.kind, candidates)
        total += to_cents(unit * item.size_gb)
    return total if provider != "local" else Decimal(0)


def usual_price(kind: str, candidates: Candidates) -> Decimal:
    """Return the middle of the known unit prices of a kind, the higher of two; 0 where none is known."""
    known = sorted(p.unit_price for p in candidates.unit_prices if p.kind == kind and p.unit_price is not None)
    return known[len(known) // 2] if known else Decimal(0)
