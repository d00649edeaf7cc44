"""Wire and domain of sizing, translated: cases in, memory and speed out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from libs.errors import Violations
from libs.provenance import Provenance
from libs.rpc.convert import provenance_to_proto
from services.models import convert
from services.models.domain.filters import GIB
from services.models.domain.model import Model
from services.models.domain.shaping import input_edge, published, shape_of, shape_of_model
from services.models.domain.sizing import Assumption, Basis, Case, GpuShape, ModelShape, Sized, Usage, find_precision
from services.models.domain.sizing.optimizers import OPTIMIZERS
from services.models.domain.speed import Speed
from stack8s.models.v1 import models_service_pb2, sizing_pb2

MAX_CASES: Final = 2_000
_MAX_GPUS: Final = 16_384
_WORKLOADS: Final[Mapping[int, str]] = {
    sizing_pb2.WORKLOAD_UNSPECIFIED: "inference",
    sizing_pb2.WORKLOAD_INFERENCE: "inference",
    sizing_pb2.WORKLOAD_TRAIN_FULL: "full",
    sizing_pb2.WORKLOAD_TRAIN_LORA: "lora",
    sizing_pb2.WORKLOAD_TRAIN_QLORA: "qlora",
    sizing_pb2.WORKLOAD_TRAIN_FREEZE: "freeze",
}
_BASES: Final[Mapping[Basis, sizing_pb2.FigureBasis]] = {
    Basis.MEASURED: sizing_pb2.FIGURE_BASIS_MEASURED,
    Basis.PUBLISHED: sizing_pb2.FIGURE_BASIS_PUBLISHED,
    Basis.MODELLED: sizing_pb2.FIGURE_BASIS_MODELLED,
}
_WHOLE: Final = (
    "context_tokens",
    "concurrency",
    "prompt_tokens",
    "output_tokens",
    "batch_size",
    "lora_rank",
    "image_size",
)
_GPU_NUMBERS: Final = (
    "memory_bandwidth_gbps",
    "fp16_tflops",
    "fp8_tflops",
    "fp4_tflops",
    "interconnect_gbps",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One case of a request, before its model is looked up."""

    model_id: str
    parameters: int | None
    stated: ModelShape
    """Of the dimensions in the request."""
    usage: Usage
    gpu: GpuShape | None
    gpus: int
    prompt_tokens: int | None
    output_tokens: int | None
    samples: int | None
    tokens: int | None
    epochs: float


def asked_from_proto(cases: list[models_service_pb2.SizingCase], *, need_gpu: bool) -> list[Asked]:
    """Return the cases of a request. Raises InvalidInputError naming every bad field."""
    bad = Violations()
    if not cases:
        bad.add("cases", "is empty; must have at least one")
    if len(cases) > MAX_CASES:
        bad.add("cases", f"has {len(cases)}; must have at most {MAX_CASES}")
    found = [_asked(case, f"cases[{i}]", bad, need_gpu=need_gpu) for i, case in enumerate(cases[:MAX_CASES])]
    bad.raise_if_any()
    return found


