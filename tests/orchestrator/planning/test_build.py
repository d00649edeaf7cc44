"""What a whole plan says: stack, models, assumptions."""

from __future__ import annotations

import pytest

from tests.orchestrator.planning.builders import catalogue, chart, model
from tests.orchestrator.planning.plans import SMALL, plan_for


def test_the_size_of_a_run_is_assumed_from_the_data_and_told():
    plan = plan_for(task_type="training", domain="computer_vision", dataset_modality="image", dataset_size_gb=30)
    assert any("about 100,000 items of 0.3 MB" in a for a in plan.assumptions)


def test_components_are_few_and_each_has_a_reason():
    plan = plan_for(task_type="inference", domain="llm")
    assert len(plan.kubernetes_stack) <= 5
    assert all(len(part.why) > 20 for part in plan.kubernetes_stack)


@pytest.mark.parametrize(
    ("wishes", "installed"),
    [({}, False), ({"component_roles": ("distributed_training",)}, True), ({"gpu_count_min": 16}, True)],
)
def test_what_starts_machines_together_is_installed_for_several_or_where_it_was_asked_for(wishes, installed):
    found = catalogue(charts=(chart("distributed_training", "trainer"), chart("monitoring", "prometheus")))
    plan = plan_for(found, task_type="fine_tuning", domain="llm", **wishes)
    assert ("trainer" in {c.name for c in plan.kubernetes_stack}) is installed
    assert plan.workload is not None
    assert (plan.workload.node_count > 1) is ("gpu_count_min" in wishes)


def test_software_that_was_asked_for_and_not_found_is_told():
    plan = plan_for(task_type="fine_tuning", domain="llm", components=("mlflow",))
    assert any("asked for mlflow" in wish.conflict for wish in plan.unmet)
    found = catalogue(charts=(chart("experiment_tracking", "mlflow"),))
    plan = plan_for(found, task_type="fine_tuning", domain="llm", components=("mlflow",))
    assert [c.name for c in plan.kubernetes_stack] == ["mlflow"]
    assert "asked for" in plan.kubernetes_stack[0].why


def test_a_catalogue_that_did_not_answer_is_named():
    plan = plan_for(catalogue(charts=(), missing=("packages",)), task_type="inference", domain="llm")
    assert any("packages catalogue did not answer" in w for w in plan.warnings)


def test_the_same_records_give_the_same_plan():
    assert plan_for(task_type="inference", domain="llm") == plan_for(task_type="inference", domain="llm")


def test_the_embedding_model_of_a_retrieval_system_is_served_too():
    embedder = model("org/em bed", 300_000_000, task="feature-extraction", purpose="embedding")
    found = catalogue(models=(*catalogue().models, embedder))
    plan = plan_for(found, task_type="rag", domain="llm")
    step = next(s for s in plan.deployment_steps if s.title == "Serve the embedding model")
    assert step.command == "kubectl apply --filename kubernetes/embedding.yaml"
    assert plan.workload is not None
    (helper,) = plan.workload.helpers
    assert (helper.model_id, helper.engine, helper.gpus_per_node) == ("org/em bed", "tei", 0)
    alone = plan_for(found, task_type="inference", domain="llm").workload
    assert alone is not None
    assert alone.helpers == ()
    assert plan.workload.memory_request_gib <= alone.memory_request_gib - helper.memory_request_gib
    assert step.number < next(s.number for s in plan.deployment_steps if s.title == "Deploy the server")
    assert all(s.title != step.title for s in plan_for(task_type="inference", domain="llm").deployment_steps)


@pytest.mark.parametrize(
    ("words", "wishes", "task"),
    [
        ("summarise notes", {"model_task": "summarization"}, "text-generation"),
        ("label tickets", {"model_task": "text-classification", "model_params_b": 8}, "text-generation"),
        ("OCR of scanned pages", {"model_task": "image-to-text"}, "image-text-to-text"),
        ("captions for photos", {"model_task": "image-to-text"}, "image-to-text"),
        ("named", {"model_task": "summarization", "models": ("small",)}, "summarization"),
    ],
)
def test_a_language_model_does_what_was_once_done_by_models_of_their_own(words, wishes, task):
    named = catalogue(models=(model(SMALL, wished_as="small"),))
    plan = plan_for(named, task_type="inference", concurrency=2, words=words, **wishes)
    assert plan.workload is not None
    assert plan.workload.model_task == task
