"""Memory of image and video diffusion: denoiser, text encoders, image decoder (VAE), for inference and training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.models.domain.sizing.decoding import PIXEL, VIDEO_PIXEL, decode_bytes, in_tiles
from services.models.domain.sizing.demand import RUNTIME_BYTES, RUNTIME_SOURCE
from services.models.domain.sizing.estimates import MemoryEstimate
from services.models.domain.sizing.operations import default_edge, is_transformer
from services.models.domain.sizing.optimizers import MASTER, optimizer_of
from services.models.domain.sizing.parallelism import Split
from services.models.domain.sizing.precision import Precision, precision_of
from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.terms import GIB, Assumption, Basis, Term

_DENOISER_DEFAULT: Final = 2.6e9
_VAE_PARAMETERS: Final = 84e6
_T5_FROM: Final = 1e9
_T5_XXL: Final = 4.76e9
_WITH_CLIP: Final = 1.25
"""Text encoders of up to so many times its size are T5-XXL with CLIP beside it, as in Flux and Stable Diffusion 3."""
_T5_KEPT_WIDE: Final = 24 * 10_240 * 4096 / _T5_XXL
"""Share of T5-XXL that is the outputs of its feed-forward layers (24 of 10,240 x 4,096), which transformers keeps at 32
bit under fp16, as they would overflow.
"""
_UNET_LATENT: Final = 1.0e6
"""Bytes a 16-bit UNet of 0.86 billion parameters saves per latent pixel and sample for the backward pass."""
_LIVE_WIDTHS: Final = 12.0
"""Values per token and unit of width alive in one layer of a denoising transformer, guidance (two passes at once)
included.
"""
_ADAPTERS: Final = 0.005
"""Share of the denoiser that adapters add: ranks of 4 to 32 on its attention."""
_LARGE: Final = 2e9
"""Generators from here up are trained with frozen weights at 16 bit and recomputed activations, as scripts do."""
_TOKEN_FACTOR: Final = 34.0
"""Bytes per token, layer and unit of width that a 16-bit transformer saves (Korthikanti et al., arXiv:2205.05198)."""

_RUNTIME: Final = f"{RUNTIME_BYTES / GIB:g} GiB"


@dataclass(frozen=True, slots=True)
class ImageJob:
    """What is generated or trained on. size: edge in pixels; frames: 1 for images; tiled: the VAE decodes in tiles;
    None: clips longer or larger than common ones do.
    """

    size: int | None = None
    frames: int | None = None
    batch: int = 1
    tiled: bool | None = None
    in_chunks: bool = False
    """Whether a clip is decoded as diffusers does, a few frames at once."""
    text_encoder_parameters: float | None = None
    offload: bool = False
    plain_encoders: bool = False
    """Whether text encoders stay at 16 bit where the denoiser is quantised."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Parameters of the parts of a generator."""

    denoiser: float
    text: float
    vae: float

    @property
    def total(self) -> float:
        """All of them."""
        return self.denoiser + self.text + self.vae


def _parts(shape: ModelShape, job: ImageJob, notes: list[Assumption]) -> Parts:
    """Return the parts: those of the record, whose `parameters` are then the whole; else the denoiser's `parameters`
    with the encoders and the decoder of such models.
    """
    denoiser = shape.parameters
    if denoiser is None:
        denoiser = _DENOISER_DEFAULT
        notes.append(Assumption("parameters", f"{denoiser:.3g}", "not in the record; a model of SDXL's size"))
    vae = _VAE_PARAMETERS if shape.vae_parameters is None else shape.vae_parameters
    text = shape.text_encoder_parameters
    if text is not None:
        return Parts(max(denoiser - text - vae, 0.02 * denoiser), text, vae)
    if job.text_encoder_parameters is not None:
        return Parts(denoiser, job.text_encoder_parameters, vae)
    video = (job.frames or 1) > 1
    text = 0.123e9 if denoiser < 1.2e9 else 0.82e9 if denoiser < 3.5e9 and not video else _T5_XXL
    if shape.transformer:  # those that denoise by transformers read T5 whatever their size (Stable Diffusion 3, PixArt)
        text = _T5_XXL
    notes.append(
        Assumption(
            "text_encoder_parameters", f"{text:.3g}", "not in the record; CLIP-L, CLIP-L with bigG or T5-XXL by size"
        )
    )
    return Parts(denoiser, text, vae)


def _job(shape: ModelShape, job: ImageJob, notes: list[Assumption]) -> tuple[int, int]:
    """Return (pixels of a frame, frames)."""
    frames = job.frames
    if frames is None:
        frames = 49 if "video" in shape.task else 1
        if frames > 1:
            notes.append(Assumption("frames", str(frames), "not said; six seconds at 8 frames a second"))
    size = job.size
    if size is None:
        size = default_edge(shape, training=False)
        notes.append(Assumption("image_size", str(size), "not said; the usual size for models of this class"))
    return size * size, frames


