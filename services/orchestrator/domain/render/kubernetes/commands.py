"""What the containers run: commands and arguments that follow from the sizing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from services.orchestrator.domain.plan import Workload
from services.orchestrator.domain.planning import triton
from services.orchestrator.domain.planning.algorithms import TREE_ENGINES
from services.orchestrator.domain.planning.pace import BATCH_IN_FLIGHT
from services.orchestrator.domain.render.kubernetes.objects import WEIGHTS
from services.orchestrator.domain.render.kubernetes.triton import PORTS, REPOSITORY, model_folder
from services.orchestrator.domain.render.scripts import requirements_for, script_for, text_of

PORT: Final = 8000
DTYPES: Final = {"bf16": "bfloat16", "fp16": "half", "fp32": "float32"}
PACKAGES: Final = "/home/app/packages"
CODE: Final = "/home/app/code"
RESULT: Final = "/result"
"""Where the result of a run is mounted that is served."""
LORA: Final = frozenset({"lora", "qlora"})
LORA_RANK: Final = "16"
_EIGHT_BITS: Final = re.compile(r"fp8|int8|gptq-int8|w8a8|q[568]_\w+", re.IGNORECASE)
_QUANTISED: Final = re.compile(r"fp8|awq|gptq|gguf|[48]-?bit|int[48]|w[48]a\d+|bnb|nvfp4|mxfp4", re.IGNORECASE)


class Program(NamedTuple):
    """What a container runs."""

    command: tuple[str, ...]
    args: tuple[str, ...]
    health: str = ""
    """Path that answers when the server is ready; empty for a job."""
    files: Mapping[str, str] = MappingProxyType({})
    """Texts in the ConfigMap by path below the folder; none when the image brings the program."""
    requirements: tuple[str, ...] = ()
    """Python packages that are installed before the program starts."""
    folder: str = CODE
    """Where the files are mounted."""
    live: str = ""
    """Path that answers as long as the server works; empty where that of its readiness tells."""
    ports: tuple[tuple[str, int], ...] = (("http", PORT),)
    """What the server listens on, by name."""

    @property
    def metrics(self) -> tuple[str, int]:
        """The port on which Prometheus reads the server's metrics, under /metrics."""
        return next((port for port in self.ports if port[0] == "metrics"), self.ports[0])


def server(work: Workload, *, watched: bool = False, copies: int = 1) -> Program:
    """Return the server of a workload. watched: Prometheus reads its metrics. copies: that Triton holds at once."""
    if work.engine == triton.NAME:
        return _triton(work, watched=watched, copies=copies)
    if work.engine == "vllm":
        return Program(("vllm", "serve"), (served(work), *vllm_args(work)), "/health")
    if work.engine == "tei":
        dtype = "float16" if work.gpu_resource else "float32"
        place = ("--hostname", "0.0.0.0", "--port", str(PORT), "--huggingface-hub-cache", WEIGHTS)
        return Program(("text-embeddings-router",), ("--model-id", served(work), "--dtype", dtype, *place), "/health")
    script = script_for(work)
    args = (f"{CODE}/{script}", "--model", served(work), "--task", work.model_task, "--port", str(PORT))
    return Program(("python3",), args, "/health", _texts(script), requirements_for(work))


def _texts(script: str) -> Mapping[str, str]:
    return {script: text_of(script)} if script else {}


def _triton(work: Workload, *, watched: bool, copies: int) -> Program:
    adapted = bool(work.result_of) and work.method in LORA
    arguments = (*engine_args(work), *(("--max-lora-rank", LORA_RANK) if adapted else ()))
    arguments = (*arguments, *(("--data-parallel-size", str(copies)) if copies > 1 else ()))
    files = model_folder(work, served(work), arguments, adapter=RESULT if adapted else "", watched=watched)
    places = [word for name, port in PORTS for word in (f"--{name}-port", str(port))]
    args = ("--model-repository", REPOSITORY, *places)
    folder = f"{REPOSITORY}/{work.name}"
    return Program(
        ("tritonserver",), args, "/v2/health/ready", files, folder=folder, live="/v2/health/live", ports=PORTS
    )


def served(work: Workload) -> str:
    """Return the weights that a server loads: those published, or the result of the run before it. An adapter is
    loaded beside the published weights."""
    return work.model_id if not work.result_of or work.method in LORA else RESULT


def vllm_args(work: Workload) -> tuple[str, ...]:
    """Return vLLM's arguments: parallelism, context, precision and memory share as they were sized."""
    args = ["--served-model-name", work.name, "--host", "0.0.0.0", "--port", str(PORT), *engine_args(work)]
    if work.result_of and work.method in LORA:
        args += ["--enable-lora", "--max-lora-rank", LORA_RANK, "--lora-modules", f"{work.name}-tuned={RESULT}"]
    return tuple(args)


def quantization(work: Workload) -> str:
    """Return how vLLM quantises weights as it loads them; empty where it does not: at 16 bit, and where the weights
    were published quantised, because then their own configuration says how."""
    if work.precision in DTYPES or work.precision in ("", "auto") or _QUANTISED.search(work.model_id):
        return ""
    return "fp8" if _EIGHT_BITS.fullmatch(work.precision) else "bitsandbytes"


