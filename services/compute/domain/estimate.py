"""What machines, storage and traffic cost a month, line by line; an unknown price is said to be unknown, never zero."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from libs.errors import Violations
from libs.money import to_cents
from services.compute.domain.offer import HOURS_PER_MONTH, MICROS, Offer, PriceModel
from services.compute.domain.regions import RegionMap

KINDS: Final = ("object", "block")
MAX_HOURS: Final = 744.0
"""Hours in a month of 31 days."""


@dataclass(frozen=True, slots=True)
class ComputeUsage:
    """Machines of one offer."""

    offer_id: str
    node_count: int = 1
    hours: float = float(HOURS_PER_MONTH)
    spot_share: float = 0.0


@dataclass(frozen=True, slots=True)
class StorageUsage:
    """Data kept at a provider, in GB (10^9 bytes)."""

    provider: str
    kind: str
    size_gb: float
    region: str = ""


@dataclass(frozen=True, slots=True)
class EgressUsage:
    """Traffic to the internet, in GB (10^9 bytes) a month."""

    provider: str
    gb: float
    region: str = ""


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """A listed price, in USD, and who listed it."""

    price: Decimal
    source: str
    as_of: datetime
    record_id: str


@dataclass(frozen=True, slots=True)
class StoragePrice:
    """Price of a GB-month in one region; in all of them where the region is empty."""

    region: str
    unit: UnitPrice


@dataclass(frozen=True, slots=True)
class EgressTier:
    """Price of a GB from some amount on, sent from some continents; from anywhere where there are none."""

    continents: tuple[str, ...]
    from_gb: float
    unit: UnitPrice


@dataclass(frozen=True, slots=True)
class PriceLists:
    """What storage and traffic cost, by provider."""

    storage: Mapping[tuple[str, str], Sequence[StoragePrice]]
    """By provider and kind; the first is of the provider's reference region."""
    egress: Mapping[str, Sequence[EgressTier]]
    """By provider; tiers of a continent ascending, those of the provider's home first."""


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """One price of the lists; at is its place among those of its provider and kind."""

    provider: str
    kind: str
    at: int
    region: str
    continents: tuple[str, ...]
    from_gb: float
    unit_name: str
    unit: UnitPrice


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line; unit is None when the price is unknown, and unknown_reason says why."""

    description: str
    quantity: float
    unit_name: str
    unit: UnitPrice | None
    unknown_reason: str = ""

    @property
    def monthly(self) -> Decimal | None:
        """Return the cost a month in USD, rounded to the cent; None when unknown."""
        return None if self.unit is None else to_cents(self.unit.price * Decimal(str(self.quantity)))


@dataclass(frozen=True, slots=True)
class PricedOffer:
    """An offer, and the spot price of its machine in its region, in micro-USD per hour, where there is one."""

    offer: Offer
    spot_micros: int | None


def check_usage(
    compute: Sequence[ComputeUsage], storage: Sequence[StorageUsage], egress: Sequence[EgressUsage]
) -> None:
    """Raise InvalidInputError that names every bad field."""
    bad = Violations()
    for at, use in enumerate(compute):
        if not 1 <= use.node_count <= 100_000:
            bad.add(f"compute[{at}].node_count", f"is {use.node_count}; must be 0 (meaning 1) to 100000")
        if not 0 <= use.hours <= MAX_HOURS:
            bad.add(f"compute[{at}].hours_per_month", f"is {use.hours:g}; must be 0 to {MAX_HOURS:g}")
        if not 0 <= use.spot_share <= 1:
            bad.add(f"compute[{at}].spot_share", f"is {use.spot_share:g}; must be 0 to 1")
    for at, kept in enumerate(storage):
        if kept.kind not in KINDS:
            bad.add(f"storage[{at}].kind", f"is {kept.kind!r}; must be {' or '.join(KINDS)}")
        _check_amount(bad, f"storage[{at}].size_gb", kept.size_gb)
        _check_provider(bad, f"storage[{at}].provider", kept.provider)
    for at, sent in enumerate(egress):
        _check_amount(bad, f"egress[{at}].gb_per_month", sent.gb)
        _check_provider(bad, f"egress[{at}].provider", sent.provider)
    bad.raise_if_any()


def _check_amount(bad: Violations, field: str, value: float) -> None:
    if not math.isfinite(value) or not 0 <= value <= 1e12:
        bad.add(field, f"is {value:g}; must be 0 to 1e12 GB")


def _check_provider(bad: Violations, field: str, provider: str) -> None:
    if not provider:
        bad.add(field, "is empty; must be a provider id, such as aws")


def compute_lines(use: ComputeUsage, priced: PricedOffer) -> list[CostLine]:
    """Return a line for the hours at the offer's price, and one for those on spot."""
    offer, machine = priced.offer, priced.offer.machine
    name = f"{machine.provider} {machine.instance_type} in {offer.place.region}"
    hours = use.node_count * use.hours
    if use.node_count > 1:
        name = f"{use.node_count} x {name}"
    share = 0.0 if offer.price_model is PriceModel.SPOT else use.spot_share
    priced_unit = _unit(offer, offer.price_micros) if offer.price_micros else None
    unsaid = "" if priced_unit else "settings do not say what this hardware costs its owner"
    label = f"{name}, {offer.price_model.replace('_', ' ')}"
    own = CostLine(label, hours * (1 - share), "hour", priced_unit, unsaid)
    if share == 0:
        return [own]
    spot = None if priced.spot_micros is None else _unit(offer, priced.spot_micros)
    reason = "" if spot else f"no spot price of {machine.instance_type} is known in {offer.place.region}"
    line = CostLine(f"{name}, spot", hours * share, "hour", spot, reason)
    return [line] if share == 1 else [own, line]


