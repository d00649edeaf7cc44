"""What a unit of storage or traffic costs at a place, by the catalogue's records."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple, Protocol

from libs.money import to_cents
from libs.provenance import Provenance


class Place(Protocol):
    """Where a machine is, as its offer tells; region and continent are empty where they are not known."""

    @property
    def provider(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def continent(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPrice:
    """Price of storage or traffic at one provider."""

    provider: str
    kind: str
    """object, block or egress."""
    region: str = ""
    """Where it holds; empty where it is not told by region."""
    continents: tuple[str, ...] = ()
    """Of the region; without one those where the price holds, none for everywhere."""
    unit: str
    unit_price: Decimal
    """USD."""
    from_gb: float = 0.0
    """Amount a month from which the price holds, until the next one's."""
    provenance: Provenance

    def holds_in(self, place: Place) -> bool:
        """Tell whether it is the price of a place at its provider."""
        if self.region:
            return self.region == place.region
        return not self.continents or place.continent in self.continents


class Tariff(NamedTuple):
    """What a unit costs at a place."""

    tiers: tuple[UnitPrice, ...]
    """By amount, ascending; at least one."""
    of: str
    """The region or continents that the price is of where the catalogue has none of the place itself; else empty."""


@dataclass(frozen=True)
class UnitPrices:
    """Records of prices, those of a provider and kind in the order of the catalogue: its reference region first. Kept
    as long as the snapshot serves, and with it what was looked up."""

    records: tuple[UnitPrice, ...] = ()
    _found: dict[tuple[str, str, str, str], Tariff | None] = field(default_factory=dict, compare=False, repr=False)
    _rates: dict[tuple[str, str, str], tuple[Decimal, Decimal]] = field(default_factory=dict, compare=False, repr=False)

    def find(self, place: Place, kind: str) -> Tariff | None:
        """Return the price at a place: its own, else the first of its continent, else that of the reference region;
        None where the provider has none."""
        key = (place.provider, place.region, place.continent, kind)
        if key not in self._found:
            self._found[key] = self._look_up(place, kind)
        return self._found[key]

    def rates(self, place: Place) -> tuple[Decimal, Decimal]:
        """Return what a GB-month of block and of object storage counts for in comparing places, in USD: the middle of
        the known prices where its own is not known, so that an unknown price is not the lowest; nothing on the user's
        own disks."""
        key = (place.provider, place.region, place.continent)
        known = self._rates.get(key)
        if known is None:
            known = self._rates[key] = (self._rate(place, "block"), self._rate(place, "object"))
        return known

    def traffic(self, place: Place, sent_gb: float) -> Decimal:
        """Return what so much traffic a month counts for in comparing places, in USD: the middle of what it costs where
        the price is known, where it is not; nothing from the user's own machines."""
        if place.provider == "local" or not sent_gb:
            return Decimal(0)
        if tariff := self.find(place, "egress"):
            return sum((cost for *_, cost in tiers_of(tariff.tiers, sent_gb)), Decimal(0))
        known = sorted(
            sum((cost for *_, cost in tiers_of(self._reference(listed), sent_gb)), Decimal(0))
            for (_, kind), listed in self._listed.items()
            if kind == "egress"
        )
        return known[len(known) // 2] if known else Decimal(0)

    def _reference(self, listed: list[UnitPrice]) -> tuple[UnitPrice, ...]:
        first = (listed[0].region, listed[0].continents)
        return _ascending([p for p in listed if (p.region, p.continents) == first])

    def _rate(self, place: Place, kind: str) -> Decimal:
        if place.provider == "local":
            return Decimal(0)
        tariff = self.find(place, kind)
        return tariff.tiers[0].unit_price if tariff else self._usual(kind)

    def _usual(self, kind: str) -> Decimal:
        """Return the middle of what the reference regions pay, the higher of two; 0 where no price is known."""
        known = sorted(listed[0].unit_price for (_, of), listed in self._listed.items() if of == kind)
        return known[len(known) // 2] if known else Decimal(0)

    def _look_up(self, place: Place, kind: str) -> Tariff | None:
        listed = self._listed.get((place.provider, kind))
        if not listed:
            return None
        own = [p for p in listed if p.holds_in(place)]
        if own:
            return Tariff(_ascending(own), "")
        near = next((p for p in listed if place.continent in p.continents), listed[0])
        alike = [p for p in listed if (p.region, p.continents) == (near.region, near.continents)]
        return Tariff(_ascending(alike), near.region or continents(near))

    @cached_property
    def _listed(self) -> dict[tuple[str, str], list[UnitPrice]]:
        listed: dict[tuple[str, str], list[UnitPrice]] = {}
        for price in self.records:
            listed.setdefault((price.provider, price.kind), []).append(price)
        return listed


def continents(price: UnitPrice) -> str:
    """Return the continents of a price in words."""
    return " and ".join(name.replace("-", " ").title() for name in price.continents)


def tiers_of(tiers: Iterable[UnitPrice], sent_gb: float) -> Iterator[tuple[UnitPrice, Decimal, Decimal]]:
    """Yield the prices that an amount a month is charged by, each with the GB that fall to it and what they cost in
    USD. tiers: ascending."""
    listed = list(tiers)
    for price, end in zip(listed, [*(p.from_gb for p in listed[1:]), math.inf], strict=True):
        if sent_gb > price.from_gb:
            amount = exact(min(sent_gb, end) - price.from_gb)
            yield price, amount, to_cents(price.unit_price * amount)


def exact(gigabytes: float) -> Decimal:
    """Return an amount to the MB."""
    return Decimal(f"{gigabytes:.3f}").normalize() + Decimal(0)


def _ascending(prices: Iterable[UnitPrice]) -> tuple[UnitPrice, ...]:
    return tuple(sorted(prices, key=lambda p: p.from_gb))
