"""The ways in which a training run may be carried out as it was described: over GPUs, and by what was not said.

What follows from a plan alone is kept, so that it is worked out once for all models that are trained so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

from services.models.domain.sizing.capacity import GPU_COUNTS
from services.models.domain.sizing.cases import Usage
from services.models.domain.sizing.frameworks import ALONE, GENERIC, POLICIES, framework_of
from services.models.domain.sizing.shapes import PICTURE_TOKENS, PICTURES, GpuShape
from services.models.domain.sizing.terms import Assumption
from services.models.domain.sizing.training_plan import FULLY_SHARDED, TrainingPlan

TRAINER_BATCH: Final = 8
"""Samples a step on one GPU by default in transformers' trainer (per_device_train_batch_size)."""
BY_EIGHT: Final = f"{TRAINER_BATCH} samples a step, the default of transformers"
_POLICY_BATCH: Final = 32
_BY_POLICIES: Final = f"{_POLICY_BATCH} samples a step, the default of openpi"
KEPT: Final = "activations kept, as recomputing was not said"
_EAGER: Final = "attention that is not fused, as in transformers of 2023 and where a model's code says so"
WIDE: Final = "norms at 32 bit, which make hidden states so, as PEFT prepares models that bitsandbytes quantised"
_MASTERS = "32-bit weights under mixed precision, as transformers loads them where it is not told to load 16-bit ones"
_ADAM: Final = "Adam with the state of 16-bit weights, where a configuration does not choose an 8-bit one"
ON_GPU: Final = "inputs of layers kept on the GPU, with the logits, as Unsloth does by plain gradient checkpointing"
_APART: Final = "an update after the backward pass, which gradient accumulation needs"
_GRADIENTS_SHARDED: Final = 2
"""The stage of ZeRO that shards gradients and the optimizer's state, and leaves weights whole."""
COMMON_GPU: Final = GpuShape("", 80)
"""The GPU that training is taken to run on where none was named."""
STAGE_2: Final = Assumption(
    "zero_stage", str(_GRADIENTS_SHARDED), "not said; usual where each GPU holds all weights (else full sharding)"
)
_WHOLE: Final = "gradients accumulated whole and heads untied, as LitGPT does over FSDP"


@lru_cache(maxsize=256)
def counts_for(plan: TrainingPlan) -> tuple[int, ...]:
    """Return the counts of GPUs to try."""
    return tuple(n for n in GPU_COUNTS if n % plan.tensor_parallel == 0)


@lru_cache(maxsize=256)
def with_copies(plan: TrainingPlan) -> TrainingPlan:
    """Return the plan with a copy on each GPU."""
    return replace(plan, zero_stage=0)


@lru_cache(maxsize=256)
def with_whole_weights(plan: TrainingPlan) -> TrainingPlan | None:
    """Return the plan of full training at ZeRO stage 2, as scripts of model families have it where a GPU holds all
    weights; None where a stage was said, or 16-bit weights alone, which DeepSpeed does not train, or the framework
    named shards in a way of its own.
    """
    unsaid = plan.method == "full" and plan.zero_stage is None and plan.mixed is not False
    free = unsaid and (_is_free(plan) or plan.framework.zero)
    return replace(plan, zero_stage=_GRADIENTS_SHARDED) if free and plan.copies > 1 else None


@lru_cache(maxsize=1024)
def with_one_sample(plan: TrainingPlan) -> TrainingPlan:
    """Return the plan with one sample a step on each GPU."""
    return replace(plan, batch_size=1)


@lru_cache(maxsize=256)
def plan_of(usage: Usage, gpus: int, *, steers: bool = False) -> TrainingPlan:
    """Return the plan that a use describes, on so many GPUs or (0) on one, or on as many as it splits tensors over.
    steers: whether the model is a policy that steers a robot, which frameworks of their own train.
    """
    framework = framework_of(usage.engine)
    if not framework.name:
        framework = framework_of(POLICIES) if steers else ALONE if gpus == 1 else framework
    tensor = usage.tensor_parallel or 1
    return TrainingPlan(
        method=usage.workload,
        gpus=gpus or tensor,
        precision=usage.precision,
        mixed=says_mixed(usage.precision),
        fsdp=usage.zero_stage == FULLY_SHARDED and not framework.zero,
        framework=framework,
        optimizer=usage.optimizer,
        zero_stage=usage.zero_stage,
        batch_size=usage.batch_size,
        sequence=usage.context_tokens,
        checkpointing=usage.checkpointing,
        lora_rank=usage.lora_rank,
        tensor_parallel=tensor,
        trainable=usage.trainable,
        offload_optimizer=bool(usage.offload),
        offload_parameters=usage.offload == "parameters",
    )


def says_mixed(precision: str) -> bool | None:
    """Return whether the words for a precision ask for 32-bit master weights or against them; None where they say
    neither.
    """
    words = precision.lower()
    if re.search(r"\b(true|pure)\b|pure_", words):
        return False
    return True if re.search(r"mixed|\bamp\b", words) else None


