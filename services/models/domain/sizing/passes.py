"""Speed of models that answer in whole passes rather than token by token: encoders, vision, image and video generation.

A pass takes its operations over the share of the dense peak that batched passes reach.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.models.domain.sizing.architecture import Complete, complete
from services.models.domain.sizing.network_passes import Pass, known_pass
from services.models.domain.sizing.operations import (
    BY_SAMPLES,
    default_edge,
    forward_operations,
    is_transformer,
    picture_operations,
)
from services.models.domain.sizing.precision import precision_of
from services.models.domain.sizing.shapes import GpuShape, ModelShape
from services.models.domain.sizing.terms import Assumption, Basis
from services.models.domain.sizing.training_pace import SMALL_WIDTH, gpu_share
from services.models.domain.sizing.vision import is_plain_transformer

PASSAGE_TOKENS: Final = 256
"""Tokens of one input of an encoder: about a paragraph, what documents are cut into for retrieval."""
ERROR_FACTOR: Final = 2.5
_ERROR_OF_KNOWN: Final = 2.0
_ERROR_OF_NETWORKS: Final = 3.0
_ERROR_OF_LENGTHS: Final = 4.0
_ERROR_OF_SCANS: Final = 5.0
"""The same of networks over images by what is counted of them; of others, whose operations the parameters tell but
roughly; of texts whose length was not said; and of networks over scans, whose width the parameters do not tell.
"""
_OF_TRAINING: Final = 0.6
"""Share of what training reaches that inference does: its batches are smaller. Denoising transformers pass thousands of
tokens at once, and reach all of it.
"""
_PIXELS: Final = 0.35
"""The same of convolutions, which memory binds."""
_GEFORCE: Final = 2.0
"""How much nearer convolutions come to the peak of GeForce parts, whose tensor units add up at 32 bit at half the rate:
the median of 31 of timm's networks on RTX 3090 and 4090.
"""
_COUNTED_GEFORCE: Final = 2.4
_PATCHES_GEFORCE: Final = 1.5
"""The same where operations are counted: of convolutions, beside which what they move is timed; of transformers."""
_VOXELS: Final = 0.14
"""The same of 3-D ones: the median of seven networks of MONAI's model zoo, one patch at a time at 16 bit on A100."""
_LAUNCH_S: Final = 5e-3
"""What launching a network's operations takes of a GPU's host however small the input: 2 to 25 ms from PyTorch, 1.3 to
6 compiled, over the 2-D networks of that zoo.
"""
_UNET_STEP_S: Final = 30e-3
"""The same of one denoising step of a UNet: 22 to 31 steps a second of Stable Diffusion 1.5 by PyTorch on A100, which
computes them in half the time (diffusers' docs on PyTorch 2.0; fal-ai/stable-diffusion-benchmarks).
"""
_UNET_GEFORCE: Final = 1.4
"""As for convolutions, which half of a UNet is."""
_FUSED: Final = 0.6
_FUSED_PIXELS: Final = 0.38
"""Share of the peak at the width of the weights that TensorRT's engines reach: BERT base and large 0.6 on A100, 0.33 on
T4 (TensorRT's demo); ResNet-50 at 8 bit on H100 0.37 (MLPerf Inference 4.0, NVIDIA: 88,714 images a second offline).
"""
_COMPILERS: Final = re.compile(r"(?i)tensorrt|\btrt\b|mlperf")
_STEPS: Final = 30
"""Denoising steps of image and video generation where the model was not distilled to fewer."""
_DISTILLED_STEPS: Final = 4
_GUIDED: Final = 2
"""Passes a step under classifier-free guidance; distilled models take one."""
_DISTILLED: Final = re.compile(r"(?i)turbo|lightning|schnell|\blcm\b|hyper-|distill")
_ONE_PASS: Final = re.compile(r"(?i)flux")
"""Models that learned guidance and take one pass a step."""
WIDTH: Final = 16
_LEAST_WIDTH: Final = 8
"""Bits of the values of a pass, and the fewest that engines with fused operations compute in."""
_TABLES: Final = ("tabular", "time-series")


