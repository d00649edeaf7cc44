"""Networks over images that are known by name: what a backbone and the head on it leave for the backward pass.

Heads: what the training memory in the model zoos of MMDetection and MMSegmentation leaves beside backbone, weights and
state, per pixel.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import Final, NamedTuple

from services.models.domain.sizing.backbones import BACKBONES, ONE_STAGE, SIZES, Backbone, Transformer

NETWORKS_SOURCE: Final = (
    "values per pixel that autograd saves, counted over the code of timm, transformers or Ultralytics; heads by the "
    "training memory in the model zoos of MMDetection and MMSegmentation"
)


class Head(NamedTuple):
    """Values per pixel of what follows the backbone; edge: of the images that it is trained on. freezes: trained with
    the stem and the first stage of a ResNet frozen; dilates: read from a ResNet that is dilated; classed: each pixel
    gets a score for every class. blocks: it is the last stage of the ResNet.
    """

    name: str
    values: float
    edge: int = 0
    freezes: bool = False
    dilates: bool = False
    classed: bool = False
    blocks: bool = False


_COCO: Final = 1033
"""Edge of a square of 1333 x 800 pixels, to which detectors scale the images of COCO."""
_BACKBONES: Final = tuple((re.compile(pattern), facts) for pattern, facts in BACKBONES)
_TRANSFORMER: Final = re.compile(
    r"\b(?:(?:vit|dei?t3?|dinov2|beit(?:v2)?|vit ?mae)(?: [vw]it)? ?(ti|s|b|l|h|g)(?:ny|mall|ase|arge|uge|iant)?|"
    r"vitdet ?(b|l|h)?)(?: ?(?:patch|p)? ?(8|14|16|32))?\b"
)
_YOLO: Final = re.compile(r"\byolo ?v?(\d+)?u? ?([ntsmlxce])?\b")
_HEADS: Final[tuple[tuple[re.Pattern[str], Head], ...]] = tuple(
    (re.compile(pattern), head)
    for pattern, head in (
        (r"\bmask ?2 ?former\b", Head("Mask2Former", 930, 1024)),
        (r"\bmask ?dino\b", Head("MaskDINO", 3600, 1024)),
        (r"\bdino\b|\bdeformable detr\b", Head("DINO", 1240, _COCO)),
        (r"\b(dab|dn|conditional)? ?detr\b", Head("DETR", 480, _COCO)),
        (r"\br ?cnn\b.*\bc4\b|\bc4\b.*\br ?cnn\b", Head("R-CNN on C4", 1000, _COCO, freezes=True, blocks=True)),
        (r"\bcascade\b.*r ?cnn\b|\bhtc\b", Head("Cascade R-CNN", 330, _COCO, freezes=True)),
        (r"\b(mask|keypoint) ?r ?cnn\b", Head("Mask R-CNN", 217, _COCO, freezes=True)),
        (r"\bvitdet\b", Head("Mask R-CNN", 217, 1024)),
        (r"r ?cnn\b", Head("Faster R-CNN", 172, _COCO, freezes=True)),
        (
            r"\b(retina ?net|fcos|atss|gfl|tood|vfnet|paa|reppoints|s2a ?net|r3det)\b",
            Head("RetinaNet", 148, _COCO, freezes=True),
        ),
        (r"\buper ?net\b", Head("UPerNet", 900, 512, classed=True)),
        (r"\b(segformer|mit b\d)\b", Head("SegFormer", 0, 512, classed=True)),
        (r"\bfcn hr\w*\b|\bhrnet\b.*\bfcn\b", Head("FCN on HRNet", 0, 512, classed=True)),
        (
            r"\b(psp ?net|deep ?lab ?v3( ?plus)?|fcn|danet|ccnet|ocrnet|gcnet|encnet|nonlocal)\b",
            Head("PSPNet", 350, 724, dilates=True, classed=True),
        ),
    )
)
_KINDS: Final = {
    "object-detection": Head("a detector's neck and head", 217),
    "image-segmentation": Head("a decoder", 350, classed=True),
    "mask-generation": Head("a decoder", 350),
    "depth-estimation": Head("a decoder", 350),
    "keypoint-detection": Head("a detector's neck and head", 217),
}
_MERGING: Final = re.compile(
    r"\b(i3d|slow ?fast|slow ?only|x3d|c3d|r2 ?plus ?1d|csn|video ?mae|timesformer|vivit|mvit)"
)
_GPUS_AND_SAMPLES: Final = re.compile(r"\b\d+xb(\d{1,3})\b")
_ONE_STAGE: Final = re.compile(r"\byolo(?!s\b)")
"""Not YOLOS, which is a plain transformer."""
_PLANS: Final = re.compile(r"res ?enc ?(?:u ?net ?)?(m|l|xl)(?: ?plans)?\b")
_PLANNED: Final = {"m": 9.1e9, "l": 22.7e9, "xl": 36.6e9}
"""What the presets of nnU-Net's residual encoders take, which aim at cards of 9 to 11, 24 and 40 GB (its documentation,
resenc_presets.md).
"""
_OVER_SCANS: Final = (
    (re.compile(r"\bswin ?unetr"), 1575.0, 1.76),
    (re.compile(r"\bmed ?next(?: ?v1)? ?(?:s|b)(?:mall|ase)?\b"), 1860.0, 1.14),
)
"""Values per voxel of networks that keep more than a U-Net, and how many times as many of 16 bit where norms and scores
stay at 32: by what autograd saves over the code of MONAI (SwinUNETR of 62 million parameters, MedNeXt S and B).
"""
_SEES_WINDOWS: Final = re.compile(r"\b(vitdet|sam)\b")
_DEPTH: Final = re.compile(r"\bd(8|16|32)\b")
_SCALED: Final = 1200
"""The same of detectors on newer backbones than ResNets: their recipes scale images to several sizes, and pad those of
a batch to one.
"""
_CLASSES: Final = ((r"\bade", 150), (r"\bcoco ?stuff", 171), (r"\bpascal context\b", 60))
_FEW: Final = 20
"""Classes of Cityscapes and Pascal VOC, on which the heads were counted."""
_SCORED: Final = 3.1
"""Values of 32 bit per pixel and class: the scores at full size, their logarithm and the gradient of that (UPerNet of
MMSegmentation on ADE20K beside Pascal VOC).
"""
_CONSTANT: Final = 0.5
"""Share of a ResNet's values that stay where its norms are constants, whose inputs are half of them."""
_BASIC: Final = 500
"""Dilated ResNets of less are of basic blocks, with a quarter of the channels."""
_NARROW, _COARSE = 0.5, 0.4
"""Share of a dilated network's head on those, and on maps that are not dilated (MMSegmentation's PSPNet)."""
_TOKEN_VALUES: Final = 17.4
_WINDOW: Final = 14 * 14
_UNFUSED: Final = {False: 1.33, True: 3.0}
"""Values of a score: softmax and its gradient at 32 bit; at 16, a softmax of 32 bit and its copy."""
_PIXELS: Final = 512.0 * 512.0


