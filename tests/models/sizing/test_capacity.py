"""What a GPU type holds: fewest GPUs, what is left, and the edges beyond which nothing fits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.domain.sizing import Case, GpuShape, ModelShape, Usage, size, size_on, usable_bytes
from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.capacity import GPU_COUNTS, Capacity
from services.models.domain.sizing.demand import BATCHES, CHUNKS, LOGITS_WITH_COPY, WHOLE, Demand, Load, Passes, demand
from services.models.domain.sizing.parallelism import Split, allowed_splits
from tests.models.sizing import shapes


def _needs(shape: ModelShape, precision: str = "bf16") -> Demand:
    return demand(complete(shape._replace(context=None)), precision=precision, kv_precision="bf16")


def _need(needs: Demand, split: Split, context: int, load: int, passes: Passes = CHUNKS) -> float:
    return needs.need(split, Load(context, load, passes)).total


@given(shapes.MODELS, shapes.PRECISIONS, shapes.CONTEXTS, shapes.LOADS)
def test_the_fewest_gpus_fit_and_the_next_fewer_do_not(
    shape: ModelShape, precision: str, context: int, load: int
) -> None:
    needs = _needs(shape, precision)
    found = size_on(needs, shapes.H100, context_tokens=context, concurrency=load)
    room = usable_bytes(shapes.H100)
    assert found.fits == (found.per_gpu_bytes <= room)
    assert found.headroom_bytes == room - found.per_gpu_bytes
    if found.fits and found.gpus > 1:
        fewer = GPU_COUNTS[GPU_COUNTS.index(found.gpus) - 1]
        for split in allowed_splits(needs.model, fewer):
            assert _need(needs, split, context, load) > room


@given(
    shapes.MODELS,
    shapes.PRECISIONS,
    shapes.CONTEXTS,
    shapes.LOADS,
    st.sampled_from([CHUNKS, WHOLE, BATCHES, BATCHES._replace(logit_bytes=LOGITS_WITH_COPY)]),
)
def test_the_largest_context_and_concurrency_fit_and_a_little_more_does_not(
    shape: ModelShape, precision: str, context: int, load: int, passes: Passes
) -> None:
    needs, room = _needs(shape, precision), usable_bytes(shapes.H100)
    found = size_on(needs, shapes.H100, context_tokens=context, concurrency=load, passes=passes)
    if not found.fits:
        return
    limit = 1 << 24
    assert found.max_context_tokens >= context
    assert found.max_concurrency >= load
    splits = allowed_splits(needs.model, found.split.gpus)

    def least(context: int, load: int) -> float:
        return min(_need(needs, split, context, load, passes) for split in splits)

    assert least(found.max_context_tokens, load) <= room * (1 + 1e-9)
    assert least(context, found.max_concurrency) <= room * (1 + 1e-9)
    if found.max_context_tokens < limit:
        assert least(found.max_context_tokens + 2, load) > room
    if found.max_concurrency < limit:
        assert least(context, found.max_concurrency + 2) > room


@given(shapes.MODELS, shapes.PRECISIONS, shapes.CONTEXTS, shapes.LOADS)
def test_the_limits_are_those_of_the_verdict_where_no_engine_is_said(
    shape: ModelShape, precision: str, context: int, load: int
) -> None:
    usage = Usage(precision=precision, context_tokens=context, concurrency=load)
    case = Case(shape._replace(context=None), usage, shapes.H100)
    found = size(case).capacity
    assert found is not None
    if not found.fits:
        return

    def holds(**more: int) -> bool:
        asked = size(case._replace(usage=replace(usage, **more), gpus=found.gpus)).capacity
        return asked is not None and asked.fits

    assert holds(context_tokens=found.max_context_tokens)
    assert holds(concurrency=found.max_concurrency)
    if found.max_context_tokens < 1 << 24:
        assert not holds(context_tokens=found.max_context_tokens + 2)
    if found.max_concurrency < 1 << 24:
        assert not holds(concurrency=found.max_concurrency + 2)


def test_seventy_billion_at_16_bit_need_two_large_gpus_and_one_at_four_bits() -> None:
    wide = size_on(_needs(shapes.LLAMA_70B), shapes.H100, context_tokens=8192, concurrency=1)
    narrow = size_on(_needs(shapes.LLAMA_70B, "awq"), shapes.H100, context_tokens=8192, concurrency=1)
    assert wide.gpus == 2
    assert narrow.gpus == 1


def test_a_model_that_no_count_holds_is_said_not_to_fit() -> None:
    found = size_on(_needs(shapes.DEEPSEEK_V3), GpuShape("tiny", 1), context_tokens=100, concurrency=1)
    assert not found.fits
    assert found.gpus == 0
    assert found.headroom_bytes < 0


def test_the_context_never_exceeds_what_the_model_takes() -> None:
    needs = demand(complete(shapes.LLAMA_8B), precision="q4_k_m", kv_precision="fp8")
    found = size_on(needs, GpuShape("huge", 10_000), context_tokens=100, concurrency=1)
    assert found.max_context_tokens == 131072


def test_a_stated_count_is_kept_even_when_it_does_not_fit() -> None:
    found = size_on(_needs(shapes.LLAMA_70B), shapes.L4, context_tokens=100, concurrency=1, gpus=2)
    assert (found.gpus, found.fits) == (2, False)


def test_a_count_that_no_split_allows_holds_nothing() -> None:
    found = size_on(_needs(shapes.LLAMA_8B), shapes.H100, context_tokens=100, concurrency=1, gpus=97)
    assert allowed_splits(_needs(shapes.LLAMA_8B).model, 97) == ()
    assert (found.gpus, found.fits, found.max_context_tokens, found.max_concurrency) == (0, False, 0, 0)


@pytest.mark.parametrize(
    ("need", "most", "borderline"),
    [
        (79, 0, False),
        (81, 0, True),
        (100, 0, True),
        (124, 0, True),
        (126, 0, False),
        (50, 101, True),
        (126, 200, False),
    ],
)
def test_a_verdict_is_borderline_where_it_would_turn_within_the_band_or_by_other_defaults(
    need: float, most: float, borderline: bool
) -> None:
    """Of 100 usable bytes and a band of a quarter: from 80 to 125."""
    verdict = Capacity(1, Split(), need <= 100, need, 100 - need, 100, 0, 0, most)
    assert verdict.is_borderline(0.25) == borderline
