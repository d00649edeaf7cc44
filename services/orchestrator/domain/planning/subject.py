"""What the model does and how: the task, the field, how it is trained, how large it is."""

from __future__ import annotations

import re
from typing import Final

from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning.algorithms import Algorithm
from services.orchestrator.domain.planning.imaging import Imaging, task_of_images
from services.orchestrator.domain.spec import Domain, TaskType, WorkloadSpec

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
DEFAULT_SIZE_B: Final = (6.0, 15.0)
"""Billions of parameters of a language model when nobody names one: strong enough to begin with, one GPU."""
READING_SIZE_B: Final = (0.2, 9.0)
"""Billions of parameters of a model that reads text off images: small ones are made for it."""
_WRITES_TEXT: Final = frozenset({"summarization", "text2text-generation", "question-answering"})
"""Tasks that language models do today; a model made for the task alone is planned only where it is named."""
_TEXT_TASKS: Final = _WRITES_TEXT | {"translation", "text-classification", "token-classification"}
_LARGE_B: Final = 2.0
"""Billions of parameters from which a model for text is a language model."""
_READING: Final = re.compile(
    r"\b(ocr|scan(?:s|ned)|pages?|invoices?|receipts?|forms?|handwrit\w*|documents?|pdfs?)\b", re.IGNORECASE
)
_CODE: Final = re.compile(
    r"\b(code|coding|programming|(?:software )?developers?|copilot|pull requests?|sql|unit tests?)\b", re.IGNORECASE
)
_STACK: Final = re.compile(
    r"\b(stacks?|kubernetes|k8s|helm|clusters?|architect(?:ure)?|architektur|arquitectura|architettura|архитектур\w*)\b"
    r"|架构|架構|アーキテクチャ|아키텍처",
    re.IGNORECASE,
)
_QLORA: Final = re.compile(r"\bq-?lora\b", re.IGNORECASE)
_LORA: Final = re.compile(r"\bq?-?lora\b|\badapters?\b|\bpeft\b", re.IGNORECASE)
_WHOLE: Final = re.compile(
    r"(?<!not )(?<!no )(?<!without )\bfull(?:[ -](?:parameter|weights?|model|rank|precision))?[ -]?"
    r"(?:fine[ -]?tun\w*|sft|training|ft)\b"
    r"|(?<!not )\b(?:all (?:of )?(?:the |its )?|full[ -]|entire )(?:parameters?|weights)\b"
    r"|\bcontinued? pre-?train\w*|vollst[aä]ndig\w* fine-?tun\w*|全参数|全量微调|フルファインチューニング",
    re.IGNORECASE,
)
"""Words for changing all weights of a model rather than training adapters."""
_APPLIED: Final = re.compile(
    r"\b(?:classify|categori[sz]e|label|tag|score|summari[sz]e|caption|moderate|anonymi[sz]e|transcribe|embed|translate|"
    r"fold|predict (?:the )?structures? (?:of|for))"
    r"\s+(?:(?:all|our|the|these|those|my)\s+){0,2}(?:of\s+)?[\d~]",
    re.IGNORECASE,
)
"""What is done with data that are counted right behind it: "classify 5 million reviews"."""
_TAUGHT: Final = re.compile(r"\b(?:(?:pre-?)?train\w*|fine-?tun\w*|learn\w*|labell?ed)\b", re.IGNORECASE)
CODE_FOCUS: Final = "writing and completing program code"


def asks_stack(spec: WorkloadSpec, words: str) -> bool:
    """Tell whether more is asked for than a machine: components by name or role, or a stack as a whole."""
    return bool(spec.components or spec.component_roles or _STACK.search(words))


def kind_of(spec: WorkloadSpec, said: list[str], *, words: str = "") -> WorkloadKind:
    """Return what kind of work is planned. words: the user's own, which may say that what was counted is worked
    through."""
    match spec.task_type:
        case TaskType.TRAINING | TaskType.FINE_TUNING:
            return WorkloadKind.TRAINING
        case TaskType.BATCH_INFERENCE:
            return WorkloadKind.BATCH
        case TaskType.INFERENCE | TaskType.RAG:
            return WorkloadKind.SERVING
    load = spec.concurrency or spec.requests_per_second or spec.latency_ms_p95 or spec.tokens_per_second
    if spec.dataset_items and not load and _APPLIED.search(words) and not _TAUGHT.search(words):
        said.append("The data are gone through once: you asked for what is done with them and named no training.")
        return WorkloadKind.BATCH
    if (spec.dataset_size_gb or spec.dataset_items) and not load:
        said.append("You have data and named no traffic, so this is planned as training a model on that data.")
        return WorkloadKind.TRAINING
    said.append("Planned as a service that answers requests all month.")
    return WorkloadKind.SERVING


