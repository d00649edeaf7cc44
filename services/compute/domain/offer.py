"""Offers: one machine at one place for one price."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

MICROS: Final = 1_000_000
"""Prices are whole micro-USD, so that they compare and add up exactly."""
HOURS_PER_MONTH: Final = 730
"""Hours in a month, as clouds bill and quote it."""


class PriceModel(StrEnum):
    """How an offer is paid for."""

    ON_DEMAND = "on_demand"
    SPOT = "spot"
    RESERVED_1Y = "reserved_1y"
    RESERVED_3Y = "reserved_3y"
    OWNED = "owned"


class Origin(StrEnum):
    """Where a price was read."""

    LIVE = "live"
    PUBLISHED = "published"
    STARTER = "starter"
    LOCAL_CLUSTER = "local_cluster"


@dataclass(frozen=True, slots=True)
class Machine:
    """A provider's machine. Memory in GiB, disk in GB; None where the source does not say."""

    provider: str
    instance_type: str
    gpu_type: str = ""
    """Canonical name; the source's own where gpu_known is false; empty for a CPU-only machine."""
    gpu_known: bool = True
    gpu_count: int = 0
    gpu_memory_gib: float | None = None
    vcpus: float | None = None
    memory_gib: float | None = None
    local_disk_gb: float | None = None
    network_gbits: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A provider's region and, where zones are priced apart, the zone."""

    region: str
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Who stated a price, and when."""

    name: str
    as_of: datetime
    origin: Origin


@dataclass(frozen=True, slots=True)
class Offer:
    """One machine at one place for one price."""

    machine: Machine
    place: Place
    price_model: PriceModel
    price_micros: int
    """Price of the whole machine, in micro-USD per hour; above 0."""
    source: Source

    @property
    def number(self) -> int:
        """Return the offer's id as an unsigned number of 64 bits."""
        return offer_number(self.machine, self.place, self.price_model)

    @property
    def offer_id(self) -> str:
        """Return the id: the same machine, place and price model have it in every snapshot."""
        return id_of(self.number)


def offer_number(machine: Machine, place: Place, price_model: PriceModel) -> int:
    """Return 64 bits that stand for what is offered, whatever its price."""
    key = "\x1f".join(
        (
            machine.provider,
            machine.instance_type,
            machine.gpu_type,
            str(machine.gpu_count),
            place.region,
            place.zone,
            price_model,
        )
    )
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest())


def id_of(number: int) -> str:
    """Return an offer number as the id on the wire: 16 hexadecimal digits, so ids sort as the numbers do."""
    return f"{number:016x}"


def number_of(offer_id: str) -> int | None:
    """Return the number of an id, None when the text is no id."""
    if len(offer_id) != 16 or any(c not in "0123456789abcdef" for c in offer_id):
        return None
    return int(offer_id, 16)
