"""The diagram shows who calls whom: the user's application before the server, components beside what they act on."""

from __future__ import annotations

from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.combine import with_parts
from services.orchestrator.domain.render import Format, render
from tests.orchestrator.planning.builders import catalogue, chart, model, offer
from tests.orchestrator.planning.plans import plan_for

SERVE = {"task_type": "inference", "domain": "llm"}


def lines(plan: DeploymentPlan) -> list[str]:
    return [line.strip() for line in render(plan, Format.MERMAID).content.decode().splitlines()]


def test_the_users_application_calls_the_helpers_and_the_store_and_asks_the_server():
    embedder = model("BAAI/bge-base-en-v1.5", 109_000_000, task="feature-extraction", purpose="embedding")
    charts = (chart("gpu_operator", "gpu-operator"), chart("vector_db", "qdrant"))
    found = catalogue(models=(*catalogue().models, embedder), charts=charts)
    drawn = lines(plan_for(found, task_type="rag", domain="llm"))
    assert {"source --> app --> work", "app --> helper0", "app <--> part1"} <= set(drawn)
    assert not any("work <-->" in line or "work --> helper" in line for line in drawn)


def test_components_act_on_every_service_in_the_cluster_and_on_none_outside_of_it():
    pods = (offer("runpod", "L4", 1, "0.40"),)
    outside = plan_for(catalogue(offers=pods, offers_elsewhere=pods, charts=()), **SERVE)
    one, other = plan_for(**SERVE), plan_for(**SERVE)
    drawn = lines(with_parts(outside, (one, other), previous=None))
    parts = {line.split("[")[0]: line for line in drawn if line.startswith("part") and "[" in line}
    (operator,) = [node for node, line in parts.items() if "gpu-operator" in line]
    (watching,) = [node for node, line in parts.items() if "prometheus" in line]
    assert {line for line in drawn if line.startswith(f"{operator} ")} == {
        f"{operator} -.-> gpu1",
        f"{operator} -.-> gpu2",
    }
    assert {line for line in drawn if line.startswith(f"{watching} ")} == {
        f"{watching} -.-> work1",
        f"{watching} -.-> work2",
    }


def test_a_server_is_called_what_people_call_it():
    assert any(
        '["vLLM: meta-llama/Llama-3.1-8B-Instruct"]' in line.replace("#47;", "/") for line in lines(plan_for(**SERVE))
    )
