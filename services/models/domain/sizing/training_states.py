"""What one GPU holds of a model in training before any sample is seen: weights, gradients and the optimizer's state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from services.models.domain.sizing import weights
from services.models.domain.sizing.architecture import Complete
from services.models.domain.sizing.optimizers import MASTER, Optimizer
from services.models.domain.sizing.precision import Precision
from services.models.domain.sizing.terms import Assumption
from services.models.domain.sizing.training_plan import (
    DEFAULT_RANK,
    FROZEN_LAYERS,
    FULLY_SHARDED,
    TrainingPlan,
    adapter_parameters,
    on_attention_alone,
)
from services.models.domain.sizing.training_settings import Settings

_LIVE_PARAMETERS: Final = 1e9
"""Parameters DeepSpeed keeps on the GPU at most when weights live on the host (stage3_max_live_parameters)."""
_SUB_GROUP: Final = 1e9
"""Parameters that it updates at once at stage 3 (sub_group_size)."""
_BUCKET_BYTES: Final = 9.0
"""DeepSpeed overlaps communication through 4.5 buffers of 16-bit elements (its ZeRO configuration, overlap_comm)."""


class States(NamedTuple):
    """Bytes on one GPU before activations. step: copies of gradients that the optimizer makes as it runs; update: what
    it makes in their place, once the activations are gone. trained:
    parameters that are; adapters: bytes that these add to the weights; gradient_bytes, state_bytes: for each of them,
    before sharding.
    """

    weights: float
    gradients: float
    optimizer: float
    gathered: float
    buckets: float
    step: float
    upcast: float
    update: float
    trained: float
    adapters: float
    gradient_bytes: float
    state_bytes: float


def _trained(model: Complete, plan: TrainingPlan) -> float:
    """Return the parameters that are trained."""
    if plan.trainable is not None and plan.trainable > model.parameters:
        raise ValueError(
            f"trainable_parameters is {plan.trainable:,.0f}; it must be at most the model's {model.parameters:,.0f}"
        )
    if plan.lora_rank is not None and plan.lora_rank > model.hidden:
        raise ValueError(f"lora_rank is {plan.lora_rank:,}; it must be at most the model's width, {model.hidden:,.0f}")
    if plan.method == "full":
        return model.parameters
    if plan.trainable is not None:
        return plan.trainable
    if plan.method == "freeze":
        return min(FROZEN_LAYERS * model.layer_parameters, model.parameters)
    return adapter_parameters(model, rank=plan.lora_rank or DEFAULT_RANK)


def trained_notes(model: Complete, plan: TrainingPlan, trained: float) -> Iterator[Assumption]:
    """Yield how many parameters are trained where neither the method nor the plan says."""
    if plan.method == "full" or plan.trainable is not None:
        return
    if plan.method == "freeze":
        why = f"not said; the last {FROZEN_LAYERS} layers"
    else:
        where = "query and value" if on_attention_alone(model.shape.arch) else "every linear layer"
        why = f"rank {plan.lora_rank or DEFAULT_RANK} on {where}"
        if model.shape.experts:
            why += ", those of every expert too; adapters on the attention alone are far smaller"
    yield Assumption("trainable", f"{trained:.3g}", why)


def _step_bytes(plan: TrainingPlan, stage: int, trained: float) -> float:
    """Return what ZeRO's step takes beside 16-bit gradients: a GPU's own share of them in one piece, and at 32 bit; at
    stage 3 of one group of parameters after another (sub_group_size).
    """
    if plan.offload_optimizer or plan.fsdp or not stage or (stage == 3 and not plan.framework.zero):
        return 0.0
    share = trained / plan.copies / plan.tensor_parallel
    return (2.0 + 4.0) * (min(share, _SUB_GROUP) if stage == 3 else share)


def _update_bytes(plan: TrainingPlan, optimizer: Optimizer, stage: int, state: float) -> float:
    """Return what the optimizer makes at its step where PyTorch's own runs: alone, over copies and under FSDP. state:
    bytes of one value for each trained parameter, less those of the 16-bit weights that autocast makes for a pass.
    """
    if plan.offload_optimizer or plan.framework.fuses_step or (stage and not plan.fsdp):
        return 0.0
    return optimizer.temporary * state / (plan.copies if stage else 1) / plan.tensor_parallel


def states_of(model: Complete, settings: Settings) -> States:
    """Return weights, gradients and optimizer state on one GPU. Raises ValueError for more trained ones than it has."""
    plan, precision, optimizer = settings.plan, settings.precision, settings.optimizer
    stage, copies, tensor = plan.zero_stage or 0, plan.copies, plan.tensor_parallel
    trained, width = _trained(model, plan), settings.width
    base = weights.weight_bytes(model, precision)
    if plan.framework.unties and model.shape.tied_embeddings:
        twin = model.embedding_parameters * max(width, 2.0)
        base, trained = base + twin, trained + (twin / width if plan.method == "full" else 0.0)
    gradient = trained * settings.gradient_bytes
    state = trained * settings.state_bytes + (trained * MASTER if settings.masters else 0.0)
    adapters = trained * settings.trained_width if plan.method in ("lora", "qlora", "adapter") else 0.0
    base += adapters
    sharded = stage == FULLY_SHARDED and copies > 1
    held, gathered = _held_weights(model, plan, precision, base, sharded=sharded)
    gradients = _held_gradients(model, plan, optimizer, stage, gradient, base if sharded else None)
    states = 0.0 if plan.offload_optimizer else state / copies if stage >= 1 else state
    return States(
        held / tensor,
        gradients / tensor,
        states / tensor,
        gathered / tensor,
        _buckets(model, plan, stage, gradient, width),
        _step_bytes(plan, stage, trained) if settings.masters else 0.0,
        model.embedding_parameters * 2.0 / tensor if settings.upcasts else 0.0,
        _update_bytes(plan, optimizer, stage, trained * settings.value_bytes),
        trained,
        adapters,
        gradient / trained,
        state / trained,
    )


def _held_weights(
    model: Complete, plan: TrainingPlan, precision: Precision, whole: float, *, sharded: bool
) -> tuple[float, float]:
    """Return the bytes that a GPU keeps of whole weights, and those of others that it gathers to work with.

    Sharding and offloading move parameters; scales beside them stay whole on each GPU (bitsandbytes, FSDP-QLoRA).
    """
    if not (sharded or plan.offload_parameters):
        return whole, 0.0
    scales = weights.constant_bytes(model, precision)
    own = 0.0 if plan.offload_parameters else (whole - scales) / plan.copies
    return own + scales, _gathered(model, plan, precision)


def _gathered(model: Complete, plan: TrainingPlan, precision: Precision) -> float:
    """Return the bytes of whole weights, and of their gradients, on a GPU that holds only a share of them.

    Two layers, one at work and one on its way; embeddings and output head, which FSDP gathers with the outermost unit
    for the whole step. DeepSpeed keeps weights that come from the host up to its limit of live parameters, and fetches
    the next matrix on top of them: at most an embedding. What came from the host is a GPU's own share, beside the whole
    that is gathered from all shares.
    """
    layer = model.layer_parameters * min(precision.bytes, 2.0)
    head = model.embedding_parameters * 2.0
    gathered = 2 * layer + head + (layer + head if plan.method == "full" else 0.0)
    if plan.offload_parameters and plan.framework.buckets:
        largest = max(model.vocab * model.hidden, model.layer_parameters)
        live = (min(_LIVE_PARAMETERS, model.parameters) + largest) * min(precision.bytes, 4.0)
        gathered = max(gathered, live * (1 + 1 / plan.copies))
    return gathered


def updates_by_layer(plan: TrainingPlan, optimizer: Optimizer) -> bool:
    """Return whether each layer is updated within the backward pass, so that only its own gradients are kept."""
    return plan.method == "full" and (optimizer.by_layer or (plan.framework.fuses_step and plan.gpus == 1))


def _held_gradients(
    model: Complete, plan: TrainingPlan, optimizer: Optimizer, stage: int, gradient: float, sharded: float | None
) -> float:
    """Return the bytes of gradients that a GPU keeps. gradient: of all together; sharded: those of the weights where
    stage 3 shards them, else None.
    """
    if plan.offload_optimizer:
        return 0.0
    held = gradient / plan.copies if stage >= 2 else gradient
    if sharded is not None and plan.framework.whole_gradients:
        held = sharded
    return held / model.layers if updates_by_layer(plan, optimizer) else held


def _buckets(model: Complete, plan: TrainingPlan, stage: int, gradient: float, width: float) -> float:
    """Return the buffers through which copies exchange gradients: DDP flattens a copy of all of them; ZeRO 1 and 2
    overlap communication through buckets; at stage 3 the layers at work are the buffers.
    """
    if plan.copies == 1:
        # ZeRO 3 moves gradients to the host through one buffer even on a single GPU (contiguous_gradients).
        through = plan.framework.buckets and (stage == 3 or plan.offload_parameters)
        return plan.framework.bucket * width if through else 0.0
    if stage == 0:
        return gradient / plan.tensor_parallel
    if stage == 3:
        return _BUCKET_BYTES * plan.framework.bucket / 2 if plan.framework.buckets and not plan.fsdp else 0.0
    return 0.0 if plan.fsdp else _BUCKET_BYTES * min(plan.framework.bucket, model.parameters / plan.tensor_parallel)
