"""Over all models of the starter set, whatever their kind: who asks for more never needs less, and more GPUs never need
more of each.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.domain.shaping import shape_of_model
from services.models.domain.sizing import Case, GpuShape, MemoryEstimate, ModelShape, Sized, Usage, size
from services.models.domain.sizing.demand import LINK_BYTES
from services.models.ingest import starter
from tests.models.sizing import shapes

MODELS = st.sampled_from([shape_of_model(model) for _, model in sorted(starter.models().items())])
LADDERS = (
    ("iq1_s", "q2_k", "q3_k_m", "q4_k_m", "q5_k_m", "q6_k", "q8_0", "bf16", "fp32"),
    ("int3", "int4", "fp8", "bf16", "fp32"),
    ("nf4", "int8", "bf16"),
    ("mxfp4", "fp8"),
    ("nvfp4", "fp8"),
)
STEPS = st.sampled_from([pair for ladder in LADDERS for pair in pairwise(ladder)])
MORE: dict[str, st.SearchStrategy[int]] = {
    "context_tokens": st.integers(1, 100_000),
    "concurrency": st.integers(1, 2000),
    "batch_size": st.integers(1, 32),
    "image_size": st.integers(32, 2048),
    "frames": st.integers(2, 200),
    "lora_rank": st.integers(1, 64),
}
WORKLOADS = st.sampled_from(["inference", "full", "lora", "qlora", "freeze"])
SLACK = 1 + 1e-9


def sized(shape: ModelShape, usage: Usage, gpus: int = 0, gpu: GpuShape = shapes.H100) -> Sized | None:
    """Return the answer; None where there is none, such as for ranks wider than the model."""
    try:
        return size(Case(shape, usage, gpu, gpus))
    except ValueError:
        return None


def _tiled(answer: Sized) -> bool:
    """Return whether a clip is taken as decoded in tiles, as large ones are, which the answer then says."""
    return any(note.field == "vae_tiling" for note in answer.estimate.assumptions)


def held(estimate: MemoryEstimate) -> float:
    """Return the bytes without copies that some formats make of a matrix to work on it."""
    return estimate.total_bytes - estimate.term("expanded_weights")


@given(MODELS, STEPS)
def test_wider_weights_never_need_less(shape: ModelShape, step: tuple[str, str]) -> None:
    narrow, wide = (size(Case(shape, Usage(precision=p, context_tokens=512))).estimate for p in step)
    assert held(narrow) <= held(wide) * SLACK


@pytest.mark.parametrize("field", MORE)
@given(st.data())
def test_more_of_anything_never_needs_less(field: str, data: st.DataObject) -> None:
    shape, workload = data.draw(MODELS), data.draw(WORKLOADS)
    less, more = sorted((data.draw(MORE[field]), data.draw(MORE[field])))
    usage = Usage(workload=workload, checkpointing=True, context_tokens=512, batch_size=2)
    asked: list[dict[str, Any]] = [{field: less}, {field: more}]
    first, second = (sized(shape, replace(usage, **said), gpus=1) for said in asked)
    if first is None or second is None or _tiled(first) != _tiled(second):
        return
    assert first.estimate.total_bytes <= second.estimate.total_bytes * SLACK
    fewer, many = (sized(shape, replace(usage, **said)) for said in asked)
    if fewer and many and fewer.capacity and many.capacity and many.capacity.gpus:
        assert 0 < fewer.capacity.gpus <= many.capacity.gpus


@given(MODELS, st.sampled_from(["", "vllm", "transformers"]), st.integers(1, 64))
def test_more_gpus_never_need_more_of_each_but_for_their_links(shape: ModelShape, engine: str, load: int) -> None:
    usage = Usage(engine=engine, context_tokens=2048, concurrency=load, precision="bf16")
    answers = [sized(shape, usage, gpus) for gpus in (1, 2, 4, 8, 16, 32)]
    split = [a.estimate.per_gpu_bytes for a in answers if a and a.capacity and a.capacity.gpus]
    for fewer, more in pairwise(split):
        assert more <= (fewer + LINK_BYTES) * SLACK


@given(MODELS, st.sampled_from(["full", "lora", "qlora"]))
def test_full_sharding_over_more_gpus_never_needs_more_of_each(shape: ModelShape, method: str) -> None:
    usage = Usage(workload=method, zero_stage=3, batch_size=1, context_tokens=512)
    answers = [sized(shape, usage, gpus) for gpus in (2, 4, 8, 16, 64)]
    each = [a.estimate.per_gpu_bytes for a in answers if a]
    for fewer, more in pairwise(each):
        assert more <= fewer * SLACK
