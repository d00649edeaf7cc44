"""Speed stays below what the hardware can do, and moves the right way with it."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.domain.sizing import GpuShape, ModelShape, estimate_performance, estimate_training_time
from services.models.domain.sizing.engines import engine_of, is_known
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


def test_llama_cpp_gets_more_of_its_bandwidth_out_of_gddr_than_out_of_hbm() -> None:
    card = GpuShape("GeForce RTX 4090", 24, 1008, 165, vendor="nvidia")

    def share(gpu: GpuShape) -> float:
        found = estimate_performance(
            shapes.LLAMA_8B, gpu, precision="bf16", prompt_tokens=10, output_tokens=100, engine="llama.cpp"
        )
        return found.decode_tokens_per_s / (gpu.bandwidth_gbps or 0)

    assert 1.4 < share(card) / share(replace(card, name="A100")) < 0.88 / 0.52


def test_the_host_binds_eager_engines_on_small_models() -> None:
    small = ModelShape(parameters=0.5e9, layers=24, hidden=896, heads=14, kv_heads=2, head_dim=64, vocab=151936)
    found = estimate_performance(
        small, shapes.A100, precision="bf16", prompt_tokens=1, output_tokens=100, engine="transformers"
    )
    assert found.bound == "host"
    assert found.decode_tokens_per_s == pytest.approx(1 / (24 * 0.85e-3), rel=0.05)


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


@given(shapes.MODELS, st.sampled_from(["full", "lora", "qlora", "freeze"]), st.integers(1, 64), st.floats(1e6, 1e12))
def test_training_time_grows_with_tokens_and_stays_below_the_peak(
    shape: ModelShape, method: str, gpus: int, tokens: float
) -> None:
    one = estimate_training_time(shape, shapes.A100, gpus=gpus, method=method, tokens=tokens)
    two = estimate_training_time(shape, shapes.A100, gpus=gpus, method=method, tokens=tokens, epochs=2)
    assert two.hours == pytest.approx(2 * one.hours)
    assert 0 < one.utilisation < 0.65
    assert one.tokens_per_s == pytest.approx(one.tokens_per_s_per_gpu * gpus)


def test_samples_count_as_their_tokens() -> None:
    by_samples = estimate_training_time(shapes.LLAMA_8B, shapes.A100, samples=1000, sequence=512, method="lora")
    by_tokens = estimate_training_time(shapes.LLAMA_8B, shapes.A100, tokens=512_000, sequence=512, method="lora")
    assert by_samples.hours == by_tokens.hours
    assert "tokens" not in {note.field for note in by_samples.assumptions}


def test_training_on_a_gpu_of_unknown_throughput_is_refused() -> None:
    with pytest.raises(ValueError, match="the throughput of blank is unknown"):
        estimate_training_time(shapes.LLAMA_8B, GpuShape("blank", 80), tokens=1e6)


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


@given(st.sampled_from(["cnn", "unet3d", "pair", "diffusion"]), st.integers(64, 512), st.integers(1, 16))
def test_training_on_pixels_is_timed_by_samples_and_their_size(arch: str, size: int, gpus: int) -> None:
    def hours(edge: int, count: float) -> float:
        shape = ModelShape(parameters=50e6, arch=arch)
        return estimate_training_time(shape, shapes.A100, gpus=gpus, samples=count, image_size=edge).hours

    assert hours(size, 2000) == pytest.approx(2 * hours(size, 1000))
    # What a protein's related sequences take grows with its length, all else with its square or more.
    assert hours(2 * size, 1000) >= (2.0 if arch == "pair" else 3.9) * hours(size, 1000)


def test_resnet_trains_at_the_order_of_published_image_rates() -> None:
    resnet = ModelShape(parameters=25.6e6, arch="cnn", task="image-classification")
    found = estimate_training_time(resnet, shapes.A100, samples=1.28e6, image_size=224)
    assert 1000 < found.samples_per_s < 6000
    assert found.tokens_per_s == 0


def test_protein_folding_trains_at_the_order_of_openfold() -> None:
    folding = ModelShape(parameters=93e6, arch="pair")
    found = estimate_training_time(folding, shapes.A100, gpus=128, samples=1e7)
    assert 8 / found.error_factor < found.hours / 24 < 8 * found.error_factor  # 8 days, with longer crops at the end
    assert {"image_size", "recycling"} <= {a.field for a in found.assumptions}


def test_speed_on_an_unstated_count_is_that_of_the_fewest_gpus_that_hold_the_model() -> None:
    found = estimate_performance(shapes.LLAMA_70B, shapes.H100, precision="bf16", gpus=0)
    assert found.split.gpus == 2
    assert "gpus" in {note.field for note in found.assumptions}
    with pytest.raises(ValueError, match="no count of tiny up to 64 holds the model"):
        estimate_performance(shapes.LLAMA_70B, GpuShape("tiny", 1, 100), gpus=0)


def test_training_on_no_gpu_is_refused() -> None:
    with pytest.raises(ValueError, match="gpus is 0; it must be at least 1"):
        estimate_training_time(shapes.LLAMA_8B, shapes.A100, gpus=0, tokens=1e6)


def test_an_engine_named_with_mlperf_is_given_its_load() -> None:
    plain, bench, stated = (
        estimate_performance(shapes.LLAMA_70B, shapes.H100, precision="fp8", gpus=8, **said)
        for said in ({}, {"engine": "TensorRT-LLM (MLPerf v4.1 offline)"}, {"engine": "MLPerf", "prompt_tokens": 50})
    )
    assert (bench.prompt_tokens, bench.output_tokens) == (294, 294)
    assert bench.total_tokens_per_s > plain.total_tokens_per_s
    assert stated.prompt_tokens == 50
    assert {"prompt_tokens", "output_tokens", "kv_precision"} <= {a.field for a in bench.assumptions}


def test_a_server_of_mlperf_reaches_the_share_that_submissions_print_and_says_so(shared_data: Path) -> None:
    printed: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for line in (shared_data / "eval/sizing/throughput.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if "MLPerf" in row["engine"]:
            printed[row["model"], row["source"]][row["config"]["scenario"]] = row["value"]
    shares = sorted(both["server"] / both["offline"] for both in printed.values() if len(both) == 2)
    assert len(shares) == 9
    server, offline = (
        estimate_performance(shapes.LLAMA_70B, shapes.H100, precision="fp8", gpus=8, engine=f"MLPerf v4.1 {scenario}")
        for scenario in ("server", "offline")
    )
    assert server.total_tokens_per_s / offline.total_tokens_per_s == pytest.approx(median(shares), abs=0.005)
    (said,) = [a for a in server.assumptions if a.field == "server_share"]
    assert f"{shares[0]:.2f} to {shares[-1]:.2f}" in said.why
    assert "server_share" not in {a.field for a in offline.assumptions}


@pytest.mark.parametrize(("engine", "tensor"), [("LitGPT", 1), ("LitGPT tp", 4), ("transformers, tensor parallel", 4)])
def test_an_engine_that_shares_out_layers_shares_out_each_where_that_is_said(engine: str, tensor: int) -> None:
    found = estimate_performance(shapes.LLAMA_70B, shapes.H100, engine=engine, gpus=4, concurrency=1)
    assert found.split.tensor == tensor


def test_guessed_dimensions_widen_the_band() -> None:
    known = estimate_performance(shapes.LLAMA_8B, shapes.H100, gpus=1)
    bare = ModelShape(parameters=8.03e9, arch="decoder")
    guessed = estimate_performance(bare, shapes.H100, gpus=1)
    assert guessed.error_factor > known.error_factor


def test_fused_modules_of_autoawq_are_not_bound_by_the_host_and_those_under_transformers_are() -> None:
    def speed(engine: str) -> float:
        card = GpuShape("GeForce RTX 4090", 24, 1008, 165, vendor="nvidia")
        return estimate_performance(shapes.LLAMA_8B, card, precision="awq", engine=engine).decode_tokens_per_s

    assert speed("AutoAWQ") > 2 * speed("transformers, AutoAWQ kernels")


@pytest.mark.parametrize(
    ("name", "like"),
    [("faster-whisper 1.1", "vLLM"), ("whisper.cpp", "llama.cpp"), ("insanely-fast-whisper", "transformers")],
)
def test_engines_of_speech_are_known_for_the_class_they_are_of(name: str, like: str) -> None:
    said, usual = engine_of(name), engine_of(like)
    assert is_known(name)
    assert (said.bandwidth, said.host_layer_s) == (usual.bandwidth, usual.host_layer_s)


@pytest.mark.parametrize(("kernel", "published"), [("GEMM", 3897), ("GEMV", 904)])
def test_kernels_for_single_vectors_are_slow_at_prompts(kernel: str, published: float) -> None:
    """Mistral 7B, 2,048 tokens on RTX 4090 (AutoAWQ's README)."""
    card = GpuShape("GeForce RTX 4090", 24, 1008, 165, vendor="nvidia")
    mistral = shapes.LLAMA_8B._replace(parameters=7.24e9, vocab=32_000)
    found = estimate_performance(mistral, card, precision="awq", prompt_tokens=2048, engine=f"AutoAWQ {kernel}")
    assert published / 1.4 < found.prefill_tokens_per_s < published * 1.4


def test_an_eager_engine_copies_what_a_decoder_wrote_not_what_it_heard() -> None:
    whisper = ModelShape(
        parameters=1.54e9,
        layers=32,
        encoder_layers=32,
        hidden=1280,
        intermediate=5120,
        heads=20,
        kv_heads=20,
        head_dim=64,
        vocab=51866,
        arch="encoder-decoder",
        task="automatic-speech-recognition",
    )
    found = estimate_performance(
        whisper, shapes.A100, precision="fp16", output_tokens=100, concurrency=24, engine="transformers"
    )
    heard = 24 * 1500 * 2 * 1280 * 32 * 2
    shares = engine_of("transformers")
    once = heard / (2039e9 * shares.stacked_bandwidth)
    launched = 32 * shares.host_layer_s
    assert once + launched < 1 / found.decode_tokens_per_s < 1.6 * (once + launched)


def test_the_host_of_a_desktop_launches_sooner() -> None:
    def speed(name: str) -> float:
        card = GpuShape(name, 48, 2000, 165, vendor="nvidia")
        return estimate_performance(shapes.LLAMA_8B, card, precision="awq", engine="transformers").decode_tokens_per_s

    assert speed("GeForce RTX 5090") == pytest.approx(speed("RTX 6000 Ada") / 0.65, rel=0.03)


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


def test_metal_adds_a_fixed_time_to_each_layer_beside_the_weights() -> None:
    """Read at nine tenths of the bandwidth, whatever their width, they take what two widths differ by."""

    def step(precision: str) -> float:
        mac = GpuShape("M2 Ultra GPU", 192, 800, 27.2, vendor="apple")
        found = estimate_performance(
            shapes.LLAMA_8B, mac, precision=precision, prompt_tokens=1, output_tokens=2, engine="llama.cpp"
        )
        return 1 / found.decode_tokens_per_s

    read = 8.03e9 * (2 - 4.64 / 8) / (step("fp16") - step("q4_0"))
    assert 0.8 * 800e9 < read < 800e9
    assert step("q4_0") - 8.03e9 * 4.64 / 8 / read == pytest.approx(32 * 0.15e-3, rel=0.4)


def test_links_that_reduce_in_their_switch_move_activations_once() -> None:
    def step(vendor: str, concurrency: int) -> float:
        card = GpuShape("card", 192, 4800, 1e4, fp8_tflops=2e4, interconnect_gbps=900, vendor=vendor)
        found = estimate_performance(
            shapes.LLAMA_70B, card, precision="fp8", prompt_tokens=1, output_tokens=1000, concurrency=concurrency,
            gpus=8, split=Split(8, 1), engine="vLLM",
        )  # fmt: skip
        return found.request_s / 1000

    moved = 2 * 80 * 2000 * 8192 * 2 / (450e9 * 0.6)
    assert step("other", 2000) - step("nvidia", 2000) == pytest.approx(moved, rel=0.05)


def test_large_products_reach_less_of_the_peak_on_amd() -> None:
    def prefill(vendor: str) -> float:
        card = GpuShape("MI300X", 192, 5300, 1307, vendor=vendor)
        found = estimate_performance(shapes.LLAMA_70B, card, precision="bf16", prompt_tokens=8000, engine="vLLM")
        return found.prefill_tokens_per_s

    assert prefill("amd") == pytest.approx(0.62 * prefill("nvidia"), rel=0.02)
