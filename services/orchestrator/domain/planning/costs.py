"""The cost table of the chosen option: every line with unit price, quantity and provenance; unknown is unknown, never
zero."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Final

from libs.money import HOURS_PER_MONTH, to_cents
from services.orchestrator.domain.candidates import Candidates, Offer, PerformanceEstimate
from services.orchestrator.domain.plan import CostEstimate, CostLine, Workload, WorkloadKind
from services.orchestrator.domain.planning import exchange, hosting, storage
from services.orchestrator.domain.planning.hosting import Hosting
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import Option, charged_hours, stored_by
from services.orchestrator.domain.planning.places import NO_KUBERNETES
from services.orchestrator.domain.planning.words import hours as duration
from services.orchestrator.domain.planning.words import machine_line, provider, rate, usd
from services.orchestrator.domain.prices import exact, tiers_of

STREAMED_TOKEN_BYTES: Final = 250
"""Of one token that is streamed to a client, with what frames it."""
ANSWER_BYTES: Final = {"text-to-image": 1_500_000, "feature-extraction": 10_000, "sentence-similarity": 10_000}
"""Of one answer: an image of a megapixel, a vector of a thousand numbers as text."""
_MANAGED: Final = frozenset({"aws", "gcp", "azure", "oci", "ibm", "digitalocean", "ovhcloud", "scaleway", "nebius"})
"""Providers whose clusters a control plane is rented for."""


def estimate(
    needs: Needs, option: Option, candidates: Candidates, *, by_run: bool, workload: Workload, home: Hosting
) -> CostEstimate:
    """Return the cost of a month with an option; with by_run the machines are paid for the hours of its runs only.

    workload: what runs on the machines, with the copies that there may be under load. home: where the components run.
    """
    machines = _machines(needs, option, by_run=by_run, copies_max=workload.replicas_max)
    lines = (
        machines,
        *_host(home, option.offer, hours=(machines.quantity or HOURS_PER_MONTH) / option.nodes),
        *_storage(needs, option, candidates, workload),
        *_of_components(home, option, candidates),
        *_traffic(needs, option, candidates),
    )
    total = sum((line.monthly for line in lines if line.monthly is not None), Decimal(0))
    hours = lines[0].quantity or HOURS_PER_MONTH
    spot = option.offer.spot_price_per_hour
    most = most_of(lines)
    return CostEstimate(
        lines=lines,
        monthly_total=total,
        complete=all(line.monthly is not None for line in lines),
        monthly_total_max=most,
        spot_monthly_total=None if spot is None else total - (lines[0].monthly or Decimal(0)) + to_cents(spot * hours),
        run_total=option.run_cost,
        exchange_rate=needs.rate,
        monthly_total_in_currency=exchange.from_usd(total, needs.rate) if needs.rate else None,
        note=_note(needs, option, by_run=by_run) + _range(needs, most),
    )


def _range(needs: Needs, most: Decimal | None) -> str:
    """Return what a month costs at the most, in words."""
    if not most:
        return ""
    if needs.requests_peak and needs.requests_per_second:
        low, high = rate(needs.requests_per_second), rate(needs.requests_peak)
        return f" That is at {low}; at {high} around the clock a month costs up to {usd(most)}."
    return f" At full load a month costs up to {usd(most)}."


def most_of(lines: Sequence[CostLine]) -> Decimal | None:
    """Return what lines cost at the most; None where none of them has a range."""
    if all(line.monthly_max is None for line in lines):
        return None
    known = (line.monthly if line.monthly_max is None else line.monthly_max for line in lines)
    return sum((amount for amount in known if amount is not None), Decimal(0))


def _machines(needs: Needs, option: Option, *, by_run: bool, copies_max: int) -> CostLine:
    offer, price = option.offer, option.offer.price_per_hour
    hours = charged_hours(option.run_hours) * needs.runs if by_run and option.run_hours is not None else HOURS_PER_MONTH
    quantity = hours * option.nodes
    grown = math.ceil(option.nodes * copies_max / option.copies) if copies_max > option.copies else 0
    most = hours * grown if grown and price is not None else None
    return CostLine(
        description=machine_line(offer, option.nodes),
        quantity=quantity,
        unit="hour",
        unit_price=price,
        monthly=None if price is None else to_cents(quantity * price),
        unknown_reason="what an hour of your own machines costs was not stated" if price is None else "",
        quantity_max=most,
        monthly_max=None if most is None or price is None else to_cents(most * price),
        provenance=offer.provenance,
    )


def _host(home: Hosting, offer: Offer, *, hours: Decimal) -> list[CostLine]:
    """Return the line of the components' machine, which is there as long as the others."""
    if not home.own or home.left_out:
        return []
    host = home.host
    price = host.price_per_hour if host else None
    return [
        CostLine(
            description=hosting.description(host, home.requests),
            quantity=hours,
            unit="hour",
            unit_price=price,
            monthly=None if price is None else to_cents(hours * price),
            unknown_reason="" if host else hosting.unknown_because(offer),
            provenance=host.provenance if host else None,
        )
    ]