def estimate_diffusion(shape: ModelShape, *, precision: str = "", job: ImageJob | None = None) -> MemoryEstimate:
    """Return the memory to generate one batch. Offloading keeps the largest component alone on the GPU at a time."""
    job = job or ImageJob()
    notes: list[Assumption] = []
    if not precision:
        precision = "fp16"
        notes.append(Assumption("precision", precision, "not said; the usual precision of image generation"))
    form = precision_of(precision)
    parts = _parts(shape, job, notes)
    pixels, frames = _job(shape, job, notes)
    width = max(form.bytes, 2.0)
    tiled = in_tiles(pixels, frames) if job.tiled is None else job.tiled
    if tiled and job.tiled is None:
        notes.append(Assumption("vae_tiling", "True", "not said; clips of this size are decoded in tiles"))
    decode = decode_bytes(pixels, frames, width, batch=job.batch, tiled=tiled, in_chunks=job.in_chunks)
    decoding = f"{job.batch} x {pixels} pixels x {decode / job.batch / pixels:.6g} bytes"
    clip, decoding = f"{job.batch} x {_size(pixels, frames)}", f"{decode:.6g} bytes" if tiled else decoding
    tokens, wide = _tokens(pixels, frames), _width(parts.denoiser)
    denoise = job.batch * tokens * _LIVE_WIDTHS * wide * width
    step = f"{job.batch} x {tokens:.6g} tokens x {_LIVE_WIDTHS:g} x {wide:.6g} values x {width:g} bytes"
    t5 = _T5_XXL if _T5_XXL <= parts.text <= _WITH_CLIP * _T5_XXL else 0.0
    each = _t5_bytes(form, plain=job.plain_encoders)
    if t5 and each < 2:
        notes.append(Assumption("text_encoder_precision", form.name, "not said; quantised along with the denoiser"))
    beside = 0.0 if job.offload and t5 else parts.text - t5  # of several the largest: each moves by itself
    held = {
        "denoiser": (parts.denoiser * form.bytes, f"{parts.denoiser:.6g} parameters x {form.bits:g} bits / 8"),
        "text_encoder": (
            t5 * each + beside * width,
            f"{t5:.6g} parameters x {each:.6g} bytes + {beside:.6g} x {width:g}; T5, then others",
        ),
        "vae": (parts.vae * width, f"{parts.vae:.6g} parameters x {width:g} bytes"),
    }
    working = {
        "denoiser": (denoise, f"{step}; one denoising step of {clip}"),
        "text_encoder": (0.0, ""),
        "vae": (decode, f"{decoding}; decoding {'a tile of ' * tiled}{clip}"),
    }
    if job.offload:
        stays = "denoiser" if form.kind == "int8" else ""  # bitsandbytes moves no 8-bit weights
        name = max(held, key=lambda key: working[key][0] + (0.0 if key == stays else held[key][0]))
        held, working = {key: part for key, part in held.items() if key in (name, stays)}, {name: working[name]}
    terms = [Term(name, size, words, form.source) for name, (size, words) in held.items()]
    size, words = max(working.values())
    if size:
        terms.append(Term("activations", size, words, "diffusers memory guide"))
    terms.append(Term("overhead", RUNTIME_BYTES, _RUNTIME, RUNTIME_SOURCE))
    return _whole(terms, notes, form.name, job.batch)


def _t5_bytes(form: Precision, *, plain: bool) -> float:
    """Return the bytes of each weight of T5-XXL. Diffusers quantises it with the denoiser (components_to_quantize in
    its guide), but for GGUF, which transformers loads no text encoder of such a pipeline from. Language models that
    read prompts (HunyuanVideo, Step1X-Edit, Z-Image), CLIP and the VAE stay at 16 bit.
    """
    width = max(form.bytes, 2.0) if plain or not form.quantised or form.kind == "gguf" else form.bytes
    if form.name == "fp16":
        return width + 2.0 * _T5_KEPT_WIDE
    if form.kind in ("bnb", "int8") and width < 2:
        return width + (4.0 - width) * _T5_KEPT_WIDE
    return width


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
    parts = _parts(shape, job, notes)
    denoiser = parts.denoiser
    form, checkpointing = _storage(denoiser, method, precision, checkpointing, notes)
    update = optimizer_of(optimizer)
    pixels, frames = _job(shape, job, notes)
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
            f"{what}, of {_size(pixels, frames)}, checkpointing {checkpointing}",
            "arXiv:2205.05198; UNet calibrated; diffusers training scripts encode samples and decode validation images",
        ),
        Term("overhead", RUNTIME_BYTES, _RUNTIME, RUNTIME_SOURCE),
    ]
    return _whole(terms, notes, form.name, job.batch)


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
    return float(_tokens(pixels, frames) * _width(denoiser) * layers)


def _size(pixels: int, frames: int) -> str:
    edge = round(pixels**0.5)
    return f"{edge} x {edge} pixels" + (f" x {frames} frames" if frames > 1 else "")


def _width(parameters: float) -> float:
    """Return the width of a denoising transformer of this size: 12 x depth x width^2 parameters, width 64 x depth."""
    return float((parameters * 64 / 12) ** (1 / 3))


def _depth(parameters: float) -> float:
    return _width(parameters) / 64


def _tokens(pixels: int, frames: int) -> float:
    """Return latent tokens: 8 x 8 pixels to a latent, 2 x 2 latents to a token, 4 frames to one."""
    return pixels / 256 * (frames / 4 + 0.75 if frames > 1 else 1)


def _whole(terms: list[Term], notes: list[Assumption], precision: str, batch: int) -> MemoryEstimate:
    total = sum(term.bytes for term in terms)
    return MemoryEstimate(
        total, total, (total,), tuple(terms), tuple(notes), Split(), precision, "", 0, batch, Basis.MODELLED, 0.4
    )
