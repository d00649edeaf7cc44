"""What a search must answer, in plain loops over plain offers: slow, and written apart from the index."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from services.compute.domain.gpu import GpuType
from services.compute.domain.offer import Offer
from services.compute.domain.query import Grouping, OfferFilter, OfferQuery, Ranking
from services.compute.domain.regions import Region
from services.compute.reference import load_reference

REFERENCE = load_reference()
ALWAYS = ("price_models",)
ORDER = (
    *("gpu_types", "gpu_types_excluded", "gpu_vendors", "gpu_architectures", "interconnect", "precision", "has_gpu"),
    *("compute_capability_min", "gpu_count_min", "gpu_count_max", "gpu_memory_gib_min", "gpu_memory_total_gib_min"),
    *("vcpus_min", "memory_gib_min", "providers", "providers_excluded", "regions", "countries", "continents"),
    *("residencies", "price_models", "price_per_hour_max", "price_per_month_max"),
)


@dataclass(frozen=True)
class Result:
    """One expected result."""

    offer: Offer
    nodes: int
    group_size: int
    regions: tuple[str, ...]
    lowest: int
    highest: int


def gpu_of(offer: Offer) -> GpuType | None:
    return REFERENCE.gpus.types.get(offer.machine.gpu_type)


def region_of(offer: Offer) -> Region:
    return REFERENCE.regions.locate(offer.machine.provider, offer.place.region)


def nodes_of(offer: Offer, asked: OfferFilter) -> int:
    machine = offer.machine
    if machine.gpu_count == 0:
        return 1
    total = machine.gpu_count * (machine.gpu_memory_gib or 0)
    needed = max(
        1,
        math.ceil((asked.gpu_count_min or 0) / machine.gpu_count),
        math.ceil((asked.gpu_memory_total_gib_min or 0) / total),
    )
    if asked.node_count_max is not None:
        return needed if needed <= asked.node_count_max else 1
    return needed if machine.gpu_count >= 8 and needed <= 64 else 1


def measure(offer: Offer, field: str, nodes: int) -> float:
    """Return what a field with a bound compares."""
    machine, gpu = offer.machine, gpu_of(offer)
    values = {
        "compute_capability_min": (gpu.cuda_capability if gpu else None) or 0,
        "gpu_count_min": machine.gpu_count * nodes,
        "gpu_count_max": machine.gpu_count,
        "gpu_memory_gib_min": machine.gpu_memory_gib or 0,
        "gpu_memory_total_gib_min": machine.gpu_count * (machine.gpu_memory_gib or 0) * nodes,
        "vcpus_min": machine.vcpus or 0,
        "memory_gib_min": machine.memory_gib or 0,
        "price_per_hour_max": offer.price_micros * nodes,
        "price_per_month_max": offer.price_micros * nodes,
    }
    return float(values[field])


def bound_of(asked: OfferFilter, field: str) -> float:
    bound = float(getattr(asked, field))
    if field == "price_per_hour_max":
        return bound * 1_000_000
    if field == "price_per_month_max":
        return bound * 1_000_000 / 730
    return bound


def fails(offer: Offer, asked: OfferFilter, nodes: int) -> set[str]:
    """Return the fields of a filter that an offer fails."""
    machine, gpu, region = offer.machine, gpu_of(offer), region_of(offer)
    bad: set[str] = set()

    def need(field: str, holds: bool) -> None:
        if not holds:
            bad.add(field)

    if asked.gpu_types:
        need("gpu_types", machine.gpu_type in asked.gpu_types)
    if asked.gpu_types_excluded:
        need("gpu_types_excluded", machine.gpu_type not in asked.gpu_types_excluded)
    if asked.gpu_vendors:
        need("gpu_vendors", gpu is not None and gpu.vendor in asked.gpu_vendors)
    if asked.gpu_architectures:
        need("gpu_architectures", gpu is not None and gpu.architecture in asked.gpu_architectures)
    if asked.interconnect:
        link = gpu.interconnect.lower() if gpu else ""
        optional = "bridge" in link and "bridge" not in asked.interconnect
        said = "nvl" in f"{machine.instance_type} {machine.gpu_type}".lower()
        need("interconnect", asked.interconnect in link and (said or not optional))
    if asked.precision:
        need("precision", gpu is not None and gpu.supports(asked.precision))
    if asked.has_gpu is not None:
        need("has_gpu", (machine.gpu_count > 0) == asked.has_gpu)
    if asked.providers:
        need("providers", machine.provider in asked.providers)
    if asked.providers_excluded:
        need("providers_excluded", machine.provider not in asked.providers_excluded)
    if asked.regions:
        need("regions", region.region in asked.regions)
    if asked.countries:
        need("countries", region.country in asked.countries)
    if asked.continents:
        need("continents", region.continent in asked.continents)
    if asked.residencies:
        wanted = set(asked.residencies) | ({"EU"} if "EEA" in asked.residencies else set())
        need("residencies", region.residency in wanted)
    need("price_models", offer.price_model in asked.price_models)
    for field in ORDER:
        if field.endswith(("_min", "_max")) and getattr(asked, field) is not None:
            value, bound = measure(offer, field, nodes), bound_of(asked, field)
            slack = 0.5 if field.startswith("price") else 0.0
            need(field, value <= bound + slack if field.endswith("_max") else value >= bound)
    return bad


def rank_key(offer: Offer, query: OfferQuery, nodes: int) -> tuple[float, int, float, int, int]:
    machine, gpu = offer.machine, gpu_of(offer)
    price, gpus = offer.price_micros * nodes, machine.gpu_count * nodes
    precision = query.filter.precision or "bf16"
    bandwidth = (gpu.bandwidth_gbps if gpu else None) or 0.0
    tflops = gpu.tflops.get(precision, 0.0) if gpu else 0.0
    score = 0.0
    if query.ranking is Ranking.PRICE_PER_BANDWIDTH:
        score = price / (bandwidth * gpus) if bandwidth * gpus else math.inf
    elif query.ranking is Ranking.PRICE_PER_TFLOPS:
        score = price / (tflops * gpus) if tflops * gpus else math.inf
    elif query.ranking is Ranking.PERFORMANCE:
        score = -(tflops * gpus) if tflops * gpus else math.inf
    memory = machine.gpu_count * (machine.gpu_memory_gib or 0.0) * nodes
    return score, price, -memory, -gpus, offer.number


def group_of(offer: Offer, grouping: Grouping) -> object:
    machine = offer.machine
    return {
        Grouping.NONE: offer.number,
        Grouping.INSTANCE: (machine.provider, machine.instance_type, machine.gpu_type, machine.gpu_count),
        Grouping.GPU_TYPE: machine.gpu_type,
        Grouping.PROVIDER: machine.provider,
        Grouping.PLACE: (machine.provider, offer.place.region),
    }[grouping]


def search(offers: Sequence[Offer], query: OfferQuery) -> list[Result]:
    """Return every result in order."""
    groups: dict[object, list[tuple[Offer, int]]] = {}
    for one in offers:
        nodes = nodes_of(one, query.filter)
        if not fails(one, query.filter, nodes):
            groups.setdefault(group_of(one, query.grouping), []).append((one, nodes))
    ranked = []
    for members in groups.values():
        best, nodes = min(members, key=lambda m: rank_key(m[0], query, m[1]))
        cheapest = sorted((m[0] for m in members), key=lambda o: (o.price_micros, o.number))
        regions = tuple(dict.fromkeys(o.place.region for o in cheapest))[:50]
        result = Result(best, nodes, len(members), regions, cheapest[0].price_micros, cheapest[-1].price_micros)
        ranked.append((rank_key(best, query, nodes), result))
    return [result for _, result in sorted(ranked, key=lambda r: r[0])]


def exclusions(offers: Sequence[Offer], query: OfferQuery) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in offers:
        for field in fails(one, query.filter, nodes_of(one, query.filter)):
            counts[field] = counts.get(field, 0) + 1
    return counts


@dataclass(frozen=True)
class Change:
    """One expected relaxation."""

    fields: tuple[str, ...]
    offer: Offer
    nodes: int
    total: int
    distance: float


def relaxations(offers: Sequence[Offer], query: OfferQuery) -> list[Change]:
    """Return the smallest changes to a filter that matches nothing."""
    present = [f for f in ORDER if f in ALWAYS or getattr(query.filter, f) not in ((), None, "")]
    found: list[tuple[tuple[object, ...], Change]] = []
    sufficient: set[str] = set()
    for size in (1, 2):
        for fields in combinations(present, size):
            if sufficient & set(fields):
                continue
            if change := _change(offers, query, fields):
                key = (size, change.distance, rank_key(change.offer, query, change.nodes), fields)
                found.append((key, change))
        sufficient = {c.fields[0] for _, c in found if len(c.fields) == 1}
    return [change for _, change in sorted(found, key=lambda f: f[0])[:10]]  # type: ignore[arg-type,return-value]


def _missed(offer: Offer, asked: OfferFilter, nodes: int, field: str) -> float:
    if not field.endswith(("_min", "_max")):
        less = 0.0
        if field == "gpu_types" and (wanted := asked.gpu_types_memory_gib):
            less = max((wanted - (offer.machine.gpu_memory_gib or 0.0)) / wanted, 0.0)
        return 1.0 + less if field in fails(offer, asked, nodes) else 0.0
    value, bound = measure(offer, field, nodes), bound_of(asked, field)
    missing = value - bound if field.endswith("_max") else bound - value
    return max(missing / max(abs(bound), 1e-9), 0.0)


def _change(offers: Sequence[Offer], query: OfferQuery, fields: tuple[str, ...]) -> Change | None:
    dropped = {f: None for f in fields if f in ("gpu_count_min", "gpu_memory_total_gib_min")}
    smaller = replace(query.filter, **dropped)  # type: ignore[arg-type]
    asked = query.filter
    about_gpus = any(
        (
            *(asked.gpu_types, asked.gpu_vendors, asked.gpu_architectures, asked.interconnect, asked.precision),
            *(asked.compute_capability_min, asked.gpu_count_min, asked.gpu_memory_gib_min),
            asked.gpu_memory_total_gib_min,
        )
    )
    candidates = []
    for one in offers:
        if about_gpus and asked.has_gpu is not False and not one.machine.gpu_count:
            continue
        nodes = nodes_of(one, smaller)
        if fails(one, query.filter, nodes) <= set(fields):
            missed = [_missed(one, query.filter, nodes, f) for f in fields]
            candidates.append((sum(missed), rank_key(one, query, nodes), one, nodes, missed))
    if not candidates:
        return None
    distance, _, best, nodes, needed = min(candidates, key=lambda c: c[:2])
    bounded = [f.endswith(("_min", "_max")) for f in fields]
    brought = {
        group_of(one, query.grouping)
        for _, _, one, _, missed in candidates
        if all(m <= n for m, n, b in zip(missed, needed, bounded, strict=True) if b)
    }
    return Change(fields, best, nodes, len(brought), distance)
