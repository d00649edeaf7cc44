"""What was made from a model: how records and names tell it, and whose tokenizer goes with it."""

from __future__ import annotations

import pytest

from services.models.domain.model import Relation
from services.models.domain.names import bare_name
from services.models.domain.variants import Kin, in_order, kin_of, packings_by_name, tokenizer_of
from tests.models.builders import read


def kin(model_id: str, downloads: int | None = 1, *, base: str = "", packed: bool = False) -> Kin:
    return Kin(model_id, downloads, base, Relation.QUANTIZED if base else Relation.UNKNOWN, packed)


@pytest.mark.parametrize(
    "name",
    [
        "Qwen3-8B-GGUF", "Qwen3-8B-AWQ", "Qwen3-8B-GPTQ-Int4", "Qwen3-8B-MLX-4bit", "qwen3-8b-4-bit",
        "Qwen3-8B-FP8-dynamic", "Qwen3-8B-exl3-4.5bpw", "Qwen3-8B-EXL2", "Qwen3-8B-W4A16-G128",
        "Qwen3-8B-quantized.w8a8", "Qwen3-8B-Q4_K_M",
        "Qwen3-8B-IQ4_XS", "Qwen3-8B-NVFP4A16", "Qwen3-8B-int4-AutoRound", "Qwen3-8B-bnb-4bit", "Qwen3-8B-OptiQ-4bit",
        "Qwen3-8B-mlx-bf16", "Qwen3-8B-onnx", "Qwen3-8B-MXFP8", "Qwen3-8B-i1-GGUF",
    ],
)  # fmt: skip
def test_packings_bear_the_name_of_their_model(name: str):
    assert bare_name(f"somebody/{name}") == bare_name("Qwen/Qwen3-8B")


@pytest.mark.parametrize(
    "name", ["Qwen3-8B-Instruct", "Qwen3-4B", "Qwen3-8B-abliterated-GGUF", "Qwen3-VL-8B-4bit", "Qwen2-8B"]
)
def test_other_models_bear_another_name(name: str):
    assert bare_name(f"somebody/{name}") != bare_name("Qwen/Qwen3-8B")


def test_packings_that_state_no_base_are_found_by_name_and_go_to_the_most_downloaded_bearer():
    alike = [
        kin("Qwen/Qwen3-8B", 1_000),
        kin("copier/Qwen3-8B", 10),
        kin("a/Qwen3-8B-GGUF", 50, packed=True),
        kin("b/qwen3-8b-mlx-bf16", 5, packed=True),
        kin("e/Qwen3-8B-mlx", 4, packed=True),
        kin("f/Qwen3-8B.w8a8", 3, packed=True),
        kin("c/Qwen3-8B-AWQ", 70, base="copier/Qwen3-8B", packed=True),
        kin("d/Qwen3-8B-abliterated-GGUF", 90, packed=True),
    ]
    found = in_order(packings_by_name("Qwen/Qwen3-8B", alike))
    assert [(k.model_id, k.relation, k.by_name) for k in found] == [
        ("a/Qwen3-8B-GGUF", Relation.QUANTIZED, True),
        ("b/qwen3-8b-mlx-bf16", Relation.CONVERTED, True),
        ("e/Qwen3-8B-mlx", Relation.CONVERTED, True),
        ("f/Qwen3-8B.w8a8", Relation.QUANTIZED, True),
    ]
    assert packings_by_name("copier/Qwen3-8B", alike) == []
    assert packings_by_name("a/Qwen3-8B-GGUF", alike) == []


def test_variants_come_most_downloaded_first_and_those_of_unknown_downloads_last():
    found = in_order([kin("b/x", 0), kin("a/x", None), kin("d/x", 7), kin("c/x", 7), kin("d/x", 7)])
    assert [k.model_id for k in found] == ["c/x", "d/x", "b/x", "a/x"]


