"""Time to train, from operations per token and the share of the peak that training reaches (model FLOPS
utilisation).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from services.models.domain.sizing.architecture import Complete, complete
from services.models.domain.sizing.frameworks import GENERIC, Framework
from services.models.domain.sizing.operations import (
    BY_SAMPLES,
    FOLD_SEQUENCES,
    default_edge,
    forward_operations,
    picture_operations,
)
from services.models.domain.sizing.parallelism import Split, refusal
from services.models.domain.sizing.shapes import GpuShape, ModelShape
from services.models.domain.sizing.terms import Assumption, Basis
from services.models.domain.sizing.training_pace import (
    BEST,
    OPERATIONS,
    PER_SAMPLE,
    formula_of,
    gpu_share,
    pace_of,
    training_operations,
)
from services.models.domain.sizing.training_plan import SEQUENCE_WHY, default_sequence, recomputes

_PIXEL_BEST: Final = 0.22
"""Utilisation of convolutions under mixed precision on A100, which memory and input pipelines bind."""
_FOLDING_BEST: Final = 0.032
"""The same of protein folding, whose narrow operators over pairs memory binds. OpenFold takes 10 million samples in 8
days on 128 A100, of which, as in AlphaFold, some seven parts in eleven are the first phase at 256 residues (NVIDIA,
Optimizing OpenFold Training for Drug Discovery).
"""
_RECYCLED: Final = 1.5
"""Forward passes without gradients before that of a sample: one to four in all, as often each (AlphaFold)."""
_SAMPLES: Final = 10_000.0
_ERROR: Final = 1.6
_ERROR_OF_OTHERS: Final = 2.0
"""Error factors: of dense language models with known dimensions; of mixtures, encoders, guessed ones and adapters."""


@dataclass(frozen=True, slots=True)
class TrainingTime:
    """Speed and duration of training. utilisation: share of the dense peak spent on the model's own operations.

    Networks that read no tokens have 0 tokens per second and count in samples.
    """

    tokens_per_s_per_gpu: float
    tokens_per_s: float
    samples_per_s: float
    utilisation: float
    tokens: float
    hours: float
    assumptions: tuple[Assumption, ...]
    basis: Basis
    error_factor: float
    formula: str


def estimate_training_time(
    shape: ModelShape,
    gpu: GpuShape,
    *,
    gpus: int = 1,
    method: str = "full",
    tokens: float | None = None,
    samples: float | None = None,
    sequence: int | None = None,
    batch: int | None = None,
    epochs: float = 1.0,
    bits: float = 16,
    checkpointing: bool | None = None,
    image_size: int | None = None,
    framework: Framework = GENERIC,
    tensor_parallel: int = 1,
) -> TrainingTime:
    """Return speed and hours for `tokens`, or for `samples` of `sequence` tokens each, times `epochs`. batch: samples
    of a step on each GPU. bits: width of the products. framework: whose defaults hold where nothing is said.

    Raises ValueError for an unknown method, a GPU whose throughput is unknown or a tensor-parallel degree by which the
    heads do not divide.
    """
    if method not in OPERATIONS:
        raise ValueError(f"unknown training method {method!r}; known are {', '.join(OPERATIONS)}")
    if gpus < 1:
        raise ValueError(f"gpus is {gpus}; it must be at least 1")
    notes: list[Assumption] = []
    if shape.arch in BY_SAMPLES:
        return _by_samples(shape, gpu, gpus, method, samples, epochs, bits, image_size, notes)
    model = complete(shape)
    problem = refusal(model, Split(tensor_parallel, 1)) if tensor_parallel > 1 else ""
    if problem:
        raise ValueError(problem)
    sequence = _usual_sequence(shape, notes) if sequence is None else sequence
    recomputed = _recomputed(model, framework, checkpointing, gpus, notes)
    tokens = _samples(samples, notes) * sequence if tokens is None else tokens
    again = partial(training_operations, model, sequence=sequence, method=method)
    operations = again(checkpointing=recomputed, selective=framework.selective and checkpointing is None)
    pace = pace_of(model, gpu, operations, sequence=sequence, bits=bits, gpus=gpus, method=method, batch=batch)
    plain = shape.arch == "decoder" and not shape.experts and method == "full" and not model.guessed
    return TrainingTime(
        tokens_per_s_per_gpu=pace.per_gpu,
        tokens_per_s=pace.per_gpu * gpus,
        samples_per_s=pace.per_gpu * gpus / sequence,
        utilisation=pace.per_gpu * pace.reading * again().total / ((gpu.tflops(bits) or 0.0) * 1e12),
        tokens=tokens * epochs,
        hours=tokens * epochs / (pace.per_gpu * gpus) / 3600,
        assumptions=(*notes, *model.assumptions),
        basis=Basis.MODELLED,
        error_factor=_ERROR if plain else _ERROR_OF_OTHERS,
        formula=pace.formula,
    )


def _usual_sequence(shape: ModelShape, notes: list[Assumption]) -> int:
    """Return the tokens of a sample where none are said, and note them."""
    sequence = default_sequence(shape)
    notes.append(Assumption("sequence", str(sequence), SEQUENCE_WHY))
    return sequence


def _recomputed(model: Complete, framework: Framework, said: bool | None, copies: int, notes: list[Assumption]) -> bool:
    """Return whether activations are recomputed, and note it where it was not said."""
    recomputed, why = recomputes(model, framework, said=said, copies=copies)
    if why:
        notes.append(Assumption("checkpointing", str(recomputed), why))
    return recomputed


def _samples(samples: float | None, notes: list[Assumption]) -> float:
    if samples is None:
        notes.append(Assumption("samples", f"{_SAMPLES:.0f}", "neither tokens nor samples were said"))
        return _SAMPLES
    return samples


def _by_samples(
    shape: ModelShape,
    gpu: GpuShape,
    gpus: int,
    method: str,
    samples: float | None,
    epochs: float,
    bits: float,
    image_size: int | None,
    notes: list[Assumption],
) -> TrainingTime:
    """Return the time of a network over pixels, voxels or residues: its forward operations, and twice those
    backward.
    """
    if image_size is None:
        image_size = default_edge(shape, training=True)
        notes.append(Assumption("image_size", str(image_size), "not said; a common edge of training inputs"))
    count = _samples(samples, notes) * epochs
    passes, best = OPERATIONS[method] / 2, _PIXEL_BEST
    if shape.arch == "pair":
        passes, best = passes + 1 + _RECYCLED, _FOLDING_BEST
        why = f"not said; passes before that of a sample, recomputed activations, {FOLD_SEQUENCES} related sequences"
        notes.append(Assumption("recycling", f"{_RECYCLED:g}", why))
    share = best / BEST * gpu_share(gpu, bits=bits, gpus=gpus)
    operations = forward_operations(shape, size=image_size) * passes
    operations += picture_operations(shape, size=image_size, training=True)
    per_s = (gpu.tflops(bits) or 0.0) * 1e12 * share / operations * gpus
    return TrainingTime(
        tokens_per_s_per_gpu=0.0,
        tokens_per_s=0.0,
        samples_per_s=per_s,
        utilisation=share,
        tokens=0.0,
        hours=count / per_s / 3600,
        assumptions=tuple(notes),
        basis=Basis.MODELLED,
        error_factor=3.0,
        formula=formula_of("sample", operations, PER_SAMPLE, gpu, gpus, bits, share),
    )
