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
