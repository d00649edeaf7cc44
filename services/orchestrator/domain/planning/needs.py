"""From what was said to what is planned for: every default is named as an assumption."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from services.orchestrator.domain.plan import ExchangeRate, WorkloadKind
from services.orchestrator.domain.planning import exchange, places
from services.orchestrator.domain.planning.runs import WEEK_HOURS, RunSize, run_size
from services.orchestrator.domain.spec import BudgetPeriod, Domain, Modality, TaskType, WorkloadSpec

GIB_PER_GB: Final = 1e9 / 2**30

TASK_OF_DOMAIN: Final = {
    Domain.LLM: "text-generation",
    Domain.COMPUTER_VISION: "object-detection",
    Domain.IMAGE_GENERATION: "text-to-image",
    Domain.SPEECH: "automatic-speech-recognition",
    Domain.VIDEO: "text-to-video",
    Domain.MULTIMODAL: "image-text-to-text",
    Domain.EMBEDDINGS: "feature-extraction",
    Domain.RECOMMENDATION: "tabular-classification",
    Domain.TABULAR: "tabular-classification",
    Domain.TIME_SERIES: "time-series-forecasting",
    Domain.REINFORCEMENT_LEARNING: "reinforcement-learning",
}
"""The task planned for when only the field is known."""
LANGUAGE_TASKS: Final = frozenset({"text-generation", "image-text-to-text", "text2text-generation"})
"""Tasks whose models answer token by token and are served by vLLM."""
VOLUME_COMFORT_GIB: Final = 44.0
"""What cards sold as 48 GB have at the least."""
TRAINING_COMFORT_GIB: Final = 22.0
"""What cards sold as 24 GB have at the least."""
DEFAULT_SIZE_B: Final = (3.0, 15.0)
"""Billions of parameters of a language model when nobody names one: strong enough to begin with, one GPU."""
_NVIDIA: Final = frozenset({"nvidia"})
_VENDORS: Final = frozenset({"nvidia", "amd"})
"""Makers whose GPUs the standard images run on; others are planned only when they are named."""
_MEDICAL: Final = re.compile(
    r"\b(mri|mrt|ct|pet|dicom|x-?rays?|scans?|radiolog\w*|tumou?rs?|cancer|lesions?|nodules?|patholog\w*|mammogra\w*)\b",
    re.IGNORECASE,
)
_CLINICAL: Final = re.compile(r"medical|clinical|biomed|monai|anatom|organ|histolog", re.IGNORECASE)


CHEAPER_THAN_BEFORE: Final = "cheaper than the plan before"
"""How the words of a budget begin that only the wish for a cheaper plan implies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the machines must do and may cost. None or empty: no such limit."""

    kind: WorkloadKind
    task: str
    """Hub pipeline tag; empty when neither task nor field is known."""
    method: str
    """inference, full, lora or qlora."""
    precisions: tuple[str, ...]
    """Precisions that may be planned, best quality first; a later one only when no earlier one is possible."""
    gpu: bool
    focus: str = ""
    """What narrows the search for models beyond the task, such as medical imaging."""
    vendors: frozenset[str] | None = None
    """Makers of GPUs that are considered; None where the spec names GPU types."""
    context_tokens: int | None = None
    concurrency: int | None = None
    params_b: tuple[float, float] | None = None
    """Bounds on the size of models that are not named."""
    params_wished: bool = False
    """params_b is a wish of the user's, not a default."""
    gpu_types: tuple[str, ...] = ()
    gpu_types_excluded: tuple[str, ...] = ()
    gpu_count_min: int = 0
    gpu_memory_gib_min: float = 0.0
    gpu_memory_total_gib_min: float = 0.0
    comfort_gib: float = 0.0
    """Memory of each GPU that is taken when the wishes leave room for it."""
    providers: tuple[str, ...] = ()
    providers_excluded: tuple[str, ...] = ()
    attested: frozenset[str] | None = None
    regions: tuple[str, ...] = ()
    countries: frozenset[str] | None = None
    spot: bool = False
    """Spot prices may be planned with."""
    budget_month: Decimal | None = None
    """USD."""
    cheaper_than: str = ""
    """What the monthly budget stands for, where the user named no figure but asked for a cheaper plan."""
    budget_hour: Decimal | None = None
    budget_total: Decimal | None = None
    rate: ExchangeRate | None = None
    deadline_hours: float | None = None
    tokens_per_second: float | None = None
    requests_per_second: float | None = None
    latency_ms: float | None = None
    license: str | None = None
    replicas_min: int = 1
    prefers_local: bool = False
    dataset_gb: float = 0.0
    run: RunSize | None = None
    """What one training run goes through."""
    repeated: bool = False
    """The job is run many times, as training from the ground up is."""
    comfort_hours: float | None = None
    """Length of a run that is kept to when the wishes leave room for it."""
    assumptions: tuple[str, ...] = ()


