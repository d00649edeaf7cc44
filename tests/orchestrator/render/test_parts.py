"""A plan with a run and the serving of its result: one text, one diagram, one helmfile, a file for each workload."""

from __future__ import annotations

import re

import pytest

from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.combine import with_parts
from services.orchestrator.domain.render import Format, render
from services.orchestrator.domain.render.bundle import files
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import catalogue, chart, memory, model
from tests.orchestrator.render.objects import documents, one, pods
from tests.orchestrator.render.validate import documents as read

MONITOR = {"serviceMonitor": {"enabled": True}}


@pytest.fixture(scope="module")
def plan() -> DeploymentPlan:
    found = model("org/m", wished_as="m")
    charts = (chart("gpu_operator", "gpu-operator", values=MONITOR), *catalogue().charts[1:])
    tracking = chart("experiment_tracking", "mlflow", values=MONITOR)
    records = catalogue(models=(found,), memory=(memory("org/m", "L4", 20.0),), charts=(*charts, tracking))
    tune = WorkloadSpec(task_type="fine_tuning", domain="llm", models=("m",), dataset_items=1000)
    run = build_plan(tune, records, plan_id="p", conversation_id="c")
    serve = WorkloadSpec(task_type="inference", domain="llm", models=("m",))
    return with_parts(
        build_plan(serve, records, plan_id="q", conversation_id="c", after=run.workload), (run,), previous=None
    )


def test_the_bundle_has_a_file_for_each_workload(plan):
    found = files(plan)
    assert {n for n in found if "/" in n} == {
        f"{d}/{n}.yaml" for d in ("kubernetes", "skypilot") for n in ("m", "m-training")
    }
    assert len(read(render(plan, Format.SKYPILOT).content)) == 2
    assert len(found["kubernetes/m.yaml"]) < len(render(plan, Format.KUBERNETES).content)


def test_the_server_loads_the_result_of_the_run(plan):
    serving = [o for o in documents(plan) if o["metadata"].get("namespace") == "m"]
    server = pods(serving)[0]["containers"][0]
    assert server["args"][0] == "org/m"
    assert server["args"][server["args"].index("--lora-modules") + 1] == "m-tuned=/result"
    assert {"name": "result", "mountPath": "/result"} in server["volumeMounts"]
    assert any(o["kind"] == "PersistentVolumeClaim" and o["metadata"]["name"] == "m-result" for o in serving)
    readme = files(plan)["README.md"]
    assert "the adapter in the folder `final` of the volume `m-training-checkpoints`" in readme
    assert readme.index("## Steps of m-training") < readme.index("## Steps of m\n")


def test_components_of_both_are_installed_once_and_after_what_they_need(plan):
    (body,) = read(render(plan, Format.HELMFILE).content)
    names = [f"{r['namespace']}/{r['name']}" for r in body["releases"]]
    assert len(set(names)) == len(names)
    assert {"mlflow/mlflow", "keda/keda", "gpu-operator/gpu-operator"} <= set(names)
    monitored = [r for r in body["releases"] if r.get("values") == [MONITOR]]
    assert len(monitored) == 2
    monitoring = "kube-prometheus-stack/kube-prometheus-stack"
    for release in monitored:
        assert monitoring in release["needs"]
        assert names.index(monitoring) < names.index(f"{release['namespace']}/{release['name']}")


def test_one_diagram_shows_both_from_data_to_users(plan):
    text = render(plan, Format.MERMAID).content.decode()
    assert "result --> work1" in text
    assert re.search(r"class gpu,gpu1 gpu", text)


def test_the_text_tells_what_both_cost_before_each_of_them(plan):
    text = render(plan, Format.MARKDOWN).content.decode()
    assert plan.combined_cost is not None
    assert "so the first month costs at most" in text.split("## 1.")[0]
    assert text.index("## 1. The training run") < text.index("## 2. Serving")
    assert text.count("### Cost") == 2
    assert one(documents(plan), "Job")["metadata"]["name"] == "m-training"
