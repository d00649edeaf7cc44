"""Models by the names that people give them."""

from __future__ import annotations

import pytest

from services.models.domain.names import (
    Named,
    before_owner,
    before_purpose,
    best_named,
    corrected,
    looks_like_name,
    name_words,
    score,
    size_billions,
    sized_name,
    spellings,
    telling,
    unpacked,
)
from services.models.domain.vocabulary import Vocabulary
from services.models.ingest import starter

MODELS = tuple(
    Named(m.model_id, tuple(name_words(m.model_id)), m.parameters, m.downloads, m.repackaged)
    for m in starter.models().values()
)
WORDS = Vocabulary(sorted({w for m in MODELS for w in m.words if w.isalpha() and len(w) >= 3}))


def first(name: str) -> str:
    found = best_named(name, MODELS, WORDS)
    return found[0][0].model_id if found else ""


@pytest.mark.parametrize(
    ("name", "model_id"),
    [
        ("Llama 3.1 70B", "meta-llama/Llama-3.1-70B-Instruct"),
        ("llama-3.3 70b", "meta-llama/Llama-3.3-70B-Instruct"),
        ("lama 3.1 70b", "meta-llama/Llama-3.1-70B-Instruct"),
        ("Qwen2.5-72B", "Qwen/Qwen2.5-72B-Instruct"),
        ("whisper large v3", "openai/whisper-large-v3"),
        ("SDXL", "stabilityai/stable-diffusion-xl-base-1.0"),
        ("mixtral 8x7b", "mistralai/Mixtral-8x7B-Instruct-v0.1"),
        ("gpt oss 120b", "openai/gpt-oss-120b"),
        ("DeepSeek-V3", "deepseek-ai/DeepSeek-V3"),
        ("meta-llama/Meta-Llama-3-8B-Instruct", "meta-llama/Meta-Llama-3-8B-Instruct"),
    ],
)
def test_a_name_finds_the_model_that_people_mean(name, model_id):
    assert first(name) == model_id


@pytest.mark.parametrize("name", ["llama 70b", "Llama 70B model", "llama 70 billion"])
def test_a_family_and_size_find_full_weights_of_that_size(name):
    found = best_named(name, MODELS, WORDS)
    assert found
    assert all("70b" in m.words for m, _ in found)
    assert "llama" in first(name).lower()
    assert not found[0][0].repackaged


def test_a_number_belongs_to_the_word_before_it():
    ids = [m.model_id for m, _ in best_named("llama 4", MODELS, WORDS)]
    assert "meta-llama/Llama-Guard-4-12B" in ids
    assert all("Llama-4-" in i for i in ids[: ids.index("meta-llama/Llama-Guard-4-12B")])
    assert "Llama-4-" in ids[0]


def test_every_model_that_bears_a_name_is_among_those_with_a_telling_word_of_it():
    for name in ("lama 3.1 70b instruct", "Qwen2.5-72B", "the 7b model", "whisper large v3", "SDXL base"):
        looked_up = set(telling(spellings(name, WORDS)))
        assert {"70b", "instruct", "the", "model", "base", "3"}.isdisjoint(looked_up)
        assert all(looked_up & set(model.words) for model, _ in best_named(name, MODELS, WORDS))


def test_a_format_of_weights_is_one_word_and_no_version():
    assert name_words("org/Llama-3.1-8B-NVFP4") == ("org", "llama", "3.1", "8b", "nvfp4")
    packed = Named("org/Llama-3.1-8B-NVFP4", name_words("org/Llama-3.1-8B-NVFP4"), None, None, repackaged=False)
    assert best_named("llama 4", [packed], WORDS) == []
    assert unpacked("org/Qwen3-0.6B-FP8") == name_words("Qwen3-0.6B")


def test_sizes_never_disagree():
    for size in ("1b", "3b", "7b", "8b", "13b", "70b", "405b"):
        for model, _ in best_named(f"llama {size}", MODELS, WORDS):
            stated = [w for w in name_words(model.model_id.rpartition("/")[2]) if size_billions(w)]
            assert size in stated or not stated


def test_a_quantised_model_is_found_when_it_is_asked_for():
    assert "awq" in first("llama 3.3 70b awq").lower()