def at_once(work: Workload) -> int:
    """Return the requests that each copy of a server works on at once."""
    return max(1, -(-(work.concurrency or BATCH_IN_FLIGHT) // work.replicas_min))


def engine_args(work: Workload) -> tuple[str, ...]:
    """Return the arguments that follow from the sizing, the same for serving and for a batch."""
    args = ["--dtype", DTYPES.get(work.precision, "auto")]
    if quantization(work):
        args += ["--quantization", quantization(work)]
    if work.context_tokens:
        args += ["--max-model-len", str(work.context_tokens)]
    if work.concurrency:
        args += ["--max-num-seqs", str(at_once(work))]
    if work.gpu_resource:
        args += ["--tensor-parallel-size", str(work.tensor_parallel)]
        if work.pipeline_parallel > 1:
            args += ["--pipeline-parallel-size", str(work.pipeline_parallel)]
        if work.gpu_memory_utilization:
            args += ["--gpu-memory-utilization", f"{work.gpu_memory_utilization:g}"]
    return tuple(args)


def spread(work: Workload, program: Program, *, leads: bool) -> Program:
    """Return a vLLM server as one machine of several runs it: they find the first one by the names that
    LeaderWorkerSet gives, and only that one answers requests."""
    join = 'exec "$@" --node-rank "$LWS_WORKER_INDEX" --master-addr "$LWS_LEADER_ADDRESS"'
    args = [*program.command, *program.args, "--distributed-executor-backend", "mp", "--nnodes", str(work.node_count)]
    return program._replace(command=("sh", "-c", join, "server"), args=(*args, *([] if leads else ["--headless"])))


def batch(work: Workload, *, folder: str) -> Program:
    """Return the program of a batch job, which reads input from a folder and writes output to it. Each machine takes a
    share of its own, and each copy on a machine too."""
    copies = max(1, work.gpus_per_node // (work.tensor_parallel * work.pipeline_parallel))
    if work.engine == "vllm":
        share = "-$(JOB_COMPLETION_INDEX)" if work.node_count > 1 else ""
        files = ("-i", f"{folder}/input{share}.jsonl", "-o", f"{folder}/output{share}.jsonl")
        several = ("--data-parallel-size", str(copies)) if copies > 1 else ()
        return Program(("vllm", "run-batch"), (*files, "--model", work.model_id, *engine_args(work), *several))
    script = script_for(work)
    options = ["--model", work.model_id, "--task", work.model_task]
    options += ["--input", f"{folder}/input", "--output", f"{folder}/output"]
    if work.node_count > 1:
        options += ["--machine", "$(JOB_COMPLETION_INDEX)", "--machines", str(work.node_count)]
    path = f"{CODE}/{script}" if script else f"{folder}/code/batch.py"
    command: tuple[str, ...] = ("python3",)
    if copies > 1:
        command = ("python3", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(copies))
    return Program(command, (path, *options), "", _texts(script), requirements_for(work))


def training(work: Workload, *, rendezvous: str) -> Program:
    """Return the program of a training run. rendezvous: host of the first node; empty on a single machine."""
    script = script_for(work)
    path = f"{CODE}/{script}" if script else "/data/code/train.py"
    options = training_options(work, data="/data", output="/checkpoints")
    requirements = requirements_for(work)
    if starts_alone(work):
        return Program(("python3",), (path, *options), "", _texts(script), requirements)
    launch = ["--nproc-per-node", str(max(1, work.gpus_per_node))]
    if rendezvous:
        launch += ["--nnodes", str(work.node_count), "--node-rank", "$(JOB_COMPLETION_INDEX)"]
        launch += ["--rdzv-backend", "c10d", "--rdzv-id", work.name, "--rdzv-endpoint", f"{rendezvous}:29500"]
    else:
        launch.append("--standalone")
    command = ("python3", "-m", "torch.distributed.run")
    return Program(command, (*launch, path, *options), "", _texts(script), requirements)


def starts_alone(work: Workload) -> bool:
    """Tell whether a training program is one process, rather than one for each GPU."""
    return work.engine == "python" or work.engine in TREE_ENGINES


def training_options(work: Workload, *, data: str, output: str) -> tuple[str, ...]:
    """Return what a training program is told: model, data, task, precision, method, length of texts, passes."""
    options = ["--model", work.model_id] if work.model_id else []
    if work.engine in TREE_ENGINES:
        options += ["--library", work.engine, *(("--device", "cuda") if work.gpu_resource else ())]
    options += ["--data", data, "--output", output, "--task", work.model_task, "--precision", work.precision]
    if work.method:
        options += ["--method", work.method]
    if work.context_tokens:
        options += ["--max-length", str(work.context_tokens)]
    if work.epochs and work.engine not in TREE_ENGINES:
        options += ["--epochs", f"{work.epochs:g}"]
    return tuple(options)
