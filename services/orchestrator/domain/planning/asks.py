"""What the catalogues are asked for a spec: models, offers, sizes and speeds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final

from services.orchestrator.domain.candidates import (
    Candidates,
    GpuType,
    MemoryEstimate,
    ModelCandidate,
    Offer,
)
from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning import gpus
from services.orchestrator.domain.planning.algorithms import hub_names
from services.orchestrator.domain.planning.engines import LANGUAGE_TASKS, engine_of, program_batch, program_tokens
from services.orchestrator.domain.planning.layouts import (
    SpeedKey,
    in_flight,
)
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import Option
from services.orchestrator.domain.planning.places import searched
from services.orchestrator.domain.planning.sizes import QUANTISED, precisions_of
from services.orchestrator.domain.planning.tongues import language_names
from services.orchestrator.domain.planning.wished import is_sized
from services.orchestrator.domain.spec import TaskType, WorkloadSpec

MAX_QUERY: Final = 240
SMALL_B: Final = (0.5, 5.0)
MIDDLE_B: Final = (5.0, 80.0)
"""Billions of parameters of language models for a small and for another budget: what relaxing the wish for a larger one
brings."""
CPU_PARAMETERS: Final = 4.5e9
"""Parameters of the largest models that CPUs are considered for."""
EMBEDDER_B: Final = (0.02, 1.0)
"""Billions of parameters of a model that embeds passages on CPUs."""
IMAGING_TASKS: Final = ("image-segmentation", "object-detection", "image-classification", "image-feature-extraction")
"""What models for medical images are filed under."""
_NEAR_TASKS: Final = {"feature-extraction": ("feature-extraction", "sentence-similarity")}
_WORDS_OF: Final = ("task_type", "domain", "model_task", "dataset_modality", "dataset_size_gb", "dataset_items")
_OF_ALIKE: Final = tuple(f.name for f in fields(MemoryEstimate) if f.name != "gpu_type")
"""What an estimate says of all GPU types alike."""


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
    """One search for machines: each machine type in its cheapest region, or the cheapest machine at each place."""

    gpu: bool
    spot: bool = False
    providers: tuple[str, ...] = ()
    providers_excluded: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    prefer_local: bool = False
    each_place: bool = False
    """The cheapest on-demand machine of each region of a provider, none of the user's own."""
    vcpus_min: float = 0.0
    memory_gib_min: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingCase:
    """A model on a GPU type for the use that is planned."""

    model_id: str
    precision: str
    gpu: GpuType | None
    """None: main memory of a machine without GPUs."""
    gpus: int = 0
    """0: as many as are needed."""
    concurrency: int | None = None
    """Requests in flight on one copy; None leaves it to the use."""
    vcpus: int = 0
    """Virtual CPUs of a machine without GPUs whose speed is asked for."""

    @property
    def key(self) -> SpeedKey:
        """Return what an estimate of the case is found by."""
        return (self.model_id, self.precision, self.gpu.name if self.gpu else "", self.gpus or self.vcpus)


@dataclass(frozen=True, slots=True, kw_only=True)
class UseOfModel:
    """What all cases of a plan have in common."""

    method: str
    context_tokens: int | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    concurrency: int | None = None
    samples: int | None = None
    tokens: int | None = None
    epochs: float | None = None
    engine: str = ""
    """What serves or trains it, where that decides what memory it takes: vLLM reads prompts in chunks, TRL trains the
    weights as they were loaded. Empty leaves it open.
    """
    optimizer: str = ""
    """That of the program of a run, where it says so."""
    batch_size: int | None = None
    """Samples that a step of training takes on each GPU, where the program of the run says so."""
    recomputes: bool = False
    """Whether training recomputes activations, as the program of a language model's run does."""


def model_asks(spec: WorkloadSpec, needs: Needs, *, words: str = "") -> tuple[ModelAsk, ...]:
    """Return the searches for models: those named, those that fit the description, and what else the task needs.

    words: the user's own description of the job, for the search by meaning.
    """
    tasks: tuple[str, ...] = _NEAR_TASKS.get(needs.task, (needs.task,)) if needs.task else ()
    if needs.imaging:
        tasks = IMAGING_TASKS
    query = _query(spec, needs, words)
    # A name without a size is a family's, of which the newest is meant.
    asks = [ModelAsk(name=name, limit=3 if is_sized(name) else 10) for name in hub_names(spec)[:3]]
    # In a narrow field what fits is rarely what is popular.
    weight = 0.95 if needs.imaging else None
    found = ModelAsk(
        query=query,
        tasks=tasks,
        parameters_b=needs.params_b,
        license=needs.license,
        relevance_weight=weight,
        limit=20 if needs.imaging else 16,
    )
    if needs.algorithm is None and (found.query or found.tasks):
        asks.append(found)
    if spec.task_type is TaskType.RAG:
        asks.append(
            ModelAsk(
                query=f"multilingual embeddings of passages for retrieval{_spoken(needs)}",
                tasks=_NEAR_TASKS["feature-extraction"],
                parameters_b=EMBEDDER_B,
                license=needs.license,
                purpose="embedding",
                limit=6,
            )
        )
    return tuple(asks)


