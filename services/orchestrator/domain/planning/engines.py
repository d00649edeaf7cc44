"""What runs the model: server or trainer, its container image, and the node labels of each GPU type.

Images: tags published by the projects named in them, as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from services.orchestrator.domain.candidates import GpuType
from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning.algorithms import TREE_ENGINES, Algorithm

LANGUAGE_TASKS: Final = frozenset({"text-generation", "image-text-to-text", "text2text-generation"})
"""Tasks whose models answer token by token and are served by vLLM."""
VLLM_TASKS: Final = LANGUAGE_TASKS - {"text2text-generation"}
BATCHING_ENGINES: Final = frozenset({"vllm", "tei"})
"""Servers that work on all requests in flight together."""
TEI_TASKS: Final = frozenset({"feature-extraction", "sentence-similarity", "text-ranking"})
LABEL_TASKS: Final = frozenset({"image-classification", "text-classification"})
"""Tasks that the program train_labels.py trains."""
PROGRAMS_RUN_ON: Final = frozenset({"", "nvidia", "amd"})
"""Makers whose GPUs the programs that plans bring along run on; empty is the CPU."""

# Intel names the release in the path; the only tag there is latest.
_GAUDI: Final = "vault.habana.ai/gaudi-docker/1.23.0/ubuntu22.04/habanalabs"
_NEURON: Final = "public.ecr.aws/neuron"
_VLLM: Final = {
    "nvidia": "vllm/vllm-openai:v0.27.1",
    "amd": "vllm/vllm-openai-rocm:v0.27.1",
    "google": "vllm/vllm-tpu:v0.27.0",
    "intel": f"{_GAUDI}/vllm-installer-2.9.0:latest",
    "aws": f"{_NEURON}/pytorch-inference-vllm-neuronx:0.13.0-neuronx-py312-sdk2.28.0-ubuntu24.04",
    "": "public.ecr.aws/q9t5s3a7/vllm-cpu-release-repo:v0.27.1",
}
_PYTORCH: Final = {
    "amd": "rocm/pytorch:rocm7.2.4_ubuntu24.04_py3.12_pytorch_release_2.10.0",
    "intel": f"{_GAUDI}/pytorch-installer-2.9.0:latest",
    "aws": f"{_NEURON}/pytorch-training-neuronx:2.9.0-neuronx-py312-sdk2.28.0-ubuntu24.04",
    "": "python:3.12-slim-bookworm",
}
_TRITON: Final = "nvcr.io/nvidia/tritonserver:26.08-vllm-python-py3"
_TEI: Final = "ghcr.io/huggingface/text-embeddings-inference"
_TEI_TAGS: Final = {
    "7.5": "turing-1.9", "8.0": "1.9", "8.6": "86-1.9", "8.9": "89-1.9", "9.0": "hopper-1.9", "10.0": "100-1.9",
    "12.0": "120-1.9",
}  # fmt: skip
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
    "A100-40GB-SXM": "NVIDIA-A100-SXM4-40GB", "A100-40GB-PCIE": "NVIDIA-A100-PCIE-40GB",
    "A100-80GB-SXM": "NVIDIA-A100-SXM4-80GB", "A100-80GB-PCIE": "NVIDIA-A100-80GB-PCIe",
    "A800-80GB-PCIE": "NVIDIA-A800-80GB-PCIe", "H100-SXM": "NVIDIA-H100-80GB-HBM3",
    "H100-80GB-SXM": "NVIDIA-H100-80GB-HBM3", "H100-PCIE": "NVIDIA-H100-PCIe", "H100-80GB-PCIE": "NVIDIA-H100-PCIe",
    "H200": "NVIDIA-H200", "H200-SXM": "NVIDIA-H200", "H200-141GB-SXM": "NVIDIA-H200", "B200": "NVIDIA-B200",
    "B200-SXM": "NVIDIA-B200", "H800-SXM": "NVIDIA-H800", "T4": "Tesla-T4", "P40": "Tesla-P40", "P4": "Tesla-P4",
    "M60": "Tesla-M60", "K80": "Tesla-K80", "P100-PCIE": "Tesla-P100-PCIE-16GB", "P100-SXM": "Tesla-P100-SXM2-16GB",
    "V100-16GB": "Tesla-V100-SXM2-16GB", "V100-16GB-SXM": "Tesla-V100-SXM2-16GB",
    "V100-32GB": "Tesla-V100-SXM2-32GB", "V100-32GB-SXM": "Tesla-V100-SXM2-32GB",
    "V100-16GB-PCIE": "Tesla-V100-PCIE-16GB", "V100-32GB-PCIE": "Tesla-V100-PCIE-32GB",
    "RTXPRO6000-SERVER": "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition",
    "RTXPRO6000-WORKSTATION": "NVIDIA-RTX-PRO-6000-Blackwell-Workstation-Edition",
    "RTX8000": "Quadro-RTX-8000", "RTX6000": "Quadro-RTX-6000", "RTX5000": "Quadro-RTX-5000",
    "RTX4000": "Quadro-RTX-4000",
}  # fmt: skip
"""Label nvidia.com/gpu.product that GPU feature discovery puts on nodes (the driver's name of the product with hyphens
for blanks), by canonical GPU type in upper case, where no rule gives it."""
_PRODUCT_RULES: Final = (
    (re.compile(r"RTX-?(\d000)-ADA"), r"NVIDIA-RTX-\1-Ada-Generation"),
    (re.compile(r"RTX-?A(\d{4})(?:-\d+GB)?"), r"NVIDIA-RTX-A\1"),
    (re.compile(r"(RTX|GTX)(\d{4})(?:-\d+GB)?"), r"NVIDIA-GeForce-\1-\2"),
    (re.compile(r"(RTX|GTX)(\d{4})TI(?:-\d+GB)?"), r"NVIDIA-GeForce-\1-\2-Ti"),
    (re.compile(r"(A2|A10|A10G|A16|A30|A40|L4|L40|L40S|H20|H100-NVL|H200-NVL|GB200|GB300)"), r"NVIDIA-\1"),
)
_TPUS: Final = {
    "TPU-V4": "tpu-v4-podslice",
    "TPU-V5E": "tpu-v5-lite-podslice",
    "TPU-V5P": "tpu-v5p-slice",
    "TPU-V6E": "tpu-v6e-slice",
}
_LABEL_VALUE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_TPU_TOPOLOGIES: Final = {1: "1x1", 4: "2x2", 8: "2x4", 16: "4x4", 32: "4x8"}
_TPU_CUBES: Final = {4: "2x2x1", 8: "2x2x2", 16: "2x2x4", 32: "2x4x4"}
"""Topologies of the generations that are wired in three dimensions."""


def engine_of(task: str, kind: WorkloadKind, *, gpu: bool, algorithm: Algorithm | None = None) -> str:
    """Return what runs a task: vllm, tei, pipeline, trl, torchrun, the library of an algorithm, or python for a program
    of the user's own."""
    if algorithm is not None and not algorithm.makes_data:
        return algorithm.engine
    if kind is WorkloadKind.TRAINING:
        return "trl" if task in VLLM_TASKS and gpu else "torchrun" if gpu else "python"
    if task in VLLM_TASKS:
        return "vllm"
    if task in TEI_TASKS and kind is WorkloadKind.SERVING:
        return "tei"
    return "python" if task.startswith("tabular") else "pipeline"


