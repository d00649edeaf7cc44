"""What the weights of a model of the catalogue take, as sizing counts them: for filters and for lists of precisions."""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from typing import Final, NamedTuple

from services.models.domain.model import Model
from services.models.domain.sizing import Case, ModelShape, Question, Usage
from services.models.domain.sizing.precision import PRECISIONS, precision_of
from services.models.domain.sizing.sight import FAMILIES
from services.models.domain.sizing.weight_groups import Groups, group_bits, parameter_groups, weights_gib
from services.models.domain.traits import Traits, needs_base, traits_of

_PROBES: Final = tuple(
    ModelShape(parameters=size, arch=arch, experts=experts)
    for size in (0.02e9, 0.2e9, 8e9)
    for arch, experts in (
        ("decoder", None), ("decoder", 8), ("encoder", None), ("encoder-decoder", None), ("diffusion", None),
        ("cnn", None),
    )
)  # fmt: skip
"""Shapes that every rule of what they take weighs on: the smallest have as many embeddings as any may."""


class Weights(NamedTuple):
    """The parameters of a model by group, and the memory of its weights as published, in GiB."""

    parameters: Groups
    published_gib: float


def weights_of(model: Model, base: Model | None = None) -> Weights | None:
    """Return the weights of a model; None where neither its record nor its base's states how many there are.

    base: stands in for what the record lacks, as in sizing.
    """
    return _weights(traits_of(model, base if base is not None and needs_base(model) else None))


@lru_cache(maxsize=4096)
def _weights(traits: Traits) -> Weights | None:
    parameters = parameter_groups(traits.shape)
    if parameters is None:
        return None
    form = precision_of(traits.precision or _usual_precision(traits.shape.arch))
    return Weights(parameters, weights_gib(parameters, form))


@cache
def _usual_precision(arch: str) -> str:
    """Return the precision that sizing takes where none is known."""
    return Question(Case(ModelShape(parameters=1e9, arch=arch), Usage())).on(None).estimate.precision


@cache
def weighing() -> str:
    """Return a digest that changes with the sums: what was weighed by others is weighed anew."""
    counts = [tuple(map(round, parameter_groups(shape) or ())) for shape in _PROBES]
    usual = [_usual_precision(shape.arch) for shape in _PROBES]
    towers = [sight.tower for sight in FAMILIES.values()]
    sums = (counts, [group_bits(form) for form in PRECISIONS.values()], usual, towers)
    return hashlib.blake2b(repr(sums).encode(), digest_size=8).hexdigest()
