"""The memory of a case and the verdict on its GPU, whatever the kind of model and use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Final

from services.models.domain.sizing.capacity import size_on
from services.models.domain.sizing.cases import INFERENCE, Case, Sized, Usage
from services.models.domain.sizing.demand import BATCHES, BATCHES_WITH_LOGITS, CHUNKS, WHOLE, Passes, demand
from services.models.domain.sizing.diffusion import ImageJob, estimate_diffusion, estimate_diffusion_training
from services.models.domain.sizing.engines import engine_of
from services.models.domain.sizing.estimates import published_estimate
from services.models.domain.sizing.inference import ask_for, estimate_inference, serving_estimate
from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.terms import GIB, Assumption
from services.models.domain.sizing.training_runs import Judged, judged_by, size_training
from services.models.domain.sizing.vision import VisionJob, estimate_vision

_ONE_IMAGE: Final = Assumption("batch_size", "1", "not said; one image or clip at a time")
_ALL_WEIGHTS: Final = Assumption("trainable", "all", "not modelled for such networks: sized as all weights")
_VISION: Final = frozenset({"cnn", "unet3d", "pair"})


def size(case: Case) -> Sized:
    """Return the memory of the case and the verdict on its GPU. Raises ValueError for inputs that make no sense."""
    shape, usage = case.shape, case.usage
    if usage.workload == INFERENCE and shape.arch not in _VISION and shape.arch != "diffusion":
        sized = _serve(case)
    elif shape.arch in _VISION or shape.arch == "diffusion":
        sized = _pixels(shape, usage).on(case.gpu, stated=False)
    else:
        sized = size_training(case)
    if case.published is None:
        return sized
    stated = published_estimate(sized.estimate, case.published.bytes, case.published.basis, case.published.source)
    capacity = sized.capacity
    if case.gpu and capacity:
        # A stated requirement means a card of that size, so it needs no margin of ours.
        need, room = max(stated.per_gpu_bytes, 0.0), case.gpu.memory_bytes
        capacity = capacity._replace(
            fits=need <= room, per_gpu_bytes=need, headroom_bytes=room - need, usable_bytes=room
        )
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
    passes = BATCHES if engine.whole_prompts else CHUNKS
    if case.gpu is None:
        estimate = estimate_inference(
            shape,
            precision=usage.precision,
            kv_precision=usage.kv_precision,
            context_tokens=usage.context_tokens,
            concurrency=usage.concurrency,
            gpus=case.gpus or 1,
            by_layers=engine.by_layers,
            passes=passes,
        )
        return Sized(estimate, None)
    ask = ask_for(
        usage.precision,
        usage.kv_precision,
        usage.context_tokens,
        usage.concurrency,
        causal=shape.causal,
        longest=shape.context,
        passes=passes,
        engine=usage.engine,
    )
    load = ask.load
    needs = demand(shape, precision=ask.precision, kv_precision=ask.kv_precision)
    judged, why = _judged_passes(usage.engine, load.context_tokens, passes) if shape.causal else (passes, "")
    capacity = size_on(
        needs,
        case.gpu,
        context_tokens=load.context_tokens,
        concurrency=load.concurrency,
        gpus=case.gpus,
        passes=judged,
        by_layers=engine.by_layers,
    )
    estimate = serving_estimate(needs, capacity.split, ask)
    if judged is passes:
        return Sized(estimate, capacity)
    note = Assumption("fits", f"judged on {capacity.per_gpu_bytes / GIB:.1f} GiB a GPU", why)
    return Sized(estimate.noting(note), capacity._replace(per_gpu_bytes=estimate.per_gpu_bytes))


def _judged_passes(engine: str, context_tokens: int, passes: Passes) -> tuple[Passes, str]:
    """Return the passes that the verdict counts, and why where they are larger: a "fits" must hold on whatever engine,
    or release of it, was not ruled out.
    """
    if passes is BATCHES:
        return BATCHES_WITH_LOGITS, "transformers before 4.45 keeps the logits of every prompt token, and a 32-bit copy"
    if not engine and context_tokens > CHUNKS.chunk:
        return WHOLE, "the engine was not said; some pass a prompt whole and keep the logits of all its tokens"
    return passes, ""


def _pixels(shape: ModelShape, usage: Usage) -> Judged:
    """Return the estimate of a network over pixels, voxels or residues, and what the verdict counts."""
    training = usage.workload != INFERENCE
    if shape.arch != "diffusion":
        job = VisionJob(size=usage.image_size, batch=usage.batch_size or usage.concurrency)
        estimate = estimate_vision(
            shape, precision=usage.precision, job=job, training=training, optimizer=usage.optimizer or "adamw"
        )
        if training and usage.workload != "full":
            estimate = estimate.noting(_ALL_WEIGHTS)
        return Judged(estimate, estimate.per_gpu_bytes)
    batch = usage.batch_size or usage.concurrency
    image = ImageJob(
        size=usage.image_size, frames=usage.frames, batch=batch or 1, offload=usage.offload == "parameters"
    )
    if not training:
        estimate = estimate_diffusion(shape, precision=usage.precision, job=image)
        return Judged(estimate if batch else estimate.noting(_ONE_IMAGE), estimate.per_gpu_bytes)
    train = partial(
        estimate_diffusion_training,
        shape,
        method="full" if usage.workload == "full" else "lora",
        precision=usage.precision,
        optimizer=usage.optimizer or "adamw",
        job=image,
    )
    estimate = train(checkpointing=usage.checkpointing)
    judged = judged_by(estimate, train(checkpointing=False)) if batch and usage.checkpointing is None else None
    judged = judged or Judged(estimate, estimate.per_gpu_bytes)
    return judged if batch else replace(judged, estimate=judged.estimate.noting(_ONE_IMAGE))
