"""The models of a plan: what the searches for them find, as one list, and why one of them found nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from services.orchestrator.calls import Calls
from services.orchestrator.catalogs.protocol import Catalogs
from services.orchestrator.domain.candidates import Candidates, FoundModels, ModelCandidate
from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning import asks
from services.orchestrator.domain.planning.constraints import GENERAL_LICENSES, license_ok
from services.orchestrator.domain.planning.engines import LANGUAGE_TASKS
from services.orchestrator.domain.planning.imaging import of_field
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.ranking import of_each_size, ranked
from services.orchestrator.domain.planning.unfound import why_unfound
from services.orchestrator.domain.planning.wished import meant, whole
from services.orchestrator.domain.spec import WorkloadSpec

EMBEDDING_TASKS: Final = frozenset({"feature-extraction", "sentence-similarity"})
MAX_MODELS: Final = 6


async def find_models(
    spec: WorkloadSpec, wanted: Needs, catalogs: Catalogs, calls: Calls, *, words: str = ""
) -> FoundModels:
    """Return the models for a spec, those named first, and in words why a search found none."""
    searches = asks.model_asks(spec, wanted, words=words)
    answers = await asyncio.gather(*(calls.search(catalogs, ask) for ask in searches))
    notes = why_unfound(searches, answers)
    models = _merge((answer.models for answer in answers), wanted, words)
    if not models and wanted.license:
        # None has the licence: what has another one is the nearest, and giving the licence up is what can be offered.
        anyhow = asks.model_asks(spec, replace(wanted, license=None), words=words)
        answers = await asyncio.gather(*(calls.search(catalogs, ask) for ask in anyhow))
        models = _merge((answer.models for answer in answers), wanted, words)
    elif wanted.license:
        models = await _judged(models, searches, wanted.license, catalogs, calls)
    return FoundModels(models=models, notes=notes)


async def _judged(
    models: tuple[ModelCandidate, ...],
    searches: Sequence[asks.ModelAsk],
    wish: str,
    catalogs: Catalogs,
    calls: Calls,
) -> tuple[ModelCandidate, ...]:
    """Return the models, those that were found by name with the catalogue's verdict on the licence asked for."""
    names = {m.wished_as for m in models if m.wished_as and not license_ok(m, wish)}
    by_name = [replace(ask, license=wish) for ask in searches if ask.name in names and wish not in GENERAL_LICENSES]
    answers = await asyncio.gather(*(calls.search(catalogs, ask) for ask in by_name))
    having = {m.model_id for answer in answers for m in answer.models}
    return tuple(replace(m, license_asked=wish) if m.model_id in having else m for m in models)


async def smaller_models(
    candidates: Candidates, catalogs: Catalogs, calls: Calls, wanted: Needs
) -> tuple[ModelCandidate, ...]:
    """Return smaller models of each size beside the candidates: what giving up a larger one would bring."""
    searches = asks.smaller_asks(wanted)
    if not searches:
        return ()
    known = {m.model_id for m in candidates.models}
    answers = await asyncio.gather(*(calls.search(catalogs, ask) for ask in searches))
    found = [m for answer in answers for m in ranked(answer.models, languages=wanted.languages)]
    return tuple(of_each_size([m for m in found if m.model_id not in known and not m.quantized and whole(m)]))


def _merge(found: Iterable[tuple[ModelCandidate, ...]], wanted: Needs, words: str) -> tuple[ModelCandidate, ...]:
    """Return each model once, those named first; a named embedder beside a named generator serves retrieval."""
    models: dict[str, ModelCandidate] = {}
    served = wanted.kind is not WorkloadKind.TRAINING and wanted.task in LANGUAGE_TASKS
    for answer in found:
        for model in meant(answer, served=served) if answer and answer[0].wished_as else answer:
            purpose = model.purpose
            if model.wished_as and model.task in EMBEDDING_TASKS and wanted.task not in EMBEDDING_TASKS:
                purpose = "embedding" if wanted.task == "text-generation" else purpose
            known = models.get(model.model_id)
            if known is None or (model.wished_as and not known.wished_as):
                models[model.model_id] = replace(model, purpose=purpose)
    mains = [m for m in models.values() if m.purpose == "main"]
    found_by = ranked([m for m in mains if not m.wished_as], from_scratch=wanted.repeated, languages=wanted.languages)
    mains = [*(m for m in mains if m.wished_as), *found_by]
    if not wanted.task and mains and mains[0].wished_as:
        mains = [m for m in mains if m.wished_as or m.task == mains[0].task]
    if wanted.imaging:
        mains = of_field(mains, wanted.imaging, wanted.task, words)
    mains = [m for m in mains if whole(m)]
    # The planner sizes full weights at every precision itself, so their repackagings add nothing.
    mains = [m for m in mains if not m.quantized] or mains
    helpers = [m for m in models.values() if m.purpose != "main"]
    named = [m for m in helpers if m.wished_as]
    return (*mains[:MAX_MODELS], *named, *ranked([m for m in helpers if not m.wished_as], languages=wanted.languages))
