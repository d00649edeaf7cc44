"""The cost table of the chosen option: every line with unit price, quantity and provenance; unknown is unknown, never
zero."""

from __future__ import annotations

from decimal import Decimal

from libs.money import HOURS_PER_MONTH, to_cents
from services.orchestrator.domain.candidates import Candidates
from services.orchestrator.domain.plan import CostEstimate, CostLine, WorkloadKind
from services.orchestrator.domain.planning import exchange, storage
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import Option, charged_hours
from services.orchestrator.domain.planning.words import hours as duration
from services.orchestrator.domain.planning.words import machine_line, provider


def estimate(needs: Needs, option: Option, candidates: Candidates, *, by_run: bool) -> CostEstimate:
    """Return the cost of a month with an option; with by_run the machines are paid for one run's hours only."""
    lines = (
        _machines(needs, option, by_run=by_run),
        *_storage(needs, option, candidates),
        *_traffic(needs, option, candidates),
    )
    total = sum((line.monthly for line in lines if line.monthly is not None), Decimal(0))
    hours = lines[0].quantity or HOURS_PER_MONTH
    spot = option.offer.spot_price_per_hour
    return CostEstimate(
        lines=lines,
        monthly_total=total,
        complete=all(line.monthly is not None for line in lines),
        spot_monthly_total=None if spot is None else total - (lines[0].monthly or Decimal(0)) + to_cents(spot * hours),
        run_total=option.run_cost,
        exchange_rate=needs.rate,
        monthly_total_in_currency=exchange.from_usd(total, needs.rate) if needs.rate else None,
        note=_note(needs, option, by_run=by_run),
    )


def _machines(needs: Needs, option: Option, *, by_run: bool) -> CostLine:
    offer, price = option.offer, option.offer.price_per_hour
    hours = charged_hours(option.run_hours) * needs.runs if by_run and option.run_hours is not None else HOURS_PER_MONTH
    quantity = hours * option.nodes
    return CostLine(
        description=machine_line(offer, option.nodes),
        quantity=quantity,
        unit="hour",
        unit_price=price,
        monthly=None if price is None else to_cents(quantity * price),
        unknown_reason="what an hour of your own machines costs was not stated" if price is None else "",
        provenance=offer.provenance,
    )


def _storage(needs: Needs, option: Option, candidates: Candidates) -> list[CostLine]:
    lines = []
    for item in storage.kept(needs, option.model):
        price = storage.find_price(option.offer.provider, item.kind, candidates)
        known = price.unit_price if price else None
        lines.append(
            CostLine(
                description=f"{item.kind.capitalize()} storage: {item.what}",
                quantity=Decimal(item.size_gb),
                unit="GB-month",
                unit_price=known,
                monthly=None if known is None else to_cents(known * item.size_gb),
                unknown_reason="" if known is not None else _why(price.unknown_reason if price else "", option),
                provenance=price.provenance if price else None,
            )
        )
    return lines


def _traffic(needs: Needs, option: Option, candidates: Candidates) -> list[CostLine]:
    if needs.kind is not WorkloadKind.SERVING or option.offer.provider == "local":
        return []
    price = storage.find_price(option.offer.provider, "egress", candidates)
    known = price.unit_price if price else None
    egress = CostLine(
        description="Traffic to the internet",
        quantity=None,
        unit="GB",
        unit_price=known,
        monthly=None,
        unknown_reason="how much traffic leaves the provider was not said",
        provenance=price.provenance if price else None,
    )
    balancer = CostLine(
        description="Load balancer for the endpoint",
        quantity=Decimal(1),
        unit="month",
        unit_price=None,
        monthly=None,
        unknown_reason="the catalogue has no price for it",
    )
    return [egress, balancer]


def _why(reason: str, option: Option) -> str:
    if option.offer.provider == "local":
        return "disks of your own cluster have no price in the catalogue"
    return reason or f"the catalogue has no price for it at {provider(option.offer.provider)}"


def _note(needs: Needs, option: Option, *, by_run: bool) -> str:
    if by_run and option.run_hours is not None:
        if needs.runs > 1:
            each = f"{needs.runs} runs of {duration(option.run_hours)}, one hour to set up before each"
        else:
            each = f"one run of {duration(option.run_hours)}, one hour to set up"
        return f"Machines are paid for {each}, and then released."
    if needs.kind is WorkloadKind.SERVING:
        return "Machines run around the clock: 730 hours a month."
    text = "Machines are kept for a whole month (730 hours), room for repeated runs"
    return (
        f"{text}; one run takes about {duration(option.run_hours)}."
        if option.run_hours is not None
        else f"{text}, because the length of a run is not known."
    )
