"""One case and its answer: whatever the kind of model and use, published figures before modelled ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.models.domain.sizing import (
    Basis,
    Case,
    GpuShape,
    ModelShape,
    Published,
    Usage,
    estimate_performance,
    size,
)
from tests.models.sizing import shapes


def test_the_same_case_has_the_same_answer() -> None:
    case = Case(shapes.MIXTRAL, Usage(precision="awq", context_tokens=4096, concurrency=8), shapes.L4)
    assert size(case) == size(case._replace())


@pytest.mark.parametrize("gpu", [shapes.H100, shapes.A100, shapes.L4])
@pytest.mark.parametrize("workload", ["inference", "full", "lora", "qlora", "freeze"])
def test_estimate_and_verdict_speak_of_the_same_gpus(workload: str, gpu: GpuShape) -> None:
    found = size(Case(shapes.LLAMA_8B, Usage(workload=workload), gpu))
    assert found.capacity is not None
    assert found.estimate.per_gpu_bytes == pytest.approx(found.capacity.per_gpu_bytes)
    assert found.capacity.fits == (found.capacity.headroom_bytes >= 0)
    if found.capacity.fits:
        assert len(found.estimate.shares) == found.capacity.gpus


def test_full_training_that_one_gpu_cannot_hold_is_sharded_and_says_so() -> None:
    found = size(Case(shapes.LLAMA_8B, Usage(workload="full"), shapes.A100))
    assert found.capacity is not None
    assert found.capacity.gpus > 1
    assert "zero_stage" in {note.field for note in found.estimate.assumptions}


def test_without_a_gpu_there_is_an_estimate_and_no_verdict() -> None:
    found = size(Case(shapes.LLAMA_8B, Usage(precision="bf16", context_tokens=100, concurrency=1)))
    assert found.capacity is None
    assert found.estimate.term("weights") == pytest.approx(16.06e9)


def test_a_published_requirement_replaces_the_modelled_one_and_decides() -> None:
    stated = Published(23e9, Basis.MEASURED, "the maker's card")
    found = size(Case(shapes.LLAMA_8B, Usage(precision="bf16"), shapes.L4, 1, stated))
    assert found.estimate.basis is Basis.MEASURED
    assert found.estimate.total_bytes == 23e9
    assert found.estimate.terms[0].source == "the maker's card"
    assert found.capacity is not None
    assert found.capacity.per_gpu_bytes == pytest.approx(23e9)
    assert found.capacity.fits == (found.capacity.headroom_bytes >= 0)


@pytest.mark.parametrize("workload", ["inference", "full", "lora"])
@pytest.mark.parametrize("arch", ["diffusion", "cnn", "unet3d", "pair"])
def test_models_that_are_not_language_models_are_sized_too(arch: str, workload: str) -> None:
    found = size(Case(ModelShape(parameters=1e9, arch=arch), Usage(workload=workload), shapes.H100))
    assert found.estimate.total_bytes > 2e9
    assert found.capacity is not None
    assert found.estimate.basis is Basis.MODELLED


@pytest.mark.parametrize(("batch", "told"), [(None, True), (4, False)])
@pytest.mark.parametrize("workload", ["inference", "lora"])
def test_that_one_image_is_made_at_a_time_is_said_where_it_was_not_asked_for(
    workload: str, batch: int | None, told: bool
):
    generator = ModelShape(parameters=1e9, arch="diffusion", task="text-to-image")
    estimate = size(Case(generator, Usage(workload=workload, batch_size=batch), shapes.H100)).estimate
    assert ("batch_size" in {note.field for note in estimate.assumptions}) == told


def test_adapters_on_stated_gpus_are_replicated_where_one_holds_them_and_sharded_where_not() -> None:
    held = size(Case(shapes.LLAMA_8B, Usage(workload="lora", context_tokens=512), shapes.H100, 2))
    split = size(Case(shapes.LLAMA_70B, Usage(workload="lora", context_tokens=512), shapes.H100, 8))
    assert held.estimate.term("weights") > 2 * 16e9
    assert split.estimate.term("weights") < 2 * 141e9
    assert split.capacity is not None
    assert split.capacity.fits


def test_a_named_release_of_transformers_decides_what_a_long_prompt_is_judged_by() -> None:
    def judged(engine: str) -> float:
        usage = Usage(precision="bf16", context_tokens=32_000, concurrency=1, engine=engine)
        capacity = size(Case(shapes.LLAMA_8B, usage, shapes.H100, 1)).capacity
        assert capacity is not None
        return capacity.usable_bytes - capacity.headroom_bytes

    copied, kept = judged("transformers"), judged("transformers 4.51")
    assert kept < copied
    assert judged("transformers>=4.45.2") == judged("Transformers v5.0") == kept
    assert judged("transformers 4.40") == judged("transformers<4.46") == copied


@pytest.mark.parametrize(
    ("precision", "requests", "gb"),
    [("fp16", 1, 29.15), ("fp16", 16, 53.99), ("gptq", 16, 34.78), ("bnb 4bit", 1, 11.02), ("bnb 4bit", 16, 35.53)],
)
def test_transformers_held_the_cache_twice_while_it_was_made_anew(precision: str, requests: int, gb: float) -> None:
    """Llama 2 13B, 512 tokens and 512 more (Hugging Face, "Making LLMs lighter with AutoGPTQ", "Overview of natively
    supported quantization schemes"), of 2023.
    """
    llama = ModelShape(
        parameters=13.016e9, layers=40, hidden=5120, intermediate=13824, heads=40, kv_heads=40, vocab=32000
    )
    load = Usage(precision=precision, context_tokens=1024, concurrency=requests, engine="transformers")
    answer = size(Case(llama, load)).estimate
    assert answer.total_bytes == pytest.approx(gb * 1e9, rel=0.06)
    assert answer.term("activations") == pytest.approx(answer.term("kv_cache"), rel=0.01)
    for engine in ("transformers 4.51", "LitGPT"):
        assert size(Case(llama, replace(load, engine=engine))).estimate.total_bytes < answer.total_bytes


def test_a_fit_of_a_model_that_reads_pictures_is_borderline_where_those_of_no_stated_length_may_not_fit() -> None:
    """InternVL2 2B takes 10.5 GB for a picture under transformers (Hugging Face, "SmolVLM")."""
    dimensions = {"layers": 24, "hidden": 2048, "intermediate": 8192, "heads": 16, "kv_heads": 8, "vocab": 92_553}
    seeing = ModelShape(parameters=2.2e9, task="image-text-to-text", **dimensions)
    load, card = Usage(precision="bf16", engine="transformers"), GpuShape("small", 8)
    answer = size(Case(seeing, load, card, 1))
    assert answer.capacity is not None
    assert (answer.capacity.fits, answer.capacity.is_borderline(0.0)) == (True, True)
    assert "pictures" in next(
        note.why for note in answer.estimate.assumptions if note.field == "fits" and "up to" in note.value
    )
    for shape, said in ((seeing, replace(load, context_tokens=1024)), (seeing._replace(task="text-generation"), load)):
        plain = size(Case(shape, said, card, 1)).capacity
        assert plain is not None
        assert (plain.fits, plain.is_borderline(0.0)) == (True, False)


@pytest.mark.parametrize("workload", ["inference", "speed"])
def test_an_engine_that_is_not_known_is_said_to_be_and_taken_as_not_said(workload: str) -> None:
    asked = "homemade server"
    if workload == "speed":
        told = list(estimate_performance(shapes.LLAMA_8B, shapes.H100, gpus=1, engine=asked).assumptions)
    else:
        usage = Usage(context_tokens=100_000, engine=asked)
        named = size(Case(shapes.LLAMA_8B, usage, shapes.H100))
        unsaid = size(Case(shapes.LLAMA_8B, replace(usage, engine=""), shapes.H100))
        assert named.capacity == unsaid.capacity
        told = list(named.estimate.assumptions)
    assert any(a.field == "engine" and asked in a.why for a in told)