def smaller_asks(needs: Needs) -> tuple[ModelAsk, ...]:
    """Return the searches for smaller models, which price the relaxation "a smaller model" when the wished one is too
    large."""
    if needs.task not in LANGUAGE_TASKS:
        return ()
    task = needs.task.replace("-", " ")
    return tuple(
        ModelAsk(query=f"{size} {task}", tasks=(needs.task,), parameters_b=bounds, license=needs.license, limit=16)
        for size, bounds in (("small", SMALL_B), ("instruction-tuned", MIDDLE_B))
    )


def _query(spec: WorkloadSpec, needs: Needs, words: str) -> str:
    """Return a short description: the focus, else the general use of a language model, else the task with the user's
    words."""
    if needs.focus and not needs.imaging:
        return needs.focus
    if needs.task == "text-generation":
        return f"general-purpose instruction-tuned chat assistant{_spoken(needs)}"
    field = spec.domain.value.replace("_", " ") if spec.domain and not needs.task else ""
    said = [spec.origins[f].words for f in _WORDS_OF if f in spec.origins]
    for name, origin in spec.origins.items():
        # Wishes on money, place and load say nothing about the model.
        if name not in _WORDS_OF and len(origin.words) > 2:
            words = words.replace(origin.words, " ")
    task = needs.task.replace("-", " ")
    parts = dict.fromkeys([needs.focus, task, words, *said] if needs.imaging else [words, *said, task, field])
    return re.sub(r"\s+", " ", " ".join(p for p in parts if p)).strip()[:MAX_QUERY]


def _spoken(needs: Needs) -> str:
    """Return the languages asked for, as the end of a description."""
    return f" in {' and '.join(language_names(needs.languages))}" if needs.languages else ""


def offer_asks(needs: Needs) -> tuple[tuple[OfferAsk, ...], tuple[OfferAsk, ...]]:
    """Return the searches for machines where the spec allows them, and anywhere when the spec limits the place."""
    models = (False, True) if needs.spot else (False,)
    machines = (True, False) if needs.gpu and needs.cpu_too else (needs.gpu,)
    providers = needs.providers
    if needs.attested is not None:
        named = sorted(needs.attested - {"local"})
        providers = tuple(p for p in (providers or named) if p in needs.attested) or tuple(named)
    here = tuple(
        OfferAsk(
            gpu=gpu,
            spot=spot,
            providers=providers,
            providers_excluded=needs.providers_excluded,
            regions=needs.regions,
            countries=tuple(sorted(searched(needs.countries, needs.barred.countries))),
            prefer_local=needs.prefers_local,
        )
        for gpu in machines
        for spot in models
    )
    anywhere = tuple(OfferAsk(gpu=gpu, spot=spot) for gpu in machines for spot in models)
    placed = needs.regions or needs.barred.names or needs.countries is not None
    limited = providers or needs.providers_excluded or placed
    return here, anywhere if limited else ()


def host_asks(sizes: Iterable[tuple[float, float]]) -> tuple[OfferAsk, ...]:
    """Return the searches for machines of the components anywhere, each for one that has so many CPUs and GiB of
    memory; what runs where is no wish of its own, so they are the same for every request."""
    return tuple(
        OfferAsk(gpu=False, each_place=True, vcpus_min=cpus, memory_gib_min=memory_gib)
        for cpus, memory_gib in sorted(sizes)
    )


