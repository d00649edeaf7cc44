"""Manifests that a cluster takes, for every kind of workload."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings

from services.orchestrator.domain.plan import DeploymentPlan, WorkloadKind
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.render import Format, NothingToDeployError, render
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import catalogue, memory, model, offer, speed
from tests.orchestrator.render.objects import check, check_pods, documents, one, pods
from tests.orchestrator.render.references import check_references
from tests.orchestrator.render.strategies import plans
from tests.orchestrator.render.validate import documents as read
from tests.orchestrator.render.vendors import sky_task

GENERATED = 1000


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")  # plans are long to print
@settings(max_examples=GENERATED, deadline=None)
@given(plans())
def test_every_manifest_and_task_is_valid_whatever_the_names(plan):
    if plan.workload is None:
        with pytest.raises(NothingToDeployError):
            render(plan, Format.KUBERNETES)
        return
    for task in read(render(plan, Format.SKYPILOT).content):
        sky_task(task)
    objects = documents(plan)
    check(objects)
    check_pods(objects)
    check_references(objects)
    names = [(o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"]) for o in objects]
    assert len(set(names)) == len(names)


def serving_plan(**wishes: Any) -> DeploymentPlan:
    spec = WorkloadSpec(task_type="inference", domain="llm", models=("llama",), **wishes)
    named = model("meta-llama/Llama-3.1-70B-Instruct", 70_000_000_000, wished_as="llama", gated=True)
    return build_plan(spec, catalogue(models=(named,)), plan_id="p", conversation_id="c")


def flags(plan: DeploymentPlan) -> dict[str, str]:
    args = pods(documents(plan))[0]["containers"][0]["args"]
    return {a: b for a, b in pairwise(args) if a.startswith("--")}


def test_arguments_of_the_server_follow_from_the_sizing():
    plan = serving_plan(providers=("lambda",), context_tokens=16384, concurrency=24)
    assert plan.gpu_recommendations[0].gpu_type == "A100-80GB-SXM"
    given_flags = flags(plan)
    assert given_flags["--tensor-parallel-size"] == "2"
    assert given_flags["--max-model-len"] == "16384"
    assert given_flags["--max-num-seqs"] == "24"
    assert given_flags["--dtype"] == "bfloat16"
    assert float(given_flags["--gpu-memory-utilization"]) >= 0.9


def test_a_stated_precision_reaches_the_server():
    plan = serving_plan(precision="fp8", providers=("gcp",), gpu_models=("H100",))
    assert flags(plan)["--quantization"] == "fp8"


def test_a_gated_model_needs_its_secret_and_an_open_one_does_not():
    objects = documents(serving_plan(providers=("lambda",)))
    token = next(e for e in pods(objects)[0]["containers"][0]["env"] if e["name"] == "HF_TOKEN")
    assert token["valueFrom"]["secretKeyRef"] == {"name": "hf-token", "key": "token"}
    plain = build_plan(WorkloadSpec(task_type="inference", domain="llm"), catalogue(), plan_id="p", conversation_id="c")
    assert "HF_TOKEN" not in str(documents(plain))


def test_pods_ask_for_nodes_of_the_planned_gpu():
    spec = pods(documents(serving_plan(providers=("lambda",))))[0]
    assert spec["nodeSelector"] == {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}
    assert spec["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 2


def test_amd_gpus_get_their_own_resource_and_image():
    spec = pods(documents(serving_plan(gpu_models=("MI300X",))))[0]
    assert spec["containers"][0]["resources"]["limits"]["amd.com/gpu"] == 1
    assert "rocm" in spec["containers"][0]["image"]


def test_high_availability_means_two_copies_on_two_machines():
    objects = documents(serving_plan(providers=("lambda",), high_availability=True))
    stateful = one(objects, "StatefulSet")
    assert stateful["spec"]["replicas"] >= 2
    spread = stateful["spec"]["template"]["spec"]["topologySpreadConstraints"][0]
    assert spread["topologyKey"] == "kubernetes.io/hostname"
    assert one(objects, "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_a_server_has_probes_and_may_start_slowly():
    server = pods(documents(serving_plan(providers=("lambda",))))[0]["containers"][0]
    start = server["startupProbe"]
    assert start["periodSeconds"] * start["failureThreshold"] >= 1800
    assert server["readinessProbe"]["httpGet"]["path"] == server["livenessProbe"]["httpGet"]["path"] == "/health"


def test_only_named_callers_reach_the_server():
    policy = one(documents(serving_plan(providers=("lambda",))), "NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["ingress"][0]["ports"] == [{"protocol": "TCP", "port": 8000}]
    assert {"namespaceSelector": {"matchLabels": {"stack8s.io/client": "true"}}} in policy["ingress"][0]["from"]


def test_a_model_over_several_machines_becomes_a_leader_worker_set():
    big = model("org/giant", 600_000_000_000, wished_as="giant")
    candidates = catalogue(
        models=(big,),
        memory=(memory(big.model_id, "H100-80GB-SXM", 1100.0),),
        offers=(offer("aws", "H100-80GB-SXM", 8, "55.04"),),
    )
    spec = WorkloadSpec(task_type="inference", domain="llm", models=("giant",))
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert plan.workload is not None
    group = one(documents(plan), "LeaderWorkerSet")["spec"]["leaderWorkerTemplate"]
    assert group["size"] == 2
    leader = group["leaderTemplate"]["spec"]["containers"][0]
    assert leader["args"][
        leader["args"].index("--tensor-parallel-size") : leader["args"].index("--tensor-parallel-size") + 4
    ] == ["--tensor-parallel-size", "8", "--pipeline-parallel-size", "2"]


def training_plan(gpus: int) -> DeploymentPlan:
    found = model("org/language-model", wished_as="mine")
    speeds = tuple(speed(found.model_id, "H100-80GB-SXM", n, run_hours=400.0 / n) for n in (8, 16))
    candidates = catalogue(
        models=(found,),
        memory=(memory(found.model_id, "H100-80GB-SXM", 130.0),),
        performance=speeds,
        offers=(offer("aws", "H100-80GB-SXM", 8, "55.04"),),
    )
    spec = WorkloadSpec(
        task_type="training", model_task="text-generation", models=("mine",), dataset_size_gb=100, gpu_count_min=gpus
    )
    return build_plan(spec, candidates, plan_id="p", conversation_id="c")


def test_training_on_one_machine_is_a_job_that_torchrun_starts():
    objects = documents(training_plan(8))
    job = one(objects, "Job")
    main = job["spec"]["template"]["spec"]["containers"][0]
    assert main["command"] == ["/home/app/packages/bin/python", "-m", "torch.distributed.run"]
    assert main["args"][:3] == ["--nproc-per-node", "8", "--standalone"]
    assert job["spec"]["backoffLimit"] > 0
    claims = {o["metadata"]["name"].rpartition("-")[2] for o in objects if o["kind"] == "PersistentVolumeClaim"}
    assert claims == {"weights", "data", "checkpoints"}


def test_training_on_two_machines_is_a_job_set_whose_nodes_find_each_other():
    plan = training_plan(16)
    assert plan.workload is not None
    assert plan.workload.node_count == 2
    job_set = one(documents(plan), "JobSet")
    job = job_set["spec"]["replicatedJobs"][0]["template"]["spec"]
    assert (job["parallelism"], job["completionMode"]) == (2, "Indexed")
    args = job["template"]["spec"]["containers"][0]["args"]
    assert args[args.index("--nnodes") + 1] == "2"
    host = f"{job_set['metadata']['name']}-nodes-0-0.{job_set['spec']['network']['subdomain']}"
    assert args[args.index("--rdzv-endpoint") + 1] == f"{host}:29500"


def named_plan(name: str) -> DeploymentPlan:
    named = model(f"org/{name}", wished_as="llama")
    candidates = catalogue(models=(named,), memory=(memory(named.model_id, "L4", 20.0),))
    spec = WorkloadSpec(task_type="inference", domain="llm", models=("llama",))
    return build_plan(spec, candidates, plan_id="p", conversation_id="c")


def test_a_long_name_still_makes_valid_objects():
    plan = named_plan("very-long-name-" * 20)
    assert plan.workload is not None
    assert plan.workload.kind is WorkloadKind.SERVING
    check(documents(plan))


@pytest.mark.parametrize("name", ["3D-UNet", "default", "kube-system"])
def test_a_name_that_no_service_may_have_or_kubernetes_has_itself_gets_another(name):
    objects = documents(named_plan(name))
    check(objects)
    check_references(objects)
    assert one(objects, "Service")["metadata"]["name"] == f"model-{name.lower()}"
