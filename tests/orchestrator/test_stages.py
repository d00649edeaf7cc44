"""Which conversations hold two workloads: a run, and the serving of what it made."""

from __future__ import annotations

from typing import Any

import pytest

from services.orchestrator.domain.spec import TaskType, WorkloadSpec
from services.orchestrator.domain.stages import stages

TUNE: dict[str, Any] = {"task_type": "fine_tuning", "models": ("llama 3.1 8b",), "dataset_items": 10_000}
SERVE: dict[str, Any] = {"task_type": "inference", "models": ("llama 3.1 8b",)}


@pytest.mark.parametrize(
    "words",
    [
        "Fine-tune llama 3.1 8b on 10k tickets, then serve it",
        "fine tune llama 3.1 8b on our tickets and afterwards host the model for our agents",
        "We train it first. Later inference in production.",
        "training now, inference after",
    ],
)
def test_a_run_that_is_to_be_served_makes_two_workloads(words: str):
    run, serving = stages(WorkloadSpec(**TUNE), words)
    assert (run.task_type, serving.task_type) == (TaskType.FINE_TUNING, TaskType.INFERENCE)
    assert run.dataset_items == 10_000
    assert serving.dataset_items is None


def test_a_load_beside_a_run_is_the_load_of_serving():
    run, serving = stages(WorkloadSpec(**TUNE, concurrency=50, deadline_hours=24), "fine-tune it for 50 users")
    assert (run.concurrency, run.deadline_hours) == (None, 24)
    assert (serving.concurrency, serving.deadline_hours) == (50, None)


@pytest.mark.parametrize(
    "words",
    [
        "Fine-tune llama 3.1 8b on 10k tickets",
        "fine-tune it on our server logs",
        "fine-tune it, no serving",
        "Fine-tune it and do not deploy it",
        "train a model on customer service requests",
        "train and compare with inference logs of last year",
    ],
)
def test_a_run_alone_is_one_workload(words: str):
    assert len(stages(WorkloadSpec(**TUNE), words)) == 1


def test_serving_asked_for_in_a_later_message_comes_after_the_run_of_an_earlier_one():
    words = "fine-tune llama 3.1 8b on 10k tickets\nnow serve it for 30 users"
    run, serving = stages(WorkloadSpec(**SERVE, dataset_items=10_000, concurrency=30), words)
    assert (run.task_type, run.dataset_items, run.concurrency) == (TaskType.FINE_TUNING, 10_000, None)
    assert (serving.task_type, serving.concurrency) == (TaskType.INFERENCE, 30)


@pytest.mark.parametrize(
    "words",
    [
        "serve llama 3.1 8b",
        "fine-tune llama 3.1 8b\nforget the training, only serve it",
        "fine-tune llama 3.1 8b\nnow serve it\nno training please, just serving",
        "no fine-tuning\nserve it",
    ],
)
def test_serving_alone_is_one_workload(words: str):
    assert len(stages(WorkloadSpec(**SERVE), words)) == 1


@pytest.mark.parametrize(
    ("words", "run_gpus", "serving_gpus"),
    [
        ("fine-tune it on H100 and then serve it on L4", ("H100",), ("L4",)),
        ("fine-tune it on 2 x A100 or H100s, afterwards serve it on L4s", ("A100-80GB", "H100"), ("L4",)),
        ("fine-tune it and serve it, on H100 or L4", ("H100", "L4"), ("H100", "L4")),
    ],
)
def test_gpus_belong_to_the_stage_in_which_they_are_named(words: str, run_gpus, serving_gpus):
    run, serving = stages(WorkloadSpec(**TUNE, gpu_models=tuple(dict.fromkeys(run_gpus + serving_gpus))), words)
    assert (run.gpu_models, serving.gpu_models) == (run_gpus, serving_gpus)