def about_code(words: str) -> bool:
    """Tell whether the job is about program code."""
    return bool(_CODE.search(words))


def task_of(spec: WorkloadSpec, words: str, said: list[str], *, imaging: Imaging | None) -> str:
    if imaging and not spec.models:
        return task_of_images(imaging, spec, words, said)
    if spec.model_task in _WRITES_TEXT and not spec.models:
        said.append(f"A language model does the {spec.model_task.replace('-', ' ')}.")
        return "text-generation"
    if spec.model_task in _TEXT_TASKS and (spec.model_params_b or 0) >= _LARGE_B:
        return "text-generation"
    if spec.model_task == "image-to-text" and not spec.models and _READING.search(words):
        said.append("Text is read off images by a vision language model that is made for it.")
        return "image-text-to-text"
    if spec.model_task:
        return spec.model_task
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


def method_of(spec: WorkloadSpec, kind: WorkloadKind, words: str, *, language: bool, said: list[str]) -> str:
    """Return inference, full or lora. words: the user's own, which may name the method."""
    if kind is not WorkloadKind.TRAINING:
        return "inference"
    generates = spec.domain is Domain.IMAGE_GENERATION or spec.model_task == "text-to-image"
    if spec.task_type is not TaskType.FINE_TUNING or not (language or generates):
        return "full"
    lora, whole = _last(_LORA, words), _last(_WHOLE, words)
    if whole > lora:
        said.append("All weights of the model are trained, as you said, rather than adapters.")
        return "full"
    if not _QLORA.search(words):
        said.append(
            "Fine-tuning uses LoRA adapters over 16-bit weights: a fraction of the memory of "
            "full training, close in quality."
        )
    return "lora"


def _last(found: re.Pattern[str], words: str) -> int:
    """Return where a pattern is found last; -1 where it is not."""
    return max((m.start() for m in found.finditer(words)), default=-1)


def precisions_for(
    spec: WorkloadSpec, method: str, words: str, *, language: bool, learns_tables: bool, said: list[str]
) -> tuple[str, ...]:
    if spec.precision:
        return (spec.precision,)
    if method == "lora" and _QLORA.search(words):
        said.append("Fine-tuning uses LoRA adapters over 4-bit weights (QLoRA), as you said.")
        return ("int4",)
    if method == "lora":
        return ("bf16", "int4")
    if method == "inference" and language:
        said.append("Weights are served at 16 bit; at 8 or 4 bit only where 16 bit cannot meet the wishes.")
        return ("bf16", "fp8", "int4")
    return ("fp32",) if learns_tables else ("bf16",)


def gpu_of(spec: WorkloadSpec, task: str, algorithm: Algorithm | None, said: list[str]) -> bool:
    if spec.gpu_needed is not None:
        return spec.gpu_needed
    if spec.gpu_models or spec.gpu_count_min or spec.vram_gb_min_per_gpu or spec.vram_gb_min_total:
        return True
    if task.startswith("tabular") or (algorithm and not algorithm.makes_data):
        what = (
            "Models for tables run" if algorithm is None or algorithm.trees else f"{algorithm.name.capitalize()} runs"
        )
        said.append(f"{what} well on CPUs, so no GPU is planned.")
        return False
    return True


def wants_gpu(spec: WorkloadSpec) -> bool:
    wishes = (spec.gpu_needed, spec.gpu_models, spec.gpu_count_min, spec.vram_gb_min_per_gpu, spec.vram_gb_min_total)
    return any(wishes) or bool(spec.prefers_local_cluster)


def size_of(spec: WorkloadSpec, *, language: bool, reads: bool, said: list[str]) -> tuple[float, float] | None:
    if spec.model_params_b:
        return spec.model_params_b * 0.7, spec.model_params_b * 1.3
    if spec.models or not language:
        return None
    low, high = READING_SIZE_B if reads and spec.model_task == "image-to-text" else DEFAULT_SIZE_B
    said.append(f"No model was named: one of {low:g} to {high:g} billion parameters is strong enough to begin with.")
    return low, high
