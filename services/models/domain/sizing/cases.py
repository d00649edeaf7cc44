"""One question, one answer: this model, used so, on this GPU. The form that the service and the planner ask in bulk."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from services.models.domain.sizing.capacity import GPU_COUNTS, Capacity, fits, size_on, usable_bytes
from services.models.domain.sizing.demand import PREFILL_CHUNK, WHOLE_PROMPTS, demand
from services.models.domain.sizing.diffusion import ImageJob, estimate_diffusion, estimate_diffusion_training
from services.models.domain.sizing.engines import engine_of
from services.models.domain.sizing.estimates import MemoryEstimate, published_estimate
from services.models.domain.sizing.frameworks import framework_of
from services.models.domain.sizing.inference import ask_for, estimate_inference, serving_estimate
from services.models.domain.sizing.shapes import GpuShape, ModelShape
from services.models.domain.sizing.terms import Assumption, Basis
from services.models.domain.sizing.training import estimate_training
from services.models.domain.sizing.training_plan import TrainingPlan
from services.models.domain.sizing.vision import VisionJob, estimate_vision

INFERENCE: Final = "inference"
_VISION: Final = frozenset({"cnn", "unet3d", "pair"})
_FULLY_SHARDED: Final = 3


@dataclass(frozen=True, slots=True)
class Published:
    """A requirement that a record states: bytes over all GPUs, measured by a source or published by the maker."""

    bytes: float
    basis: Basis
    source: str


@dataclass(frozen=True, slots=True)
class Usage:
    """How the model is used. None, 0 or empty is not said.

    workload: inference, full, lora, qlora, freeze or adapter. engine: the serving engine or training framework.
    offload: what waits in host memory, optimizer or parameters (then the optimizer too). trainable: parameters that
    are trained.
    """

    workload: str = INFERENCE
    precision: str = ""
    kv_precision: str = ""
    context_tokens: int | None = None
    concurrency: int | None = None
    batch_size: int | None = None
    optimizer: str = ""
    zero_stage: int | None = None
    checkpointing: bool | None = None
    lora_rank: int | None = None
    image_size: int | None = None
    frames: int | None = None
    engine: str = ""
    offload: str = ""
    tensor_parallel: int | None = None
    trainable: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A model, its use, the GPU (None: one device, no verdict) and how many (0: the fewest that fit)."""

    shape: ModelShape
    usage: Usage = Usage()
    gpu: GpuShape | None = None
    gpus: int = 0
    published: Published | None = None


@dataclass(frozen=True, slots=True)
class Sized:
    """The estimate and, where a GPU was named, what that GPU makes of it."""

    estimate: MemoryEstimate
    capacity: Capacity | None


def size(case: Case) -> Sized:
    """Return the memory of the case and the verdict on its GPU. Raises ValueError for inputs that make no sense."""
    shape, usage = case.shape, case.usage
    if usage.workload == INFERENCE and shape.arch not in _VISION and shape.arch != "diffusion":
        sized = _serve(case)
    elif shape.arch in _VISION or shape.arch == "diffusion":
        estimate = _pixels(shape, usage)
        sized = Sized(estimate, _single(estimate, case.gpu, training=usage.workload != INFERENCE))
    else:
        sized = _train(case)
    if case.published is None:
        return sized
    stated = published_estimate(sized.estimate, case.published.bytes, case.published.basis, case.published.source)
    capacity = sized.capacity
    if case.gpu and capacity:
        # A stated requirement means a card of that size, so it needs no margin of ours.
        need, room = max(stated.per_gpu_bytes, 0.0), case.gpu.memory_bytes
        capacity = replace(capacity, fits=need <= room, per_gpu_bytes=need, headroom_bytes=room - need)
    return Sized(stated, capacity)


def size_all(cases: Iterable[Case]) -> list[Sized | ValueError]:
    """Return the answer of each case in its place; a case that makes no sense is answered by its error."""
    answers: list[Sized | ValueError] = []
    for case in cases:
        try:
            answers.append(size(case))
        except ValueError as error:
            answers.append(error)
    return answers


def _serve(case: Case) -> Sized:
    shape, usage = case.shape, case.usage
    engine = engine_of(usage.engine)
    chunk = WHOLE_PROMPTS if engine.whole_prompts else PREFILL_CHUNK
    if case.gpu is None:
        estimate = estimate_inference(
            shape,
            precision=usage.precision,
            kv_precision=usage.kv_precision,
            context_tokens=usage.context_tokens,
            concurrency=usage.concurrency,
            gpus=case.gpus or 1,
            by_layers=engine.by_layers,
            prefill_tokens=chunk,
        )
        return Sized(estimate, None)
    ask = ask_for(
        usage.precision,
        usage.kv_precision,
        usage.context_tokens,
        usage.concurrency,
        causal=shape.causal,
        longest=shape.context,
        prefill_tokens=chunk,
    )
    load = ask.load
    needs = demand(shape, precision=ask.precision, kv_precision=ask.kv_precision)
    capacity = size_on(
        needs,
        case.gpu,
        context_tokens=load.context_tokens,
        concurrency=load.concurrency,
        gpus=case.gpus,
        chunk=chunk,
        by_layers=engine.by_layers,
    )
    return Sized(serving_estimate(needs, capacity.split, ask), capacity)


