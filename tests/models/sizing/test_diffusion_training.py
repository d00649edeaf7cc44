"""Training of generators: what is kept beside the denoiser, in which width, and how samples are encoded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.models.domain.sizing import GIB, Case, MemoryEstimate, ModelShape, Usage, size


def _clip_run(**said: object) -> MemoryEstimate:
    """Return the estimate of adapters on HunyuanVideo over clips of 49 frames."""
    hunyuan = ModelShape(
        parameters=21.2e9, text_encoder_parameters=8.15e9, vae_parameters=0.246e9, transformer=True, arch="diffusion",
        task="text-to-video",
    )  # fmt: skip
    known = {"workload": "lora", "batch_size": 1, "image_size": 627, "frames": 49, "checkpointing": True}
    return size(Case(hunyuan, Usage(**{**known, **said}))).estimate  # type: ignore[arg-type]


def test_runs_that_recompute_encode_clips_in_tiles_and_adapters_are_counted_by_their_rank() -> None:
    published = 56.266 * GIB  # finetrainers, docs/training/hunyuan_video.md, without precomputation
    assert _clip_run(lora_rank=128).total_bytes == pytest.approx(published, rel=0.15)
    assert "vae_tiling" in {note.field for note in _clip_run().assumptions}
    assert _clip_run(engine="diffusers").total_bytes > _clip_run().total_bytes + 5e9
    assert _clip_run(lora_rank=128).term("optimizer") == pytest.approx(4 * _clip_run(lora_rank=32).term("optimizer"))


def test_what_encoders_and_vae_make_may_be_kept_before_training() -> None:
    plain = _clip_run(lora_rank=128)
    for engine in ("SimpleTuner", "finetrainers, precomputed"):
        freed = _clip_run(lora_rank=128, engine=engine)
        assert plain.term("weights") - freed.term("weights") == pytest.approx(2 * (8.15e9 + 0.246e9))
    published = 42.387 * GIB  # the same page, with precomputation
    assert freed.total_bytes == pytest.approx(published, rel=0.15)


def test_pure_16_bit_keeps_neither_master_weights_nor_wide_state() -> None:
    mixed, pure, named = (
        _clip_run(workload="full", precision=form, engine=engine).term("optimizer")
        for form, engine in (("bf16", ""), ("pure bf16", ""), ("bf16", "finetrainers"))
    )
    assert mixed == pytest.approx(12.8e9 * 16, rel=0.01)
    assert pure == named == pytest.approx(12.8e9 * 6, rel=0.01)


def test_large_unets_save_less_as_they_came_with_fused_attention_and_encoding_takes_less_than_decoding() -> None:
    def kept(parameters: float, engine: str = "", batch: int = 1) -> float:
        unet = ModelShape(parameters=parameters, arch="diffusion", task="text-to-image")
        said = Usage(workload="full", precision="fp16 mixed", batch_size=batch, image_size=1024, engine=engine)
        return size(Case(unet, replace(said, checkpointing=batch > 1))).estimate.term("activations")

    assert kept(2.57e9) == pytest.approx(9.1e9, rel=0.05)  # counted over diffusers' SDXL
    assert kept(0.86e9) > 3 * kept(0.86e9, "diffusers with xformers")
    assert kept(2.57e9, batch=4) == pytest.approx(2 * 1024 * 1024 * 3300, rel=0.4)