def needs_of(spec: WorkloadSpec, *, words: str = "") -> Needs:
    """Return what to plan for. Nothing is written back into the spec; what was not said is in assumptions.

    words: the user's own description of the job, which may narrow the field further than the spec can say.
    """
    said: list[str] = []
    kind = _kind(spec, said)
    focus = _focus(spec, words)
    task = _task(spec, said, medical=bool(focus))
    language = task in LANGUAGE_TASKS
    method = _method(spec, kind, language=language, said=said)
    gpu = _gpu(spec, task, said)
    context, concurrency = _load(spec, kind, language=language, said=said)
    hour, month, total, rate = _budget(spec, said)
    training = kind is WorkloadKind.TRAINING
    run = run_size(spec, language=language, volumes=bool(focus), said=said) if training else None
    if training and not spec.deadline_hours:
        said.append("One run should end within a week, where the wishes allow it.")
    if spec.compliance and not spec.geos and not spec.regions and "gdpr" in spec.compliance:
        said.append("GDPR was named without a place, so data stays in the EU or the EEA.")
    attested = places.allowed_providers(spec.compliance)
    if attested is not None:
        said.append(
            f"Only providers that attest {', '.join(_upper(spec.compliance))} are considered; "
            "check that the service you book is in scope."
        )
    if spec.high_availability:
        said.append("High availability means at least two copies on separate machines.")
    return Needs(
        kind=kind,
        task=task,
        method=method,
        precisions=_precisions(spec, method, language=language, said=said),
        gpu=gpu,
        focus=focus,
        vendors=None if spec.gpu_models else _VENDORS if language or kind is WorkloadKind.TRAINING else _NVIDIA,
        context_tokens=context,
        concurrency=concurrency,
        params_b=_params(spec, language=language, kind=kind, said=said),
        params_wished=bool(spec.model_params_b) and not spec.models,
        gpu_types=spec.gpu_models,
        gpu_types_excluded=spec.gpu_models_excluded,
        gpu_count_min=spec.gpu_count_min or 0,
        gpu_memory_gib_min=(spec.vram_gb_min_per_gpu or 0) * GIB_PER_GB,
        gpu_memory_total_gib_min=(spec.vram_gb_min_total or 0) * GIB_PER_GB,
        providers=spec.providers,
        comfort_gib=_comfort(spec, kind, task, said, volumes=bool(focus)),
        providers_excluded=_excluded(spec, said, personal=bool(focus)),
        attested=attested,
        regions=spec.regions,
        countries=places.allowed_countries(spec.geos, spec.compliance, regions=spec.regions),
        spot=bool(spec.spot_ok),
        budget_hour=hour,
        budget_month=month,
        cheaper_than=cheaper_than(spec),
        budget_total=total,
        rate=rate,
        deadline_hours=spec.deadline_hours,
        tokens_per_second=spec.tokens_per_second,
        requests_per_second=spec.requests_per_second,
        latency_ms=spec.latency_ms_p95,
        license=spec.license,
        replicas_min=2 if spec.high_availability and kind is WorkloadKind.SERVING else 1,
        prefers_local=bool(spec.prefers_local_cluster),
        dataset_gb=spec.dataset_size_gb or 0.0,
        run=run,
        repeated=training and spec.task_type is not TaskType.FINE_TUNING,
        comfort_hours=WEEK_HOURS if training and not spec.deadline_hours else None,
        assumptions=tuple(said),
    )