def _unit(offer: Offer, micros: int) -> UnitPrice:
    return UnitPrice(Decimal(micros) / MICROS, offer.source.name, offer.source.as_of, offer.offer_id)


def listed_prices(prices: PriceLists, regions: RegionMap) -> list[ListedPrice]:
    """Return every price of the lists, by provider and kind, in the order of the lists."""
    found = []
    for (provider, kind), stored in prices.storage.items():
        for at, price in enumerate(stored):
            continent = regions.locate(provider, price.region).continent if price.region else ""
            continents = (continent,) if continent else ()
            found.append(ListedPrice(provider, kind, at, price.region, continents, 0.0, "GB-month", price.unit))
    for provider, tiers in prices.egress.items():
        for at, tier in enumerate(tiers):
            found.append(ListedPrice(provider, "egress", at, "", tier.continents, tier.from_gb, "GB", tier.unit))
    return sorted(found, key=lambda price: (price.provider, price.kind, price.at))


def storage_line(use: StorageUsage, prices: PriceLists) -> CostLine:
    """Return the line of some storage."""
    listed = prices.storage.get((use.provider, use.kind), ())
    found = next((p for p in listed if not use.region or p.region in ("", use.region)), None)
    where = use.region or (found.region if found else "")
    description = f"{use.provider} {use.kind} storage" + (f" in {where}" if where else "")
    if found:
        return CostLine(description, use.size_gb, "GB-month", found.unit)
    known = f"; known in {', '.join(p.region for p in listed)}" if listed else ""
    reason = f"the price of {description} is not in the catalogue{known}"
    return CostLine(description, use.size_gb, "GB-month", None, reason)


def egress_lines(use: EgressUsage, prices: PriceLists, regions: RegionMap) -> list[CostLine]:
    """Return a line for each tier that the traffic reaches."""
    listed = prices.egress.get(use.provider, ())
    home = listed[0].continents[:1] if listed else ()
    continent = (regions.locate(use.provider, use.region).continent,) if use.region else home
    tiers = [tier for tier in listed if not tier.continents or set(continent) & set(tier.continents)]
    description = f"{use.provider} traffic to the internet"
    if not tiers:
        where = f" from {use.region}" if listed else ""
        return [CostLine(description, use.gb, "GB", None, f"the price of {description}{where} is not in the catalogue")]
    lines = []
    ends = [*(tier.from_gb for tier in tiers[1:]), math.inf]
    for tier, end in zip(tiers, ends, strict=True):
        amount = min(use.gb, end) - tier.from_gb
        if amount > 0:
            label = f"{description}, from {tier.from_gb:g} GB" if tier.from_gb else description
            lines.append(CostLine(label, amount, "GB", tier.unit))
    return lines or [CostLine(description, 0.0, "GB", tiers[0].unit)]
