"""What a plan comes to for a kind of model, whatever its size: formats, widths and what was not said of them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from services.models.domain.sizing.frameworks import GENERIC
from services.models.domain.sizing.optimizers import Optimizer, optimizer_of
from services.models.domain.sizing.precision import Precision, precision_of
from services.models.domain.sizing.terms import Assumption
from services.models.domain.sizing.training_plan import (
    FULLY_SHARDED,
    RECOGNISERS_WHY,
    TrainingPlan,
    on_attention_alone,
    widens,
)

_FOUR_BIT: Final = {"int4": "nf4", "nvfp4": "fp4-bnb"}
"""What four bits mean under QLoRA: the formats of bitsandbytes."""


class Settings(NamedTuple):
    """A plan with its sharding settled, and what follows from it, in bytes.

    inputs: whose matrices keep their inputs ("all", "adapters", "none"). width, trained_width: of a weight at work, and
    of one that is trained. gradient_bytes, state_bytes: per trained parameter, without 32-bit copies of weights, which
    are kept too with `masters`. value_bytes: of one more value for each that PyTorch's step makes, less its 16-bit
    copy, which autocast makes for a pass. saved_bytes, hidden_bytes: of a value that waits for the backward pass, and
    of one of hidden states where norms widen these. upcasts: whether embeddings and head are turned to 32 bit. notes:
    what was not said of precision, optimizer and sharding; master_notes: of 32-bit copies.
    """

    plan: TrainingPlan
    precision: Precision
    optimizer: Optimizer
    inputs: str
    width: float
    trained_width: float
    gradient_bytes: float
    state_bytes: float
    masters: bool
    value_bytes: float
    saved_bytes: float
    hidden_bytes: float | None
    upcasts: bool
    notes: tuple[Assumption, ...]
    master_notes: tuple[Assumption, ...]


@lru_cache(maxsize=1024)
def settle(plan: TrainingPlan, arch: str, *, recognises: bool) -> Settings:
    """Return the settings of a plan for models of this kind. recognises: whether they recognise speech. Raises
    ValueError for a precision or optimizer that is not known.
    """
    notes, master_notes = list[Assumption](), list[Assumption]()
    precision = precision_of(plan.precision or _default_precision(plan, arch, notes, recognises=recognises))
    if plan.method == "qlora":
        precision = precision_of(_FOUR_BIT.get(precision.name, precision.name))
    optimizer = optimizer_of(plan.optimizer or _usual_optimizer(plan, notes))
    plan = _sharded(plan, notes)
    width = min(precision.bytes, 4.0)
    trained_width = width if plan.method in ("full", "freeze") else 4.0
    half = trained_width <= 2
    mixed = _mixed(plan, optimizer, precision, master_notes, half=half)
    masters = mixed and half
    state_width = 4.0 if mixed or not half else trained_width
    return Settings(
        plan,
        precision,
        optimizer,
        _kept_inputs(plan, precision, arch),
        width,
        trained_width,
        plan.gradient_bytes or _gradient_bytes(plan, precision, trained_width, mixed=mixed),
        optimizer.state_bytes(state_width),
        masters,
        state_width - (width if masters else 0.0),
        4.0 if precision.name == "fp32" and plan.mixed is not True else 2.0,
        4.0 if widens(plan, precision) else None,
        _upcasts(plan, precision),
        tuple(notes),
        tuple(master_notes),
    )


def _usual_optimizer(plan: TrainingPlan, notes: list[Assumption]) -> str:
    name, why = GENERIC.optimizer, "the usual choice"
    if plan.gpus == 1 and plan.framework.optimizer != name:
        name, why = plan.framework.optimizer, f"that of {plan.framework.name}'s examples"
    notes.append(Assumption("optimizer", name, f"not said; {why}"))
    return name


def _default_precision(plan: TrainingPlan, arch: str, notes: list[Assumption], *, recognises: bool) -> str:
    if recognises and plan.method != "qlora":
        name, why = "fp16", RECOGNISERS_WHY
    else:
        name = "nf4" if plan.method == "qlora" else "bf16" if arch == "decoder" else "fp32"
        why = "not said; the usual storage for this method and kind of model"
    notes.append(Assumption("precision", name, why))
    return name


def _sharded(plan: TrainingPlan, notes: list[Assumption]) -> TrainingPlan:
    """Return the plan with its sharding settled, and note it where it was not said."""
    if plan.zero_stage is not None or plan.copies == 1:
        return plan
    full = plan.method == "full" or plan.framework.whole_gradients
    why = "full training is sharded fully (FSDP)" if full else "adapters are replicated where one GPU holds them"
    if plan.framework.whole_gradients:
        why = f"the default of {plan.framework.name}"
    stage = FULLY_SHARDED if full else 0
    notes.append(Assumption("zero_stage", str(stage), f"not said; {why}"))
    return replace(plan, zero_stage=stage, fsdp=full)


def _mixed(
    plan: TrainingPlan, optimizer: Optimizer, precision: Precision, notes: list[Assumption], *, half: bool
) -> bool:
    """Return whether 32-bit master weights are kept beside 16-bit ones, and note it where it was not said. Gradients of
    fp16 weights are not unscaled (PyTorch's GradScaler), so that those which are only said to be so stay at 32 bit.
    """
    if plan.mixed is not None or not half or plan.method not in ("full", "freeze"):
        return bool(plan.mixed)
    alone = not plan.zero_stage and plan.tensor_parallel == 1
    said = plan.framework.as_loaded and plan.precision and precision.name == "bf16"
    pure = True if (plan.framework.pure_unsharded or said) and alone else plan.framework.pure
    if pure is not None:
        whose = f"default of {plan.framework.name}" if plan.framework.name else "usual way on one GPU"
        mixed, why = not pure, f"not said; the {whose}"
    elif optimizer.saves_memory:
        mixed, why = False, f"not said; {optimizer.name} is chosen to save memory, with 16-bit weights alone"
    else:
        why = "not said; mixed precision keeps 32-bit weights and state (say 'pure bf16' for 16-bit weights alone)"
        mixed = True
    notes.append(Assumption("master_weights", str(mixed), why))
    return mixed


def _gradient_bytes(plan: TrainingPlan, precision: Precision, width: float, *, mixed: bool) -> float:
    """Return bytes per gradient: without sharding those of bf16 weights are accumulated at 32 bit (DeepSpeed's engine,
    get_data_types; Megatron), under ZeRO and FSDP as stored.
    """
    return 4.0 if mixed and precision.name == "bf16" and not plan.zero_stage and not plan.fsdp else width


def _kept_inputs(plan: TrainingPlan, precision: Precision, arch: str) -> str:
    """Return whose matrices keep their inputs for the backward pass; those of bitsandbytes do even when frozen."""
    everywhere = plan.framework.adapters_everywhere and not on_attention_alone(arch)
    if plan.method in ("lora", "qlora") and everywhere:
        return "adapters"
    return "all" if plan.method == "full" or precision.kind == "bnb" else "none"


def _upcasts(plan: TrainingPlan, precision: Precision) -> bool:
    """Return whether embeddings and head are at 32 bit: as PEFT prepares models, or unknown under QLoRA."""
    sharded = plan.zero_stage == FULLY_SHARDED and plan.copies > 1
    return widens(plan, precision) or (plan.method == "qlora" and plan.framework.upcasts is not False and not sharded)
