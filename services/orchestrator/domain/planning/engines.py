"""What runs the model: server or trainer, its container image, and the node labels of each GPU type.

Images: tags published by the projects named in them, as of 2026-10.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.orchestrator.domain.candidates import GpuType
from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning.needs import LANGUAGE_TASKS

VLLM_TASKS: Final = LANGUAGE_TASKS - {"text2text-generation"}
BATCHING_ENGINES: Final = frozenset({"vllm", "tei"})
"""Servers that work on all requests in flight together."""
TEI_TASKS: Final = frozenset({"feature-extraction", "sentence-similarity", "text-ranking"})

_VLLM: Final = {
    "nvidia": "vllm/vllm-openai:v0.27.1",
    "amd": "vllm/vllm-openai-rocm:v0.27.1",
    "google": "vllm/vllm-tpu:v0.11.1",
    "": "public.ecr.aws/q9t5s3a7/vllm-cpu-release-repo:v0.27.1",
}
_PYTORCH: Final = {
    "amd": "rocm/pytorch:rocm7.2.4_ubuntu24.04_py3.12_pytorch_release_2.10.0",
    "": "python:3.12-slim-bookworm",
}
_TEI: Final = "ghcr.io/huggingface/text-embeddings-inference"
_TEI_TAGS: Final = {"7.5": "turing-1.8", "8.0": "1.8", "8.6": "86-1.8", "8.9": "89-1.8", "9.0": "hopper-1.8"}
"""Image tag by compute capability."""

RESOURCES: Final = {
    "nvidia": "nvidia.com/gpu",
    "amd": "amd.com/gpu",
    "intel": "habana.ai/gaudi",
    "google": "google.com/tpu",
    "aws": "aws.amazon.com/neuron",
}
"""Extended resource by maker."""

_PRODUCTS: Final = {
    "T4": "Tesla-T4", "V100-16GB": "Tesla-V100-SXM2-16GB", "V100-32GB": "Tesla-V100-SXM2-32GB", "A10": "NVIDIA-A10",
    "A10G": "NVIDIA-A10G", "A16": "NVIDIA-A16", "A40": "NVIDIA-A40", "L4": "NVIDIA-L4", "L40": "NVIDIA-L40",
    "L40S": "NVIDIA-L40S", "A100-40GB-SXM": "NVIDIA-A100-SXM4-40GB", "A100-40GB-PCIE": "NVIDIA-A100-PCIE-40GB",
    "A100-80GB-SXM": "NVIDIA-A100-SXM4-80GB", "A100-80GB-PCIE": "NVIDIA-A100-80GB-PCIe",
    "H100-80GB-SXM": "NVIDIA-H100-80GB-HBM3", "H100-80GB-PCIE": "NVIDIA-H100-PCIe", "H100-NVL": "NVIDIA-H100-NVL",
    "H200": "NVIDIA-H200", "H200-SXM": "NVIDIA-H200", "H200-141GB-SXM": "NVIDIA-H200", "B200": "NVIDIA-B200",
    "RTX3090": "NVIDIA-GeForce-RTX-3090", "RTX4090": "NVIDIA-GeForce-RTX-4090", "RTX5090": "NVIDIA-GeForce-RTX-5090",
    "RTX-A6000": "NVIDIA-RTX-A6000", "RTXA6000": "NVIDIA-RTX-A6000", "RTX6000-ADA": "NVIDIA-RTX-6000-Ada-Generation",
}  # fmt: skip
"""Label nvidia.com/gpu.product that GPU feature discovery puts on nodes, by canonical GPU type in upper case."""
_TPUS: Final = {
    "TPU-V4": "tpu-v4-podslice",
    "TPU-V5E": "tpu-v5-lite-podslice",
    "TPU-V5P": "tpu-v5p-slice",
    "TPU-V6E": "tpu-v6e-slice",
}
_TPU_TOPOLOGIES: Final = {1: "1x1", 4: "2x2", 8: "2x4", 16: "4x4", 32: "4x8"}


def engine_of(task: str, kind: WorkloadKind, *, gpu: bool) -> str:
    """Return what runs a task: vllm, tei, pipeline, trl, torchrun or python."""
    if kind is WorkloadKind.TRAINING:
        return "trl" if task in VLLM_TASKS and gpu else "torchrun" if gpu else "python"
    if task in VLLM_TASKS:
        return "vllm"
    if task in TEI_TASKS and kind is WorkloadKind.SERVING:
        return "tei"
    return "python" if task.startswith("tabular") else "pipeline"


def image_of(engine: str, gpu: GpuType | None) -> str:
    """Return the container image of an engine for a GPU type; None means CPU."""
    vendor = gpu.vendor if gpu else ""
    if engine == "vllm":
        return _VLLM.get(vendor, _VLLM["nvidia"])
    if engine == "tei":
        capability = gpu.compute_capability if gpu else ""
        newest = "hopper-1.8" if capability > "9" else "1.8"
        return f"{_TEI}:{'cpu-1.8' if gpu is None else _TEI_TAGS.get(capability, newest)}"
    if vendor == "nvidia" and gpu:
        cuda = "12.8" if gpu.compute_capability.partition(".")[0] in ("10", "11", "12") else "12.6"
        return f"pytorch/pytorch:2.8.0-cuda{cuda}-cudnn9-runtime"
    return _PYTORCH.get(vendor, _PYTORCH[""])


def node_selector(gpu_type: str, instance_type: str, gpus_per_node: int, vendor: str) -> Mapping[str, str]:
    """Return the labels of nodes that have a GPU type: the product where its label is known, else the machine type."""
    name = gpu_type.upper()
    if vendor == "nvidia" and name in _PRODUCTS:
        return {"nvidia.com/gpu.product": _PRODUCTS[name]}
    if vendor == "google" and name in _TPUS:
        topology = _TPU_TOPOLOGIES.get(gpus_per_node)
        return {"cloud.google.com/gke-tpu-accelerator": _TPUS[name]} | (
            {"cloud.google.com/gke-tpu-topology": topology} if topology else {}
        )
    return {"node.kubernetes.io/instance-type": instance_type}
