"""A unit of storage or traffic is charged at the price of the machine's region, or the line says whose price it is. The
part of verification that concerns unit prices: it looks them up among the records by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from services.orchestrator.domain.candidates import Candidates, Offer
from services.orchestrator.domain.plan import CostLine
from services.orchestrator.domain.planning import hosting, storage
from services.orchestrator.domain.planning.places import NO_KUBERNETES
from services.orchestrator.domain.prices import UnitPrice, continents


def charged(
    lines: Sequence[CostLine], offer: Offer, candidates: Candidates, *, serves: bool, sent_gb: float
) -> Iterator[str]:
    """Yield what is wrong with the unit prices of the lines beside the machines, in sentences. serves: traffic leaves
    the place all month. sent_gb: how much was said to leave in a month; 0 where that was not said."""
    sent = [line for line in lines if line.unit == "GB"]
    tiers = sorted(prices_at(offer, "egress", candidates), key=lambda p: p.from_gb)
    said = elsewhere(offer, "egress", candidates)
    if (serves or sent_gb) and offer.provider != "local":
        due: list[tuple[Any, ...]] = [(storage.traffic_line(0), None, None)] if not tiers else []
        due += [(storage.traffic_line(p.from_gb) + said, p.unit_price, p.provenance) for p in tiers]
        found = [(line.description, line.unit_price, line.provenance) for line in sent]
        begins = [p.from_gb for p in tiers] or [0.0]
        reached = sum(begin < sent_gb for begin in begins)
        if not sent or found != due[: len(sent)] or (sent_gb and len(sent) != reached):
            yield f"traffic is not charged as {found}"
        if said and any(line.quantity_max is not None for line in sent):
            yield "the price of another place is no bound of what traffic costs here"
        if sent_gb:
            ends = [*begins[1:], sent_gb]
            shares = [round(min(end, sent_gb) - begin, 3) for begin, end in zip(begins, ends, strict=True)]
            if [None if x.quantity is None else float(x.quantity) for x in sent] != shares[:reached]:
                yield f"the traffic that is charged is not the {sent_gb:,} GB that were stated"
        elif any(line.quantity is not None for line in sent):
            yield "traffic is charged that nobody stated"
        if any((x.monthly is None) != (x.quantity is None or x.unit_price is None) for x in sent):
            yield "traffic of a known amount and price has no cost"
    elif sent:
        yield "traffic is charged that does not leave"
    for line in lines:
        if line in sent or line.description.startswith(hosting.TITLE):
            continue
        kind = "object" if line.description.startswith("Object") else "block"
        listed = prices_at(offer, kind, candidates) if line.unit == "GB-month" else []
        if line.description.startswith(storage.OF_COMPONENTS) and offer.provider in NO_KUBERNETES:
            listed = []
        price = (listed[0].unit_price, listed[0].provenance) if listed else (None, None)
        if (line.unit_price, line.provenance) != price or line.unit not in ("GB-month", "month"):
            yield f"no record states the price of {line.description!r}"


def prices_at(offer: Offer, kind: str, candidates: Candidates) -> list[UnitPrice]:
    """Return the records that a machine's place is charged by: of its own region or continent; else the first of the
    same continent, else the first at all, with all that hold where that one does."""
    listed = [p for p in candidates.unit_prices.records if (p.provider, p.kind) == (offer.provider, kind)]
    nearer = [p for p in listed if offer.continent in p.continents] or listed
    alike = (p for p in listed if (p.region, p.continents) == (nearer[0].region, nearer[0].continents))
    return [p for p in listed if _of_place(p, offer)] or list(alike)


def elsewhere(offer: Offer, kind: str, candidates: Candidates) -> str:
    """Return what a line has to say of a price that is of another place; nothing where it is of the machine's."""
    prices = prices_at(offer, kind, candidates)
    if not prices or _of_place(prices[0], offer):
        return ""
    place = offer.region or "the place of this machine"
    return f" (price of {prices[0].region or continents(prices[0])}; the catalogue has none for {place})"


def _of_place(price: UnitPrice, offer: Offer) -> bool:
    if price.region:
        return price.region == offer.region
    return not price.continents or offer.continent in price.continents