@dataclass(frozen=True, slots=True)
class PassSpeed:
    """Inputs a second of one copy, many at once, and seconds of one input alone."""

    items_per_s: float
    item_s: float
    assumptions: tuple[Assumption, ...]
    formula: str
    basis: Basis = Basis.MODELLED
    error_factor: float = ERROR_FACTOR


class _Work(NamedTuple):
    """One input alone: its operations, the share of the peak that many at once reach, the seconds that it takes at
    least, and the bytes that it moves where these count beside the operations.
    """

    operations: float
    share: float
    least_s: float = _LAUNCH_S
    moved: float = 0.0


def estimate_passes(
    shape: ModelShape,
    gpu: GpuShape,
    *,
    model_id: str = "",
    engine: str = "",
    precision: str = "",
    tokens: int | None = None,
    image_size: int | None = None,
    gpus: int = 1,
) -> PassSpeed:
    """Return the speed of one copy over `gpus` of this type; model_id tells models that generate in few steps.

    engine: as the request names it; TensorRT's fuse operations and compute at the width of the weights, `precision`,
    where all others run at 16 bit. tokens: of one input of an encoder. A machine without GPUs comes as one device of
    vendor "cpu". Raises ValueError when the GPU's throughput is unknown, for models over tables and series, whose
    inputs differ too much, and for those that fold proteins: recycling, the search for related sequences and a length
    that counts to the third power decide.
    """
    _check(shape)
    notes: list[Assumption] = []
    fused = is_fused(engine)
    bits = max(precision_of(precision).bits, _LEAST_WIDTH) if fused and precision else WIDTH
    share = _OF_TRAINING * gpu_share(gpu, bits=bits, gpus=1)
    if shape.arch == "diffusion":
        work = _generation(shape, gpu, share, model_id, image_size, notes, fused=fused)
    elif shape.arch in BY_SAMPLES:
        work = _over_pixels(shape, gpu, share, _edge(shape, image_size, notes), fused=fused)
    else:
        work = _over_tokens(shape, gpu, share, tokens, notes, fused=fused)
    seconds, formula = _timed(work, gpu, bits=bits, gpus=max(gpus, 1))
    return PassSpeed(
        items_per_s=1 / seconds,
        item_s=seconds if gpu.vendor == "cpu" else max(seconds, work.least_s),
        assumptions=tuple(notes),
        formula=formula,
        error_factor=_ERROR_OF_KNOWN if work.moved else _error(shape, lengths_said=tokens is not None),
    )


def _check(shape: ModelShape) -> None:
    """Raise ValueError for models of which no speed is known."""
    if shape.arch == "pair":
        raise ValueError("the speed of protein folding is not estimated: it depends on lengths, recycling and search")
    if shape.task.startswith(_TABLES):
        raise ValueError(f"the speed of models for {shape.task.replace('-', ' ')} is not estimated")


def _timed(work: _Work, gpu: GpuShape, *, bits: float, gpus: int) -> tuple[float, str]:
    """Return the seconds of one input among many, and the sum that yields them."""
    operations, share, least_s, moved = work
    peak, bandwidth = gpu.tflops(bits) or 0.0, gpu.bandwidth_gbps or 1.0
    seconds = operations / (peak * 1e12 * share * gpus) + moved / (bandwidth * 1e9 * gpus)
    beside = f" and {moved / 1e6:.4g} MB moved over {gpus} x {bandwidth:g} GB/s" if moved else ""
    least = "" if gpu.vendor == "cpu" else f", one alone in at least {least_s * 1e3:g} ms"
    return seconds, (
        f"{operations:.4g} operations an input over {gpus} x {peak:g} TFLOPS x {share:.3f} that is reached "
        f"where many inputs go through at once{beside}{least}."
    )


def _error(shape: ModelShape, *, lengths_said: bool) -> float:
    """Return the factor within which the speed is expected, both ways."""
    if shape.arch in ("cnn", "unet3d"):
        return _ERROR_OF_SCANS if shape.arch == "unet3d" else _ERROR_OF_NETWORKS
    return ERROR_FACTOR if lengths_said or shape.arch in BY_SAMPLES else _ERROR_OF_LENGTHS


