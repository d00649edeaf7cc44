"""What is told rather than wished for: others, the news, the past, small talk; it sets and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from services.orchestrator.domain.asking import Action, decide_action
from services.orchestrator.domain.understanding import Intent
from tests.orchestrator.understanding.support import load_cases, read, stated

TUNING = "Fine-tune Llama 3.1 8B on 20 GB of support chats"
TOLD = [case for case in load_cases() if case["id"].startswith("told-")]


@pytest.mark.parametrize("case", TOLD, ids=lambda case: case["id"])
def test_talk_changes_nothing_of_what_was_said_before(case: dict[str, Any]) -> None:
    understood = read(case["message"], before=read(TUNING).spec, turn=2, has_plan=True)
    assert understood.changes == {}
    assert understood.open_points == ()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("OpenAI uses 25,000 A100s. We want two L4", {"gpu_models": ["L4"], "gpu_count_min": 2}),
        ("my cousin has a 4090, I need the same: one RTX 4090", {"gpu_models": ["RTX4090"], "gpu_count_min": 1}),
        ("Last year we collected 2 TB of text. Train on it.", {"dataset_size_gb": 2000, "task_type": "training"}),
        ("das kostet höchstens 500 Euro im Monat", {"budget_amount": 500}),
        ("my flight costs 900 euros. We need 4 L40S", {"gpu_models": ["L40S"], "gpu_count_min": 4}),
        ("two L4 please\n\nBest regards\nTom\nParis, France\n\nPS: 30 concurrent users", {"concurrency": 30}),
        ("what do I need to fine-tune Mistral 7B?", {"task_type": "fine_tuning"}),
        ("Google Cloud only: serve Gemma 2 9B", {"providers": ["gcp"], "models": ["gemma 2 9b"]}),
        ("Our competitors use AWS, we prefer Hetzner", {"providers": ["hetzner"]}),
        ("Yesterday's meeting: we go with Qwen2.5 32B", {"models": ["qwen2.5 32b"]}),
        ("If I had to serve Llama 3.3 70B, what would you take?", {"models": ["llama 3.3 70b"]}),
        ("My son has an RTX 3060 and wants to run Llama 3 8B on it", {"gpu_models": ["RTX3060"]}),
        ("Someone in my team must transcribe podcasts, max 400 USD in total", {"budget_usd_total": 400}),
        ("Meta's Llama 3.1 8B, 25 chats at once", {"models": ["llama 3.1 8b"]}),
        ("Need to classify 2M product photos once", {"task_type": "batch_inference"}),
        ("RAG over 40k PDFs for 15 lawyers at once", {"dataset_items": 40_000, "concurrency": 15}),
        ("anywhere in Latin America works for us", {"geos": ["LATAM"]}),
        ("#SBATCH -N 2\nsrun python train.py --bf16\n\nmove this to a cloud", {"task_type": "training"}),
        ("is an L4 enough for us to serve Whisper large-v3?", {"gpu_models": ["L4"]}),
    ],
)
def test_a_wish_beside_talk_is_heard(text: str, wanted: dict[str, Any]) -> None:
    got = stated(text)
    assert {field: got.get(field) for field in wanted} == wanted


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("two L4 please\n\nBest regards\nTom\nParis, France", "geos"),
        ("OpenAI uses 25,000 A100s. We want two L4", "budget_usd_month"),
        ("my flight costs 900 euros. We need 4 L40S", "budget_amount"),
        ('Traceback (most recent call last):\n  File "train.py", line 8, in <module>\nValueError: 2', "task_type"),
    ],
)
def test_what_is_told_beside_a_wish_is_not(text: str, field: str) -> None:
    assert field not in stated(text)


@pytest.mark.parametrize(
    "text",
    ["Is Gemma open source?", "Darf ich Mixtral kommerziell nutzen?", "What is the licence of Llama 3.1 70B?"],
)
def test_a_question_for_terms_is_answered_at_once(text: str) -> None:
    understood = read(text)
    assert understood.intent is Intent.LICENCE
    assert decide_action(understood, understood.spec, asked=()) is Action.ANSWER


@pytest.mark.parametrize("text", ["The plan looks nice.", "I'll show it to my manager on Thursday.", "42 is a number"])
def test_talk_about_a_plan_makes_no_other(text: str) -> None:
    understood = read(text, before=read(TUNING).spec, turn=2, has_plan=True)
    assert decide_action(understood, understood.spec, asked=()) is Action.ANSWER