def _kind(spec: WorkloadSpec, said: list[str]) -> WorkloadKind:
    match spec.task_type:
        case TaskType.TRAINING | TaskType.FINE_TUNING:
            return WorkloadKind.TRAINING
        case TaskType.BATCH_INFERENCE:
            return WorkloadKind.BATCH
        case TaskType.INFERENCE | TaskType.RAG:
            return WorkloadKind.SERVING
    load = spec.concurrency or spec.requests_per_second or spec.latency_ms_p95 or spec.tokens_per_second
    if (spec.dataset_size_gb or spec.dataset_items) and not load:
        said.append("You have data and named no traffic, so this is planned as training a model on that data.")
        return WorkloadKind.TRAINING
    said.append("Planned as a service that answers requests all month.")
    return WorkloadKind.SERVING


def cheaper_than(spec: WorkloadSpec) -> str:
    """Return "cheaper than the plan before ($934.40 a month)" where that alone is the budget; else nothing."""
    origin = spec.origins.get("budget_usd_month")
    implied = origin is not None and origin.kind == "implied" and origin.words.startswith(CHEAPER_THAN_BEFORE)
    return origin.words if origin is not None and implied else ""


def is_medical(text: str) -> bool:
    """Tell whether a text is about medical images."""
    return bool(_MEDICAL.search(text) or _CLINICAL.search(text))


def _focus(spec: WorkloadSpec, words: str) -> str:
    """Return what the words add to the search for models: medical images are a field of their own, mostly in 3-D."""
    if spec.dataset_modality not in (None, Modality.IMAGE) or spec.domain not in (None, Domain.COMPUTER_VISION):
        return ""
    said = " ".join([words, *(origin.words for origin in spec.origins.values())])
    return "3-D medical imaging, CT and MRI volumes" if _MEDICAL.search(said) else ""


def _task(spec: WorkloadSpec, said: list[str], *, medical: bool) -> str:
    if spec.model_task:
        return spec.model_task
    if medical:
        said.append("Findings in scans are marked as regions in 3-D volumes: the task is image segmentation.")
        return "image-segmentation"
    if spec.domain is None and not spec.models and spec.task_type is not TaskType.OTHER:
        said.append("Nothing was said about the field, so this is planned for a language model.")
        return "text-generation"
    task = (
        "text-generation"
        if spec.task_type is TaskType.RAG
        else TASK_OF_DOMAIN.get(spec.domain, "")
        if spec.domain
        else ""
    )
    if task and not spec.models:
        said.append(f"The model's task is taken to be {task.replace('-', ' ')}.")
    return task


def _method(spec: WorkloadSpec, kind: WorkloadKind, *, language: bool, said: list[str]) -> str:
    if kind is not WorkloadKind.TRAINING:
        return "inference"
    generates = spec.domain is Domain.IMAGE_GENERATION or spec.model_task == "text-to-image"
    if spec.task_type is TaskType.FINE_TUNING and (language or generates):
        said.append(
            "Fine-tuning uses LoRA adapters over 16-bit weights: a fraction of the memory of "
            "full training, close in quality."
        )
        return "lora"
    return "full"


def _precisions(spec: WorkloadSpec, method: str, *, language: bool, said: list[str]) -> tuple[str, ...]:
    if spec.precision:
        return (spec.precision,)
    if method == "lora":
        return ("bf16", "int4")
    if method == "inference" and language:
        said.append("Weights are served at 16 bit; at 8 or 4 bit only where 16 bit cannot meet the wishes.")
        return ("bf16", "fp8", "int4")
    return ("bf16",)


def _gpu(spec: WorkloadSpec, task: str, said: list[str]) -> bool:
    if spec.gpu_needed is not None:
        return spec.gpu_needed
    if task.startswith("tabular"):
        said.append("Models for tables run well on CPUs, so no GPU is planned.")
        return False
    return True


