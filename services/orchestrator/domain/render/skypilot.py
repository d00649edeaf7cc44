"""The workloads as SkyPilot tasks, for who would rather rent machines directly than run a cluster."""

from __future__ import annotations

import shlex
from typing import Any, Final

from services.orchestrator.domain.plan import DeploymentPlan, GpuRecommendation, Workload, WorkloadKind
from services.orchestrator.domain.planning import triton
from services.orchestrator.domain.planning.combine import in_order
from services.orchestrator.domain.planning.steps import task_values
from services.orchestrator.domain.planning.workload import task_file
from services.orchestrator.domain.render.accelerators import accelerators
from services.orchestrator.domain.render.kubernetes.commands import (
    CODE,
    RESULT,
    batch,
    server,
    starts_alone,
    training_options,
)
from services.orchestrator.domain.render.kubernetes.objects import WEIGHTS
from services.orchestrator.domain.render.kubernetes.triton import REPOSITORY
from services.orchestrator.domain.render.scripts import REQUIREMENTS, TORCH, script_for, text_of
from services.orchestrator.domain.render.yaml import documents

CLOUDS: Final = frozenset(
    {"aws", "azure", "gcp", "ibm", "lambda", "oci", "runpod", "vast", "cudo", "fluidstack", "paperspace", "nebius"}
    | {"hyperbolic", "seeweb", "shadeform", "verda", "scp", "yotta", "mithril"}
)
"""Providers that SkyPilot knows under the same name; source: its list of clouds, version 0.14."""
OTHER_NAMES: Final = {"digitalocean": "do", "local": "kubernetes"}
IDLE_MINUTES: Final = 30
VLLM: Final = "vllm==0.27.1"
VLLM_TPU: Final = "vllm-tpu==0.27.0"
"""The versions of the images of the manifests."""


def skypilot(plan: DeploymentPlan) -> str:
    """Return the tasks of a plan, one document each."""
    return documents(task for _, task in _tasks(plan))


def task_files(plan: DeploymentPlan) -> dict[str, str]:
    """Return the tasks by file of the bundle."""
    return {task_file(name): documents([task]) for name, task in _tasks(plan)}


def _tasks(plan: DeploymentPlan) -> list[tuple[str, dict[str, Any]]]:
    parts = [p for p in in_order(plan) if p.workload is not None]
    return [(p.workload.name, _task(p.workload, p.gpu_recommendations[0])) for p in parts if p.workload]


def cloud_of(provider: str) -> str:
    """Return SkyPilot's name of a provider; empty where it does not know the provider."""
    return OTHER_NAMES.get(provider, provider if provider in CLOUDS else "")


def _task(work: Workload, lead: GpuRecommendation) -> dict[str, Any]:
    """Return the task: machines of the first recommendation, what to install and what to run."""
    resources, nodes = _resources(work, lead)
    body: dict[str, Any] = {"name": work.name, "num_nodes": nodes, "resources": resources}
    if values := task_values(work):
        # Given at launch from the caller's environment; the file holds no value.
        body["envs"] = dict.fromkeys(values)
        body["file_mounts"] = _mounts(work)
    if work.gated:
        body["secrets"] = {"HF_TOKEN": None}
    if setup := _setup(work, lead):
        body["setup"] = setup
    return body | {"run": _run(work, lead)}


def _resources(work: Workload, lead: GpuRecommendation) -> tuple[dict[str, Any], int]:
    """Return a machine and how many of it; without a cloud that SkyPilot knows it may choose one."""
    cloud, nodes = cloud_of(lead.provider), lead.node_count
    out: dict[str, Any] = {}
    if cloud:
        named = lead.region and cloud != "kubernetes" and "/" not in lead.region
        out["infra"] = f"{cloud}/{lead.region}" if named else cloud
    if lead.gpu_count:
        out["accelerators"], nodes = accelerators(lead.gpu_type, cloud, per_node=lead.gpus_per_node, nodes=nodes)
    else:
        out["cpus"] = f"{lead.vcpus or 4:g}+"
        out["memory"] = f"{lead.memory_gib or 16:g}+"
    out["use_spot"] = lead.price_model == "spot"
    out["disk_size"] = max(256, work.weights_gib + work.dataset_gib + work.checkpoint_gib + 100)
    if _in_container(work):
        out["image_id"] = f"docker:{work.image}"
    if work.kind is WorkloadKind.SERVING:
        ports = [port for name, port in server(work).ports if name != "metrics"]
        out["ports"] = ports if len(ports) > 1 else ports[0]
    else:
        # Machines that are done are given back, so that nobody pays for a run that ended in the night.
        out["autostop"] = {"idle_minutes": IDLE_MINUTES, "down": True}
    return out, nodes


def _in_container(work: Workload) -> bool:
    """Tell whether the image of the manifests is needed: where no Python package brings the server."""
    return work.engine in ("tei", triton.NAME) or work.gpu_vendor not in ("", "nvidia", "google")