class Network(NamedTuple):
    """A network that a name tells: its backbone and head, or values per pixel of the whole."""

    backbone: Backbone | Transformer | None
    head: Head | None
    values: float = 0.0
    classes: int = _FEW
    dilated: bool = False
    name: str = ""

    @property
    def parameters(self) -> float:
        """Of the backbone; 0 where it is not known."""
        return self.backbone.parameters if isinstance(self.backbone, Backbone) else 0.0

    @property
    def edge(self) -> int:
        """Of the images that it is trained on; 0 where that is not known."""
        if self.head is None:
            return 0
        scaled = self.head.freezes and not (isinstance(self.backbone, Backbone) and self.backbone.first)
        return _SCALED if scaled else self.head.edge

    def saved(self, size: int, *, half: bool, frozen_norms: bool = False, eager: bool = False) -> float:
        """Return the values per pixel, in the width of the run, that training keeps of images of this edge. half: under
        mixed precision at 16 bit. frozen_norms: norms of the backbone are constants. eager:
        attention is not fused, as that of detectors and segmenters never is.
        """
        if self.values:
            return self.values
        if isinstance(self.backbone, Transformer):
            attends = eager or bool(self.head)
            return self._of_head(half) + _transformer_values(self.backbone, size, half=half, attends=attends)
        backbone = self.backbone
        assert backbone is not None
        frozen = backbone.first if self.head and self.head.freezes else 0.0
        values = backbone.dilated if self.dilated else backbone.values - frozen
        values += backbone.growth * size * size / _PIXELS
        constant = bool(frozen_norms and backbone.first)
        head = self._of_head(half) * (_CONSTANT if constant and self.head and self.head.blocks else 1.0)
        return head + values * (backbone.wide if half else 1.0) * (_CONSTANT if constant else 1.0)

    def _of_head(self, half: bool) -> float:
        if self.head is None:
            return 0.0
        values = self.head.values
        if self.head.dilates and isinstance(self.backbone, Backbone):
            values *= _NARROW if 0 < self.backbone.dilated < _BASIC else 1.0 if self.dilated else _COARSE
        classes = max(self.classes - _FEW, 0) if self.head.classed else 0
        return values + classes * _SCORED * (2 if half else 1)


