"""Deadlines: days counted from the turn's own date, and times beside work that ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import understand

WEDNESDAY = datetime(2026, 11, 25, 10, tzinfo=UTC)
DAY = 24.0
TO_MIDNIGHT = 14.0


def deadline(text: str, *, now: datetime | None = WEDNESDAY, before: WorkloadSpec | None = None) -> float | None:
    return understand(text, spec=before or WorkloadSpec(), turn=1, now=now).spec.deadline_hours


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Fine-tune Llama 3.1 8B on 40k tickets by Friday", 2),
        ("train a detector on 9k images until Monday", 5),
        ("train a detector before Friday", 1),
        ("train a detector by next Friday", 9),
        ("train a detector by the end of next week", 9),
        ("train a detector by the weekend", 2),
        ("train a detector before 15 December", 19),
        ("train a detector by December 15th, 2026", 20),
        ("train a detector, deadline: 30 Nov.", 5),
        ("embed 3M abstracts by the end of the month", 5),
        ("classify 10M comments, results due on 2026-12-10", 15),
        ("train it on 5 TB before the end of January", 66),
        ("Mistral 7B fine-tunen, fertig bis Freitag", 2),
        ("2 Millionen Rechnungen bis Ende nächster Woche durch OCR schicken", 9),
        ("OCR von 40k Scans, bis 15.12. fertig", 20),
        ("entraîner un modèle de détection avant le 20 décembre", 24),
        ("entrenar un detector antes del viernes", 1),
        ("addestrare un modello entro venerdì", 2),
        ("treinar um modelo até sexta-feira", 2),
        ("een model trainen voor vrijdag", 1),
        ("wytrenować model na 200 tys. zdjęć do piątku", 2),
        ("обработать 2 млн документов до пятницы", 2),
        ("12月15日之前训练好模型", 19),
        ("3万枚の画像を分類したい、金曜日までに", 2),
        ("금요일까지 30만 건의 문서를 요약해야 합니다", 2),
    ],
)
def test_a_day_named_is_counted_from_the_day_of_the_message(text: str, days: int) -> None:
    assert deadline(text) == TO_MIDNIGHT + days * DAY


@pytest.mark.parametrize(
    "text",
    [
        "Serve Llama 3.1 8B, go live by Friday",
        "We have to decide by Friday. Serve Llama 3.1 8B for 20 concurrent users",
        "train a model on data from before 15 December 2024",
        "fine-tune on 10k examples by 2024-01-01",
        "train a detector on pictures taken on Monday",
        "train a detector by 31 February",
        "this may train 4 detectors in March",
    ],
)
def test_other_days_are_no_deadline(text: str) -> None:
    assert deadline(text) is None


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("a chatbot on our own documents, 2000 USD a month at most", None),
        ("a chatbot on our own documents, $2,000 a month at most", None),
        ("fine-tune Llama 3.1 8B on 40k tickets, 300 dollars a week at most", None),
        ("fine-tune Llama 3.1 8B on 40k tickets, 300 dollars, a week at most", 7 * DAY),
        ("fine-tune Llama 3.1 8B on 40k tickets, a week at most", 7 * DAY),
    ],
)
def test_the_time_that_a_price_pays_for_is_no_deadline(text: str, hours: float | None) -> None:
    assert deadline(text) == hours


def test_without_the_date_of_the_message_a_day_is_no_deadline() -> None:
    assert deadline("fine-tune Llama 3.1 8B by Friday", now=None) is None


def test_a_day_alone_is_the_deadline_of_the_job_before() -> None:
    job = understand("train a detector on 300k images", spec=WorkloadSpec(), turn=1, now=WEDNESDAY).spec
    assert deadline("by Friday", before=job) == TO_MIDNIGHT + 2 * DAY
    serving = understand("serve Llama 3.1 8B", spec=WorkloadSpec(), turn=1, now=WEDNESDAY).spec
    assert deadline("I'll show it by Friday", before=serving) is None


@pytest.mark.parametrize(
    "text",
    [
        "Caption 4M photos. In 3 days.",
        "Caption 4M photos. Within three days, please.",
        "30万件の文書を要約したい、3日以内に",
        "Translate 40k product texts. 3 days.",
    ],
)
def test_a_time_beside_a_heap_of_work_is_its_deadline(text: str) -> None:
    spec = understand(text, spec=WorkloadSpec(), turn=1).spec
    assert spec.deadline_hours == 72
    assert spec.task_type == "batch_inference"


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("transcribe 300 hours of audio in 5 hours", 5),
        ("tag 40k photos in two days please", 48),
        ("our team labelled 40k photos in two days, now train a classifier", None),
        ("classifying our 40k photos took two days", None),
    ],
)
def test_work_asked_for_in_a_time_has_a_deadline_and_work_told_has_none(text: str, hours: float | None) -> None:
    assert deadline(text) == hours


def test_what_a_question_for_the_price_supposes_is_planned() -> None:
    job = understand("Caption 3 million photos with LLaVA 1.6 13B", spec=WorkloadSpec(), turn=1).spec
    asked = understand("what does it cost if it's done in three days?", spec=job, turn=2, has_plan=True)
    assert asked.spec.deadline_hours == 72
