"""Cases to size, completed from the catalogue: the model's shape, and what its record says of the use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, NamedTuple

from services.models.domain.shaping import shape_of_name
from services.models.domain.sizing import Assumption, Case, GpuShape, ModelShape, Usage, arch_of_task
from services.models.domain.sizing.cases import INFERENCE
from services.models.domain.sizing.operations import BY_SAMPLES
from services.models.domain.sizing.precision import choice, precision_of
from services.models.domain.traits import Traits, published

_TASKS: Final = {"decoder": "text-generation", "diffusion": "text-to-image", "encoder": "feature-extraction"}
_UNTOLD: Final = "not said; the kind of model that the name tells, one that writes text where it tells none"
_NAMED: Final = "given without an owner; of the models of this name the one that most others came from"
_SHAPE_FIELDS: Final = ModelShape._fields


@dataclass(frozen=True, slots=True)
class Use:
    """How a case uses its model, for memory and for speed."""

    usage: Usage
    prompt_tokens: int | None
    output_tokens: int | None
    samples: int | None
    tokens: int | None
    epochs: float | None


class Asked(NamedTuple):
    """One case of a request, before its model is looked up. stated: of the dimensions in the request, None without
    any.
    """

    model_id: str
    stated: ModelShape | None
    task: str
    use: Use
    gpu: GpuShape | None
    gpus: int


def case_of(asked: Asked, traits: Traits | None, *, meant: str = "") -> Case:
    """Return the case to size: the model's known shape, with the request's dimensions where the record lacks them.
    meant: the id that the name of the model was read as.
    """
    usage = asked.use.usage
    notes = [Assumption("model_id", meant, _NAMED)] if meant else []
    notes += (*_read_as("precision", usage.precision), *_read_as("kv_precision", usage.kv_precision))
    if traits is None:
        shape = asked.stated or shape_of_name(asked.model_id, task=asked.task) or ModelShape()
        if not asked.task and shape.layers is None:
            notes.append(Assumption("task", _TASKS.get(shape.arch, shape.arch), _UNTOLD))
        return Case(shape, usage, asked.gpu, asked.gpus, None, tuple(notes))
    shape = traits.shape
    if asked.stated or (asked.task and not shape.task):
        shape = _filled(shape, asked)
    own = traits.precision if usage.workload == INFERENCE and not usage.precision else ""
    edge = traits.input_edge if usage.image_size is None and not shape.sees else None
    if own:
        notes.append(Assumption("precision", own, "not said; that of the published weights"))
    if edge and shape.arch in BY_SAMPLES:
        notes.append(Assumption("image_size", str(edge), "not said; the edge of inputs in the model's record"))
    if own or edge:
        usage = _completed(usage, own, edge)
    stated = published(traits.requirements, shape, asked.use.usage)
    return Case(shape, usage, asked.gpu, asked.gpus, stated, tuple(notes))


@lru_cache(maxsize=256)
def _completed(usage: Usage, precision: str, image_size: int | None) -> Usage:
    return replace(usage, precision=precision or usage.precision, image_size=image_size or usage.image_size)


@lru_cache(maxsize=256)
def _read_as(field: str, words: str) -> tuple[Assumption, ...]:
    """Return what the words for a precision were read as, where they leave open which is meant."""
    why = choice(words) if words else ""
    return (Assumption(field, precision_of(words).name, f"{words!r} is {why}"),) if why else ()


def _filled(known: ModelShape, asked: Asked) -> ModelShape:
    """Return the known shape with what the request states in place of what the record lacks, or has from its name
    alone.
    """
    stated = asked.stated or ModelShape()
    gaps: dict[str, Any] = {
        name: value
        for name in _SHAPE_FIELDS
        if getattr(known, name) is None and (value := getattr(stated, name)) is not None
    }
    if known.size_from_name and stated.parameters is not None:
        gaps |= {"parameters": stated.parameters, "size_from_name": False}
    if asked.task and not known.task and arch_of_task(asked.task) == known.arch:
        gaps["task"] = asked.task
    return known._replace(**gaps) if gaps else known
