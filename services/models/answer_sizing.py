"""What sizing found, for the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from libs.provenance import Provenance
from libs.rpc.convert import provenance_to_proto
from services.models.domain.filters import GIB
from services.models.domain.sizing import Assumption, Basis, MemoryEstimate, Sized
from services.models.domain.speed import Speed
from stack8s.models.v1 import models_service_pb2, sizing_pb2

_BASES: Final[Mapping[Basis, sizing_pb2.FigureBasis]] = {
    Basis.MEASURED: sizing_pb2.FIGURE_BASIS_MEASURED,
    Basis.PUBLISHED: sizing_pb2.FIGURE_BASIS_PUBLISHED,
    Basis.MODELLED: sizing_pb2.FIGURE_BASIS_MODELLED,
}


_UNHELD: Final = "not said; as many as are tried, and they do not hold it"


class MemoryAnswer:
    """The answer to EstimateMemory. What cases share (one model on many GPUs) is built once and copied."""

    def __init__(self) -> None:
        self.response = models_service_pb2.EstimateMemoryResponse()
        self._built: dict[tuple[int, int, int, bool], models_service_pb2.MemoryEstimate] = {}

    def add_error(self, error: str) -> None:
        """Answer the next case with why it has no estimate."""
        self.response.estimates.add(error=error)

    def add(self, sized: Sized, *, notes: tuple[Assumption, ...] = (), provenance: Provenance | None) -> None:
        """Answer the next case. notes: what was taken from the model's record. The caller keeps what it adds until all
        is added, for it is known by identity.
        """
        estimate, capacity = sized.estimate, sized.capacity
        wire = self.response.estimates.add()
        unheld = capacity is not None and not capacity.gpus
        key = (id(estimate), id(notes), id(provenance), unheld)
        built = self._built.get(key)
        if built is not None:
            wire.CopyFrom(built)
        else:
            _fill(wire, estimate, notes)
            if unheld:
                wire.assumptions.add(field="gpu_count", value=str(len(estimate.shares)), reason=_UNHELD)
            if provenance is not None:
                wire.provenance.CopyFrom(provenance_to_proto(provenance))
            self._built[key] = wire
        split = capacity.split if capacity else estimate.split
        per_gpu = capacity.per_gpu_bytes if capacity and capacity.per_gpu_bytes else estimate.per_gpu_bytes
        wire.per_gpu_gib = per_gpu / GIB
        wire.tensor_parallel, wire.pipeline_parallel = split.tensor, split.pipeline
        wire.gpus_needed = capacity.gpus if capacity else 0
        wire.fits = capacity.fits if capacity else False
        wire.headroom_gib = capacity.headroom_bytes / GIB if capacity else 0.0
        wire.max_context_tokens = capacity.max_context_tokens if capacity else 0
        wire.max_concurrency = capacity.max_concurrency if capacity else 0
        wire.usable_gib = capacity.usable_bytes / GIB if capacity else 0.0
        wire.borderline = capacity.is_borderline(estimate.error) if capacity else False


def _fill(wire: models_service_pb2.MemoryEstimate, estimate: MemoryEstimate, notes: tuple[Assumption, ...]) -> None:
    """Set what does not depend on the GPU. Adding in place spares protobuf a copy of each part."""
    wire.total_gib = estimate.total_bytes / GIB
    wire.basis, wire.error_band = _BASES[estimate.basis], estimate.error
    wire.precision, wire.context_tokens = estimate.precision, estimate.context_tokens
    wire.concurrency = estimate.concurrency
    add_term, add_assumption = wire.terms.add, wire.assumptions.add
    for t in estimate.terms:
        add_term(name=t.name, memory_gib=t.bytes / GIB, formula=t.formula, source=t.source)
    for a in (*notes, *estimate.assumptions):
        add_assumption(field=a.field, value=a.value, reason=a.why)


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
        samples_per_second=speed.samples_per_s,
        training_hours=speed.training_hours,
        bound_by=speed.bound_by,
        basis=_BASES[speed.basis],
        error_factor=speed.error_factor,
        assumptions=[sizing_pb2.Assumption(field=a.field, value=a.value, reason=a.why) for a in speed.assumptions],
        formula=speed.formula,
    )