def _load(spec: WorkloadSpec, kind: WorkloadKind, *, language: bool, said: list[str]) -> tuple[int | None, int | None]:
    """Return context tokens and requests in flight."""
    context, concurrency = spec.context_tokens, spec.concurrency
    if context is None and language:
        context = 8192 if spec.task_type is TaskType.RAG else 4096 if kind is WorkloadKind.SERVING else 2048
        said.append(f"Context of {context:,} tokens a request, prompt and answer together.")
    if concurrency is None and kind is WorkloadKind.SERVING:
        concurrency = 8 if language else 4
        said.append(f"{concurrency} requests in flight at the same time at peak.")
    return context, concurrency


def _params(spec: WorkloadSpec, *, language: bool, kind: WorkloadKind, said: list[str]) -> tuple[float, float] | None:
    if spec.model_params_b:
        return spec.model_params_b * 0.7, spec.model_params_b * 1.3
    if spec.models or not language:
        return None
    low, high = DEFAULT_SIZE_B
    said.append(f"No model was named: one of {low:g} to {high:g} billion parameters is strong enough to begin with.")
    return low, high


def _comfort(spec: WorkloadSpec, kind: WorkloadKind, task: str, said: list[str], *, volumes: bool) -> float:
    if kind is not WorkloadKind.TRAINING or spec.vram_gb_min_per_gpu or spec.gpu_models or spec.gpu_needed is False:
        return 0.0
    if volumes:
        said.append("GPUs with 48 GB or more are taken where the wishes allow it: 3-D volumes train in large patches.")
        return VOLUME_COMFORT_GIB
    if "image" not in task and "object" not in task and "video" not in task:
        return 0.0
    said.append("GPUs with 24 GB or more are taken where the wishes allow it: room for useful batch and patch sizes.")
    return TRAINING_COMFORT_GIB


def _excluded(spec: WorkloadSpec, said: list[str], *, personal: bool) -> tuple[str, ...]:
    """Return the providers left out: those the user named, and marketplaces for data that must not go to strangers."""
    market = tuple(sorted(places.MARKETPLACES - set(spec.providers) - set(spec.providers_excluded)))
    if not market or not (personal or spec.compliance or spec.high_availability):
        return spec.providers_excluded
    if not (personal or spec.compliance):
        said.append(f"Private hosts promise no availability, so {', '.join(market)} are left out.")
        return (*spec.providers_excluded, *market)
    said.append(f"Patient and regulated data stay off machines of private hosts, so {', '.join(market)} are left out.")
    return (*spec.providers_excluded, *market)


def _budget(
    spec: WorkloadSpec, said: list[str]
) -> tuple[Decimal | None, Decimal | None, Decimal | None, ExchangeRate | None]:
    """Return the budgets an hour, a month and in total in USD, and the rate they were converted by."""
    hour, month, total = (_decimal(v) for v in (spec.budget_usd_hour, spec.budget_usd_month, spec.budget_usd_total))
    if not (spec.budget_currency and spec.budget_amount and spec.budget_period):
        return hour, month, total, None
    rate = exchange.find_rate(spec.budget_currency)
    if rate is None:
        said.append(f"There is no exchange rate for {spec.budget_currency} here, so the budget could not be applied.")
        return hour, month, total, None
    usd = exchange.to_usd(Decimal(str(spec.budget_amount)), rate)
    said.append(
        f"{spec.budget_amount:,.0f} {rate.currency} are {usd:,} USD at "
        f"{rate.usd_per_unit.normalize()} USD per {rate.currency} "
        f"({rate.source}, {rate.as_of.isoformat()})."
    )
    match spec.budget_period:
        case BudgetPeriod.HOUR:
            return _least(usd, hour), month, total, rate
        case BudgetPeriod.MONTH:
            return hour, _least(usd, month), total, rate
        case BudgetPeriod.TOTAL:
            return hour, month, _least(usd, total), rate


def _least(budget: Decimal, other: Decimal | None) -> Decimal:
    """Return the tighter of two budgets: a wish to be cheaper than the plan before comes on top of the user's own."""
    return budget if other is None else min(budget, other)


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _upper(names: tuple[str, ...]) -> list[str]:
    return [name.replace("_", " ").upper() for name in names if name in places.ATTESTED]
