"""Images, video, 3-D scans and proteins: the input drives the memory, and what is assumed is said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.domain.sizing import (
    GIB,
    Case,
    GpuShape,
    MemoryEstimate,
    ModelShape,
    Usage,
    arch_of_task,
    size,
)
from services.models.domain.sizing.diffusion import ImageJob, estimate_diffusion
from services.models.domain.sizing.diffusion_training import GeneratorRun, estimate_diffusion_training
from services.models.domain.sizing.vision import VisionJob, estimate_vision
from tests.models.sizing import shapes

SDXL = ModelShape(parameters=2.57e9, arch="diffusion", task="text-to-image")
RESNET = ModelShape(parameters=25.6e6, arch="cnn", task="image-classification")
UNET = ModelShape(parameters=31e6, arch="unet3d")


@given(st.integers(256, 1024), st.integers(1, 8))
def test_larger_images_and_batches_need_more(size: int, batch: int) -> None:
    def need(edge: int, count: int) -> float:
        return estimate_diffusion(SDXL, precision="fp16", job=ImageJob(size=edge, batch=count)).total_bytes

    assert need(size + 64, batch) > need(size, batch)
    assert need(size, batch + 1) > need(size, batch)


def test_a_diffusion_model_counts_text_encoders_and_decoder() -> None:
    estimate = estimate_diffusion(SDXL, precision="fp16", job=ImageJob(size=1024))
    assert estimate.term("denoiser") == pytest.approx(5.14e9)
    assert estimate.term("text_encoder") > 0
    assert estimate.term("vae") > 0
    assert 8 * GIB < estimate.total_bytes < 14 * GIB
    assert "text_encoder_parameters" in {note.field for note in estimate.assumptions}


def test_tiling_and_offloading_save_memory() -> None:
    whole, tiled, lean = (
        estimate_diffusion(SDXL, precision="fp16", job=ImageJob(size=1024, tiled=tiled, offload=offload)).total_bytes
        for tiled, offload in ((False, False), (True, False), (True, True))
    )
    assert lean < tiled < whole


def test_training_all_of_a_diffusion_model_needs_more_than_adapters() -> None:
    full, lora, spared = (
        estimate_diffusion_training(SDXL, GeneratorRun(method, checkpointing=again), job=ImageJob(size=512))
        for method, again in (("full", False), ("lora", False), ("lora", True))
    )
    assert spared.total_bytes < lora.total_bytes < full.total_bytes


def test_training_on_videos_needs_at_least_what_their_encoding_takes() -> None:
    video = ModelShape(parameters=5e9, arch="diffusion", task="text-to-video")
    run = estimate_diffusion_training(video, GeneratorRun("lora"), job=ImageJob(size=512, frames=49))
    coded = estimate_diffusion(video, precision="bf16", job=ImageJob(size=512, frames=49))
    assert run.term("activations") == pytest.approx(coded.term("activations"))


def test_the_large_text_encoder_keeps_some_weights_at_32_bit_under_fp16() -> None:
    half, brain = (
        estimate_diffusion(ModelShape(parameters=12e9, arch="diffusion"), precision=name) for name in ("fp16", "bf16")
    )
    assert half.term("text_encoder") - brain.term("text_encoder") == pytest.approx(2 * 24 * 10_240 * 4096)


def test_what_training_a_generator_assumes_is_said_and_a_described_run_is_judged_without_recomputing() -> None:
    flux = ModelShape(parameters=17e9, text_encoder_parameters=4.9e9, arch="diffusion", task="text-to-image")
    left_open = size(Case(flux, Usage(workload="lora"), shapes.H100))
    described = size(Case(flux, Usage(workload="lora", batch_size=2, image_size=1024), shapes.H100))
    assert left_open.capacity is not None
    assert described.capacity is not None
    assert (left_open.capacity.fits, described.capacity.fits) == (True, False)
    assert {a.field for a in left_open.estimate.assumptions} >= {
        "precision", "checkpointing", "image_size", "batch_size", "trainable",
    }  # fmt: skip
    assert "fits" in {a.field for a in described.estimate.assumptions}


def test_a_denoising_transformer_saves_by_tokens_and_a_unet_by_pixels() -> None:
    wide, plain = (
        estimate_diffusion_training(
            ModelShape(parameters=2e9, arch="diffusion", transformer=kind),
            GeneratorRun("lora", checkpointing=False),
            job=ImageJob(size=1024),
        ).term("activations")
        for kind in (True, False)
    )
    assert wide == pytest.approx(1.3 * plain, rel=0.1)


def test_video_is_sized_by_its_frames() -> None:
    video = SDXL._replace(parameters=5.6e9, task="text-to-video")
    short, long = (
        estimate_diffusion(video, precision="bf16", job=ImageJob(size=592, frames=frames)).total_bytes
        for frames in (17, 49)
    )
    assert long > short
    assert "frames" in {note.field for note in estimate_diffusion(video).assumptions}


def test_doubling_the_edge_of_a_3d_patch_takes_eight_times_the_activations() -> None:
    small, large = (
        estimate_vision(UNET, job=VisionJob(size=size, batch=2), training=True).term("activations")
        for size in (64, 128)
    )
    assert large == pytest.approx(8 * small)


def test_a_3d_network_at_its_usual_patch_trains_in_the_range_nnunet_states() -> None:
    estimate = estimate_vision(UNET, job=VisionJob(size=128, batch=2), training=True)
    assert 5 * GIB < estimate.total_bytes < 12 * GIB


def test_the_activations_of_a_convolutional_network_dwarf_its_weights() -> None:
    estimate = estimate_vision(RESNET, job=VisionJob(size=224, batch=64), training=True)
    assert estimate.term("activations") > 10 * estimate.term("weights")
    segmenting = estimate_vision(
        RESNET._replace(task="image-segmentation"), job=VisionJob(size=224, batch=64), training=True
    )
    assert segmenting.term("activations") > estimate.term("activations")


def test_a_2d_network_trains_at_32_bit_unless_16_are_named_and_the_answer_says_so() -> None:
    def train(network: ModelShape, precision: str) -> MemoryEstimate:
        usage = Usage(workload="full", precision=precision, batch_size=8, image_size=224)
        return size(Case(network, usage)).estimate

    wide, half, pure = (train(RESNET, name) for name in ("", "fp16", "pure bf16"))
    assert wide.term("activations") == 2 * half.term("activations")
    assert "MMDetection" in next(a.why for a in wide.assumptions if a.field == "precision")
    assert half.term("weights") == wide.term("weights") == 2 * pure.term("weights")
    scan = train(UNET, "")
    assert scan.term("activations") == train(UNET, "fp16").term("activations")
    assert "mixed_precision" in {a.field for a in scan.assumptions}


def test_an_image_transformer_saves_by_tokens_where_its_dimensions_are_known() -> None:
    vit = ModelShape(parameters=632e6, layers=32, hidden=1280, arch="cnn", task="image-classification")
    usage = Usage(workload="full", precision="bf16 mixed", batch_size=8, image_size=224)
    kept, rebuilt = (size(Case(vit, replace(usage, checkpointing=value))).estimate for value in (None, True))
    assert kept.term("activations") == pytest.approx(8 * 256 * 1280 * 32 * 34)
    assert rebuilt.term("activations") == pytest.approx(8 * 256 * 1280 * (2 * 32 + 1.5 * 34))
    detector = vit._replace(parameters=41e6, layers=6, hidden=256, task="object-detection")
    assert size(Case(detector, usage)).estimate.term("activations") > kept.term("activations") / 8


def test_text_encoders_stay_in_training_unless_what_they_make_is_kept_or_the_generator_has_4_bits() -> None:
    flux = ModelShape(
        parameters=16.9e9, text_encoder_parameters=4.9e9, vae_parameters=84e6, arch="diffusion", task="text-to-image"
    )
    run = Usage(workload="lora", batch_size=1, checkpointing=True)
    plain, cached, packed = (
        size(Case(flux, replace(run, **said), GpuShape("card", card)))
        for said, card in (({}, 48), ({"engine": "ai-toolkit"}, 40), ({"precision": "nf4"}, 16))
    )
    assert plain.estimate.term("weights") == pytest.approx(2 * 16.9e9)
    assert cached.estimate.term("weights") == pytest.approx(2 * (16.9e9 - 4.9e9 - 84e6))
    assert packed.estimate.term("weights") == pytest.approx(12e9 * 4.5 / 8, rel=0.1)
    for sized in (cached, packed):
        assert sized.capacity is not None
        assert (sized.capacity.fits, sized.capacity.is_borderline(0.0)) == (True, True)
        assert "text encoders that stay" in next(a.why for a in sized.estimate.assumptions if a.field == "fits")


@pytest.mark.parametrize(
    ("precision", "gib"), [("bf16", 31.45), ("nf4", 12.58), ("int8", 19.27), ("q8_0", 21.50), ("q2_k", 13.26)]
)
def test_a_quantised_pipeline_loads_as_diffusers_measures(precision: str, gib: float) -> None:
    """FLUX.1-dev after loading (Hugging Face, "Exploring Quantization Backends in Diffusers")."""
    estimate = estimate_diffusion(shapes.FLUX, precision=precision)
    loaded = sum(estimate.term(name) for name in ("denoiser", "text_encoder", "vae"))
    assert loaded / GIB == pytest.approx(gib, rel=0.03)


def test_a_fit_by_quantised_text_encoders_is_borderline() -> None:
    load = Usage(precision="fp8", image_size=1024, concurrency=1)
    answer, roomy = (size(Case(shapes.FLUX, load, GpuShape("card", memory), 1)) for memory in (24, 40))
    assert answer.capacity is not None
    assert roomy.capacity is not None
    assert (answer.capacity.fits, answer.capacity.is_borderline(0.0)) == (True, True)
    assert (roomy.capacity.fits, roomy.capacity.is_borderline(0.0)) == (True, False)
    notes = {note.field: note for note in answer.estimate.assumptions}
    assert notes["text_encoder_precision"].value == "fp8"
    assert "text encoders at 16 bit" in notes["fits"].why
    gguf = estimate_diffusion(shapes.FLUX, precision="q8_0")
    assert "text_encoder_precision" not in {note.field for note in gguf.assumptions}


def test_protein_folding_grows_with_the_square_of_the_sequence() -> None:
    folding = ModelShape(parameters=93e6, arch="pair")
    assert estimate_vision(folding, precision="bf16").assumptions[0].field == "sequence_length"
    short, long = (estimate_vision(folding, job=VisionJob(size=size)).term("activations") for size in (256, 512))
    assert long == pytest.approx(4 * short)


def test_training_to_fold_keeps_inputs_of_blocks_and_the_attention_over_related_sequences() -> None:
    folding = ModelShape(parameters=93e6, arch="pair")
    first, tuned = (estimate_vision(folding, job=VisionJob(size=size, batch=1), training=True) for size in (256, 384))
    attention = 8 * 1024 * 256**2
    blocks = 48 * (128 * 256**2 + 256 * 128 * 256) + 4 * (128 * 256**2 + 64 * 1024 * 256)
    assert first.term("activations") == pytest.approx(2 * (3 * attention + blocks))
    assert tuned.term("activations") > 8 * first.term("activations")
    assert "5120 more" in next(note.value for note in tuned.assumptions if note.field == "related_sequences")


def test_a_long_clip_is_decoded_in_tiles_but_judged_as_decoded_whole() -> None:
    video = ModelShape(parameters=13e9, arch="diffusion", task="text-to-video")
    load = Usage(precision="bf16", image_size=960, frames=129, concurrency=1)
    answer = size(Case(video, load, GpuShape("H100", 80), 1))
    assumed = {note.field: note for note in answer.estimate.assumptions}
    assert assumed["vae_tiling"].value == "True"
    assert answer.estimate.total_bytes < 60 * GIB
    assert answer.capacity is not None
    assert not answer.capacity.fits
    assert "decoded whole" in assumed["fits"].why
    short = size(Case(video, replace(load, image_size=512, frames=33), GpuShape("H100", 80), 1))
    assert {"vae_tiling", "fits"}.isdisjoint(note.field for note in short.estimate.assumptions)


def test_an_encoder_beside_the_large_one_keeps_no_weights_at_32_bit() -> None:
    parts = ModelShape(
        parameters=7.7e9, text_encoder_parameters=5.58e9, vae_parameters=84e6, arch="diffusion", task="text-to-image"
    )
    wide = estimate_diffusion(parts, precision="fp16").term("text_encoder")
    assert wide - estimate_diffusion(parts, precision="bf16").term("text_encoder") == 2 * 24 * 10_240 * 4096
    alone = estimate_diffusion(parts, precision="fp16", job=ImageJob(offload=True))
    assert alone.term("text_encoder") == pytest.approx(2 * 4.76e9 + 2 * 24 * 10_240 * 4096)


def test_a_small_denoising_transformer_without_components_is_taken_to_read_the_large_encoder() -> None:
    known = SDXL._replace(parameters=2.03e9, transformer=True)
    assert estimate_diffusion(known, precision="bf16").term("text_encoder") == 2 * 4.76e9


@pytest.mark.parametrize(
    ("task", "arch"),
    [
        ("text-to-image", "diffusion"),
        ("text-generation", "decoder"),
        ("object-detection", "cnn"),
        ("fill-mask", "encoder"),
        ("automatic-speech-recognition", "encoder-decoder"),
        ("time-series-forecasting", "encoder"),
        ("a task that nobody knows", "decoder"),
    ],
)
def test_the_kind_of_network_follows_from_the_task(task: str, arch: str) -> None:
    assert arch_of_task(task) == arch
