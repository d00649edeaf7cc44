"""Machines that a plan is compared with: whether its first ones are the cheapest or the nearest, or none can be had."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from libs.money import to_cents
from services.orchestrator.domain.candidates import Offer
from services.orchestrator.domain.evidence import Evidence
from services.orchestrator.domain.plan import GpuRecommendation, OptionKind, Workload
from services.orchestrator.domain.planning.gpus import computes, is_considered
from services.orchestrator.domain.planning.homes import Homes
from services.orchestrator.domain.planning.layouts import MARGIN, copies_between, pays_twice
from services.orchestrator.domain.planning.options import charged_hours, paid_hours
from services.orchestrator.domain.planning.places import MARKETPLACES, NO_KUBERNETES
from services.orchestrator.domain.planning.sizes import precisions_of

Priced = tuple[Offer, Decimal | None, Decimal, Decimal]
"""An offer with what as many machines of it cost an hour, a month and in all, in USD, as budgets count it."""
_APART: Final = MARKETPLACES | NO_KUBERNETES | {"local"}
"""Providers that are not taken for being cheap alone."""


_FEW: Final = 64
"""Requests in flight or copies that machines of any kind have room for."""


def alike(evidence: Evidence, lead: GpuRecommendation, offer: Offer, work: Workload) -> Iterator[Priced]:
    """Yield the first machines and others of the same hardware: any where the nearest are looked for, else those where
    machines may be that cost less in all, a machine for the components included.

    Of machines that work together only the same at the same provider are alike, and for the cheapest those of private
    hosts, outside clusters or, for patients' images, in a country that is not known only where the first ones are.
    """
    nodes, needs, nearest = lead.node_count, evidence.needs, lead.option is OptionKind.NEAREST
    hours, volumes = paid_hours(lead.run_hours, needs), work.replicas_min if work.node_count == 1 else 1

    homes, grows = Homes(needs, evidence.records), _grows(evidence, lead)

    def priced(o: Offer) -> tuple[Priced, tuple[bool, Decimal]]:
        """Return an offer with its costs, and what it is compared by."""
        hourly, rent = (
            None if o.price_per_hour is None else o.price_per_hour * nodes,
            (o.price_per_hour or Decimal(0)) * nodes,
        )
        cost = to_cents(rent * hours) + evidence.beside(o, lead.model_id, nodes=nodes, volumes=volumes)
        scales = pays_twice(needs, cost, rent) if grows is None else grows
        host = homes.host_of(o, nodes, scales=scales, hours=hours, cost=cost)
        month = cost + host.stated if needs.cheaper_than else cost
        total = cost if lead.run_hours is None else to_cents(rent * charged_hours(lead.run_hours))
        return (o, hourly, month, total), (host.homeless, cost + host.cost)

    first, least = priced(offer)
    yield first
    if first[1] is None or offer.provider == "local":
        return
    for other in evidence.offers.values() if nearest else evidence.records.offers:
        if other.gpu_type != offer.gpu_type or other.price_per_hour is None or _shape(other) != _shape(offer):
            continue
        near = other.provider == offer.provider
        joined = near and (other.instance_type, other.network_gbits) == (offer.instance_type, offer.network_gbits)
        stands = nearest or other.country or not (offer.country and needs.imaging)
        enough = evidence.serves or (other.memory_gib or 0) >= (offer.memory_gib or 0)
        # Copies that a high load adds cost by the hour, so there the price of the hour tells too.
        dearer = needs.requests_peak and other.price_per_hour > (offer.price_per_hour or 0)
        if stands and enough and (joined if nodes > 1 else near or nearest or other.provider not in _APART):
            found, costs = priced(other)
            if nearest or (costs < least and not dearer):
                yield found


def _grows(evidence: Evidence, lead: GpuRecommendation) -> bool | None:
    """Tell whether copies are added under load; None where they are if the budgets pay for twice as many."""
    if not evidence.serves:
        return False
    model, speed = evidence.models.get(lead.model_id), evidence.speed(lead)
    low, most = copies_between(evidence.needs, model, speed, lead.replicas)
    return None if most is None else most > low


def holder(evidence: Evidence) -> Offer | None:
    """Return a machine that holds the first model by itself; None where the wishes may ask for more than one."""
    needs, records = evidence.needs, evidence.records
    model = next((m for m in records.models if m.purpose == "main"), None)
    many = any(evidence.loads.values()) or (needs.concurrency or 1) > _FEW or needs.copies_min > _FEW
    if model is None or many or not needs.gpu:
        return None
    precision = precisions_of(needs, model)[0]
    for offer in evidence.offers.values():
        gpu, size = (
            records.gpu_types.get(offer.gpu_type),
            evidence.sizes.get((model.model_id, precision, offer.gpu_type)),
        )
        if gpu is None or size is None or offer.units is not None:
            continue
        total, room = offer.gpu_count * offer.gpu_memory_gib, offer.gpu_memory_gib * (1 - MARGIN)
        large = offer.gpu_count >= needs.gpu_count_min and total >= needs.gpu_memory_total_gib_min
        runs = computes(gpu, precision) and is_considered(gpu, needs.vendors)
        if large and runs and 1 <= size.gpus <= offer.gpu_count and size.per_gpu_gib <= room:
            return offer
    return None


def _shape(offer: Offer) -> tuple[Any, ...]:
    size = () if offer.gpu_count else (offer.vcpus, offer.memory_gib)
    return (offer.gpu_count, offer.gpu_memory_gib, *size)