def _asked(case: models_service_pb2.SizingCase, at: str, bad: Violations, *, need_gpu: bool) -> Asked:
    usage = case.usage
    convert.check_text(case.model_id, f"{at}.model_id", bad, limit=400)
    has_shape = case.HasField("parameters") or case.architecture.ByteSize() > 0
    if not case.model_id.strip() and not has_shape:
        bad.add(f"{at}.model_id", "is empty; name a model, or give parameters or an architecture")
    if case.HasField("parameters") and not 0 < case.parameters < 10**15:
        bad.add(f"{at}.parameters", f"is {case.parameters}; must be 1 to 10^15")
    for name in convert.DIMENSIONS:
        if case.architecture.HasField(name) and not 0 <= getattr(case.architecture, name) <= 10**9:
            bad.add(f"{at}.architecture.{name}", f"is {getattr(case.architecture, name)}; must be 0 to 10^9")
    if usage.workload not in _WORKLOADS:
        bad.add(f"{at}.usage.workload", f"is {usage.workload}; must be a named Workload")
    for name in ("precision", "kv_precision"):
        value = getattr(usage, name)
        if value and find_precision(value) is None:
            bad.add(f"{at}.usage.{name}", f"is {value[:60]!r}; must be one such as bf16, fp8, int4 or Q4_K_M")
    if usage.optimizer and usage.optimizer.lower() not in OPTIMIZERS:
        known = ", ".join(sorted(OPTIMIZERS))
        bad.add(f"{at}.usage.optimizer", f"is {usage.optimizer[:60]!r}; must be one of {known}")
    for name in _WHOLE:
        if usage.HasField(name) and not 1 <= getattr(usage, name) <= 2**30:
            bad.add(f"{at}.usage.{name}", f"is {getattr(usage, name)}; must be 1 to {2**30}")
    for name in ("samples", "tokens"):
        if usage.HasField(name) and getattr(usage, name) < 1:
            bad.add(f"{at}.usage.{name}", f"is {getattr(usage, name)}; must be 1 or more")
    if usage.HasField("epochs") and not 0 < usage.epochs < 1e6:
        bad.add(f"{at}.usage.epochs", f"is {usage.epochs:g}; must be above 0 and at most 10^6")
    if usage.HasField("zero_stage") and not 0 <= usage.zero_stage <= 3:
        bad.add(f"{at}.usage.zero_stage", f"is {usage.zero_stage}; must be 0 to 3")
    if not 0 <= case.gpu_count <= _MAX_GPUS:
        bad.add(f"{at}.gpu_count", f"is {case.gpu_count}; must be 0 (meaning as many as needed) to {_MAX_GPUS}")
    gpu = _gpu(case, at, bad, need_gpu=need_gpu)
    architecture = convert.architecture_from_proto(case.architecture)
    return Asked(
        model_id=case.model_id.strip(),
        parameters=case.parameters if case.HasField("parameters") else None,
        stated=shape_of(
            architecture=architecture,
            parameters=case.parameters if case.HasField("parameters") else None,
            active=None,
            task=case.task,
        ),
        usage=Usage(
            workload=_WORKLOADS.get(usage.workload, "inference"),
            precision=usage.precision,
            kv_precision=usage.kv_precision,
            context_tokens=usage.context_tokens if usage.HasField("context_tokens") else None,
            concurrency=usage.concurrency if usage.HasField("concurrency") else None,
            batch_size=usage.batch_size if usage.HasField("batch_size") else None,
            optimizer=usage.optimizer.lower(),
            zero_stage=usage.zero_stage if usage.HasField("zero_stage") else None,
            checkpointing=usage.activation_checkpointing if usage.HasField("activation_checkpointing") else None,
            lora_rank=usage.lora_rank if usage.HasField("lora_rank") else None,
            image_size=usage.image_size if usage.HasField("image_size") else None,
        ),
        gpu=gpu,
        gpus=case.gpu_count,
        prompt_tokens=usage.prompt_tokens if usage.HasField("prompt_tokens") else None,
        output_tokens=usage.output_tokens if usage.HasField("output_tokens") else None,
        samples=usage.samples if usage.HasField("samples") else None,
        tokens=usage.tokens if usage.HasField("tokens") else None,
        epochs=usage.epochs if usage.HasField("epochs") else 1.0,
    )


def _gpu(case: models_service_pb2.SizingCase, at: str, bad: Violations, *, need_gpu: bool) -> GpuShape | None:
    if not case.HasField("gpu"):
        if need_gpu:
            bad.add(f"{at}.gpu", "is not set; speed is estimated for a GPU")
        return None
    if need_gpu and case.gpu_count == 0:
        bad.add(f"{at}.gpu_count", "is 0; speed is estimated for a stated number of GPUs, 1 or more")
    gpu = case.gpu
    if not (math.isfinite(gpu.memory_gib) and 0 < gpu.memory_gib < 1e6):
        bad.add(f"{at}.gpu.memory_gib", f"is {gpu.memory_gib:g}; must be above 0, in GiB")
    numbers = {name: getattr(gpu, name) if gpu.HasField(name) else None for name in _GPU_NUMBERS}
    for name, value in numbers.items():
        if value is not None and not (math.isfinite(value) and 0 < value < 1e9):
            bad.add(f"{at}.gpu.{name}", f"is {value:g}; must be above 0, or unset where unknown")
    return GpuShape(
        name=gpu.gpu_type,
        memory_gib=gpu.memory_gib,
        bandwidth_gbps=numbers["memory_bandwidth_gbps"],
        fp16_tflops=numbers["fp16_tflops"],
        fp8_tflops=numbers["fp8_tflops"],
        fp4_tflops=numbers["fp4_tflops"],
        interconnect_gbps=numbers["interconnect_gbps"],
        vendor=gpu.vendor,
        compute_capability=gpu.compute_capability,
    )


