"""The architect agent: spec -> candidates from the catalogues, asked in parallel -> a verified plan. One pass."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from libs.errors import DeadlineError, UnavailableError
from services.orchestrator.catalogs.protocol import Catalogs, Components
from services.orchestrator.domain.candidates import Candidates, GpuType, ModelCandidate, Offer, PerformanceEstimate
from services.orchestrator.domain.plan import DeploymentPlan, WorkloadKind
from services.orchestrator.domain.planning import asks, choose, components, needs
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.options import SpeedKey
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify

T = TypeVar("T")

EMBEDDING_TASKS: Final = frozenset({"feature-extraction", "sentence-similarity"})
_LICENSES: Final = {"commercial": 0, "attribution": 0, "unknown": 1, "research_only": 2}
MAX_MODELS: Final = 6
MAX_SPEED_ROUNDS: Final = 3


class UnsoundPlanError(Exception):
    """The verifier refused a plan of our own making: a defect here, not a fault of the user's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReport:
    """A call to a catalogue that began, or ended when elapsed_ms is set."""

    call_id: str
    name: str
    """Service and rpc, such as compute.SearchOffers."""
    summary: str
    elapsed_ms: float | None = None
    failed: bool = False


OnCall = Callable[[CallReport], None]


async def make_plan(
    spec: WorkloadSpec,
    catalogs: Catalogs,
    *,
    plan_id: str,
    conversation_id: str,
    previous: DeploymentPlan | None = None,
    words: str = "",
    traps: tuple[str, ...] = (),
    on_call: OnCall | None = None,
) -> DeploymentPlan:
    """Return the plan for a spec.

    words: the user's own description of the job, for the search by meaning. traps: warnings found in the words. A
    catalogue
    that does not answer is named in the plan's warnings. Raises UnavailableError when none answers.
    """
    try:
        candidates = await gather(spec, catalogs, words=words, on_call=on_call)
    except ExceptionGroup as group:
        # The calls of a round fail together; the first failure says it all.
        raise group.exceptions[0] from None
    plan = build_plan(
        spec,
        candidates,
        plan_id=plan_id,
        conversation_id=conversation_id,
        traps=traps,
        previous=previous,
        words=words,
    )
    if violations := verify(plan, spec, candidates):
        raise UnsoundPlanError("; ".join(violations))
    return plan


async def gather(
    spec: WorkloadSpec, catalogs: Catalogs, *, words: str = "", on_call: OnCall | None = None
) -> Candidates:
    """Ask the catalogues, in three rounds of parallel calls, each resting on the one before."""
    wanted = needs.needs_of(spec, words=words)
    calls = _Calls(on_call)
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
    use = asks.use_of(spec, wanted)
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
    choices = choose.choose(wanted, candidates, wished=bool(spec.models))
    if small and not choices.feasible:
        candidates = await _with_small(small, wanted, catalogs, calls, candidates, use)
        choices = choose.choose(wanted, candidates, wished=bool(spec.models))
    return await _with_speeds(spec, wanted, catalogs, calls, candidates, use, choices)


async def _with_small(
    small: asks.ModelAsk,
    wanted: needs.Needs,
    catalogs: Catalogs,
    calls: _Calls,
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
    calls: _Calls,
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
    return replace(candidates, missing=calls.missing())


class _Calls:
    """Runs calls, reports them, and remembers which catalogues did not answer."""

    def __init__(self, on_call: OnCall | None) -> None:
        self._on_call = on_call
        self._count = 0
        self._failed: set[str] = set()
        self._answered: set[str] = set()
        self._last: Exception | None = None

    async def ask(self, name: str, summary: str, pending: Awaitable[T], otherwise: T) -> T:
        """Return the answer, or otherwise when the catalogue does not answer."""
        self._count += 1
        call_id = f"call-{self._count}"
        self._report(CallReport(call_id=call_id, name=name, summary=summary))
        started = time.monotonic()
        catalog = name.partition(".")[0]
        failed = False
        try:
            answer = await pending
            self._answered.add(catalog)
        except (UnavailableError, DeadlineError) as error:
            self._failed.add(catalog)
            self._last = error
            answer, failed = otherwise, True
        elapsed = (time.monotonic() - started) * 1000
        self._report(CallReport(call_id=call_id, name=name, summary=summary, elapsed_ms=elapsed, failed=failed))
        return answer

    async def search(self, catalogs: Catalogs, ask: asks.ModelAsk) -> tuple[ModelCandidate, ...]:
        """Return the models of one search."""
        empty: tuple[ModelCandidate, ...] = ()
        return await self.ask("models.SearchModels", ask.name or ask.query, catalogs.search_models(ask), empty)

    async def offers(self, catalogs: Catalogs, searches: Iterable[asks.OfferAsk], summary: str) -> tuple[Offer, ...]:
        """Return the offers of all searches."""
        empty: tuple[Offer, ...] = ()
        pending = [self.ask("compute.SearchOffers", summary, catalogs.search_offers(s), empty) for s in searches]
        return tuple(offer for answer in await asyncio.gather(*pending) for offer in answer)

    def missing(self) -> tuple[str, ...]:
        """Return the catalogues of which a call failed."""
        return tuple(sorted(self._failed))

    def raise_if_all_failed(self) -> None:
        """Raise what the last call failed with when no catalogue answered."""
        if self._last is not None and not self._answered:
            raise UnavailableError("none of the catalogues answers", retry_after_s=2.0) from self._last

    def _report(self, report: CallReport) -> None:
        if self._on_call is not None:
            self._on_call(report)


def _vendor(spec: WorkloadSpec, wanted: needs.Needs) -> str:
    """Return the maker whose GPUs the components must support."""
    if not wanted.gpu:
        return ""
    return "amd" if spec.gpu_models and all(name.upper().startswith("MI") for name in spec.gpu_models) else "nvidia"


async def _cluster_note(catalogs: Catalogs, calls: _Calls, *, wanted: bool) -> str:
    if not wanted:
        return ""
    return await calls.ask("compute.GetCapacity", "your own cluster", catalogs.describe_cluster(), "it does not answer")


def _merge(found: Iterable[tuple[ModelCandidate, ...]], wanted: needs.Needs) -> tuple[ModelCandidate, ...]:
    """Return each model once, those named first; a named embedder beside a named generator serves retrieval."""
    models: dict[str, ModelCandidate] = {}
    for answer in found:
        for model in answer:
            purpose = model.purpose
            if model.wished_as and model.task in EMBEDDING_TASKS and wanted.task not in EMBEDDING_TASKS:
                purpose = "embedding" if wanted.task == "text-generation" else purpose
            models.setdefault(model.model_id, replace(model, purpose=purpose))
    mains = sorted((m for m in models.values() if m.purpose == "main"), key=_order)
    # The planner sizes full weights at every precision itself, so their repackagings add nothing.
    mains = [m for m in mains if not m.quantized] or mains
    return (*mains[:MAX_MODELS], *(m for m in models.values() if m.purpose != "main"))


def _order(model: ModelCandidate) -> tuple[bool, int]:
    """Named models first; of the others those that may be used commercially, because most users earn with them."""
    return (not model.wished_as, 0 if model.wished_as else _LICENSES.get(model.license_class, 1))


def _offered(offers: Iterable[Offer], types: Mapping[str, GpuType]) -> tuple[GpuType, ...]:
    """Return the GPU types that can be rented, by name. A type the catalogue does not know cannot be sized."""
    return tuple(types[name] for name in sorted({o.gpu_type for o in offers}) if name in types)
