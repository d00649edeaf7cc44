"""What runs beside and around a workload, and how it uses the machines: for whoever has to apply the manifests."""

from __future__ import annotations

from typing import Any

import pytest

from services.orchestrator.domain.candidates import ModelCandidate
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.render.kubernetes.commands import quantization
from services.orchestrator.domain.render.scripts import INSTALLER, REQUIREMENTS, text_of
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import catalogue, chart, memory, model, offer
from tests.orchestrator.render.objects import check, documents, one, pods
from tests.orchestrator.render.references import check_references
from tests.orchestrator.render.test_kubernetes import serving_plan


def retrieval_plan(**more: Any) -> DeploymentPlan:
    embedder = model("BAAI/bge-m3", 568_000_000, task="feature-extraction", purpose="embedding", gated=True)
    charts = (
        *catalogue().charts,
        chart("vector_db", "qdrant", values={"metrics": {"serviceMonitor": {"enabled": True}}}),
    )
    found = catalogue(models=(*catalogue().models, embedder), charts=charts, **more)
    return build_plan(WorkloadSpec(task_type="rag", domain="llm"), found, plan_id="p", conversation_id="c")


def test_the_model_that_embeds_passages_is_served_beside_the_one_that_answers():
    plan = retrieval_plan()
    assert plan.workload is not None
    objects = documents(plan)
    check(objects)
    check_references(objects)
    helper = next(o for o in objects if o["kind"] == "Deployment" and o["metadata"]["name"] == "embedding")
    assert helper["metadata"]["namespace"] == plan.workload.name
    spec = helper["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert container["image"].endswith("text-embeddings-inference:cpu-1.9")
    assert container["args"][:2] == ["--model-id", "BAAI/bge-m3"]
    assert any(e["name"] == "HF_TOKEN" for e in container["env"])
    assert "nodeSelector" not in spec
    # Weights at 32 bit and room for batches fit the request.
    assert int(container["resources"]["requests"]["memory"].removesuffix("Gi")) >= 568e6 * 4 / 2**30
    assert (
        one([o for o in objects if o["metadata"]["name"] == "embedding"], "Service")["spec"]["ports"][0]["port"] == 80
    )


def test_a_first_start_may_last_as_long_as_the_download():
    small, large = (
        pods(documents(build(model("org/m", size, wished_as="m"), 20.0)))[0]["containers"][0]["startupProbe"]
        for size in (1_000_000_000, 400_000_000_000)
    )
    minutes = [probe["failureThreshold"] * probe["periodSeconds"] / 60 for probe in (small, large)]
    assert minutes[0] >= 15
    assert minutes[1] > 2.7 * 400 / 6


def build(found: ModelCandidate, total_gib: float, **wishes: Any) -> DeploymentPlan:
    records = catalogue(
        models=(found,), memory=tuple(memory(found.model_id, g, total_gib) for g in ("L4", "H100-80GB-SXM"))
    )
    spec = WorkloadSpec(**{"task_type": "inference", "domain": "llm", "models": ("m",), **wishes})
    return build_plan(spec, records, plan_id="p", conversation_id="c")


def test_copies_are_added_by_the_length_of_the_queue_and_only_where_there_may_be_more():
    scaled = documents(serving_plan(providers=("lambda",), concurrency=24))
    query = one(scaled, "ScaledObject")["spec"]["triggers"][0]["metadata"]["query"]
    assert query.startswith("sum(vllm:num_requests_waiting{namespace=")
    fixed = documents(serving_plan(providers=("lambda",), budget_usd_month=2700))
    assert not [o for o in fixed if o["kind"] in ("ScaledObject", "HorizontalPodAutoscaler")]


def batch_plan(*offers: Any, **wishes: Any) -> DeploymentPlan:
    found = model("org/m", wished_as="m")
    records = catalogue(models=(found,), memory=(memory("org/m", "H100-80GB-SXM", 20.0),), offers=offers)
    fields = {"task_type": "batch_inference", "model_task": "text-generation", "models": ("m",), **wishes}
    return build_plan(WorkloadSpec(**fields), records, plan_id="p", conversation_id="c")


def test_a_batch_uses_every_gpu_of_a_machine():
    plan = batch_plan(offer("aws", "H100-80GB-SXM", 8, "55.04"))
    args = pods(documents(plan))[0]["containers"][0]["args"]
    assert args[args.index("--data-parallel-size") + 1] == "8"


def test_machines_of_a_batch_take_shares_of_the_input():
    plan = batch_plan(offer("aws", "H100-80GB-SXM", 8, "55.04"), gpu_count_min=16)
    job = one(documents(plan), "Job")["spec"]
    assert (job["completions"], job["parallelism"], job["completionMode"]) == (2, 2, "Indexed")
    assert "/data/input-$(JOB_COMPLETION_INDEX).jsonl" in job["template"]["spec"]["containers"][0]["args"]


def test_spot_nodes_of_azure_are_tolerated():
    spot = offer("azure", "H100-80GB-SXM", 1, "1.5", price_model="spot")
    tolerated = {t["key"] for t in pods(documents(batch_plan(spot, spot_ok=True)))[0]["tolerations"]}
    assert {"kubernetes.azure.com/scalesetpriority", "nvidia.com/gpu"} <= tolerated


def test_slices_of_gpus_are_asked_for_by_their_own_name():
    mine = offer(
        "local", "A100-80GB-SXM", 1, None, price_model="owned", instance_type="1x A100 (nvidia.com/mig-3g.40gb)"
    )
    found = model("org/m", wished_as="m")
    records = catalogue(models=(found,), memory=(memory("org/m", "A100-80GB-SXM", 20.0),), offers=(mine,))
    spec = WorkloadSpec(task_type="inference", domain="llm", models=("m",), prefers_local_cluster=True)
    pod = pods(documents(build_plan(spec, records, plan_id="p", conversation_id="c")))[0]
    assert pod["containers"][0]["resources"]["limits"]["nvidia.com/mig-3g.40gb"] == 1
    assert "nodeSelector" not in pod


def test_runs_are_recorded_where_the_stack_has_mlflow():
    tracking = chart("experiment_tracking", "mlflow", namespace="ai", values={"service": {"port": 5001}})
    found = model("org/m", wished_as="m")
    records = catalogue(models=(found,), memory=(memory("org/m", "L4", 20.0),), charts=(*catalogue().charts, tracking))
    spec = WorkloadSpec(task_type="fine_tuning", domain="llm", models=("m",))
    objects = documents(build_plan(spec, records, plan_id="p", conversation_id="c"))
    env = {e["name"]: e.get("value") for e in pods(objects)[0]["containers"][0]["env"]}
    assert env["MLFLOW_TRACKING_URI"] == "http://mlflow.ai.svc:5001"
    assert {"protocol": "TCP", "port": 5001} in [
        p for e in one(objects, "NetworkPolicy")["spec"]["egress"] for p in e["ports"]
    ]
    assert any(a.startswith("mlflow") for a in pods(objects)[0]["initContainers"][0]["args"])


@pytest.mark.parametrize(
    ("precision", "model_id", "flag"),
    [
        ("fp8", "org/m", "fp8"),
        ("int4", "org/m", "bitsandbytes"),
        ("awq", "org/m", "bitsandbytes"),
        ("q4_k_m", "org/m", "bitsandbytes"),
        ("awq", "org/m-AWQ", ""),
        ("fp8", "org/m-FP8", ""),
        ("bf16", "org/m", ""),
    ],
)
def test_weights_are_quantised_as_they_load_unless_they_were_published_so(precision, model_id, flag):
    plan = serving_plan(providers=("lambda",))
    assert plan.workload is not None
    assert quantization(plan.workload.model_copy(update={"precision": precision, "model_id": model_id})) == flag


@pytest.mark.parametrize("name", [*REQUIREMENTS, "install.py"])
def test_every_program_is_python(name):
    assert compile(INSTALLER if name == "install.py" else text_of(name), name, "exec")
