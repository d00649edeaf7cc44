"""The KV cache follows from the architecture alone, so it must be exact."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from services.models.domain.sizing import ModelShape
from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.kv_cache import kv_layout
from tests.models.sizing import shapes
from tests.models.sizing.records import shape_from_record


def _bytes(shape: ModelShape, context: int) -> float:
    return kv_layout(complete(shape)).sequence_bytes(context_tokens=context)


@pytest.mark.parametrize(
    ("shape", "per_token"),
    [(shapes.LLAMA_8B, 131072), (shapes.LLAMA_70B, 327680), (shapes.MIXTRAL, 131072), (shapes.DEEPSEEK_V3, 70272)],
)
def test_a_full_attention_cache_grows_by_the_bytes_of_its_layers(shape: ModelShape, per_token: int) -> None:
    assert _bytes(shape, 1) == per_token
    assert _bytes(shape, 5000) == 5000 * per_token


def test_multi_query_attention_keeps_one_head() -> None:
    many = shapes.LLAMA_8B._replace(kv_heads=32)
    one = shapes.LLAMA_8B._replace(kv_heads=1, attention="MQA")
    assert _bytes(many, 10) == 32 * _bytes(one, 10)
    assert kv_layout(complete(one)).kind == "MQA"


def test_window_layers_stop_growing_at_their_window() -> None:
    inside, at, beyond = (_bytes(shapes.GEMMA_WINDOW, context) for context in (512, 1024, 2048))
    per_token_full = 10 * 2 * 16 * 128 * 2
    assert at == 2 * inside
    assert beyond - at == 1024 * per_token_full


def test_recurrent_state_does_not_grow_with_the_context_and_is_an_assumption() -> None:
    layout = kv_layout(complete(shapes.MAMBA))
    assert layout.sequence_bytes(context_tokens=10) == layout.sequence_bytes(context_tokens=100_000) > 0
    assert [note.field for note in layout.assumptions] == ["state_bytes"]


def test_a_stated_recurrent_state_is_used_as_stated() -> None:
    stated = shapes.MAMBA._replace(state_bytes=1000.0, state_layers=64)
    assert _bytes(stated, 7) == 64_000


def test_an_encoder_keeps_nothing_and_an_encoder_decoder_keeps_both_attentions() -> None:
    assert _bytes(shapes.LLAMA_8B._replace(arch="encoder"), 4096) == 0
    assert _bytes(shapes.LLAMA_8B._replace(arch="encoder-decoder"), 100) == 2 * _bytes(shapes.LLAMA_8B, 100)


def test_layers_of_unknown_kind_count_as_full_attention_and_say_so() -> None:
    unknown = shapes.LLAMA_8B._replace(attention="hybrid (layer types unknown)", kv_layers_full=None)
    layout = kv_layout(complete(unknown))
    assert layout.full_per_token == kv_layout(complete(shapes.LLAMA_8B)).full_per_token
    assert [note.field for note in layout.assumptions] == ["kv_layers_full"]


def test_the_cache_is_exact_for_every_published_architecture(shared_data: Path) -> None:
    checked = 0
    with (shared_data / "data" / "architectures.csv").open(encoding="utf-8") as file:
        for record in csv.DictReader(file):
            if not record["kv_bytes_per_token_16bit"]:
                continue
            layout = kv_layout(complete(shape_from_record(record)))
            assert layout.full_per_token * 2 == pytest.approx(float(record["kv_bytes_per_token_16bit"]), rel=0.01), (
                record
            )
            if record["kv_window_bytes_16bit_max"]:
                held = layout.window_per_token * layout.window * 2
                assert held == pytest.approx(float(record["kv_window_bytes_16bit_max"]), rel=0.01), record
            checked += 1
    assert checked > 150