@lru_cache(maxsize=1024)
def settled_on(plan: TrainingPlan, gpus: int) -> tuple[TrainingPlan, tuple[Assumption, ...]]:
    """Return the plan on so many GPUs, sharded fully where several share it and nothing else was said, and the note."""
    plan = replace(plan, gpus=gpus)
    if gpus == 1 or plan.zero_stage is not None:
        return plan, ()
    why = "not said; full sharding (FSDP), since one GPU does not hold it or several were asked for"
    plan = replace(plan, zero_stage=FULLY_SHARDED, fsdp=True)
    return plan, (Assumption("zero_stage", str(FULLY_SHARDED), why),)


@lru_cache(maxsize=1024)
def graver_defaults(plan: TrainingPlan, *, described: bool) -> Mapping[str, TrainingPlan]:
    """Return the plan with what was not said as the verdict has it: by who knows the frameworks' defaults alone, and
    where the run was described.
    """
    others = {}
    if described:
        others[KEPT] = replace(plan, checkpointing=False)
    if described and _may_keep_whole_gradients(plan):
        others[_WHOLE] = _keeping_whole_gradients(plan)
    if plan.framework is ALONE and plan.method in ("full", "freeze") and plan.mixed is None:
        others[_MASTERS] = replace(plan, mixed=True, checkpointing=False if described else plan.checkpointing)
    return others


@lru_cache(maxsize=1024)
def other_defaults(
    plan: TrainingPlan, *, decoder: bool, steers: bool = False, sees: bool = False
) -> Mapping[str, TrainingPlan]:
    """Return the plan with one thing that was not said as some trainers have it by default, by what that is. sees:
    whether samples hold pictures, clips or sounds.
    """
    others, free = {}, _is_free(plan)
    kept = False if is_described(plan) else plan.checkpointing
    if plan.checkpointing is None and plan.framework.checkpointing is None:
        others[KEPT] = replace(plan, checkpointing=False)
    if plan.batch_size is None:
        why, batch = (_BY_POLICIES, _POLICY_BATCH) if steers else (BY_EIGHT, TRAINER_BATCH)
        others[why] = replace(plan, batch_size=batch)
    if sees and plan.sequence is None:
        others[PICTURES] = replace(plan, sequence=PICTURE_TOKENS)
    if decoder and not plan.framework.fused:
        others[_EAGER] = replace(plan, fused_attention=False, checkpointing=kept)
    if plan.framework.upcasts is None and (plan.method == "qlora" or (plan.method == "lora" and plan.precision)):
        others[WIDE] = replace(plan, framework=replace(plan.framework, upcasts=True))
    loaded = plan.framework.as_loaded and not plan.framework.pure_unsharded
    if loaded and plan.mixed is None and plan.method == "full":
        others[_MASTERS] = replace(plan, mixed=True)
    if plan.framework.optimizer != GENERIC.optimizer and not plan.optimizer and plan.method == "full":
        others[_ADAM] = replace(plan, optimizer=f"{GENERIC.optimizer}_fused")
    if plan.framework.hosts_inputs:
        others[ON_GPU] = _plainly_recomputed(plan)
    if plan.framework.fuses_step:
        others[_APART] = replace(plan, framework=replace(plan.framework, fuses_step=False))
    if free and plan.offload_parameters:
        others["weights come from the host as in DeepSpeed"] = replace(plan, framework=framework_of("deepspeed"))
    if _may_keep_whole_gradients(plan):
        others[_WHOLE] = _keeping_whole_gradients(plan)
    return others


def _is_free(plan: TrainingPlan) -> bool:
    """Return whether sharding may be any library's: no framework was named, or one that leaves it to others."""
    return plan.framework.as_loaded or not plan.framework.name


def _plainly_recomputed(plan: TrainingPlan) -> TrainingPlan:
    return replace(plan, framework=replace(plan.framework, hosts_inputs=False, head_bytes=2.0, rebuilt=GENERIC.rebuilt))


def _may_keep_whole_gradients(plan: TrainingPlan) -> bool:
    """Return whether a run over several GPUs may be one that keeps whole gradients: fully sharded, by no framework."""
    sharded = plan.copies > 1 and plan.zero_stage == FULLY_SHARDED
    return sharded and plan.method == "full" and _is_free(plan)


def _keeping_whole_gradients(plan: TrainingPlan) -> TrainingPlan:
    return replace(plan, framework=replace(plan.framework, whole_gradients=True, unties=True))


def is_described(plan: TrainingPlan) -> bool:
    """Return whether a run was described without a word on recomputing activations, by itself or through a framework.

    Who names neither micro-batch nor length leaves the run to the answer, which says what it assumed.
    """
    if plan.checkpointing is not None or plan.framework.checkpointing is not None or _saves_memory(plan):
        return False
    return plan.batch_size is not None or plan.sequence is not None


def _saves_memory(plan: TrainingPlan) -> bool:
    """Return whether gradients or weights are sharded or offloaded by request: who saves memory so recomputes too."""
    return plan.offload_optimizer or (plan.zero_stage or 0) > 1
