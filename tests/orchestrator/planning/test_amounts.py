"""How much a batch goes through, in the units people state it in, and how long that takes."""

from __future__ import annotations

from typing import Any

import pytest

from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning.amounts import Amount, amount_of
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.planning.stated import stated_in
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import speed

HEARS = "automatic-speech-recognition"


def amount(words: str, task: str = HEARS, **fields: Any) -> Amount | None:
    return amount_of(WorkloadSpec(**fields), words, task, language=task == "text-generation", said=[])


@pytest.mark.parametrize(
    ("words", "hours"),
    [
        ("Transcribe 5,000 hours of call centre audio", 5000),
        ("3.000 h of recordings please", 3000),
        ("we have 1.5k hours of podcasts", 1500),
        ("20 thousand hours of meetings\nno, 10 thousand hours of meetings", 10_000),
    ],
)
def test_hours_of_speech_are_tokens_of_text(words: str, hours: int):
    assert stated_in(words)
    assert amount(words) == Amount(spoken_tokens=hours * 12_000)


@pytest.mark.parametrize(
    "words", ["within 48 hours", "one hour of your time", "40 hours a week", "24 hours of support"]
)
def test_hours_of_anything_else_are_no_amount(words: str):
    assert not stated_in(words)
    assert amount(words) is None


def test_tokens_are_read_unless_they_are_a_rate_or_a_context():
    assert amount("50 million tokens", "text-generation") == Amount(text_tokens=50e6)
    assert amount("2,000 tokens per second, 32k tokens of context", "text-generation") is None


def test_items_come_before_bytes_and_bytes_are_counted_by_kind():
    assert amount("", "text-to-image", dataset_items=7, dataset_size_gb=3) == Amount(items=7)
    assert amount("", "image-classification", dataset_size_gb=3, dataset_modality="image") == Amount(items=10_000)
    assert amount("", "text-generation", dataset_size_gb=4, dataset_modality="text") == Amount(text_tokens=1e9)
    assert amount("", HEARS, dataset_size_gb=6, dataset_modality="audio") == Amount(spoken_tokens=100 * 12_000)


def test_the_length_follows_from_the_speed_and_is_unknown_without_it():
    quick = speed("org/model", "L4", 1, 100.0, requests_per_second=2.0)
    assert Amount(items=7200).hours(quick) == 1.0
    assert Amount(spoken_tokens=360_000).hours(quick) == 1.0
    assert Amount(text_tokens=1280 * 7200).hours(quick) == 1.0
    assert Amount(items=7200).hours(speed("org/model", "L4", 1, 100.0)) is None


@pytest.mark.parametrize(
    ("words", "tokens"),
    [
        ("pretrain a 7B model on 1 trillion tokens", 10**12),
        ("pretraining on 1.5T tokens, no, make it 300B tokens", 300 * 10**9),
        ("vortrainieren auf 200 Milliarden Token", 200 * 10**9),
        ("从头训练，3000亿 tokens", 300 * 10**9),
        ("предобучение на 100 миллиардов токенов", 100 * 10**9),
        ("train a 7B model with a context of 1M tokens", 140 * 10**9),
        ("train a 7B model on texts of 4,096 tokens", 140 * 10**9),
    ],
)
def test_a_language_model_is_trained_on_the_tokens_that_were_named(words, tokens):
    run = needs_of(WorkloadSpec(task_type="training", domain="llm", model_params_b=7), words=words).run
    assert run is not None
    assert run.tokens == tokens


@pytest.mark.parametrize(("words", "tokens"), [("Translate a million sentences", 32), ("Translate our manuals", 256)])
def test_what_is_translated_is_as_long_as_the_user_calls_it(words: str, tokens: int):
    said: list[str] = []
    spec = WorkloadSpec(task_type="inference", model_task="translation", requests_per_second=5)
    needs = needs_of(spec, words=words)
    assert (needs.prompt_tokens, needs.output_tokens) == (tokens, tokens)
    assert any(f"of about {tokens} tokens, and its translation has as many" in a for a in needs.assumptions)
    batch = amount_of(WorkloadSpec(dataset_items=1e6), words, "translation", language=False, said=said)
    assert batch == Amount(items=1e6, tokens_each=tokens)
    assert f"of about {tokens} tokens" in said[0]


def test_other_requests_leave_their_length_to_the_catalogue():
    needs = needs_of(WorkloadSpec(task_type="inference", model_task="text-generation"), words="a chatbot")
    assert (needs.prompt_tokens, needs.output_tokens) == (None, None)


@pytest.mark.parametrize(
    ("words", "residues"),
    [("Fold 500 proteins of up to 1,200 amino acids", 1200), ("Predict the structures of 900 proteins of 400 aa", 400)],
)
def test_proteins_are_folded_once_at_the_length_that_was_said(words: str, residues: int):
    needs = needs_of(WorkloadSpec(domain="biology", dataset_items=500), words=words)
    assert needs.kind is WorkloadKind.BATCH
    assert needs.context_tokens == residues
    assert any(f"about {residues:,} residues" in a for a in needs.assumptions)
