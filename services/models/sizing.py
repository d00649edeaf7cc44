"""Sizing in bulk: the cases of a request in groups that one question answers, each asked once for all its GPUs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from libs.provenance import Provenance
from services.models.cases import Asked, Use, case_of
from services.models.domain.shaping import size_in_name
from services.models.domain.sizing import Question
from services.models.domain.sizing.cases import INFERENCE
from services.models.domain.speed import Speed, speed
from services.models.domain.traits import Traits
from services.models.known import Known, KnownModels

_SERVING_KEPT: Final = 8_000
"""Questions on serving kept at most: some 4 KB each."""
_TRAINING_KEPT: Final = 1_000
"""The same on training, which hold a run for each count of GPUs tried: up to 40 KB."""


class Group(NamedTuple):
    """Cases of a request that differ by their GPU and by models of the same traits alone: their places in it, where the
    facts of each model are from, and the question or why there is none.
    """

    places: Sequence[int]
    provenances: Sequence[Provenance | None]
    question: Question | None
    error: str = ""


class Questions:
    """What was asked lately, by traits, task and use: planners ask the same of the same models again and again."""

    def __init__(self) -> None:
        self._serving: dict[tuple[Traits, str, Use], Question] = {}
        self._training: dict[tuple[Traits, str, Use], Question] = {}

    def of(self, asked: Asked, traits: Traits) -> Question:
        """Return the question that a case puts to models of these traits."""
        if asked.stated is not None:
            return Question(case_of(asked, traits))
        serves = asked.use.usage.workload == INFERENCE
        kept, most = (self._serving, _SERVING_KEPT) if serves else (self._training, _TRAINING_KEPT)
        key = (traits, asked.task, asked.use)
        found = kept.get(key)
        if found is None:
            if len(kept) >= most:
                kept.clear()
            found = kept[key] = Question(case_of(asked, traits))
        return found


class Sizer:
    """Groups the cases of requests."""

    def __init__(self, models: KnownModels) -> None:
        self._models = models
        self._questions = Questions()

    async def groups(self, asked: Sequence[Asked]) -> Iterator[Group]:
        """Return the cases in groups, all as of one version of the catalogue. What is read is read by now; the work of
        each group is done as it is taken, which belongs off the event loop.
        """
        models = await self._models.find({a.model_id for a in asked if a.model_id})
        return groups(asked, models, self._questions)


def _missing(asked: Asked) -> str:
    """Return why a case of no model here cannot be sized; empty where it can.

    A shape in the request stands in for a record, and so does a size in the name, which the answer then states.
    """
    if not asked.model_id or asked.stated is not None or size_in_name(asked.model_id) is not None:
        return ""
    return f"no model {asked.model_id!r} in the catalogue; give parameters to size it without a record"


def groups(asked: Sequence[Asked], models: Mapping[str, Known], questions: Questions) -> Iterator[Group]:
    """Yield the cases of a request in groups, in the order of the first of each."""
    places: dict[tuple[int | str, str, int, int], tuple[Known | None, list[int]]] = {}
    provenances: list[Provenance | None] = []
    for place, one in enumerate(asked):
        known = models.get(one.model_id)
        if known is not None and known.meant and one.stated is not None:
            known = None  # a name without an owner beside dimensions is a label for those
        # What cases of a request share is one object each, so its identity tells it, which costs less than its value.
        kind = one.model_id if known is None or known.meant else id(known.traits)
        places.setdefault((kind, one.task, id(one.use), id(one.stated)), (known, []))[1].append(place)
        provenances.append(None if known is None else known.provenance)
    for known, same in places.values():
        one, from_where = asked[same[0]], [provenances[place] for place in same]
        if known is not None and known.meant:
            yield Group(same, from_where, Question(case_of(one, known.traits, meant=known.meant)))
        elif known is not None:
            yield Group(same, from_where, questions.of(one, known.traits))
        elif error := _missing(one):
            yield Group(same, from_where, None, error)
        else:
            yield Group(same, from_where, Question(case_of(one, None)))


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
