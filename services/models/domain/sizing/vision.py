"""Memory of vision networks, 2-D and 3-D, and of protein folding: the input's size drives it, not the parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.models.domain.sizing.demand import RUNTIME_BYTES, RUNTIME_SOURCE
from services.models.domain.sizing.estimates import MemoryEstimate
from services.models.domain.sizing.operations import default_edge
from services.models.domain.sizing.optimizers import optimizer_of
from services.models.domain.sizing.parallelism import Split
from services.models.domain.sizing.precision import precision_of
from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.terms import Assumption, Basis, Term

_CNN_VALUES: Final = 443.0
"""Values per input pixel that a network of ResNet-50's size saves for training: 22.2 million at 224 x 224
(torchvision).
"""
_CNN_PARAMETERS: Final = 25.6e6
_CNN_LIVE: Final = 130.0
"""Values per input pixel alive at once in a forward pass: the two largest maps."""
_HEADS: Final = {
    "object-detection": 1.6,
    "zero-shot-object-detection": 1.6,
    "image-segmentation": 2.0,
    "mask-generation": 2.0,
}
_UNET_CHANNELS: Final = 32
_UNET_VALUES: Final = 5 * 3 * 4 / 3
"""Maps of full-size width per voxel: two convolutions down, two up and the skip, each with norm and activation, all
levels.
"""
_PAIR_CHANNELS: Final = 128
_PAIR_MAPS: Final = 12


@dataclass(frozen=True, slots=True)
class VisionJob:
    """Input edge in pixels or voxels (residues for protein folding), and samples a step on one GPU."""

    size: int | None = None
    batch: int | None = None


def saved_values(shape: ModelShape, *, size: int, training: bool) -> float:
    """Return the values one sample keeps alive.

    2-D networks scale with pixels and the root of the parameters; a 3-D U-Net with the volume of the patch (nnU-Net,
    doi:10.1038/s41592-020-01008-z); protein folding with the square of the sequence, its pair representation
    (AlphaFold, doi:10.1038/s41586-021-03819-2).
    """
    if shape.arch == "pair":
        return float(size) * size * _PAIR_CHANNELS * _PAIR_MAPS * (4 if training else 1)
    if shape.arch == "unet3d":
        values = float(size) ** 3 * _UNET_CHANNELS * _UNET_VALUES
        return values if training else values / 5
    factor = _HEADS.get(shape.task, 1.0)
    if training:
        return float(
            factor * size * size * _CNN_VALUES * ((shape.parameters or _CNN_PARAMETERS) / _CNN_PARAMETERS) ** 0.5
        )
    return factor * size * size * _CNN_LIVE


def estimate_vision(
    shape: ModelShape,
    *,
    precision: str = "",
    job: VisionJob | None = None,
    training: bool = False,
    optimizer: str = "adamw",
    mixed: bool = True,
) -> MemoryEstimate:
    """Return the memory to run or train the network on samples of this size."""
    job, notes = job or VisionJob(), list[Assumption]()
    if not precision:
        precision = "fp32"
        notes.append(Assumption("precision", precision, "not said; the usual storage of such networks"))
    form = precision_of(precision)
    size = job.size
    if size is None:
        size = default_edge(shape, training=training)
        name = "sequence_length" if shape.arch == "pair" else "image_size"
        notes.append(Assumption(name, str(size), "not said; a common edge of inputs, patches or sequences"))
    batch = job.batch
    if batch is None:
        batch = 2 if training else 1
        why = "a common number of samples a step" if training else "one input at a time"
        notes.append(Assumption("batch_size", str(batch), f"not said; {why}"))
    parameters = shape.parameters
    if parameters is None:
        parameters = {"unet3d": 31e6, "pair": 93e6}.get(shape.arch, _CNN_PARAMETERS)
        notes.append(Assumption("parameters", f"{parameters:.3g}", "not in the record; a network of the usual size"))
    value = 2.0 if training and mixed else form.bytes
    samples = batch * saved_values(shape, size=size, training=training) * value
    terms = [Term("weights", parameters * form.bytes, f"{parameters:.4g} parameters x {form.bits:g} bits", form.source)]
    if training:
        update = optimizer_of(optimizer)
        terms.append(Term("gradients", parameters * 4, "4 bytes per parameter", "backpropagation"))
        terms.append(Term("optimizer", parameters * update.state_bytes(4.0), update.name, update.source))
    formula = f"{batch} samples of edge {size} x values kept x {value:g} bytes"
    terms.append(Term("activations", samples, formula, "saved_values: by pixels, voxels or residue pairs"))
    terms.append(Term("overhead", 1.5 * RUNTIME_BYTES, "CUDA context and convolution workspaces", RUNTIME_SOURCE))
    total = sum(term.bytes for term in terms)
    return MemoryEstimate(
        total, total, (total,), tuple(terms), tuple(notes), Split(), form.name, "", size, batch, Basis.MODELLED, 0.5
    )