def _transformer_values(t: Transformer, size: int, *, half: bool, attends: bool) -> float:
    """Return values per pixel of a plain transformer; attends: whether scores are kept, as detectors and segmenters
    have attention that is not fused.
    """
    tokens = (size / t.patch) ** 2
    values = _TOKEN_VALUES * t.layers * t.width * (1.12 if half else 1.0)
    if attends:
        whole = 4 if t.windowed else t.layers
        values += (whole * tokens + (t.layers - whole) * _WINDOW) * t.heads * _UNFUSED[half]
    return values / t.patch**2


@lru_cache(maxsize=4096)
def network_of(name: str, task: str) -> Network | None:
    """Return the network that the name tells; None where it tells no backbone that is known here."""
    words = _words(name)
    yolo = _YOLO.search(words)
    if yolo:
        values = ONE_STAGE.get(yolo[1] or "", {}).get(yolo[2] or "", 0.0)
        return Network(None, None, values, name=f"YOLOv{yolo[1]}{yolo[2]}") if values else None
    backbone = next((facts for pattern, facts in _BACKBONES if pattern.search(words)), None)
    found: Backbone | Transformer | None = backbone or _transformer_of(words)
    if found is None:
        return None
    head = next((head for pattern, head in _HEADS if pattern.search(words)), None) or _KINDS.get(task)
    if task == "image-classification":
        head = None
    depth = _DEPTH.search(words)
    dilates = bool(head and head.dilates and isinstance(found, Backbone) and found.dilated)
    classes = next((count for pattern, count in _CLASSES if re.search(pattern, words)), _FEW)
    name = found.name + (f" with {head.name}" if head else "")
    return Network(found, head, 0.0, classes, dilates and (depth is None or depth[1] == "8"), name)


def tells_network(name: str, task: str) -> bool:
    """Return whether a name tells anything of its network. Models whose names do not are all alike to sizing."""
    told = (named_batch, planned_bytes, is_one_stage, merges_frames, partial(voxel_values, half=True))
    return network_of(name, task) is not None or any(read(name) for read in told)


@lru_cache(maxsize=64)
def _words(name: str) -> str:
    return " ".join(re.split(r"[^a-z0-9.]+", name.lower())).strip()


def _transformer_of(words: str) -> Transformer | None:
    matches = sorted(_TRANSFORMER.finditer(words), key=lambda match: not (match[1] or match[2]))
    if not matches:
        return None
    match = matches[0]
    size, windowed = match[1] or match[2] or "b", bool(_SEES_WINDOWS.search(words))
    layers, width, heads = SIZES[size]
    patch = int(match[3]) if match[3] else 14 if (size in "hg" and not windowed) or "dinov2" in words else 16
    return Transformer(f"ViT-{size.upper()}/{patch}", layers, width, heads, patch, windowed)


def named_batch(name: str) -> int | None:
    """Return the samples a step on one GPU that a configuration's name tells, as OpenMMLab's do ("8xb2"); else None."""
    match = _GPUS_AND_SAMPLES.search(_words(name))
    return int(match[1]) if match else None


def planned_bytes(name: str) -> float | None:
    """Return what training takes by nnU-Net's preset of this name, which plans patch and batch; else None."""
    match = _PLANS.search(_words(name))
    return _PLANNED[match[1]] if match else None


def voxel_values(name: str, *, half: bool) -> float | None:
    """Return the values per voxel that training the network of this name keeps; None where it is not known. half: under
    mixed precision.
    """
    words = _words(name)
    found = next((facts for facts in _OVER_SCANS if facts[0].search(words)), None)
    return found and found[1] * (found[2] if half else 1.0)


def is_one_stage(name: str) -> bool:
    """Return whether the name is that of a detector of YOLO's kind, which predicts from its backbone's maps."""
    return bool(_ONE_STAGE.search(_words(name)))


def merges_frames(name: str) -> bool:
    """Return whether the name is that of a network over clips that has fewer maps than frames."""
    return bool(_MERGING.search(_words(name)))
