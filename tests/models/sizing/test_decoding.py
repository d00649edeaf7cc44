"""Decoding images and clips, in tiles, chunks or whole, and what encodes the prompts beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.models.domain.sizing import Case, GpuShape, ModelShape, Usage, size
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
