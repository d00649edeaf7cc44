"""The sums of memory, each by a figure worked by hand from the dimensions that makers state."""

from __future__ import annotations

import pytest

from services.models.domain.sizing import Case, GpuShape, ModelShape, TrainingPlan, Usage, estimate_training, size
from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.decoding import decode_bytes
from services.models.domain.sizing.demand import demand
from services.models.domain.sizing.diffusion import tokens_of
from services.models.domain.sizing.frameworks import GENERIC, framework_of
from services.models.domain.sizing.inference import estimate_inference
from services.models.domain.sizing.kv_cache import kv_layout
from services.models.domain.sizing.networks import network_of
from services.models.domain.sizing.optimizers import optimizer_of
from services.models.domain.sizing.parallelism import Split, refusal
from services.models.domain.sizing.terms import GIB
from services.models.domain.sizing.training_plan import adapter_parameters, recomputes
from services.models.domain.sizing.weights import attention_parameters, expanded_bytes
from tests.models.sizing import shapes

QWEN3_30B = ModelShape(
    parameters=30.5e9, active_parameters=3.3e9, layers=48, hidden=2048, intermediate=768, heads=32, kv_heads=4,
    head_dim=128, vocab=151_936, experts=128, experts_per_token=8, tied_embeddings=False,
)  # fmt: skip


def test_a_token_of_a_pass_takes_three_widths_of_the_feed_forward_and_those_of_attention() -> None:
    """Llama 3.1 8B: (3 x 14,336 + 2 x (4,096 + 2 x 1,024)) x 2 + 8 x 4,096 = 143,360 bytes; logits 4 x 128,256."""
    estimate = estimate_inference(shapes.LLAMA_8B, precision="bf16", context_tokens=1000)
    assert estimate.term("activations") == 143_360_000 + 513_024


def test_each_gpu_has_a_runtime_and_where_there_are_several_buffers_of_their_links() -> None:
    one, two = (estimate_inference(shapes.LLAMA_8B, context_tokens=1000, gpus=gpus) for gpus in (1, 2))
    assert (one.term("overhead") / GIB, two.term("overhead") / GIB) == pytest.approx((0.6, 2.0))


@pytest.mark.parametrize(
    ("shape", "precision", "error"),
    [
        (shapes.LLAMA_8B, "bf16", 0.12),
        (shapes.LLAMA_8B, "awq", 0.15),
        (ModelShape(parameters=8e9), "bf16", 0.27),
        (ModelShape(parameters=8e9), "awq", 0.30),
        (ModelShape(layers=32, hidden=4096), "bf16", 0.27),
        (ModelShape(), "bf16", 1.0),
        (ModelShape(), "awq", 1.0),
    ],
)
def test_the_band_is_that_of_the_bars_and_wider_where_dimensions_or_all_are_estimated(
    shape: ModelShape, precision: str, error: float
) -> None:
    assert estimate_inference(shape, precision=precision).error == pytest.approx(error)


@pytest.mark.parametrize(
    ("shape", "largest"),
    [(shapes.LLAMA_8B, 4096 * 14_336), (QWEN3_30B, 2048 * 32 * 128)],
)
def test_bitsandbytes_holds_two_16_bit_copies_of_the_largest_matrix(shape: ModelShape, largest: int) -> None:
    """Of Qwen3 30B that is the one of attention: an expert is 768 wide."""
    needs = demand(complete(shape), precision="nf4", kv_precision="bf16")
    assert expanded_bytes(needs.model, needs.precision) == 4 * largest


def test_latent_attention_has_as_many_parameters_as_its_five_matrices() -> None:
    """DeepSeek V3, a layer: 7,168 x 1,536 + 1,536 x 128 x 192 + 7,168 x 576 + 512 x 128 x 256 + 128 x 128 x 7,168."""
    matrices = 11_010_048 + 37_748_736 + 4_128_768 + 16_777_216 + 117_440_512
    assert attention_parameters(complete(shapes.DEEPSEEK_V3)) / 61 == pytest.approx(matrices, rel=0.01)


@pytest.mark.parametrize(("tied", "first"), [(False, 5_848_960_360), (True, 6_210_129_256)])
def test_the_first_of_three_stages_has_eleven_of_32_layers_and_the_embedding(tied: bool, first: int) -> None:
    """Llama 3.1 8B, 16.06 GB: embeddings and head are 2.101 GB, or 1.051 where they are one: the rest x 11 / 32."""
    shape = shapes.LLAMA_8B._replace(tied_embeddings=tied)
    needs = demand(complete(shape), precision="bf16", kv_precision="bf16")
    assert needs.stage_weights(Split(1, 3)) == pytest.approx(first)


def test_as_many_stages_as_layers_are_allowed_and_no_more() -> None:
    model = complete(shapes.LLAMA_8B)
    assert not refusal(model, Split(1, 32))
    assert refusal(model, Split(1, 33))


def test_a_recurrent_state_that_is_not_stated_is_twice_the_width_times_128_at_32_bit() -> None:
    """64 layers x 2 x 2,560 x 128 states x 4 bytes."""
    assert kv_layout(complete(shapes.MAMBA)).state_bytes == 167_772_160


