"""What one pass of a network over images that is known by name computes and moves."""

from __future__ import annotations

from typing import Final, NamedTuple

from services.models.domain.sizing.backbones import Backbone, Transformer
from services.models.domain.sizing.networks import network_of
from services.models.domain.sizing.shapes import ModelShape

_OPERATIONS: Final = {
    "ResNet-18": 72.3, "ResNet-34": 146, "ResNet-50": 163, "ResNet-101": 311, "ResNet-152": 458.9,
    "ResNeXt-50 32x4d": 168.6, "ResNeXt-101 32x4d": 317.7, "ResNeXt-101 64x4d": 616.2, "Swin-T": 179,
    "Swin-S": 348.4, "Swin-B": 615.1, "Swin-L": 1374.2, "ConvNeXt-N": 97.5, "ConvNeXt-T": 177.6, "ConvNeXt-S": 346.1,
    "ConvNeXt-B": 612, "ConvNeXt-L": 1369.6, "ConvNeXt-XL": 2428.3, "PVTv2-B0": 22.6, "PVTv2-B1": 84,
    "PVTv2-B2": 160.5, "PVTv2-B3": 274.9, "PVTv2-B4": 402.6, "PVTv2-B5": 467, "HRNet-W18 small": 63.8,
    "HRNet-W18": 170.7, "HRNet-W32": 355.6, "HRNet-W48": 688.7, "EfficientNet-B0": 15.4, "EfficientNet-B1": 22.7,
    "EfficientNet-B2": 26.3, "EfficientNet-B3": 38.4, "EfficientNet-B4": 59.9, "EfficientNet-B5": 93.9,
    "EfficientNet-B7": 206.1, "EfficientNetV2-S": 113.6, "EfficientNetV2-M": 213.7, "EfficientNetV2-L": 487.5,
    "SwinV2-T": 181.3, "SwinV2-B": 620.3, "ConvNeXtV2-T": 177.6, "ConvNeXtV2-B": 612, "EfficientNet-Lite0": 15.4,
    "EfficientNet-Lite1": 20, "EfficientNet-Lite3": 34, "MobileViT-XXS": 12.4, "MobileViT-XS": 31.3,
    "MobileViT-S": 61.1, "MnasNet-B1": 12.5, "MobileNetV2": 12, "MobileNetV3-L": 8.6, "DenseNet-121": 113,
    "DenseNet-169": 133.9, "Inception v3": 127.8, "VGG-16 with norms": 616.6, "VGG-11": 303.3, "VGG-13": 450.8,
    "VGG-16": 616.6, "VGG-19": 782.5, "Wide ResNet-50-2": 454.3, "Wide ResNet-101-2": 906.9, "Darknet-53": 283.4,
    "RegNetY 3.2GF": 126.6, "RegNetY 16GF": 634.2,
}  # fmt: skip
"""Thousand operations per pixel of a backbone, two for each multiplication with addition: counted over the code of timm
1.0.31 by PyTorch's FlopCounterMode at 224 pixels, or at the edge that its windows need.
"""
_MOVED: Final = 6.0
"""Bytes that a pass at 16 bit moves for each value that training would keep: written, read, and read again by the next
operator that keeps none (31 of timm's networks on RTX 3090 and 4090: factor 1.1, at most 1.7).
"""

_NEAR: Final = 1.5
"""Times a backbone's parameters from which a network is another of like name, such as a wide ResNet."""


class Pass(NamedTuple):
    """Operations of one input; bytes moved beside them, 0 where products bind; width of a plain transformer, or 0."""

    operations: float
    moved: float = 0.0
    width: int = 0


def known_pass(shape: ModelShape, size: int) -> Pass | None:
    """Return the pass over an image of this edge by the backbone that the name tells; None where it tells none that is
    known, or where a head of its own follows, whose operations are not.
    """
    network = network_of(shape.network, shape.task) if shape.arch == "cnn" else None
    if network is None or network.head is not None:
        return None
    backbone, pixels = network.backbone, size * size
    if isinstance(backbone, Transformer):
        tokens, width = pixels / backbone.patch**2, backbone.width
        return Pass(tokens * backbone.layers * (24.0 * width**2 + 4.0 * width * tokens), width=width)
    counted = _OPERATIONS.get(backbone.name) if isinstance(backbone, Backbone) else None
    if backbone is None or counted is None or (shape.parameters or 0.0) > _NEAR * backbone.parameters:
        return None
    return Pass(1e3 * counted * pixels, _MOVED * backbone.values * pixels)
