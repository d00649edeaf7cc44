"""Memory to train a model: weights, gradients, optimizer state and saved activations, over a sharding.

State per parameter under mixed precision and Adam is 16 bytes, divided over the data-parallel GPUs by stage as in ZeRO
(Rajbhandari et al., arXiv:1910.02054): 4 + 12/N at stage 1, 2 + 14/N at stage 2, 16/N at stage 3 (FSDP full sharding).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from services.models.domain.sizing import activations, weights
from services.models.domain.sizing.architecture import Complete, complete
from services.models.domain.sizing.demand import LINK_BYTES
from services.models.domain.sizing.estimates import MemoryEstimate
from services.models.domain.sizing.frameworks import GENERIC
from services.models.domain.sizing.optimizers import optimizer_of
from services.models.domain.sizing.parallelism import Split, refusal
from services.models.domain.sizing.precision import Precision, precision_of
from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.terms import Assumption
from services.models.domain.sizing.training_formulas import Held, Passing, Run
from services.models.domain.sizing.training_plan import (
    FROZEN_LAYERS,
    RECOGNISERS_WHY,
    TrainingPlan,
    default_sequence,
    on_attention_alone,
    recomputes,
    widens,
)
from services.models.domain.sizing.training_states import states_of

_STEP_TOKENS: Final = 4096
"""Tokens to which an unsaid micro-batch fills a step on one GPU, where several share the state."""
_FOUR_BIT: Final = {"int4": "nf4", "nvfp4": "fp4-bnb"}
"""What four bits mean under QLoRA: the formats of bitsandbytes."""


def estimate_training(shape: ModelShape, plan: TrainingPlan) -> MemoryEstimate:
    """Return the memory to train the model so, for all GPUs together and for each.

    Raises ValueError for a precision, optimizer or split that is not known or allowed.
    """
    return run_of(complete(shape), plan).estimate()


def run_of(model: Complete, plan: TrainingPlan) -> Run:
    """Return the run of this plan, in numbers. Raises ValueError as `estimate_training`."""
    held = held_by(model, plan)
    return passed_by(held, held.plan)


def held_by(model: Complete, plan: TrainingPlan) -> Held:
    """Return what a GPU holds by this plan, with its sharding settled. Raises ValueError as `estimate_training`."""
    settings, notes = list[Assumption](), list[Assumption]()
    precision = precision_of(plan.precision or _default_precision(model.shape, plan, settings))
    if plan.method == "qlora":
        precision = precision_of(_FOUR_BIT.get(precision.name, precision.name))
    optimizer = optimizer_of(plan.optimizer or _usual_optimizer(plan, settings))
    problem = refusal(model, Split(plan.tensor_parallel, 1))
    if problem:
        raise ValueError(problem)
    plan = _sharded(plan, settings)
    states = states_of(model, plan, precision, optimizer, plan.zero_stage or 0, notes)
    saved = activations.saved_per_token(
        model,
        trained=_kept_inputs(model.shape, plan, precision),
        value_bytes=4.0 if precision.name == "fp32" and plan.mixed is not True else 2.0,
        hidden_bytes=4.0 if widens(plan, precision) else None,
        tensor_parallel=plan.tensor_parallel,
    )
    return Held(model, plan, precision, optimizer, states, saved, settings, notes)


def passed_by(held: Held, plan: TrainingPlan) -> Run:
    """Return the run by the plan of what is held, or by one that differs from it in how samples pass alone."""
    model, shape = held.model, held.model.shape
    sequence = default_sequence(shape) if plan.sequence is None else plan.sequence
    batch = _usual_batch(plan, sequence) if plan.batch_size is None else plan.batch_size
    adapts = plan.method == "lora" and held.precision.bytes >= 2
    checkpointing, why = recomputes(model, plan.framework, said=plan.checkpointing, copies=plan.copies, adapts=adapts)
    kept, logits = activations.training_bytes(
        model,
        held.saved,
        plan.framework,
        tokens=batch * sequence,
        sequence=sequence,
        checkpointing=checkpointing,
        fused_attention=shape.arch == "decoder" if plan.fused_attention is None else plan.fused_attention,
        selective=plan.framework.selective and plan.checkpointing is None,
        layers=FROZEN_LAYERS if plan.method == "freeze" and plan.trainable is None else None,
        source_tokens=batch * shape.source_tokens,
    )
    expanded = weights.expanded_bytes(model, held.precision) / plan.tensor_parallel
    runtime = plan.runtime_bytes + (LINK_BYTES if plan.gpus > 1 and plan.runtime_bytes else 0.0)
    return Run(held, plan, Passing(expanded, kept, logits, runtime), batch, sequence, checkpointing, why)


def _usual_optimizer(plan: TrainingPlan, notes: list[Assumption]) -> str:
    name, why = GENERIC.optimizer, "the usual choice"
    if plan.gpus == 1 and plan.framework.optimizer != name:
        name, why = plan.framework.optimizer, f"that of {plan.framework.name}'s examples"
    notes.append(Assumption("optimizer", name, f"not said; {why}"))
    return name


def _default_precision(shape: ModelShape, plan: TrainingPlan, notes: list[Assumption]) -> str:
    if shape.source_tokens and plan.method != "qlora":
        name, why = "fp16", RECOGNISERS_WHY
    else:
        name = "nf4" if plan.method == "qlora" else "bf16" if shape.arch == "decoder" else "fp32"
        why = "not said; the usual storage for this method and kind of model"
    notes.append(Assumption("precision", name, why))
    return name


def _kept_inputs(shape: ModelShape, plan: TrainingPlan, precision: Precision) -> str:
    """Return whose matrices keep their inputs for the backward pass; those of bitsandbytes do even when frozen."""
    everywhere = plan.framework.adapters_everywhere and not on_attention_alone(shape)
    if plan.method in ("lora", "qlora") and everywhere:
        return "adapters"
    return "all" if plan.method == "full" or precision.kind == "bnb" else "none"


def _sharded(plan: TrainingPlan, notes: list[Assumption]) -> TrainingPlan:
    """Return the plan with its sharding settled, and note it where it was not said."""
    if plan.zero_stage is not None or plan.copies == 1:
        return plan
    full = plan.method == "full" or plan.framework.whole_gradients
    why = "full training is sharded fully (FSDP)" if full else "adapters are replicated where one GPU holds them"
    if plan.framework.whole_gradients:
        why = f"the default of {plan.framework.name}"
    stage = 3 if full else 0
    notes.append(Assumption("zero_stage", str(stage), f"not said; {why}"))
    return replace(plan, zero_stage=stage, fsdp=full)


def _usual_batch(plan: TrainingPlan, sequence: int) -> int:
    return 2 if plan.copies > 1 and 2 * sequence <= _STEP_TOKENS else 1
