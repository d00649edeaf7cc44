"""Training of generators: what is kept beside the denoiser, in which width, and how samples are encoded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.models.domain.sizing import GIB, Case, MemoryEstimate, ModelShape, Usage, size
from tests.models.sizing import shapes


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
    assert mixed == pytest.approx(12.8e9 * 14, rel=0.01)  # 32-bit weights in all: recomputing keeps no 16-bit copies
    assert pure == named == pytest.approx(12.8e9 * 6, rel=0.01)
    copied = _clip_run(workload="full", precision="bf16", checkpointing=False).term("optimizer")
    assert copied == pytest.approx(12.8e9 * 16, rel=0.01)


def _image_run(shape: ModelShape, **said: object) -> MemoryEstimate:
    known = {"batch_size": 1, "image_size": 1024}
    return size(Case(shape, Usage(**{**known, **said}), None, 1)).estimate  # type: ignore[arg-type]


def test_frozen_weights_under_mixed_precision_have_16_bits() -> None:
    said = {"workload": "lora", "lora_rank": 128, "engine": "kohya"}
    mixed, pure = (_image_run(shapes.FLUX, precision=form, **said) for form in ("bf16 mixed", "pure bf16"))
    assert mixed.total_bytes == pytest.approx(44.18e9, rel=0.1)  # kohya-ss/sd-scripts, pull request 1374
    assert pure.total_bytes == pytest.approx(42.58e9, rel=0.1)
    assert mixed.term("weights") == pure.term("weights") == pytest.approx(2 * 16.87e9)


def test_a_copy_that_is_trained_beside_a_frozen_generator_alone_has_gradients_and_state() -> None:
    copy = _image_run(shapes.FLUX, workload="full", precision="bf16", image_size=512, trainable=1_400_000_000)
    assert copy.total_bytes == pytest.approx(58e9, rel=0.1)  # diffusers, examples/controlnet/README_flux.md
    assert copy.term("optimizer") == pytest.approx(1.4e9 * 14)


def test_state_in_host_memory_is_not_counted_and_deepspeed_keeps_gradients_there_too() -> None:
    said = {"workload": "full", "precision": "bf16", "checkpointing": True}
    held, moved, zero = (
        _image_run(shapes.SDXL, **said, offload=to, zero_stage=stage)
        for to, stage in (("", None), ("optimizer", None), ("optimizer", 2))
    )
    assert held.term("optimizer") - moved.term("optimizer") == pytest.approx(2.57e9 * 8, rel=0.01)
    assert (zero.term("optimizer"), zero.term("buckets")) == (0, 2e9)
    run = _image_run(
        shapes.SDXL, workload="full", batch_size=8, engine="SimpleTuner", offload="optimizer", zero_stage=2
    )
    assert run.total_bytes == pytest.approx(13.102 * GIB, rel=0.1)  # SimpleTuner, documentation/DEEPSPEED.md


def test_gpus_share_what_the_stage_of_zero_says() -> None:
    usage = Usage(workload="full", precision="bf16", checkpointing=True, batch_size=1, image_size=512)
    alone, first, second, third = (
        size(Case(shapes.FLUX, replace(usage, zero_stage=stage), None, 8)).estimate for stage in (None, 1, 2, 3)
    )
    each = 11.9e9
    assert alone.term("optimizer") == pytest.approx(each * 14, rel=0.01)
    assert first.term("optimizer") == pytest.approx(each * (12 / 8 + 4), rel=0.01)
    assert second.term("optimizer") == pytest.approx(each * 16 / 8, rel=0.01)
    assert alone.term("weights") - third.term("weights") == pytest.approx(2 * each * 7 / 8, rel=0.01)
    fields = [{note.field for note in run.assumptions} for run in (alone, third)]
    assert ["gpu_count" in found for found in fields] == [True, False]
    assert "zero_stage" not in fields[1]


def test_large_generators_and_those_of_clips_are_trained_at_16_bit_and_finetrainers_recomputes() -> None:
    unsaid = {"precision": "", "checkpointing": None, "batch_size": None}
    plain, tuned = (_clip_run(workload="full", engine=engine, **unsaid) for engine in ("", "finetrainers"))
    assert tuned.precision == plain.precision == "bf16"
    assert tuned.term("optimizer") == pytest.approx(plain.term("optimizer") * 6 / 14)
    assert _image_run(shapes.SDXL, workload="full").precision == "bf16"
    assert _image_run(shapes.SDXL._replace(parameters=1.77e9), workload="full").precision == "fp32"
    ltx = ModelShape(
        parameters=7.6e9, text_encoder_parameters=4.76e9, vae_parameters=0.94e9, transformer=True, arch="diffusion",
        task="text-to-video",
    )  # fmt: skip
    kept, again = (
        size(Case(ltx, Usage(workload="lora", engine=engine))).estimate.term("activations")
        for engine in ("", "finetrainers")
    )
    assert again < kept / 3


def test_large_unets_save_less_as_they_came_with_fused_attention_and_encoding_takes_less_than_decoding() -> None:
    def kept(parameters: float, engine: str = "", batch: int = 1) -> float:
        unet = ModelShape(parameters=parameters, arch="diffusion", task="text-to-image")
        said = Usage(workload="full", precision="fp16 mixed", batch_size=batch, image_size=1024, engine=engine)
        return size(Case(unet, replace(said, checkpointing=batch > 1))).estimate.term("activations")

    assert kept(2.57e9) == pytest.approx(9.1e9, rel=0.05)  # counted over diffusers' SDXL
    assert kept(0.86e9) > 3 * kept(0.86e9, "diffusers with xformers")
    assert kept(2.57e9, batch=4) == pytest.approx(2 * 1024 * 1024 * 3300, rel=0.4)
