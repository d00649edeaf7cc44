"""The manifests serve the model themselves: no chart does it too, and another server that was asked for is told."""

from __future__ import annotations

import pytest

from services.orchestrator.domain.answers.about import explanation
from services.orchestrator.domain.answers.topics import Topic
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.components import roles_for
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.stages import stages
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import catalogue, memory, model, speed
from tests.orchestrator.planning.plans import plan_for

SERVE = {"task_type": "inference", "domain": "llm"}


def conflicts(plan: DeploymentPlan) -> list[str]:
    return [wish.conflict for wish in plan.unmet if wish.field == "components"]


@pytest.mark.parametrize(
    "wishes", [{}, {"component_roles": ("inference_server",)}, {"components": ("kserve",)}, {"components": ("vllm",)}]
)
def test_no_chart_is_asked_for_to_serve_what_the_manifests_serve(wishes):
    spec = WorkloadSpec(**SERVE, **wishes)
    assert "inference_server" not in {r.role for r in roles_for(spec, needs_of(spec))}


def test_a_server_that_is_there_is_looked_up_so_that_the_plan_can_tell_of_it():
    spec, words = WorkloadSpec(**SERVE, components=("kserve",)), "We already run KServe"
    assert "inference_server" in {r.role for r in roles_for(spec, needs_of(spec, words=words))}


@pytest.mark.parametrize("name", ["kserve", "tgi", "tensorrt-llm"])
def test_another_server_that_was_asked_for_is_told_with_the_ways_out(name):
    plan = plan_for(**SERVE, components=(name,))
    (wish,) = plan.unmet
    assert "serve meta-llama/Llama-3.1-8B-Instruct with vLLM" in wish.conflict
    assert name.casefold() in wish.conflict.casefold()
    assert len(wish.relaxations) == 2


@pytest.mark.parametrize("wishes", [{"components": ("vllm",)}, {"component_roles": ("inference_server",)}])
def test_the_server_that_serves_is_what_was_asked_for(wishes):
    assert conflicts(plan_for(**SERVE, **wishes)) == []


def test_embeddings_are_served_by_the_server_that_was_asked_for():
    embedder = model("BAAI/bge-m3", 568_000_000, task="feature-extraction", wished_as="bge m3")
    found = catalogue(
        models=(embedder,),
        memory=(memory(embedder.model_id, "L4", 2.0),),
        performance=(speed(embedder.model_id, "L4", 1, requests_per_second=100.0),),
    )
    wishes = {"task_type": "inference", "model_task": "feature-extraction", "models": ("bge m3",)}
    assert conflicts(plan_for(found, **wishes, components=("tei",))) == []
    assert len(conflicts(plan_for(found, **wishes, components=("vllm",)))) == 1


def test_a_server_that_is_asked_for_beside_a_run_alone_is_told_and_one_for_its_result_is_of_serving():
    (said,) = conflicts(plan_for(task_type="fine_tuning", domain="llm", components=("triton",)))
    assert "Triton, which serves models" in said
    spec = WorkloadSpec(task_type="fine_tuning", domain="llm", components=("triton", "mlflow"), concurrency=5)
    run, serving = stages(spec, "fine-tune it, then serve it with Triton, with MLflow")
    assert (run.components, serving.components) == (("mlflow",), ("triton", "mlflow"))


def test_a_plan_that_hides_that_another_server_was_asked_for_is_refused():
    spec = WorkloadSpec(**SERVE, components=("kserve",))
    silent = plan_for(**SERVE, components=("kserve",)).model_copy(update={"unmet": ()})
    assert any("KServe" in fault for fault in verify(silent, spec, catalogue()))


def test_the_speed_of_a_model_that_makes_no_text_is_told_in_what_it_makes():
    speaker = model("org/speaker", 1_500_000_000, task="text-to-speech")
    made = {"requests_per_second": 2.0, "units_per_second": 20.0, "unit": "second of sound"}
    found = catalogue(
        models=(speaker,),
        memory=(memory(speaker.model_id, "L4", 8.0),),
        performance=(speed(speaker.model_id, "L4", 1, **made),),
    )
    plan = plan_for(found, task_type="inference", model_task="text-to-speech")
    assert "about 20 seconds of sound a second in all" in plan.gpu_recommendations[0].why
    assert "about 20 seconds of sound a second" in explanation(plan, [Topic.SPEED])
