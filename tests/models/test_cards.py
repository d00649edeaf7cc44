"""Cards and records as the Hub has them: anything may stand in them, and nothing of it may break an import."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.domain.model import Relation
from services.models.domain.weighing import weights_of
from services.models.ingest.card import (
    MAX_PASSAGES,
    PASSAGE_CHARS,
    paragraphs,
    passages,
    split_front_matter,
    stated_task,
    summary,
)
from services.models.ingest.hub_record import RefusedRecordError, head_of
from tests.models.builders import READER, read


@pytest.mark.parametrize(
    ("card", "front", "body"),
    [
        ("---\nlicense: mit\n---\nText", {"license": "mit"}, "Text"),
        ("\ufeff---\r\nlicense: mit\r\n---\r\nText", {"license": "mit"}, "Text"),
        ("---\nlicense: [mit\n---\nText", {}, "Text"),
        ("---\n- a\n---\nText", {}, "Text"),
        ("---\n---\nText", {}, "Text"),
        ("---\nlicense: mit\nText", {}, "---\nlicense: mit\nText"),
        ("Text", {}, "Text"),
    ],
)
def test_front_matter_is_told_from_the_body(card, front, body):
    assert split_front_matter(card) == (front, body)


def test_code_images_links_and_markup_are_no_text():
    card = """# Title

