"""Speed stays below what the hardware can do, and moves the right way with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.domain.sizing import GpuShape, ModelShape, estimate_performance
from services.models.domain.sizing.parallelism import Split
from tests.models.sizing import shapes

ENGINES = st.sampled_from(["vLLM", "transformers", "llama.cpp", "gpt-fast"])


@given(shapes.MODELS, ENGINES, st.integers(1, 64), st.integers(1, 32000), st.integers(1, 4000))
def test_no_engine_beats_the_roofline(shape: ModelShape, engine: str, load: int, prompt: int, output: int) -> None:
    found = estimate_performance(
        shape,
        shapes.H100,
        precision="bf16",
        prompt_tokens=prompt,
        output_tokens=output,
        concurrency=load,
        engine=engine,
        split=Split(1, 1),
    )
    active = shape.active_parameters or shape.parameters or 0
    assert found.decode_tokens_per_s <= 3350e9 / (2 * active * 0.8)
    assert found.prefill_tokens_per_s <= 989.4e12 / (2 * active)
    assert found.total_tokens_per_s <= 989.4e12 / (2 * active)
    assert found.time_to_first_token_s >= prompt / found.prefill_tokens_per_s * 0.999
    assert found.request_s >= found.time_to_first_token_s


@given(shapes.MODELS, ENGINES, st.integers(1, 63), st.integers(16, 8000))
def test_more_requests_give_more_in_total_and_less_to_each(
    shape: ModelShape, engine: str, load: int, prompt: int
) -> None:
    def speed(concurrency: int) -> tuple[float, float]:
        found = estimate_performance(
            shape, shapes.H100, precision="bf16", prompt_tokens=prompt, output_tokens=512, concurrency=concurrency,
            engine=engine, split=Split(1, 1),
        )  # fmt: skip
        return found.total_tokens_per_s, found.request_s

    (total, wait), (more, longer) = speed(load), speed(load * 2)
    assert more >= total * 0.999
    assert longer >= wait * 0.999


@given(st.floats(1.1, 4))
def test_more_bandwidth_speeds_up_decoding_and_more_arithmetic_prefill(factor: float) -> None:
    base = GpuShape("base", 80, 2000, 300)
    wide, strong = replace(base, bandwidth_gbps=2000 * factor), replace(base, fp16_tflops=300 * factor)

    def both(gpu: GpuShape) -> tuple[float, float]:
        found = estimate_performance(shapes.LLAMA_8B, gpu, precision="bf16", prompt_tokens=4096, output_tokens=256)
        return found.decode_tokens_per_s, found.prefill_tokens_per_s

    assert both(wide)[0] > both(base)[0]
    assert both(strong)[1] > both(base)[1]


def test_a_mixture_of_experts_decodes_faster_than_a_dense_model_of_its_size() -> None:
    dense = shapes.MIXTRAL._replace(experts=None, experts_per_token=None, active_parameters=None)

    def speed(shape: ModelShape, load: int) -> float:
        found = estimate_performance(
            shape,
            shapes.H100,
            precision="fp8",
            prompt_tokens=128,
            output_tokens=128,
            concurrency=load,
            split=Split(2, 1),
        )
        return found.decode_tokens_per_s

    assert speed(shapes.MIXTRAL, 1) > 2 * speed(dense, 1)
    assert speed(shapes.MIXTRAL, 64) < speed(shapes.MIXTRAL, 1)


def test_quantised_weights_decode_faster() -> None:
    wide, narrow = (
        estimate_performance(shapes.LLAMA_8B, shapes.A100, precision=precision, prompt_tokens=10, output_tokens=100)
        for precision in ("bf16", "awq")
    )
    assert 1.2 < narrow.decode_tokens_per_s / wide.decode_tokens_per_s < 3.2


def test_the_most_that_gpus_can_do_uses_copies_of_a_small_model() -> None:
    found = estimate_performance(
        shapes.LLAMA_8B, shapes.H100, precision="fp8", prompt_tokens=500, output_tokens=500, concurrency=None, gpus=8
    )
    assert found.replicas * found.split.gpus == 8
    assert found.replicas > 1
    assert "concurrency" in {note.field for note in found.assumptions}


def test_speed_without_bandwidth_or_without_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="the memory bandwidth of blank is unknown"):
        estimate_performance(shapes.LLAMA_8B, GpuShape("blank", 80))
    with pytest.raises(ValueError, match="a model of kind encoder writes no tokens"):
        estimate_performance(shapes.LLAMA_8B._replace(arch="encoder"), shapes.A100)


def test_lengths_below_one_are_refused_naming_each() -> None:
    with pytest.raises(ValueError, match="prompt_tokens is 0; it must be at least 1; output_tokens is -1"):
        estimate_performance(shapes.LLAMA_8B, shapes.A100, prompt_tokens=0, output_tokens=-1)


def test_a_gpu_of_unknown_peak_is_assumed_modest_and_says_so() -> None:
    unknown = replace(shapes.A100, fp16_tflops=None)
    found = estimate_performance(shapes.LLAMA_8B, unknown, precision="bf16", prompt_tokens=2000, output_tokens=10)
    known = estimate_performance(shapes.LLAMA_8B, shapes.A100, precision="bf16", prompt_tokens=2000, output_tokens=10)
    assert found.prefill_tokens_per_s < known.prefill_tokens_per_s
    assert "fp16_tflops" in {note.field for note in found.assumptions}


@given(st.integers(2, 8))
def test_pipeline_stages_serve_many_requests_faster_than_one_gpu(stages: int) -> None:
    def total(split: Split) -> float:
        return estimate_performance(
            shapes.LLAMA_8B,
            shapes.H100,
            precision="bf16",
            prompt_tokens=512,
            output_tokens=512,
            concurrency=64,
            split=split,
        ).total_tokens_per_s

    assert total(Split(1, stages)) > total(Split(1, 1))


def test_speed_on_an_unstated_count_is_that_of_the_fewest_gpus_that_hold_the_model() -> None:
    found = estimate_performance(shapes.LLAMA_70B, shapes.H100, precision="bf16", gpus=0)
    assert found.split.gpus == 2
    assert "gpus" in {note.field for note in found.assumptions}
    with pytest.raises(ValueError, match="no count of tiny up to 64 holds the model"):
        estimate_performance(shapes.LLAMA_70B, GpuShape("tiny", 1, 100), gpus=0)


def test_mixtures_have_a_wider_band() -> None:
    dense, routed = (estimate_performance(s, shapes.H100, gpus=4) for s in (shapes.LLAMA_70B, shapes.MIXTRAL))
    assert routed.error_factor > dense.error_factor


def test_guessed_dimensions_widen_the_band() -> None:
    known = estimate_performance(shapes.LLAMA_8B, shapes.H100, gpus=1)
    bare = ModelShape(parameters=8.03e9, arch="decoder")
    guessed = estimate_performance(bare, shapes.H100, gpus=1)
    assert guessed.error_factor > known.error_factor


def test_mixtures_with_latent_attention_serve_most_with_requests_apart() -> None:
    """Tensor parallelism would keep the cache of each request on every GPU."""
    card = GpuShape("H200", 141, 4800, 989, fp8_tflops=1979, interconnect_gbps=900)

    def most(shape: ModelShape) -> float:
        found = estimate_performance(
            shape, card, precision="fp8", prompt_tokens=1000, output_tokens=8000, concurrency=None, gpus=8
        )
        assert "memory" not in {note.field for note in found.assumptions}
        return found.concurrency

    dense = shapes.DEEPSEEK_V3._replace(experts=None, experts_per_token=None)
    assert most(shapes.DEEPSEEK_V3) > 4 * most(dense)


def test_links_that_reduce_in_their_switch_move_activations_once() -> None:
    def step(vendor: str, concurrency: int) -> float:
        card = GpuShape("card", 192, 4800, 1e4, fp8_tflops=2e4, interconnect_gbps=900, vendor=vendor)
        found = estimate_performance(
            shapes.LLAMA_70B, card, precision="fp8", prompt_tokens=1, output_tokens=1000, concurrency=concurrency,
            gpus=8, split=Split(8, 1), engine="TensorRT-LLM",
        )  # fmt: skip
        return found.request_s / 1000

    moved = 2 * 80 * 2000 * 8192 * 2 / (450e9 * 0.6)
    assert step("other", 2000) - step("nvidia", 2000) == pytest.approx(moved, rel=0.05)


def test_large_products_reach_less_of_the_peak_on_amd() -> None:
    def prefill(vendor: str, capability: str = "gfx942") -> float:
        card = GpuShape("MI300X", 192, 5300, 1307, vendor=vendor, compute_capability=capability)
        found = estimate_performance(shapes.LLAMA_70B, card, precision="bf16", prompt_tokens=8000, engine="vLLM")
        return found.prefill_tokens_per_s

    assert prefill("amd") == pytest.approx(0.62 * prefill("nvidia"), rel=0.02)
    assert prefill("amd", "gfx950") == prefill("nvidia")


def test_a_stated_load_that_only_a_narrower_cache_holds_was_run_with_one() -> None:
    """Llama 2 70B at 8 bit on two Gaudi 3, 240 requests of 2,048 and 2,048 tokens: 2,641 a second (Intel)."""
    card = GpuShape("Gaudi 3", 128, 3700, 1835, 1835, interconnect_gbps=1200, vendor="intel")

    def ask(requests: int, precision: str = "fp8") -> tuple[float, list[str]]:
        found = estimate_performance(
            shapes.LLAMA_70B, card, precision=precision, prompt_tokens=2048, output_tokens=2048, gpus=2,
            concurrency=requests, engine="Optimum Habana",
        )  # fmt: skip
        return found.total_tokens_per_s, [a.value for a in found.assumptions if a.field == "kv_precision"]

    speed, cache = ask(240)
    assert cache == ["fp8"]
    assert 2641 / 1.3 < speed < 2641 * 1.3
    assert ask(24)[1] == ask(5000)[1] == ask(240, "bf16")[1] == ["bf16"]
