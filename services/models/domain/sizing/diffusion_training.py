"""Memory to train the denoiser of an image or video generator, or adapters on it."""

from __future__ import annotations

from typing import Final

from services.models.domain.sizing.decoding import PIXEL, VIDEO_PIXEL
from services.models.domain.sizing.demand import RUNTIME_BYTES, RUNTIME_SOURCE
from services.models.domain.sizing.diffusion import (
    RUNTIME,
    ImageJob,
    edges,
    parts_of,
    pixels_and_frames,
    tokens_of,
    whole_estimate,
    width_of,
)
from services.models.domain.sizing.estimates import MemoryEstimate
from services.models.domain.sizing.operations import is_transformer
from services.models.domain.sizing.optimizers import MASTER, optimizer_of
from services.models.domain.sizing.precision import Precision, precision_of
from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.terms import Assumption, Term

_T5_FROM: Final = 1e9
_UNET_LATENT: Final = 1.0e6
"""Bytes a 16-bit UNet of 0.86 billion parameters saves per latent pixel and sample for the backward pass."""
_ADAPTERS: Final = 0.005
"""Share of the denoiser that adapters add: ranks of 4 to 32 on its attention."""
_LARGE: Final = 2e9
"""Generators from here up are trained with frozen weights at 16 bit and recomputed activations, as scripts do."""
_TOKEN_FACTOR: Final = 34.0
"""Bytes per token, layer and unit of width that a 16-bit transformer saves (Korthikanti et al., arXiv:2205.05198)."""


def estimate_diffusion_training(
    shape: ModelShape,
    *,
    method: str = "full",
    precision: str = "",
    optimizer: str = "adamw",
    job: ImageJob | None = None,
    checkpointing: bool | None = None,
    encoders_stay: bool = False,
) -> MemoryEstimate:
    """Return the memory to train the denoiser (full) or adapters on it (lora) with the VAE resident. Large text
    encoders of image generators go once the prompts are encoded, unless encoders_stay; others stay.
    """
    job = job or ImageJob()
    notes: list[Assumption] = []
    parts = parts_of(shape, job, notes)
    denoiser = parts.denoiser
    form, checkpointing = _storage(denoiser, method, precision, checkpointing, notes)
    update = optimizer_of(optimizer)
    pixels, frames = pixels_and_frames(shape, job, notes)
    wide = max(form.bytes, 2.0)
    encoders, freed = parts.text * wide, not encoders_stay and frees_encoders(shape, parts.text, frames)
    if freed:
        notes.append(Assumption("text_encoders", "freed", "not said; prompts are encoded before training"))
    stay = 0.0 if freed else parts.text
    weights = denoiser * form.bytes + (parts.vae + stay) * wide
    trained = denoiser if method == "full" else _ADAPTERS * denoiser
    if method != "full":
        notes.append(Assumption("trainable", f"{trained:.3g}", "not said; adapters of low rank on the attention"))
    each = 4.0 + update.state_bytes(4.0) + (MASTER if form.bytes < 4 else 0.0)
    state = trained * each
    scale = max(form.bytes, 2.0) / 2
    prompts = max(encoders - weights - state, 0.0) if freed else 0.0
    saved = job.batch * scale * _saved(shape, denoiser, pixels, frames, checkpointing=checkpointing)
    encode = job.batch * scale * pixels * frames * (VIDEO_PIXEL if frames > 1 else PIXEL)
    working = max(saved, encode, prompts)
    held = f"{denoiser:.6g} parameters x {form.bits:g} bits / 8 + {parts.vae + stay:.6g} x {wide:g} bytes"
    what = "training" if working == saved else "the VAE, encoding samples" if working == encode else "reading prompts"
    terms = [
        Term("weights", weights, f"{held}; the latter of the VAE and the text encoders that stay", form.source),
        Term(
            "optimizer",
            state,
            f"{trained:.6g} trained parameters x {each:.6g} bytes; gradients and {update.name}",
            update.source,
        ),
        Term(
            "activations",
            working,
            f"{job.batch} samples x {working / job.batch:.6g} bytes; the largest of training, VAE and prompts, here "
            f"{what}, of {edges(pixels, frames)}, checkpointing {checkpointing}",
            "arXiv:2205.05198; UNet calibrated; diffusers training scripts encode samples and decode validation images",
        ),
        Term("overhead", RUNTIME_BYTES, RUNTIME, RUNTIME_SOURCE),
    ]
    return whole_estimate(terms, notes, form.name, job.batch)


def _storage(
    denoiser: float, method: str, precision: str, checkpointing: bool | None, notes: list[Assumption]
) -> tuple[Precision, bool]:
    """Return how the weights of a denoiser are kept in training and whether activations are recomputed; note what was
    not said.
    """
    if not precision:
        precision, why = "fp32", "not said; the default of the diffusers training scripts"
        if method != "full" and denoiser >= _LARGE:
            precision, why = "bf16", "not said; frozen weights at 16 bit, usual from two billion parameters up"
        notes.append(Assumption("precision", precision, why))
    if checkpointing is None:
        checkpointing = denoiser >= _LARGE
        notes.append(Assumption("checkpointing", str(checkpointing), "not said; usual from two billion parameters up"))
    return precision_of(precision), checkpointing


def frees_encoders(shape: ModelShape, text: float, frames: int) -> bool:
    """Return whether training scripts free the text encoders before they train: those of the size of T5 of image
    transformers (diffusers, train_dreambooth_lora_flux; SimpleTuner and ai-toolkit cache what they say). Scripts for
    video and for UNets encode prompts at every step.
    """
    return frames == 1 and text >= _T5_FROM and is_transformer(shape)


def _saved(shape: ModelShape, denoiser: float, pixels: int, frames: int, *, checkpointing: bool) -> float:
    """Return the bytes that one sample leaves at 16 bit. Recomputing keeps a quarter of a UNet's; of a transformer's
    the input of each layer, and one layer and a half.
    """
    if frames == 1 and not is_transformer(shape):
        return float(pixels / 64 * _UNET_LATENT * (denoiser / 0.86e9) ** 0.5 * (0.25 if checkpointing else 1.0))
    depth = _depth(denoiser)
    layers = 2.0 * depth + 1.5 * _TOKEN_FACTOR if checkpointing else _TOKEN_FACTOR * depth
    return float(tokens_of(pixels, frames) * width_of(denoiser) * layers)


def _depth(parameters: float) -> float:
    return width_of(parameters) / 64
