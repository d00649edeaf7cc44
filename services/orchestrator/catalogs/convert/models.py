"""Models, memory and speed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from libs.errors import Violation
from libs.provenance import Provenance
from libs.rpc.convert import provenance_from_proto
from services.orchestrator.domain.candidates import (
    FoundModels,
    GpuType,
    MemoryEstimate,
    ModelCandidate,
    PerformanceEstimate,
)
from services.orchestrator.domain.planning.asks import ModelAsk, SizingCase, UseOfModel
from stack8s.models.v1 import model_pb2, sizing_pb2
from stack8s.models.v1 import models_service_pb2 as pb

VCPU_GBPS: Final = 4.0
"""Memory bandwidth that a virtual CPU of a cloud server can count on: 307 GB/s of a socket of 12 channels DDR5-4800,
or 205 of one of 8 channels DDR4-3200, shared by 64 to 128 hardware threads whose neighbours are not all busy."""
VCPU_MEMORY_GIB: Final = 4.0
"""Memory beside a virtual CPU; what a model needs is told by its memory, not by its speed."""
VCPU_TFLOPS: Final = 0.06
"""Peak of a virtual CPU, half a core of 3 GHz: 48 GFLOPS with AVX2, 96 with AVX-512."""
_LICENSES: Final = {
    model_pb2.LICENSE_CLASS_UNSPECIFIED: "unknown",
    model_pb2.LICENSE_CLASS_COMMERCIAL: "commercial",
    model_pb2.LICENSE_CLASS_ATTRIBUTION: "attribution",
    model_pb2.LICENSE_CLASS_RESEARCH_ONLY: "research_only",
    model_pb2.LICENSE_CLASS_UNKNOWN: "unknown",
}
_COMMERCIAL: Final = (model_pb2.LICENSE_CLASS_COMMERCIAL, model_pb2.LICENSE_CLASS_ATTRIBUTION)
_WORKLOADS: Final = {
    "inference": sizing_pb2.WORKLOAD_INFERENCE,
    "full": sizing_pb2.WORKLOAD_TRAIN_FULL,
    "lora": sizing_pb2.WORKLOAD_TRAIN_LORA,
    "qlora": sizing_pb2.WORKLOAD_TRAIN_QLORA,
}
_ASSUMED: Final = {
    "kv_precision": "Keys and values of the attention are kept at {value}.",
    "batch_size": "Samples in a training step on each GPU: {value}.",
    "optimizer": "Optimiser: {value}.",
    "lora_rank": "Adapters have rank {value}.",
    "image_size": "Inputs have an edge of {value} pixels or voxels.",
    "sequence_length": "Memory is reckoned for sequences of {value} residues.",
}
"""Assumptions of sizing that users can judge, in words."""
_BASES: Final = {
    sizing_pb2.FIGURE_BASIS_UNSPECIFIED: "",
    sizing_pb2.FIGURE_BASIS_MEASURED: "measured",
    sizing_pb2.FIGURE_BASIS_PUBLISHED: "published",
    sizing_pb2.FIGURE_BASIS_MODELLED: "modelled",
}


def model_ask_to_proto(ask: ModelAsk) -> pb.SearchModelsRequest:
    """Return the search for the wire."""
    wish = pb.ModelFilter(tasks=() if ask.name else ask.tasks)
    if ask.license == "commercial_ok":
        wish.license_classes.extend(_COMMERCIAL)
    elif ask.license == "open_source":
        wish.open_source_only = True
    elif ask.license:
        wish.licenses.append(ask.license)
    if ask.parameters_b:
        wish.parameters_b_min, wish.parameters_b_max = ask.parameters_b
    return pb.SearchModelsRequest(
        query=ask.query,
        name=ask.name,
        filter=wish,
        page_size=ask.limit,
        relevance_weight=ask.relevance_weight,
        conditions_in_filter=True,  # the requirements agent has read the words, also of what a plan may relax
    )


def models_from_proto(answer: pb.SearchModelsResponse, ask: ModelAsk) -> FoundModels:
    """Return what a search found from the wire."""
    return FoundModels(
        models=tuple(model_from_proto(result, ask) for result in answer.results), notes=tuple(answer.notes)
    )


def unknown_values(ask: ModelAsk, violations: Sequence[Violation]) -> FoundModels:
    """Return that nothing was found, as the catalogue refused values of the filter that mean nothing to it."""
    fields = {violation.field.partition("[")[0] for violation in violations}
    said = {"filter.licenses": f"licence {ask.license}", "filter.tasks": f"task {', '.join(ask.tasks)}"}
    near = next((p for v in violations for p in v.description.split("; ") if p.startswith("near it")), "")
    return FoundModels(
        notes=tuple(
            f"It knows no {what}{f'; {near}' if near else ''}." for field, what in said.items() if field in fields
        )
    )


def model_from_proto(result: pb.ModelResult, ask: ModelAsk) -> ModelCandidate:
    """Return a model from the wire; what it was asked for goes with it."""
    model = result.model
    context = model.architecture.context_tokens if model.architecture.HasField("context_tokens") else None
    return ModelCandidate(
        model_id=model.model_id,
        task=model.task,
        license=model.license.license_id,
        license_class=_LICENSES[model.license.license_class],
        open_source=model.license.open_source,
        license_note=model.license.note,
        license_asked=ask.license or "",
        parameters=model.parameters if model.HasField("parameters") else None,
        context_tokens=context,
        downloads=model.downloads if model.HasField("downloads") else None,
        likes=model.likes if model.HasField("likes") else None,
        published=model.create_time.ToDatetime().date() if model.HasField("create_time") else None,
        precision=model.precision,
        relevance=result.score,
        library=model.library,
        gated=model.gated,
        quantized=model.relation == model_pb2.RELATION_QUANTIZED,
        adapter=model.relation == model_pb2.RELATION_ADAPTER,
        about=" ".join((model.summary, *model.tags)),
        passage=result.passage,
        wished_as=ask.name,
        purpose=ask.purpose,
        languages=tuple(model.languages),
        provenance=provenance_from_proto(model.provenance),
    )


def assumed(field: str, value: str) -> str:
    """Return an assumption of sizing in words; empty for what only sizing itself needs to know."""
    words = _ASSUMED.get(field, "")
    return words.format(value={"bf16": "16 bit", "fp16": "16 bit", "fp8": "8 bit"}.get(value, value)) if words else ""


def memory_request(cases: Sequence[SizingCase], use: UseOfModel) -> pb.EstimateMemoryRequest:
    """Return the cases for the wire."""
    return pb.EstimateMemoryRequest(cases=[_case(c, use) for c in cases])


def speed_request(cases: Sequence[SizingCase], use: UseOfModel) -> pb.EstimatePerformanceRequest:
    """Return the cases for the wire."""
    return pb.EstimatePerformanceRequest(cases=[_case(c, use) for c in cases])


def memory_from_proto(estimate: pb.MemoryEstimate, case: SizingCase, use: UseOfModel) -> MemoryEstimate:
    """Return an estimate from the wire. A case that fits no number of GPUs has gpus 0."""
    return MemoryEstimate(
        model_id=case.model_id,
        precision=case.precision,
        method=use.method,
        gpu_type=case.gpu.name if case.gpu else "",
        gpus=estimate.gpus_needed if estimate.fits else 0,
        tensor_parallel=max(1, estimate.tensor_parallel),
        pipeline_parallel=max(1, estimate.pipeline_parallel),
        per_gpu_gib=estimate.per_gpu_gib,
        total_gib=estimate.total_gib,
        headroom_gib=estimate.headroom_gib,
        borderline=estimate.fits and estimate.borderline,
        error=estimate.error_band,
        risk=_risk(estimate),
        basis=_BASES[estimate.basis],
        assumptions=tuple(text for a in estimate.assumptions if (text := assumed(a.field, a.value))),
        provenance=provenance_from_proto(estimate.provenance),
    )


def _risk(estimate: pb.MemoryEstimate) -> str:
    """Return how much other settings that nobody named take, and which; empty where sizing tells of none."""
    told = (a for a in estimate.assumptions if a.field == "fits" and a.value.startswith("up to"))
    return next((f"{a.value} ({a.reason.rpartition('does not fit: ')[2]})" for a in told), "")


def speed_from_proto(
    estimate: pb.PerformanceEstimate, case: SizingCase, use: UseOfModel, *, source: Provenance
) -> PerformanceEstimate:
    """Return an estimate from the wire; source is the record of the model that it rests on."""
    timed = estimate.HasField("training_hours") and (use.samples is not None or use.tokens is not None)
    return PerformanceEstimate(
        model_id=case.model_id,
        precision=case.precision,
        gpu_type=case.gpu.name if case.gpu else "",
        gpus=case.gpus or case.vcpus,
        tokens_per_second=estimate.tokens_per_second if estimate.HasField("tokens_per_second") else None,
        requests_per_second=estimate.requests_per_second if estimate.HasField("requests_per_second") else None,
        units_per_second=estimate.units_per_second if estimate.HasField("units_per_second") else None,
        unit=estimate.unit,
        time_to_first_token_ms=estimate.time_to_first_token_ms if estimate.HasField("time_to_first_token_ms") else None,
        request_latency_ms=estimate.request_latency_ms if estimate.HasField("request_latency_ms") else None,
        run_hours=round(estimate.training_hours, 2) if timed else None,
        basis=_BASES[estimate.basis],
        error_factor=estimate.error_factor or None,
        provenance=source,
    )


def _case(case: SizingCase, use: UseOfModel) -> pb.SizingCase:
    usage = sizing_pb2.Usage(
        workload=_workload(case, use),
        precision=case.precision,
        context_tokens=use.context_tokens,
        prompt_tokens=use.prompt_tokens,
        output_tokens=use.output_tokens,
        concurrency=case.concurrency or use.concurrency,
        samples=use.samples,
        tokens=use.tokens,
        epochs=use.epochs,
        batch_size=use.batch_size,
        activation_checkpointing=use.recomputes or None,
        engine=_engine(case, use),
        optimizer=use.optimizer,
    )
    gpu = _shape(case.gpu) if case.gpu else _cpus(case.vcpus) if case.vcpus else None
    return pb.SizingCase(model_id=case.model_id, usage=usage, gpu=gpu, gpu_count=1 if case.vcpus else case.gpus)


def _engine(case: SizingCase, use: UseOfModel) -> str:
    """Return the engine in the words of sizing. The program of a language model's run loads bf16 weights and trains
    those; of fp16 it keeps 32-bit weights beside, which is what sizing takes where no framework is named.
    """
    if use.engine != "trl":
        return use.engine
    return "trl dtype=bfloat16" if case.precision == "bf16" else "" if use.method == "full" else use.engine


def _workload(case: SizingCase, use: UseOfModel) -> sizing_pb2.Workload:
    """Adapters over 4-bit weights are QLoRA."""
    quantised = use.method == "lora" and case.precision in ("int4", "nf4", "fp4")
    return sizing_pb2.WORKLOAD_TRAIN_QLORA if quantised else _WORKLOADS[use.method]


def _cpus(vcpus: int) -> sizing_pb2.GpuShape:
    """Return the CPUs of a machine as the one device that they are for the speed of a model."""
    return sizing_pb2.GpuShape(
        gpu_type=f"{vcpus} vCPU",
        memory_gib=vcpus * VCPU_MEMORY_GIB,
        memory_bandwidth_gbps=vcpus * VCPU_GBPS,
        fp16_tflops=vcpus * VCPU_TFLOPS,
        vendor="cpu",
    )


def _shape(gpu: GpuType) -> sizing_pb2.GpuShape:
    return sizing_pb2.GpuShape(
        gpu_type=gpu.name,
        memory_gib=gpu.memory_gib,
        memory_bandwidth_gbps=gpu.bandwidth_gbps,
        fp16_tflops=gpu.tflops.get("bf16") or gpu.tflops.get("fp16"),
        fp8_tflops=gpu.tflops.get("fp8"),
        fp4_tflops=gpu.tflops.get("fp4"),
        interconnect_gbps=gpu.interconnect_gbps,
        vendor=gpu.vendor,
        compute_capability=gpu.compute_capability,
    )
