"""Which conversations hold several services, and what of the wishes each has."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.orchestrator.domain.beside import services, within_budget
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.spec import TaskType, WorkloadSpec

CHAT, CALLS, VECTORS = "llama 3.1 8b", "whisper large v3", "bge-m3"
TASKS = {
    CHAT: "text-generation",
    "mistral 7b": "text-generation",
    CALLS: "automatic-speech-recognition",
    VECTORS: "sentence-similarity",
}
SERVE: dict[str, Any] = {"task_type": "inference", "domain": "llm", "model_task": "text-generation"}


def told(words: str, *models: str, **more: Any) -> tuple[WorkloadSpec, ...]:
    return services(WorkloadSpec(**{**SERVE, "models": models, **more}), TASKS, words)


def test_models_of_different_tasks_are_served_side_by_side():
    chat, calls = told(f"serve {CHAT} for 20 users and {CALLS}", CHAT, CALLS, concurrency=20, model_params_b=8)
    assert (chat.models, chat.model_task, chat.model_params_b) == ((CHAT,), "text-generation", 8)
    assert (calls.models, calls.model_task, calls.model_params_b) == ((CALLS,), "automatic-speech-recognition", None)
    assert chat.concurrency == calls.concurrency == 20


@pytest.mark.parametrize(
    ("words", "models", "more"),
    [
        (f"serve {CHAT} or mistral 7b", (CHAT, "mistral 7b"), {}),
        (f"serve {CHAT}", (CHAT,), {}),
        (f"answer from our documents with {CHAT} and {VECTORS}", (CHAT, VECTORS), {"task_type": "rag"}),
        (f"fine-tune {CHAT} and {CALLS}", (CHAT, CALLS), {"task_type": "fine_tuning"}),
        ("a chatbot with good embeddings", (), {}),
    ],
)
def test_alternatives_helpers_and_runs_are_no_services_side_by_side(words, models, more):
    assert len(told(words, *models, **more)) == 1


def test_another_kind_of_model_may_be_asked_for_without_a_name():
    chat, vectors = told(f"serve {CHAT} and also an embedding model", CHAT)
    assert (chat.models, vectors.models, vectors.model_task) == ((CHAT,), (), "feature-extraction")
    assert vectors.domain is None


def test_gpus_belong_to_the_model_that_they_follow():
    words = f"{CHAT} on L40S, {VECTORS} on L4s and {CALLS}"
    specs = told(words, CHAT, VECTORS, CALLS, gpu_models=("L40S", "L4"))
    assert [s.gpu_models for s in specs] == [("L40S",), ("L4",), ()]


def test_gpus_that_are_not_shared_out_are_of_all():
    specs = told(f"{CHAT} and {CALLS}, both on L4", CHAT, CALLS, gpu_models=("L4",))
    assert [s.gpu_models for s in specs] == [("L4",), ("L4",)]


def test_a_monthly_budget_is_for_all_of_them():
    spec = WorkloadSpec(**SERVE, budget_currency="EUR", budget_amount=1000, budget_period="month")
    rest = within_budget(spec, Decimal("117.20"))
    assert (rest.budget_usd_month, rest.budget_currency) == (1000, None)
    assert within_budget(WorkloadSpec(**SERVE), Decimal(500)).budget_usd_month is None


SPEECH: dict[str, Any] = {"task_type": "inference", "domain": "speech"}
HEARS, WRITES, SPEAKS = "automatic-speech-recognition", "text-generation", "text-to-speech"


@pytest.mark.parametrize(
    "words",
    [
        "a voice assistant for our shop",
        "speech in, answer, speech out",
        "a phone bot for 10 calls",
        "a service that listens and answers with a voice",
        "speech-to-speech dialogue",
    ],
)
def test_an_assistant_that_one_talks_with_hears_answers_and_speaks(words):
    specs = services(WorkloadSpec(**SPEECH, concurrency=10, budget_usd_month=3000), {}, words)
    assert [needs_of(s).task for s in specs] == [HEARS, WRITES, SPEAKS]
    assert {s.concurrency for s in specs} == {10}


def test_models_that_are_named_for_an_assistant_are_taken_and_what_lacks_is_added():
    specs = told(f"voice assistant with {CALLS} and {CHAT}", CALLS, CHAT)
    assert [s.model_task for s in specs[1:]] == [WRITES, SPEAKS]
    assert [s.models for s in specs] == [(CALLS,), (CHAT,), ()]


def test_an_assistant_that_answers_from_documents_hears_and_speaks_too():
    documents, *rest = told("a voice bot that answers from our documents", task_type="rag")
    assert documents.task_type is TaskType.RAG
    assert [(s.task_type, s.model_task) for s in rest] == [(TaskType.INFERENCE, HEARS), (TaskType.INFERENCE, SPEAKS)]


@pytest.mark.parametrize(
    "words", ["transcribe voice messages", "an assistant in chat", "text to speech for audiobooks"]
)
def test_what_only_hears_or_only_speaks_is_no_assistant(words):
    assert len(services(WorkloadSpec(**SPEECH), {}, words)) == 1
