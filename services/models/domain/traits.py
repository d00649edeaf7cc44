"""What sizing reads of a model's record: its shape, and what was published about its weights, inputs and needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from services.models.domain.config_json import is_varied
from services.models.domain.model import Model, Relation, Requirement
from services.models.domain.shaping import shape_of_model
from services.models.domain.sizing import ModelShape, Published, Usage, find_precision
from services.models.domain.sizing.terms import GIB, Basis

_USUAL_GGUF: Final = "Q4_K_M"


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """All that sizing reads of a record. Models of equal traits share one object, and so their answers: what is tuned
    from a model keeps its dimensions.

    precision: of the published weights, where sizing knows it. input_edge: of the input that the record states, in
    pixels or voxels.
    """

    shape: ModelShape
    precision: str
    input_edge: int | None
    requirements: tuple[Requirement, ...]


_shared: Final = lru_cache(maxsize=50_000)(Traits)


def traits_of(model: Model, base: Model | None = None) -> Traits:
    """Return what sizing reads of a model; base stands in for what its record lacks of the shape."""
    return _shared(shape_of_model(model, base), _own_precision(model), _input_edge(model), model.requirements)


def needs_base(model: Model) -> bool:
    """Tell whether the record leaves out what sizing reads, so that its base's stands in."""
    own = model.architecture
    told = bool(own.layers) and (own.tells_layers or not is_varied(own.model_type))
    return not (model.parameters and told) or model.relation is Relation.ADAPTER


def _own_precision(model: Model) -> str:
    """Return the published precision of a model, where sizing knows it; of a set of GGUF files the one used most."""
    names = [model.precision]
    if model.quantization is not None:
        types = [name.strip() for name in model.quantization.gguf_type.split(",")]
        method = model.quantization.method
        if method == "bnb":
            method = "int8" if model.quantization.bits == 8 else "nf4"
        wide = f"{method}-{model.quantization.bits:g}bit" if method and model.quantization.bits else ""
        names = [*(t for t in types if t.upper() == _USUAL_GGUF), types[0], wide, method, model.precision]
    return next((n for n in names if n and find_precision(n) is not None), "")


def _input_edge(model: Model) -> int | None:
    for name in ("roi_voxels", "image_px"):
        size = model.input_sizes.get(name)
        if size is not None:
            return int(max(size) if isinstance(size, tuple) else size)
    return None


def published(requirements: Sequence[Requirement], shape: ModelShape, usage: Usage) -> Published | None:
    """Return the requirement that a record states for this use as the request says it, where there is one.

    Not for models that write tokens and whose size is known: their need follows from context and concurrency, which a
    single figure hides; nor for a load that the figure does not speak of. Formats of one kind and width (fp16, bf16)
    take the same. Figures with offloading answer only who asks for it, those of adapters only who trains adapters.
    """
    known = shape.causal and shape.parameters is not None
    if known or max(usage.batch_size or 1, usage.concurrency or 1) > 1 or usage.image_size or usage.frames:
        return None
    scope = "inference" if usage.workload == "inference" else "training"
    wanted = find_precision(usage.precision) if usage.precision else None
    for requirement in requirements:
        stated = find_precision(requirement.precision) if requirement.precision else None
        conditions = requirement.conditions.lower()
        if (
            requirement.scope == scope
            and (wanted is None or stated is None or (wanted.kind, wanted.bits) == (stated.kind, stated.bits))
            and ("offload" in conditions) == bool(usage.offload)
            and ("lora" in conditions) == (usage.workload in ("lora", "qlora"))
            and ("checkpoint" in conditions) == bool(usage.checkpointing)
        ):
            basis = Basis.MEASURED if requirement.basis == "measured" else Basis.PUBLISHED
            source = f"{requirement.source}: {requirement.conditions}" if requirement.conditions else requirement.source
            return Published(requirement.figure_gib * GIB, basis, source)
    return None
