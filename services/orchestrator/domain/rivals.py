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
from services.orchestrator.domain.planning.layouts import MARGIN
from services.orchestrator.domain.planning.options import paid_hours, precisions_of
from services.orchestrator.domain.planning.places import MARKETPLACES, NO_KUBERNETES

Priced = tuple[Offer, Decimal | None, Decimal]
"""An offer with what as many machines of it cost an hour and a month, in USD."""
_APART: Final = MARKETPLACES | NO_KUBERNETES | {"local"}
"""Providers that are not taken for being cheap alone."""


_FEW: Final = 64
"""Requests in flight or copies that machines of any kind have room for."""


def alike(evidence: Evidence, lead: GpuRecommendation, offer: Offer, work: Workload) -> Iterator[Priced]:
    """Yield the first machines and others of the same hardware: any where the nearest are looked for, else those where
    machines may be that ask no more an hour and cost less in all.

    Of machines that work together only the same at the same provider are alike, and for the cheapest those of private
    hosts, outside clusters or in a country that is not known only where the first ones are.
    """
    nodes, hours = lead.node_count, paid_hours(lead.run_hours, evidence.needs)
    volumes, nearest = work.replicas_min if work.node_count == 1 else 1, lead.option is OptionKind.NEAREST

    def priced(o: Offer) -> Priced:
        hourly = None if o.price_per_hour is None else o.price_per_hour * nodes
        beside = evidence.beside(o, lead.model_id, nodes=nodes, volumes=volumes)
        return o, hourly, to_cents((hourly or Decimal(0)) * hours) + beside

    _, asked, total = first = priced(offer)
    yield first
    if asked is None or offer.provider == "local":
        return
    for other in evidence.offers.values() if nearest else evidence.records.offers:
        if other.gpu_type != offer.gpu_type or other.price_per_hour is None or _shape(other) != _shape(offer):
            continue
        near = other.provider == offer.provider
        joined = near and (other.instance_type, other.network_gbits) == (offer.instance_type, offer.network_gbits)
        stands = nearest or other.country or not offer.country
        enough = evidence.serves or (other.memory_gib or 0) >= (offer.memory_gib or 0)
        if stands and enough and (joined if nodes > 1 else near or nearest or other.provider not in _APART):
            _, hourly, month = found = priced(other)
            if nearest or ((hourly or 0) <= asked and month < total):
                yield found


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
