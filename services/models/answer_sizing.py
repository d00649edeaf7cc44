"""What sizing found, for the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from libs.provenance import Provenance
from libs.rpc.convert import provenance_to_proto
from services.models.cases import Asked
from services.models.domain.sizing import GIB, Assumption, Basis, MemoryEstimate
from services.models.domain.speed import Speed
from services.models.sizing import Group, speed_of
from stack8s.common.v1 import provenance_pb2
from stack8s.models.v1 import models_service_pb2, sizing_pb2

_BASES: Final[Mapping[Basis, sizing_pb2.FigureBasis]] = {
    Basis.MEASURED: sizing_pb2.FIGURE_BASIS_MEASURED,
    Basis.PUBLISHED: sizing_pb2.FIGURE_BASIS_PUBLISHED,
    Basis.MODELLED: sizing_pb2.FIGURE_BASIS_MODELLED,
}


_UNHELD: Final = "not said; as many as are tried, and they do not hold it"


def memory_answer(groups: Iterable[Group], asked: Sequence[Asked]) -> models_service_pb2.EstimateMemoryResponse:
    """Return the memory of each case in its place, or why there is none."""
    response = models_service_pb2.EstimateMemoryResponse()
    wires = [response.estimates.add() for _ in asked]
    for group in groups:
        answer = _GroupAnswer(group)
        for place, provenance in zip(group.places, group.provenances, strict=True):
            answer.put(wires[place], asked[place], provenance)
    return response


class _GroupAnswer:
    """Answers the cases of a group. What they share is built once and copied."""

    __slots__ = ("_answered", "_built", "_group", "_stated_by", "_wired")

    def __init__(self, group: Group) -> None:
        self._group = group
        self._answered: dict[tuple[int, int], models_service_pb2.MemoryEstimate] = {}
        self._built: dict[tuple[int, bool, bool], tuple[models_service_pb2.MemoryEstimate, MemoryEstimate]] = {}
        self._stated_by: Provenance | None = None
        self._wired: provenance_pb2.Provenance | None = None

    def put(self, wire: models_service_pb2.MemoryEstimate, asked: Asked, provenance: Provenance | None) -> None:
        """Fill in the answer to one case, and where the facts of its model are from."""
        same = self._answered.setdefault((id(asked.gpu), asked.gpus), wire)
        if same is wire:
            self._answer(wire, asked)
        else:
            wire.CopyFrom(same)
        if provenance is not None and not wire.error:
            if self._wired is None or provenance is not self._stated_by:
                self._stated_by, self._wired = provenance, provenance_to_proto(provenance)
            wire.provenance.CopyFrom(self._wired)

    def _answer(self, wire: models_service_pb2.MemoryEstimate, asked: Asked) -> None:
        """Fill in the answer for this GPU."""
        if self._group.question is None:
            wire.error = self._group.error
            return
        try:
            estimate, capacity = self._group.question.on(asked.gpu, asked.gpus)
        except ValueError as problem:
            wire.error = str(problem)
            return
        unheld = capacity is not None and not capacity.gpus and not asked.gpus
        self._share(wire, estimate, judged=capacity is not None, unheld=unheld)
        if capacity is None:
            wire.per_gpu_gib = estimate.per_gpu_bytes / GIB
            wire.tensor_parallel, wire.pipeline_parallel = estimate.split
            return
        wire.per_gpu_gib = (capacity.per_gpu_bytes or estimate.per_gpu_bytes) / GIB
        wire.tensor_parallel, wire.pipeline_parallel = capacity.split
        wire.gpus_needed, wire.fits = capacity.gpus, capacity.fits
        wire.headroom_gib = capacity.headroom_bytes / GIB
        wire.max_context_tokens = capacity.max_context_tokens
        wire.max_concurrency = capacity.max_concurrency
        wire.usable_gib = capacity.usable_bytes / GIB
        wire.borderline = capacity.is_borderline(estimate.error)

    def _share(
        self, wire: models_service_pb2.MemoryEstimate, estimate: MemoryEstimate, *, judged: bool, unheld: bool
    ) -> None:
        """Set what does not depend on the GPU. judged: whether it was; unheld: whether no count of them that
        was tried holds it.
        """
        built = self._built.get((id(estimate), judged, unheld))
        if built is not None:
            wire.CopyFrom(built[0])
            return
        question = self._group.question
        _fill(wire, estimate, question.case.notes if question else ())
        if unheld:
            wire.assumptions.add(field="gpu_count", value=str(len(estimate.shares)), reason=_UNHELD)
        self._built[id(estimate), judged, unheld] = wire, estimate  # kept, so that no other takes its identity


def _fill(wire: models_service_pb2.MemoryEstimate, estimate: MemoryEstimate, notes: tuple[Assumption, ...]) -> None:
    """Set what does not depend on the GPU. Adding in place spares protobuf a copy of each part; setting the fields
    one by one takes less than naming them in the call.
    """
    assumptions = (*notes, *estimate.assumptions) if notes else estimate.assumptions
    if not notes and estimate.usual:
        wire.MergeFromString(_usual(assumptions[: estimate.usual]))
        assumptions = assumptions[estimate.usual :]
    wire.total_gib = estimate.total_bytes / GIB
    wire.basis, wire.error_band = _BASES[estimate.basis], estimate.error
    wire.precision, wire.context_tokens = estimate.precision, estimate.context_tokens
    wire.concurrency = estimate.concurrency
    add_term, add_assumption = wire.terms.add, wire.assumptions.add
    for name, size, formula, source in estimate.terms:
        term = add_term()
        term.name, term.memory_gib, term.formula, term.source = name, size / GIB, formula, source
    for assumed in assumptions:
        assumption = add_assumption()
        assumption.field, assumption.value, assumption.reason = assumed


@lru_cache(maxsize=512)
def _usual(assumptions: tuple[Assumption, ...]) -> bytes:
    """Return these assumptions alone as an answer's bytes: most models are asked in the same way, and protobuf reads
    faster than it sets.
    """
    wires = [sizing_pb2.Assumption(field=a.field, value=a.value, reason=a.why) for a in assumptions]
    return models_service_pb2.MemoryEstimate(assumptions=wires).SerializeToString()


def speed_answer(groups: Iterable[Group], asked: Sequence[Asked]) -> models_service_pb2.EstimatePerformanceResponse:
    """Return the speed of each case in its place, or why there is none."""
    found: dict[int, models_service_pb2.PerformanceEstimate] = {}
    for group in groups:
        for place in group.places:
            found[place] = _timed(group, asked[place])
    return models_service_pb2.EstimatePerformanceResponse(estimates=[found[place] for place in range(len(asked))])


def _timed(group: Group, asked: Asked) -> models_service_pb2.PerformanceEstimate:
    if group.question is None:
        return models_service_pb2.PerformanceEstimate(error=group.error)
    try:
        return speed_to_proto(speed_of(asked, group.question))
    except ValueError as problem:
        return models_service_pb2.PerformanceEstimate(error=str(problem))


def speed_to_proto(speed: Speed) -> models_service_pb2.PerformanceEstimate:
    """Return an estimate of speed for the wire."""
    return models_service_pb2.PerformanceEstimate(
        tokens_per_second=speed.tokens_per_s,
        tokens_per_second_per_request=speed.tokens_per_s_per_request,
        time_to_first_token_ms=None if speed.first_token_s is None else speed.first_token_s * 1000,
        requests_per_second=speed.requests_per_s,
        request_latency_ms=None if speed.request_s is None else speed.request_s * 1000,
        prefill_tokens_per_second=speed.prefill_tokens_per_s,
        saturated_tokens_per_second=speed.saturated_tokens_per_s,
        saturated_concurrency=speed.saturated_concurrency,
        units_per_second=speed.units_per_s,
        unit=speed.unit,
        samples_per_second=speed.samples_per_s,
        training_hours=speed.training_hours,
        bound_by=speed.bound_by,
        basis=_BASES[speed.basis],
        error_factor=speed.error_factor,
        assumptions=[sizing_pb2.Assumption(field=a.field, value=a.value, reason=a.why) for a in speed.assumptions],
        formula=speed.formula,
    )
