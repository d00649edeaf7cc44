"""A load that is more than as many machines carry as one plan combines: what these carry, and what is left to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from services.orchestrator.domain.candidates import Candidates, Offer
from services.orchestrator.domain.plan import Relaxation, UnmetWish, WorkloadKind
from services.orchestrator.domain.planning.layouts import MAX_NODES, devices, in_flight, pack
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.words import hardware


class _Most(NamedTuple):
    amount: float
    """Requests in flight, requests a second or tokens a second, whichever is stated."""
    offer: Offer


def beyond(needs: Needs, candidates: Candidates) -> UnmetWish | None:
    """Return the conflict of a load that no machines carry which are planned together; None where that is not why
    nothing was found."""
    if needs.kind is not WorkloadKind.SERVING:
        return None
    for field, wanted, unit in _loads(needs):
        most = max(_carried(field, needs, candidates), default=None, key=lambda m: (m.amount, m.offer.offer_id))
        if most is None or most.amount >= wanted:
            continue
        machines = hardware(most.offer.gpu_type, most.offer.gpu_count * MAX_NODES, MAX_NODES, most.offer.instance_type)
        return UnmetWish(
            field=field,
            conflict=f"{wanted:,.0f} {unit} are more than {MAX_NODES} machines carry, the most that one plan combines: "
            f"{machines} carry about {most.amount:,.0f}.",
            relaxations=(
                Relaxation(
                    fields=(field,),
                    description=f"Ask for {most.amount:,.0f} {unit} or fewer, and run several such clusters.",
                ),
            ),
        )
    return None


def _loads(needs: Needs) -> Iterator[tuple[str, float, str]]:
    """Yield the loads that were stated: the field, the figure and its unit."""
    if needs.requests_per_second:
        yield "requests_per_second", needs.requests_per_second, "requests a second"
    if needs.tokens_per_second:
        yield "tokens_per_second", needs.tokens_per_second, "tokens a second"
    if needs.concurrency and not needs.each_copy:
        yield "concurrency", needs.concurrency, "requests at once"


def _carried(field: str, needs: Needs, candidates: Candidates) -> Iterator[_Most]:
    """Yield what the most machines of each offer carry, as far as it is known."""
    speeds = {(s.model_id, s.precision, s.gpu_type, s.gpus): s for s in candidates.performance}
    models = {m.model_id: m for m in candidates.models}
    for memory in candidates.memory:
        for offer in candidates.offers:
            packing = pack(offer, memory, needs) if offer.gpu_type == memory.gpu_type else None
            if packing is None:
                continue
            copies = MAX_NODES * packing.copies_per_node // packing.nodes_per_copy
            speed = speeds.get((memory.model_id, memory.precision, memory.gpu_type, memory.gpus or devices(offer)))
            each = {
                "requests_per_second": speed.requests_per_second if speed else None,
                "tokens_per_second": speed.tokens_per_second if speed else None,
                "concurrency": float(in_flight(needs, models.get(memory.model_id))) if needs.batches else None,
            }[field]
            if each:
                yield _Most(each * copies, offer)
