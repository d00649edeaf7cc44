"""Services side by side in one conversation, such as a chat model and one that writes down calls.

The spec tells one workload. That there are more is read from the models that are named, where these do different tasks,
from the user's own words where another kind of model is asked for beside the first, and from what an assistant that one
talks with is made of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning.engines import LANGUAGE_TASKS
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.planning.subject import kind_of
from services.orchestrator.domain.spec import TaskType, WorkloadSpec
from services.orchestrator.domain.stages import shared_out

EMBEDDING: Final = "feature-extraction"
_JOIN: Final = r"\b(?:and|plus|also|as well as|along(?:side| with)|besides?|together with)\s+(?:[\w'-]+\s+){0,3}?"
_ALSO: Final = {
    EMBEDDING: re.compile(_JOIN + r"(?:embedd(?:ings?|er)\b)", re.IGNORECASE),
    "automatic-speech-recognition": re.compile(
        _JOIN + r"(?:transcription|speech[- ]to[- ]text|speech recognition)\b", re.IGNORECASE
    ),
    "text-to-image": re.compile(_JOIN + r"(?:text[- ]to[- ]image|image generation)\b", re.IGNORECASE),
    "text-to-speech": re.compile(_JOIN + r"(?:text[- ]to[- ]speech)\b", re.IGNORECASE),
}
"""Kinds of models that are asked for beside another without a name, by task."""
ASSISTANT: Final = ("automatic-speech-recognition", "text-generation", "text-to-speech")
"""What an assistant that one talks with is made of, in the order that a question goes through them."""
_ASSISTANT: Final = re.compile(
    r"\b(?:voice|speech|talking|spoken|(?:tele)?phone)[- ](?:ai[- ])?(?:assistants?|(?:chat)?bots?|agents?)\b"
    r"|\bspeech[- ]to[- ]speech\b|\bsprachassistent\w*|\bassistente? vocal[ei]?\b|\bassistant vocal\b"
    r"|\basistente de voz\b"
    r"|\b(?:speech|voice|audio|speak|talk)\w*\s+in\b[^.!?\n]{0,60}\b(?:speech|voice|audio)\s+(?:back\s+)?out\b"
    r"|\b(?:answers?|repl(?:y|ies)|responds?|talks?|speaks?)\s+(?:back\s+)?(?:\w+\s+)?"
    r"(?:(?:in|with|by)\s+(?:a\s+)?(?:voice|speech)|aloud|out loud)\b",
    re.IGNORECASE,
)
"""Words for an assistant that hears, answers and speaks."""
_OF_ONE: Final = ("gpu_count_min", "vram_gb_min_per_gpu", "vram_gb_min_total", "model_params_b", "precision")
"""Wishes that are of the first service alone."""
_IN_CURRENCY: Final = ("budget_currency", "budget_amount", "budget_period")


def may_be_several(spec: WorkloadSpec, words: str) -> bool:
    """Tell whether there may be several services: what decides then is the task of each model that is named."""
    if kind_of(spec, [], words=words) is not WorkloadKind.SERVING:
        return False
    if _ASSISTANT.search(words):
        return True
    several = len(spec.models) > 1 or any(found.search(words) for found in _ALSO.values())
    return several and spec.task_type is not TaskType.RAG


def services(spec: WorkloadSpec, tasks: Mapping[str, str], words: str) -> tuple[WorkloadSpec, ...]:
    """Return the spec of each service, the one that the spec tells first; one where there are no more.

    tasks: the task of each model that is named, by its name in the spec. What is said of load, place and compliance
    holds for all; GPU types for the model that they follow in the words.
    """
    if not may_be_several(spec, words):
        return (spec,)
    groups: dict[str, list[str]] = {}
    for name in spec.models:
        groups.setdefault(_kind(tasks.get(name, spec.model_task or "")), []).append(name)
    first = _kind(tasks.get(spec.models[0], "") if spec.models else needs_of(spec, words=words).task)
    known = groups.keys() | {first}
    wanted = [task for task, found in _ALSO.items() if found.search(words) and spec.task_type is not TaskType.RAG]
    wanted += [task for task in ASSISTANT if _ASSISTANT.search(words) and task not in wanted]
    also = [task for task in wanted if _kind(task) not in known]
    if len(groups) + len(also) + (not groups) < 2:
        return (spec,)
    gpus = shared_out(spec.gpu_models, [names[0] for names in groups.values()], words)
    mine = spec.with_fields({"models": tuple(groups.get(first, ())), "gpu_models": gpus[0]}) if groups else spec
    out = [mine]
    for number, (kind, names) in enumerate(groups.items()):
        if kind != first:
            out.append(_other(spec, tasks[names[0]], models=tuple(names), gpu_models=gpus[number]))
    out += [_other(spec, task, models=(), gpu_models=spec.gpu_models) for task in also]
    return tuple(out)


def within_budget(spec: WorkloadSpec, spent: Decimal) -> WorkloadSpec:
    """Return a spec with what services before leave of its monthly budget."""
    budget = needs_of(spec).budget_month
    if budget is None or not spent:
        return spec
    left = max(budget - spent, Decimal(1))
    return spec.with_fields({**dict.fromkeys(_IN_CURRENCY), "budget_usd_month": float(left)})


def _other(spec: WorkloadSpec, task: str, **changes: Any) -> WorkloadSpec:
    alone = {"domain": None, "model_task": task, "task_type": TaskType.INFERENCE}
    return spec.with_fields({**dict.fromkeys(_OF_ONE), **alone, **changes})


def _kind(task: str) -> str:
    """Return one task for all that the same kind of model does."""
    if task in LANGUAGE_TASKS:
        return "text-generation"
    return EMBEDDING if task in (EMBEDDING, "sentence-similarity") else task
