"""NVIDIA's Triton Inference Server, where the user asks for it: which models it serves here, and on which machines.

Its image of the vLLM backend serves language models as vLLM does, and brings PyTorch and transformers too, so that its
Python backend runs pipelines. Sources, as of 2026-11: release notes of 26.08 (GPUs), the README of the vLLM backend
(multi-GPU models, requests for embeddings).
"""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.candidates import GpuType
from services.orchestrator.domain.plan import Workload, WorkloadKind
from services.orchestrator.domain.planning.engines import VLLM_TASKS
from services.orchestrator.domain.planning.gpus import is_current

NAME: Final = "triton"
"""The engine of a workload, and the software by which it is asked for."""
PIPELINES: Final = frozenset(
    {"image-classification", "object-detection", "image-segmentation", "depth-estimation"}
    | {"text-classification", "token-classification"}
)
"""Tasks whose pipelines need nothing beside what the image brings."""


def serves(engine: str, task: str) -> bool:
    """Tell whether Triton does a task in place of another server."""
    return engine == "vllm" or (engine == "pipeline" and task in PIPELINES)


def runs_on(task: str, gpu: GpuType | None, vendor: str) -> bool:
    """Tell whether Triton does a task on a machine: on CPUs pipelines alone. gpu: None where there is none, or the
    catalogue does not know it; vendor: its maker, empty where there is none."""
    return is_current(gpu) if vendor == "nvidia" else not vendor and task in PIPELINES


def engine_on(engine: str, task: str, *, gpu: GpuType | None, vendor: str, nodes: int) -> str:
    """Return what serves a task where Triton was asked for: itself where it can, else the other server. nodes: of a
    copy; over several the manifests join machines by vLLM's own arguments."""
    return NAME if nodes == 1 and serves(engine, task) and runs_on(task, gpu, vendor) else engine


def runs_vllm(workload: Workload) -> bool:
    """Tell whether a workload's server is vLLM, by itself or within Triton."""
    return workload.engine == "vllm" or (workload.engine == NAME and workload.model_task in VLLM_TASKS)


def why_not(workload: Workload) -> tuple[str, str]:
    """Return why Triton does not serve a workload, as the end of a sentence, and what would let it; empty where nothing
    here would."""
    if workload.kind is WorkloadKind.BATCH:
        return "a batch reads files and answers no requests", "Ask for a service rather than a batch."
    if workload.engine == "tei":
        return "over its own protocol its vLLM backend makes no embeddings", ""
    if not serves(workload.engine, workload.model_task):
        done = workload.model_task.replace("-", " ") or "what your own program does"
        return f"its image has nothing that does {done} without a program of your own", ""
    if workload.node_count > 1:
        copy = f"a copy takes {workload.node_count} machines, which the manifests join for vLLM itself alone"
        return copy, "Take a precision or a model that fits one machine, and Triton serves it."
    fits = "NVIDIA GPUs of compute capability 7.5 or later"
    return f"its image needs {fits}, and these machines have none", f"Allow {fits}, and Triton serves it."
