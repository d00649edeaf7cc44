"""Backbones of networks over images: what training keeps of each pixel.

The values that autograd saves at 32 bit, counted over the code of timm 1.0.31 (MiT with its decoder: transformers 4.57)
by its hooks for saved tensors; a value that several operators save counts once. PVTv2 attends as MiT does.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Backbone(NamedTuple):
    """Parameters; values kept per pixel, of these by the stem and the first stage; values where the last two stages are
    dilated, which keeps maps at an eighth of the edge; how much wider than 16 bit a value is on average under mixed
    precision, whose norms and softmax stay at 32; values per pixel that are added by each 512 x 512 pixels, of
    attention over all of them.
    """

    name: str
    parameters: float
    values: float
    first: float = 0.0
    dilated: float = 0.0
    wide: float = 1.02
    growth: float = 0.0


class Transformer(NamedTuple):
    """A plain image transformer: layers, width, heads and the edge of a token in pixels. windowed: all but four layers
    attend within windows of 14 x 14 tokens (ViTDet, arXiv:2203.16527).
    """

    name: str
    layers: int
    width: int
    heads: int
    patch: int = 16
    windowed: bool = False


_SWIN, _CONVNEXT, _MIT, _PVT = 1.30, 1.10, 1.10, 1.14
BACKBONES: Final = (
    (r"\bwide ?res ?net ?50( 2)?\b", Backbone("Wide ResNet-50-2", 68.9e6, 552)),
    (r"\bwide ?res ?net ?101( 2)?\b", Backbone("Wide ResNet-101-2", 126.9e6, 824)),
    (r"\b(resnext|x) ?50 32x4d", Backbone("ResNeXt-50 32x4d", 25e6, 559, 239, 1231)),
    (r"\b(resnext|x) ?101 32x4d", Backbone("ResNeXt-101 32x4d", 44e6, 832, 239, 2320)),
    (r"\b(resnext|x) ?101( 64x4d| 32x8d)?\b", Backbone("ResNeXt-101 64x4d", 83e6, 1230, 335, 3432)),
    (r"\b(res ?net|r) ?18(v1.|vd|[bcd])?\b", Backbone("ResNet-18", 11.7e6, 111, 75, 205)),
    (r"\b(res ?net|r) ?34(v1.|vd|[bcd])?\b", Backbone("ResNet-34", 21.8e6, 161, 91, 333)),
    (r"\b(res ?net|r) ?50(v1.|vd|[bcd])?\b", Backbone("ResNet-50", 25.6e6, 429, 191, 947)),
    (r"\b(res ?net|r) ?101(v1.|vd|[bcd])?\b", Backbone("ResNet-101", 44.5e6, 632, 191, 1763)),
    (r"\b(res ?net|r) ?152(v1.|vd|[bcd])?\b", Backbone("ResNet-152", 60.2e6, 885, 191, 2484)),
    (r"\bswin ?t(iny)?\b", Backbone("Swin-T", 28.3e6, 533, 0, 0, _SWIN)),
    (r"\bswin ?s(mall)?\b", Backbone("Swin-S", 49.6e6, 849, 0, 0, _SWIN)),
    (r"\bswin ?b(ase)?\b", Backbone("Swin-B", 87.8e6, 1130, 0, 0, _SWIN)),
    (r"\bswin ?l(arge)?\b", Backbone("Swin-L", 196.5e6, 1693, 0, 0, _SWIN)),
    (r"\bconvnext ?n(ano)?\b", Backbone("ConvNeXt-N", 15.6e6, 341, 0, 0, _CONVNEXT)),
    (r"\bconvnext ?t(iny)?\b", Backbone("ConvNeXt-T", 28.6e6, 544, 0, 0, _CONVNEXT)),
    (r"\bconvnext ?s(mall)?\b", Backbone("ConvNeXt-S", 50.2e6, 868, 0, 0, _CONVNEXT)),
    (r"\bconvnext ?b(ase)?\b", Backbone("ConvNeXt-B", 88.6e6, 1156, 0, 0, _CONVNEXT)),
    (r"\bconvnext ?l(arge)?\b", Backbone("ConvNeXt-L", 197.8e6, 1732, 0, 0, _CONVNEXT)),
    (r"\bconvnext ?xl(arge)?\b", Backbone("ConvNeXt-XL", 350.2e6, 2308, 0, 0, _CONVNEXT)),
    (r"\b(mit|segformer) b0\b", Backbone("MiT-B0", 3.7e6, 286, 0, 0, _MIT, 62)),
    (r"\b(mit|segformer) b1\b", Backbone("MiT-B1", 13.7e6, 440, 0, 0, _MIT, 62)),
    (r"\b(mit|segformer) b2\b", Backbone("MiT-B2", 27.4e6, 947, 0, 0, _MIT, 116)),
    (r"\b(mit|segformer) b3\b", Backbone("MiT-B3", 47.2e6, 1232, 0, 0, _MIT, 176)),
    (r"\b(mit|segformer) b4\b", Backbone("MiT-B4", 64e6, 1592, 0, 0, _MIT, 253)),
    (r"\b(mit|segformer) b5\b", Backbone("MiT-B5", 84.6e6, 1828, 0, 0, _MIT, 302)),
    (r"\bpvt ?v2 b0\b", Backbone("PVTv2-B0", 3.7e6, 234, 0, 0, _PVT, 62)),
    (r"\bpvt ?v2 b1\b", Backbone("PVTv2-B1", 14e6, 464, 0, 0, _PVT, 62)),
    (r"\bpvt ?v2 b2\b", Backbone("PVTv2-B2", 25.4e6, 820, 0, 0, _PVT, 116)),
    (r"\bpvt ?v2 b3\b", Backbone("PVTv2-B3", 45.2e6, 1120, 0, 0, _PVT, 176)),
    (r"\bpvt ?v2 b4\b", Backbone("PVTv2-B4", 62.6e6, 1596, 0, 0, _PVT, 253)),
    (r"\bpvt ?v2 b5\b", Backbone("PVTv2-B5", 82e6, 1508, 0, 0, _PVT, 302)),
    (r"\bhr(net)?(v2p?)? ?w?18(s| small)\b", Backbone("HRNet-W18 small", 13.2e6, 216)),
    (r"\bhr(net)?(v2p?)? ?w?18\b", Backbone("HRNet-W18", 21.3e6, 632)),
    (r"\bhr(net)?(v2p?)? ?w?32\b", Backbone("HRNet-W32", 41.2e6, 862)),
    (r"\bhr(net)?(v2p?)? ?w?48\b", Backbone("HRNet-W48", 77.5e6, 1125)),
    (r"\befficientnet b0\b", Backbone("EfficientNet-B0", 5.3e6, 440)),
    (r"\befficientnet b1\b", Backbone("EfficientNet-B1", 7.8e6, 613)),
    (r"\befficientnet b2\b", Backbone("EfficientNet-B2", 9.1e6, 643)),
    (r"\befficientnet b3\b", Backbone("EfficientNet-B3", 12.2e6, 851)),
    (r"\befficientnet b4\b", Backbone("EfficientNet-B4", 19.3e6, 1123)),
    (r"\befficientnet b5\b", Backbone("EfficientNet-B5", 30.4e6, 1547)),
    (r"\befficientnet b7\b", Backbone("EfficientNet-B7", 66.3e6, 2656)),
    (r"\befficientnet ?v2 s(mall)?\b", Backbone("EfficientNetV2-S", 21.5e6, 772)),
    (r"\befficientnet ?v2 m(edium)?\b", Backbone("EfficientNetV2-M", 54.1e6, 1256)),
    (r"\befficientnet ?v2 l(arge)?\b", Backbone("EfficientNetV2-L", 118.5e6, 2205)),
    (r"\bswin ?v2 ?t(iny)?\b", Backbone("SwinV2-T", 28.3e6, 714, 0, 0, _SWIN)),
    (r"\bswin ?v2 ?b(ase)?\b", Backbone("SwinV2-B", 87.9e6, 1501, 0, 0, _SWIN)),
    (r"\bconvnext ?v2 ?t(iny)?\b", Backbone("ConvNeXtV2-T", 28.6e6, 844, 0, 0, 1.68)),
    (r"\bconvnext ?v2 ?b(ase)?\b", Backbone("ConvNeXtV2-B", 88.7e6, 1810, 0, 0, 1.68)),
    (r"\befficientnet lite ?0\b", Backbone("EfficientNet-Lite0", 4.7e6, 393)),
    (r"\befficientnet lite ?1\b", Backbone("EfficientNet-Lite1", 5.4e6, 510)),
    (r"\befficientnet lite ?3\b", Backbone("EfficientNet-Lite3", 8.2e6, 695)),
    (r"\bmobilevit (xxs|xx small)\b", Backbone("MobileViT-XXS", 1.3e6, 228)),
    (r"\bmobilevit (xs|x small)\b", Backbone("MobileViT-XS", 2.3e6, 565)),
    (r"\bmobilevit s(mall)?\b", Backbone("MobileViT-S", 5.6e6, 694)),
    (r"\bmnasnet (100|b1|1.0)\b", Backbone("MnasNet-B1", 4.4e6, 221)),
    (r"\bmobilenet ?v2\b", Backbone("MobileNetV2", 3.5e6, 390)),
    (r"\bmobilenet ?v3 l(arge)?\b", Backbone("MobileNetV3-L", 5.5e6, 220)),
    (r"\bdensenet ?121\b", Backbone("DenseNet-121", 8e6, 651)),
    (r"\bdensenet ?169\b", Backbone("DenseNet-169", 14.1e6, 787)),
    (r"\binception ?v3\b", Backbone("Inception v3", 23.8e6, 275)),
    (r"\bvgg ?16 bn\b", Backbone("VGG-16 with norms", 138.4e6, 635)),
    (r"\bvgg ?13\b", Backbone("VGG-13", 133e6, 278)),
    (r"\bvgg ?16\b", Backbone("VGG-16", 138.4e6, 304)),
    (r"\bvgg ?19\b", Backbone("VGG-19", 143.7e6, 330)),
    (r"\bvgg ?11\b", Backbone("VGG-11", 132.9e6, 243)),
    (r"\bdarknet ?53\b", Backbone("Darknet-53", 41.6e6, 465)),
    (r"\bregnet ?y (032|3.2gf)\b", Backbone("RegNetY 3.2GF", 19.4e6, 498)),
    (r"\bregnet ?y (160|16gf)\b", Backbone("RegNetY 16GF", 83.6e6, 1007)),
)
"""By a pattern of their names, in lower case with spaces between the words."""
SIZES: Final = {
    "ti": (12, 192, 3), "s": (12, 384, 6), "b": (12, 768, 12), "l": (24, 1024, 16), "h": (32, 1280, 16),
    "g": (40, 1536, 24),
}  # fmt: skip
"""Of plain transformers: layers, width and heads (arXiv:2010.11929, 2304.07193)."""
ONE_STAGE: Final[dict[str, dict[str, float]]] = {
    "5": {"n": 112, "s": 209, "m": 380, "l": 599, "x": 868},
    "8": {"n": 117, "s": 220, "m": 395, "l": 614, "x": 766},
    "9": {"t": 165, "s": 316, "m": 545, "c": 703, "e": 1323},
    "10": {"n": 172, "s": 317, "m": 557, "l": 878, "x": 1210},
    "11": {"n": 136, "s": 256, "m": 543, "l": 699, "x": 1046},
}
"""Values per pixel of whole YOLO models at 640 x 640, counted over Ultralytics 8.4.190; v5 has v8's head there."""