def _storage(needs: Needs, option: Option, candidates: Candidates, workload: Workload) -> list[CostLine]:
    lines, offer = [], option.offer
    for item in stored_by(needs, option.model, candidates, nodes=option.nodes, volumes=option.volumes):
        tariff = candidates.unit_prices.find(offer, item.kind)
        price = tariff.tiers[0] if tariff else None
        known = price.unit_price if price else None
        # Copies over several machines share one volume.
        copies = workload.replicas_max - workload.replicas_min if workload.node_count == 1 else 0
        added = copies * item.each_copy_gb
        most = Decimal(item.size_gb + added) if added and known else None
        lines.append(
            CostLine(
                description=storage.line_of(item) + storage.priced_as(tariff, offer),
                quantity=Decimal(item.size_gb),
                unit="GB-month",
                unit_price=known,
                monthly=None if known is None else to_cents(known * item.size_gb),
                unknown_reason="" if known is not None else _why(option),
                quantity_max=most,
                monthly_max=None if most is None or known is None else to_cents(known * most),
                provenance=price.provenance if price else None,
            )
        )
    return lines


def _of_components(home: Hosting, option: Option, candidates: Candidates) -> list[CostLine]:
    """Return the line of the volumes of databases and monitoring, whose charts decide how large they are."""
    if not home.requests.charts:
        return []
    elsewhere = option.offer.provider in NO_KUBERNETES
    offer = option.offer
    tariff = None if elsewhere else candidates.unit_prices.find(offer, "block")
    price = tariff.tiers[0] if tariff else None
    return [
        CostLine(
            description=storage.OF_COMPONENTS + storage.priced_as(tariff, offer),
            quantity=None,
            unit="GB-month",
            unit_price=price.unit_price if price else None,
            monthly=None,
            unknown_reason="their charts and how long you keep what they record say how large they are",
            provenance=price.provenance if price else None,
        )
    ]


def _traffic(needs: Needs, option: Option, candidates: Candidates) -> list[CostLine]:
    if option.offer.provider == "local":
        return []
    stated = _stated_traffic(needs.egress_gb, option, candidates) if needs.egress_gb else []
    if needs.kind is not WorkloadKind.SERVING:
        return stated
    return [*(stated or _open_traffic(needs, option, candidates)), *_endpoint(option)]


def _stated_traffic(sent_gb: float, option: Option, candidates: Candidates) -> list[CostLine]:
    """Return what the traffic costs that was said to leave in a month."""
    offer = option.offer
    tariff = candidates.unit_prices.find(offer, "egress")
    if tariff is None:
        return [
            CostLine(
                description=storage.traffic_line(0),
                quantity=exact(sent_gb),
                unit="GB",
                unit_price=None,
                monthly=None,
                unknown_reason=_why(option),
            )
        ]
    return [
        CostLine(
            description=storage.traffic_line(price.from_gb) + storage.priced_as(tariff, offer),
            quantity=amount,
            unit="GB",
            unit_price=price.unit_price,
            monthly=monthly,
            provenance=price.provenance,
        )
        for price, amount, monthly in tiers_of(tariff.tiers, sent_gb)
    ]


def _open_traffic(needs: Needs, option: Option, candidates: Candidates) -> list[CostLine]:
    """Return the prices of traffic of which nobody said how much leaves."""
    sent = full_load_gb(needs, option.speed, option.copies)
    said = "how much traffic leaves the provider was not said"
    if sent is not None:
        said += f"; at full load around the clock about {sent:,} GB"
    offer = option.offer
    tariff = candidates.unit_prices.find(offer, "egress")
    tiers = tariff.tiers if tariff else (None,)
    lines = []
    for price, above in zip_longest(tiers, tiers[1:]):
        begin, end = price.from_gb if price else 0.0, above.from_gb if above else math.inf
        if begin and (sent is None or sent <= begin):
            break
        known = price.unit_price if price else None
        # What another place pays is no bound of what is paid here.
        bounded = sent is not None and known and not (tariff and tariff.of)
        most = Decimal(math.ceil(min(sent or 0, end) - begin)) if bounded else None
        lines.append(
            CostLine(
                description=storage.traffic_line(begin) + storage.priced_as(tariff, offer),
                quantity=None,
                unit="GB",
                unit_price=known,
                monthly=None,
                unknown_reason=said,
                quantity_max=most,
                monthly_max=None if not known or most is None else to_cents(known * most),
                provenance=price.provenance if price else None,
            )
        )
    return lines


def _endpoint(option: Option) -> list[CostLine]:
    return [
        CostLine(
            description=what,
            quantity=Decimal(1),
            unit="month",
            unit_price=None,
            monthly=None,
            unknown_reason="the catalogue has no price for it",
        )
        for what in endpoint_of(option.offer)
    ]


def endpoint_of(offer: Offer) -> tuple[str, ...]:
    """Return what a service takes beside rented machines that no catalogue prices."""
    if offer.provider == "local":
        return ()
    managed = offer.provider in _MANAGED
    return ("Load balancer for the endpoint", *(["Control plane of the managed Kubernetes cluster"] if managed else []))


def full_load_gb(needs: Needs, speed: PerformanceEstimate | None, copies: int) -> int | None:
    """Return what leaves the machines in a month at the stated load, else at full load, in GB; None where the size of
    answers is not known. speed: of one copy."""
    per_second = None
    if speed and needs.batches and speed.tokens_per_second:
        per_second = (needs.tokens_per_second or speed.tokens_per_second * copies) * STREAMED_TOKEN_BYTES
    elif speed and speed.requests_per_second and needs.task in ANSWER_BYTES:
        answers = needs.requests_peak or needs.requests_per_second or speed.requests_per_second * copies
        per_second = answers * ANSWER_BYTES[needs.task]
    return None if per_second is None else math.ceil(per_second * float(HOURS_PER_MONTH) * 3600 / 1e9)


def _why(option: Option) -> str:
    if option.offer.provider == "local":
        return "disks of your own cluster have no price in the catalogue"
    return f"the catalogue has no price for it at {provider(option.offer.provider)}"


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
