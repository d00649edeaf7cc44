"""Decoding images and clips, in tiles, chunks or whole, and what encodes the prompts beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.models.domain.shaping import shape_of_name
from services.models.domain.sizing import Case, GpuShape, ModelShape, Usage, size
from services.models.domain.sizing.decoding import DECODERS, decode_bytes, decoder_of
from services.models.domain.sizing.diffusion import ImageJob, estimate_diffusion
from tests.models.sizing import shapes

HUNYUAN_VIDEO = ModelShape(
    parameters=21.4e9,
    text_encoder_parameters=8.153e9,
    vae_parameters=246e6,
    transformer=True,
    arch="diffusion",
    task="text-to-video",
)


def test_images_are_decoded_at_32_bit_whatever_the_weights_have() -> None:
    """Four images by SDXL take 28.1 GB at 32 bit and 21.7 at 16 (Hugging Face, "Exploring simple optimizations for
    SDXL").
    """
    wide, narrow = (
        estimate_diffusion(shapes.SDXL, precision=precision, job=ImageJob(size=1024, batch=4))
        for precision in ("fp32", "fp16")
    )
    assert wide.term("activations") == narrow.term("activations")
    assert (wide.total_bytes / 1e9, narrow.total_bytes / 1e9) == pytest.approx((28.09, 21.72), rel=0.03)


@pytest.mark.parametrize(
    ("precision", "engine", "offload", "gb"),
    [
        ("bf16", "diffusers", "", 60.1),
        ("bf16", "diffusers", "parameters", 31.0),
        ("int8", "diffusers", "", 49.9),
        ("nf4", "diffusers", "", 42.96),
        ("int8", "diffusers, VAE tiling", "parameters", 28.1),
        ("bf16", "diffusers, VAE tiling", "", 46.8),
        ("int8", "diffusers, VAE tiling", "", 36.92),
        ("nf4", "diffusers, VAE tiling", "", 28.4),
    ],
)
def test_diffusers_decodes_clips_in_chunks_and_a_language_model_that_reads_prompts_stays_at_16_bit(
    precision: str, engine: str, offload: str, gb: float
) -> None:
    """HunyuanVideo, 121 frames of 512 x 768 (Hugging Face, "State of open video generation models in Diffusers"; GB may
    be GiB there).
    """
    load = Usage(precision=precision, image_size=627, frames=121, engine=engine, offload=offload)
    answer = size(Case(HUNYUAN_VIDEO, load)).estimate
    assert answer.total_bytes / 1e9 == pytest.approx(gb, rel=0.09)
    assert "text_encoder_precision" not in {note.field for note in answer.assumptions}


def test_a_clip_is_judged_as_decoded_whole_unless_tiles_were_said_and_longer_ones_take_no_more() -> None:
    load = Usage(precision="bf16", image_size=627, frames=121, concurrency=1)
    card = GpuShape("H100", 80)

    def judged(engine: str, frames: int) -> float:
        capacity = size(Case(HUNYUAN_VIDEO, replace(load, engine=engine, frames=frames), card, 1)).capacity
        assert capacity is not None
        return capacity.usable_bytes - capacity.headroom_bytes

    assert judged("diffusers", 121) == judged("", 121) == judged("", 61)
    assert judged("", 33) < judged("", 61)
    assert judged("tiled decoding", 121) < judged("diffusers", 121)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Wan-AI/Wan2.1-T2V-1.3B-Diffusers", "Wan"),
        ("FastVideo/FastWan2.1-T2V-1.3B-Diffusers", "Wan"),
        ("Wan-AI/Wan2.2-TI2V-5B", ""),
        ("Skywork/SkyReels-V2-DF-14B-540P", "Wan"),
        ("Skywork/SkyReels-V1-Hunyuan-T2V", ""),
        ("nvidia/Cosmos-Predict2-14B-Text2Image", "Wan"),
        ("Qwen/Qwen-Image-Edit", "Wan"),
        ("Lightricks/LTX-Video", "LTX"),
        ("Lightricks/LTXV-13B", "LTX"),
        ("Lightricks/LTX-2", "LTX-2"),
        ("owner/swan2", ""),
        ("stabilityai/stable-diffusion-xl-base-1.0", ""),
    ],
)
def test_the_name_tells_the_decoder(name: str, family: str) -> None:
    assert decoder_of(name) == family
    shape = shape_of_name(f"{name}-1B", task="text-to-video")
    assert shape is not None
    assert shape.decoder == family


@pytest.mark.parametrize(
    ("family", "pixels", "frames", "width", "ways", "gb"),
    [
        ("Wan", 480 * 832, 81, 2, "", 6.39),  # 399,360 x 16 kB
        ("Wan", 480 * 832, 801, 2, "", 6.39),
        ("Wan", 480 * 832, 81, 4, "", 12.78),
        ("Wan", 480 * 832, 81, 2, "in_chunks", 6.39),
        ("Wan", 480 * 832, 81, 2, "tiled", 1.05),  # 256 x 256 x 16 kB
        ("Wan", 1024 * 1024, 1, 2, "", 4.69),  # 1,048,576 x 4,470
        ("LTX", 512 * 768, 121, 2, "", 4.28),  # 47.6 million x 90
        ("LTX", 512 * 768, 121, 2, "in_chunks", 4.28),
        ("LTX-2", 512 * 768, 121, 2, "", 16.65),
        ("", 512 * 768, 121, 2, "", 26.97),  # 393,216 x 49 x 1,400
        ("", 512 * 768, 121, 2, "in_chunks", 15.57),  # 393,216 x 12 x 3,300
    ],
)
def test_a_decoder_takes_what_its_family_keeps_of_a_pixel(
    family: str, pixels: int, frames: int, width: float, ways: str, gb: float
) -> None:
    said = {"tiled": ways == "tiled", "in_chunks": ways == "in_chunks"}
    assert decode_bytes(pixels, frames, width, batch=1, decoder=family, **said) / 1e9 == pytest.approx(gb, rel=2e-3)


def test_a_clip_decoded_a_latent_frame_at_a_time_is_the_same_whole_or_not() -> None:
    """Wan 1.3B, 41 frames of 480 x 832 under diffusers: 21.5 GB in all (edge-dit's documentation)."""
    shape = shape_of_name("Wan-AI/Wan2.1-T2V-1.42B", task="text-to-video")
    assert shape is not None
    load = Usage(precision="bf16", image_size=632, frames=41, batch_size=1)
    long = size(Case(shape, replace(load, frames=241), GpuShape("H100", 80), 1))
    assert long.capacity is not None
    assert "vae_tiling" not in {note.field for note in long.estimate.assumptions}
    (note,) = (note for note in long.estimate.assumptions if note.field == "fits")
    assert note.value == "up to 26.0 GiB a GPU"  # 2.84 + 11.36 + 0.34 + 12.78 + 0.64 GB with a decoder at 32 bit
    for engine in ("", "diffusers"):
        told = size(Case(shape, replace(load, engine=engine))).estimate
        assert told.total_bytes / 1e9 == pytest.approx(21.49, rel=0.02)
    assert DECODERS[shape.decoder].clip


def test_ggml_stores_what_reads_prompts_as_it_does_the_denoiser() -> None:
    """Qwen-Image at Q4_K: 22.3 GB by a ggml engine (edge-dit's documentation); GGUF in diffusers leaves Qwen2.5-VL at
    16 bit.
    """
    shape = shape_of_name("Qwen/Qwen-Image-20.4B", task="text-to-image")
    load = Usage(precision="Q4_K", image_size=1024, batch_size=1)
    assert shape is not None
    there, diffusers = (
        size(Case(shape, replace(load, engine=engine))).estimate for engine in ("stable-diffusion.cpp", "diffusers")
    )
    assert there.total_bytes / 1e9 == pytest.approx(22.3, rel=0.05)
    assert diffusers.term("text_encoder") == pytest.approx(8.29e9 * 2)


def test_servers_quantise_the_denoiser_alone() -> None:
    """Z-Image at fp8 by vLLM-Omni: 13.40 GiB of weights (pull request 1764); Flux's T5 stays at 16 bit there, 4.885
    billion parameters x 2 bytes.
    """
    flux = ModelShape(
        parameters=16.87e9, text_encoder_parameters=4.885e9, vae_parameters=84e6, transformer=True, arch="diffusion"
    )
    load = Usage(precision="fp8", image_size=1024, batch_size=1)
    served, plain = (size(Case(flux, replace(load, engine=engine))).estimate for engine in ("vllm-omni", "diffusers"))
    assert served.term("text_encoder") == pytest.approx(4.885e9 * 2)
    assert plain.term("text_encoder") == pytest.approx(4.76e9 + 0.125e9 * 2)
    assert "text_encoder_precision" not in {note.field for note in served.assumptions}


@pytest.mark.parametrize(("precision", "gb"), [("bf16", 96.1), ("fp8", 69.7)])
def test_sglang_has_the_encoder_and_the_decoder_of_wan_at_32_bit(precision: str, gb: float) -> None:
    """Wan 2.2 A14B, 81 frames of 480 x 832: 89.5 and 64.93 GiB (SGLang, pull request 25483)."""
    shape = shape_of_name("Wan-AI/Wan2.2-T2V-28.6B", task="text-to-video")
    assert shape is not None
    load = Usage(precision=precision, image_size=632, frames=81, engine="sglang", batch_size=1)
    answer = size(Case(shape, load)).estimate
    assert answer.term("text_encoder") == pytest.approx(5.68e9 * 4)
    assert answer.term("activations") == pytest.approx(632 * 632 * 32_000)
    assert answer.total_bytes / 1e9 == pytest.approx(gb, rel=0.07)


def test_an_encoder_of_more_words_is_one_model_that_moves_as_a_whole() -> None:
    shape = shape_of_name("Wan-AI/Wan2.1-T2V-1.42B", task="text-to-video")
    assert shape is not None
    alone = estimate_diffusion(shape, precision="bf16", job=ImageJob(size=256, frames=5, offload=True))
    assert alone.term("text_encoder") == pytest.approx(5.68e9 * 2)
