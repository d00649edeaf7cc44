"""What the catalogues are asked for a spec: models, offers, sizes and speeds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from services.orchestrator.domain.candidates import (
    Candidates,
    GpuType,
    MemoryEstimate,
    ModelCandidate,
    PerformanceEstimate,
)
from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning import gpus
from services.orchestrator.domain.planning.engines import BATCHING_ENGINES, engine_of
from services.orchestrator.domain.planning.needs import LANGUAGE_TASKS, Needs
from services.orchestrator.domain.planning.options import Option, SpeedKey, node_counts, pack
from services.orchestrator.domain.spec import TaskType, WorkloadSpec

MAX_QUERY: Final = 240
SMALL_B: Final = 9.0
"""Billions of parameters that are small enough for one common GPU: what relaxing the wish for a large model brings."""
IMAGING_TASKS: Final = ("image-segmentation", "object-detection", "image-classification", "image-feature-extraction")
"""What models for medical images are filed under."""
_NEAR_TASKS: Final = {"feature-extraction": ("feature-extraction", "sentence-similarity")}
_WORDS_OF: Final = ("task_type", "domain", "model_task", "dataset_modality", "dataset_size_gb", "dataset_items")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAsk:
    """One search for models."""

    name: str = ""
    """A model's name as the user wrote it; then the rest only narrows."""
    query: str = ""
    tasks: tuple[str, ...] = ()
    parameters_b: tuple[float, float] | None = None
    license: str | None = None
    purpose: str = "main"
    limit: int = 6
    relevance_weight: float | None = None
    """Share of meaning in the order, 0 to 1; None leaves it to the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAsk:
    """One search for machines, cheapest region of each machine type."""

    gpu: bool
    spot: bool = False
    providers: tuple[str, ...] = ()
    providers_excluded: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    prefer_local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingCase:
    """A model on a GPU type for the use that is planned."""

    model_id: str
    precision: str
    gpu: GpuType | None
    """None: main memory of a machine without GPUs."""
    gpus: int = 0
    """0: as many as are needed."""

    @property
    def key(self) -> SpeedKey:
        """Return what an estimate of the case is found by."""
        return (self.model_id, self.precision, self.gpu.name if self.gpu else "", self.gpus)


@dataclass(frozen=True, slots=True, kw_only=True)
class UseOfModel:
    """What all cases of a plan have in common."""

    method: str
    context_tokens: int | None = None
    concurrency: int | None = None
    samples: int | None = None
    tokens: int | None = None
    epochs: float | None = None


def model_asks(spec: WorkloadSpec, needs: Needs, *, words: str = "") -> tuple[ModelAsk, ...]:
    """Return the searches for models: those named, those that fit the description, and what else the task needs.

    words: the user's own description of the job, for the search by meaning.
    """
    tasks: tuple[str, ...] = _NEAR_TASKS.get(needs.task, (needs.task,)) if needs.task else ()
    if needs.focus:
        tasks = IMAGING_TASKS
    query = _query(spec, needs, words)
    asks = [ModelAsk(name=name, limit=3) for name in spec.models[:3]]
    # In a narrow field what fits is rarely what is popular.
    weight = 0.95 if needs.focus else None
    found = ModelAsk(
        query=query,
        tasks=tasks,
        parameters_b=needs.params_b,
        license=needs.license,
        relevance_weight=weight,
        limit=20 if needs.focus else 6,
    )
    if found.query or found.tasks:
        asks.append(found)
    if spec.task_type is TaskType.RAG:
        embedding = ModelAsk(
            query="embed passages for retrieval", tasks=_NEAR_TASKS["feature-extraction"], license=needs.license
        )
        asks.append(
            ModelAsk(query=embedding.query, tasks=embedding.tasks, license=needs.license, purpose="embedding", limit=2)
        )
    return tuple(asks)


def small_ask(needs: Needs) -> ModelAsk | None:
    """Return the search for small models, which price the relaxation "a smaller model" when the wished one is too
    large."""
    if needs.task not in LANGUAGE_TASKS:
        return None
    query = f"small {needs.task.replace('-', ' ')}"
    return ModelAsk(query=query, tasks=(needs.task,), parameters_b=(1.0, SMALL_B), license=needs.license, limit=2)


def _query(spec: WorkloadSpec, needs: Needs, words: str) -> str:
    """Return a short description: in a narrow field or without a task the user's words count, else the task says
    enough."""
    field = spec.domain.value.replace("_", " ") if spec.domain and not needs.task else ""
    said = [spec.origins[f].words for f in _WORDS_OF if f in spec.origins]
    own = [words, *said] if needs.focus or not needs.task else []
    parts = dict.fromkeys([needs.focus, needs.task.replace("-", " "), field, *own])
    return re.sub(r"\s+", " ", " ".join(p for p in parts if p)).strip()[:MAX_QUERY]


def offer_asks(needs: Needs) -> tuple[tuple[OfferAsk, ...], tuple[OfferAsk, ...]]:
    """Return the searches for machines where the spec allows them, and anywhere when the spec limits the place."""
    models = (False, True) if needs.spot else (False,)
    providers = needs.providers
    if needs.attested is not None:
        named = sorted(needs.attested - {"local"})
        providers = tuple(p for p in (providers or named) if p in needs.attested) or tuple(named)
    here = tuple(
        OfferAsk(
            gpu=needs.gpu,
            spot=spot,
            providers=providers,
            providers_excluded=needs.providers_excluded,
            regions=needs.regions,
            countries=tuple(sorted(needs.countries or ())),
            prefer_local=needs.prefers_local,
        )
        for spot in models
    )
    anywhere = tuple(OfferAsk(gpu=needs.gpu, spot=spot) for spot in models)
    limited = providers or needs.providers_excluded or needs.regions or needs.countries is not None
    return here, anywhere if limited else ()


def use_of(needs: Needs) -> UseOfModel:
    """Return the use that sizes and speeds are asked for.

    vLLM and TEI batch the requests in flight; every other server works on one at a time while the others wait, so that
    its memory does not grow with them.
    """
    run = needs.run
    batches = engine_of(needs.task, needs.kind, gpu=needs.gpu) in BATCHING_ENGINES
    return UseOfModel(
        method=needs.method,
        context_tokens=needs.context_tokens,
        concurrency=None if run else needs.concurrency if batches else 1,
        samples=run.samples if run else None,
        tokens=run.tokens if run else None,
        epochs=run.epochs if run else None,
    )


def memory_cases(needs: Needs, models: Iterable[ModelCandidate], types: Iterable[GpuType]) -> tuple[SizingCase, ...]:
    """Return the cases to size: the first model at every precision, the others at the first one, on one GPU type of
    each
    memory size. What a copy needs depends on the memory of a GPU, not on its name; see sized_alike.
    """
    mains = [m for m in models if m.purpose == "main"]
    pairs = [
        (m, p) for place, m in enumerate(mains) for p in (needs.precisions if place == 0 else needs.precisions[:1])
    ]
    if not needs.gpu:
        return tuple(SizingCase(model_id=m.model_id, precision=p, gpu=None) for m, p in pairs)
    alike = {_alike(g): g for g in reversed(_considered(needs, types))}
    named = any(m.wished_as for m in mains)
    fixed = [(m, p) for m, p in pairs if m.wished_as or not named]
    # Beside a named model the others are only shown, so their memory on one device says enough.
    shown = [SizingCase(model_id=m.model_id, precision=p, gpu=None) for m, p in pairs if (m, p) not in fixed]
    return (*(SizingCase(model_id=m.model_id, precision=p, gpu=g) for m, p in fixed for g in alike.values()), *shown)


def sized_alike(
    needs: Needs, estimates: Iterable[MemoryEstimate], types: Iterable[GpuType]
) -> tuple[MemoryEstimate, ...]:
    """Return the estimates for every GPU type: each stands for all types of the same maker and memory."""
    groups: dict[tuple[str, float], list[GpuType]] = {}
    for gpu in _considered(needs, types):
        groups.setdefault(_alike(gpu), []).append(gpu)
    members = {gpu.name: group for group in groups.values() for gpu in group}
    out: list[MemoryEstimate] = []
    for estimate in estimates:
        alike = [g for g in members.get(estimate.gpu_type, ()) if gpus.computes(g, estimate.precision)]
        out += [replace(estimate, gpu_type=gpu.name) for gpu in alike] if estimate.gpu_type else [estimate]
    return tuple(out)


def _considered(needs: Needs, types: Iterable[GpuType]) -> list[GpuType]:
    return [g for g in types if gpus.is_considered(g, needs.vendors)]


def _alike(gpu: GpuType) -> tuple[str, float]:
    return (gpu.vendor, gpu.memory_gib)


def speed_cases(needs: Needs, candidates: Candidates, options: Iterable[Option]) -> tuple[SizingCase, ...]:
    """Return the cases whose speed decides between options: of one copy of a service, of all GPUs of a run."""
    cases: dict[SpeedKey, SizingCase] = {}
    for option in options:
        gpu = candidates.gpu_types.get(option.offer.gpu_type)
        if gpu is None or option.memory is None:
            continue
        count = option.gpu_count if needs.kind is WorkloadKind.TRAINING else option.memory.gpus
        memory = option.memory
        case = SizingCase(model_id=memory.model_id, precision=memory.precision, gpu=gpu, gpus=count)
        cases[case.key] = case
    return tuple(cases.values())


def batch_speeds(spec: WorkloadSpec, needs: Needs, candidates: Candidates) -> tuple[PerformanceEstimate, ...]:
    """Return the length of a batch on whole machines: its items over the speed of one copy times the copies they
    hold."""
    if spec.dataset_items is None:
        return ()
    copies = {(s.model_id, s.precision, s.gpu_type): s for s in candidates.performance if s.requests_per_second}
    out: dict[tuple[str, str, str, int], PerformanceEstimate] = {}
    for estimate in candidates.memory:
        speed = copies.get((estimate.model_id, estimate.precision, estimate.gpu_type))
        if speed is None or not speed.requests_per_second:
            continue
        for offer in (*candidates.offers, *candidates.offers_elsewhere):
            packing = pack(offer, estimate, needs) if offer.gpu_type == estimate.gpu_type else None
            for nodes in node_counts(offer, packing, needs) if packing else ():
                count = nodes * offer.gpu_count
                rate = (
                    speed.requests_per_second * nodes * packing.copies_per_node / packing.nodes_per_copy
                    if packing
                    else 0
                )
                hours = round(spec.dataset_items / rate / 3600, 2)
                out[(estimate.model_id, estimate.precision, offer.gpu_type, count)] = PerformanceEstimate(
                    model_id=estimate.model_id,
                    precision=estimate.precision,
                    gpu_type=offer.gpu_type,
                    gpus=count,
                    run_hours=hours,
                    basis=speed.basis,
                    error_factor=speed.error_factor,
                    provenance=speed.provenance,
                )
    return tuple(out.values())
