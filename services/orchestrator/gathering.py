"""Spec -> candidates: the catalogues asked in three rounds of parallel calls, each resting on the one before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from services.orchestrator.calls import Calls
from services.orchestrator.catalogs.protocol import Catalogs, Components
from services.orchestrator.domain.candidates import Candidates, GpuType, ModelCandidate, Offer, PerformanceEstimate
from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning import asks, choose, components, needs
from services.orchestrator.domain.planning.options import SpeedKey
from services.orchestrator.domain.planning.wished import LICENSES, meant
from services.orchestrator.domain.spec import WorkloadSpec

EMBEDDING_TASKS: Final = frozenset({"feature-extraction", "sentence-similarity"})
MAX_MODELS: Final = 6
MAX_SPEED_ROUNDS: Final = 3


async def gather(spec: WorkloadSpec, catalogs: Catalogs, *, calls: Calls, words: str = "") -> Candidates:
    """Return the candidates for a spec. Raises UnavailableError when no catalogue answers."""
    wanted = needs.needs_of(spec, words=words)
    here, anywhere = asks.offer_asks(wanted)
    roles = components.roles_for(spec, wanted)
    pending_charts = catalogs.recommend_components(roles, spec, gpu_vendor=_vendor(spec, wanted))
    no_types: tuple[GpuType, ...] = ()
    no_providers: tuple[str, ...] = ()
    async with asyncio.TaskGroup() as group:
        found = [group.create_task(calls.search(catalogs, ask)) for ask in asks.model_asks(spec, wanted, words=words)]
        types = group.create_task(
            calls.ask("compute.ListGpuTypes", "accelerator types", catalogs.list_gpu_types(), no_types)
        )
        providers = group.create_task(
            calls.ask("compute.ListProviders", "providers", catalogs.list_providers(), no_providers)
        )
        allowed = group.create_task(calls.offers(catalogs, here, "machines where the wishes allow them"))
        others = group.create_task(calls.offers(catalogs, anywhere, "machines anywhere"))
        names = ", ".join(role.role for role in roles)
        charts = group.create_task(
            calls.ask("packages.RecommendComponents", names, pending_charts, Components(charts=()))
        )
        note = group.create_task(_cluster_note(catalogs, calls, wanted=wanted.prefers_local))
    calls.raise_if_all_failed()
    offers, elsewhere = allowed.result(), others.result()
    models = _merge((task.result() for task in found), wanted)
    by_name = {gpu.name: gpu for gpu in types.result()}
    offered = _offered((*offers, *elsewhere), by_name)
    use = asks.use_of(wanted)
    cases = asks.memory_cases(wanted, models, offered)
    memory, prices = await asyncio.gather(
        calls.ask("models.EstimateMemory", f"{len(cases)} cases", catalogs.estimate_memory(cases, use), ()),
        calls.ask("compute.EstimateCost", "storage and traffic", catalogs.unit_prices(providers.result()), ()),
    )
    candidates = Candidates(
        models=models,
        gpu_types=by_name,
        memory=asks.sized_alike(wanted, memory, offered),
        offers=offers,
        offers_elsewhere=elsewhere,
        unit_prices=prices,
        charts=charts.result().charts,
        conflicts=charts.result().conflicts,
        missing=calls.missing(),
        cluster_note=note.result(),
    )
    small = asks.small_ask(wanted)
    choices = choose.feasible(wanted, candidates, wished=bool(spec.models))
    if choices is None:
        if small:
            candidates = await _with_small(small, wanted, catalogs, calls, candidates, use)
        choices = choose.choose(wanted, candidates, wished=bool(spec.models))
    candidates = await _with_speeds(spec, wanted, catalogs, calls, candidates, use, choices)
    return replace(candidates, missing=calls.missing())


async def put_first(
    model: ModelCandidate,
    offer: Offer | None,
    candidates: Candidates,
    *,
    spec: WorkloadSpec,
    catalogs: Catalogs,
    calls: Calls,
    words: str,
) -> Candidates:
    """Return candidates in which a model comes first, sized at every precision and timed; offer: a machine to add."""
    wanted = needs.needs_of(spec, words=words)
    use = asks.use_of(wanted)
    offers = (*candidates.offers, offer) if offer else candidates.offers
    offered = _offered((*offers, *candidates.offers_elsewhere), candidates.gpu_types)
    cases = asks.memory_cases(wanted, (model,), offered)
    sized = await calls.ask("models.EstimateMemory", f"{len(cases)} cases", catalogs.estimate_memory(cases, use), ())
    rest = tuple(m for m in candidates.models if m.model_id != model.model_id)
    others = tuple(e for e in candidates.memory if e.model_id != model.model_id)
    candidates = replace(
        candidates,
        models=(model, *rest),
        offers=offers,
        memory=(*asks.sized_alike(wanted, sized, offered), *others),
        performance=(),
    )
    choices = choose.choose(wanted, candidates, wished=bool(spec.models))
    return await _with_speeds(spec, wanted, catalogs, calls, candidates, use, choices)


async def _with_small(
    small: asks.ModelAsk,
    wanted: needs.Needs,
    catalogs: Catalogs,
    calls: Calls,
    candidates: Candidates,
    use: asks.UseOfModel,
) -> Candidates:
    """Add smaller models: nothing meets every wish, and a smaller model is one of the ways out."""
    known = {m.model_id for m in candidates.models}
    models = tuple(m for m in await calls.search(catalogs, small) if m.model_id not in known)
    offered = _offered((*candidates.offers, *candidates.offers_elsewhere), candidates.gpu_types)
    cases = asks.memory_cases(wanted, models, offered)
    if not cases:
        return candidates
    sized = await calls.ask("models.EstimateMemory", f"{len(cases)} cases", catalogs.estimate_memory(cases, use), ())
    memory = asks.sized_alike(wanted, sized, offered)
    return replace(candidates, models=(*candidates.models, *models), memory=(*candidates.memory, *memory))


async def _with_speeds(
    spec: WorkloadSpec,
    wanted: needs.Needs,
    catalogs: Catalogs,
    calls: Calls,
    candidates: Candidates,
    use: asks.UseOfModel,
    choices: choose.Choices,
) -> Candidates:
    """Ask for the speed of the options that stand to be chosen; again only where speed moved the choice elsewhere."""
    sources = {m.model_id: m.provenance for m in candidates.models}
    asked: set[SpeedKey] = set()
    found: tuple[PerformanceEstimate, ...] = ()
    nothing: tuple[PerformanceEstimate, ...] = ()
    for _ in range(MAX_SPEED_ROUNDS):
        contenders = choose.contenders(wanted, choices)
        cases = [c for c in asks.speed_cases(wanted, candidates, contenders) if c.key not in asked]
        if not cases:
            break
        asked.update(c.key for c in cases)
        pending = catalogs.estimate_speed(cases, use, sources=sources)
        found += await calls.ask("models.EstimatePerformance", f"{len(cases)} cases", pending, nothing)
        batch = wanted.kind is WorkloadKind.BATCH
        known = replace(candidates, performance=found)
        candidates = replace(known, performance=asks.batch_speeds(spec, wanted, known)) if batch else known
        if not choose.speed_decides(wanted):
            break
        choices = choose.choose(wanted, candidates, wished=bool(spec.models))
    return candidates


_MAKERS: Final = {"MI": "amd", "GAUDI": "intel", "TPU": "google", "TRAINIUM": "aws", "INFERENTIA": "aws"}
"""Maker by the beginning of the names of its accelerators, where it is not NVIDIA."""


def _vendor(spec: WorkloadSpec, wanted: needs.Needs) -> str:
    """Return the maker whose GPUs the components must support."""
    if not wanted.gpu:
        return ""
    makers = {next((v for k, v in _MAKERS.items() if n.upper().startswith(k)), "nvidia") for n in spec.gpu_models}
    return makers.pop() if len(makers) == 1 else "nvidia"


async def _cluster_note(catalogs: Catalogs, calls: Calls, *, wanted: bool) -> str:
    if not wanted:
        return ""
    return await calls.ask("compute.GetCapacity", "your own cluster", catalogs.describe_cluster(), "it does not answer")


def _merge(found: Iterable[tuple[ModelCandidate, ...]], wanted: needs.Needs) -> tuple[ModelCandidate, ...]:
    """Return each model once, those named first; a named embedder beside a named generator serves retrieval."""
    models: dict[str, ModelCandidate] = {}
    for answer in found:
        for model in meant(answer) if answer and answer[0].wished_as else answer:
            purpose = model.purpose
            if model.wished_as and model.task in EMBEDDING_TASKS and wanted.task not in EMBEDDING_TASKS:
                purpose = "embedding" if wanted.task == "text-generation" else purpose
            known = models.get(model.model_id)
            if known is None or (model.wished_as and not known.wished_as):
                models[model.model_id] = replace(model, purpose=purpose)
    mains = sorted((m for m in models.values() if m.purpose == "main"), key=_order)
    if wanted.focus:
        mains = [m for m in mains if m.wished_as or needs.is_medical(f"{m.model_id} {m.about} {m.passage}")] or mains
    # The planner sizes full weights at every precision itself, so their repackagings add nothing.
    mains = [m for m in mains if not m.quantized] or mains
    return (*mains[:MAX_MODELS], *sorted((m for m in models.values() if m.purpose != "main"), key=_order))


def _order(model: ModelCandidate) -> tuple[bool, int]:
    """Named models first; of the others those that may be used commercially, because most users earn with them."""
    return (not model.wished_as, 0 if model.wished_as else LICENSES.get(model.license_class, 1))


def _offered(offers: Iterable[Offer], types: Mapping[str, GpuType]) -> tuple[GpuType, ...]:
    """Return the GPU types that can be rented, by name. A type the catalogue does not know cannot be sized."""
    return tuple(types[name] for name in sorted({o.gpu_type for o in offers}) if name in types)
