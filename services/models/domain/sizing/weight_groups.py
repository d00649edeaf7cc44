"""Weights in groups of parameters that each format stores alike: what they take in any format is one sum of products,
which a filter can ask of a database.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.diffusion import ImageJob, generation, t5_bytes
from services.models.domain.sizing.precision import PRECISIONS, Precision
from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.terms import GIB
from services.models.domain.sizing.weights import apart


class Groups(NamedTuple):
    """A figure for each group: parameters, or bits of each of them.

    layers, attention, embedding, head: of language models; attention only of mixtures, whose experts alone some formats
    quantise; a tied embedding counts as the head. network: of networks that formats store all alike, and of denoisers.
    t5: of a generator's T5. beside: of its other text encoders and its VAE. tower: of what turns pictures into tokens.
    """

    layers: float = 0.0
    attention: float = 0.0
    embedding: float = 0.0
    head: float = 0.0
    network: float = 0.0
    t5: float = 0.0
    beside: float = 0.0
    tower: float = 0.0


_EXPERTS_ALONE: Final = PRECISIONS["mxfp4"]


def parameter_groups(shape: ModelShape) -> Groups | None:
    """Return the parameters of a model by group; None where their count is unknown, or told by the name alone."""
    if shape.parameters is None or shape.size_from_name:
        return None
    if shape.arch == "diffusion":
        made = generation(shape, precision="bf16", job=ImageJob())
        return Groups(network=made.parts.denoiser, t5=made.t5, beside=made.beside + made.parts.vae)
    if shape.arch in ("cnn", "unet3d", "pair"):
        return Groups(network=shape.parameters)
    model = complete(shape)
    layers, kept, ends, _ = apart(model, _EXPERTS_ALONE)
    tower = min(shape.other_parameters, kept)
    embedding = 0.0 if model.tied else ends / 2
    return Groups(layers, kept - tower, embedding, ends - embedding, tower=tower)


@lru_cache(maxsize=256)
def group_bits(form: Precision) -> Groups:
    """Return the bits of each parameter by group in a format."""
    return Groups(
        layers=form.layer_bits,
        attention=16.0 if form.experts_alone else form.layer_bits,
        embedding=form.embedding_bits,
        head=form.head_bits,
        network=form.bits,
        t5=8 * t5_bytes(form),
        beside=max(form.bits, 16.0),
        tower=form.tower_bits,
    )


def weights_gib(parameters: Groups, form: Precision) -> float:
    """Return the memory of weights in a format, in GiB: the sum of parameters x bits / 8 over the groups."""
    total = 0.0
    for count, bits in zip(parameters, group_bits(form), strict=True):
        total += count * bits
    return total / 8 / GIB
