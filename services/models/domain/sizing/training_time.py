"""Time to train, from operations per token and the share of the peak that training reaches (model FLOPS
utilisation).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from services.models.domain.sizing.architecture import Complete, complete
from services.models.domain.sizing.frameworks import GENERIC, Framework
from services.models.domain.sizing.operations import (
    BY_SAMPLES,
    FOLD_SEQUENCES,
    default_edge,
    forward_operations,
    picture_operations,
)
from services.models.domain.sizing.shapes import GpuShape, ModelShape
from services.models.domain.sizing.terms import Assumption, Basis
from services.models.domain.sizing.training_plan import SEQUENCE_WHY, default_sequence, recomputes

_BEST: Final = 0.62
"""Utilisation at a balance of 153 operations per byte (A100): the best published runs reach 0.55 to 0.64 (llm-
foundry).
"""
_BALANCE: Final = 153.0
_BALANCE_POWER: Final = 0.4
"""Utilisation falls as arithmetic outgrows bandwidth: 0.62 on A100, 0.47 on H100 at 16 bit, 0.36 at 8 bit."""
SMALL_WIDTH: Final = 150.0
"""Width of a model whose products reach half of what the widest reach."""
_NODE_LOSS: Final = 0.02
"""Share lost with each doubling of machines of eight GPUs."""
_BNB: Final = 0.75
"""What expanding 4-bit weights before each product leaves (LLaMA-Factory's comparison of QLoRA by length on A100 40GB,
with and without Unsloth: at 2,048 tokens 2,741 and 3,178 a second of Llama 2 7B).
"""
_ENCODERS: Final = 0.55
"""What dropout, padding and short sequences leave of it: BERT-large trains at 0.27 of the peak on V100 and A100 alike
(NVIDIA DeepLearningExamples).
"""
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
"""Error factors: of language models with known dimensions; of encoders, guessed ones, mixtures and 4-bit adapters."""
_OPERATIONS: Final = {"full": 6.0, "lora": 4.0, "qlora": 4.0, "freeze": 3.0, "adapter": 4.0}
"""Operations per parameter and token: 2 forward, 2 for gradients of activations, 2 for gradients of weights if
trained.
"""
_RECOMPUTED: Final = 2.0
_SELECTED: Final = 1.0
"""The same where all of a layer is passed through again, and where attention and every second matrix are kept."""
_ATTENTION: Final = 12.0
_ATTENTION_RECOMPUTED: Final = 4.0
"""Operations of attention per layer, width and token of the sequence: 4 forward, twice that backward."""
_PRODUCTS_ALONE: Final = 16
"""Bits below which products alone are computed narrower; attention stays at this width."""


class TokenOperations(NamedTuple):
    """Operations of one token: of the products with weights, and of attention among the tokens of a sample."""

    products: float
    attention: float

    @property
    def total(self) -> float:
        """Both."""
        return self.products + self.attention


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


def training_operations(
    model: Complete, *, sequence: int, method: str = "full", checkpointing: bool = False, selective: bool = False
) -> TokenOperations:
    """Return operations per token: 6 per active parameter and 12 x layers x width x sequence for attention.

    Kaplan et al., arXiv:2001.08361; fewer per parameter for adapters, more when activations are recomputed. selective:
    whether recomputing keeps the outputs of attention and of every second matrix.
    """
    again = 0.0 if not checkpointing else _SELECTED if selective else _RECOMPUTED
    attended = _ATTENTION + (_ATTENTION_RECOMPUTED if again == _RECOMPUTED else 0.0)
    return TokenOperations(
        (_OPERATIONS[method] + again) * model.active_parameters,
        attended * model.layers * model.attention_width * sequence,
    )


_PER_PARAMETER: Final = "6 per parameter, fewer where it is frozen, more where recomputed"
_PER_SAMPLE: Final = "those of a forward pass, and backward twice as many where trained"


def gpu_share(gpu: GpuShape, *, bits: float, gpus: int) -> float:
    """Return the share of the dense peak that wide dense products reach in training on so many of these GPUs.

    Raises ValueError when the GPU's throughput is unknown.
    """
    peak = gpu.tflops(bits)
    if not peak or not gpu.bandwidth_gbps:
        raise ValueError(f"the throughput of {gpu.name} is unknown")
    balance = max(peak * 1e3 / gpu.bandwidth_gbps, _BALANCE * 0.7)
    share = float(_BEST * (_BALANCE / balance) ** _BALANCE_POWER)
    return share * max(1 - _NODE_LOSS * math.log2(max(gpus / 8, 1.0)), 0.5)


def utilisation(model: Complete, gpu: GpuShape, *, bits: float = 16, gpus: int = 1, method: str = "full") -> float:
    """Return the share of the dense peak that training reaches, recomputed operations included."""
    share = gpu_share(gpu, bits=bits, gpus=gpus) * model.hidden / (model.hidden + SMALL_WIDTH)
    if model.shape.arch != "decoder":
        share *= _ENCODERS
    if model.shape.experts:
        share *= 0.5
    return share * (_BNB if method == "qlora" else 1.0)


def estimate_training_time(
    shape: ModelShape,
    gpu: GpuShape,
    *,
    gpus: int = 1,
    method: str = "full",
    tokens: float | None = None,
    samples: float | None = None,
    sequence: int | None = None,
    epochs: float = 1.0,
    bits: float = 16,
    checkpointing: bool | None = None,
    image_size: int | None = None,
    framework: Framework = GENERIC,
) -> TrainingTime:
    """Return speed and hours for `tokens`, or for `samples` of `sequence` tokens each, times `epochs`. bits: width of
    the products. framework: whose defaults hold where nothing is said.

    Raises ValueError for an unknown method or a GPU whose throughput is unknown.
    """
    if method not in _OPERATIONS:
        raise ValueError(f"unknown training method {method!r}; known are {', '.join(_OPERATIONS)}")
    if gpus < 1:
        raise ValueError(f"gpus is {gpus}; it must be at least 1")
    notes: list[Assumption] = []
    if shape.arch in BY_SAMPLES:
        return _by_samples(shape, gpu, gpus, method, samples, epochs, bits, image_size, notes)
    model = complete(shape)
    if sequence is None:
        sequence = default_sequence(shape)
        notes.append(Assumption("sequence", str(sequence), SEQUENCE_WHY))
    recomputed, why = recomputes(model, framework, said=checkpointing, copies=gpus)
    if why:
        notes.append(Assumption("checkpointing", str(recomputed), why))
    if tokens is None:
        tokens = _samples(samples, notes) * sequence
    again = partial(training_operations, model, sequence=sequence, method=method)
    operations = again(checkpointing=recomputed, selective=framework.selective and checkpointing is None)
    pace = _pace(model, gpu, operations, sequence=sequence, bits=bits, gpus=gpus, method=method)
    plain = shape.arch == "decoder" and not shape.experts and method != "qlora"
    return TrainingTime(
        tokens_per_s_per_gpu=pace.per_gpu,
        tokens_per_s=pace.per_gpu * gpus,
        samples_per_s=pace.per_gpu * gpus / sequence,
        utilisation=pace.per_gpu * pace.reading * again().total / ((gpu.tflops(bits) or 0.0) * 1e12),
        tokens=tokens * epochs,
        hours=tokens * epochs / (pace.per_gpu * gpus) / 3600,
        assumptions=(*notes, *model.assumptions),
        basis=Basis.MODELLED,
        error_factor=_ERROR if plain and not model.guessed else _ERROR_OF_OTHERS,
        formula=pace.formula,
    )


class _Pace(NamedTuple):
    """Tokens per second of one GPU, operations of a token in those of one that passes all layers, and the formula."""

    per_gpu: float
    reading: float
    formula: str


def _pace(
    model: Complete,
    gpu: GpuShape,
    operations: TokenOperations,
    *,
    sequence: int,
    bits: float,
    gpus: int,
    method: str,
) -> _Pace:
    """Return how fast tokens pass whose operations these are. Attention is at 16 bit where products are narrower."""
    reading = _reading(model, sequence)
    share = utilisation(model, gpu, bits=bits, gpus=gpus, method=method)
    wide = utilisation(model, gpu, bits=_PRODUCTS_ALONE, gpus=gpus) if bits < _PRODUCTS_ALONE else share
    peak, wide_peak = gpu.tflops(bits) or 0.0, gpu.tflops(max(bits, _PRODUCTS_ALONE)) or 0.0
    seconds = reading * (operations.products / (peak * share) + operations.attention / (wide_peak * wide)) / 1e12
    return _Pace(1 / seconds, reading, _formula_of_tokens(operations, reading, gpu, gpus, bits, (share, wide)))


def _formula_of_tokens(
    operations: TokenOperations, reading: float, gpu: GpuShape, gpus: int, bits: float, shares: tuple[float, float]
) -> str:
    """Return the same for a token; shares: of the peak, that products and that attention reach."""
    if bits >= _PRODUCTS_ALONE:
        how = f"{_PER_PARAMETER}, and attention's; arXiv:2001.08361"
        return _formula("token", reading * operations.total, how, gpu, gpus, bits, shares[0])
    products = _formula("token", reading * operations.products, _PER_PARAMETER, gpu, gpus, bits, shares[0])
    attention, peak = reading * operations.attention, gpu.tflops(_PRODUCTS_ALONE) or 0.0
    return f"{products} Attention, at 16 bit: {attention:.4g} over {gpus} x {peak:g} TFLOPS x {shares[1]:.3f}."


def _formula(unit: str, operations: float, how: str, gpu: GpuShape, gpus: int, bits: float, share: float) -> str:
    """Return in words and figures what the speed follows from."""
    peak = gpu.tflops(bits) or 0.0
    return f"{operations:.4g} operations a {unit} ({how}) over {gpus} x {peak:g} TFLOPS x {share:.3f} that is reached."


def _reading(model: Complete, sequence: int) -> float:
    """Return the operations of a token in those of one that passes all layers: an encoder of speech reads more."""
    source, encoder = model.shape.source_tokens, model.shape.encoder_layers or 0
    if not source or not encoder:
        return 1.0
    return (model.layers + encoder * source / sequence) / (model.layers + encoder)


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
    passes, best = _OPERATIONS[method] / 2, _PIXEL_BEST
    if shape.arch == "pair":
        passes, best = passes + 1 + _RECYCLED, _FOLDING_BEST
        why = f"not said; passes before that of a sample, recomputed activations, {FOLD_SEQUENCES} related sequences"
        notes.append(Assumption("recycling", f"{_RECYCLED:g}", why))
    share = best / _BEST * gpu_share(gpu, bits=bits, gpus=gpus)
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
        formula=_formula("sample", operations, _PER_SAMPLE, gpu, gpus, bits, share),
    )
