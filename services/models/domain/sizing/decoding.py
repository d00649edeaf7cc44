"""Memory of decoding latents into images and clips (VAE)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from services.models.domain.sizing.families import family_in

PIXEL: Final = 3300.0
"""Bytes per output pixel: maps of 128 to 512 channels at full size, several alive at once. The same under 32-bit
weights, as SDXL's decodes at 32 bit under either (force_upcast).
"""
VIDEO_PIXEL: Final = 1400.0
"""The same per pixel and frame of a causal 16-bit video decoder."""
_MOST_FRAMES: Final = 49
"""Frames of a clip from which on it takes no more, since decoders work through longer ones in chunks."""
_CHUNK_FRAMES: Final = 12
"""Frames that diffusers decodes at once, each as an image of its own: CogVideoX's 8 with what it keeps of those before,
HunyuanVideo's 16.
"""
_TILE_BYTES: Final = 0.6e9
_TILE: Final = 256 * 256
_TILE_CLIP: Final = _TILE * 17
"""Pixels and frames of a tile of a clip: what HunyuanVideo's and CogVideoX's decoders take at once."""
_WHOLE_CLIP: Final = 600 * 600 * 49
"""Pixels and frames up to which clips are decoded whole, as CogVideoX does with its 49 of 480 x 720. Scripts of larger
ones decode in tiles (HunyuanVideo) unless told otherwise.
"""


class Decoder(NamedTuple):
    """What a family's decoder takes at 16 bit. image: bytes of a pixel of an image; clip: of a pixel of a clip that is
    decoded a frame of the latents at a time, however long (0: it is not); frame: of a pixel and frame of others; most:
    frames from which on a clip takes no more.
    """

    image: float = PIXEL
    clip: float = 0.0
    frame: float = VIDEO_PIXEL
    most: int = _MOST_FRAMES


_LONGEST: Final = 100_000
DECODERS: Final[Mapping[str, Decoder]] = {
    "": Decoder(),
    "Wan": Decoder(image=4470, clip=16_000),
    "LTX": Decoder(frame=90, most=_LONGEST),
    "LTX-2": Decoder(frame=350, most=_LONGEST),
}
"""Wan's and Qwen-Image's, which is Wan's for single images: ComfyUI counts 7,000 values a pixel of a clip, edge-dit's
run of 1.3B leaves 16 kB, LightX2V measured 25; images by InvokeAI (pull request 9305). LTX decodes patches of 4 x 4
pixels: 75 bytes by diffusers' 121 frames of 512 x 768; LTX-2 350, measured from 2.5 to 19.3 million pixels and frames.
"""
_FAMILIES: Final = (
    (r"(?<![a-z])(?:fast)?wan2(?!.*ti2v)|skyreelsv[23]|longcatvideo|cosmospredict2|qwenimage", "Wan"),
    (r"ltx2", "LTX-2"),
    (r"ltxv", "LTX"),
)


@lru_cache(maxsize=4096)
def decoder_of(name: str) -> str:
    """Return which of DECODERS the generator of this name has; empty where the name does not tell.

    >>> decoder_of("Wan-AI/Wan2.1-T2V-14B"), decoder_of("Wan-AI/Wan2.2-TI2V-5B")
    ('Wan', '')
    """
    return family_in(name, _FAMILIES)


def streams(frames: int, decoder: str) -> bool:
    """Return whether a clip is decoded a frame of the latents at a time."""
    return frames > 1 and bool(DECODERS[decoder].clip)


def in_tiles(pixels: int, frames: int, decoder: str = "") -> bool:
    """Return whether scripts decode a clip of this size in tiles."""
    return frames > 1 and pixels * frames > _WHOLE_CLIP and not streams(frames, decoder)


def decode_bytes(
    pixels: int, frames: int, width: float, *, batch: int, tiled: bool, in_chunks: bool, decoder: str = ""
) -> float:
    """Return the bytes that decoding takes. width: bytes of a value. in_chunks: as diffusers does."""
    family, wide = DECODERS[decoder], width / 2
    if frames == 1:
        return _TILE_BYTES if tiled else batch * pixels * family.image
    if family.clip:
        return (min(pixels, _TILE) if tiled else batch * pixels) * family.clip * wide
    if tiled:
        return _TILE_CLIP * family.frame * wide
    at_once = min(frames, family.most) * family.frame
    return batch * pixels * wide * (min(at_once, _CHUNK_FRAMES * PIXEL) if in_chunks else at_once)
