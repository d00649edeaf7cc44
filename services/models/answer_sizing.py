"""What sizing found, for the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from libs.rpc.convert import provenance_to_proto
from services.models.cases import Asked
from services.models.domain.sizing import GIB, Assumption, Basis, GpuShape, MemoryEstimate, Question, Sized
from services.models.domain.sizing.steps import side_by_side
from services.models.domain.speed import Speed
from services.models.sizing import Group, speed_of
from stack8s.models.v1 import models_service_pb2, sizing_pb2

_BASES: Final[Mapping[Basis, sizing_pb2.FigureBasis]] = {
    Basis.MEASURED: sizing_pb2.FIGURE_BASIS_MEASURED,
    Basis.PUBLISHED: sizing_pb2.FIGURE_BASIS_PUBLISHED,
    Basis.MODELLED: sizing_pb2.FIGURE_BASIS_MODELLED,
}


_UNHELD: Final = "not said; as many as are tried, and they do not hold it"


class _Put(NamedTuple):
    """A question as it is put to so many GPUs of one type, by the cases in these places."""

    question: Question
    gpu: GpuShape | None
    gpus: int
    places: list[int]


def memory_answer(groups: Iterable[Group], asked: Sequence[Asked]) -> models_service_pb2.EstimateMemoryResponse:
    """Return the memory of each case in its place, or why there is none."""
    groups = list(groups)
    puts = [put for group in groups if group.question is not None for put in _puts(group.question, group.places, asked)]
    sized = side_by_side([put.question.steps(put.gpu, put.gpus) for put in puts])
    response = models_service_pb2.EstimateMemoryResponse()
    wires = [response.estimates.add() for _ in asked]
    answer = _Answer()
    for put, one in zip(puts, sized, strict=True):
        answer.put(wires, put, one)
    for group in groups:
        if group.question is None:
            for place in group.places:
                wires[place].error = group.error
        else:
            _provide(wires, group)
    return response


def _puts(question: Question, places: Sequence[int], asked: Sequence[Asked]) -> Iterable[_Put]:
    """Return a question as the cases in these places put it: what several ask alike once."""
    found = dict[tuple[int, int], _Put]()
    for place in places:
        gpu, gpus = asked[place].gpu, asked[place].gpus
        found.setdefault((id(gpu), gpus), _Put(question, gpu, gpus, [])).places.append(place)
    return found.values()


def _provide(wires: Sequence[models_service_pb2.MemoryEstimate], group: Group) -> None:
    """Say of each answer where the facts of its model are from."""
    stated_by = wired = None
    for place, provenance in zip(group.places, group.provenances, strict=True):
        wire = wires[place]
        if provenance is None or wire.error:
            continue
        if wired is None or provenance is not stated_by:
            stated_by, wired = provenance, provenance_to_proto(provenance)
        wire.provenance.CopyFrom(wired)


class _Answer:
    """Answers on the wire. What does not depend on the GPU is built once for all that share it, and copied."""

    def __init__(self) -> None:
        self._built: dict[tuple[int, bool, bool], models_service_pb2.MemoryEstimate] = {}

    def put(self, wires: Sequence[models_service_pb2.MemoryEstimate], put: _Put, sized: Sized | ValueError) -> None:
        """Fill in an answer for all who ask it."""
        first, *others = put.places
        wire = wires[first]
        if isinstance(sized, ValueError):
            wire.error = str(sized)
        else:
            self._share(wire, put, sized)
            _judge(wire, sized)
        for place in others:
            wires[place].CopyFrom(wire)

    def _share(self, wire: models_service_pb2.MemoryEstimate, put: _Put, sized: Sized) -> None:
        """Set what does not depend on the GPU."""
        estimate, capacity = sized
        unheld = capacity is not None and not capacity.gpus and not put.gpus
        # An estimate keeps its identity, since all that was sized is alive.
        built = self._built.setdefault((id(estimate), capacity is not None, unheld), wire)
        if built is not wire:
            wire.CopyFrom(built)
            return
        _fill(wire, estimate, put.question.case.notes)
        if unheld:
            wire.assumptions.add(field="gpu_count", value=str(len(estimate.shares)), reason=_UNHELD)


def _judge(wire: models_service_pb2.MemoryEstimate, sized: Sized) -> None:
    """Set what each GPU takes, and the verdict where there is one."""
    estimate, capacity = sized
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
