"""The workload as a SkyPilot task, for who would rather rent machines directly than run a cluster."""

from __future__ import annotations

import shlex
from typing import Any, Final

from services.orchestrator.domain.plan import DeploymentPlan, GpuRecommendation, Workload, WorkloadKind
from services.orchestrator.domain.render.kubernetes.commands import engine_args
from services.orchestrator.domain.render.scripts import REQUIREMENTS, TORCH, script_for, text_of
from services.orchestrator.domain.render.yaml import documents

CLOUDS: Final = frozenset(
    [
        "aws",
        "azure",
        "gcp",
        "ibm",
        "lambda",
        "oci",
        "runpod",
        "vast",
        "cudo",
        "fluidstack",
        "paperspace",
        "nebius",
        "hyperbolic",
        "seeweb",
        "shadeform",
        "verda",
        "scp",
    ]
)
"""Providers that SkyPilot knows under the same name; source: its list of clouds, version 0.14."""
OTHER_NAMES: Final = {"digitalocean": "do", "local": "kubernetes"}
ACCELERATORS: Final = {
    "A100-40GB": "A100", "A100-80GB": "A100-80GB", "H100-80GB": "H100", "H100-NVL": "H100-NVL", "H200-141GB": "H200",
    "H200": "H200", "B200": "B200", "V100-16GB": "V100", "V100-32GB": "V100-32GB", "RTX-A6000": "RTXA6000",
    "RTXA6000": "RTXA6000",
}  # fmt: skip
"""SkyPilot's name of an accelerator by the beginning of the canonical one, longest first; other names are the same."""
PORT: Final = 8000


def skypilot(plan: DeploymentPlan) -> str:
    """Return the task YAML of a plan that has a workload."""
    work, lead = plan.workload, plan.gpu_recommendations[0]
    return documents([task(work, lead)]) if work else ""


def task(work: Workload, lead: GpuRecommendation) -> dict[str, Any]:
    """Return the task: machines of the first recommendation, what to install and what to run."""
    serving = work.kind is WorkloadKind.SERVING
    body: dict[str, Any] = {
        "name": work.name,
        "num_nodes": lead.node_count,
        "resources": resources(work, lead, serving=serving),
    }
    if work.gated:
        # Given at launch from the caller's environment; the file holds no value.
        body["secrets"] = {"HF_TOKEN": None}
    return body | {"setup": _setup(work), "run": _run(work)}


def resources(work: Workload, lead: GpuRecommendation, *, serving: bool) -> dict[str, Any]:
    """Return the machines; without a cloud that SkyPilot knows it may choose one."""
    cloud = OTHER_NAMES.get(lead.provider, lead.provider if lead.provider in CLOUDS else "")
    out: dict[str, Any] = {}
    if cloud:
        out["infra"] = (
            f"{cloud}/{lead.region}" if lead.region and cloud != "kubernetes" and "/" not in lead.region else cloud
        )
    if lead.gpu_count:
        out["accelerators"] = {accelerator(lead.gpu_type): lead.gpus_per_node}
    else:
        out["cpus"] = f"{lead.vcpus or 4:g}+"
        out["memory"] = f"{lead.memory_gib or 16:g}+"
    out["use_spot"] = lead.price_model == "spot"
    out["disk_size"] = max(256, work.weights_gib + work.dataset_gib + work.checkpoint_gib + 100)
    if serving:
        out["ports"] = PORT
    return out


def accelerator(gpu_type: str) -> str:
    """Return SkyPilot's name of a GPU type."""
    for start in sorted(ACCELERATORS, key=len, reverse=True):
        if gpu_type.upper().startswith(start):
            return ACCELERATORS[start]
    return gpu_type.lower() if gpu_type.upper().startswith("TPU") else gpu_type


def _setup(work: Workload) -> str:
    if work.engine == "vllm":
        return "pip install vllm==0.27.1"
    if work.engine == "tei":
        return f"docker pull {shlex.quote(work.image)}"
    script = script_for(work)
    if not script:
        return "mkdir -p ~/code"
    packages = " ".join(shlex.quote(p) for p in (TORCH, *REQUIREMENTS[script]))
    return (
        f"pip install {packages}\nmkdir -p ~/code\ncat > ~/code/{script} "
        f"<<'END_OF_SCRIPT'\n{text_of(script)}END_OF_SCRIPT"
    )


def _run(work: Workload) -> str:
    model, task = shlex.quote(work.model_id), shlex.quote(work.model_task)
    script = script_for(work)
    if work.engine == "vllm":
        flags = shlex.join(engine_args(work))
        if work.kind is WorkloadKind.BATCH:
            return f"vllm run-batch -i ~/data/input.jsonl -o ~/data/output.jsonl --model {model} {flags}"
        return f"vllm serve {model} --host 0.0.0.0 --port {PORT} {flags}"
    if work.engine == "tei":
        gpus = "--gpus all " if work.gpu_resource else ""
        return f"docker run --rm {gpus}-p {PORT}:80 -v ~/models:/data {shlex.quote(work.image)} --model-id {model}"
    if work.kind is WorkloadKind.SERVING:
        return f"python ~/code/{script} --model {model} --task {task} --port {PORT}"
    if work.kind is WorkloadKind.BATCH:
        return f"python ~/code/{script} --model {model} --task {task} --input ~/data/input --output ~/data/output"
    options = f"--task {task} --precision {shlex.quote(work.precision)} --data ~/data --output ~/checkpoints"
    options += f" --model {model}" if work.model_id else ""
    options += f" --method {shlex.quote(work.method)}" if work.method else ""
    return (
        'HEAD=$(echo "$SKYPILOT_NODE_IPS" | head -n1)\n'
        "python -m torch.distributed.run --nnodes $SKYPILOT_NUM_NODES --node-rank $SKYPILOT_NODE_RANK "
        f'--nproc-per-node {max(1, work.gpus_per_node)} --master-addr "$HEAD" --master-port 29500 '
        f"~/code/{script or 'train.py'} {options}"
    )
