"""What samples leave on a GPU in training: what layers save, recompute, split and never materialise."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.domain.sizing import (
    Case,
    GpuShape,
    ModelShape,
    TrainingPlan,
    Usage,
    estimate_training,
    size,
)
from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.frameworks import framework_of
from services.models.domain.sizing.kv_cache import kv_layout
from tests.models.sizing import shapes


@given(shapes.MODELS, st.integers(1, 8), st.integers(256, 8192))
def test_checkpointing_saves_memory(shape: ModelShape, batch: int, sequence: int) -> None:
    kept, rebuilt = (
        estimate_training(shape, TrainingPlan(method="lora", batch_size=batch, sequence=sequence, checkpointing=value))
        for value in (False, True)
    )
    assert rebuilt.term("activations") < kept.term("activations")
    assert rebuilt.per_gpu_bytes <= kept.per_gpu_bytes


def test_tensor_parallelism_splits_what_is_inside_a_layer_not_norms_and_inputs() -> None:
    plan = TrainingPlan(method="lora", precision="bf16", sequence=4096, checkpointing=True)
    inputs = 4096 * 32 * 4096 * 2
    one, two, eight = (
        estimate_training(shapes.LLAMA_8B, replace(plan, gpus=n, tensor_parallel=n)).term("activations") / n
        for n in (1, 2, 8)
    )
    assert one > two > eight > inputs
    assert eight > one / 8 * 2


def test_torchtitan_splits_tokens_where_it_does_not_split_tensors() -> None:
    plan = TrainingPlan(precision="bf16", sequence=4096, batch_size=16, checkpointing=True, gpus=32, zero_stage=3)
    plan = replace(plan, fsdp=True, tensor_parallel=8)
    whole, split = (
        estimate_training(shapes.LLAMA_8B, replace(plan, framework=framework_of(name))).term("activations") / 32
        for name in ("NeMo", "torchtitan")
    )
    inputs = 16 * 4096 * 32 * 4096 * 2
    assert whole - split > inputs * 7 / 8
    assert split > inputs / 8


@pytest.mark.parametrize(
    ("method", "inputs", "widths"),
    [
        # Inputs of attention and feed-forward, as wide as the model; and feed-forward widths: gate, up, activation ...
        ("full", 2, 4),
        ("lora", 5, 4),
        ("freeze", 1, 3),
    ],
)
def test_a_gated_layer_saves_the_operands_of_its_products(method: str, inputs: int, widths: int) -> None:
    hidden, query, key, intermediate, layers = 4096, 4096, 1024, 14336, 2 if method == "freeze" else 32
    plan = TrainingPlan(method=method, precision="bf16", sequence=1000, batch_size=1, checkpointing=False)
    values = inputs * hidden + 3 * query + 3 * key + widths * intermediate + (query if method == "lora" else 0)
    norms = 2 * hidden * 4
    activations = estimate_training(shapes.LLAMA_8B, plan).term("activations")
    assert activations == pytest.approx(1000 * layers * (2 * values + norms))


def test_a_speech_recogniser_reads_thirty_seconds_whatever_it_writes() -> None:
    translator = shapes.WHISPER._replace(task="translation")
    spoken, written = (
        estimate_training(
            s, TrainingPlan(precision="fp16", sequence=100, checkpointing=False, fused_attention=True)
        ).term("activations")
        for s in (shapes.WHISPER, translator)
    )
    assert spoken == pytest.approx(8 * written, rel=0.01)
    eager = estimate_training(shapes.WHISPER, TrainingPlan(precision="fp16", sequence=100, checkpointing=False))
    tokens = eager.concurrency * (32 * 100 + 32 * 1500)
    assert eager.term("activations") - spoken == pytest.approx(tokens * 20 * 1500 * (2 * 2 + 1))
    cache = [kv_layout(complete(s)).sequence_bytes(context_tokens=100) for s in (shapes.WHISPER, translator)]
    assert cache == [2 * 32 * 2560 * (100 + 1500), 2 * 32 * 2560 * 200]


def test_a_speech_recogniser_is_taken_to_recompute_but_judged_with_activations_kept() -> None:
    usage, card = Usage(workload="full", batch_size=8), GpuShape("card", 48)
    open_, recomputed, kept = (
        size(Case(shapes.WHISPER, replace(usage, checkpointing=said), card, 1)) for said in (None, True, False)
    )
    assert open_.estimate.per_gpu_bytes == recomputed.estimate.per_gpu_bytes < kept.estimate.per_gpu_bytes
    assert "speech" in next(a.why for a in open_.estimate.assumptions if a.field == "checkpointing")
    assert [sized.capacity is not None and sized.capacity.fits for sized in (open_, recomputed, kept)] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(("batch", "gb"), [(4, 63), (2, 37)])
def test_adapters_of_a_speech_recogniser_are_trained_at_16_bit_without_recomputing(batch: int, gb: float) -> None:
    usage = Usage(workload="lora", batch_size=batch)
    run = size(Case(shapes.WHISPER, usage, None, 1)).estimate
    assert run.total_bytes == pytest.approx(gb * 1e9, rel=0.2)  # yeyupiaoling/Whisper-Finetune, issue 30
    quantised = size(Case(shapes.WHISPER, replace(usage, precision="int8"), None, 1)).estimate
    assert quantised.term("activations") < run.term("activations") / 5


def test_unfused_attention_pays_for_the_score_matrices() -> None:
    fused, plain = (
        estimate_training(
            shapes.LLAMA_8B,
            TrainingPlan(sequence=4096, batch_size=1, checkpointing=False, fused_attention=value),
        ).term("activations")
        for value in (True, False)
    )
    scores = 4096 * 32 * 4096
    assert plain - fused == pytest.approx((32 + 1) * scores * (4 + 2))  # kept by layers; gradients of the last one


def test_a_rebuilt_layer_without_fused_attention_holds_softmax_copy_and_the_gradients_of_both() -> None:
    fused, plain = (
        estimate_training(
            shapes.LLAMA_8B, TrainingPlan(sequence=4096, batch_size=1, checkpointing=True, fused_attention=value)
        ).term("activations")
        for value in (True, False)
    )
    assert plain - fused == pytest.approx(4096 * 32 * 4096 * 2 * (4 + 2))


def test_training_the_last_layers_keeps_what_those_layers_need() -> None:
    plan = TrainingPlan(method="freeze", checkpointing=False, sequence=2048)
    last = estimate_training(shapes.LLAMA_8B, plan)
    whole = estimate_training(shapes.LLAMA_8B, replace(plan, method="full"))
    assert last.term("activations") < whole.term("activations") / 10
    assert last.term("optimizer") < whole.term("optimizer") / 10


@pytest.mark.parametrize("arch", ["encoder", "decoder"])
def test_models_with_dropout_and_unfused_attention_keep_no_less_than_the_published_count(arch: str) -> None:
    """34 s b h + 5 a s^2 b bytes a layer at 16 bit, dropout masks among them (arXiv:2205.05198, equation 1)."""
    shape = ModelShape(
        parameters=335e6, layers=24, hidden=1024, intermediate=4096, heads=16, kv_heads=16, vocab=30_522, arch=arch
    )
    plan = TrainingPlan(precision="bf16", sequence=512, batch_size=4, checkpointing=False, fused_attention=False)
    published = 24 * (34 * 512 * 4 * 1024 + 5 * 16 * 512**2 * 4)
    assert published <= estimate_training(shape, plan).term("activations") < 1.25 * published


def test_the_loss_and_the_layer_that_is_rebuilt_after_it_are_not_held_at_once() -> None:
    def terms(framework: str, *, checkpointing: bool) -> tuple[float, float]:
        plan = TrainingPlan(
            method="lora",
            sequence=4096,
            batch_size=1,
            checkpointing=checkpointing,
            framework=framework_of(framework),
        )
        estimate = estimate_training(shapes.LLAMA_8B, plan)
        return estimate.term("activations"), estimate.term("logits")

    words = 4096 * 128_256
    activations, logits = terms("transformers", checkpointing=True)
    inputs = 2 * 4096 * 32 * 4096
    assert activations + logits == pytest.approx(inputs + 14 * words)
    assert terms("", checkpointing=True) == (activations, pytest.approx(10 * words))
    assert terms("transformers", checkpointing=False)[1] == pytest.approx(14 * words)
    assert terms("transformers, Liger", checkpointing=True) == (activations, 0.0)