def _mounts(work: Workload) -> dict[str, Any]:
    if work.kind is WorkloadKind.SERVING:
        return {"~/result": "${RESULT}"}
    return {"~/data": "${DATA}", "~/results": {"source": "${RESULTS}", "mode": "MOUNT_CACHED"}}


def _setup(work: Workload, lead: GpuRecommendation) -> str:
    if work.engine == triton.NAME:
        return _repository(work, _copies(work, lead))
    if work.engine in ("vllm", "tei"):
        return "" if _in_container(work) else f"pip install {VLLM_TPU if work.gpu_vendor == 'google' else VLLM}"
    script = script_for(work)
    if not script:
        return ""
    brought = _in_container(work) or script.endswith("_table.py")
    packages = shlex.join((*(() if brought else (TORCH,)), *REQUIREMENTS[script]))
    return (
        f"pip install {packages}\nmkdir -p ~/code\ncat > ~/code/{script} "
        f"<<'END_OF_SCRIPT'\n{text_of(script)}END_OF_SCRIPT"
    )


def _repository(work: Workload, copies: int) -> str:
    """Return the lines that write Triton's model repository. The result of a run is where the pods have it."""
    folder = f"~/repository/{work.name}"
    lines = [f"mkdir -p {folder}/1", *([f"ln -sfn ~/result {RESULT}"] if work.result_of else [])]
    lines += [
        f"cat > {folder}/{path} <<'END_OF_FILE'\n{text}END_OF_FILE"
        for path, text in server(work, copies=copies).files.items()
    ]
    return "\n".join(lines)


_RANK: Final = "$(JOB_COMPLETION_INDEX)"
_HEAD: Final = 'HEAD=$(echo "$SKYPILOT_NODE_IPS" | head -n1)\n'


def _run(work: Workload, lead: GpuRecommendation) -> str:
    """Return the command of the manifests, with the folders of a machine in place of those of a pod."""
    if work.kind is WorkloadKind.SERVING:
        return _serve(work, lead)
    if work.kind is WorkloadKind.BATCH:
        program = batch(work, folder="/data")
        return _shell(work, (*program.command, *program.args))
    options = training_options(work, data="/data", output="/checkpoints")
    code = f"{CODE}/{script_for(work)}" if script_for(work) else "/data/code/train.py"
    if starts_alone(work):
        return _shell(work, ("python3", code, *options))
    return (
        f"{_HEAD}python3 -m torch.distributed.run --nnodes $SKYPILOT_NUM_NODES --node-rank $SKYPILOT_NODE_RANK "
        f'--nproc-per-node {max(1, work.gpus_per_node)} --master-addr "$HEAD" --master-port 29500 '
        f"{_shell(work, (code, *options))}"
    )


def _serve(work: Workload, lead: GpuRecommendation) -> str:
    program = server(work)
    line = _shell(work, (*program.command, *program.args))
    if work.engine != "vllm":
        return line
    if work.node_count > 1:
        others = '$([ "$SKYPILOT_NODE_RANK" = 0 ] || echo --headless)'
        return (
            f"{_HEAD}{line} --distributed-executor-backend mp --nnodes $SKYPILOT_NUM_NODES "
            f'--node-rank $SKYPILOT_NODE_RANK --master-addr "$HEAD" {others}'
        )
    copies = _copies(work, lead)
    return f"{line} --data-parallel-size {copies}" if copies > 1 else line


def _copies(work: Workload, lead: GpuRecommendation) -> int:
    """Return the copies on one machine, which are pods of their own in a cluster."""
    return lead.gpus_per_node // work.gpus_per_node if work.gpus_per_node else 1


def _shell(work: Workload, words: tuple[str, ...]) -> str:
    """Return words as a line of shell: folders of a pod become those of a machine, everything else is quoted."""
    script = script_for(work)
    places = {
        f"{CODE}/{script}": f"~/code/{script}",
        "/data/code/train.py": "~/data/code/train.py",
        "/data/code/batch.py": "~/data/code/batch.py",
        WEIGHTS: "~/models",
        REPOSITORY: "~/repository",
        RESULT: "~/result",
        f"{work.name}-tuned={RESULT}": f'{work.name}-tuned="$HOME/result"',
        "/data": "~/data",
        "/checkpoints": "~/results",
        "/data/input": "~/data/input",
        "/data/output": "~/results",
        _RANK: "$SKYPILOT_NODE_RANK",
    }
    for share, rank in (("", ""), (f"-{_RANK}", '-"$SKYPILOT_NODE_RANK"')):
        places[f"/data/input{share}.jsonl"] = f"~/data/input{rank}.jsonl"
        places[f"/data/output{share}.jsonl"] = f"~/results/output{rank}.jsonl"
    return " ".join(places.get(word) or shlex.quote(word) for word in words)
