"""How many images, scans or proteins a GPU takes at once, and what of a use is left out for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.domain.sizing import Basis, Case, GpuShape, ModelShape, Published, Sized, Usage, size
from tests.models.sizing import shapes

NETWORKS = st.fixed_dictionaries(  # st.builds would draw the other dimensions too, up to ones that no model has
    {
        "parameters": st.floats(1e6, 2e10),
        "arch": st.sampled_from(["diffusion", "cnn", "unet3d", "pair"]),
        "task": st.sampled_from(["", "text-to-image", "text-to-video", "image-segmentation"]),
        "transformer": st.none() | st.booleans(),
    }
).map(lambda fields: ModelShape(**fields))


def _asked(shape: ModelShape, usage: Usage, gpu: GpuShape, at_once: int | None = None) -> Sized:
    return size(Case(shape, usage if at_once is None else Usage(**_said(usage), concurrency=at_once), gpu))


def _said(usage: Usage) -> dict[str, object]:
    return {name: getattr(usage, name) for name in ("precision", "image_size", "frames", "offload", "engine")}


@given(
    NETWORKS,
    st.builds(
        Usage,
        precision=st.sampled_from(["", "fp16", "fp8", "nf4"]),
        image_size=st.none() | st.integers(32, 1024),
        frames=st.none() | st.integers(1, 100),
        offload=st.sampled_from(["", "parameters"]),
        engine=st.sampled_from(["", "diffusers", "diffusers with tiling"]),
    ),
    st.floats(1, 200),
)
def test_the_most_inputs_at_once_fit_and_one_more_does_not(shape: ModelShape, usage: Usage, memory: float) -> None:
    gpu = GpuShape("card", memory)
    found = _asked(shape, usage, gpu).capacity
    assert found is not None
    assert found.fits == (found.max_concurrency > 0)
    for at_once, fits in ((found.max_concurrency, True), (found.max_concurrency + 1, False)):
        if 0 < at_once < 1 << 24:
            asked = _asked(shape, usage, gpu, at_once).capacity
            assert asked is not None
            assert asked.fits == fits, at_once


def test_the_part_that_binds_between_one_image_and_many_counts() -> None:
    """Offloaded parts take turns. In GB, of images of 1,024 pixels: text encoder 12.4; denoiser 11.75 + 0.31 an image;
    VAE 0.17 + 3.46 an image. In 12.5 beside the runtime go two: of three the denoiser takes 12.68, the VAE 10.55.
    """
    shape = ModelShape(
        parameters=5.875e9 + 6.2e9 + 84e6,
        text_encoder_parameters=6.2e9,
        vae_parameters=84e6,
        transformer=True,
        arch="diffusion",
        task="text-to-image",
    )
    card = GpuShape("card", (12.5e9 / 2**30 + 0.6) / 0.87)
    found = size(Case(shape, Usage(precision="bf16", image_size=1024, offload="parameters"), card)).capacity
    assert found is not None
    assert found.max_concurrency == 2


def test_a_stated_requirement_that_fits_is_of_one_input_at_least() -> None:
    network = ModelShape(parameters=1e9, arch="cnn")
    for stated, most in ((23e9, True), (30e9, False)):
        found = size(Case(network, Usage(image_size=4096), shapes.L4, 1, Published(stated, Basis.PUBLISHED, "a card")))
        assert found.capacity is not None
        assert (found.capacity.max_concurrency > 0) == found.capacity.fits == most


@pytest.mark.parametrize("arch", ["diffusion", "cnn", "unet3d", "pair"])
def test_what_is_not_followed_of_a_run_is_said(arch: str) -> None:
    network = ModelShape(parameters=1e9, arch=arch)
    usage = Usage(workload="full", zero_stage=3, offload="optimizer", tensor_parallel=2)
    said = {note.field for note in size(Case(network, usage, shapes.H100, 8)).estimate.assumptions}
    followed = {"zero_stage", "offload", "gpu_count"} if arch == "diffusion" else set()
    asked = {"optimizer", "zero_stage", "offload", "tensor_parallel", "gpu_count"}
    assert asked & said == asked - followed
    plain = Usage(workload="full", optimizer="sgd")
    said = {note.field for note in size(Case(network, plain, shapes.H100)).estimate.assumptions}
    assert not {"optimizer", "zero_stage", "offload", "tensor_parallel", "gpu_count"} & said


def test_the_length_of_a_protein_is_said_as_context_too() -> None:
    folding = ModelShape(parameters=1e9, arch="pair")
    long, edge = (size(Case(folding, usage)).estimate for usage in (Usage(context_tokens=900), Usage(image_size=900)))
    assert long == edge


def test_a_count_of_gpus_that_cannot_share_a_model_is_said_to() -> None:
    found = size(Case(shapes.LLAMA_8B, Usage(), shapes.H100, 97))
    (note,) = [a for a in found.estimate.assumptions if a.field == "gpu_count"]
    assert note == ("gpu_count", "1", "97 GPUs cannot share 32 attention heads and 32 layers; sized on one")
