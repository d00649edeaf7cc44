"""Whatever a record lacks or says, sizing answers with finite, positive figures, or with a sentence."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.domain.sizing import Case, ModelShape, Usage, estimate_performance, size
from tests.models.sizing import shapes


def _maybe(values: st.SearchStrategy[int]) -> st.SearchStrategy[int | None]:
    return st.none() | values


def _shape(**dimensions: Any) -> ModelShape:
    return ModelShape(**dimensions)


SHAPES = st.builds(
    _shape,
    parameters=st.none() | st.floats(1e5, 2e12),
    active_parameters=st.none(),
    layers=_maybe(st.integers(1, 128)),
    hidden=_maybe(st.integers(1, 20000)),
    intermediate=_maybe(st.integers(1, 60000)),
    heads=_maybe(st.integers(0, 128)),
    kv_heads=_maybe(st.integers(0, 128)),
    head_dim=_maybe(st.integers(0, 512)),
    vocab=_maybe(st.integers(0, 300000)),
    context=_maybe(st.integers(1, 10_000_000)),
    attention=st.sampled_from(["", "GQA", "MHA", "MLA", "hybrid mamba+GQA", "mamba", "hybrid sliding+GQA", "words"]),
    kv_lora_rank=_maybe(st.integers(0, 512)),
    kv_layers_full=_maybe(st.integers(0, 64)),
    kv_layers_window=_maybe(st.integers(0, 64)),
    window=_maybe(st.integers(0, 8192)),
    experts=_maybe(st.integers(0, 512)),
    experts_per_token=_maybe(st.integers(0, 16)),
    tied_embeddings=st.none() | st.booleans(),
    encoder_layers=_maybe(st.integers(0, 48)),
    arch=st.sampled_from(["decoder", "encoder", "encoder-decoder", "diffusion", "cnn", "unet3d", "pair", "other"]),
    task=st.sampled_from(["", "text-generation", "text-to-video", "image-segmentation"]),
)
USAGES = st.builds(
    Usage,
    workload=st.sampled_from(["inference", "full", "lora", "qlora", "freeze"]),
    precision=st.sampled_from(["", "bf16", "fp8", "nf4", "awq", "q4_k_m", "fp32"]),
    context_tokens=st.none() | st.integers(1, 1_000_000),
    concurrency=st.none() | st.integers(1, 1000),
)


@given(SHAPES, USAGES, st.sampled_from([None, shapes.H100, shapes.L4]), st.sampled_from([0, 1, 2, 8]))
def test_any_record_is_sized_or_refused_with_a_sentence(
    shape: ModelShape, usage: Usage, gpu: shapes.GpuShape | None, gpus: int
) -> None:
    try:
        found = size(Case(shape, usage, gpu, gpus))
    except ValueError as error:
        assert len(str(error)) > 10  # noqa: PT017 - either outcome is right
        return
    assert math.isfinite(found.estimate.total_bytes)
    assert found.estimate.total_bytes > 0
    assert all(term.bytes > 0 for term in found.estimate.terms)
    if found.capacity is not None:
        assert math.isfinite(found.capacity.per_gpu_bytes)
        assert found.capacity.max_context_tokens >= 0
        assert found.capacity.max_concurrency >= 0


@given(SHAPES, st.integers(1, 500), st.sampled_from(["vllm", "transformers", "llama.cpp"]))
def test_any_record_has_a_speed_or_is_refused_with_a_sentence(shape: ModelShape, load: int, engine: str) -> None:
    if not shape.causal:
        with pytest.raises(ValueError, match="writes no tokens"):
            estimate_performance(shape, shapes.H100, concurrency=load, engine=engine)
        return
    found = estimate_performance(shape, shapes.H100, concurrency=load, engine=engine)
    assert 0 < found.total_tokens_per_s < math.inf
    assert 0 < found.time_to_first_token_s <= found.request_s
