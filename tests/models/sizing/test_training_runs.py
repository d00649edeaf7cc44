"""Training runs that are weighed for one answer: the shortcuts among them give what weighing each would."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from services.models.domain.sizing import Case, GpuShape, ModelShape, Question, Usage, size
from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.capacity import GPU_COUNTS
from services.models.domain.sizing.training import held_by, passed_by, run_of
from services.models.domain.sizing.training_plan import TrainingPlan, passes_alone
from tests.models.sizing import shapes


@pytest.mark.parametrize("method", ["full", "lora", "qlora"])
def test_the_fewest_gpus_are_those_that_trying_every_count_finds(method: str) -> None:
    dice = random.Random(3)
    found = set()
    for _ in range(60):
        shape = ModelShape(parameters=10 ** dice.uniform(8.5, 11.5))
        gpu = GpuShape("G", dice.choice([16, 24, 48, 80, 192]))
        usage = Usage(workload=method, offload=dice.choice(["", "", "optimizer"]), zero_stage=3)
        sized = size(Case(shape, usage, gpu)).capacity
        fits = (n for n in GPU_COUNTS if (on := size(Case(shape, usage, gpu, n)).capacity) and on.fits)
        assert sized is not None
        assert sized.gpus == next(fits, 0)
        found.add(sized.gpus)
    assert len(found) > 3


def test_gpu_types_that_hold_a_run_alike_have_one_estimate_of_it() -> None:
    question = Question(Case(shapes.LLAMA_8B, Usage(workload="qlora")))
    first, second = (question.on(gpu) for gpu in (shapes.A100, shapes.H100))
    assert first.estimate is second.estimate
    assert first.estimate == size(Case(shapes.LLAMA_8B, Usage(workload="qlora"), shapes.A100)).estimate


@pytest.mark.parametrize(
    "other",
    [{"batch_size": 8}, {"sequence": 512}, {"checkpointing": False}, {"fused_attention": False}],
    ids=lambda other: next(iter(other)),
)
@pytest.mark.parametrize("gpus", [1, 4])
@pytest.mark.parametrize("method", ["full", "lora", "qlora", "freeze"])
def test_a_run_whose_samples_pass_in_another_way_holds_as_much(method: str, gpus: int, other: dict[str, int]) -> None:
    model = complete(shapes.LLAMA_8B)
    plan = TrainingPlan(method=method, gpus=gpus, zero_stage=3, fsdp=gpus > 1)
    changed = replace(plan, **other)
    assert passes_alone(plan, changed)
    assert passed_by(held_by(model, plan), changed).estimate() == run_of(model, changed).estimate()


def test_a_plan_that_holds_more_is_not_one_that_passes_alone() -> None:
    plan = TrainingPlan()
    assert not passes_alone(plan, replace(plan, optimizer="sgd", batch_size=8))


CHATGLM3 = ModelShape(
    parameters=6.24e9, layers=28, hidden=4096, intermediate=13696, heads=32, kv_heads=2, head_dim=128, vocab=65024
)
MINICPM = ModelShape(
    parameters=2.725e9, layers=40, hidden=2304, intermediate=5760, heads=36, kv_heads=36, vocab=122_753
)


def _stage(shape: ModelShape, memory: float, gpus: int, **said: object) -> tuple[str, float]:
    """Return the stage of ZeRO that full training was given where none was said, and GB on each GPU."""
    usage = Usage(workload="full", **said)  # type: ignore[arg-type]
    estimate = size(Case(shape, usage, GpuShape("card", memory) if memory else None, gpus)).estimate
    stages = [note.value for note in estimate.assumptions if note.field == "zero_stage"]
    return next(iter(stages), ""), estimate.per_gpu_bytes / 1e9


@pytest.mark.parametrize(("shape", "published"), [(CHATGLM3, 48_346), (MINICPM, 30_245)])
def test_full_training_on_stated_gpus_leaves_weights_whole_where_they_hold_them(
    shape: ModelShape, published: float
) -> None:
    """On four GPUs, in MiB on each (ChatGLM3's and MiniCPM's READMEs of fine-tuning)."""
    stage, gb = _stage(shape, 80, 4)
    assert stage == "2"
    assert gb == pytest.approx(published * 2**20 / 1e9, rel=0.1)
    assert _stage(shape, 0, 4) == (stage, gb), "a card of 80 GB is assumed where none is named"


def test_full_training_is_sharded_fully_where_weights_are_not_to_be_whole() -> None:
    assert _stage(CHATGLM3, 40, 4)[0] == "3", "a GPU does not hold them"
    assert _stage(CHATGLM3, 80, 0)[0] in ("", "3"), "the fewest GPUs are asked for"
    assert _stage(CHATGLM3, 80, 4, zero_stage=3)[0] == ""
    assert _stage(CHATGLM3, 80, 4, engine="torchtune")[0] == "3"
    assert _stage(CHATGLM3, 80, 4, precision="bf16-true")[0] == "3"