@pytest.mark.parametrize(
    ("model_id", "method", "bits"),
    [
        ("a/m-2.6bit", "", 2.6),
        ("a/m-4-bit", "", 4.0),
        ("a/m-exl3-3.25bpw", "exl3", 3.25),
        ("a/m-W8A16", "w8a16", 8.0),
        ("a/m-W4AFP8", "w4afp8", 4.0),
        ("a/m-NVFP4A16", "nvfp4", 4.5),
        ("a/m-AWQ-4bit", "awq", 4.0),
        ("a/m-FP8", "fp8", 8.0),
        ("a/m.IQ4_XS", "gguf", None),
    ],
)
def test_names_tell_how_weights_are_packed(model_id: str, method: str, bits: float | None):
    found = read({"id": model_id}).quantization
    assert (found.method, found.bits) == (method, bits)


@pytest.mark.parametrize("name", ["m-16bit", "m-q4_0-unquantized", "hash-4b", "quark-135m", "m-32bit", "v1-7b"])
def test_full_weights_are_not_taken_for_packed_ones(name: str):
    assert read({"id": f"a/{name}"}).quantization is None


@pytest.mark.parametrize(
    ("record", "relation"),
    [
        ({"id": "a/llama-4bit-tuned", "tags": ["peft"]}, Relation.ADAPTER),
        ({"id": "a/llama-tuned", "library_name": "peft"}, Relation.ADAPTER),
        ({"id": "a/llama-8b-AWQ"}, Relation.QUANTIZED),
        ({"id": "a/llama-8b"}, Relation.CONVERTED),
        ({"id": "a/llama-8b", "tags": ["base_model:finetune:meta/Llama-8B"]}, Relation.CONVERTED),
        ({"id": "a/llama-8b-onnx"}, Relation.CONVERTED),
        ({"id": "a/distil-llama"}, Relation.DISTILLED),
        ({"id": "a/llama-8b-chat"}, Relation.FINE_TUNE),
        ({"id": "a/llama-8b-chat", "tags": ["base_model:merge:meta/Llama-8B"]}, Relation.MERGE),
    ],
)
def test_how_a_model_came_from_its_base_is_told_by_what_it_is(record, relation: Relation):
    found = read({"cardData": {"base_model": "meta/Llama-8B"}, **record})
    assert (found.base_model, found.relation) == ("meta/Llama-8B", relation)


def test_the_tokenizer_is_that_of_the_nearest_repository_that_holds_one():
    base = read({"id": "a/base", "siblings": [{"rfilename": "tokenizer.json"}]})
    tuned = read(
        {"id": "b/tuned", "cardData": {"base_model": "a/base"}, "siblings": [{"rfilename": "model.safetensors"}]}
    )
    silent = read({"id": "c/silent", "cardData": {"base_model": "b/tuned"}})
    packed = read({"id": "d/tuned-GGUF", "cardData": {"base_model": "b/tuned"}})
    configured = read({"id": "e/own", "config": {"tokenizer_config": {"eos_token": "</s>"}}})
    assert (base.has_tokenizer, tuned.has_tokenizer, silent.has_tokenizer) == (True, False, None)
    assert tokenizer_of([silent, tuned, base])[0] == "a/base"
    assert tokenizer_of([packed, tuned, base])[0] == "d/tuned-GGUF"
    assert tokenizer_of([configured])[0] == "e/own"
    assert tokenizer_of([silent, tuned]) == tokenizer_of([]) == ("", "")


def test_a_packing_that_stands_under_a_model_tells_whether_its_record_or_its_name_says_so():
    stated = read({"id": "b/Nova-7B-AWQ", "cardData": {"base_model": "org/Nova-7B"}})
    silent = read({"id": "a/Nova-7B-AWQ"})
    told = [kin_of(m, "org/Nova-7B") for m in (stated, silent)]
    assert [(k.base_model, k.relation, k.by_name) for k in told] == [
        ("org/Nova-7B", Relation.QUANTIZED, False),
        ("org/Nova-7B", Relation.QUANTIZED, True),
    ]