<div align="center"><img src="x.png"></div> <!-- hidden -->
![logo](http://a/b.png) It **translates** [news](http://x.org/a_(b)) from `German`.

```python
print("no text")
```

| a | b |
|---|---|
| 1 | 2 |
"""
    assert paragraphs(card) == (("Title", True), ("It translates news from German.", False), ("a b 1 2", False))


@given(st.text(max_size=3_000))
def test_any_text_is_cut_into_bounded_passages(text):
    found = passages(text, head="org/model\ntranslation")
    assert 1 <= len(found) <= MAX_PASSAGES
    assert all(p.startswith("org/model") for p in found)
    assert all(len(p) <= 2 * PASSAGE_CHARS for p in found)
    assert len(summary(text, limit=300)) <= 300


def test_of_a_long_card_the_first_passages_are_kept():
    card = "\n\n".join(f"Paragraph {n}. " + "It is about sourdough. " * 30 for n in range(100))
    found = passages(card, head="org/model\ntranslation")
    assert len(found) == MAX_PASSAGES
    assert "Paragraph 0." in found[0]
    assert all(len(passage) <= PASSAGE_CHARS for passage in found)


@pytest.mark.parametrize(
    ("line", "task"),
    [
        ("Task: Computer Vision Image Classification. More.", "image-classification"),
        ("Task: Multimodal Document Question Answer. More.", "document-question-answering"),
        ("**Task:** Zero-Shot Image Classification", "zero-shot-image-classification"),
        ("pipeline_tag: text-to-speech", "text-to-speech"),
        ("It classifies images.", ""),
        ("Task: something else", ""),
    ],
)
def test_a_task_that_a_card_states_is_read(line, task):
    assert stated_task(f"# Model\n\n{line}\n", READER.tasks) == task


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    "id", "pipeline_tag", "library_name", "tags", "downloads", "likes", "gated", "cardData", "safetensors", "config",
    "gguf", "createdAt",
)  # fmt: skip
INNER = ("license", "language", "base_model", "base_model_relation", "total", "parameters", "quantization_config")


@given(
    st.fixed_dictionaries(
        {},
        optional={
            f: json_values | st.fixed_dictionaries({}, optional=dict.fromkeys(INNER, json_values)) for f in FIELDS
        },
    )
)
def test_any_record_becomes_a_model_or_is_refused(record):
    try:
        found = read(record)
    except RefusedRecordError as error:
        assert "id" in str(error)  # noqa: PT017 - either outcome is right
    else:
        assert found.model_id == record["id"]
        assert head_of(found, "").startswith(found.model_id)
        assert type(found).model_validate_json(found.model_dump_json()) == found


def test_what_a_record_does_not_state_stays_unset():
    found = read({"id": "a/b"})
    assert (found.parameters, found.downloads, found.gated, found.task, found.precision) == (None, None, None, "", "")
    assert found.license.license_id == ""
    assert "No licence is stated" in found.license.note


def test_packed_weights_are_not_counted_as_parameters():
    packed = {"id": "a/b-AWQ", "safetensors": {"total": 5, "parameters": {"I32": 4, "F16": 1}}}
    assert read(packed).parameters is None


@pytest.mark.parametrize(
    ("record", "base", "relation"),
    [
        ({"id": "a/b-GGUF", "cardData": {"base_model": "c/b"}}, "c/b", Relation.QUANTIZED),
        ({"id": "a/b", "tags": ["base_model:adapter:c/b"]}, "c/b", Relation.ADAPTER),
        ({"id": "a/b", "cardData": {"base_model": ["c/b", "d/e"]}}, "c/b", Relation.FINE_TUNE),
        ({"id": "a/b-onnx", "cardData": {"base_model": "c/b"}}, "c/b", Relation.CONVERTED),
        ({"id": "a/b", "cardData": {"base_model": "a/b"}}, "", Relation.UNKNOWN),
    ],
)
def test_where_a_model_came_from_is_read(record, base, relation):
    found = read(record)
    assert (found.base_model, found.relation) == (base, relation)


def test_the_hubs_traps_are_known():
    found = read({"id": "a/b", "cardData": {"language": False, "license": "other", "license_name": "my-license"}})
    assert found.languages == ("no",)
    assert found.license.license_id == "my-license"
    assert read({"id": "a/b", "tags": ["tf", "de"]}).languages == ("de",)
    assert read({"id": "a/b", "gated": "manual"}).gated is True
    assert read({"id": "a/b", "gated": False}).gated is False


@pytest.mark.parametrize(
    ("model_id", "tags", "method"),
    [
        ("mlx-community/Nova-8B-bf16", ("mlx", "gguf"), ""),
        ("mlx-community/Nova-8B", ("mlx",), ""),
        ("org/Nova-8B-MLX-fp16", ("mlx",), ""),
        ("org/Nova-8B-ONNX", (), ""),
        ("mlx-community/Nova-8B-4bit", ("mlx",), "mlx"),
        ("mlx-community/Nova-8B-mxfp4", ("mlx",), "mxfp4"),
        ("mlx-community/Nova-8B-mlx-DQ3_K_M", ("mlx",), "mlx"),
        ("gguf-makers/Nova-8B", (), ""),
        ("org/Nova-8B", ("gguf",), "gguf"),
    ],
)
def test_weights_are_packed_where_the_name_or_a_tag_says_so_and_neither_owner_nor_engine_does(model_id, tags, method):
    found = read({"id": model_id, "tags": list(tags), "safetensors": {"total": 8_000_000_000}})
    assert (found.quantization.method if found.quantization else "") == method
    weights = weights_of(found)
    assert weights is not None
    assert (weights.published_gib == pytest.approx(16e9 / 2**30)) is not bool(method)


def test_elements_that_hold_several_weights_are_no_count_of_parameters():
    packed = {"total": 1_300_000_000, "parameters": {"U32": 1_000_000_000, "F16": 300_000_000}}
    assert read({"id": "org/Nova-8B-MLX", "safetensors": packed}).parameters is None
    by_eights = {"total": 8_000_000_000, "parameters": {"I8": 7_000_000_000, "F16": 1_000_000_000}}
    assert read({"id": "org/Nova-8B-GPTQ", "safetensors": by_eights}).parameters is None
    whole = {"total": 8_000_000_000, "parameters": {"BF16": 7_999_999_000, "I32": 1_000}}
    assert read({"id": "org/Nova-8B-MLX", "safetensors": whole}).parameters == 8_000_000_000
