"""Triton serves where it was asked for and can; elsewhere the plan says why it does not, and what serves instead."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.orchestrator.domain.candidates import Candidates
from services.orchestrator.domain.plan import DeploymentPlan, Workload
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.planning.standing import standing_of
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import GPU_TYPES, catalogue, chart, memory, model, offer, speed
from tests.orchestrator.planning.plans import plan_for, render_markdown

SERVE: dict[str, Any] = {"task_type": "inference", "domain": "llm", "components": ("triton",)}


def served(plan: DeploymentPlan) -> Workload:
    assert plan.workload is not None
    return plan.workload


def told(plan: DeploymentPlan) -> list[str]:
    return [wish.conflict for wish in plan.unmet if wish.field == "components"]


def ways(plan: DeploymentPlan) -> list[str]:
    return [way.description for wish in plan.unmet for way in wish.relaxations]


def vision(task: str = "image-classification") -> Candidates:
    found = model("google/vit-base-patch16-224", 86_000_000, task=task)
    sizes = [memory(found.model_id, g, 1.0) for g in ("L4", "MI300X")]
    sizes += [replace(memory(found.model_id, "T4", 1.0), gpu_type="", gpus=0)]
    speeds = [speed(found.model_id, g, 1, requests_per_second=50.0) for g in ("L4", "MI300X")]
    return catalogue(models=(found,), memory=tuple(sizes), performance=tuple(speeds))


def test_a_language_model_is_served_by_the_server_that_was_asked_for():
    plan = plan_for(**SERVE)
    assert served(plan).engine == "triton"
    assert served(plan).image == "nvcr.io/nvidia/tritonserver:26.08-vllm-python-py3"
    assert told(plan) == []
    assert "Triton Inference Server" in render_markdown(plan)
    assert served(plan_for(task_type="inference", domain="llm")).engine == "vllm"


@pytest.mark.parametrize("others", [("vllm",), ("vllm", "tensorrt-llm")])
def test_vllm_beside_triton_is_at_work_within_it_and_no_other_engine_is(others):
    plan = plan_for(**SERVE | {"components": ("triton", *others)})
    assert served(plan).engine == "triton"
    assert [("TensorRT-LLM" in said) for said in told(plan)] == [True] * (len(others) - 1)


@pytest.mark.parametrize("task", ["image-classification", "object-detection", "image-segmentation"])
def test_pictures_are_told_apart_by_a_pipeline_within_triton(task):
    plan = plan_for(vision(task), task_type="inference", model_task=task, components=("triton",))
    assert (served(plan).engine, told(plan)) == ("triton", [])


def test_a_pipeline_within_triton_does_without_a_gpu():
    wishes: dict[str, Any] = {"task_type": "inference", "model_task": "image-classification", "gpu_needed": False}
    plan = plan_for(vision(), **wishes, components=("triton",))
    assert (served(plan).engine, served(plan).gpu_resource, told(plan)) == ("triton", "", [])


@pytest.mark.parametrize("task", ["text-to-image", "automatic-speech-recognition", "feature-extraction"])
def test_what_the_image_of_triton_cannot_do_another_server_does(task):
    plan = plan_for(vision(task), task_type="inference", model_task=task, components=("triton",))
    assert served(plan).engine in ("pipeline", "tei")
    assert not needs_of(WorkloadSpec(task_type="inference", model_task=task, components=("triton",))).triton
    (said,) = told(plan)
    assert task.replace("-", " ") in said or "makes no embeddings" in said


def test_gpus_of_another_maker_that_were_asked_for_run_vllm_and_the_plan_says_why():
    plan = plan_for(**SERVE, gpu_models=("MI300X",))
    assert (served(plan).engine, served(plan).gpu_vendor) == ("vllm", "amd")
    (said,) = told(plan)
    assert "Triton would have nothing to do" in said
    assert "its image needs NVIDIA GPUs of compute capability 7.5 or later" in said
    assert "Allow NVIDIA GPUs of compute capability 7.5 or later, and Triton serves it." in ways(plan)


def test_a_gpu_too_old_for_the_image_runs_vllm():
    old = replace(GPU_TYPES["T4"], name="V100-16GB", compute_capability="7.0")
    small = "meta-llama/Llama-3.1-8B-Instruct"
    sizes = (replace(memory(small, "T4", 14.0), gpu_type="V100-16GB"),)
    offers = (replace(offer("aws", "T4", 1, "3.06"), gpu_type="V100-16GB"),)
    types = GPU_TYPES | {"V100-16GB": old}
    found = catalogue(gpu_types=types, memory=sizes, offers=offers, offers_elsewhere=offers, performance=())
    plan = plan_for(found, **SERVE, gpu_models=("V100-16GB",))
    assert served(plan).engine == "vllm"
    assert "compute capability 7.5" in told(plan)[0]


def test_cheaper_gpus_of_another_maker_give_way_to_those_that_triton_runs_on():
    small = "meta-llama/Llama-3.1-8B-Instruct"
    offers = (
        offer("aws", "MI300X", 1, "0.50"),
        offer("azure", "", 0, "0.10", vcpus=32.0, memory_gib=128.0),
        offer("gcp", "L4", 1, "0.80"),
    )
    fast = tuple(speed(small, g, 1, 400.0) for g in ("MI300X", "L4"))
    found = catalogue(offers=offers, offers_elsewhere=offers, performance=fast)
    free = plan_for(found, **SERVE | {"components": ()})
    assert free.gpu_recommendations[0].gpu_type == "MI300X"
    plan = plan_for(found, **SERVE)
    assert (plan.gpu_recommendations[0].gpu_type, served(plan).engine) == ("L4", "triton")


def test_a_wish_for_the_place_or_the_price_is_kept_before_the_server_is():
    plan = plan_for(**SERVE, providers=("runpod",))
    assert plan.gpu_recommendations[0].breaks == ()
    assert (served(plan).engine, plan.gpu_recommendations[0].gpu_type) == ("vllm", "MI300X")
    assert len(told(plan)) == 1


def test_a_copy_over_several_machines_is_joined_by_vllm_itself():
    big = model("org/giant", 600_000_000_000, wished_as="giant")
    offers = (offer("aws", "H100-80GB-SXM", 8, "55.04"),)
    found = catalogue(models=(big,), memory=(memory(big.model_id, "H100-80GB-SXM", 1100.0),), offers=offers)
    plan = plan_for(found, **SERVE, models=("giant",))
    assert (served(plan).engine, served(plan).node_count) == ("vllm", 2)
    assert "a copy takes 2 machines" in told(plan)[0]


def test_a_batch_asks_no_server_and_the_plan_says_so():
    plan = plan_for(**SERVE | {"task_type": "batch_inference"})
    assert served(plan).engine == "vllm"
    assert "answers no requests" in told(plan)[0]


@pytest.mark.parametrize("words", ["We already run Triton.", "Not Triton please."])
def test_triton_that_is_there_or_refused_is_not_served_with(words):
    found = catalogue(standing=standing_of(words))
    assert served(plan_for(found, words=words, **SERVE)).engine == "vllm"


def test_vllm_that_is_refused_is_told_although_it_is_within_triton():
    words = "Serve it with Triton. We do not want vLLM."
    plan = plan_for(catalogue(standing=standing_of(words)), words=words, **SERVE)
    assert served(plan).engine == "triton"
    assert any("You do not want vllm" in said for said in told(plan))


def test_steps_name_the_paths_of_triton_where_others_have_those_of_openai():
    gateway = chart("llm_gateway", "litellm")
    plan = plan_for(catalogue(charts=(*catalogue().charts, gateway)), **SERVE | {"components": ("triton", "litellm")})
    lead = next(step for step in plan.deployment_steps if step.title == "Lead litellm to the server")
    assert f"/v2/models/{served(plan).name}/generate" in lead.detail
    embedder = model("BAAI/bge-m3", 568_000_000, task="feature-extraction", purpose="embedding")
    found = catalogue(models=(*catalogue().models, embedder))
    answering = plan_for(found, task_type="rag", domain="llm", components=("triton",))
    step = next(step for step in answering.deployment_steps if step.title == "Write the application")
    assert "/v2/models/" in step.detail
    assert "/v1/chat" not in step.detail
    assert served(answering).helpers[0].engine == "tei"


@pytest.mark.parametrize(
    "lie",
    [
        {"engine": "vllm"},
        {"image": "vllm/vllm-openai:v0.27.1"},
        {"image": "nvcr.io/nvidia/tritonserver:26.08-py3"},
        {"engine": "vllm", "image": "vllm/vllm-openai:v0.27.1"},
    ],
)
def test_a_plan_that_serves_otherwise_than_it_was_asked_to_is_refused(lie):
    plan = plan_for(**SERVE)
    false = plan.model_copy(update={"workload": served(plan).model_copy(update=lie)})
    assert verify(false, WorkloadSpec(**SERVE), catalogue())


def test_a_plan_that_claims_triton_on_gpus_of_another_maker_is_refused():
    wishes = {**SERVE, "gpu_models": ("MI300X",)}
    plan = plan_for(**wishes)
    own = {"engine": "triton", "image": "nvcr.io/nvidia/tritonserver:26.08-vllm-python-py3"}
    false = plan.model_copy(update={"workload": served(plan).model_copy(update=own), "unmet": ()})
    assert verify(false, WorkloadSpec(**wishes), catalogue())
