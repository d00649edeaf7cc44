"""How large the data of a job are where they were not told in bytes, and that they are stored, mounted and paid for."""

from __future__ import annotations

from typing import Any

import pytest

from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import catalogue, memory, model, offer, speed

HEARS: dict[str, Any] = {"task_type": "batch_inference", "model_task": "automatic-speech-recognition"}


@pytest.mark.parametrize(
    ("words", "fields", "gigabytes"),
    [
        ("transcribe 20,000 hours of calls", HEARS, 1200),
        ("", {"task_type": "training", "model_task": "image-classification", "dataset_items": 1_000_000}, 300),
        ("", {"task_type": "training", "model_task": "tabular-classification", "dataset_items": 10**9}, 100),
        ("pretrain on 100 billion tokens", {"task_type": "training", "domain": "llm"}, 400),
        ("", {"task_type": "batch_inference", "model_task": "feature-extraction", "dataset_items": 10**8}, 102.4),
        ("", {"task_type": "batch_inference", "model_task": "text-to-image", "dataset_items": 10_000}, 0.1),
        ("CT scans", {"task_type": "training", "domain": "computer_vision", "dataset_items": 2000}, 100),
        ("", {"task_type": "training", "domain": "llm", "dataset_items": 10**6, "dataset_size_gb": 3}, 3),
    ],
)
def test_data_have_the_size_of_what_they_consist_of(words, fields, gigabytes):
    needs = needs_of(WorkloadSpec(**fields), words=words)
    assert needs.dataset_gb == pytest.approx(gigabytes)
    told = [a for a in needs.assumptions if a.startswith("The dataset is about")]
    assert len(told) == ("dataset_size_gb" not in fields)


def test_a_service_keeps_no_data_that_were_only_counted():
    assert not needs_of(WorkloadSpec(task_type="rag", domain="llm", dataset_items=20_000)).dataset_gb


def test_recordings_told_in_hours_are_stored_and_mounted():
    spec, words = WorkloadSpec(**HEARS, domain="speech"), "transcribe 20,000 hours of calls"
    here = offer("gcp", "L4", 1, "0.70")
    candidates = catalogue(
        models=(model("org/ears", 1_500_000_000, task="automatic-speech-recognition"),),
        memory=(memory("org/ears", "L4", 4.0),),
        performance=(speed("org/ears", "L4", 1, 500.0, run_hours=130.0),),
        offers=(here,),
        offers_elsewhere=(here,),
    )
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c", words=words)
    assert verify(plan, spec, candidates, said=words) == ()
    assert plan.workload is not None
    assert plan.workload.dataset_gib == 1118
    stored = {line.description: line.quantity for line in plan.cost_estimate.lines if line.unit == "GB-month"}
    assert stored["Object storage: the dataset"] == 1200
    assert stored["Block storage: volume for the dataset"] == 1201
    silent = plan.model_copy(update={"workload": plan.workload.model_copy(update={"dataset_gib": 0})})
    assert any("dataset_gib" in fault for fault in verify(silent, spec, candidates, said=words))
