"""Sizing in bulk: look up the models of all cases at once, then compute off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from libs.database import Pool
from libs.provenance import Provenance
from services.models.convert import provenance_of
from services.models.convert_sizing import Asked, case_of
from services.models.domain.model import Model, Relation
from services.models.domain.shaping import shape_of_model, size_in_name
from services.models.domain.sizing import Assumption, Case, ModelShape, Sized, size
from services.models.domain.speed import Speed, speed
from services.models.store import catalog

_KEPT: Final = 4_000
"""Models kept at most: two full requests of different ones."""


class Memory(NamedTuple):
    """The memory of one case, or why there is none."""

    sized: Sized | None = None
    notes: tuple[Assumption, ...] = ()
    provenance: Provenance | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Timing:
    """The speed of one case, or why there is none."""

    speed: Speed | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A model of the catalogue and its shape."""

    model: Model
    shape: ModelShape
    provenance: Provenance


class Sizer:
    """Sizes models of the catalogue, and shapes that a request states."""

    def __init__(self, pool: Pool) -> None:
        self._models = _Models(pool)

    async def memory(self, asked: Sequence[Asked]) -> list[Memory]:
        """Return the memory of each case, in their order."""
        models = await self._models.of(asked)
        cases = _Cases(models)
        return await asyncio.to_thread(lambda: [_memory(a, models, cases) for a in asked])

    async def speed(self, asked: Sequence[Asked]) -> list[Timing]:
        """Return the speed of each case, in their order."""
        models = await self._models.of(asked)
        cases = _Cases(models)
        return await asyncio.to_thread(lambda: [_speed(a, models, cases) for a in asked])


class _Models:
    """Models of the catalogue with their shapes. Planners ask for the same ones again and again, so those read last are
    kept until the catalogue changes.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._version = -1
        self._kept: dict[str, Known] = {}

    async def of(self, asked: Sequence[Asked]) -> dict[str, Known]:
        """Return those of the models asked for that the catalogue has, all as of one version of it."""
        ids = {a.model_id for a in asked if a.model_id}
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
        stored = await catalog.find_many(self._pool, ids)
        wanted = {s.model.base_model for s in stored.values() if s.model.base_model and not _complete(s.model)}
        bases = await catalog.find_many(self._pool, sorted(wanted)) if wanted else {}
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
    return bool(model.parameters and model.architecture.layers) and model.relation is not Relation.ADAPTER


def _missing(asked: Asked, known: Known | None) -> str:
    """Return why a case cannot be sized; empty where it can.

    A shape in the request stands in for a record, and so does a size in the name, which the answer then states.
    """
    if not asked.model_id or known is not None or asked.stated is not None or size_in_name(asked.model_id) is not None:
        return ""
    return f"no model {asked.model_id!r} in the catalogue; give parameters to size it without a record"


class _Cases:
    """Cases of one request. Those of one model and use differ by their GPU alone, so the rest is made once."""

    def __init__(self, models: Mapping[str, Known]) -> None:
        self._models = models
        self._made: dict[tuple[str, str, int], Case] = {}

    def of(self, asked: Asked) -> Case:
        """Return the case to size."""
        known = self._models.get(asked.model_id)
        key = (asked.model_id, asked.task, id(asked.use))
        made = self._made.get(key) if asked.stated is None else None
        if made is None:
            made = case_of(asked, known.model if known else None, known.shape if known else None)
            if asked.stated is None:
                self._made[key] = made
            return made
        return Case(made.shape, made.usage, asked.gpu, asked.gpus, made.published, made.notes)


def _memory(asked: Asked, models: Mapping[str, Known], cases: _Cases) -> Memory:
    known = models.get(asked.model_id)
    if error := _missing(asked, known):
        return Memory(error=error)
    try:
        case = cases.of(asked)
        sized = size(case)
    except ValueError as problem:
        return Memory(error=str(problem))
    return Memory(sized, case.notes, known.provenance if known else None)


def _speed(asked: Asked, models: Mapping[str, Known], cases: _Cases) -> Timing:
    known = models.get(asked.model_id)
    if error := _missing(asked, known):
        return Timing(error=error)
    try:
        case = cases.of(asked)
        found = speed(
            case,
            prompt_tokens=asked.use.prompt_tokens,
            output_tokens=asked.use.output_tokens,
            samples=asked.use.samples,
            tokens=asked.use.tokens,
            epochs=asked.use.epochs,
            engine=asked.use.engine,
            model_id=asked.model_id,
        )
    except ValueError as problem:
        return Timing(error=str(problem))
    return Timing(replace(found, assumptions=(*case.notes, *found.assumptions)) if case.notes else found)
