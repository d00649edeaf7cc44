"""Formats are found by any spelling, and their true bits follow from their block layouts."""

from __future__ import annotations

import pytest

from services.models.domain.sizing import PRECISIONS, ModelShape, find_precision
from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.precision import precision_of
from services.models.domain.sizing.weights import weight_bytes
from tests.models.sizing import shapes


def _stored(shape: ModelShape, *, precision: str) -> float:
    return weight_bytes(complete(shape), precision_of(precision))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("BF16", "bf16"),
        ("bfloat16", "bf16"),
        ("16-bit", "bf16"),
        ("bf16-true", "bf16"),
        ("bf16-mixed", "mixed"),
        ("F16", "fp16"),
        ("float32", "fp32"),
        ("8bit", "int8"),
        ("bnb.nf4-dq", "nf4-dq"),
        ("awq-4bit", "awq"),
        ("GPTQ-Int8", "gptq-int8"),
        ("Q4_K_M", "q4_k_m"),
        ("IQ3_XXS", "iq3_xxs"),
        ("NVFP4", "nvfp4"),
        ("int4 g32", "int4-g32"),
        ("4-bit NF4", "nf4"),
        ("pure_bf16", "bf16"),
        ("W8A16", "gptq-int8"),
        ("FP8 (E4M3)", "fp8"),
        ("exl2 4.65bpw", "4.65bpw"),
        ("q4f16_1", "mlc-q4"),
        ("q4f32_1", "mlc-q4f32"),
        ("q3f16_1", "mlc-q3"),
        ("q0f16", "fp16"),
        ("int8wo", "int8-wo"),
        ("mlx-8bit", "mlx-8bit"),
        ("4-bit MLX", "mlx-4bit"),
        ("GPTQ-int3", "gptq-int3"),
        ("UD-Q3_K_XL", "q3_k_m"),
        ("Q6", "q6_k"),
    ],
)
def test_a_format_is_found_by_the_spellings_in_use(text: str, name: str) -> None:
    found = find_precision(text)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("text", ["", "int5", "fast", "q99_k"])
def test_a_word_that_is_no_format_is_not_taken_for_one(text: str) -> None:
    assert find_precision(text) is None


def test_scales_are_counted_in_the_true_bits() -> None:
    assert PRECISIONS["nf4"].bits == 4 + 32 / 64
    assert PRECISIONS["mxfp4"].bits == 4 + 8 / 32
    assert PRECISIONS["nvfp4"].bits == 4 + 8 / 16
    assert PRECISIONS["awq"].bits == pytest.approx(4 + 20 / 128, abs=0.001)
    assert PRECISIONS["nf4-dq"].bits == pytest.approx(4 + 8 / 64 + 32 / (64 * 256), abs=0.001)


def test_every_format_names_its_source() -> None:
    assert all(precision.source and precision.bits > 0 for precision in PRECISIONS.values())


@pytest.mark.parametrize(("precision", "gigabytes"), [("q4_k_m", 4.92), ("q8_0", 8.54), ("f16", 16.07), ("q2_k", 3.18)])
def test_gguf_files_of_llama_8b_have_their_published_sizes(precision: str, gigabytes: float) -> None:
    assert _stored(shapes.LLAMA_8B, precision=precision) / 1e9 == pytest.approx(gigabytes, rel=0.01)


@pytest.mark.parametrize(
    ("precision", "gigabytes"), [("iq2_xxs", 2.58), ("q2_k", 3.43), ("iq3_xxs", 3.41), ("q4_k_m", 5.05), ("q6_k", 6.59)]
)
def test_a_gguf_file_grows_with_its_embedding_which_has_bits_of_its_own(precision: str, gigabytes: float) -> None:
    """bartowski's files of Aya 23 8B, an eighth of which is the embedding that is its output head as well."""
    aya = shapes.LLAMA_8B._replace(vocab=256_000, tied_embeddings=True)
    assert _stored(aya, precision=precision) / 1e9 == pytest.approx(gigabytes, rel=0.01)