def _train(case: Case) -> Sized:
    """Return the estimate on the stated GPUs, or on the fewest that hold it.

    Adapters over several GPUs are replicated where one GPU holds them; all else is sharded fully.
    """
    usage = case.usage
    framework = framework_of(usage.engine)
    least = usage.tensor_parallel or 1
    plan = TrainingPlan(
        method=usage.workload,
        gpus=case.gpus or least,
        precision=usage.precision,
        mixed=_mixed(usage.precision),
        fsdp=usage.zero_stage == _FULLY_SHARDED and not framework.buckets,
        framework=framework,
        optimizer=usage.optimizer,
        zero_stage=usage.zero_stage,
        batch_size=usage.batch_size,
        sequence=usage.context_tokens,
        checkpointing=usage.checkpointing,
        lora_rank=usage.lora_rank,
        tensor_parallel=least,
        trainable=usage.trainable,
        offload_optimizer=bool(usage.offload),
        offload_parameters=usage.offload == "parameters",
    )
    if case.gpus and usage.workload != "full" and usage.zero_stage is None:
        estimate = estimate_training(case.shape, replace(plan, gpus=case.gpus))
        if case.gpu is None or fits(estimate.per_gpu_bytes, case.gpu, training=True):
            return Sized(estimate, _single(estimate, case.gpu, training=True, stated=True))
    counts = (case.gpus,) if case.gpus else tuple(n for n in GPU_COUNTS if n % least == 0) if case.gpu else (least,)
    for count in counts:
        estimate = _trained(case.shape, plan, count)
        if case.gpu is None or fits(estimate.per_gpu_bytes, case.gpu, training=True):
            break
        if plan.batch_size is None and estimate.concurrency > 1:
            note = Assumption("batch_size", "1", f"not said; {estimate.concurrency} do not fit on each GPU")
            estimate = _trained(case.shape, replace(plan, batch_size=1), count)
            estimate = replace(estimate, assumptions=(note, *estimate.assumptions))
            if fits(estimate.per_gpu_bytes, case.gpu, training=True):
                break
    return Sized(estimate, _single(estimate, case.gpu, training=True, stated=bool(case.gpus)))


def _mixed(precision: str) -> bool | None:
    """Return whether the words for a precision ask for 32-bit master weights or against them; None where they say
    neither.
    """
    words = precision.lower()
    if re.search(r"\b(true|pure)\b|pure_", words):
        return False
    return True if re.search(r"mixed|\bamp\b", words) else None


@lru_cache(maxsize=8192)
def _trained(shape: ModelShape, plan: TrainingPlan, gpus: int) -> MemoryEstimate:
    if gpus == 1 or plan.zero_stage is not None:
        return estimate_training(shape, replace(plan, gpus=gpus))
    estimate = estimate_training(shape, replace(plan, gpus=gpus, zero_stage=_FULLY_SHARDED, fsdp=True))
    why = "not said; full sharding (FSDP), since one GPU does not hold it or several were asked for"
    return replace(estimate, assumptions=(Assumption("zero_stage", str(_FULLY_SHARDED), why), *estimate.assumptions))


def _pixels(shape: ModelShape, usage: Usage) -> MemoryEstimate:
    training = usage.workload != INFERENCE
    if shape.arch != "diffusion":
        job = VisionJob(size=usage.image_size, batch=usage.batch_size or usage.concurrency)
        return estimate_vision(
            shape, precision=usage.precision, job=job, training=training, optimizer=usage.optimizer or "adamw"
        )
    batch = usage.batch_size or usage.concurrency or 1
    image = ImageJob(size=usage.image_size, frames=usage.frames, batch=batch, offload=usage.offload == "parameters")
    if not training:
        return estimate_diffusion(shape, precision=usage.precision, job=image)
    method = "full" if usage.workload == "full" else "lora"
    return estimate_diffusion_training(
        shape,
        method=method,
        precision=usage.precision,
        optimizer=usage.optimizer or "adamw",
        job=image,
        checkpointing=bool(usage.checkpointing),
    )


def _single(estimate: MemoryEstimate, gpu: GpuShape | None, *, training: bool, stated: bool = False) -> Capacity | None:
    if gpu is None:
        return None
    room, need = usable_bytes(gpu, training=training), estimate.per_gpu_bytes
    good = need <= room
    gpus = len(estimate.shares) if good or stated else 0
    return Capacity(gpus, estimate.split, good, need, room - need, 0, 0)
