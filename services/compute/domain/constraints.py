"""What each field of a filter demands, evaluated over machines, places and prices.

A constraint tells two things of every offer: whether it holds, and the shortfall: how far the offer misses it, as a
share of what was asked. 0 means that it holds; what cannot be measured, such as another provider, misses by 1. Another
GPU type misses by 1 and by what it has less memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from services.compute.domain.gpu import GpuType
from services.compute.domain.index import PRICE_MODELS, Bools, Floats, Ints, OfferIndex
from services.compute.domain.offer import HOURS_PER_MONTH, MICROS
from services.compute.domain.query import OfferFilter
from services.compute.domain.regions import Region, in_residency

JOINABLE_GPUS: Final = 8
"""Machines of as many GPUs and more are joined to clusters without being asked to."""
MAX_AUTOMATIC_NODES: Final = 64
_MOST: Final = 9e18
"""Above every price in micro-USD, within 64 bits."""
NODE_FIELDS: Final = ("gpu_count_min", "gpu_memory_total_gib_min")
"""Fields that joining machines can satisfy."""
PRICE_FIELDS: Final = ("price_per_hour_max", "price_per_month_max")

Level = Literal["machine", "place", "model", "price"]


@dataclass(frozen=True, slots=True)
class Constraint:
    """One field of a filter that constrains.

    value is measured, per machine, for fields with a bound: at least for _min, at most for _max; holds, for the others.
    """

    field: str
    level: Level
    holds: Callable[[], Bools]
    """By machine, place or price model, as level says; prices are tested by offer, in prices_hold."""
    bound: float | None = None
    value: Callable[[], Floats] | None = None


def without(asked: OfferFilter, dropped: Sequence[str]) -> OfferFilter:
    """Return a filter in which some of the node fields do not constrain."""
    return replace(
        asked,
        gpu_count_min=None if "gpu_count_min" in dropped else asked.gpu_count_min,
        gpu_memory_total_gib_min=None if "gpu_memory_total_gib_min" in dropped else asked.gpu_memory_total_gib_min,
    )


def node_counts(index: OfferIndex, asked: OfferFilter) -> Ints | None:
    """Return the machines that a request needs of each machine type, None when it is one of each.

    As few as satisfy GPUs and total memory asked for, where that is allowed; else 1, and the constraint fails.
    """
    counts, totals = index.machines.gpu_count, index.machines.gpu_total_gib
    least, memory = asked.gpu_count_min or 0, asked.gpu_memory_total_gib_min or 0.0
    limit = asked.node_count_max
    if limit == 1 or (least <= 1 and not memory):
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        by_count = np.ceil(least / counts) if least else np.ones(len(counts))
        by_memory = np.ceil(memory / totals) if memory else np.ones(len(counts))
    needed = np.maximum(by_count, by_memory)
    if limit is None:
        allowed = (counts >= JOINABLE_GPUS) & (needed <= MAX_AUTOMATIC_NODES)
    else:
        allowed = (counts > 0) & (needed <= limit)
    joined = allowed & (needed > 1)
    return np.where(joined, needed, 1).astype(np.int64) if joined.any() else None


def constraints(index: OfferIndex, asked: OfferFilter, nodes: Ints | None) -> Iterator[Constraint]:
    """Yield the constraints that a filter sets, in the order of its fields; prices come last."""
    yield from _gpu_constraints(index, asked)
    yield from _bounds(index, asked, nodes)
    yield from _provider_constraints(index, asked)
    for name in ("regions", "countries", "continents", "residencies"):
        if wanted := getattr(asked, name):
            yield Constraint(name, "place", lambda name=name, wanted=wanted: place_mask(index, name, wanted))  # type: ignore[misc]
    yield Constraint(
        "price_models", "model", lambda: np.array([m in asked.price_models for m in PRICE_MODELS], np.bool_)
    )


def price_bound_micros(asked: OfferFilter, field: str) -> float | None:
    """Return the highest price per hour, in micro-USD, that a price field allows."""
    bound: float | None = getattr(asked, field)
    if bound is None:
        return None
    return bound * MICROS / (HOURS_PER_MONTH if field == "price_per_month_max" else 1)


def prices_hold(prices: Ints, bound_micros: float) -> Bools:
    """Tell which prices stay within a bound; half a micro-USD is forgiven, since bounds come as floating point."""
    return prices <= np.int64(math.floor(min(bound_micros + 0.5, _MOST)))


def _by_gpu(index: OfferIndex, holds: Callable[[GpuType | None, str], bool]) -> Bools:
    """Evaluate a test of the GPU for every machine."""
    by_type = np.array([holds(t, n) for t, n in zip(index.gpu_types, index.gpu_names, strict=True)], np.bool_)
    return by_type[index.machines.gpu]


def _linked(index: OfferIndex, wanted: str) -> Bools:
    """Tell which machines have a link between their GPUs; a bridge is an option, had where a name says so."""

    def links(gpu: GpuType | None, name: str, *, bridged: bool) -> bool:
        link = gpu.interconnect.lower() if gpu else ""
        return wanted in link and (bridged or "nvl" in name.lower() or "bridge" not in link or "bridge" in wanted)

    named = np.array(["nvl" in name.lower() for name in index.machines.instance_types], np.bool_)
    without = _by_gpu(index, lambda gpu, name: links(gpu, name, bridged=False))
    return without | (named & _by_gpu(index, lambda gpu, name: links(gpu, name, bridged=True)))


def _gpu_constraints(index: OfferIndex, asked: OfferFilter) -> Iterator[Constraint]:
    def on(field: str, test: Callable[[GpuType | None, str], bool]) -> Constraint:
        key = (field, getattr(asked, field))
        return Constraint(field, "machine", lambda: index.mask(key, lambda: _by_gpu(index, test)))

    if asked.gpu_types:
        yield on("gpu_types", lambda gpu, name: name in asked.gpu_types)
    if asked.gpu_types_excluded:
        yield on("gpu_types_excluded", lambda gpu, name: name not in asked.gpu_types_excluded)
    if asked.gpu_vendors:
        yield on("gpu_vendors", lambda gpu, name: gpu is not None and gpu.vendor in asked.gpu_vendors)
    if asked.gpu_architectures:
        yield on("gpu_architectures", lambda gpu, name: gpu is not None and gpu.architecture in asked.gpu_architectures)
    if asked.interconnect:
        key = ("interconnect", asked.interconnect)
        yield Constraint("interconnect", "machine", lambda: index.mask(key, lambda: _linked(index, asked.interconnect)))
    if asked.precision:
        yield on("precision", lambda gpu, name: gpu is not None and gpu.supports(asked.precision))
    if asked.has_gpu is not None:
        yield on("has_gpu", lambda gpu, name: bool(name) == asked.has_gpu)


def _bounds(index: OfferIndex, asked: OfferFilter, nodes: Ints | None) -> Iterator[Constraint]:
    machines = index.machines
    many: Ints | int = 1 if nodes is None else nodes

    def capability() -> Floats:
        by_type = np.array([(t.cuda_capability or 0.0) if t else 0.0 for t in index.gpu_types])
        return np.asarray(by_type[machines.gpu])

    values: tuple[tuple[str, Callable[[], Floats]], ...] = (
        ("compute_capability_min", capability),
        ("gpu_count_min", lambda: np.asarray(machines.gpu_count * many, np.float64)),
        ("gpu_count_max", lambda: np.asarray(machines.gpu_count, np.float64)),
        ("gpu_memory_gib_min", lambda: machines.gpu_memory_gib),
        ("gpu_memory_total_gib_min", lambda: machines.gpu_total_gib * many),
        ("vcpus_min", lambda: machines.vcpus),
        ("memory_gib_min", lambda: machines.memory_gib),
    )
    for field, value in values:
        bound = getattr(asked, field)
        if bound is not None:
            yield Constraint(field, "machine", _within(field, value, bound), float(bound), value)


def _within(field: str, value: Callable[[], Floats], bound: float) -> Callable[[], Bools]:
    if field.endswith("_max"):
        return lambda: np.asarray(value() <= bound)
    return lambda: np.asarray(value() >= bound)


def _provider_constraints(index: OfferIndex, asked: OfferFilter) -> Iterator[Constraint]:
    def among(names: tuple[str, ...], keep: bool) -> Bools:
        chosen = np.array([(p in names) == keep for p in index.providers], np.bool_)
        return index.mask(("providers", names, keep), lambda: chosen[index.machines.provider])

    if asked.providers:
        yield Constraint("providers", "machine", lambda: among(asked.providers, True))
    if asked.providers_excluded:
        yield Constraint("providers_excluded", "machine", lambda: among(asked.providers_excluded, False))


def place_mask(index: OfferIndex, field: str, wanted: tuple[str, ...]) -> Bools:
    """Tell which places a region filter allows."""
    tests: dict[str, Callable[[Region], bool]] = {
        "regions": lambda r: r.region.lower() in wanted,
        "countries": lambda r: r.country in wanted,
        "continents": lambda r: r.continent in wanted,
        "residencies": lambda r: any(in_residency(r.residency, w) for w in wanted),
    }
    return index.mask((field, wanted), lambda: np.array([tests[field](r) for r in index.regions], np.bool_))


def shortfall(value: Floats, bound: float, *, at_most: bool) -> Floats:
    """Return how far values miss a bound, as a share of it; 0 where they hold."""
    missing = value - bound if at_most else bound - value
    return np.maximum(missing / max(abs(bound), 1e-9), 0.0)
