"""What is kept beside the machines: dataset, weights and checkpoints, and what a month of it costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from libs.money import to_cents
from services.orchestrator.domain.candidates import ModelCandidate
from services.orchestrator.domain.plan import Workload, WorkloadKind
from services.orchestrator.domain.prices import Place, Tariff, UnitPrices

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
    """Return the description of the cost line of an amount, where its price is that of the place."""
    return f"{item.kind.capitalize()} storage: {item.what}"


def traffic_line(from_gb: float) -> str:
    """Return the description of the cost line of traffic beyond an amount."""
    return f"Traffic to the internet{f', beyond {from_gb:,.0f} GB' if from_gb else ''}"


def priced_as(tariff: Tariff | None, place: Place) -> str:
    """Return what a description adds where a price is of another place; else nothing."""
    if tariff is None or not tariff.of:
        return ""
    return f" (price of {tariff.of}; the catalogue has none for {place.region or 'the place of this machine'})"


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


def kept_of(work: Workload, *, dataset_gb: float, machines: int) -> tuple[Kept, ...]:
    """Return what is stored for a workload whose volumes are known: each copy keeps its weights, but one over several
    machines shares a volume between them."""
    alone = work.kind is WorkloadKind.SERVING and work.node_count == 1
    return kept(
        work.kind,
        dataset_gb=dataset_gb,
        weights_gib=work.weights_gib,
        checkpoint_gib=work.checkpoint_gib,
        machines=machines,
        volumes=work.replicas_min if alone else 1,
        helpers_gib=sum(helper.weights_gib for helper in work.helpers),
    )


def _gb(gib: int) -> int:
    return math.ceil(gib * 2**30 / 1e9)


def monthly(place: Place, stored: tuple[Kept, ...], prices: UnitPrices) -> Decimal:
    """Return the cost of a month of storage, in USD, for comparing places."""
    block, other = prices.rates(place)
    return sum((to_cents((block if item.kind == "block" else other) * item.size_gb) for item in stored), Decimal(0))
