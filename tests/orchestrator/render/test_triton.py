"""What is deployed with Triton: the folder of its model, ports, probes and metrics, and the same without a cluster."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from services.orchestrator.domain.plan import DeploymentPlan, InstalledComponent
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.combine import with_parts
from services.orchestrator.domain.planning.standing import standing_of
from services.orchestrator.domain.render import Format, render
from services.orchestrator.domain.render.readme import readme
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import catalogue, memory, model, offer
from tests.orchestrator.planning.test_triton import vision
from tests.orchestrator.render.objects import check, check_pods, documents, one, pods
from tests.orchestrator.render.references import check_references
from tests.orchestrator.render.test_skypilot import task
from tests.orchestrator.render.vendors import triton_model

WISH: dict[str, Any] = {"task_type": "inference", "domain": "llm", "components": ("triton",)}


def plan(candidates: Any = None, **wishes: Any) -> DeploymentPlan:
    spec = WorkloadSpec(**{**WISH, **wishes})
    found = build_plan(spec, candidates or catalogue(), plan_id="p", conversation_id="c")
    assert found.workload is not None
    assert found.workload.engine == "triton"
    return found


def large(**wishes: Any) -> DeploymentPlan:
    named = model("meta-llama/Llama-3.1-70B-Instruct", 70_000_000_000, wished_as="llama", gated=True)
    return plan(catalogue(models=(named,)), models=("llama",), **wishes)


def files(of: DeploymentPlan) -> dict[str, Any]:
    data = one(documents(of), "ConfigMap")["data"]
    return {name: json.loads(text) if name.endswith(".json") else text for name, text in data.items()}


def test_the_engine_within_triton_is_given_what_was_sized():
    assert files(large(providers=("lambda",), context_tokens=16384, concurrency=24))["model.json"] == {
        "model": "meta-llama/Llama-3.1-70B-Instruct",
        "dtype": "bfloat16",
        "max_model_len": 16384,
        "max_num_seqs": 24,
        "tensor_parallel_size": 2,
        "gpu_memory_utilization": 0.95,
    }
    wishes: dict[str, Any] = {"precision": "fp8", "providers": ("gcp",), "gpu_models": ("H100",)}
    assert files(large(**wishes))["model.json"]["quantization"] == "fp8"


def test_the_folder_of_a_model_is_one_that_triton_reads():
    made = plan()
    config = triton_model(files(made)["config.pbtxt"])
    assert (config.backend, config.instance_group[0].count) == ("vllm", 1)
    # The server takes every folder beside the model's for another model, and volumes of ConfigMaps have such.
    (spec,) = pods(documents(made))
    main = spec["containers"][0]
    root = main["args"][main["args"].index("--model-repository") + 1]
    mount = next(m for m in main["volumeMounts"] if m["name"] == "code")
    assert made.workload
    assert mount["mountPath"] == f"{root}/{made.workload.name}"
    (volume,) = (v for v in spec["volumes"] if v["name"] == "code")
    assert {item["key"]: item["path"] for item in volume["configMap"]["items"]} == {
        "config.pbtxt": "config.pbtxt",
        "model.json": "1/model.json",
    }


def test_the_objects_are_valid_and_as_closed_as_those_of_other_servers():
    for made in (plan(), large(providers=("lambda",)), plan(vision(), **PICTURES)):
        objects = documents(made)
        check(objects)
        check_pods(objects)
        check_references(objects)
    (spec,) = pods(documents(large(providers=("lambda",))))
    assert spec["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 2
    assert any(e["name"] == "HF_TOKEN" for e in spec["containers"][0]["env"])


def test_probes_ask_whether_models_are_loaded_and_whether_the_server_lives():
    (spec,) = pods(documents(plan()))
    server = spec["containers"][0]
    assert server["startupProbe"]["httpGet"] == {"path": "/v2/health/ready", "port": "http"}
    assert server["readinessProbe"]["httpGet"]["path"] == "/v2/health/ready"
    assert server["livenessProbe"]["httpGet"]["path"] == "/v2/health/live"


def test_three_ports_are_reached_under_their_names_by_named_callers_alone():
    objects = documents(plan())
    ports = [("http", 8000), ("grpc", 8001), ("metrics", 8002)]
    (spec,) = pods(objects)
    assert [(p["name"], p["containerPort"]) for p in spec["containers"][0]["ports"]] == ports
    front = one(objects, "Service")["spec"]["ports"]
    assert [(p["port"], p["targetPort"]) for p in front] == [(80, "http"), (8001, "grpc"), (8002, "metrics")]
    (rule,) = one(objects, "NetworkPolicy")["spec"]["ingress"]
    assert [p["port"] for p in rule["ports"]] == [port for _, port in ports]
    assert one(objects, "PodMonitor")["spec"]["podMetricsEndpoints"][0]["port"] == "metrics"


def test_copies_of_a_language_model_are_added_by_the_requests_in_flight():
    made = plan(concurrency=24)
    trigger = one(documents(made), "ScaledObject")["spec"]["triggers"][0]["metadata"]
    assert made.workload
    where = f'{{namespace="{made.workload.name}"}}'
    assert trigger["query"] == f"sum(rate(vllm:e2e_request_latency_seconds_sum{where}[2m]))"
    assert int(trigger["threshold"]) == files(made)["model.json"]["max_num_seqs"]
    assert triton_model(files(made)["config.pbtxt"]).parameters["REPORT_CUSTOM_METRICS"].string_value == "true"


def test_the_engine_counts_nothing_that_nobody_reads():
    assert "REPORT_CUSTOM_METRICS" not in files(plan(catalogue(charts=())))["config.pbtxt"]


PICTURES: dict[str, Any] = {"model_task": "image-classification", "domain": "computer_vision"}


def test_pictures_go_through_a_program_in_the_python_backend():
    made = plan(vision(), **PICTURES)
    found = files(made)
    config = triton_model(found["config.pbtxt"])
    assert (config.backend, config.max_batch_size) == ("python", 0)
    assert [(port.name, [*port.dims]) for port in (*config.input, *config.output)] == [("input", [1]), ("output", [1])]
    assert found["model.json"] == {"model": "google/vit-base-patch16-224", "task": "image-classification"}
    compile(found["model.py"], "model.py", "exec")
    trigger = one(documents(made), "ScaledObject")["spec"]["triggers"][0]["metadata"]
    assert trigger["query"].startswith("sum(nv_inference_pending_request_count{")


@pytest.mark.parametrize("name", ['a"b\\c\n}', "{{ .Values }}", "模型-\u202eü", "END_OF_FILE\n"])
def test_names_from_outside_stay_in_json(name):
    made = plan(
        catalogue(models=(model(name, wished_as="m"),), memory=(memory(name, "L4", 20.0),), performance=()),
        models=("m",),
    )
    assert files(made)["model.json"]["model"] == name
    assert files(made)["config.pbtxt"] == files(plan())["config.pbtxt"]
    (script,) = (line for line in [task(made)["setup"]] if line)
    assert script.count("\nEND_OF_FILE") == 2


def test_a_tuned_adapter_is_loaded_beside_the_weights_and_named_in_requests():
    tuned = model("meta-llama/Llama-3.1-8B-Instruct", wished_as="llama")
    found = catalogue(models=(tuned,))
    spec = WorkloadSpec(task_type="fine_tuning", domain="llm", models=("llama",))
    run = build_plan(spec, found, plan_id="p", conversation_id="c")
    serve = WorkloadSpec(**WISH, models=("llama",))
    part = build_plan(serve, found, plan_id="q", conversation_id="c", after=run.workload)
    both = with_parts(run, (part,), previous=None)
    (data,) = (o["data"] for o in documents(both) if o["kind"] == "ConfigMap" and "config.pbtxt" in o["data"])
    assert part.workload
    name = f"{part.workload.name}-tuned"
    assert json.loads(data["multi_lora.json"]) == {name: "/result"}
    assert {"enable_lora": True, "max_lora_rank": 16}.items() <= json.loads(data["model.json"]).items()
    check(documents(both))
    assert f"`lora_name: {name}`" in readme(both)
    assert "ln -sfn ~/result /result" in render(both, Format.SKYPILOT).content.decode()


def test_without_a_cluster_the_same_folder_is_written_before_the_server_starts():
    made = task(plan())
    assert made["resources"]["image_id"] == "docker:nvcr.io/nvidia/tritonserver:26.08-vllm-python-py3"
    assert made["resources"]["ports"] == [8000, 8001]
    name = made["name"]
    assert f"cat > ~/repository/{name}/1/model.json <<'END_OF_FILE'" in made["setup"]
    assert made["run"].startswith("tritonserver --model-repository ~/repository ")


def test_copies_on_one_machine_without_a_cluster_are_the_engines_own():
    offers = (offer("lambda", "A100-80GB-SXM", 4, "7.16"),)
    made = plan(catalogue(offers=offers, offers_elsewhere=offers))
    written = task(made)["setup"].split("<<'END_OF_FILE'\n")[-1].removesuffix("\nEND_OF_FILE")
    assert json.loads(written)["data_parallel_size"] == 4
    assert "data_parallel_size" not in files(made)["model.json"]


def test_the_readme_says_what_triton_asks_for():
    text = readme(plan())
    assert "driver 580 or newer" in text
    assert "chat format of the model" in text
    assert "/generate, Triton's own protocol, and gRPC on port 8001" in text
    assert "bitsandbytes" not in text
    assert "bitsandbytes in Triton's image" in readme(large(precision="int4"))
    pictures = readme(plan(vision(), **PICTURES))
    assert "a picture as base64" in pictures
    assert "A trial of the model" in pictures


def test_what_watches_already_is_led_to_the_port_of_the_metrics():
    there = InstalledComponent(name="Datadog", role="monitoring")
    found = replace(catalogue(charts=()), installed=(there,), standing=standing_of("We already run Datadog."))
    made = build_plan(WorkloadSpec(**WISH), found, plan_id="p", conversation_id="c", words="We already run Datadog.")
    assert ".svc:8002/metrics" in readme(made)


def test_the_diagram_names_the_server():
    assert "Triton Inference Server" in render(plan(), Format.MERMAID).content.decode()
