"""Serving memory: sums, splits and monotonicity hold for any model, and known figures come out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.domain.sizing import GIB, Case, ModelShape, Usage, estimate_inference, size
from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.parallelism import Split, choose_split
from tests.models.sizing import shapes


@given(shapes.MODELS, shapes.PRECISIONS, shapes.CONTEXTS, shapes.LOADS, st.sampled_from([1, 2, 3, 4, 6, 8, 16]))
def test_terms_and_shares_both_sum_to_the_total(
    shape: ModelShape, precision: str, context: int, load: int, gpus: int
) -> None:
    if choose_split(complete(shape), gpus) is None:
        return
    estimate = estimate_inference(shape, precision=precision, context_tokens=context, concurrency=load, gpus=gpus)
    assert len(estimate.shares) == gpus
    assert sum(term.bytes for term in estimate.terms) == pytest.approx(estimate.total_bytes)
    assert sum(estimate.shares) == pytest.approx(estimate.total_bytes)
    assert max(estimate.shares) == estimate.per_gpu_bytes
    assert all(term.formula and term.source and term.bytes > 0 for term in estimate.terms)


@given(shapes.MODELS, shapes.PRECISIONS, shapes.CONTEXTS, shapes.LOADS)
def test_more_context_or_more_requests_never_need_less(
    shape: ModelShape, precision: str, context: int, load: int
) -> None:
    def total(context_tokens: int, concurrency: int) -> float:
        return estimate_inference(
            shape, precision=precision, context_tokens=context_tokens, concurrency=concurrency
        ).total_bytes

    base = total(context, load)
    assert total(context + 100, load) >= base
    assert total(context, load + 1) > base


@given(st.floats(1e8, 1e12), st.floats(1.01, 10))
def test_more_parameters_need_more_weights(parameters: float, factor: float) -> None:
    small = estimate_inference(ModelShape(parameters=parameters), precision="bf16", context_tokens=1)
    large = estimate_inference(ModelShape(parameters=parameters * factor), precision="bf16", context_tokens=1)
    assert large.term("weights") > small.term("weights")
    assert small.term("weights") == pytest.approx(2 * parameters)


@given(shapes.MODELS, st.sampled_from([2, 4, 8]))
def test_tensor_parallelism_divides_the_weights_evenly(shape: ModelShape, tensor: int) -> None:
    whole = estimate_inference(shape, precision="bf16", context_tokens=128)
    split = estimate_inference(shape, precision="bf16", context_tokens=128, split=Split(tensor, 1))
    assert split.term("weights") == pytest.approx(whole.term("weights"))
    assert len(set(split.shares)) == 1


def test_more_gpus_than_kv_heads_repeat_the_cache() -> None:
    few = shapes.LLAMA_8B._replace(kv_heads=2)
    whole = estimate_inference(few, precision="bf16", context_tokens=4096)
    split = estimate_inference(few, precision="bf16", context_tokens=4096, split=Split(8, 1))
    assert split.term("kv_cache") == pytest.approx(4 * whole.term("kv_cache"))


def test_llama_8b_at_16_bit_holds_its_weights_and_a_gib_of_cache_per_8192_tokens() -> None:
    estimate = estimate_inference(shapes.LLAMA_8B, precision="bf16", context_tokens=8192, concurrency=4)
    assert estimate.term("weights") == pytest.approx(16.06e9)
    assert estimate.term("kv_cache") == 4 * GIB


def test_an_eight_bit_cache_is_half_a_sixteen_bit_one() -> None:
    wide = estimate_inference(shapes.LLAMA_8B, precision="bf16", context_tokens=1000)
    narrow = estimate_inference(shapes.LLAMA_8B, precision="bf16", kv_precision="fp8", context_tokens=1000)
    assert narrow.term("kv_cache") == wide.term("kv_cache") / 2


def test_a_mixture_of_experts_keeps_all_experts_in_memory() -> None:
    estimate = estimate_inference(shapes.MIXTRAL, precision="bf16", context_tokens=1)
    assert estimate.term("weights") == pytest.approx(2 * 46.7e9)


def test_what_was_not_said_is_among_the_assumptions() -> None:
    estimate = estimate_inference(ModelShape(parameters=7e9))
    fields = {note.field for note in estimate.assumptions}
    assert fields >= {"precision", "kv_precision", "context_tokens", "concurrency", "architecture"}
    assert estimate.context_tokens == 2048
    said = estimate_inference(shapes.LLAMA_8B, precision="bf16", kv_precision="bf16", context_tokens=100, concurrency=1)
    assert said.assumptions == ()


def test_dimensions_estimated_from_parameters_widen_the_band() -> None:
    known = estimate_inference(shapes.LLAMA_8B, precision="bf16", context_tokens=1000)
    guessed = estimate_inference(ModelShape(parameters=8.03e9), precision="bf16", context_tokens=1000)
    assert guessed.error > known.error


def test_a_vision_tower_stays_at_16_bit() -> None:
    plain = estimate_inference(shapes.LLAMA_8B, precision="awq", context_tokens=1)
    seeing = shapes.LLAMA_8B._replace(parameters=8.63e9, other_parameters=0.6e9)
    difference = estimate_inference(seeing, precision="awq", context_tokens=1).term("weights") - plain.term("weights")
    assert difference == pytest.approx(1.2e9)


def test_a_split_that_heads_or_layers_forbid_is_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match="32 attention heads do not divide by a tensor-parallel degree of 3"):
        estimate_inference(shapes.LLAMA_8B, split=Split(3, 1))
    with pytest.raises(ValueError, match="64 pipeline stages for 32 layers"):
        estimate_inference(shapes.LLAMA_8B, split=Split(1, 64))


def test_an_unknown_precision_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown precision 'int5'; known are .*bf16"):
        estimate_inference(shapes.LLAMA_8B, precision="int5")


def test_a_load_below_one_is_refused_naming_each() -> None:
    with pytest.raises(ValueError, match="context_tokens is 0; it must be at least 1; concurrency is -1"):
        estimate_inference(shapes.LLAMA_8B, context_tokens=0, concurrency=-1)


@pytest.mark.parametrize(("asked", "told"), [(131_072, False), (131_073, True)])
def test_a_context_beyond_what_the_model_takes_is_said_to_be(asked: int, told: bool) -> None:
    usage = Usage(context_tokens=asked, engine="vllm")
    sized = size(Case(shapes.LLAMA_8B, usage, shapes.H100))
    assert any(a.field == "context_tokens" and "131,072" in a.why for a in sized.estimate.assumptions) == told
