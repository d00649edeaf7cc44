"""What one serving engine does unlike another: its kernels, its host, and the load that its name implies."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest

from services.models.domain.sizing import GpuShape, ModelShape, estimate_performance
from services.models.domain.sizing.engine_names import engine_of, is_known
from tests.models.sizing import shapes


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
    found = estimate_performance(
        shapes.WHISPER, shapes.A100, precision="fp16", output_tokens=100, concurrency=24, engine="transformers"
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


@pytest.mark.parametrize(
    ("engine", "precision", "parameters", "layers", "hidden", "published"),
    [
        ("ExLlamaV2", "gptq", 6.74e9, 32, 4096, 177),
        ("ExLlamaV2", "gptq", 13.02e9, 40, 5120, 109),
        ("ExLlamaV2", "4.0bpw", 6.74e9, 32, 4096, 179),
        ("MLC LLM", "int4", 6.74e9, 32, 4096, 186.7),
        ("Exllama", "int4", 6.74e9, 32, 4096, 112.72),
    ],
)
def test_kernels_for_single_tokens_read_quantised_weights_near_the_bandwidth(
    engine: str, precision: str, parameters: float, layers: int, hidden: int, published: float
) -> None:
    """Llama 2 on RTX 3090 Ti, tokens a second (READMEs of turboderp/exllamav2 and mlc-ai/llm-perf-bench)."""
    card = GpuShape("GeForce RTX 3090 Ti", 24, 1008, 80, vendor="nvidia")
    heads = hidden // 128
    model = ModelShape(parameters=parameters, layers=layers, hidden=hidden, heads=heads, kv_heads=heads, vocab=32_000)
    found = estimate_performance(
        model, card, precision=precision, prompt_tokens=8, output_tokens=256, concurrency=1, engine=engine
    )
    assert published / 1.25 < found.decode_tokens_per_s < published * 1.25


def test_mlx_launches_a_layer_in_less_than_llama_cpp_does_and_reads_prompts_of_mixtures_as_fast_as_of_others() -> None:
    """Qwen3 4B and 30B-A3B at 4 bit on M4 Max: 134.5 and 113.3 tokens a second, prompts 1,622 and 1,754 (mlx-lm)."""
    mac = GpuShape("M4 Max GPU", 64, 546, 18.4, vendor="apple")
    plain = {"hidden": 2560, "layers": 36, "heads": 32, "kv_heads": 8, "head_dim": 128, "vocab": 151_936}
    dense = ModelShape(parameters=4.02e9, tied_embeddings=True, **plain)
    routed = ModelShape(
        parameters=30.5e9, active_parameters=3.3e9, experts=128, experts_per_token=8, **plain | {"hidden": 2048}
    )

    def speeds(model: ModelShape, engine: str) -> tuple[float, float]:
        found = estimate_performance(
            model, mac, precision="mlx-4bit", prompt_tokens=2048, output_tokens=128, engine=engine
        )
        return found.decode_tokens_per_s, found.prefill_tokens_per_s

    for model, published in ((dense, (134.5, 1622)), (routed, (113.3, 1754))):
        for ours, theirs in zip(speeds(model, "MLX"), published, strict=True):
            assert theirs / 1.35 < ours < theirs * 1.35
        assert speeds(model, "llama.cpp")[0] < 0.85 * speeds(model, "MLX")[0]


def test_releases_of_vllm_differ_by_what_its_host_takes() -> None:
    """Qwen2.5 1.5B on A100: 183 tokens a second by release 0.6.3 (Qwen2.5's speed benchmark)."""
    small = ModelShape(parameters=1.54e9, layers=28, hidden=1536, heads=12, kv_heads=2, head_dim=128, vocab=151_936)

    def speed(engine: str) -> float:
        found = estimate_performance(
            small, shapes.A100, precision="bf16", prompt_tokens=1, output_tokens=2048, engine=engine
        )
        return found.decode_tokens_per_s

    assert speed("vLLM 0.6.3") < speed("vLLM") < speed("vllm==0.11.0") == speed("SGLang")
    assert 183 / 1.3 < speed("vLLM 0.6.3") < 183 * 1.3


def test_a_short_prompt_takes_as_long_as_the_weights_to_read() -> None:
    """Llama 2 70B on four A100 by LMDeploy: 74 ms for 128 tokens, 402 for 2,048 (its benchmark of release 0.1)."""
    for tokens, published_s in ((128, 0.074), (2048, 0.402)):
        found = estimate_performance(
            shapes.LLAMA_70B, shapes.A100, precision="fp16", prompt_tokens=tokens, output_tokens=128, gpus=4,
            engine="LMDeploy",
        )  # fmt: skip
        assert published_s / 1.5 < found.time_to_first_token_s < published_s * 1.5


def test_a_gpu_of_unknown_peak_is_taken_for_one_with_tensor_units() -> None:
    unknown = GpuShape("RTX PRO 6000", 96, 1597, vendor="nvidia")
    found = estimate_performance(shapes.LLAMA_8B, unknown, precision="bf16", prompt_tokens=4096, engine="SGLang")
    (said,) = (note for note in found.assumptions if note.field == "fp16_tflops")
    assert said.value == "224"
    known = estimate_performance(
        shapes.LLAMA_8B, replace(unknown, fp16_tflops=223.58), precision="bf16", prompt_tokens=4096, engine="SGLang"
    )
    assert found.prefill_tokens_per_s == pytest.approx(known.prefill_tokens_per_s)


def test_arithmetic_that_outgrows_bandwidth_is_used_less_and_experts_fill_large_chips_least() -> None:
    """Largest throughput, prompts of 2,048 and answers of 128 tokens (TensorRT-LLM, overview of release 1.0): Llama
    3.1 8B at 8 bit on H100 and H200 3,450 and 3,538, Qwen3 30B of 3.3 active at 4 bit on B200 6,251.
    """
    h200 = GpuShape("H200-SXM", 141, 4800, 989, 1979, vendor="nvidia")
    b200 = GpuShape("B200-SXM", 180, 8000, 2250, 4500, 9000, vendor="nvidia")
    routed = ModelShape(
        parameters=30.5e9, active_parameters=3.3e9, layers=48, hidden=2048, heads=32, kv_heads=4, head_dim=128,
        experts=128, experts_per_token=8, vocab=151_936,
    )  # fmt: skip
    for model, gpu, precision, published in (
        (shapes.LLAMA_8B, shapes.H100, "fp8", 3450),
        (shapes.LLAMA_8B, h200, "fp8", 3538),
        (routed, b200, "nvfp4", 6251),
    ):
        found = estimate_performance(
            model, gpu, precision=precision, kv_precision="fp8", prompt_tokens=2048, output_tokens=128,
            concurrency=None, engine="TensorRT-LLM",
        )  # fmt: skip
        assert published / 1.3 < found.total_tokens_per_s < published * 1.3


@pytest.mark.parametrize(
    ("card", "bandwidth", "published"),
    [("GeForce RTX 4080", 717, 210), ("GeForce RTX 4090", 1008, 271), ("A100-SXM", 2039, 211), ("H200-SXM", 4800, 312)],
)
def test_small_models_under_llama_cpp_gain_little_from_bandwidth(card: str, bandwidth: float, published: float) -> None:
    """Ministral 3 3B at Q4_K_M, one request at a time (a benchmark of 13 GPUs, pavlokhmel.com, June 2026)."""
    small = ModelShape(
        parameters=3.4e9, layers=26, hidden=3072, intermediate=9216, heads=32, kv_heads=8, head_dim=128, vocab=131_072,
        tied_embeddings=True,
    )  # fmt: skip
    gpu = GpuShape(card, 80, bandwidth, 312, vendor="nvidia")
    found = estimate_performance(
        small, gpu, precision="q4_k_m", prompt_tokens=100, output_tokens=200, engine="llama.cpp"
    )
    assert published / 1.4 < found.decode_tokens_per_s < published * 1.4


def test_exllamav3_reads_weights_slower_on_ampere_than_its_predecessor() -> None:
    """Qwen3.6 27B at 6 bits a weight on RTX 3090: 17.1 tokens a second (a rig of four, one of them used)."""
    model = ModelShape(parameters=27e9, layers=64, hidden=5120, heads=40, kv_heads=8, head_dim=128, vocab=248_320)

    def speed(engine: str, capability: str) -> float:
        card = GpuShape("GeForce RTX 3090", 24, 936, 71, vendor="nvidia", compute_capability=capability)
        return estimate_performance(model, card, precision="6.0bpw", engine=engine).decode_tokens_per_s

    assert 17.1 / 1.35 < speed("exllamav3 1.0.0", "8.6") < 17.1 * 1.35
    assert speed("exllamav3 1.0.0", "8.9") == speed("exllamav2", "8.9") == speed("exllamav2", "8.6")


@pytest.mark.parametrize(
    ("name", "bandwidth", "tflops", "published"),
    [("GeForce RTX 3060", 360, 51, 122.9), ("GeForce RTX 2080 Ti", 616, 53.8, 180.4), ("RTX A4000", 448, 76.7, 149.4)],
)
def test_a_small_model_under_llama_cpp_waits_for_its_layers(
    name: str, bandwidth: float, tflops: float, published: float
) -> None:
    """Llama 3.2 3B at Q4_K_M, tokens a second (geerlingguy/ai-benchmarks)."""
    model = ModelShape(
        parameters=3.21e9, layers=28, hidden=3072, intermediate=8192, heads=24, kv_heads=8, head_dim=128, vocab=128_256,
        tied_embeddings=True,
    )  # fmt: skip
    card = GpuShape(name, 12, bandwidth, tflops, vendor="nvidia")
    found = estimate_performance(model, card, precision="q4_k_m", output_tokens=128, engine="llama.cpp")
    assert published / 1.17 < found.decode_tokens_per_s < published * 1.17
