"""Every term's formula, put into a pocket calculator, yields the term."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from services.models.domain.shaping import shape_of_model
from services.models.domain.sizing import Basis, Case, MemoryEstimate, ModelShape, Published, Usage, size
from services.models.domain.sizing.terms import GIB
from services.models.ingest import starter
from tests.models.sizing import shapes
from tests.models.sizing.test_any_record import SHAPES


def figure(formula: str) -> float:
    """Return what a formula yields, in bytes: words are units, what follows a semicolon or a comma is a remark."""
    total = re.split("[;,]", formula)[0].replace("GiB", f"* {GIB}")
    plain = re.sub(r"(?<![\w.])[A-Za-z][A-Za-z-]*", lambda word: "*" if word[0] == "x" else "", total)
    assert re.fullmatch(r"[\d.e+*/() -]+", plain), formula
    return float(eval(plain, {"__builtins__": {}}))


def astray(estimate: MemoryEstimate) -> list[tuple[str, str, float]]:
    """Return the terms whose formula yields another figure, and the total where the terms have another sum."""
    terms = estimate.terms
    found = [(t.name, t.formula, t.bytes) for t in terms if figure(t.formula) != pytest.approx(t.bytes, rel=1e-3)]
    if sum(term.bytes for term in terms) != pytest.approx(estimate.total_bytes):
        found.append(("total", "sum of the terms", estimate.total_bytes))
    return found


ENGINES = st.sampled_from(["", "vllm", "transformers", "llama.cpp"])
FRAMEWORKS = st.sampled_from(["", "LitGPT", "torchtune", "deepspeed", "unsloth", "axolotl", "torchtitan"])
PRECISIONS = st.sampled_from(["", "fp32", "fp8", "int8", "nf4", "awq", "mxfp4", "q4_k_m", "iq2_xxs", "mlx-4bit"])
SERVING = st.builds(
    Usage,
    precision=PRECISIONS,
    kv_precision=st.sampled_from(["", "fp8"]),
    context_tokens=st.none() | st.integers(1, 1_000_000),
    concurrency=st.none() | st.integers(1, 1000),
    engine=ENGINES,
    image_size=st.none() | st.integers(64, 2048),
    frames=st.none() | st.integers(1, 200),
    offload=st.sampled_from(["", "parameters"]),
)
TRAINING: dict[str, st.SearchStrategy[Any]] = {
    "workload": st.sampled_from(["full", "lora", "qlora", "freeze", "adapter"]),
    "context_tokens": st.none() | st.integers(1, 20_000),
    "batch_size": st.none() | st.integers(1, 16),
    "optimizer": st.sampled_from(["", "adamw_8bit", "sgd", "adafactor", "galore_layerwise", "paged_adamw", "lion"]),
    "zero_stage": st.none() | st.integers(0, 3),
    "checkpointing": st.none() | st.booleans(),
    "lora_rank": st.none() | st.integers(1, 64),
    "offload": st.sampled_from(["", "optimizer", "parameters"]),
    "engine": FRAMEWORKS,
    "precision": st.sampled_from(["", "bf16", "pure bf16", "fp32", "bf16 mixed", "nf4"]),
    "image_size": st.none() | st.integers(64, 512),
}
GPUS = st.sampled_from([1, 2, 3, 8, 16])


def sized(shape: ModelShape, usage: Usage, gpus: int) -> MemoryEstimate:
    """Return the estimate; a case that is refused is drawn again."""
    try:
        return size(Case(shape, usage, shapes.H100, gpus)).estimate
    except ValueError:
        reject()


USES = (
    Usage(),
    Usage(precision="nf4", concurrency=8, offload="parameters"),
    Usage(precision="fp16", context_tokens=32_000, concurrency=3, engine="transformers"),
    Usage(workload="full"),
    Usage(workload="full", optimizer="sgd", precision="bf16", batch_size=3),
    Usage(workload="lora", context_tokens=300, offload="optimizer"),
)


def test_the_formulas_of_every_model_of_the_starter_set_yield_their_figures() -> None:
    for model in starter.models().values():
        for usage in USES:
            assert astray(size(Case(shape_of_model(model), usage, shapes.H100, 2)).estimate) == []


@given(shapes.MODELS, SERVING, GPUS)
def test_the_formulas_of_serving_known_shapes_yield_their_figures(shape: ModelShape, usage: Usage, gpus: int) -> None:
    assert astray(sized(shape, usage, gpus)) == []


@given(SHAPES, SERVING, GPUS)
def test_the_formulas_of_serving_yield_their_figures(shape: ModelShape, usage: Usage, gpus: int) -> None:
    assert astray(sized(shape, usage, gpus)) == []


@given(SHAPES, st.builds(Usage, **TRAINING), GPUS)
def test_the_formulas_of_training_yield_their_figures(shape: ModelShape, usage: Usage, gpus: int) -> None:
    assert astray(sized(shape, usage, gpus)) == []


@given(shapes.MODELS, st.builds(Usage, **TRAINING), GPUS)
def test_the_formulas_of_training_known_shapes_yield_their_figures(shape: ModelShape, usage: Usage, gpus: int) -> None:
    assert astray(sized(shape, usage, gpus)) == []


@pytest.mark.parametrize("degree", [2, 8])
def test_the_formulas_of_tensor_parallel_training_yield_their_figures(degree: int) -> None:
    for shape in (shapes.LLAMA_8B, shapes.LLAMA_70B):
        for method in ("full", "lora", "qlora"):
            usage = Usage(workload=method, tensor_parallel=degree)
            assert astray(size(Case(shape, usage, shapes.H100, 16)).estimate) == []


def test_the_formula_of_whole_gradients_says_where_those_of_one_layer_alone_are_kept() -> None:
    usage = Usage(workload="full", optimizer="galore_layerwise", engine="LitGPT")
    assert astray(size(Case(shapes.LLAMA_8B, usage, gpus=2)).estimate) == []


def test_a_stated_requirement_is_its_own_formula() -> None:
    stated = Published(23e9, Basis.MEASURED, "the maker's card")
    assert astray(size(Case(shapes.LLAMA_8B, Usage(), shapes.H100, 1, stated)).estimate) == []


def test_the_formula_of_a_cache_that_tensor_parallelism_repeats_says_how_often() -> None:
    usage = Usage(precision="fp8", context_tokens=1_000, concurrency=1)
    terms = size(Case(shapes.DEEPSEEK_V3, usage, shapes.H100, 16)).estimate.terms
    (cache,) = [term for term in terms if term.name == "kv_cache"]
    assert cache.formula == "1 requests x (35136 values x 1000 tokens) x 2 bytes x 8 copies; MLA, repeated over 8 GPUs"
