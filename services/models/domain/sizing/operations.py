"""Operations of one forward pass over one sample, for networks whose input is pixels, voxels or residues."""

from __future__ import annotations

from typing import Final

from services.models.domain.sizing.shapes import ModelShape

PIXEL_SIZES: Final = {"cnn": 224, "unet3d": 128, "pair": 256, "diffusion": 512}
"""Edges of training inputs where none is said: ImageNet crops, nnU-Net patches, AlphaFold crops, Stable Diffusion
images.
"""
_CNN: Final = 6.5
"""Operations per parameter and 32 x 32 pixels: 8.2e9 of ResNet-50 at 224 x 224 (25.6 million parameters)."""
_UNET3D: Final = 2 * 27 * 32**2 * 6 * 2
"""Operations per voxel: six 3 x 3 x 3 convolutions of 32 channels at full size; each level below has half as many."""
_FOLDING: Final = 48 * 8 * 128
"""Operations per residue cubed: triangle updates of 48 blocks with 128 channels."""
_UNET_SHARE: Final = 0.115
"""Share of parameters x latents that a UNet spends, as deep layers see few: 0.8e12 for 0.86 billion at 512 x 512."""
_ENCODE_PIXEL: Final = 4.3e6
"""Operations per pixel to encode an image into latents."""


def forward_operations(shape: ModelShape, *, size: int) -> float:
    """Return the operations of one forward pass over a sample of this edge."""
    parameters = shape.parameters or 25.6e6
    if shape.arch == "unet3d":
        return float(_UNET3D * size**3)
    if shape.arch == "pair":
        return float(_FOLDING * size**3)
    if shape.arch == "diffusion":
        video = "video" in shape.task
        tokens = 13.0 * size * size / 256 if video else _UNET_SHARE * size * size / 64
        return 2 * parameters * tokens + _ENCODE_PIXEL * size * size * (49 if video else 1)
    return _CNN * parameters * size * size / 1024
