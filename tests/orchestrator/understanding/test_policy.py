"""Whether the user wants to be asked, said in any turn and respected in the ones after."""

from __future__ import annotations

import pytest

from services.orchestrator.domain.asking import next_questions
from services.orchestrator.domain.understanding import Policy, asking_policy
from tests.evals.understanding import predict_conversation
from tests.orchestrator.understanding.support import read


@pytest.mark.parametrize(
    "text",
    [
        "check with me first. Serve Llama 3.1 8B for 30 concurrent users at $800 a month",
        "Ask before you plan: fine-tune Mistral 7B on 20k examples",
        "Frag mich erst, bevor du planst. Llama 3.1 8B, 2000 Euro im Monat",
        "pregúntame antes de planificar: Llama 3.1 8B, 900 dólares al mes",
        "计划之前先问我：Llama 3.1 8B，每月900美元",
    ],
)
def test_who_wants_to_be_asked_is_asked_before_the_plan(text: str) -> None:
    (turn,) = predict_conversation([{"user": text}])
    assert turn["action"] == "clarify"


def test_who_was_asked_once_gets_the_plan_with_the_answer() -> None:
    turns = [{"user": "ask me first: serve Llama 3.1 8B for 30 concurrent users"}, {"user": "2000 USD per month"}]
    assert [turn["action"] for turn in predict_conversation(turns)] == ["clarify", "plan"]


@pytest.mark.parametrize(
    "text",
    [
        "no questions please, serve Llama 3.1 8B",
        "Stell keine Fragen: Llama 3.1 8B bereitstellen",
        "sans poser de questions : héberger Llama 3.1 8B",
        "不要问问题，部署 Llama 3.1 8B",
    ],
)
def test_who_wants_no_questions_gets_a_plan_at_once(text: str) -> None:
    (turn,) = predict_conversation([{"user": text}])
    assert turn["action"] == "plan"


def test_the_last_word_on_being_asked_holds_over_the_turns() -> None:
    messages = ["no questions please", "well, do ask me about the spot machines"]
    assert asking_policy(messages[:1]) == Policy("silent", True)
    assert asking_policy([*messages[:1], "serve Llama"]) == Policy("silent", False)
    assert asking_policy(messages) == Policy("ask", True, ("spot",))


def test_what_is_to_be_asked_about_comes_first_and_is_left_open() -> None:
    understood = read("Train a detector on 25,000 clips. I could live with spot machines but check with me first.")
    assert understood.spec.spot_ok is None
    policy = asking_policy([understood.masked_text])
    assert next_questions(understood.spec, first=policy.about)[0].id == "spot"
    understood = read("Fine-tuning Mistral 7B on A100 cards. I still owe you the number of cards, do ask.")
    policy = asking_policy([understood.masked_text])
    assert next_questions(understood.spec, first=policy.about)[0].id == "gpus"
