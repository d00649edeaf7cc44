"""The same sentences in many languages: each states the same, and small talk states nothing."""

from __future__ import annotations

import tomllib
from typing import Any, Final

import pytest

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.matcher import default_matcher, tongue_matcher
from tests.orchestrator.understanding.support import CASES, mistakes, read, stated

TONGUES: Final[dict[str, dict[str, str]]] = tomllib.loads((CASES / "tongues.toml").read_text("utf-8"))
_LANGUAGE_MODEL: Final = {"domain": "llm", "model_task": "text-generation"}
_STATED: Final[dict[str, dict[str, Any]]] = {
    "serve": {
        **_LANGUAGE_MODEL, "task_type": "inference", "models": ["llama 3.1 8b"], "model_params_b": 8, "concurrency": 20,
        "budget_currency": "EUR", "budget_amount": 500, "budget_period": "month",
    },
    "tune": {
        **_LANGUAGE_MODEL, "task_type": "fine_tuning", "gpu_models": ["H100"], "gpu_count_min": 2, "gpu_needed": True,
        "dataset_items": 50_000, "dataset_modality": "text",
    },
    "transcribe": {
        "task_type": "batch_inference", "domain": "speech", "model_task": "automatic-speech-recognition",
        "models": ["whisper large v3"], "dataset_modality": "audio", "budget_usd_total": 1000,
    },
    "train": {
        "task_type": "training", "domain": "computer_vision", "model_task": "image-classification",
        "dataset_items": 2_000_000, "dataset_modality": "image", "gpu_models": ["A100"], "gpu_count_min": 4,
        "gpu_needed": True,
    },
    "plain": {
        "gpu_needed": False, "domain": "time_series", "model_task": "time-series-forecasting", "geos": ["germany"],
    },
    "talk": {},
}  # fmt: skip
_MONEY: Final = {
    "cs": ("CZK", 20_000), "sk": ("EUR", 800), "hu": ("HUF", 500_000), "fi": ("EUR", 900), "ro": ("RON", 4_000),
    "el": ("EUR", 900), "uk": ("UAH", 20_000), "bg": ("BGN", 2_000), "hr": ("EUR", 900), "sv": ("SEK", 20_000),
    "da": ("DKK", 20_000), "no": ("NOK", 20_000), "id": ("IDR", 15_000_000), "vi": ("VND", 20_000_000),
    "sw": ("KES", 50_000), "ca": ("EUR", 900), "th": ("THB", 20_000), "he": ("ILS", 4_000), "fa": ("USD", 900),
    "ur": ("PKR", 200_000), "bn": ("BDT", 50_000), "ta": ("INR", 50_000),
}  # fmt: skip


def _wanted(code: str, what: str) -> dict[str, Any]:
    if what != "money":
        return _STATED[what]
    currency, amount = _MONEY[code]
    if currency == "USD":
        return {**_LANGUAGE_MODEL, "budget_usd_month": amount}
    return {**_LANGUAGE_MODEL, "budget_currency": currency, "budget_amount": amount, "budget_period": "month"}


@pytest.mark.parametrize(
    ("code", "what"), [(code, what) for code, said in TONGUES.items() for what in said], ids=lambda v: v
)
def test_a_sentence_states_the_same_in_every_language(code: str, what: str) -> None:
    text = TONGUES[code][what]
    case = {"gold": _wanted(code, what), "optional": {"task_type": ["inference"]} if what == "money" else {}}
    if what == "plain":
        case["optional"] = {"task_type": ["training", "inference"], "dataset_modality": ["tabular"]}
    assert mistakes(case, stated(text)) == [], text
    assert read(text).language == code


def test_every_language_with_a_file_is_tested() -> None:
    assert lexicon.tongues() <= TONGUES.keys()
    assert lexicon.tongues() == _MONEY.keys()


@pytest.mark.parametrize("code", sorted(lexicon.tongues()))
def test_what_a_language_calls_things_is_known_to_the_other_tables(code: str) -> None:
    known = {(e.kind, e.id) for e in lexicon.entries()}
    assert {(e.kind, e.id) for e in lexicon.tongue(code)} <= known


def test_a_language_of_its_own_counts_in_no_other() -> None:
    assert tongue_matcher("en") is None
    assert stated("we met at the kort in sati, twenty hari of jam and a to of ti") == {}
    assert "hienosaa" not in default_matcher().stems


@pytest.mark.parametrize(
    "text",
    [
        "8b llama, ollama, 1 l4, <=$300/mo",
        "3k/mo tops",
        "total VRAM: 640",
        "cost cap: USD 3/GPU-hour",
        "Model: Llama-3.1-70B | GPUs: 4 | Mem/GPU: 80 GB | Budget: $6/h | Region: eu-west-1",
        "born 1990, studied 5 years, 3 kids",
        "Let's talk about money later.",
        "single cell RNA-seq foundation model (scGPT) fine tuning, 2.3M cells",
    ],
)
def test_terse_english_is_no_other_language(text: str) -> None:
    assert read(text).language == "en"