def use_of(needs: Needs) -> UseOfModel:
    """Return the use that sizes and speeds are asked for.

    vLLM and TEI batch the requests in flight; every other server works on one at a time while the others wait, so that
    its memory does not grow with them.
    """
    run = needs.run
    engine = engine_of(needs.task, needs.kind, gpu=needs.gpu)
    return UseOfModel(
        method=needs.method,
        context_tokens=program_tokens(needs.task, engine) or needs.context_tokens,
        prompt_tokens=needs.prompt_tokens,
        output_tokens=needs.output_tokens,
        concurrency=None if run else needs.concurrency if needs.batches else 1,
        samples=run.samples if run else None,
        tokens=run.tokens if run else None,
        epochs=run.epochs if run else None,
        engine=engine if engine in ("vllm", "trl") else "",
        optimizer="adamw_torch_fused" if engine == "trl" else "",
        batch_size=program_batch(needs.task, engine),
        recomputes=engine == "trl",
    )


def memory_cases(needs: Needs, models: Iterable[ModelCandidate], types: Iterable[GpuType]) -> tuple[SizingCase, ...]:
    """Return the cases to size: the first model at every precision, the others at the first one, on one GPU type of
    each memory size; models that CPUs may serve in main memory too. What a copy needs depends on the memory of a GPU,
    not on its name; see sized_alike.
    """
    mains = [m for m in models if m.purpose == "main"]
    pairs = [
        (m, p)
        for place, m in enumerate(mains)
        for p in (precisions_of(needs, m) if place == 0 else precisions_of(needs, m)[:1])
    ]
    if not needs.gpu:
        return tuple(_case(needs, m, p) for m, p in pairs)
    alike = {_alike(g): g for g in reversed(_considered(needs, types))}
    named = any(m.wished_as for m in mains)
    fixed = [(m, p) for m, p in pairs if m.wished_as or not named]
    # Beside a named model the others are only shown, so their memory on one device says enough.
    shown = [_case(needs, m, p) for m, p in pairs if (m, p) not in fixed]
    small = {m.model_id for m in for_cpus(needs, mains)}
    on_cpus = [_case(needs, m, p) for m, p in _full(needs, fixed) if m.model_id in small]
    on_gpus = (_case(needs, m, p, gpu=g) for m, p in fixed for g in alike.values())
    return (*on_gpus, *on_cpus, *shown)


def _case(
    needs: Needs, model: ModelCandidate, precision: str, *, gpu: GpuType | None = None, gpus: int = 0, vcpus: int = 0
) -> SizingCase:
    """Return the case of a model at a precision, with the requests that one copy works on."""
    concurrency = in_flight(needs, model) if needs.batches and not needs.run else None
    return SizingCase(
        model_id=model.model_id, precision=precision, gpu=gpu, gpus=gpus, vcpus=vcpus, concurrency=concurrency
    )


def for_cpus(needs: Needs, models: Iterable[ModelCandidate]) -> list[ModelCandidate]:
    """Return the models that machines without GPUs are considered for."""
    if needs.kind is WorkloadKind.TRAINING:
        return []
    if not needs.gpu:
        return [m for m in models if m.purpose == "main"]
    small = (m for m in models if m.purpose == "main" and m.parameters and m.parameters <= CPU_PARAMETERS)
    return list(small) if needs.cpu_too else []


def cpu_speed_cases(needs: Needs, models: Iterable[ModelCandidate], offers: Iterable[Offer]) -> tuple[SizingCase, ...]:
    """Return the cases that tell how fast models are on the machines without GPUs."""
    sizes = sorted({int(o.vcpus) for o in offers if not o.gpu_count and o.vcpus})
    pairs = _full(needs, [(m, p) for m in for_cpus(needs, models) for p in precisions_of(needs, m)])
    return tuple(_case(needs, m, p, vcpus=n) for m, p in pairs for n in sizes)


def _full(needs: Needs, pairs: Iterable[tuple[ModelCandidate, str]]) -> list[tuple[ModelCandidate, str]]:
    """Return the pairs at the best precision of each model: servers on CPUs take weights as they are published."""
    return [(m, p) for m, p in pairs if p == precisions_of(needs, m)[0] and p not in QUANTISED]


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
        if not estimate.gpu_type:
            out.append(estimate)
            continue
        alike = [g.name for g in members.get(estimate.gpu_type, ()) if gpus.computes(g, estimate.precision)]
        same = {name: getattr(estimate, name) for name in _OF_ALIKE}
        out += [MemoryEstimate(gpu_type=name, **same) for name in alike]
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
        if gpu is None or option.memory is None or option.model is None:
            continue
        count = option.gpu_count if needs.kind is WorkloadKind.TRAINING else option.memory.gpus
        key = (option.model.model_id, option.memory.precision, gpu.name, count)
        if key not in cases:
            cases[key] = _case(needs, option.model, option.memory.precision, gpu=gpu, gpus=count)
    return tuple(cases.values())
