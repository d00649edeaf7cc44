"""Memory to train a model: weights, gradients, optimizer state and saved activations, over a sharding.

State per parameter under mixed precision and Adam is 16 bytes, divided over the data-parallel GPUs by stage as in ZeRO
(Rajbhandari et al., arXiv:1910.02054): 4 + 12/N at stage 1, 2 + 14/N at stage 2, 16/N at stage 3 (FSDP full sharding).
"""

from __future__ import annotations

from typing import Final

from services.models.domain.sizing import activations, weights
from services.models.domain.sizing.architecture import Complete, complete
from services.models.domain.sizing.demand import LINK_BYTES
from services.models.domain.sizing.estimates import MemoryEstimate
from services.models.domain.sizing.parallelism import Split, refusal
from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.training_formulas import Held, Passing, Run
from services.models.domain.sizing.training_plan import FROZEN_LAYERS, TrainingPlan, default_sequence, recomputes
from services.models.domain.sizing.training_settings import settle
from services.models.domain.sizing.training_states import states_of

_STEP_TOKENS: Final = 4096
"""Tokens to which an unsaid micro-batch fills a step on one GPU, where several share the state."""


def estimate_training(shape: ModelShape, plan: TrainingPlan) -> MemoryEstimate:
    """Return the memory to train the model so, for all GPUs together and for each.

    Raises ValueError for a precision, optimizer or split that is not known or allowed.
    """
    return run_of(complete(shape), plan).estimate()


def run_of(model: Complete, plan: TrainingPlan) -> Run:
    """Return the run of this plan, in numbers. Raises ValueError as `estimate_training`."""
    held = held_by(model, plan)
    return passed_by(held, held.settings.plan)


def held_by(model: Complete, plan: TrainingPlan) -> Held:
    """Return what a GPU holds by this plan, with its sharding settled. Raises ValueError as `estimate_training`."""
    settings = settle(plan, model.shape.arch, recognises=bool(model.shape.source_tokens))
    problem = refusal(model, Split(plan.tensor_parallel, 1)) if plan.tensor_parallel > 1 else ""
    if problem:
        raise ValueError(problem)
    states = states_of(model, settings)
    saved = activations.saved_per_token(
        model,
        trained=settings.inputs,
        value_bytes=settings.saved_bytes,
        hidden_bytes=settings.hidden_bytes,
        tensor_parallel=plan.tensor_parallel,
        splits_tokens=plan.framework.splits_tokens,
    )
    expanded = weights.expanded_bytes(model, settings.precision) / plan.tensor_parallel
    return Held(model, settings, states, saved, expanded)


def passed_by(held: Held, plan: TrainingPlan) -> Run:
    """Return the run by the plan of what is held, or by one that differs from it in how samples pass alone."""
    model, shape = held.model, held.model.shape
    sequence = default_sequence(shape) if plan.sequence is None else plan.sequence
    batch = _usual_batch(plan, sequence) if plan.batch_size is None else plan.batch_size
    adapts = plan.method == "lora" and held.settings.precision.bytes >= 2
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
    runtime = plan.runtime_bytes + (LINK_BYTES if plan.gpus > 1 and plan.runtime_bytes else 0.0)
    return Run(held, plan, Passing(held.expanded, kept, logits, runtime), batch, sequence, checkpointing, why)


def _usual_batch(plan: TrainingPlan, sequence: int) -> int:
    if plan.framework.batch:
        return plan.framework.batch
    return 2 if plan.copies > 1 and 2 * sequence <= _STEP_TOKENS else 1
