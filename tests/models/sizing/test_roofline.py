"""What a pass and a decoding step take, each part by a figure worked by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.models.domain.sizing import PRECISIONS, GpuShape, ModelShape, estimate_performance, estimate_training_time
from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.benchmarks import benchmark_of
from services.models.domain.sizing.demand import demand
from services.models.domain.sizing.engine_names import engine_of
from services.models.domain.sizing.loads import serving_load
from services.models.domain.sizing.parallelism import Split
from services.models.domain.sizing.passes import estimate_passes
from services.models.domain.sizing.roofline import Roofline
from tests.models.sizing import shapes

B200 = GpuShape("B200", 180, 7700, 2250, 4500, 9000, interconnect_gbps=1800, vendor="nvidia")
ALONE = Split()
BERT_LARGE = ModelShape(parameters=335e6, layers=24, hidden=1024, heads=16, vocab=30_522, arch="encoder")


def _on(shape: ModelShape, split: Split = ALONE, **engine: float) -> Roofline:
    needs = demand(complete(shape), precision="bf16", kv_precision="bf16")
    return Roofline(needs, shapes.H100, replace(engine_of("vllm"), **engine), split)


@pytest.mark.parametrize(("batch", "gigabytes"), [(1, 25.50), (8, 84.11)])
def test_a_step_reads_the_experts_that_some_token_of_the_batch_is_sent_to(batch: int, gigabytes: float) -> None:
    """Mixtral at 16 bit, in GB: 93.4 less the input embedding, 0.262, and of 90.19 of experts three quarters to the
    power of the batch.
    """
    assert f"a step reads {gigabytes:.4g} GB of weights" in _on(shapes.MIXTRAL).words(batch)


@pytest.mark.parametrize(("tensor", "milliseconds"), [(1, 0.0), (2, 1.6), (8, 2.56)])
def test_an_all_reduce_takes_a_tenth_more_for_each_gpu_beyond_two(tensor: int, milliseconds: float) -> None:
    """80 layers, two each, of 10 microseconds between two GPUs."""
    without, with_them = (
        _on(shapes.LLAMA_70B, Split(tensor), reduce_s=each).decode_s(1000, 1)[0] for each in (0, 1e-5)
    )
    assert with_them - without == pytest.approx(milliseconds / 1e3)


@pytest.mark.parametrize(("tokens", "passes"), [(100, 1), (8192, 1), (16_384, 2)])
def test_prompts_go_through_in_passes_of_8192_tokens(tokens: int, passes: int) -> None:
    at_once, slow = (_on(shapes.LLAMA_8B, step_s=each).prefill_s(tokens) for each in (0.0, 1.0))
    assert slow - at_once == pytest.approx(passes)


@pytest.mark.parametrize(("stages", "overlap"), [(4, 1.45), (8, 1.6)])
def test_chunks_of_one_prompt_overlap_over_stages_up_to_a_limit(stages: int, overlap: float) -> None:
    alone, staged = (_on(shapes.LLAMA_8B, Split(1, n)).prefill_s(65_536) for n in (1, stages))
    assert alone / staged == pytest.approx(overlap, rel=0.03)


def test_a_request_that_arrives_among_others_waits_half_a_step() -> None:
    """Of answers so long that prompts are seldom worked through."""
    roof = _on(shapes.LLAMA_8B, request_s=0.0)
    timing = roof.timing(100, 10**7, 8)
    assert timing.first_s - timing.prefill_s == pytest.approx(timing.step_s / 2, rel=0.01)


@pytest.mark.parametrize(("precision", "narrowed"), [("bf16", False), ("fp8", True)])
def test_a_cache_is_narrowed_only_beside_weights_that_are_narrow(precision: str, narrowed: bool) -> None:
    """Of 4,096 tokens each keeps 0.54 GB at 16 bit: on 24 GiB 14 fit beside 16.1 GB of weights, 26 beside 9.1."""
    requests = 20 if precision == "bf16" else 36
    found = estimate_performance(
        shapes.LLAMA_8B, shapes.L4, precision=precision, prompt_tokens=4000, output_tokens=96, concurrency=requests
    )
    told = {note.field: note.value for note in found.assumptions}
    assert told["kv_precision"] == ("fp8" if narrowed else "bf16")
    assert ("memory" in told) != narrowed


def test_geforce_parts_add_up_at_16_bit_twice_as_fast() -> None:
    plain, geforce = (GpuShape(name, 24, 1008, 165, vendor="nvidia") for name in ("RTX 4000 Ada", "RTX4090"))
    reached = [engine_of("llama.cpp").flops(PRECISIONS["bf16"], gpu) for gpu in (plain, geforce)]
    assert reached[1] == 2 * reached[0]


@pytest.mark.parametrize(("output", "beams", "written"), [(None, 4, 4 * 73), (73, 1, 73)])
def test_beams_are_those_of_the_benchmark_where_its_answers_are_written(
    output: int | None, beams: int, written: int
) -> None:
    """GPT-J summarises with four beams in MLPerf, in 73 tokens on average."""
    load = serving_load(
        ModelShape(parameters=6.05e9), precision="fp8", kv_precision="", prompt_tokens=None, output_tokens=output,
        engine="MLPerf offline", notes=[],
    )  # fmt: skip
    assert (load.beams, load.output_tokens) == (beams, written)


@pytest.mark.parametrize(("parameters", "known"), [(70.55e9, True), (60e9, False), (8.03e9, True), (12e9, False)])
def test_a_benchmark_is_of_models_of_one_size(parameters: float, known: bool) -> None:
    assert (benchmark_of("MLPerf", parameters) is not None) == known


def test_models_that_learned_guidance_take_one_pass_a_step() -> None:
    flux, other = (estimate_passes(shapes.FLUX, shapes.H100, model_id=name) for name in ("x/FLUX.1-dev", "x/other"))
    assert other.item_s / flux.item_s == pytest.approx(2, rel=0.05)


def test_engines_with_fused_operations_compute_in_8_bits_at_the_narrowest() -> None:
    four, eight = (estimate_passes(BERT_LARGE, B200, engine="TensorRT", precision=name) for name in ("int4", "int8"))
    assert four.items_per_s == eight.items_per_s


def test_bert_large_trains_at_the_share_of_the_peak_that_is_published() -> None:
    """0.27 on V100 and A100 alike (NVIDIA DeepLearningExamples, BERT's pre-training)."""
    found = estimate_training_time(BERT_LARGE, shapes.A100, tokens=1e9, sequence=512, checkpointing=False)
    assert found.utilisation == pytest.approx(0.27, rel=0.15)


def test_folding_is_passed_five_and_a_half_times_a_sample() -> None:
    """Forward, twice that backward, recomputed, and one and a half times before; where all is frozen but the end
    backward takes half a pass: four.
    """
    folding = ModelShape(parameters=93e6, arch="pair")
    full, frozen = (estimate_training_time(folding, shapes.A100, method=method).hours for method in ("full", "freeze"))
    assert full / frozen == pytest.approx(5.5 / 4)


def test_two_epochs_over_images_take_twice_as_long() -> None:
    network = ModelShape(parameters=25.6e6, arch="cnn", task="image-classification")
    one, two = (estimate_training_time(network, shapes.A100, samples=1000, epochs=n).hours for n in (1.0, 2.0))
    assert two == pytest.approx(2 * one)