def case_of(asked: Asked, model: Model | None) -> Case:
    """Return the case to size: the model's shape, with the request's dimensions where the record lacks them."""
    shape, usage = asked.stated, asked.usage
    if model is not None:
        known = shape_of_model(model)
        gaps = {
            name: getattr(asked.stated, name)
            for name in known.__dataclass_fields__
            if getattr(known, name) is None and getattr(asked.stated, name) is not None
        }
        shape = replace(known, **gaps)
        if usage.image_size is None:
            usage = replace(usage, image_size=input_edge(model))
        if not usage.precision and usage.workload == "inference":
            usage = replace(usage, precision=_own_precision(model))
    stated = published(model, shape, usage) if model else None
    return Case(shape, usage, asked.gpu, asked.gpus, stated)


def _own_precision(model: Model) -> str:
    """Return the published precision of a model, where sizing knows it."""
    names = [model.precision]
    if model.quantization is not None:
        names = [model.quantization.gguf_type.split(",")[0], model.quantization.method, model.precision]
    return next((n for n in names if n and find_precision(n) is not None), "")


def memory_to_proto(sized: Sized, *, provenance: Provenance | None) -> models_service_pb2.MemoryEstimate:
    """Return an estimate of memory for the wire."""
    estimate, capacity = sized.estimate, sized.capacity
    split = capacity.split if capacity else estimate.split
    return models_service_pb2.MemoryEstimate(
        total_gib=estimate.total_bytes / GIB,
        per_gpu_gib=(capacity.per_gpu_bytes if capacity and capacity.per_gpu_bytes else estimate.per_gpu_bytes) / GIB,
        terms=[
            sizing_pb2.MemoryTerm(name=t.name, memory_gib=t.bytes / GIB, formula=t.formula, source=t.source)
            for t in estimate.terms
        ],
        assumptions=[assumption_to_proto(a) for a in estimate.assumptions],
        basis=_BASES[estimate.basis],
        error_band=estimate.error,
        gpus_needed=capacity.gpus if capacity else 0,
        tensor_parallel=split.tensor,
        pipeline_parallel=split.pipeline,
        fits=capacity.fits if capacity else False,
        headroom_gib=capacity.headroom_bytes / GIB if capacity else 0.0,
        max_context_tokens=capacity.max_context_tokens if capacity else 0,
        max_concurrency=capacity.max_concurrency if capacity else 0,
        precision=estimate.precision,
        context_tokens=estimate.context_tokens,
        concurrency=estimate.concurrency,
        provenance=provenance_to_proto(provenance) if provenance else None,
    )


def speed_to_proto(speed: Speed) -> models_service_pb2.PerformanceEstimate:
    """Return an estimate of speed for the wire."""
    return models_service_pb2.PerformanceEstimate(
        tokens_per_second=speed.tokens_per_s,
        tokens_per_second_per_request=speed.tokens_per_s_per_request,
        time_to_first_token_ms=None if speed.first_token_s is None else speed.first_token_s * 1000,
        requests_per_second=speed.requests_per_s,
        request_latency_ms=None if speed.request_s is None else speed.request_s * 1000,
        samples_per_second=speed.samples_per_s,
        training_hours=speed.training_hours,
        bound_by=speed.bound_by,
        basis=_BASES[speed.basis],
        error_factor=speed.error_factor,
        assumptions=[assumption_to_proto(a) for a in speed.assumptions],
        formula=speed.formula,
    )


def assumption_to_proto(assumption: Assumption) -> sizing_pb2.Assumption:
    """Return a value that was assumed, for the wire."""
    return sizing_pb2.Assumption(field=assumption.field, value=assumption.value, reason=assumption.why)
