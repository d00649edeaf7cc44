"""Sizing as a client asks for it: what the wire can say reaches the sums."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import pytest

from services.models.ingest import starter
from stack8s.models.v1 import sizing_pb2
from stack8s.models.v1.model_pb2 import Architecture
from stack8s.models.v1.models_service_pb2 import MemoryEstimate, SizingCase
from stack8s.models.v1.sizing_pb2 import OFFLOAD_OPTIMIZER, OFFLOAD_PARAMETERS, GpuShape, Usage
from tests.models.sized import H100, LLAMA, case, memories_of, memory_of, speed_of, term

_FIELDS = {
    "layers": "layers", "hidden": "hidden_size", "intermediate": "intermediate_size", "heads": "heads",
    "kv_heads": "kv_heads", "head_dim": "head_dim", "v_head_dim": "v_head_dim", "vocab": "vocab_size",
    "context": "context_tokens", "kv_lora_rank": "kv_lora_rank", "qk_rope_head_dim": "qk_rope_head_dim",
    "kv_layers_full": "kv_layers_full", "kv_layers_window": "kv_layers_window", "window": "window_tokens",
    "kv_heads_window": "kv_heads_window", "head_dim_window": "head_dim_window", "experts": "experts",
    "experts_per_tok": "experts_per_token",
}  # fmt: skip


def test_the_cache_of_every_published_architecture_is_exact_over_the_wire(shared_data: Path) -> None:
    """Two contexts beyond every window: the difference is what full attention keeps of the tokens between."""
    with (shared_data / "data/architectures.csv").open(encoding="utf-8") as file:
        records = [r for r in csv.DictReader(file) if r["kv_bytes_per_token_16bit"] and r["arch_type"] == "decoder"]
    assert len(records) > 160
    for record in records:
        stated = {ours: int(float(record[theirs])) for theirs, ours in _FIELDS.items() if record[theirs]}
        architecture = Architecture(kind="decoder", attention=record["attention"], **stated)
        near, far = (
            memory_of(SizingCase(parameters=10**9, architecture=architecture, usage=Usage(context_tokens=tokens)))
            for tokens in (200_000, 300_000)
        )
        grown = (term(far, "kv_cache") - term(near, "kv_cache")) * 2**30 / 100_000
        assert grown == pytest.approx(float(record["kv_bytes_per_token_16bit"]), rel=0.01), record["model"]


@pytest.mark.parametrize(
    ("precision", "bits"),
    [
        ("fp32", 32), ("bf16", 16), ("fp16", 16), ("fp8", 8), ("int8", 8), ("int4", 4.156), ("awq", 4.156),
        ("mxfp4", 4.25), ("nvfp4", 4.5), ("nf4", 4.5),
    ],
)  # fmt: skip
def test_weights_take_the_true_bits_of_each_precision(precision: str, bits: float) -> None:
    estimate = memory_of(case(usage=Usage(precision=precision)))
    kept = 2 * 128256 * 4096
    each = bits if bits >= 16 else 0.0
    expected = 8.03e9 * each / 8 or ((8.03e9 - kept) * bits / 8 + kept * 2)
    assert term(estimate, "weights") == pytest.approx(expected / 2**30, rel=1e-3)


def test_what_is_left_over_and_what_still_fits_are_in_the_answer() -> None:
    estimate = memory_of(case(gpu=H100))
    assert (estimate.gpus_needed, estimate.fits) == (1, True)
    assert estimate.headroom_gib == pytest.approx(0.92 * 80 - estimate.per_gpu_gib)
    assert estimate.max_context_tokens == 131072
    at_most = memory_of(case(gpu=H100, usage=Usage(concurrency=int(estimate.max_concurrency))))
    beyond = memory_of(case(gpu=H100, gpu_count=1, usage=Usage(concurrency=int(estimate.max_concurrency) + 1)))
    assert (at_most.fits, beyond.fits) == (True, False)


def test_a_described_run_fits_only_where_it_does_without_recomputing_unless_that_is_said() -> None:
    usage = {"workload": sizing_pb2.WORKLOAD_TRAIN_LORA, "context_tokens": 4096, "batch_size": 4}
    unsaid, recomputed, kept = (
        memory_of(case(gpu=H100, gpu_count=1, usage=Usage(**usage, **more)))
        for more in ({}, {"activation_checkpointing": True}, {"activation_checkpointing": False})
    )
    assert (unsaid.fits, recomputed.fits, kept.fits) == (False, True, False)
    assert unsaid.per_gpu_gib == pytest.approx(recomputed.per_gpu_gib)
    assert unsaid.headroom_gib == pytest.approx(kept.headroom_gib)
    (judged,) = [a for a in unsaid.assumptions if a.field == "fits"]
    assert f"{kept.per_gpu_gib:.1f} GiB" in judged.value
    assert f"{recomputed.per_gpu_gib:.1f} GiB" in judged.reason


def test_a_described_full_run_over_several_gpus_is_judged_with_whole_gradients_unless_a_framework_is_named() -> None:
    full = {
        "workload": sizing_pb2.WORKLOAD_TRAIN_FULL,
        "context_tokens": 512,
        "batch_size": 1,
        "precision": "bf16-true",
    }
    unsaid, named = (
        memory_of(case(gpu=H100, gpu_count=8, usage=Usage(**full, engine=engine))) for engine in ("", "axolotl")
    )
    judged = unsaid.usable_gib - unsaid.headroom_gib
    assert judged - unsaid.per_gpu_gib == pytest.approx(term(unsaid, "weights") * (1 - 1 / 8), rel=0.02)
    assert named.usable_gib - named.headroom_gib == pytest.approx(named.per_gpu_gib)


@pytest.mark.parametrize("more", [{}, {"engine": "axolotl"}, {"zero_stage": 3}, {"offload": OFFLOAD_OPTIMIZER}])
def test_a_run_left_open_or_saving_memory_otherwise_is_taken_to_recompute(more: dict[str, Any]) -> None:
    described = {"context_tokens": 4096, "batch_size": 4} if more else {}
    usage = Usage(workload=sizing_pb2.WORKLOAD_TRAIN_LORA, **described, **more)
    estimate = memory_of(case(gpu=H100, gpu_count=2, usage=usage))
    assert estimate.fits
    assert not [a for a in estimate.assumptions if a.field == "fits" and a.value.startswith("judged")]


def test_a_fit_that_other_defaults_of_trainers_would_turn_is_borderline_and_says_which() -> None:
    def lora(memory: float, **said: Any) -> MemoryEstimate:
        usage = Usage(workload=sizing_pb2.WORKLOAD_TRAIN_LORA, **said)
        return memory_of(case(gpu=GpuShape(gpu_type="card", memory_gib=memory), gpu_count=1, usage=usage))

    left_open, ample = lora(32), lora(192)
    settled = lora(32, batch_size=1, activation_checkpointing=True, engine="torchtitan")
    assert (left_open.fits, left_open.borderline) == (True, True)
    assert (ample.fits, ample.borderline) == (True, False)
    assert (settled.fits, settled.borderline) == (True, False)
    (note,) = [a for a in left_open.assumptions if a.field == "fits"]
    assert "not said" in note.reason or "default" in note.reason
    most = (
        lora(192, batch_size=8, activation_checkpointing=True),
        lora(192, batch_size=1, activation_checkpointing=False),
    )
    assert note.value == f"up to {max(each.per_gpu_gib for each in most):.1f} GiB a GPU"
    assert "fits" not in {a.field for a in settled.assumptions}


def test_what_no_count_of_gpus_holds_says_how_many_were_tried() -> None:
    huge = memory_of(case(parameters=10**12, gpu=GpuShape(gpu_type="card", memory_gib=8)))
    assert (huge.fits, huge.gpus_needed) == (False, 0)
    (tried,) = [a for a in huge.assumptions if a.field == "gpu_count"]
    assert (tried.value, tried.reason) == ("64", "not said; as many as are tried, and they do not hold it")
    said = memory_of(case(parameters=10**12, gpu=GpuShape(gpu_type="card", memory_gib=8), gpu_count=1_000))
    assert (said.fits, said.gpus_needed) == (False, 0)
    assert [a.reason for a in said.assumptions if a.field == "gpu_count"] == [
        "1000 GPUs cannot share 32 attention heads and 32 layers; sized on one"
    ]
    held = memory_of(case(parameters=10**12, gpu=GpuShape(gpu_type="card", memory_gib=8), gpu_count=8))
    assert "gpu_count" not in {a.field for a in held.assumptions}


def test_a_speed_of_gpus_that_do_not_hold_the_model_says_so() -> None:
    def notes(gpus: int) -> set[str]:
        return {a.field for a in speed_of(case(parameters=70 * 10**9, gpu=H100, gpu_count=gpus)).assumptions}

    assert "memory" in notes(1)
    assert "memory" not in notes(4)


@pytest.mark.parametrize(("engine", "judged"), [("vllm", False), ("", True), ("transformers", True)])
def test_a_long_prompt_fits_only_if_it_does_on_every_engine_that_was_not_ruled_out(engine: str, judged: bool) -> None:
    found = memory_of(case(gpu=H100, gpu_count=1, usage=Usage(context_tokens=100_000, engine=engine)))
    need = found.usable_gib - found.headroom_gib
    said = [a.value for a in found.assumptions if a.field == "fits"]
    assert said == ([f"judged on {need:.1f} GiB a GPU"] if judged else [])
    assert (need > found.per_gpu_gib * 1.1) == judged


def test_the_verdict_tells_its_margin_and_whether_it_is_close() -> None:
    ample = memory_of(case(gpu=H100))
    assert ample.usable_gib == pytest.approx(0.92 * 80)
    assert not ample.borderline
    for memory in (ample.per_gpu_gib / 0.92 * 1.05, ample.per_gpu_gib / 0.92 * 0.95):
        close = memory_of(case(gpu=GpuShape(gpu_type="card", memory_gib=memory), gpu_count=1))
        assert close.borderline
        assert close.headroom_gib == pytest.approx(close.usable_gib - close.per_gpu_gib)
    assert memory_of(case()).usable_gib == 0


def test_offloading_and_tensor_parallelism_are_asked_for_in_training() -> None:
    full = sizing_pb2.WORKLOAD_TRAIN_FULL
    whole, state, weights, split = (
        memory_of(case(gpu_count=8, usage=Usage(workload=full, zero_stage=2, **more)))
        for more in ({}, {"offload": OFFLOAD_OPTIMIZER}, {"offload": OFFLOAD_PARAMETERS}, {"tensor_parallel": 8})
    )
    assert whole.per_gpu_gib > state.per_gpu_gib > weights.per_gpu_gib
    assert split.tensor_parallel == 8
    assert term(split, "weights") == pytest.approx(term(whole, "weights") / 8)


def test_an_engine_that_splits_by_layers_is_sized_so() -> None:
    served, eager = (memory_of(case(gpu=H100, gpu_count=4, usage=Usage(engine=e))) for e in ("vllm", "transformers"))
    assert (served.tensor_parallel, served.pipeline_parallel) == (4, 1)
    assert (eager.tensor_parallel, eager.pipeline_parallel) == (1, 4)


def test_speed_is_given_alone_and_saturated() -> None:
    alone = speed_of(case(gpu=H100, gpu_count=1, usage=Usage(prompt_tokens=512, output_tokens=128)))
    assert alone.saturated_concurrency > 100
    assert alone.saturated_tokens_per_second > 10 * alone.tokens_per_second
    assert alone.prefill_tokens_per_second > 10_000
    assert {"concurrency", "engine"} <= {assumption.field for assumption in alone.assumptions}
    assert alone.error_factor == pytest.approx(1.8)


def test_requests_a_second_are_those_in_flight_over_the_time_of_one() -> None:
    for concurrency in (1, 16):
        usage = Usage(prompt_tokens=512, output_tokens=128, concurrency=concurrency)
        found = speed_of(case(gpu=H100, gpu_count=1, usage=usage))
        assert found.requests_per_second == pytest.approx(1000 * concurrency / found.request_latency_ms)


@pytest.mark.parametrize(("precision", "said"), [("int8", ["bf16"]), ("bf16", []), ("", [])])
def test_passes_of_packed_weights_are_timed_at_16_bit_and_say_so(precision: str, said: list[str]) -> None:
    encoder = SizingCase(
        parameters=560_000_000, task="fill-mask", gpu=H100, gpu_count=1, usage=Usage(precision=precision)
    )
    assert [a.value for a in speed_of(encoder).assumptions if a.field == "precision"] == said


def test_active_parameters_speed_up_a_mixture() -> None:
    dense, sparse = (
        case(parameters=10**11, gpu=H100, gpu_count=4, **more) for more in ({}, {"active_parameters": 10**10})
    )
    assert speed_of(sparse).tokens_per_second > speed_of(dense).tokens_per_second


def test_what_cases_share_does_not_change_their_answers() -> None:
    """Models, uses and GPUs mixed in one request are answered as each is alone."""
    full, lora = sizing_pb2.WORKLOAD_TRAIN_FULL, sizing_pb2.WORKLOAD_TRAIN_LORA
    uses = [
        Usage(), Usage(precision="int4", concurrency=64, context_tokens=30_000), Usage(engine="transformers"),
        Usage(workload=full), Usage(workload=lora, context_tokens=4096, batch_size=4), Usage(image_size=512),
    ]  # fmt: skip
    gpus = [None, H100, GpuShape(gpu_type="L4", memory_gib=24), GpuShape(gpu_type="small", memory_gib=4)]
    models = [{"model_id": model_id} for model_id in sorted(starter.models())[::40]]
    models += [{"model_id": "owner/unheard-of-13b"}, {"model_id": "owner/no-size"}]
    models += [
        {"parameters": 3 * 10**9},
        {"parameters": 40 * 10**9},
        {"parameters": 3 * 10**9, "task": "fill-mask"},
        {"model_id": models[0]["model_id"], "architecture": LLAMA},
    ]
    cases = [
        SizingCase(**model, usage=usage, gpu=gpu, gpu_count=count)
        for model in models
        for usage in uses
        for gpu in gpus
        for count in ((0,) if gpu is None else (0, 2, 3))
    ]
    random.Random(3).shuffle(cases)
    together = memories_of(cases[:1500])
    assert {bool(estimate.error) for estimate in together} == {True, False}
    for asked, estimate in zip(cases[:300], together, strict=False):
        assert estimate == memory_of(asked), asked


def test_inputs_of_encoders_go_through_in_batches_and_the_others_wait() -> None:
    def encoder(**usage: Any) -> MemoryEstimate:
        use = Usage(context_tokens=512, **usage)
        return memory_of(
            SizingCase(parameters=560_000_000, task="feature-extraction", gpu=H100, gpu_count=1, usage=use)
        )

    one, full, beyond = encoder(concurrency=1), encoder(concurrency=32), encoder(concurrency=10_000)
    assert term(one, "activations") < term(full, "activations") == term(beyond, "activations")
    assert [[a.value for a in e.assumptions if a.field == "max_batch_tokens"] for e in (full, beyond)] == [
        [],
        ["16,384"],
    ]
    assert [e.max_concurrency for e in (one, full, beyond)] == [512, 512, 10_000]
    eager = encoder(concurrency=64, engine="sentence-transformers")
    assert term(eager, "activations") == pytest.approx(2 * term(full, "activations"))
    most = eager.max_concurrency
    fits = [encoder(concurrency=most + more, engine="sentence-transformers").fits for more in (0, 1)]
    assert fits == [True, False]
