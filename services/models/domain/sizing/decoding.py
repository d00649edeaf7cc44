"""Memory of decoding latents into images and clips (VAE)."""

from __future__ import annotations

from typing import Final

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
_TILE_CLIP: Final = 256 * 256 * 17
"""Pixels and frames of a tile of a clip: what HunyuanVideo's and CogVideoX's decoders take at once."""
_WHOLE_CLIP: Final = 600 * 600 * 49
"""Pixels and frames up to which clips are decoded whole, as CogVideoX does with its 49 of 480 x 720. Scripts of larger
ones decode in tiles (HunyuanVideo) or a few frames at a time (Wan) unless told otherwise.
"""


def in_tiles(pixels: int, frames: int) -> bool:
    """Return whether scripts decode a clip of this size in tiles."""
    return frames > 1 and pixels * frames > _WHOLE_CLIP


def decode_bytes(pixels: int, frames: int, width: float, *, batch: int, tiled: bool, in_chunks: bool) -> float:
    """Return the bytes that decoding takes. width: bytes of a value. in_chunks: as diffusers does."""
    if frames == 1:
        return _TILE_BYTES if tiled else batch * pixels * PIXEL
    each = VIDEO_PIXEL * width / 2
    if tiled:
        return _TILE_CLIP * each
    at_once = min(frames, _MOST_FRAMES) * each
    return batch * pixels * (min(at_once, _CHUNK_FRAMES * PIXEL * width / 2) if in_chunks else at_once)
