"""Training takes the longer the more is read, and no GPU is busier than it can be."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.domain.sizing import GpuShape, ModelShape, estimate_training_time
from services.models.domain.sizing.frameworks import framework_of
from tests.models.sizing import shapes


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


def test_training_on_no_gpu_is_refused() -> None:
    with pytest.raises(ValueError, match="gpus is 0; it must be at least 1"):
        estimate_training_time(shapes.LLAMA_8B, shapes.A100, gpus=0, tokens=1e6)


def test_a_framework_that_keeps_activations_does_not_pass_twice() -> None:
    def speed(engine: str, **said: bool) -> float:
        framework = framework_of(engine)
        return estimate_training_time(
            shapes.LLAMA_8B, shapes.H100, tokens=1e9, framework=framework, **said
        ).tokens_per_s

    assert speed("NeMo") == pytest.approx(speed("", checkpointing=False))
    assert speed("torchtune") == pytest.approx(speed("", checkpointing=True))
    assert speed("torchtune") < speed("torchtitan") < speed("NeMo")
    assert speed("NeMo", checkpointing=True) == pytest.approx(speed("torchtune"))


def test_attention_stays_at_16_bit_where_products_are_at_8() -> None:
    """Llama 3.1 8B over 8 H100 at 8 bit, recomputing (torchtitan's benchmarks of December 2024), tokens a second."""
    for sequence, published in ((32_768, 3890), (65_536, 2540), (262_144, 548)):
        found = estimate_training_time(
            shapes.LLAMA_8B, shapes.H100, gpus=8, tokens=1e9, sequence=sequence, bits=8, checkpointing=True
        )
        assert published / 1.4 < found.tokens_per_s_per_gpu < published * 1.8
        assert "Attention, at 16 bit" in found.formula


@pytest.mark.parametrize(("method", "published"), [("full", 16_847), ("lora", 25_206)])
def test_nemo_trains_at_8_bit_at_what_it_publishes(method: str, published: float) -> None:
    """Llama 2 7B on 8 H100, 4,096 tokens (NeMo's performance summary, container 24.07)."""
    found = estimate_training_time(
        shapes.LLAMA_2_7B,
        shapes.H100,
        gpus=8,
        method=method,
        tokens=1e9,
        sequence=4096,
        bits=8,
        framework=framework_of("NeMo"),
    )
    assert published / 1.35 < found.tokens_per_s_per_gpu < published * 1.35


def test_mixtures_and_adapters_have_a_wider_band() -> None:
    def factor(shape: ModelShape, method: str) -> float:
        return estimate_training_time(shape, shapes.H100, gpus=8, method=method, tokens=1e9).error_factor

    adapters = factor(shapes.LLAMA_8B, "lora")
    assert factor(shapes.MIXTRAL, "full") == adapters == factor(shapes.LLAMA_8B, "qlora")
    assert adapters > factor(shapes.LLAMA_8B, "full")


@pytest.mark.parametrize(
    ("shape", "gpus", "published"),
    [(shapes.MIXTRAL, 128, 5590), (shapes.DEEPSEEK_V3, 256, 1002), (shapes.DEEPSEEK_V3, 1024, 865)],
)
def test_a_mixture_trains_the_slower_the_narrower_its_experts(shape: ModelShape, gpus: int, published: float) -> None:
    """On H100 at 16 bit, tokens a second of each: 468 TFLOPS (Megatron Core's page); NeMo AutoModel's table."""
    time = partial(estimate_training_time, method="full", tokens=1e9, sequence=4096, checkpointing=False)
    found = time(shape, shapes.H100, gpus=gpus)
    assert published / 1.25 < found.tokens_per_s_per_gpu < published * 1.25


QWEN_7B = ModelShape(
    parameters=7.72e9, layers=32, hidden=4096, intermediate=11_008, heads=32, kv_heads=32, head_dim=128, vocab=151_936
)


@pytest.mark.parametrize(
    ("method", "sequence", "published"),
    [("lora", 256, 1707), ("lora", 2048, 3151), ("qlora", 256, 683), ("qlora", 1024, 2341), ("qlora", 8192, 2939)],
)
def test_a_short_step_waits_for_what_does_not_shrink_with_its_tokens(
    method: str, sequence: int, published: float
) -> None:
    """Qwen 7B on A100, one sample a step, tokens a second (the fine-tuning table of Qwen's README)."""
    found = estimate_training_time(
        QWEN_7B, shapes.A100, method=method, tokens=1e9, sequence=sequence, batch=1, checkpointing=True
    )
    assert published / 1.5 < found.tokens_per_s < published * 1.5
    assert ("Launching" in found.formula) == (method == "lora" and sequence == 256)
    assert ("Expanding 4-bit weights" in found.formula) == (method == "qlora")


def test_steps_of_unsaid_size_are_large_enough_not_to_wait() -> None:
    def speed(batch: int | None) -> float:
        return estimate_training_time(QWEN_7B, shapes.A100, tokens=1e9, sequence=128, batch=batch).tokens_per_s

    assert speed(None) == speed(64) > 2 * speed(1)
