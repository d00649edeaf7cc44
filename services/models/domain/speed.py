"""Speed of one case: serving in tokens per second, training in hours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from services.models.domain.outputs import Output, output_of
from services.models.domain.sizing import (
    Assumption,
    Basis,
    Case,
    GpuShape,
    estimate_performance,
    estimate_training_time,
)
from services.models.domain.sizing.cases import INFERENCE
from services.models.domain.sizing.frameworks import framework_of
from services.models.domain.sizing.loads import DEFAULT_PROMPT
from services.models.domain.sizing.passes import WIDTH, estimate_passes, is_fused
from services.models.domain.sizing.precision import find_precision
from services.models.domain.sizing.sight import tokens_seen

_ROOFLINE: Final = (
    "Roofline: the longer of bytes over bandwidth and operations over throughput, caches and the host's time beside; "
    "prefill 2 x active parameters per token (Williams et al., 2009; Kaplan et al., arXiv:2001.08361)."
)
_ONCE: Final = Assumption("epochs", "1", "not said; one pass over the data")
_AT_16: Final = Assumption(
    "precision", "bf16", "of the passes, whatever the weights are stored at: servers of such models run at 16 bit"
)
_ALONE: Final = Assumption("concurrency", "1", "not said; one request at a time")


@dataclass(frozen=True, slots=True)
class Speed:
    """Speed of serving or of training; None where it is not of that kind. Seconds and hours."""

    basis: Basis
    error_factor: float
    assumptions: tuple[Assumption, ...]
    formula: str
    bound_by: str
    tokens_per_s: float | None = None
    tokens_per_s_per_request: float | None = None
    first_token_s: float | None = None
    requests_per_s: float | None = None
    request_s: float | None = None
    prefill_tokens_per_s: float | None = None
    saturated_tokens_per_s: float | None = None
    saturated_concurrency: int | None = None
    units_per_s: float | None = None
    """Of what the model makes where that is no text."""
    unit: str = ""
    """second of sound, or action; empty where it is text, or a whole answer."""
    samples_per_s: float | None = None
    training_hours: float | None = None


def speed(
    case: Case,
    *,
    prompt_tokens: int | None,
    output_tokens: int | None,
    samples: int | None,
    tokens: int | None,
    epochs: float | None,
    model_id: str = "",
) -> Speed:
    """Return the speed of a case. Raises ValueError where it has none, saying why.

    prompt_tokens, output_tokens: of one request; samples, tokens: of the whole training, times epochs (None: not said).
    model_id: tells models that generate in few steps.
    """
    usage, gpu = case.usage, case.gpu
    if gpu is None:
        raise ValueError("speed is estimated for a GPU, and none was named")
    if usage.workload != INFERENCE:
        return _training(case, gpu, samples=samples, tokens=tokens, epochs=epochs)
    if (output := output_of(case.shape.task, model_id)) is not None:
        return _units(case, gpu, output, prompt_tokens=prompt_tokens, output_tokens=output_tokens)
    if not case.shape.causal:
        return _passes(case, gpu, prompt_tokens=prompt_tokens, model_id=model_id)
    return _serving(case, gpu, prompt_tokens=prompt_tokens, output_tokens=output_tokens)


def _passes(case: Case, gpu: GpuShape, *, prompt_tokens: int | None, model_id: str) -> Speed:
    usage = case.usage
    widened = usage.precision and gpu.vendor != "cpu" and not is_fused(usage.engine)
    stored = find_precision(usage.precision) if widened else None
    found = estimate_passes(
        case.shape,
        gpu,
        model_id=model_id,
        engine=usage.engine,
        precision=usage.precision,
        tokens=prompt_tokens,
        image_size=usage.image_size,
        gpus=case.gpus or 1,
    )
    return Speed(
        basis=found.basis,
        error_factor=found.error_factor,
        assumptions=(_AT_16, *found.assumptions) if stored and stored.bits != WIDTH else found.assumptions,
        formula=found.formula,
        bound_by="compute",
        requests_per_s=found.items_per_s,
        request_s=found.item_s,
    )


def _serving(case: Case, gpu: GpuShape, *, prompt_tokens: int | None, output_tokens: int | None) -> Speed:
    usage = case.usage
    notes = [] if usage.concurrency else [_ALONE]
    seen = 0 if prompt_tokens else tokens_seen(case.shape, usage)
    if seen:
        prompt_tokens, why = DEFAULT_PROMPT + seen, f"not said; {DEFAULT_PROMPT:,} of words and {seen:,} beside them"
        notes.append(Assumption("prompt_tokens", str(prompt_tokens), why))
    estimate = partial(
        estimate_performance,
        case.shape,
        gpu,
        precision=usage.precision,
        kv_precision=usage.kv_precision,
        prompt_tokens=prompt_tokens,
        output_tokens=output_tokens,
        gpus=case.gpus,
        engine=usage.engine,
    )
    found, most = estimate(concurrency=usage.concurrency or 1), estimate(concurrency=None)
    return Speed(
        basis=found.basis,
        error_factor=found.error_factor,
        assumptions=(*notes, *found.assumptions),
        formula=f"{found.formula}. {_ROOFLINE}",
        bound_by=found.bound,
        tokens_per_s=found.total_tokens_per_s,
        tokens_per_s_per_request=found.decode_tokens_per_s,
        first_token_s=found.time_to_first_token_s,
        requests_per_s=found.concurrency / found.request_s,
        request_s=found.request_s,
        prefill_tokens_per_s=found.prefill_tokens_per_s,
        saturated_tokens_per_s=most.total_tokens_per_s,
        saturated_concurrency=most.concurrency,
    )


def _training(case: Case, gpu: GpuShape, *, samples: int | None, tokens: int | None, epochs: float | None) -> Speed:
    usage = case.usage
    precision = find_precision(usage.precision) if usage.precision else None
    found = estimate_training_time(
        case.shape,
        gpu,
        gpus=case.gpus,
        method=usage.workload,
        tokens=None if tokens is None else float(tokens),
        samples=None if samples is None else float(samples),
        sequence=usage.context_tokens,
        batch=usage.batch_size,
        epochs=1.0 if epochs is None else epochs,
        bits=precision.bits if precision and precision.kind in ("float", "block") else 16,
        checkpointing=usage.checkpointing,
        image_size=usage.image_size,
        framework=framework_of(usage.engine),
        tensor_parallel=usage.tensor_parallel or 1,
    )
    return Speed(
        basis=found.basis,
        error_factor=found.error_factor,
        assumptions=(_ONCE, *found.assumptions) if epochs is None and tokens is None else found.assumptions,
        formula=found.formula,
        bound_by="compute",
        tokens_per_s=found.tokens_per_s or None,
        samples_per_s=found.samples_per_s,
        training_hours=found.hours,
    )


def _units(case: Case, gpu: GpuShape, output: Output, *, prompt_tokens: int | None, output_tokens: int | None) -> Speed:
    """Return the speed of a model whose tokens are sound or actions: per second of sound or action, never in tokens.

    Raises ValueError where how many tokens that takes is not known.
    """
    if output.steps is None:
        raise ValueError(
            f"the speed of this model is not estimated: it makes no text, and its time for one {output.unit} is not "
            "known here"
        )
    wanted = output_tokens or round(output.usual * output.steps)
    writer = case._replace(shape=case.shape._replace(arch="decoder"))
    found = _serving(writer, gpu, prompt_tokens=prompt_tokens or output.prompt, output_tokens=wanted)
    said = (
        () if output_tokens else (Assumption("output", f"{output.usual} x {output.unit}", "not said; of one request"),)
    )
    read = () if prompt_tokens else (Assumption("prompt_tokens", str(output.prompt), output.why),)
    return replace(
        found,
        formula=f"{found.formula} {output.source}.",
        assumptions=(*said, *read, *found.assumptions),
        units_per_s=(found.tokens_per_s or 0.0) / output.steps,
        unit=output.unit,
        tokens_per_s=None,
        tokens_per_s_per_request=None,
        prefill_tokens_per_s=None,
        saturated_tokens_per_s=None,
        saturated_concurrency=None,
    )
