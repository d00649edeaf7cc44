"""What a request for sizing may say, and what was not said or left open: refused by its field, or in the answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from libs.errors import InvalidInputError
from services.models.convert_sizing import asked_from_proto
from services.models.domain.model import Model
from services.models.ingest import starter
from services.models.sizing import Questions
from stack8s.models.v1 import sizing_pb2
from stack8s.models.v1.model_pb2 import Architecture
from stack8s.models.v1.models_service_pb2 import PerformanceEstimate, SizingCase
from stack8s.models.v1.sizing_pb2 import GpuShape, Usage
from tests.models.sized import H100, case, known_of, memories_of, memory_of, speed_of, term
from tests.models.sizing.test_formulas import figure


def test_every_estimate_states_its_context_basis_band_and_the_source_of_each_term() -> None:
    for usage in (Usage(), Usage(workload=sizing_pb2.WORKLOAD_TRAIN_FULL), Usage(context_tokens=4096)):
        estimate = memory_of(case(usage=usage, gpu=H100))
        assert estimate.context_tokens > 0
        assert estimate.basis == sizing_pb2.FIGURE_BASIS_MODELLED
        assert 0 < estimate.error_band < 1
        assert all(term.formula and term.source for term in estimate.terms)
        assert sum(term.memory_gib for term in estimate.terms) == pytest.approx(estimate.total_gib)
        said = {assumption.field for assumption in estimate.assumptions}
        assert bool(usage.context_tokens) != bool(said & {"context_tokens", "sequence"})


def test_what_the_use_takes_from_the_record_is_said() -> None:
    models = starter.models()
    for model_id, field in (("black-forest-labs/FLUX.1-dev", "image_size"), ("Qwen/Qwen3-8B", "precision")):
        (asked,) = asked_from_proto([SizingCase(model_id=model_id)], need_gpu=False)
        (note,) = [n for n in Questions().of(asked, known_of(models[model_id]).traits).case.notes if n.field == field]
        (said,) = [a for a in memory_of(SizingCase(model_id=model_id)).assumptions if a.field == field]
        assert (said.value, said.reason) == (note.value, note.why)


def test_an_unsaid_engine_is_said_where_long_prompts_make_a_difference() -> None:
    def engines(**usage: Any) -> list[str]:
        return [a.value for a in memory_of(case(gpu=H100, usage=Usage(**usage))).assumptions if a.field == "engine"]

    assert engines(context_tokens=100_000) == ["prompts in chunks of 8,192 tokens"]
    assert engines(context_tokens=100_000, engine="vllm") == engines(context_tokens=4096) == []


def test_a_model_that_no_catalogue_has_is_sized_by_the_size_in_its_name_and_says_so() -> None:
    estimate = memory_of(SizingCase(model_id="owner/unheard-of-13b", usage=Usage(precision="bf16")))
    assert term(estimate, "weights") == pytest.approx(26e9 / 2**30)
    assert any(a.field == "parameters" and "name" in a.reason for a in estimate.assumptions)


def test_wrong_new_fields_are_named() -> None:
    bad = case(
        active_parameters=10**12, usage=Usage(frames=0, tensor_parallel=0, trainable_parameters=0, optimizer="magic")
    )
    with pytest.raises(InvalidInputError) as caught:
        asked_from_proto([bad], need_gpu=False)
    found = {violation.field for violation in caught.value.violations}
    assert found == {
        "cases[0].active_parameters",
        "cases[0].usage.frames",
        "cases[0].usage.tensor_parallel",
        "cases[0].usage.trainable_parameters",
        "cases[0].usage.optimizer",
    }


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"usage": Usage(lora_rank=10**9)}, "usage.lora_rank", "65536"),
        (
            {"architecture": Architecture(layers=32, heads=8, kv_heads=32)},
            "architecture.kv_heads",
            "at most the heads, 8",
        ),
        ({"task": "text generaton"}, "task", "near it are text-generation,"),
        ({"task": "zzz"}, "task", "ListTasks"),
        (
            {"architecture": Architecture(kind="decodr")},
            "architecture.kind",
            "'decodr'; must be one of cnn, decoder,",
        ),
    ],
)
def test_what_no_model_can_have_is_refused_by_its_field(fields: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        asked_from_proto([case(**fields)], need_gpu=False)
    (violation,) = caught.value.violations
    assert violation.field == f"cases[0].{field}"
    assert says in violation.description


def test_a_training_that_cannot_be_split_so_has_no_speed_either() -> None:
    use = Usage(workload=sizing_pb2.WORKLOAD_TRAIN_FULL, tensor_parallel=3)
    asked = case(usage=use, gpu=H100, gpu_count=3)
    problem = "32 attention heads do not divide by a tensor-parallel degree of 3"
    assert (memory_of(asked).error, speed_of(asked).error) == (problem, problem)


@pytest.mark.parametrize("text", ["fill-mask", "Fill mask", " fill_mask "])
def test_a_task_is_meant_by_any_of_its_names(text: str) -> None:
    asked = [SizingCase(parameters=10**8, task=t, gpu=H100) for t in (text, "fill-mask")]
    assert memories_of(asked)[0] == memories_of(asked)[1]
    assert not any(t.name == "kv_cache" for t in memories_of(asked)[0].terms)


@pytest.mark.parametrize("field", ["lora_rank", "trainable_parameters"])
def test_no_more_is_trained_than_the_model_has(field: str) -> None:
    most = {"lora_rank": 4096, "trainable_parameters": 8_030_000_000}[field]
    lora = sizing_pb2.WORKLOAD_TRAIN_LORA
    held, beyond = (memory_of(case(usage=Usage(workload=lora, **{field: most + more}))) for more in (0, 1))
    assert not held.error
    assert field in beyond.error
    assert f"{most:,}" in beyond.error


@pytest.mark.parametrize(
    ("words", "read_as"),
    [
        ("GGUF", "q4_k_m"),
        ("4-bit", "int4"),
        ("gptq", "gptq-int4"),
        ("fp4", "nvfp4"),
        ("Q5", "q5_k_m"),
        ("MLX", "mlx-4bit"),
        ("8-bit GGUF", "q8_0"),
    ],
)
def test_what_words_that_leave_the_format_open_were_read_as_is_said(words: str, read_as: str) -> None:
    memory = memory_of(case(usage=Usage(precision=words)))
    speed = speed_of(case(usage=Usage(precision=words), gpu=H100, gpu_count=1))
    assert memory.precision == read_as
    for estimate in (memory, speed):
        assert [a.value for a in estimate.assumptions if a.field == "precision" and words in a.reason] == [read_as]


@pytest.mark.parametrize("words", ["GGUF Q8_0", "Q8_0", "bf16", "awq", "int4"])
def test_words_that_name_a_format_are_no_assumption(words: str) -> None:
    memory = memory_of(case(usage=Usage(precision=words)))
    assert memory.precision == words.split()[-1].lower()
    assert not [a for a in memory.assumptions if a.field == "precision"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), -1.0, 5e-324, 1e300])
def test_numbers_that_no_sum_bears_are_refused_by_their_field(value: float) -> None:
    numbers = [f.name for f in GpuShape.DESCRIPTOR.fields if f.type == f.TYPE_DOUBLE]
    assert len(numbers) >= 5
    for name in numbers:
        gpu = GpuShape(**{**{f.name: v for f, v in H100.ListFields()}, name: value})
        with pytest.raises(InvalidInputError) as caught:
            asked_from_proto([case(gpu=gpu, gpu_count=1)], need_gpu=True)
        assert [v.field for v in caught.value.violations] == [f"cases[0].gpu.{name}"]
    with pytest.raises(InvalidInputError) as caught:
        asked_from_proto([case(usage=Usage(epochs=value))], need_gpu=False)
    assert [v.field for v in caught.value.violations] == ["cases[0].usage.epochs"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Wan2.9-T2V-14B", "text-to-image"), ("sdxl-lines-2B", "text-to-image"), ("Chat-7B", "text-generation")],
)
def test_the_kind_that_a_name_alone_was_taken_for_is_said(name: str, kind: str) -> None:
    memory = memory_of(SizingCase(model_id=f"owner/{name}"))
    speed = speed_of(SizingCase(model_id=f"owner/{name}", gpu=H100, gpu_count=1))
    for estimate in (memory, speed):
        assert [a.value for a in estimate.assumptions if a.field == "task"] == [kind]
    assert speed.HasField("tokens_per_second") == (kind == "text-generation")
    told = memory_of(SizingCase(model_id=f"owner/{name}", task=kind))
    assert not [a for a in told.assumptions if a.field == "task"]


def _formula(speed: PerformanceEstimate) -> tuple[float, float]:
    """Return the operations and the operations a second that a formula states."""
    found = re.match(r"([\d.e+]+) operations an? \w+ .*?over (\d+) x ([\d.]+) TFLOPS x ([\d.]+)", speed.formula)
    assert found, speed.formula
    operations, gpus, peak, share = map(float, found.groups())
    return operations, gpus * peak * 1e12 * share


@pytest.mark.parametrize("engine", ["", "transformers", "TensorRT-LLM MLPerf server"])
@pytest.mark.parametrize("load", [{}, {"concurrency": 40, "prompt_tokens": 3000, "output_tokens": 77}])
def test_the_formula_of_tokens_yields_their_speed(engine: str, load: dict[str, int]) -> None:
    speed = speed_of(case(gpu=H100, gpu_count=2, usage=Usage(engine=engine, **load)))
    assert figure(speed.formula) == pytest.approx(speed.tokens_per_second, rel=0.01)


def test_that_data_is_passed_once_is_said_where_it_was_not() -> None:
    def epochs(**more: Any) -> list[str]:
        usage = Usage(workload=sizing_pb2.WORKLOAD_TRAIN_LORA, **more)
        return [a.value for a in speed_of(case(gpu=H100, gpu_count=1, usage=usage)).assumptions if a.field == "epochs"]

    assert epochs(samples=1000) == epochs() == ["1"]
    assert epochs(samples=1000, epochs=1) == epochs(tokens=10**9) == []


def test_the_formula_of_a_speed_yields_its_figure() -> None:
    for task in ("feature-extraction", "image-classification", "text-to-image"):
        speed = speed_of(SizingCase(parameters=10**9, task=task, gpu=H100, gpu_count=1))
        operations, rate = _formula(speed)
        assert speed.requests_per_second == pytest.approx(rate / operations, rel=0.01)
        train = Usage(workload=sizing_pb2.WORKLOAD_TRAIN_FULL, samples=1000)
        speed = speed_of(SizingCase(parameters=10**9, task=task, gpu=H100, gpu_count=8, usage=train))
        operations, rate = _formula(speed)
        done = speed.tokens_per_second if "a token" in speed.formula else speed.samples_per_second
        assert done == pytest.approx(rate / operations, rel=0.01)


def test_the_width_of_passes_is_said_where_the_weights_have_another() -> None:
    encoder = {"parameters": 10**8, "task": "feature-extraction", "gpu": H100, "gpu_count": 1}
    wide, same = (speed_of(SizingCase(**encoder, usage=Usage(precision=p))) for p in ("fp32", "bf16"))
    assert [[a.value for a in s.assumptions if a.field == "precision"] for s in (wide, same)] == [["bf16"], []]
    told = speed_of(SizingCase(**encoder, usage=Usage(prompt_tokens=300)))
    assert [any(a.field == "tokens" for a in s.assumptions) for s in (same, told)] == [True, False]


def test_a_reader_and_writer_that_was_tuned_to_classify_writes_nothing() -> None:
    bart = Architecture(
        kind="encoder_decoder", layers=12, encoder_layers=12, hidden_size=1024, heads=16, vocab_size=50265
    )
    bart_case = {"parameters": 407_000_000, "architecture": bart, "gpu": H100, "gpu_count": 1}
    judge, writer = (SizingCase(**bart_case, task=t) for t in ("zero-shot-classification", "summarization"))
    assert [any(t.name == "kv_cache" for t in memory_of(c).terms) for c in (judge, writer)] == [False, True]
    assert [speed_of(c).HasField("tokens_per_second") for c in (judge, writer)] == [False, True]


def test_a_request_tells_the_size_and_the_task_that_a_record_lacks() -> None:
    """A record without a count of weights is sized by the "9B" of its name, until a request says 13.9 billion."""
    bare = Model(model_id="owner/glm-4v-9b", task="", as_of=datetime(2026, 11, 1, tzinfo=UTC))
    stated = SizingCase(model_id="owner/glm-4v-9b", task="image-text-to-text", parameters=13_900_000_000)
    named, told = (
        Questions().of(asked, known_of(bare).traits).case.shape
        for asked in asked_from_proto([SizingCase(model_id="owner/glm-4v-9b"), stated], need_gpu=False)
    )
    assert (named.parameters, named.size_from_name, named.sees, named.sight) == (9e9, True, False, "GLM-4V")
    assert (told.parameters, told.size_from_name, told.sees) == (13.9e9, False, True)
