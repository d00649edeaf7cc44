"""Memory of image and video diffusion: denoiser, text encoders, image decoder (VAE); what generating takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from services.models.domain.sizing.decoding import decode_bytes, in_tiles, streams
from services.models.domain.sizing.demand import RUNTIME_BYTES, RUNTIME_SOURCE
from services.models.domain.sizing.estimates import UNSIZED, MemoryEstimate
from services.models.domain.sizing.operations import default_edge
from services.models.domain.sizing.parallelism import Split
from services.models.domain.sizing.precision import Precision, precision_of
from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.terms import GIB, Assumption, Basis, Term
from services.models.domain.sizing.text_encoders import PARAMETERS

_DENOISER_DEFAULT: Final = 2.6e9
_VAE_PARAMETERS: Final = 84e6
_T5_XXL: Final = 4.76e9
_WIDTH: Final = 2.0
_STAYING: Final = "int8"
"""Weights that bitsandbytes does not move to the host."""
_WITH_CLIP, _UMT5 = 5.6e9, 5.95e9
"""Text encoders of up to so many parameters are T5-XXL with CLIP beside it, as in Flux and Stable Diffusion 3, and
UMT5-XXL, which has more words.
"""
_T5_KEPT_WIDE: Final = 24 * 10_240 * 4096 / _T5_XXL
"""Share of T5-XXL that is the outputs of its feed-forward layers (24 of 10,240 x 4,096), which transformers keeps at 32
bit under fp16, as they would overflow.
"""
_LIVE_WIDTHS: Final = 12.0
"""Values per token and unit of width alive in one layer of a denoising transformer, guidance (two passes at once)
included.
"""

RUNTIME: Final = f"{RUNTIME_BYTES / GIB:g} GiB"


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
    encoders: float | None = None
    """Bytes of a weight of what reads prompts; None: as diffusers has it for the precision."""
    decoder: float | None = None
    """Bytes of a value of the decoder; None: by the precision."""


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


def parts_of(shape: ModelShape, job: ImageJob, notes: list[Assumption]) -> Parts:
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
    if shape.text_encoder:
        text = PARAMETERS[shape.text_encoder]
        why = f"not in the record; {shape.text_encoder}, which reads the prompts of generators of this name"
        notes.append(Assumption("text_encoder_parameters", f"{text:.3g}", why))
        return Parts(denoiser, text, vae)
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


def pixels_and_frames(shape: ModelShape, job: ImageJob, notes: list[Assumption]) -> tuple[int, int]:
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


class Generation(NamedTuple):
    """The making of one batch, in numbers. streams: a clip is decoded a frame of the latents at a time. wide: width of
    a denoiser. held: bytes of the parts that are on the GPU; working: of what one of them at a time takes beside; t5,
    beside: parameters of T5 and of other text encoders, at `each` and `rest` bytes.
    """

    job: ImageJob
    form: Precision
    parts: Parts
    pixels: int
    frames: int
    tiled: bool
    streams: bool
    wide: float
    width: float
    t5: float
    each: float
    beside: float
    rest: float
    held: Mapping[str, float]
    working: Mapping[str, float]
    notes: Sequence[Assumption]

    @property
    def bytes(self) -> float:
        """Bytes on the GPU, all in all."""
        return sum(self.held.values()) + max(self.working.values()) + RUNTIME_BYTES

    @property
    def decodes_whole(self) -> bool:
        """Whether images are decoded in one piece, clips with all frames at once."""
        return not (self.tiled or self.job.in_chunks)

    @property
    def packs_encoders(self) -> bool:
        """Whether text encoders are quantised along with the denoiser."""
        return bool(self.t5 and self.each < _WIDTH) or self.rest < _WIDTH

    def estimate(self) -> MemoryEstimate:
        """Return the memory of it, each term with its formula."""
        job, form, width = self.job, self.form, self.width
        words = {
            "denoiser": f"{self.parts.denoiser:.6g} parameters x {form.bits:g} bits / 8",
            "text_encoder": f"{self.t5:.6g} parameters x {self.each:.6g} bytes + {self.beside:.6g} x {self.rest:g}; "
            "T5, then others",
            "vae": f"{self.parts.vae:.6g} parameters x {job.decoder or width:g} bytes",
        }
        terms = [Term(name, size, words[name], form.source) for name, size in self.held.items()]
        name = max(self.working, key=self.working.__getitem__)
        size = self.working[name]
        if size:
            terms.append(Term("activations", size, self._working(name, size), "diffusers memory guide"))
        terms.append(Term("overhead", RUNTIME_BYTES, RUNTIME, RUNTIME_SOURCE))
        return whole_estimate(terms, list(self.notes), form.name, job.batch)

    def _working(self, name: str, size: float) -> str:
        batch, pixels, frames = self.job.batch, self.pixels, self.frames
        clip = f"{batch} x {edges(pixels, frames)}"
        if name == "denoiser":
            tokens = tokens_of(pixels, frames)
            values = f"{batch} x {tokens:.6g} tokens x {_LIVE_WIDTHS:g} x {self.wide:.6g} values x {self.width:g} bytes"
            return f"{values}; one denoising step of {clip}"
        decoding = (
            f"{size:.6g} bytes" if self.tiled else f"{batch} x {pixels} pixels x {size / batch / pixels:.6g} bytes"
        )
        return f"{decoding}; decoding {'a tile of ' * self.tiled}{clip}"


def estimate_diffusion(shape: ModelShape, *, precision: str = "", job: ImageJob | None = None) -> MemoryEstimate:
    """Return the memory to generate one batch. Offloading keeps the largest component alone on the GPU at a time."""
    return generation(shape, precision=precision, job=job or ImageJob()).estimate()


def generation(shape: ModelShape, *, precision: str, job: ImageJob) -> Generation:
    """Return what generating one batch takes, in numbers."""
    notes: list[Assumption] = []
    if not precision:
        precision = "fp16"
        notes.append(Assumption("precision", precision, "not said; the usual precision of image generation"))
    form = precision_of(precision)
    parts = parts_of(shape, job, notes)
    wide = width_of(parts.denoiser / shape.denoisers)
    if job.offload and form.kind != _STAYING:
        parts = replace(parts, denoiser=parts.denoiser / shape.denoisers)
    pixels, frames = pixels_and_frames(shape, job, notes)
    width = max(form.bytes, _WIDTH)
    coder = job.decoder or width
    tiled = in_tiles(pixels, frames, shape.decoder) if job.tiled is None else job.tiled
    if tiled and job.tiled is None:
        notes.append(Assumption("vae_tiling", "True", "not said; clips of this size are decoded in tiles"))
    t5 = 0.0 if not _T5_XXL <= parts.text <= _UMT5 else _T5_XXL if parts.text <= _WITH_CLIP else parts.text
    each, rest = job.encoders or t5_bytes(form), job.encoders or width
    if (t5 and each < _WIDTH) or rest < _WIDTH:
        notes.append(Assumption("text_encoder_precision", form.name, "not said; quantised along with the denoiser"))
    beside = 0.0 if job.offload and t5 else parts.text - t5  # of several the largest: each moves by itself
    held = {
        "denoiser": parts.denoiser * form.bytes,
        "text_encoder": t5 * each + beside * rest,
        "vae": parts.vae * coder,
    }
    working = {
        "denoiser": job.batch * tokens_of(pixels, frames) * _LIVE_WIDTHS * wide * width,
        "text_encoder": 0.0,
        "vae": decode_bytes(
            pixels, frames, coder, batch=job.batch, tiled=tiled, in_chunks=job.in_chunks, decoder=shape.decoder
        ),
    }
    if job.offload:
        stays = "denoiser" if form.kind == _STAYING else ""
        name = max(held, key=lambda key: working[key] + (0.0 if key == stays else held[key]))
        held, working = {key: size for key, size in held.items() if key in (name, stays)}, {name: working[name]}
    return Generation(
        job,
        form,
        parts,
        pixels,
        frames,
        tiled,
        streams(frames, shape.decoder),
        wide,
        width,
        t5,
        each,
        beside,
        rest,
        held,
        working,
        notes,
    )


def t5_bytes(form: Precision) -> float:
    """Return the bytes of each weight of T5-XXL. Diffusers quantises it with the denoiser (components_to_quantize in
    its guide), but for GGUF, which transformers loads no text encoder of such a pipeline from. Language models that
    read prompts (HunyuanVideo, Step1X-Edit, Z-Image), CLIP and the VAE stay at 16 bit.
    """
    width = max(form.bytes, _WIDTH) if not form.quantised or form.kind == "gguf" else form.bytes
    if form.name == "fp16":
        return width + 2.0 * _T5_KEPT_WIDE
    if form.kind in ("bnb", "int8") and width < 2:
        return width + (4.0 - width) * _T5_KEPT_WIDE
    return width


def edges(pixels: int, frames: int) -> str:
    edge = round(pixels**0.5)
    return f"{edge} x {edge} pixels" + (f" x {frames} frames" if frames > 1 else "")


def width_of(parameters: float) -> float:
    """Return the width of a denoising transformer of this size: 12 x depth x width^2 parameters, width 64 x depth."""
    return float((parameters * 64 / 12) ** (1 / 3))


def tokens_of(pixels: int, frames: int) -> float:
    """Return latent tokens: 8 x 8 pixels to a latent, 2 x 2 latents to a token, 4 frames to one."""
    return pixels / 256 * (frames / 4 + 0.75 if frames > 1 else 1)


def whole_estimate(terms: list[Term], notes: list[Assumption], precision: str, batch: int) -> MemoryEstimate:
    total = sum(term.bytes for term in terms)
    error = UNSIZED if any(note.field == "parameters" for note in notes) else 0.4
    return MemoryEstimate(
        total, total, (total,), tuple(terms), tuple(notes), Split(), precision, "", 0, batch, Basis.MODELLED, error
    )