def program_batch(task: str, engine: str) -> int | None:
    """Return the samples that a step of training takes on each GPU in the program that the plan brings along; None
    where it brings none, or one that trains another model."""
    if engine == "trl":
        return 1
    return 32 if engine == "torchrun" and task in LABEL_TASKS else None


def program_tokens(task: str, engine: str) -> int | None:
    """Return the tokens that every sample is padded or cut to in the program of a run; None where it keeps lengths."""
    return 256 if engine == "torchrun" and task == "text-classification" else None


def image_of(engine: str, gpu: GpuType | None) -> str:
    """Return the container image of an engine for a GPU type; None means CPU."""
    vendor = gpu.vendor if gpu else ""
    if engine in TREE_ENGINES:
        # Their packages bring what they need of CUDA.
        return _PYTORCH[""]
    if engine == "vllm":
        return _VLLM.get(vendor, _VLLM["nvidia"])
    if engine == "triton":
        return _TRITON
    if engine == "tei":
        return f"{_TEI}:{_TEI_TAGS.get(gpu.compute_capability, '1.9') if gpu else 'cpu-1.9'}"
    if vendor == "nvidia" and gpu:
        cuda = "12.8" if gpu.compute_capability.partition(".")[0] in ("10", "11", "12") else "12.6"
        return f"pytorch/pytorch:2.8.0-cuda{cuda}-cudnn9-runtime"
    return _PYTORCH.get(vendor, _PYTORCH[""])


def node_selector(gpu_type: str, instance_type: str, gpus_per_node: int, vendor: str) -> Mapping[str, str]:
    """Return the labels of nodes that have a GPU type: the product where its label is known, else the machine type.

    Empty where neither is a label that a node can have; then the GPU resource alone finds the nodes.
    """
    if vendor == "nvidia" and (product := _product(gpu_type.upper())):
        return {"nvidia.com/gpu.product": product}
    if vendor == "google" and (kind := _TPUS.get(gpu_type.upper())):
        cubes = _TPU_CUBES if gpu_type.upper() in ("TPU-V4", "TPU-V5P") else _TPU_TOPOLOGIES
        topology = cubes.get(gpus_per_node)
        return {"cloud.google.com/gke-tpu-accelerator": kind} | (
            {"cloud.google.com/gke-tpu-topology": topology} if topology else {}
        )
    return {"node.kubernetes.io/instance-type": instance_type} if _LABEL_VALUE.fullmatch(instance_type) else {}


def _product(name: str) -> str:
    if name in _PRODUCTS:
        return _PRODUCTS[name]
    found = (rule.fullmatch(name) for rule, _ in _PRODUCT_RULES)
    return next((m.expand(label) for m, (_, label) in zip(found, _PRODUCT_RULES, strict=True) if m), "")
