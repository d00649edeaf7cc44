"""A load that is more than as many machines carry as one plan combines: what these carry, and what is left to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from services.orchestrator.domain.candidates import Candidates, Offer
from services.orchestrator.domain.plan import Relaxation, UnmetWish, WorkloadKind
from services.orchestrator.domain.planning.layouts import MAX_NODES, devices, in_flight, pack
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.words import hardware, rate

_REQUESTS: Final = "requests a second"
_WITH_GPUS: Final = Relaxation(fields=("gpu_needed",), description="Allow GPUs, which carry far more of such a model.")


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
            conflict=f"{_said(wanted, unit, start=True)} are more than {MAX_NODES} machines carry, the most that one "
            f"plan combines: {machines} carry {_said(most.amount, unit)}.",
            relaxations=(
                *((_WITH_GPUS,) if not needs.gpu else ()),
                Relaxation(
                    fields=(field,),
                    description=f"Ask for {_said(most.amount, unit)} or fewer, and run several such clusters.",
                ),
            ),
        )
    return None


def _said(amount: float, unit: str, *, start: bool = False) -> str:
    """Return a load in words. start: they begin a sentence."""
    said = rate(amount) if unit == _REQUESTS else f"{amount:,.0f} {unit}"
    return said[0].upper() + said[1:] if start else said


def _loads(needs: Needs) -> Iterator[tuple[str, float, str]]:
    """Yield the loads that were stated: the field, the figure and its unit."""
    if needs.requests_per_second:
        yield "requests_per_second", needs.requests_per_second, _REQUESTS
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
