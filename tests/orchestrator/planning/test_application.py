"""What is left to the user beside a server is said with the addresses that it needs."""

from __future__ import annotations

from services.orchestrator.domain.plan import DeploymentPlan, DeploymentStep
from services.orchestrator.domain.planning.components import roles_for
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.spec import Origin, WorkloadSpec
from tests.orchestrator.planning.builders import catalogue, chart, model, offer
from tests.orchestrator.planning.plans import plan_for

EMBEDDER = model("BAAI/bge-base-en-v1.5", 109_000_000, task="feature-extraction", purpose="embedding")
RAG = {"task_type": "rag", "domain": "llm"}


def step(plan: DeploymentPlan, title: str) -> DeploymentStep:
    (found,) = [s for s in plan.deployment_steps if s.title.startswith(title)]
    return found


def records(**more):
    charts = (*catalogue().charts, chart("vector_db", "qdrant", release="qdrant", namespace="ai"))
    return catalogue(models=(*catalogue().models, EMBEDDER), charts=charts, **more)


def test_the_application_that_answers_from_documents_is_told_what_to_call():
    text = step(plan_for(records(), **RAG), "Write the application").detail
    for called in (
        "http://embedding.llama-3-1-8b-instruct.svc/embed",
        "qdrant (release qdrant in namespace ai)",
        "/v1/chat/completions of http://llama-3-1-8b-instruct.llama-3-1-8b-instruct.svc",
        "model meta-llama/Llama-3.1-8B-Instruct",
    ):
        assert called in text


def test_beside_machines_that_are_no_nodes_the_server_is_where_skypilot_says():
    pods = (offer("runpod", "L4", 1, "0.40"),)
    text = step(plan_for(records(offers=pods, offers_elsewhere=pods), **RAG), "Write the application").detail
    assert "the address that sky status shows for llama-3-1-8b-instruct" in text


def test_a_server_alone_asks_for_no_application():
    plan = plan_for(task_type="inference", domain="llm")
    assert not any(s.title.startswith("Write") for s in plan.deployment_steps)


def test_a_gateway_is_led_to_the_server_of_the_manifests():
    gateway = chart("llm_gateway", "litellm", namespace="ai")
    plan = plan_for(catalogue(charts=(gateway,)), task_type="inference", domain="llm", components=("litellm",))
    led = step(plan, "Lead litellm to the server")
    assert "http://llama-3-1-8b-instruct.llama-3-1-8b-instruct.svc (with /v1, the OpenAI API)" in led.detail
    assert led.command == "kubectl label namespace ai stack8s.io/client=true"


def test_the_word_gateway_beside_its_software_asks_for_no_second_one():
    def roles(words: str) -> set[str]:
        origins = {"component_roles": Origin(kind="explicit", turn=1, words=words)}
        wishes = {"components": ("litellm",), "component_roles": ("api_gateway",)}
        spec = WorkloadSpec(task_type="inference", domain="llm", **wishes, origins=origins)
        return {r.role for r in roles_for(spec, needs_of(spec))}

    assert {"llm_gateway", "api_gateway"} & roles("gateway") == {"llm_gateway"}
    assert {"llm_gateway", "api_gateway"} & roles("API gateway") == {"llm_gateway", "api_gateway"}
