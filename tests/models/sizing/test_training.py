"""Training memory: the sharding formulas are exact, and every knob moves the figure the right way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.domain.sizing import (
    MemoryEstimate,
    ModelShape,
    TrainingPlan,
    estimate_training,
)
from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.frameworks import framework_of
from tests.models.sizing import shapes

METHODS = st.sampled_from(["full", "lora", "qlora", "freeze"])


def _states(estimate: MemoryEstimate) -> float:
    """Return weights, gradients and optimizer state on one GPU, in GB."""
    return sum(estimate.term(name) for name in ("weights", "gradients", "optimizer")) / len(estimate.shares) / 1e9


@pytest.mark.parametrize(
    ("stage", "gpus", "gigabytes"),
    [(0, 64, 120), (1, 64, 31.4), (2, 64, 16.6), (3, 64, 1.88), (1, 4, 52.5), (2, 4, 41.3)],
)
def test_state_per_gpu_is_that_of_the_zero_paper(stage: int, gpus: int, gigabytes: float) -> None:
    plan = TrainingPlan(precision="fp16", mixed=True, zero_stage=stage, gpus=gpus, batch_size=1, sequence=128)
    estimate = estimate_training(ModelShape(parameters=7.5e9), plan)
    assert _states(estimate) == pytest.approx(gigabytes, rel=0.01)


@given(shapes.MODELS, METHODS, st.integers(0, 3), st.sampled_from([1, 2, 8]), st.integers(1, 16), st.integers(64, 8192))
def test_terms_sum_to_the_total_and_gpus_share_it(
    shape: ModelShape, method: str, stage: int, gpus: int, batch: int, sequence: int
) -> None:
    plan = TrainingPlan(method=method, zero_stage=stage, gpus=gpus, batch_size=batch, sequence=sequence)
    estimate = estimate_training(shape, plan)
    assert sum(term.bytes for term in estimate.terms) == pytest.approx(estimate.total_bytes)
    assert sum(estimate.shares) == pytest.approx(estimate.total_bytes)
    assert estimate.per_gpu_bytes * gpus == pytest.approx(estimate.total_bytes)


@given(shapes.MODELS, METHODS, st.integers(1, 16), st.integers(64, 8192), st.booleans())
def test_longer_or_larger_batches_need_more(
    shape: ModelShape, method: str, batch: int, sequence: int, checkpointing: bool
) -> None:
    def need(batch_size: int, length: int) -> float:
        plan = TrainingPlan(
            method=method,
            batch_size=batch_size,
            sequence=length,
            checkpointing=checkpointing,
            optimizer="adamw_torch_fused",
        )
        return estimate_training(shape, plan).per_gpu_bytes

    assert need(batch + 1, sequence) > need(batch, sequence)
    assert need(batch, sequence + 64) > need(batch, sequence)


def test_the_step_of_torchs_adam_makes_a_value_per_parameter_once_the_activations_are_gone() -> None:
    def total(optimizer: str, batch: int, **plan: Any) -> float:
        chosen = TrainingPlan(optimizer=optimizer, precision="pure bf16", mixed=False, batch_size=batch, **plan)
        return estimate_training(shapes.LLAMA_8B, chosen).per_gpu_bytes

    short: dict[str, Any] = {"sequence": 64, "checkpointing": True}
    step = estimate_training(shapes.LLAMA_8B, TrainingPlan(precision="bf16", mixed=False, batch_size=1, **short))
    assert total("adamw", 1, **short) - total("adamw_fused", 1, **short) == pytest.approx(step.term("update"))
    gone = step.term("activations") + step.term("logits")
    assert step.term("update") == pytest.approx(2 * 8.03e9 - gone)
    assert total("adamw", 64, sequence=2048) == total("adamw_fused", 64, sequence=2048)


def test_deepspeed_steps_without_copies_and_fsdp_over_a_gpus_own_share() -> None:
    def update(**plan: Any) -> float:
        chosen = TrainingPlan(gpus=2, zero_stage=3, batch_size=1, sequence=64, mixed=False, precision="bf16", **plan)
        estimate = estimate_training(shapes.LLAMA_8B, chosen)
        return estimate.term("update") + estimate.term("gathered") if estimate.term("update") else 0.0

    assert update(fsdp=False) == 0
    assert 0 < update(fsdp=True) <= 2 * 8.03e9


@given(shapes.MODELS, st.integers(2, 16))
def test_each_zero_stage_holds_no_more_state_than_the_one_before(shape: ModelShape, gpus: int) -> None:
    stages = [
        _states(estimate_training(shape, TrainingPlan(zero_stage=stage, gpus=gpus, sequence=128))) for stage in range(4)
    ]
    assert stages == sorted(stages, reverse=True)


def test_adapters_need_less_than_all_weights_and_four_bit_ones_less_still() -> None:
    full, lora, qlora = (
        estimate_training(shapes.LLAMA_8B, TrainingPlan(method=method, sequence=512)).per_gpu_bytes
        for method in ("full", "lora", "qlora")
    )
    assert qlora < lora < full / 3


def test_optimizers_keep_what_they_are_known_for() -> None:
    def state(optimizer: str) -> float:
        plan = TrainingPlan(precision="fp32", optimizer=optimizer, sequence=128)
        return estimate_training(shapes.LLAMA_8B, plan).term("optimizer") / 8.03e9

    assert state("adamw") == 8
    assert state("adam") == 8
    assert state("sgd") == 0
    assert state("sgd_momentum") == state("lion") == 4
    assert 2 < state("adamw_8bit") < 2.2
    assert state("paged_adamw_8bit") == 0


def test_offloading_takes_state_off_the_gpu() -> None:
    resident = estimate_training(shapes.LLAMA_70B, TrainingPlan(zero_stage=3, gpus=8, sequence=128))
    state_off = estimate_training(
        shapes.LLAMA_70B, TrainingPlan(zero_stage=3, gpus=8, sequence=128, offload_optimizer=True)
    )
    all_off = estimate_training(
        shapes.LLAMA_70B,
        TrainingPlan(zero_stage=3, gpus=8, sequence=128, offload_optimizer=True, offload_parameters=True),
    )
    assert state_off.term("optimizer") == state_off.term("gradients") == all_off.term("weights") == 0
    assert all_off.per_gpu_bytes < state_off.per_gpu_bytes < resident.per_gpu_bytes


def test_the_step_of_zero_copies_a_gpus_gradients_at_16_and_32_bit() -> None:
    def step(stage: int, *, gpus: int = 4, framework: str = "deepspeed", **said: object) -> float:
        plan = TrainingPlan(precision="bf16", zero_stage=stage, gpus=gpus, framework=framework_of(framework), **said)
        return estimate_training(shapes.LLAMA_8B, plan).term("step") / gpus

    assert step(2) == pytest.approx(6 * 8.03e9 / 4, rel=1e-3)
    assert step(3) == 6e9
    assert step(3, gpus=16) == pytest.approx(6 * 8.03e9 / 16, rel=1e-3)
    assert step(0) == step(2, offload_optimizer=True) == step(3, framework="", fsdp=True) == step(2, method="lora") == 0


def test_gradients_are_kept_at_32_bit_only_where_nothing_shards_them() -> None:
    def each(stage: int) -> float:
        estimate = estimate_training(shapes.LLAMA_8B, TrainingPlan(precision="bf16", zero_stage=stage, gpus=8))
        return estimate.term("gradients") / 8.03e9

    assert (each(0) / 8, each(1) / 8, each(2)) == pytest.approx((4, 2, 2), rel=1e-3)


def test_deepspeed_keeps_live_parameters_and_fetches_the_next_matrix_on_top() -> None:
    plan = TrainingPlan(
        method="lora", zero_stage=3, precision="bf16", sequence=128, offload_optimizer=True, offload_parameters=True
    )
    plan = replace(plan, framework=framework_of("deepspeed"))
    one, four = (estimate_training(shapes.LLAMA_8B, replace(plan, gpus=gpus)) for gpus in (1, 4))
    live = 2 * (1e9 + 128256 * 4096)
    assert one.term("gathered") == pytest.approx(live * 2)
    assert four.term("gathered") / 4 == pytest.approx(live * 1.25)
    assert one.term("buckets") == pytest.approx(2 * 5e8)


@pytest.mark.parametrize(("gpus", "sequence", "batch"), [(1, 2048, 1), (8, 2048, 2), (8, 8192, 1)])
def test_an_unsaid_micro_batch_fills_a_step_with_few_tokens(gpus: int, sequence: int, batch: int) -> None:
    assert estimate_training(shapes.LLAMA_8B, TrainingPlan(gpus=gpus, sequence=sequence)).concurrency == batch


def test_scales_of_4_bit_weights_are_neither_sharded_nor_offloaded() -> None:
    plan = TrainingPlan(method="qlora", precision="nf4", zero_stage=3, fsdp=True, gpus=4, sequence=512)
    away = replace(plan, offload_optimizer=True, offload_parameters=True)
    scales = (shapes.LLAMA_70B.parameters or 0) - 2 * 128256 * 8192
    assert estimate_training(shapes.LLAMA_70B, away).term("weights") / 4 == pytest.approx(scales * 0.5 / 8, rel=0.01)
    whole = estimate_training(shapes.LLAMA_70B, replace(plan, gpus=1, zero_stage=0)).term("weights")
    held = estimate_training(shapes.LLAMA_70B, plan).term("weights") / 4
    assert held == pytest.approx(whole / 4 + scales * 0.5 / 8 * 0.75, rel=0.01)


def test_samples_of_encoder_decoders_are_as_long_as_t5s() -> None:
    t5 = ModelShape(parameters=3e9, arch="encoder-decoder", encoder_layers=24, layers=24)
    assert estimate_training(t5, TrainingPlan()).context_tokens == 512
    assert estimate_training(shapes.LLAMA_8B, TrainingPlan()).context_tokens == 2048


def _trainable(shape: ModelShape) -> float:
    estimate = estimate_training(shape, TrainingPlan(method="lora", precision="bf16"))
    return float(next(note.value for note in estimate.assumptions if note.field == "trainable"))


def test_adapters_on_every_linear_layer_are_those_of_every_expert_too() -> None:
    few, many = (_trainable(shapes.MIXTRAL._replace(experts=count, experts_per_token=2)) for count in (4, 8))
    assert many > 1.7 * few


def test_encoders_known_by_size_alone_have_heads_of_64() -> None:
    bert = ModelShape(parameters=0.34e9, arch="encoder")
    assert complete(bert).head_dim == 64
    assert complete(ModelShape(parameters=7e9)).head_dim == 128


def test_what_was_not_said_is_among_the_assumptions() -> None:
    estimate = estimate_training(shapes.LLAMA_8B, TrainingPlan(method="lora", gpus=2))
    fields = {note.field for note in estimate.assumptions}
    assert fields == {"precision", "optimizer", "zero_stage", "sequence", "batch_size", "checkpointing", "trainable"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"method": "magic"}, "unknown training method 'magic'; known are full"),
        ({"zero_stage": 4}, "zero_stage is 4; it must be 0 to 3"),
        ({"batch_size": 0, "sequence": -5}, "batch_size is 0; it must be at least 1; sequence is -5"),
        ({"gpus": 3, "tensor_parallel": 2}, "3 GPUs do not divide by a tensor-parallel degree of 2"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrainingPlan(**values)


def test_an_unknown_optimizer_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown optimizer 'magic'; known are adafactor"):
        estimate_training(shapes.LLAMA_8B, TrainingPlan(optimizer="magic"))


def test_four_bits_under_qlora_are_those_of_bitsandbytes() -> None:
    assert estimate_training(shapes.LLAMA_8B, TrainingPlan(method="qlora", precision="int4")).precision == "nf4"
