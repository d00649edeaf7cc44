"""Memory of vision networks, 2-D and 3-D, and of protein folding: the input's size drives it, not the parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.models.domain.sizing.demand import RUNTIME_BYTES, RUNTIME_SOURCE
from services.models.domain.sizing.estimates import MemoryEstimate
from services.models.domain.sizing.networks import NETWORKS_SOURCE, Network, merges_frames, network_of, voxel_values
from services.models.domain.sizing.operations import FOLD_BLOCKS, FOLD_MSA, FOLD_PAIR, FOLD_SEQUENCES, default_edge
from services.models.domain.sizing.optimizers import Optimizer, optimizer_of
from services.models.domain.sizing.parallelism import Split
from services.models.domain.sizing.precision import Precision, precision_of
from services.models.domain.sizing.shapes import PAIRING, ModelShape
from services.models.domain.sizing.terms import GIB, Assumption, Basis, Term

_CNN_VALUES: Final = 443.0
"""Values per input pixel that a network of ResNet-50's size saves for training: 22.2 million at 224 x 224
(torchvision).
"""
HEAVIEST: Final = 2.9
"""What 19 of 20 networks keep at most, in what the rules for unknown ones give: over images 0.6 to 3.7, the median 1.4,
by what autograd saves over the code of 84 networks of timm; over scans 0.2 to 1.8 by eight of MONAI's.
"""
_CNN_PARAMETERS: Final = 25.6e6
_CNN_LIVE: Final = 130.0
"""Values per input pixel alive at once in a forward pass: the two largest maps."""
_HEADS: Final = {
    "object-detection": 1.3,
    "zero-shot-object-detection": 1.3,
    "image-segmentation": 2.0,
    "mask-generation": 2.0,
}
_CLIPS: Final = "video-classification"
_CLIP_FRAMES: Final = 8
_MERGED: Final = 0.3
"""Of what a frame alone keeps, in networks that merge frames as they go: I3D 0.23, SlowFast 0.28 and 0.41 of the frames
of its fast path (MMAction2's model zoo, R50 over 32 frames).
"""
_UNET_CHANNELS: Final = 32
_UNET_VALUES: Final = 5 * 3 * 4 / 3
"""Maps of full-size width per voxel: two convolutions down, two up and the skip, each with norm and activation, all
levels.
"""
_TOKEN_VALUES: Final = 17.0
"""Values per token, layer and unit of width that a transformer saves: 34 bytes at 16 bit (arXiv:2205.05198)."""
_PATCH: Final = 14
"""Edge of a token in pixels, the smaller of the two usual ones (ViT-H/14; arXiv:2010.11929)."""
_TEXT_VALUES: Final = 77 * 12 * 512 * _TOKEN_VALUES
"""Of the text that goes with an image: CLIP's 77 tokens through 12 layers of 512 (arXiv:2103.00020)."""
_HALF: Final = 2.0
_KEPT: Final = 0.25
"""Share of a convolutional network's maps that stays where they are recomputed: the inputs of its stages."""
_PAIR_MAPS: Final = 12
_FIRST_CROP: Final = 256
FINAL_CROP: Final = 384
"""Residues of a sample in the first phase of training to fold, and as it is tuned (OpenFold, openfold/config.py)."""
_EXTRA: Final = {True: 1024, False: 5120}
_CLUSTERED: Final = {True: FOLD_SEQUENCES, False: 512}
"""Related sequences in a sample beside those in clusters, and clusters of them, in the first phase and after it."""
_EXTRA_BLOCKS, _EXTRA_CHANNELS, _EXTRA_HEADS = 4, 64, 8

_SOURCES: Final = {
    "cnn": "maps of ResNet-50 (torchvision) by pixels and the root of the parameters; transformers: arXiv:2205.05198",
    "unet3d": "maps of 32 channels by the volume of the patch: nnU-Net, doi:10.1038/s41592-020-01008-z",
    "pair": "pairs and related sequences by the residues: AlphaFold, doi:10.1038/s41586-021-03819-2",
}
"""Where the values that a network keeps come from."""


@dataclass(frozen=True, slots=True)
class VisionJob:
    """Input edge in pixels or voxels (residues for protein folding), samples a step on one GPU and frames of each where
    they are clips. one_stage: a detector predicts from its backbone's maps. frozen_norms, eager: as in networks.py.
    """

    size: int | None = None
    batch: int | None = None
    frames: int | None = None
    one_stage: bool = False
    frozen_norms: bool = False
    eager: bool = False


@dataclass(frozen=True, slots=True)
class _Widths:
    """Bytes: of a parameter's weights, of each value of its gradient and state, and of a saved value."""

    weights: float
    state: float
    value: float


def _widths(shape: ModelShape, precision: str, form: Precision, mixed: bool | None, notes: list[Assumption]) -> _Widths:
    """Return the widths of training. 16 bit means mixed precision unless the words rule that out."""
    if not precision and shape.arch != "cnn":
        notes.append(Assumption("mixed_precision", "True", "not said; as nnU-Net and OpenFold train"))
        return _Widths(4.0, 4.0, 2.0)
    if form.bytes <= 2 and mixed is False:
        return _Widths(form.bytes, form.bytes, form.bytes)
    half = form.kind == "mixed" or form.bytes <= 2
    return _Widths(4.0, 4.0, 2.0 if half else form.bytes)


def is_plain_transformer(shape: ModelShape) -> bool:
    """Return whether the dimensions of the record make up the network: no detector on another backbone."""
    body = 12.0 * (shape.layers or 0) * (shape.hidden or 0) ** 2
    return shape.arch == "cnn" and body > 0.7 * (shape.parameters or body + 1)


def _folding_values(residues: int) -> float:
    """Return the values that training to fold keeps: the inputs of every block, which is recomputed, and of the largest
    attention, of a row of each extra sequence, score, probability and gradient (OpenFold, openfold/config.py: one block
    a checkpoint, no chunks).
    """
    first, pairs = residues <= _FIRST_CROP, float(residues) ** 2
    block = FOLD_PAIR * pairs + FOLD_MSA * _CLUSTERED[first] * residues
    extra = FOLD_PAIR * pairs + _EXTRA_CHANNELS * _EXTRA[first] * residues
    return FOLD_BLOCKS * block + _EXTRA_BLOCKS * extra + 3 * _EXTRA_HEADS * _EXTRA[first] * pairs


def saved_values(
    shape: ModelShape,
    *,
    size: int,
    training: bool,
    checkpointing: bool = False,
    half: bool = False,
    job: VisionJob | None = None,
    network: Network | None = None,
) -> float:
    """Return the values one sample keeps alive. half: at 16 bit, under mixed precision.

    In training, networks that are known by name keep what their code saves of each pixel; other 2-D ones scale with
    pixels and the root of the parameters, transformers among them of which the record states
    the dimensions with tokens, layers and width; 3-D networks with the volume of the patch (nnU-Net,
    doi:10.1038/s41592-020-01008-z); protein folding with the square of the sequence, its pair representation and, in
    training, the attention over related sequences (AlphaFold, doi:10.1038/s41586-021-03819-2).
    """
    if shape.arch == "pair":
        return _folding_values(size) if training else float(size) * size * FOLD_PAIR * _PAIR_MAPS
    if shape.arch == "unet3d":
        usual = _UNET_CHANNELS * _UNET_VALUES
        each = (voxel_values(shape.network, half=half) or usual) if training else usual / 5
        return float(size) ** 3 * each
    job = job or VisionJob()
    if training and network:
        kept = network.saved(size, half=half, frozen_norms=job.frozen_norms, eager=job.eager)
        return float(size) * size * kept * (_KEPT if checkpointing else 1.0)
    factor = 1.0 if job.one_stage else _HEADS.get(shape.task, 1.0)
    if training and is_plain_transformer(shape):
        layers, hidden = shape.layers or 0, shape.hidden or 0
        depth = layers + 1.5 * _TOKEN_VALUES if checkpointing else layers * _TOKEN_VALUES
        return factor * (size / _PATCH) ** 2 * hidden * depth
    if training:
        kept = factor * _CNN_VALUES * (_KEPT if checkpointing else 1.0)
        return float(size * size * kept * ((shape.parameters or _CNN_PARAMETERS) / _CNN_PARAMETERS) ** 0.5)
    return factor * size * size * _CNN_LIVE


def _samples(
    shape: ModelShape, job: VisionJob, network: Network | None, notes: list[Assumption], *, training: bool
) -> tuple[int, int]:
    """Return the edge of samples and how many are kept at once, and note what was not said of them."""
    size = job.size
    if size is None and network and network.edge:
        size = network.edge
        notes.append(Assumption("image_size", str(size), f"not said; as {network.name} is trained"))
    if size is None:
        size = default_edge(shape, training=training)
        name = "sequence_length" if shape.arch == "pair" else "image_size"
        notes.append(Assumption(name, str(size), "not said; a common edge of inputs, patches or sequences"))
    batch = job.batch
    if batch is None:
        batch = 2 if training and shape.arch != "pair" else 1
        why = "a common number of samples a step" if training else "one input at a time"
        notes.append(Assumption("batch_size", str(batch), f"not said; {why}"))
    if training and shape.arch == "pair":
        first = size <= _FIRST_CROP
        related = f"{_CLUSTERED[first]} in clusters, {_EXTRA[first]} more"
        notes.append(Assumption("related_sequences", related, "not said; AlphaFold's training at such a length"))
    return size, batch


def _precision(shape: ModelShape, precision: str, notes: list[Assumption], *, training: bool) -> Precision:
    """Return the format of the weights, and note it where it was not said."""
    form = precision_of(precision or "fp32")
    if not precision:
        why = "not said; the usual storage of such networks"
        if training and shape.arch == "cnn":
            why = "not said; the default of transformers' trainer, detectron2 and MMDetection; 16 bit saves half"
        notes.append(Assumption("precision", form.name, why))
    return form


def _parameters(shape: ModelShape, network: Network | None, notes: list[Assumption]) -> float:
    """Return the count of parameters, and note it where the record has none."""
    if shape.parameters is not None:
        return shape.parameters
    usual = {"unet3d": 31e6, "pair": 93e6}.get(shape.arch, (network and network.parameters) or _CNN_PARAMETERS)
    notes.append(Assumption("parameters", f"{usual:.3g}", "not in the record; a network of the usual size"))
    return usual


def _held(parameters: float, widths: _Widths, form: Precision, update: Optimizer | None) -> Iterator[Term]:
    """Yield what is held before any sample is seen: weights, and in training (by this update) gradients and state."""
    count = f"{parameters:.6g} parameters"
    yield Term("weights", parameters * widths.weights, f"{count} x {8 * widths.weights:g} bits / 8", form.source)
    if update is None:
        return
    yield Term("gradients", parameters * widths.state, f"{count} x {widths.state:g} bytes", "backpropagation")
    if state := update.state_bytes(widths.state):
        yield Term("optimizer", parameters * state, f"{count} x {state:.6g} bytes; {update.name}", update.source)


def _frames(shape: ModelShape, job: VisionJob, notes: list[Assumption]) -> float:
    """Return how many images a clip is as training keeps it, and note its frames where they were not said."""
    frames = job.frames
    if frames is None:
        frames = _CLIP_FRAMES
        notes.append(Assumption("frames", str(frames), "not said; a common clip of classifiers"))
    return frames * (_MERGED if merges_frames(shape.network) else 1.0)


def _kept(
    shape: ModelShape,
    job: VisionJob,
    network: Network | None,
    size: int,
    widths: _Widths,
    notes: list[Assumption],
    *,
    training: bool,
    checkpointing: bool,
) -> float:
    """Return the values that one sample keeps alive: an image, a clip, or an image with its text."""
    values = saved_values(
        shape,
        size=size,
        training=training,
        checkpointing=checkpointing,
        half=widths.value == _HALF and widths.weights > _HALF,
        job=job,
        network=network,
    )
    if network:
        notes.append(Assumption("network", network.name, "told by the name; what it keeps of each pixel is known"))
    if training and shape.task == _CLIPS:
        values *= _frames(shape, job, notes)
    if training and shape.task == PAIRING and network:
        values += _TEXT_VALUES * (_KEPT if checkpointing else 1.0)
    return values


def _overhead(share: float) -> Term:
    """Return the term of the runtime, this many times what language models take; workspaces of convolutions are among
    the values that model zoos measured in training.
    """
    return Term("overhead", share * RUNTIME_BYTES, f"{share:g} x {RUNTIME_BYTES / GIB:g} GiB", RUNTIME_SOURCE)


def estimate_vision(
    shape: ModelShape,
    *,
    precision: str = "",
    job: VisionJob | None = None,
    training: bool = False,
    optimizer: str = "adamw",
    mixed: bool | None = None,
    checkpointing: bool = False,
) -> MemoryEstimate:
    """Return the memory to run or train the network on samples of this size. mixed: what the words for the precision
    say of 32-bit weights beside 16-bit values.
    """
    job, notes = job or VisionJob(), list[Assumption]()
    form = _precision(shape, precision, notes, training=training)
    network = network_of(shape.network, shape.task) if training and shape.arch == "cnn" else None
    size, batch = _samples(shape, job, network, notes, training=training)
    parameters = _parameters(shape, network, notes)
    widths = _widths(shape, precision, form, mixed, notes) if training else _Widths(form.bytes, form.bytes, form.bytes)
    values = _kept(shape, job, network, size, widths, notes, training=training, checkpointing=checkpointing)
    formula = f"{batch} samples x {values:.6g} values x {widths.value:g} bytes; of edge {size}"
    source = NETWORKS_SOURCE if network else _SOURCES.get(shape.arch, _SOURCES["cnn"])
    terms = [
        *_held(parameters, widths, form, optimizer_of(optimizer) if training else None),
        Term("activations", batch * values * widths.value, formula, source),
        _overhead(1.0 if training and shape.arch == "cnn" else 1.5),
    ]
    total = sum(term.bytes for term in terms)
    return MemoryEstimate(
        total, total, (total,), tuple(terms), tuple(notes), Split(), form.name, "", size, batch, Basis.MODELLED, 0.5
    )
