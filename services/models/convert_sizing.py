"""Wire and domain of sizing, translated: cases in, memory and speed out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from libs.errors import Violations
from libs.provenance import Provenance
from libs.rpc.convert import provenance_to_proto
from services.models import convert
from services.models.domain.filters import GIB
from services.models.domain.model import Architecture, Model
from services.models.domain.shaping import input_edge, published, shape_of
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
_WHOLE: Final = frozenset(
    {"context_tokens", "concurrency", "prompt_tokens", "output_tokens", "batch_size", "lora_rank", "image_size"}
)
_NO_DIMENSIONS: Final = Architecture()
_SHAPE_FIELDS: Final = tuple(ModelShape.__dataclass_fields__)
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
    engine: str


def asked_from_proto(cases: list[models_service_pb2.SizingCase], *, need_gpu: bool) -> list[Asked]:
    """Return the cases of a request. Raises InvalidInputError naming every bad field."""
    bad = Violations()
    if not cases:
        bad.add("cases", "is empty; must have at least one")
    if len(cases) > MAX_CASES:
        bad.add("cases", f"has {len(cases)}; must have at most {MAX_CASES}")
    gpus: dict[bytes, GpuShape] = {}
    found = [_asked(c, f"cases[{i}]", bad, gpus, need_gpu=need_gpu) for i, c in enumerate(cases[:MAX_CASES])]
    bad.raise_if_any()
    return found


def _asked(
    case: models_service_pb2.SizingCase, at: str, bad: Violations, gpus: dict[bytes, GpuShape], *, need_gpu: bool
) -> Asked:
    convert.check_text(case.model_id, f"{at}.model_id", bad, limit=400)
    dimensions = {field.name: value for field, value in case.architecture.ListFields()}
    parameters = case.parameters if case.HasField("parameters") else None
    if not case.model_id.strip() and parameters is None and not dimensions:
        bad.add(f"{at}.model_id", "is empty; name a model, or give parameters or an architecture")
    if parameters is not None and not 0 < parameters < 10**15:
        bad.add(f"{at}.parameters", f"is {parameters}; must be 1 to 10^15")
    for name, value in dimensions.items():
        if isinstance(value, int) and not 0 <= value <= 10**9:
            bad.add(f"{at}.architecture.{name}", f"is {value}; must be 0 to 10^9")
    if not 0 <= case.gpu_count <= _MAX_GPUS:
        bad.add(f"{at}.gpu_count", f"is {case.gpu_count}; must be 0 (meaning as many as needed) to {_MAX_GPUS}")
    architecture = Architecture(**dimensions) if dimensions else _NO_DIMENSIONS
    said = {field.name: value for field, value in case.usage.ListFields()}
    _check_usage(said, f"{at}.usage", bad)
    return Asked(
        model_id=case.model_id.strip(),
        parameters=parameters,
        stated=shape_of(architecture=architecture, parameters=parameters, active=None, task=case.task),
        usage=Usage(
            workload=_WORKLOADS.get(said.get("workload", 0), "inference"),
            precision=said.get("precision", ""),
            kv_precision=said.get("kv_precision", ""),
            context_tokens=said.get("context_tokens"),
            concurrency=said.get("concurrency"),
            batch_size=said.get("batch_size"),
            optimizer=said.get("optimizer", "").lower(),
            zero_stage=said.get("zero_stage"),
            checkpointing=said.get("activation_checkpointing"),
            lora_rank=said.get("lora_rank"),
            image_size=said.get("image_size"),
        ),
        gpu=_gpu(case, at, bad, gpus, need_gpu=need_gpu),
        gpus=case.gpu_count,
        prompt_tokens=said.get("prompt_tokens"),
        output_tokens=said.get("output_tokens"),
        samples=said.get("samples"),
        tokens=said.get("tokens"),
        epochs=said.get("epochs", 1.0),
        engine=said.get("engine", ""),
    )


def _check_usage(said: Mapping[str, Any], at: str, bad: Violations) -> None:
    """Note what is wrong with the fields of a usage that are set."""
    if said.get("workload", 0) not in _WORKLOADS:
        bad.add(f"{at}.workload", f"is {said['workload']}; must be a named Workload")
    for name in ("precision", "kv_precision"):
        if name in said and find_precision(said[name]) is None:
            bad.add(f"{at}.{name}", f"is {said[name][:60]!r}; must be one such as bf16, fp8, int4 or Q4_K_M")
    convert.check_text(said.get("engine", ""), f"{at}.engine", bad, limit=100)
    if "optimizer" in said and said["optimizer"].lower() not in OPTIMIZERS:
        known = ", ".join(sorted(OPTIMIZERS))
        bad.add(f"{at}.optimizer", f"is {said['optimizer'][:60]!r}; must be one of {known}")
    for name in said.keys() & _WHOLE:
        if not 1 <= said[name] <= 2**30:
            bad.add(f"{at}.{name}", f"is {said[name]}; must be 1 to {2**30}")
    for name in said.keys() & {"samples", "tokens"}:
        if said[name] < 1:
            bad.add(f"{at}.{name}", f"is {said[name]}; must be 1 or more")
    if "epochs" in said and not 0 < said["epochs"] < 1e6:
        bad.add(f"{at}.epochs", f"is {said['epochs']:g}; must be above 0 and below 10^6")
    if "zero_stage" in said and not 0 <= said["zero_stage"] <= 3:
        bad.add(f"{at}.zero_stage", f"is {said['zero_stage']}; must be 0 to 3")


def _gpu(
    case: models_service_pb2.SizingCase, at: str, bad: Violations, known: dict[bytes, GpuShape], *, need_gpu: bool
) -> GpuShape | None:
    """Return the GPU of a case; known holds those of the cases before, for most cases share a few."""
    if not case.HasField("gpu"):
        if need_gpu:
            bad.add(f"{at}.gpu", "is not set; speed is estimated for a GPU")
        return None
    if need_gpu and case.gpu_count == 0:
        bad.add(f"{at}.gpu_count", "is 0; speed is estimated for a stated number of GPUs, 1 or more")
    key = case.gpu.SerializeToString(deterministic=True)
    if key in known:
        return known[key]
    before = len(bad.found)
    said = {field.name: value for field, value in case.gpu.ListFields()}
    memory = said.get("memory_gib", 0.0)
    if not (math.isfinite(memory) and 0 < memory < 1e6):
        bad.add(f"{at}.gpu.memory_gib", f"is {memory:g}; must be above 0, in GiB")
    for name in _GPU_NUMBERS:
        if name in said and not (math.isfinite(said[name]) and 0 < said[name] < 1e9):
            bad.add(f"{at}.gpu.{name}", f"is {said[name]:g}; must be above 0, or unset where unknown")
    gpu = GpuShape(
        name=case.gpu.gpu_type,
        memory_gib=memory,
        bandwidth_gbps=said.get("memory_bandwidth_gbps"),
        fp16_tflops=said.get("fp16_tflops"),
        fp8_tflops=said.get("fp8_tflops"),
        fp4_tflops=said.get("fp4_tflops"),
        interconnect_gbps=said.get("interconnect_gbps"),
        vendor=case.gpu.vendor,
        compute_capability=case.gpu.compute_capability,
    )
    if len(bad.found) == before:
        known[key] = gpu
    return gpu


def case_of(asked: Asked, model: Model | None, known: ModelShape | None) -> Case:
    """Return the case to size: the model's known shape, with the request's dimensions where the record lacks them."""
    shape, usage = asked.stated, asked.usage
    if model is not None and known is not None:
        gaps = {
            name: value
            for name in _SHAPE_FIELDS
            if getattr(known, name) is None and (value := getattr(asked.stated, name)) is not None
        }
        shape = replace(known, **gaps) if gaps else known
        own = _own_precision(model) if usage.workload == "inference" and not usage.precision else ""
        edge = input_edge(model) if usage.image_size is None else None
        if own or edge:
            usage = replace(usage, precision=own or usage.precision, image_size=edge or usage.image_size)
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


@lru_cache(maxsize=4_096)
def assumption_to_proto(assumption: Assumption) -> sizing_pb2.Assumption:
    """Return a value that was assumed, for the wire."""
    return sizing_pb2.Assumption(field=assumption.field, value=assumption.value, reason=assumption.why)
