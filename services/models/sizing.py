"""Sizing in bulk: look up the models of all cases at once, and ask each model once for all its GPUs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from libs.database import Pool
from libs.provenance import Provenance
from services.models.cases import case_of
from services.models.convert import provenance_of
from services.models.convert_sizing import Asked, Use
from services.models.domain.config_json import is_varied
from services.models.domain.model import Model, Relation
from services.models.domain.shaping import shape_of_model, size_in_name
from services.models.domain.sizing import ModelShape, Question
from services.models.domain.speed import Speed, speed
from services.models.store import catalog

_KEPT: Final = 4_000
"""Models kept at most: two full requests of different ones."""
_USES_KEPT: Final = 2
"""Uses of a model whose questions are kept: some 4 KB each."""


@dataclass(frozen=True, slots=True)
class Known:
    """A model of the catalogue, with what sizing reads of its record alone, its shape, and what was asked of it lately,
    by task and use.
    """

    model: Model
    shape: ModelShape
    provenance: Provenance
    questions: dict[tuple[str, Use], Question] = field(default_factory=dict, compare=False)

    def question(self, asked: Asked) -> Question:
        """Return the question that a case puts to this model."""
        if asked.stated is not None:
            return Question(case_of(asked, self.model, self.shape))
        key = (asked.task, asked.use)
        found = self.questions.get(key)
        if found is None:
            if len(self.questions) >= _USES_KEPT:
                self.questions.clear()
            found = self.questions[key] = Question(case_of(asked, self.model, self.shape))
        return found


class Group(NamedTuple):
    """Cases of a request that differ by their GPU alone: their places in it, and the question or why there is none."""

    places: Sequence[int]
    question: Question | None
    provenance: Provenance | None = None
    error: str = ""


class Sizer:
    """Groups the cases of requests. Planners ask of the same models again and again, so models read last, and what was
    asked of them, are kept until the catalogue changes.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._version = -1
        self._kept: dict[str, Known] = {}

    async def groups(self, asked: Sequence[Asked]) -> Iterator[Group]:
        """Return the cases in groups, all as of one version of the catalogue. What is read is read by now; the work of
        each group is done as it is taken, which belongs off the event loop.
        """
        return groups(asked, await self._find({a.model_id for a in asked if a.model_id}))

    async def _find(self, ids: set[str]) -> dict[str, Known]:
        """Return those of the models that the catalogue has."""
        if not ids:
            return {}
        while True:
            version = await catalog.version(self._pool)
            if version != self._version:
                self._version, self._kept = version, {}
            kept = self._kept
            found = {i: kept[i] for i in ids if i in kept}
            if len(found) == len(ids):
                return found
            found |= await self._read(sorted(ids - found.keys()))
            if len({known.provenance.snapshot_id for known in found.values()}) > 1:
                continue  # another version was published in between
            if len(kept) + len(found) > _KEPT:
                kept.clear()
            kept |= found
            return found

    async def _read(self, ids: Sequence[str]) -> dict[str, Known]:
        stored = await catalog.find_to_size(self._pool, ids)
        wanted = {s.model.base_model for s in stored.values() if s.model.base_model and not _complete(s.model)}
        bases = await catalog.find_to_size(self._pool, sorted(wanted)) if wanted else {}
        return {
            model_id: Known(
                s.model,
                shape_of_model(s.model, bases[s.model.base_model].model if s.model.base_model in bases else None),
                provenance_of(s.model, snapshot_id=s.snapshot_id),
            )
            for model_id, s in stored.items()
        }


def _complete(model: Model) -> bool:
    """Whether the record alone says what sizing needs, so that its base need not be read."""
    own = model.architecture
    told = bool(own.layers) and (own.tells_layers or not is_varied(own.model_type))
    return bool(model.parameters) and told and model.relation is not Relation.ADAPTER


def _missing(asked: Asked, known: Known | None) -> str:
    """Return why a case cannot be sized; empty where it can.

    A shape in the request stands in for a record, and so does a size in the name, which the answer then states.
    """
    if not asked.model_id or known is not None or asked.stated is not None or size_in_name(asked.model_id) is not None:
        return ""
    return f"no model {asked.model_id!r} in the catalogue; give parameters to size it without a record"


def groups(asked: Sequence[Asked], models: Mapping[str, Known]) -> Iterator[Group]:
    """Yield the cases of a request in groups, in the order of the first of each."""
    places: dict[tuple[str, str, int, int], list[int]] = {}
    for place, one in enumerate(asked):
        # What cases of a request share is one object each, so its identity tells it, which costs less than its value.
        places.setdefault((one.model_id, one.task, id(one.use), id(one.stated)), []).append(place)
    for same in places.values():
        one = asked[same[0]]
        known = models.get(one.model_id)
        if error := _missing(one, known):
            yield Group(same, None, error=error)
        elif known is None:
            yield Group(same, Question(case_of(one, None, None)))
        else:
            yield Group(same, known.question(one), known.provenance)


def speed_of(asked: Asked, question: Question) -> Speed:
    """Return the speed of one case of a group. Raises ValueError where it has none, saying why."""
    case, use = question.case._replace(gpu=asked.gpu, gpus=asked.gpus), asked.use
    found = speed(
        case,
        prompt_tokens=use.prompt_tokens,
        output_tokens=use.output_tokens,
        samples=use.samples,
        tokens=use.tokens,
        epochs=use.epochs,
        model_id=asked.model_id,
    )
    return replace(found, assumptions=(*case.notes, *found.assumptions)) if case.notes else found
