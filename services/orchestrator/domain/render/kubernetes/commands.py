"""What the containers run: commands and arguments that follow from the sizing."""

from __future__ import annotations

from typing import Final, NamedTuple

from services.orchestrator.domain.plan import Workload
from services.orchestrator.domain.render.kubernetes.objects import WEIGHTS
from services.orchestrator.domain.render.scripts import requirements_for, script_for

PORT: Final = 8000
DTYPES: Final = {"bf16": "bfloat16", "fp16": "half", "fp32": "float32"}
QUANTIZATIONS: Final = {"fp8": "fp8", "int4": "bitsandbytes", "awq": "awq", "gptq": "gptq"}
"""How vLLM quantises, or reads quantised weights; other precisions are read from the checkpoint itself."""
PACKAGES: Final = "/home/app/packages"
CODE: Final = "/home/app/code"


class Program(NamedTuple):
    """What a container runs."""

    command: tuple[str, ...]
    args: tuple[str, ...]
    health: str
    """Path that answers when the server is ready; empty for a job."""
    script: str = ""
    """Name of the script in the ConfigMap; empty when the image brings the program."""
    requirements: tuple[str, ...] = ()
    """Python packages that are installed before the program starts."""


def server(work: Workload) -> Program:
    """Return the server of a workload."""
    args: tuple[str, ...]
    if work.engine == "vllm":
        return Program(("vllm", "serve"), (work.model_id, *vllm_args(work)), "/health")
    if work.engine == "tei":
        dtype = "float16" if work.gpu_resource else "float32"
        args = (
            "--model-id",
            work.model_id,
            "--hostname",
            "0.0.0.0",
            "--port",
            str(PORT),
            "--dtype",
            dtype,
            "--huggingface-hub-cache",
            WEIGHTS,
        )
        return Program(("text-embeddings-router",), args, "/health")
    script = script_for(work)
    args = (f"{CODE}/{script}", "--model", work.model_id, "--task", work.model_task, "--port", str(PORT))
    return Program(("python3",), args, "/health", script, requirements_for(work))


def vllm_args(work: Workload) -> tuple[str, ...]:
    """Return vLLM's arguments: parallelism, context, precision and memory share as they were sized."""
    args = ["--served-model-name", work.name, "--host", "0.0.0.0", "--port", str(PORT), *engine_args(work)]
    return tuple(args)


def engine_args(work: Workload) -> tuple[str, ...]:
    """Return the arguments that follow from the sizing, the same for serving and for a batch."""
    args = ["--dtype", DTYPES.get(work.precision, "auto")]
    if work.precision in QUANTIZATIONS:
        args += ["--quantization", QUANTIZATIONS[work.precision]]
    if work.context_tokens:
        args += ["--max-model-len", str(work.context_tokens)]
    if work.concurrency:
        args += ["--max-num-seqs", str(max(1, -(-work.concurrency // work.replicas_min)))]
    if work.gpu_resource:
        args += ["--tensor-parallel-size", str(work.tensor_parallel)]
        if work.pipeline_parallel > 1:
            args += ["--pipeline-parallel-size", str(work.pipeline_parallel)]
        if work.gpu_memory_utilization:
            args += ["--gpu-memory-utilization", f"{work.gpu_memory_utilization:g}"]
    return tuple(args)


def batch(work: Workload) -> Program:
    """Return the program of a batch job: it reads /data/input and writes /data/output."""
    args: tuple[str, ...]
    if work.engine == "vllm":
        args = ("-i", "/data/input.jsonl", "-o", "/data/output.jsonl", "--model", work.model_id, *engine_args(work))
        return Program(("vllm", "run-batch"), args, "")
    script = script_for(work)
    args = (
        f"{CODE}/{script}",
        "--model",
        work.model_id,
        "--task",
        work.model_task,
        "--input",
        "/data/input",
        "--output",
        "/data/output",
    )
    return Program(("python3",), args, "", script, requirements_for(work))


def training(work: Workload, *, rendezvous: str) -> Program:
    """Return the program of a training run. rendezvous: host of the first node; empty on a single machine."""
    script = script_for(work)
    path = f"{CODE}/{script}" if script else "/data/code/train.py"
    options = ["--model", work.model_id] if work.model_id else []
    options += ["--data", "/data", "--output", "/checkpoints", "--task", work.model_task, "--precision", work.precision]
    if work.method:
        options += ["--method", work.method]
    if work.context_tokens:
        options += ["--max-length", str(work.context_tokens)]
    requirements = requirements_for(work)
    if work.engine == "python":
        return Program(("python3",), (path, *options), "", script, requirements)
    launch = ["--nproc-per-node", str(max(1, work.gpus_per_node))]
    if rendezvous:
        launch += ["--nnodes", str(work.node_count), "--node-rank", "$(NODE_RANK)", "--rdzv-backend", "c10d"]
        launch += ["--rdzv-id", work.name, "--rdzv-endpoint", f"{rendezvous}:29500"]
    else:
        launch.append("--standalone")
    command = ("python3", "-m", "torch.distributed.run")
    return Program(command, (*launch, path, *options), "", script, requirements)
