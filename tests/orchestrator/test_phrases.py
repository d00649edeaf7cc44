"""What a question is about, and key sentences in the user's language."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from string import Formatter

import pytest

from services.orchestrator.domain.answers.phrases import asked_in, language_of, phrase, reason_phrase
from services.orchestrator.domain.answers.topics import Topic, form_of, topics_of
from services.orchestrator.domain.asking import next_questions
from services.orchestrator.domain.conversation import Message, TurnInput
from services.orchestrator.domain.planning.words import gib, usd
from services.orchestrator.domain.render import Format
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.plans import plan_for
from tests.orchestrator.reasoner.test_llm import turn_of

PHRASES = tomllib.loads(files("services.orchestrator.domain.answers").joinpath("phrases.toml").read_text("utf-8"))
QUESTIONS = tomllib.loads(files("services.orchestrator.domain").joinpath("questions.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("how much per year?", Topic.YEAR),
        ("Was kostet das im Jahr?", Topic.YEAR),
        ("what throughput will I get?", Topic.SPEED),
        ("will it fit?", Topic.FIT),
        ("why this provider?", Topic.PROVIDER),
        ("is there something free?", Topic.FREE),
        ("is that licence ok for commercial use?", Topic.COMMERCIAL),
        ("do I have to accept any terms first?", Topic.TERMS),
        ("what does one hour of audio come to?", Topic.ITEM),
        ("what were the keys that I sent you?", Topic.SECRETS),
        ("what was my openai key?", Topic.SECRETS),
        ("what changed since the first plan?", Topic.FIRST),
    ],
)
def test_a_question_tells_what_it_is_about(text: str, topic: Topic):
    assert topic in topics_of(text)


@pytest.mark.parametrize("text", ["serve a key-value model at 20 tokens a request", "two must stay free", "hello"])
def test_what_is_no_question_has_no_such_topic(text: str):
    assert not topics_of(text) & {Topic.SECRETS, Topic.FREE, Topic.TERMS, Topic.COMMERCIAL, Topic.YEAR}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("give me the yaml", Format.KUBERNETES),
        ("helm please", Format.HELMFILE),
        ("draw me a diagram", Format.MERMAID),
        ("as JSON", Format.JSON),
        ("the bundle with all the files", Format.BUNDLE),
        ("render it", None),
    ],
)
def test_a_form_is_known_by_its_name(text: str, form: Format | None):
    assert form_of(text) is form


@pytest.mark.parametrize("language", sorted(PHRASES))
def test_every_language_has_every_question_and_key_sentence(language: str):
    own, others = PHRASES[language], set().union(*PHRASES.values())
    assert set(own) == others
    assert set(QUESTIONS["question"]) <= set(own)
    for key in ("plan", "unchanged", "unmet", "run"):
        assert {name for _, name, _, _ in Formatter().parse(own[key]) if name} == {"machine", "price"}


@pytest.mark.parametrize("language", sorted(PHRASES))
def test_a_question_after_a_plan_is_answered_in_the_users_language(language: str):
    plan = plan_for(task_type="inference")
    lead = plan.gpu_recommendations[0].model_copy(update={"run_hours": 1.5})
    plan = plan.model_copy(update={"gpu_recommendations": (lead,)})
    assert "1.5" in reason_phrase([plan], "how long does it take?", language)
    why = reason_phrase([plan], "why?", language)
    assert usd(plan.cost_estimate.monthly_total) in why
    assert gib(lead.gpu_memory_total_gib) in why
    assert reason_phrase([plan], "why this model?", language) == ""
    assert reason_phrase([plan], "how long does it take?", "en") == ""


def test_english_needs_no_sentences_of_its_own():
    assert phrase("off_topic", "en") == ""
    asked = next_questions(WorkloadSpec())
    assert asked_in(asked, "en") == asked


def test_questions_are_asked_in_the_users_language_with_answers_that_are_understood():
    asked = next_questions(WorkloadSpec())
    for translated, question in zip(asked_in(asked, "de"), asked, strict=True):
        assert translated.text != question.text
        assert translated.suggestions == question.suggestions


def said(*texts: str) -> TurnInput:
    history = tuple(
        Message(
            message_id=str(n),
            turn_id=str(n),
            position=n,
            role="user",
            text=text,
            plan_id="",
            create_time=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for n, text in enumerate(texts[:-1])
    )
    return replace(turn_of(texts[-1]), history=history)


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (("Wir wollen ein Sprachmodell für 20 Nutzer betreiben",), "de"),
        (("Wir wollen ein Sprachmodell für 20 Nutzer betreiben", "2"), "de"),
        (("画像生成のサービスを作りたい", "月5万円"), "ja"),
        (("Hallo, wir brauchen Hilfe", "Please answer in English, we all read it at the office"), "en"),
        (("2",), "en"),
    ],
)
def test_the_language_is_that_of_the_newest_words_that_tell_it(texts: tuple[str, ...], language: str):
    assert language_of(said(*texts)) == language


def test_a_bare_answer_is_read_against_the_questions_asked_last():
    first, *rest = next_questions(WorkloadSpec())
    asked = (replace(first, turn=1), *(replace(question, turn=3) for question in rest))
    assert [q.id for q in replace(turn_of(), asked=asked).pending] == [q.id for q in rest]