def test_recurrent_layers_beside_others_of_unknown_number_are_taken_to_cache_all() -> None:
    """2 x 8 x 128 values a token in each of 32 layers."""
    mixed = shapes.LLAMA_8B._replace(attention="mamba+GQA", kv_layers_full=None)
    assert kv_layout(complete(mixed)).full_per_token == 65_536


def test_what_an_encoder_left_of_thirty_seconds_is_kept_beside_what_is_written() -> None:
    """Whisper, 32 layers of 2 x 1,280 values: 1,500 frames, and 100 tokens."""
    layout = kv_layout(complete(shapes.WHISPER))
    assert layout.sequence_bytes(context_tokens=100) == 2 * 81_920 * 1600


def test_frameworks_that_update_within_the_backward_pass_do_so_on_one_gpu_alone() -> None:
    """Llama 3.1 8B in pure 16 bit: gradients of one of 32 layers, or a share of all."""
    framework = framework_of("torchtune")
    one, two = (
        estimate_training(shapes.LLAMA_8B, TrainingPlan(precision="bf16", gpus=gpus, framework=framework))
        for gpus in (1, 2)
    )
    assert one.term("gradients") == pytest.approx(16.06e9 / 32)
    assert two.term("gradients") == pytest.approx(16.06e9)


def test_adapters_on_query_and_value_count_the_attention_to_the_encoder_too() -> None:
    """Whisper large v2 of rank 32: 15,728,640 trainable parameters (PEFT's guide to int8 training of it)."""
    assert adapter_parameters(complete(shapes.WHISPER), rank=32) == 15_728_640


@pytest.mark.parametrize(("parameters", "recomputed"), [(1.99e9, False), (2e9, True)])
def test_recomputing_is_usual_from_two_billion_parameters_up(parameters: float, recomputed: bool) -> None:
    model = complete(ModelShape(parameters=parameters))
    assert recomputes(model, GENERIC, said=None, copies=1)[0] == recomputed


def test_a_frozen_model_of_one_layer_trains_no_more_than_it_has() -> None:
    shape = ModelShape(parameters=1e9, layers=1, hidden=4096, vocab=1000, heads=32)
    trained = estimate_training(shape, TrainingPlan(method="freeze", precision="bf16", optimizer="sgd", mixed=False))
    assert trained.term("gradients") == pytest.approx(2e9)


def test_a_clip_of_49_frames_is_13_latents_long() -> None:
    assert tokens_of(512 * 512, 49) == 13 * 1024
    assert tokens_of(512 * 512, 1) == 1024


def test_a_clip_of_few_frames_is_decoded_at_once_where_others_are_in_chunks() -> None:
    short, long = (decode_bytes(10_000, n, 2.0, batch=1, tiled=False, in_chunks=True) for n in (5, 49))
    assert (short, long) == (10_000 * 5 * 1400, 10_000 * 12 * 3300)


def test_text_encoders_that_go_before_training_are_the_peak_where_little_is_trained() -> None:
    """Adapters on Flux at 4 bit, small images: 4.885 billion parameters read the prompts at 16 bit, and the runtime."""
    usage = Usage(workload="qlora", precision="nf4", image_size=256, batch_size=1, lora_rank=4)
    estimate = size(Case(shapes.FLUX, usage, GpuShape("card", 80))).estimate
    assert estimate.total_bytes == pytest.approx(2 * 4.885e9 + 0.6 * GIB)


def test_a_network_of_no_known_name_is_hedged_by_2_9_times_the_values() -> None:
    network = ModelShape(parameters=25.6e6, arch="cnn", task="image-classification", network="own/net")
    sized = size(Case(network, Usage(workload="full", batch_size=8), shapes.L4))
    assert sized.capacity is not None
    more = 1.9 * sized.estimate.term("activations")
    assert sized.capacity.most_bytes == pytest.approx(sized.estimate.per_gpu_bytes + more)


@pytest.mark.parametrize(
    ("name", "saves"),
    [
        ("adamw", False),
        ("sgd", False),
        ("sgd_momentum", False),
        ("adamw_8bit", True),
        ("adafactor", True),
        ("lomo", True),
    ],
)
def test_an_optimizer_saves_memory_by_a_smaller_state_than_adams(name: str, saves: bool) -> None:
    assert optimizer_of(name).saves_memory == saves


@pytest.mark.parametrize(("name", "edge"), [("mask rcnn r50 fpn", 1033), ("mask rcnn swin-t fpn", 1200)])
def test_detectors_on_newer_backbones_are_trained_on_several_sizes_of_images(name: str, edge: int) -> None:
    network = network_of(name, "object-detection")
    assert network is not None
    assert network.edge == edge


def test_all_but_four_layers_of_a_detector_on_a_transformer_attend_within_windows() -> None:
    """Values a pixel: 17.4 x 12 x 768 / 256, (4 x 4,096 + 8 x 196) x 12 heads x 1.33 / 256, and 217 of the head."""
    network = network_of("vitdet b", "object-detection")
    assert network is not None
    assert network.saved(1024, half=False) == pytest.approx(626.4 + 1119.2 + 217, rel=1e-4)