def is_fused(engine: str) -> bool:
    """Return whether an engine fuses a network's operations and computes at the width of its weights."""
    return bool(_COMPILERS.search(engine))


def _share_of_networks(shape: ModelShape, gpu: GpuShape, known: Pass | None) -> float:
    """Return the share of what training reaches that a network over pixels or voxels does; transformers pass patches as
    encoders pass tokens.
    """
    if shape.arch == "unet3d":
        return _VOXELS
    width = shape.hidden if shape.hidden and is_plain_transformer(shape) else known.width if known else 0
    if width:
        return width / (width + SMALL_WIDTH) * (_PATCHES_GEFORCE if known and gpu.for_games else 1.0)
    if known:
        return _COUNTED_GEFORCE if gpu.for_games else 1.0
    return _PIXELS * (_GEFORCE if gpu.for_games else 1.0)


def _generation(
    shape: ModelShape,
    gpu: GpuShape,
    share: float,
    model_id: str,
    image_size: int | None,
    notes: list[Assumption],
    *,
    fused: bool,
) -> _Work:
    """Return what it takes to generate one image or clip where passes of encoders reach `share` of the peak."""
    few = bool(_DISTILLED.search(model_id))
    steps, passes = _DISTILLED_STEPS if few else _STEPS, 1 if few or _ONE_PASS.search(model_id) else _GUIDED
    size = image_size or default_edge(shape, training=False)
    notes.append(Assumption("steps", str(steps), "denoising steps, as models of this kind are run"))
    if image_size is None:
        notes.append(Assumption("image_size", str(size), "not said; the usual size for models of this class"))
    operations = steps * passes * forward_operations(shape, size=size) + picture_operations(shape, size=size)
    if is_transformer(shape):
        return _Work(operations, share / _OF_TRAINING)
    share *= _UNET_GEFORCE if gpu.for_games else 1.0
    return _Work(operations, share, 0.0 if fused else steps * _UNET_STEP_S)


def _over_pixels(shape: ModelShape, gpu: GpuShape, share: float, size: int, *, fused: bool) -> _Work:
    """Return what a network over images or scans of this edge takes; share: as of `_generation`."""
    on_cpu, known = gpu.vendor == "cpu", known_pass(shape, size)
    share = _FUSED_PIXELS if fused else share * (1.0 if on_cpu else _share_of_networks(shape, gpu, known))
    if known is None:
        return _Work(forward_operations(shape, size=size), share)
    return _Work(known.operations, share, moved=0.0 if fused or on_cpu else known.moved)


def _over_tokens(
    shape: ModelShape, gpu: GpuShape, share: float, tokens: int | None, notes: list[Assumption], *, fused: bool
) -> _Work:
    """Return what an encoder takes of so many tokens; share: as of `_generation`."""
    model = complete(shape)
    of_width = 1.0 if gpu.vendor == "cpu" else model.hidden / (model.hidden + SMALL_WIDTH)
    return _Work(_passage(model, tokens, notes), (_FUSED if fused else share) * of_width)


def _edge(shape: ModelShape, image_size: int | None, notes: list[Assumption]) -> int:
    """Return the edge of one image or scan, and note where it was not said."""
    if image_size is None:
        image_size = default_edge(shape, training=False)
        notes.append(Assumption("image_size", str(image_size), "not said; a common edge of inputs"))
    return image_size


def _passage(model: Complete, tokens: int | None, notes: list[Assumption]) -> float:
    """Return the operations to pass one text through an encoder."""
    if not tokens:
        tokens = PASSAGE_TOKENS
        notes.append(Assumption("tokens", str(tokens), "not said; of one input, about a paragraph"))
    active = max(model.active_parameters - model.embedding_parameters, 0.1 * model.active_parameters)
    return tokens * (2 * active + 4.0 * model.layers * model.attention_width * tokens)