@pytest.mark.parametrize(("billions", "layers", "hidden", "gigabytes"), [(4.3, 34, 2560, 3.3), (12.19, 48, 3840, 8.1)])
def test_a_tower_beside_a_gguf_file_is_at_16_bit(billions: float, layers: int, hidden: int, gigabytes: float) -> None:
    """Downloads of Gemma 3 by Ollama's README, at 4 bits (Q4_K_M), with their towers of 417 million parameters."""
    gemma = ModelShape(
        parameters=billions * 1e9,
        other_parameters=0.417e9,
        layers=layers,
        hidden=hidden,
        vocab=262_208,
        tied_embeddings=True,
    )
    assert _stored(gemma, precision="q4_k_m") / 1e9 == pytest.approx(gigabytes, rel=0.02)


@pytest.mark.parametrize(("precision", "gigabytes"), [("int4-g32", 4.57), ("int4", 4.16)])
def test_gptq_files_have_the_size_of_their_groups(precision: str, gigabytes: float) -> None:
    """TheBloke's files of Zephyr 7B, by group size."""
    zephyr = shapes.LLAMA_8B._replace(parameters=7.2417e9, vocab=32_000)
    assert _stored(zephyr, precision=precision) / 1e9 == pytest.approx(gigabytes, rel=0.01)


@pytest.mark.parametrize(("billions", "layers", "experts", "gib"), [(20.91, 24, 32, 12.8), (116.83, 36, 128, 60.8)])
def test_a_mixture_at_mxfp4_keeps_its_attention_at_16_bit(
    billions: float, layers: int, experts: int, gib: float
) -> None:
    """Checkpoints of gpt-oss (arXiv:2508.10925, table 1)."""
    gpt_oss = ModelShape(
        parameters=billions * 1e9,
        layers=layers,
        hidden=2880,
        intermediate=2880,
        heads=64,
        kv_heads=8,
        head_dim=64,
        vocab=201_088,
        experts=experts,
        experts_per_token=4,
        tied_embeddings=False,
    )
    assert _stored(gpt_oss, precision="mxfp4") / 2**30 == pytest.approx(gib, rel=0.01)
    dense = shapes.LLAMA_8B
    assert _stored(dense, precision="mxfp4") < _stored(dense, precision="nvfp4")


def test_the_head_of_an_exl_file_has_6_bits_and_its_embedding_16() -> None:
    each = 128_256 * 4096
    expected = (8.03e9 - 2 * each) * 4 / 8 + each * (16 + 6) / 8
    assert _stored(shapes.LLAMA_8B, precision="4.0bpw") == pytest.approx(expected)


@pytest.mark.parametrize(("precision", "gigabytes"), [("mlx-4bit", 4.52), ("mlx-8bit", 8.53)])
def test_mlx_quantises_embeddings_too(precision: str, gigabytes: float) -> None:
    """mlx-community's files of Llama 3.1 8B."""
    assert _stored(shapes.LLAMA_8B, precision=precision) / 1e9 == pytest.approx(gigabytes, rel=0.01)


def test_embeddings_stay_at_16_bit_in_formats_that_leave_them() -> None:
    embeddings = 2 * 128256 * 4096
    expected = (8.03e9 - embeddings) * 4.156 / 8 + embeddings * 2
    assert _stored(shapes.LLAMA_8B, precision="awq") == pytest.approx(expected)


def test_fewer_bits_are_never_more_bytes() -> None:
    shape = ModelShape(parameters=30e9)
    ordered = ["fp32", "bf16", "fp8", "q6_k", "q5_k_m", "q4_k_m", "q3_k_m", "q2_k"]
    sizes = [_stored(shape, precision=name) for name in ordered]
    assert sizes == sorted(sizes, reverse=True)


def test_mlc_quantises_embeddings_and_head_too() -> None:
    """Llama 3.1 8B at q4f16_1 with 4,096 tokens is said to take 5,001 MiB (WebLLM's configuration)."""
    stored = _stored(shapes.LLAMA_8B, precision="q4f16_1")
    assert stored == pytest.approx(8.03e9 * 4.5 / 8)
    assert stored + 4096 * 131_072 == pytest.approx(5001 * 2**20, rel=0.04)
