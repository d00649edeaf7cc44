"""Model names that hold digits, and the parameters they state."""

from __future__ import annotations

import pytest

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import CatalogueNames, understand
from tests.orchestrator.understanding.support import stated, talk


@pytest.mark.parametrize(
    ("name", "model", "params"),
    [
        ("Qwen2.5-72B-Instruct", "qwen2.5 72b", 72),
        ("gpt-oss-120b", "gpt oss 120b", 120),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", "mixtral 8x7b", 46.7),
        ("SDXL", "sdxl", None),
        ("FLUX.1-dev", "flux.1 dev", None),
        ("Whisper large-v3", "whisper large v3", None),
        ("YOLOv8", "yolov8", None),
        ("BGE-M3", "bge-m3", None),
        ("ESM-2 650M", "esm-2 650m", 0.65),
        ("Llama 3.1 405B", "llama 3.1 405b", 405),
        ("Qwen3-30B-A3B", "qwen3 30b a3b", 30),
        ("DeepSeek-R1", "deepseek r1", 671),
        ("Phi-4", "phi 4", 14),
        ("sd 1.5", "stable diffusion 1.5", None),
        ("llama3:8b", "llama 3 8b", 8),
        ("DeepSeek R1 Distill Qwen 7B", "deepseek r1 distill qwen 7b", 7),
        ("DeepSeek-R1-Distill-Llama-70B", "deepseek r1 distill llama 70b", 70),
        ("Hermes 3 Llama 3.1 8B", "hermes 3 llama 3.1 8b", 8),
        ("Nous Hermes 2 Mixtral 8x7B", "nous hermes 2 mixtral 8x7b", 46.7),
    ],
)
def test_a_model_is_named_as_meant(name: str, model: str, params: float | None) -> None:
    got = stated(f"deploy {name} please")
    assert (got["models"], got.get("model_params_b")) == ([model], params)


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("an LLM with 13b params", 13),
        ("a 7 billion parameter model", 7),
        ("ein Sprachmodell mit 8 Milliarden Parametern", 8),
        ("un modelo de 7 mil millones de parámetros", 7),
        ("7B的大语言模型", 7),
        ("I said 8B earlier but meant 80B... sorry, no, 8B was right", 8),
    ],
)
def test_parameters_can_be_stated_by_themselves(text: str, params: float) -> None:
    assert stated(text)["model_params_b"] == params


@pytest.mark.parametrize("text", ["train on 30B tokens", "7B or 13B, undecided", "llama.cpp as the engine"])
def test_tokens_alternatives_and_software_are_no_model_size(text: str) -> None:
    assert "model_params_b" not in stated(text)


@pytest.mark.parametrize(
    ("text", "models"),
    [
        ("serve Mistral, Llama 3 8B", ["mistral", "llama 3 8b"]),
        ("Whisper large-v3 Llama 3 8B pipeline", ["whisper large v3", "llama 3 8b"]),
        ("Qwen 7B Llama 8B", ["qwen 7b", "llama 8b"]),
    ],
)
def test_two_models_are_not_one_made_of_the_other(text: str, models: list[str]) -> None:
    assert stated(text)["models"] == models


def test_a_digit_that_counts_what_follows_is_no_version() -> None:
    assert stated("llama 3 4 GPUs")["models"] == ["llama 3"]
    assert stated("Whisper 20 hours")["models"] == ["whisper"]


def test_another_size_resizes_the_model_and_another_licence_lets_it_go() -> None:
    resized = talk("serve Llama 3.1 70B", "actually the 8B").spec
    assert (resized.models, resized.model_params_b) == (("llama 3.1 8b",), 8)
    relicensed = talk("serve Llama 3.1 8B", "only Apache-2.0 models then").spec
    assert (relicensed.models, relicensed.license) == ((), "apache-2.0")


def test_names_of_the_catalogue_are_known_beside_the_lexicon() -> None:
    names = CatalogueNames(models=("acme-labs/Zephyrus-9X-base",), components=("frobnicator",))
    understood = understand("serve zephyrus-9x-base with frobnicator", spec=WorkloadSpec(), turn=1, names=names)
    assert understood.spec.models == ("zephyrus 9x base",)
    assert understood.spec.components == ("frobnicator",)


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("deploy Mixtrall 8x7B", "mixtral 8x7b"),
        ("serve Qwenn 2.5 7B", "qwen 2.5 7b"),
        ("serve Mistrall 7B", "mistral 7b"),
    ],
)
def test_a_family_misspelt_by_a_letter_is_known_by_the_number_behind_it(text: str, model: str) -> None:
    assert stated(text)["models"] == [model]


def test_words_like_a_family_are_none_without_a_number_behind_them() -> None:
    assert "models" not in stated("a chatbot that knows about the mistrals of Provence")
