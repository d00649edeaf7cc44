"""Memory to train generators of images and clips: all of the denoiser, or adapters on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.models.domain.sizing.decoding import PIXEL, VIDEO_PIXEL, decode_bytes
from services.models.domain.sizing.demand import RUNTIME_BYTES, RUNTIME_SOURCE
from services.models.domain.sizing.diffusion import (
    RUNTIME,
    ImageJob,
    Parts,
    edges,
    parts_of,
    pixels_and_frames,
    tokens_of,
    whole_estimate,
    width_of,
)
from services.models.domain.sizing.estimates import MemoryEstimate
from services.models.domain.sizing.operations import is_transformer
from services.models.domain.sizing.optimizers import MASTER, Optimizer, optimizer_of
from services.models.domain.sizing.precision import Precision, precision_of
from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.terms import Assumption, Term

_UNET_LATENT: Final = 1.0e6
"""Bytes a 16-bit UNet of 0.86 billion parameters saves per latent pixel and sample for the backward pass, with
attention that is not fused: 1.04e6 by what autograd saves over the code of diffusers 0.35 (Stable Diffusion 1.5).
"""
_UNET_FUSED: Final = 0.32e6
"""The same with fused attention, as under PyTorch 2, which UNets of SDXL's size came after: 0.32e6 there, 0.56e6 of
SDXL, which is by the root of the parameters.
"""
_REBUILT, _REBUILT_FUSED = 0.25, 0.1
"""Share of that which stays with recomputing: the inputs of blocks, 12 to 15 thousand values a latent pixel by the code
of Stable Diffusion 1.5 and XL, and the largest block, whose scores are most of it where attention is not fused.
"""
_LATER, _CASCADES = 1.2e9, 3.5e9
"""Sizes of UNets between which that is so. Larger ones (IF) attend to text by keys of their own, which was not fused.
"""
_ADAPTERS: Final = 0.005
"""Share of the denoiser that adapters add where no rank was said: ranks of 4 to 32 on its attention."""
_ADAPTED: Final = 4
"""Matrices of a layer's attention that get an adapter: query, key, value and output (diffusers' scripts)."""
_LARGE: Final = 2e9
"""Generators from here up are trained at 16 bit with recomputed activations, as scripts do."""
_TOKEN_FACTOR: Final = 34.0
"""Bytes per token, layer and unit of width that a 16-bit transformer saves (Korthikanti et al., arXiv:2205.05198)."""
_T5_FROM: Final = 1e9
_PACKED: Final = 4.6
"""Bits of a weight up to which who trains over it is taken to save what can be saved, text encoders first."""
_BUCKETS: Final = Term(
    "buckets", 2e9, "2 x 5e8 values x 2 bytes", "DeepSpeed's defaults: reduce_bucket_size and overlap_comm"
)
_OF_WEIGHTS: Final = 3
_ENCODED: Final = 0.5
"""Of what decoding takes, encoding does: its maps at full size have half the channels."""


@dataclass(frozen=True, slots=True)
class GeneratorRun:
    """How a generator is trained. method: full or lora. pure: weights, gradients and state at the width of the
    precision. rank: of adapters. trainable: parameters that are trained, where they are not all of the denoiser
    (ControlNet's copy of a part of it). offload: the state is in host memory, where ZeRO keeps 32-bit weights and
    gradients too. zero_stage: what of state, gradients and weights so many GPUs share. encoders_stay: text encoders
    and VAE do, where caches or 4 bits say otherwise. caches: what these make is kept before training, by frameworks.
    tiled: clips are encoded in tiles; None: where recomputing was asked for, as who saves memory does both. fused:
    attention of UNets is; those of SDXL's size always have it so.
    """

    method: str = "full"
    precision: str = ""
    optimizer: str = "adamw"
    checkpointing: bool | None = None
    pure: bool = False
    rank: int | None = None
    trainable: float | None = None
    offload: bool = False
    zero_stage: int = 0
    gpus: int = 1
    encoders_stay: bool = False
    caches: bool = False
    tiled: bool | None = None
    fused: bool = False


def estimate_diffusion_training(
    shape: ModelShape, run: GeneratorRun | None = None, *, job: ImageJob | None = None
) -> MemoryEstimate:
    """Return the memory to train the denoiser (full) or adapters on it (lora) with the VAE and the text
    encoders resident, unless what they make is cached.
    """
    run, job = run or GeneratorRun(), job or ImageJob()
    notes: list[Assumption] = []
    parts = parts_of(shape, job, notes)
    pixels, frames = pixels_and_frames(shape, job, notes)
    form, checkpointing = _storage(run, parts.denoiser, frames, notes)
    wide = max(form.bytes, 2.0)
    text, vae = _staying(run, parts, form, notes)
    weights = _weights(run, parts.denoiser, form, beside=vae + text, wide=wide)
    state = _state(run, _trained(shape, run, parts.denoiser, notes), form, copied=not checkpointing)
    one = wide / 2 * _saved(shape, parts.denoiser, pixels, frames, checkpointing=checkpointing, fused=run.fused)
    working = {
        "training": job.batch * one,
        "the VAE's": _encoding(run, job, pixels, frames, wide, notes) if vae else 0.0,
        "reading prompts": 0.0 if text else max(parts.text * wide - weights.bytes - state.bytes, 0.0),
    }
    largest = max(working, key=working.__getitem__)
    kept = Term(
        "activations",
        working[largest],
        f"{job.batch} samples x {working[largest] / job.batch:.6g} bytes; the largest of training, VAE and prompts, "
        f"here {largest}, of {edges(pixels, frames)}, checkpointing {checkpointing}",
        "arXiv:2205.05198; UNet counted; diffusers training scripts encode samples and decode validation images",
    )
    overhead = Term("overhead", RUNTIME_BYTES, RUNTIME, RUNTIME_SOURCE)
    terms = [weights, state, kept, *([_BUCKETS] if run.zero_stage else []), overhead]
    return whole_estimate(terms, notes, form.name, job.batch)


def _staying(run: GeneratorRun, parts: Parts, form: Precision, notes: list[Assumption]) -> tuple[float, float]:
    """Return the parameters of the text encoders and of the VAE that stay beside the denoiser."""
    if run.encoders_stay:
        return parts.text, parts.vae
    freed = run.caches or (form.bits <= _PACKED and parts.text >= _T5_FROM)
    if freed:
        notes.append(Assumption("text_encoders", "freed", "not said; prompts are encoded before training"))
    return 0.0 if freed else parts.text, 0.0 if run.caches else parts.vae


def _weights(run: GeneratorRun, denoiser: float, form: Precision, *, beside: float, wide: float) -> Term:
    """Return the weights on a GPU: of the denoiser, or its share of them, and `beside` of `wide` bytes each."""
    shared = run.gpus if run.zero_stage == _OF_WEIGHTS else 1
    held = f"{denoiser:.6g} parameters x {form.bits:g} bits / {8 * shared} + {beside:.6g} x {wide:g} bytes"
    what = f"{held}; the latter of the VAE and the text encoders that stay"
    return Term("weights", denoiser * form.bytes / shared + beside * wide, what, form.source)


def _state(run: GeneratorRun, trained: float, form: Precision, *, copied: bool) -> Term:
    """Return what so many trained parameters take beside their weights; copied: as of `_each`."""
    update = optimizer_of(run.optimizer)
    each = _each(run, form, update, copied=copied)
    what = f"{trained:.6g} trained parameters x {each:.6g} bytes; gradients and {update.name}"
    return Term("optimizer", trained * each, what, update.source)


def _each(run: GeneratorRun, form: Precision, update: Optimizer, *, copied: bool) -> float:
    """Return the bytes of a trained parameter beside its weight in the form of the run. copied: 16-bit copies of 32-bit
    weights are kept from the forward pass to the backward pass; recomputing makes them anew, layer by layer.
    """
    kept = form.bytes if run.pure and form.bytes <= 2 else MASTER
    if run.offload and run.zero_stage:
        return 0.0
    wider = MASTER if form.bytes < kept else 0.0
    if wider and run.method == "full" and not (copied or run.zero_stage):
        wider -= form.bytes
    state = wider + (0.0 if run.offload else update.state_bytes(kept))
    by_state, by_gradients = (run.gpus if run.zero_stage >= stage else 1 for stage in (1, 2))
    return state / by_state + kept / by_gradients


def _trained(shape: ModelShape, run: GeneratorRun, denoiser: float, notes: list[Assumption]) -> float:
    """Return the parameters that are trained."""
    if run.trainable:
        return run.trainable
    if run.method == "full":
        return denoiser
    if run.rank and is_transformer(shape):
        return _depth(denoiser) * _ADAPTED * 2 * width_of(denoiser) * run.rank
    trained = _ADAPTERS * denoiser
    notes.append(Assumption("trainable", f"{trained:.3g}", "not said; adapters of low rank on the attention"))
    return trained


def _encoding(
    run: GeneratorRun, job: ImageJob, pixels: int, frames: int, wide: float, notes: list[Assumption]
) -> float:
    """Return the bytes that the VAE takes beside training: to encode the samples of a step, or to decode one."""
    if frames > 1 and (run.tiled if run.tiled is not None else run.checkpointing):
        if run.tiled is None:
            notes.append(Assumption("vae_tiling", "True", "not said; recipes that recompute encode clips in tiles"))
        return decode_bytes(pixels, frames, wide, batch=1, tiled=True, in_chunks=False)
    each = wide / 2 * pixels * frames * (VIDEO_PIXEL if frames > 1 else PIXEL)
    return max(job.batch * _ENCODED, 1.0) * each


def _storage(run: GeneratorRun, denoiser: float, frames: int, notes: list[Assumption]) -> tuple[Precision, bool]:
    """Return how the weights of a denoiser are kept in training and whether activations are recomputed; note what was
    not said.
    """
    precision, checkpointing = run.precision, run.checkpointing
    if not precision:
        precision, why = "fp32", "not said; the default of the diffusers training scripts"
        if denoiser >= _LARGE or frames > 1:
            precision, why = "bf16", "not said; usual for clips and from two billion parameters up"
        notes.append(Assumption("precision", precision, why))
    if checkpointing is None:
        checkpointing = denoiser >= _LARGE
        notes.append(Assumption("checkpointing", str(checkpointing), "not said; usual from two billion parameters up"))
    form = precision_of(precision)
    return precision_of("bf16") if form.kind == "mixed" else form, checkpointing


def _saved(shape: ModelShape, denoiser: float, pixels: int, frames: int, *, checkpointing: bool, fused: bool) -> float:
    """Return the bytes that one sample leaves at 16 bit. Recomputing keeps of a transformer the input of each layer,
    and one layer and a half.
    """
    if frames == 1 and not is_transformer(shape):
        each, share = _UNET_LATENT, _REBUILT
        if fused or _LATER <= denoiser < _CASCADES:
            each, share = _UNET_FUSED, _REBUILT_FUSED
        return float(pixels / 64 * each * (denoiser / 0.86e9) ** 0.5 * (share if checkpointing else 1.0))
    depth = _depth(denoiser)
    layers = 2.0 * depth + 1.5 * _TOKEN_FACTOR if checkpointing else _TOKEN_FACTOR * depth
    return float(tokens_of(pixels, frames) * width_of(denoiser) * layers)


def _depth(parameters: float) -> float:
    return width_of(parameters) / 64
