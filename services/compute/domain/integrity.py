"""What makes a source's row an offer, and why a row is refused."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.compute.domain.names import GpuNames, same_memory
from services.compute.domain.offer import MICROS, Machine, Offer, Place, PriceModel, Source

_MAX_PRICE: Final = 1_000_000.0
"""USD per hour; the largest TPU pods cost tens of thousands."""
_FLAT_FROM: Final = 4
"""So many times the GPUs at the same place for the same price: the price is not that of the machine."""


@dataclass(frozen=True, slots=True)
class Row:
    """One price as an importer read it: names and numbers as the source states them, units unified."""

    location: str
    """Where in the source: file and line."""
    provider: str
    instance_type: str
    region: str
    zone: str
    price_model: PriceModel
    price_per_hour: float
    """USD for the whole machine."""
    source: Source
    vcpus: float | None = None
    memory_gib: float | None = None
    gpu_name: str = ""
    gpu_count: float = 0
    gpu_memory_gib: float | None = None
    local_disk_gb: float | None = None
    network_gbits: float | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that is not an offer."""

    provider: str
    location: str
    reason: str


def check(row: Row, names: GpuNames) -> Offer | Refusal:
    """Return the offer that a row states, or why it states none."""
    reason = _fault(row)
    gpu_type, known, memory = "", True, None
    if reason is None and row.gpu_count:
        gpu_type, known, memory, reason = _gpu(row, names)
    if reason is not None:
        return Refusal(row.provider, row.location, reason)
    machine = Machine(
        provider=row.provider,
        instance_type=row.instance_type,
        gpu_type=gpu_type,
        gpu_known=known,
        gpu_count=int(row.gpu_count),
        gpu_memory_gib=memory,
        vcpus=row.vcpus or None,
        memory_gib=row.memory_gib or None,
        local_disk_gb=row.local_disk_gb or None,
        network_gbits=row.network_gbits or None,
    )
    return Offer(machine, Place(row.region, row.zone), row.price_model, round(row.price_per_hour * MICROS), row.source)


def _fault(row: Row) -> str | None:
    for field in ("provider", "instance_type", "region"):
        if not getattr(row, field):
            return f"{field} is empty"
    if not math.isfinite(row.price_per_hour) or round(row.price_per_hour * MICROS) <= 0:
        return f"price {row.price_per_hour:g} is not above 0"
    if row.price_per_hour > _MAX_PRICE:
        return f"price {row.price_per_hour:g} USD an hour is beyond any machine"
    for field in ("vcpus", "memory_gib", "gpu_count", "gpu_memory_gib", "local_disk_gb", "network_gbits"):
        value = getattr(row, field)
        if value is not None and (not math.isfinite(value) or value < 0):
            return f"{field} {value:g} is not a quantity"
    if row.gpu_name and not row.gpu_count:
        return f"names the GPU {row.gpu_name} but counts none"
    if row.gpu_count and not row.gpu_name:
        return f"counts {row.gpu_count:g} GPUs but does not name them"
    if row.gpu_count != int(row.gpu_count):
        return f"{row.gpu_count:g} of a {row.gpu_name} is a slice, not a GPU"
    return None


def _gpu(row: Row, names: GpuNames) -> tuple[str, bool, float | None, str | None]:
    """Return canonical name, whether it is known, memory of each GPU in GiB, and a fault."""
    count, stated = int(row.gpu_count), row.gpu_memory_gib or None
    gpu = names.identify(row.gpu_name, memory_gib=stated)
    if gpu is None:
        fault = None if stated else f"the GPU {row.gpu_name} is unknown and its memory is not stated"
        return row.gpu_name, False, stated, fault
    if stated is None or same_memory(stated, gpu.memory_gib):
        return gpu.name, True, gpu.memory_gib, None
    part = names.identify(row.gpu_name, memory_gib=stated / count) or gpu
    if count > 1 and same_memory(stated / count, part.memory_gib):
        return part.name, True, part.memory_gib, None
    return "", True, None, f"states {stated:g} GiB for each {row.gpu_name}, which has {gpu.memory_gib:g}"


def flat_prices(offers: Mapping[int, Offer]) -> dict[int, str]:
    """Return the offers, by number, whose price does not grow with their GPUs, and why they are no offers.

    Tables hold such prices where nobody filled in the real one: 700 USD for one chip as for 256.
    """
    alike: dict[tuple[str, Place, PriceModel, int], list[tuple[int, int]]] = defaultdict(list)
    for number, offer in offers.items():
        if offer.machine.gpu_count:
            key = (offer.machine.gpu_type, offer.place, offer.price_model, offer.price_micros)
            alike[key].append((number, offer.machine.gpu_count))
    found: dict[int, str] = {}
    for (gpu, _, _, micros), members in alike.items():
        counts = sorted({count for _, count in members})
        if counts[-1] >= _FLAT_FROM * counts[0]:
            listed = f"{counts[0]} {gpu} costs {micros / MICROS:g} USD an hour, and so do {counts[-1]}"
            found |= dict.fromkeys((number for number, _ in members), f"{listed}: a placeholder, not a price")
    return found
