"""Operations of one forward pass over one sample, for networks whose input is pixels, voxels or residues."""

from __future__ import annotations

import math
from typing import Final

from services.models.domain.sizing.shapes import ModelShape

BY_SAMPLES: Final = frozenset({"cnn", "unet3d", "pair", "diffusion"})
"""Kinds of networks that read pixels, voxels or residues rather than tokens."""
_EDGES: Final = {"cnn": 640, "unet3d": 128, "pair": 512}
_CROPS: Final = {"pair": 256}
"""Edges of inputs where none is said, and those of training where they are smaller: AlphaFold's crops."""
_CLASSES: Final = 224
"""Edge of the images that classifiers are trained on, as in ImageNet."""
_SCENES: Final = 800
"""Of those that detectors are trained on: their shorter edge in the recipes of detectron2 and MMDetection."""
_CNN: Final = 6.5
"""Operations per parameter and 32 x 32 pixels: 8.2e9 of ResNet-50 at 224 x 224 (25.6 million parameters)."""
_UNET3D: Final = 2 * 27 * 32**2 * 6 * 2
"""Operations per voxel: six 3 x 3 x 3 convolutions of 32 channels at full size; each level below has half as many."""
FOLD_BLOCKS: Final = 48
FOLD_PAIR: Final = 128
"""Channels of a pair of residues."""
FOLD_MSA: Final = 256
"""Channels of a residue in a related sequence."""
FOLD_SEQUENCES: Final = 128
"""Related sequences in a sample (AlphaFold, doi:10.1038/s41586-021-03819-2, supplement, table 4)."""
_UNET_SHARE: Final = 0.115
_UNET_SIZE: Final = 0.86e9
_UNET_FALL: Final = 0.36
"""Share of parameters x latents that a UNet of this size spends, as deep layers see few, and the power by which larger
ones, whose further parameters are deep, spend less. Summed over two configurations: 0.80e12 operations of Stable
Diffusion 1.5 at 512 x 512, 6.5e12 of SDXL's 2.57 billion parameters at 1,024 x 1,024.
"""
TRANSFORMERS_FROM: Final = 5e9
"""Denoisers of this many parameters and more are transformers (FLUX, Qwen-Image); UNets end below (SDXL, IF)."""
_ENCODE_PIXEL: Final = 4.3e6
_DECODE_PIXEL: Final = 9.5e6
"""Operations per pixel to encode an image into latents and to decode it; the latter: 1.24e12 multiplications with
additions for 512 x 512 pixels (count_macs_params.py of Nota-NetsPresso/BK-SDM).
"""
_LAYER_RATIO: Final = 128.0
"""Width of a transformer over its layers where its dimensions are not known."""
_CLIP_LATENTS: Final = 13.0
_CLIP_FRAMES: Final = 49


def denoiser_parameters(shape: ModelShape) -> float:
    """Return the parameters of a generator without its text encoders and decoder, where these are known."""
    whole = shape.parameters or 2.6e9
    return max(whole - (shape.text_encoder_parameters or 0) - (shape.vae_parameters or 0), 0.02 * whole)


def is_transformer(shape: ModelShape) -> bool:
    """Return whether a denoiser is a transformer; where the record does not say, by its size."""
    if shape.transformer is None:
        return "video" in shape.task or denoiser_parameters(shape) >= TRANSFORMERS_FROM
    return shape.transformer


def default_edge(shape: ModelShape, *, training: bool) -> int:
    """Return the edge of an input where none is said: pixels, voxels, or residues."""
    if shape.arch == "diffusion":
        size = denoiser_parameters(shape)
        return 592 if "video" in shape.task else 512 if size < 1e9 else 1024
    if training and shape.task.endswith(("image-classification", "video-classification")):
        return _CLASSES
    if training and shape.task.endswith("object-detection"):
        return _SCENES
    return (_CROPS if training else _EDGES).get(shape.arch, _EDGES.get(shape.arch, 640))


def _folding_operations(residues: int) -> float:
    """Return the operations of one pass over a protein, by AlphaFold's operators: in each block two triangle products
    (2 a channel) and two triangle attentions (4) over all triples, the matrices of these and of the transition over all
    pairs; row and column attention and transition over the related sequences, and their outer product.
    """
    c, m, n, s = FOLD_PAIR, FOLD_MSA, residues, FOLD_SEQUENCES
    pair = 12 * c * n**3 + 60 * c * c * n**2
    related = (36 * m * m + 4 * m * (n + s)) * s * n + 2 * 32**2 * (s + c) * n**2
    return float(FOLD_BLOCKS * (pair + related))


def _denoising_operations(shape: ModelShape, size: int) -> float:
    """Return the operations of one pass over an image's or a clip's latents: of each parameter for each token, and of
    attention, 4 x layers x width x tokens^2, in a transformer; of one of the denoisers that take turns.
    """
    parameters, latents = denoiser_parameters(shape) / shape.denoisers, size * size / 64
    if not is_transformer(shape):
        share = _UNET_SHARE * math.pow(_UNET_SIZE / max(parameters, _UNET_SIZE), _UNET_FALL)
        return 2 * parameters * share * latents
    tokens = latents / 4 * (_CLIP_LATENTS if "video" in shape.task else 1.0)
    layers = math.cbrt(parameters / 12 / _LAYER_RATIO**2)
    return 2 * parameters * tokens + 4 * layers**2 * _LAYER_RATIO * tokens**2


def picture_operations(shape: ModelShape, *, size: int, training: bool = False) -> float:
    """Return the operations to decode what was denoised, or to encode what is to be learned; 0 where nothing is."""
    if shape.arch != "diffusion":
        return 0.0
    pixels = size * size * (_CLIP_FRAMES if "video" in shape.task else 1)
    return (_ENCODE_PIXEL if training else _DECODE_PIXEL) * pixels


def forward_operations(shape: ModelShape, *, size: int) -> float:
    """Return the operations of one forward pass over a sample of this edge; of a denoiser without its picture's."""
    parameters = shape.parameters or 25.6e6
    if shape.arch == "unet3d":
        return float(_UNET3D * size**3)
    if shape.arch == "pair":
        return _folding_operations(size)
    if shape.arch == "diffusion":
        return _denoising_operations(shape, size)
    return _CNN * parameters * size * size / 1024