@pytest.mark.parametrize("name", ["", "the best one", "zzqx 12b", "llama 71b"])
def test_what_is_no_models_name_finds_none(name):
    assert first(name) == ""


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ("llama 3.1 8b instruct for our chats", "llama 3.1 8b instruct"),
        ("Mistral 7B that speaks French", "Mistral 7B"),
        ("qwen2.5 14b with tools", "qwen2.5 14b"),
        ("wav2vec2 for German", "wav2vec2 for German"),
        ("BERT for tagging", "BERT for tagging"),
        ("text to speech", "text to speech"),
        ("Qwen 3 8B", "Qwen 3 8B"),
    ],
)
def test_a_wish_may_begin_with_a_sized_name_and_say_what_for(wish, name):
    assert before_purpose(wish) == name


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ("parakeet from nvidia", "nvidia parakeet"),
        ("the granite 8b by IBM", "IBM the granite 8b"),
        ("translate from Czech to English", "translate from Czech to English"),
        ("qwen3 8b", "qwen3 8b"),
    ],
)
def test_a_name_may_be_followed_by_whose_it_is(wish, name):
    assert before_owner(wish) == name


def test_a_sentence_is_no_name():
    assert not looks_like_name("a chatbot for our customers", WORDS)
    assert looks_like_name("Llama 3.1 70B", WORDS)


@pytest.mark.parametrize(("word", "billions"), [("70b", 70), ("8x7b", 56), ("270m", 0.27), ("v3", None), ("3.1", None)])
def test_a_size_word_says_how_many_billions(word, billions):
    assert size_billions(word) == billions


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ("Mistral's small instruct model with 24B", "mistral small instruct model 24b"),
        ("something like gemma 3 with 4 billion parameters", "gemma 3 4b"),
        ("deepseek r1 distill into 7b", "deepseek r 1 distill 7b"),
        ("the 14 billion Qwen3, as GGUF", "14b qwen 3 gguf"),
        ("e5 multilingual, the small one", "e 5 multilingual small"),
        ("a small model that sorts letters", ""),
        ("a model that sorts letters", ""),
        ("a helper with 7B that drafts letters to tenants, answers calls and books visits", ""),
    ],
)
def test_a_size_within_a_wish_tells_the_name_beside_it(wish, name):
    assert sized_name(wish) == name


def test_a_possessive_is_no_slip_for_another_word():
    known = Vocabulary(["gemma", "google", "googlecs"])
    assert corrected(["googles", "gemma"], known) == ["google", "gemma"]


@pytest.mark.parametrize(
    "whole", ["timm/resnetv2_101x1_bit.goog_in21k", "upstage/SOLAR-0-70b-16bit", "HiDream-ai/HiDream-I1-Full"]
)
def test_words_that_look_like_a_packing_do_not_make_one(whole: str) -> None:
    assert unpacked(whole) == ()


@pytest.mark.parametrize(
    ("asked", "nearer", "farther"),
    [
        ("nova 3", "org/nova-3", "org/nova-3.1"),
        ("nova instruct", "org/nova-instruct", "org/nova"),
        ("nova", "org/nova", "org/nova-coder"),
        ("nova", "org/nova-instruct", "org/nova-coder"),
        ("nova mini", "org/nova-mini", "org/nova"),
        ("nova", "org/nova", "nova/other"),
    ],
)
def test_an_id_bears_a_name_the_better_the_less_it_lacks_or_adds(asked: str, nearer: str, farther: str) -> None:
    near, far = (
        score(name_words(asked), Named(model_id, name_words(model_id), None, None, repackaged=False))
        for model_id in (nearer, farther)
    )
    assert 1 >= near > far >= 0


@pytest.mark.parametrize(
    ("known", "found"),
    [(102_000_000, "google-bert/bert-base-uncased"), (3_000_000, "klue/bert-base"), (None, "klue/bert-base")],
)
def test_what_is_used_a_hundred_times_as_much_is_meant_before_a_name_that_is_nearer_by_a_word(known, found):
    pool = [
        Named(model_id, tuple(name_words(model_id)), None, downloads, False)
        for model_id, downloads in (("klue/bert-base", 42_000), ("google-bert/bert-base-uncased", known))
    ]
    assert best_named("bert", pool, WORDS)[0][0].model_id == found
    assert best_named("klue/bert-base", pool, WORDS)[0][0].model_id == "klue/bert-base"
