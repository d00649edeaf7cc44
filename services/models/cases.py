"""Cases to size, completed from the catalogue: the model's shape, and what its record says of the use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from services.models.convert_sizing import Asked
from services.models.domain.model import Model
from services.models.domain.shaping import input_edge, published, shape_of_name
from services.models.domain.sizing import Assumption, Case, ModelShape, Usage, find_precision
from services.models.domain.sizing.operations import BY_SAMPLES
from services.models.domain.sizing.precision import choice, precision_of

_TASKS: Final = {"decoder": "text-generation", "diffusion": "text-to-image", "encoder": "feature-extraction"}
_UNTOLD: Final = "not said; the kind of model that the name tells, one that writes text where it tells none"
_USUAL_GGUF: Final = "Q4_K_M"
_SHAPE_FIELDS: Final = ModelShape._fields


def case_of(asked: Asked, model: Model | None, known: ModelShape | None) -> Case:
    """Return the case to size: the model's known shape, with the request's dimensions where the record lacks them."""
    usage = asked.use.usage
    notes = list(_read_as(usage))
    shape = asked.stated or known or shape_of_name(asked.model_id, task=asked.task) or ModelShape()
    if model is None and not asked.task and shape.layers is None:
        notes.append(Assumption("task", _TASKS.get(shape.arch, shape.arch), _UNTOLD))
    if model is not None and known is not None:
        shape = _filled(known, asked.stated) if asked.stated else known
        own = _own_precision(model) if usage.workload == "inference" and not usage.precision else ""
        edge = input_edge(model) if usage.image_size is None else None
        if own:
            notes.append(Assumption("precision", own, "not said; that of the published weights"))
        if edge and shape.arch in BY_SAMPLES:
            notes.append(Assumption("image_size", str(edge), "not said; the edge of inputs in the model's record"))
        if own or edge:
            usage = replace(usage, precision=own or usage.precision, image_size=edge or usage.image_size)
    stated = published(model, shape, asked.use.usage) if model else None
    return Case(shape, usage, asked.gpu, asked.gpus, stated, tuple(notes))


def _read_as(usage: Usage) -> Iterator[Assumption]:
    """Yield what the words for a precision were read as, where they leave open which is meant."""
    for name, words in (("precision", usage.precision), ("kv_precision", usage.kv_precision)):
        if words and (why := choice(words)):
            yield Assumption(name, precision_of(words).name, f"{words!r} is {why}")


def _filled(known: ModelShape, stated: ModelShape) -> ModelShape:
    gaps = {
        name: value
        for name in _SHAPE_FIELDS
        if getattr(known, name) is None and (value := getattr(stated, name)) is not None
    }
    return known._replace(**gaps) if gaps else known


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
