"""What a Kubernetes cluster has, what is requested, and what is free, from its nodes and pods."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.compute.domain.names import GpuNames

_GPU_RESOURCE: Final = re.compile(
    r"^(nvidia\.com/(gpu|gpu\.shared|mig-.+)|amd\.com/gpu|habana\.ai/gaudi|gpu\.intel\.com/\w+"
    r"|aws\.amazon\.com/(neuron|neurondevice)|google\.com/tpu|qualcomm\.com/\w+)$"
)
_MIG: Final = re.compile(r"mig-(\d+)g\.(\d+)gb")
_SHARED: Final = ("nvidia.com/gpu", "nvidia.com/gpu.shared")
_REPLICAS: Final = "nvidia.com/gpu.replicas"
"""Label that tells how many pods share a GPU by time-slicing or MPS; each is counted as a GPU."""
_NEURON, _NEURON_CORE, _NEURON_DEVICE = (
    "aws.amazon.com/neuron",
    "aws.amazon.com/neuroncore",
    "aws.amazon.com/neurondevice",
)
"""Three names under which the same chips are offered."""
_PRODUCT_LABELS: Final = (
    "nvidia.com/gpu.product",
    "amd.com/gpu.product-name",
    "beta.amd.com/gpu.product-name",
    "cloud.google.com/gke-tpu-accelerator",
    "cloud.google.com/gke-accelerator",
    "karpenter.k8s.aws/instance-gpu-name",
    "karpenter.k8s.aws/instance-accelerator-name",
    "k8s.amazonaws.com/accelerator",
)
"""Labels that name the accelerator, the surest first: GPU feature discovery, then what clouds set."""
_INSTANCE_LABELS: Final = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
_MEMORY_LABELS: Final = ("nvidia.com/gpu.memory", "karpenter.k8s.aws/instance-gpu-memory")
"""Labels that state the memory of each GPU, in MiB."""

Amounts = Mapping[str, float]
"""Quantity by resource name; memory in bytes."""


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What matters of a node."""

    name: str
    labels: Mapping[str, str]
    ready: bool
    schedulable: bool
    """False for a cordoned or drained node."""
    allocatable: Amounts


@dataclass(frozen=True, slots=True)
class PodFacts:
    """What matters of a pod that has not ended."""

    namespace: str
    name: str
    phase: str
    node: str
    """Empty while it waits for one."""
    priority_class: str
    requests: Amounts


@dataclass(frozen=True, slots=True)
class Reservation:
    """GPUs that a queue reserves."""

    kind: str
    queue: str
    resource_name: str
    gpu_count: int
    used: int


@dataclass(slots=True)
class GpuCapacity:
    """GPUs of one type and resource: in the cluster, or on one node."""

    gpu_type: str
    resource_name: str
    gpu_memory_gib: float | None
    allocatable: int = 0
    requested: int = 0
    free: int = 0
    free_on_one_node_max: int = 0
    share: float = 1.0
    """Share of a whole GPU that each is: sevenths for MIG, a fraction where pods take turns."""


@dataclass(frozen=True, slots=True)
class GpuJob:
    """A pod that uses GPUs, or waits for them."""

    namespace: str
    name: str
    phase: str
    gpu_count: int
    resource_name: str
    node: str
    priority_class: str


@dataclass(frozen=True, slots=True)
class NodeCapacity:
    """One node and its GPUs."""

    node: NodeFacts
    gpus: Sequence[GpuCapacity]
    cpus_free: float
    memory_gib_free: float


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the cluster has."""

    nodes: Sequence[NodeCapacity] = ()
    """By name."""
    gpus: Sequence[GpuCapacity] = ()
    """By type and resource."""
    jobs: Sequence[GpuJob] = ()
    reservations: Sequence[Reservation] = ()
    utilisation: Mapping[str, float] = field(default_factory=dict)
    """Mean use of the GPUs, 0 to 1, by type."""
    cpus_allocatable: float = 0.0
    cpus_free: float = 0.0
    memory_gib_allocatable: float = 0.0
    memory_gib_free: float = 0.0


def is_gpu(resource: str) -> bool:
    """Tell whether an extended resource is an accelerator."""
    return _GPU_RESOURCE.match(resource) is not None


@dataclass(frozen=True, slots=True)
class _Unit:
    """What one of a resource is."""

    gpu_type: str
    memory_gib: float | None
    share: float


def _unit(node: NodeFacts, resource: str, names: GpuNames, by_instance: Mapping[str, str]) -> _Unit:
    """Return what one of a node's GPUs is: from labels, the instance type, or the resource's name."""
    labels = node.labels
    memory = next((_mib(labels[k]) for k in _MEMORY_LABELS if k in labels), None)
    product = next((labels[k] for k in _PRODUCT_LABELS if k in labels), "")
    product = product or next(
        (v for k, v in sorted(labels.items()) if k.startswith("beta.amd.com/gpu.product-name.")), ""
    )
    gpu = names.identify(product, memory_gib=memory) if product else None
    if gpu is None:
        instance = next((labels[k] for k in _INSTANCE_LABELS if k in labels), "")
        listed = by_instance.get(instance) or instance.partition(".")[0]
        gpu = names.identify(listed) if listed else None
    name, each = (gpu.name if gpu else product or resource), memory if gpu is None else gpu.memory_gib
    # Where all GPUs of a node are sliced alike, slices go by the name of whole GPUs, and only the product tells.
    if mig := _MIG.search(resource) or _MIG.search(product.lower() if resource in _SHARED else ""):
        return _Unit(name, float(mig[2]), int(mig[1]) / 7)
    replicas = int(labels[_REPLICAS]) if resource in _SHARED and labels.get(_REPLICAS, "").isdigit() else 1
    if replicas > 1:
        return _Unit(name, None if each is None else each / replicas, 1 / replicas)
    return _Unit(name, each, 1.0)


def _mib(text: str) -> float | None:
    return float(text) / 1024 if text.isdigit() else None


def measure(
    nodes: Iterable[NodeFacts],
    pods: Iterable[PodFacts],
    names: GpuNames,
    by_instance: Mapping[str, str],
    *,
    reservations: Sequence[Reservation] = (),
    utilisation: Mapping[str, float] | None = None,
) -> Capacity:
    """Return what a cluster has, is asked for, and has free.

    Free is allocatable minus the requests of pods on the node, on nodes that are ready and take pods.
    """
    requested: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    jobs = []
    for pod in pods:
        if pod.node:
            for resource, amount in pod.requests.items():
                requested[pod.node][resource] += amount
        jobs += [
            GpuJob(pod.namespace, pod.name, pod.phase, int(amount), resource, pod.node, pod.priority_class)
            for resource, amount in pod.requests.items()
            if amount and is_gpu(resource)
        ]
    measured = [_node(node, requested[node.name], names, by_instance) for node in sorted(nodes, key=lambda n: n.name)]
    return Capacity(
        nodes=measured,
        gpus=_summed(measured),
        jobs=sorted(jobs, key=lambda j: (j.namespace, j.name, j.resource_name)),
        reservations=sorted(reservations, key=lambda r: (r.kind, r.queue, r.resource_name)),
        utilisation=utilisation or {},
        cpus_allocatable=sum(n.node.allocatable.get("cpu", 0.0) for n in measured),
        cpus_free=sum(n.cpus_free for n in measured),
        memory_gib_allocatable=sum(n.node.allocatable.get("memory", 0.0) for n in measured) / 2**30,
        memory_gib_free=sum(n.memory_gib_free for n in measured),
    )


def _node(node: NodeFacts, used: Amounts, names: GpuNames, by_instance: Mapping[str, str]) -> NodeCapacity:
    open_for_pods = node.ready and node.schedulable

    def free(resource: str) -> float:
        return max(node.allocatable.get(resource, 0.0) - used.get(resource, 0.0), 0.0) if open_for_pods else 0.0

    gpus = []
    used = _neuron_chips(node.allocatable, used)
    for resource in sorted(r for r, amount in node.allocatable.items() if is_gpu(r) and amount):
        if resource == _NEURON_DEVICE and node.allocatable.get(_NEURON):
            continue
        unit, left = _unit(node, resource, names, by_instance), int(free(resource))
        allocatable, asked = int(node.allocatable[resource]), int(used.get(resource, 0.0))
        gpus.append(
            GpuCapacity(unit.gpu_type, resource, unit.memory_gib, allocatable, asked, left, left, share=unit.share)
        )
    return NodeCapacity(node, gpus, free("cpu"), free("memory") / 2**30)


def _neuron_chips(allocatable: Amounts, used: Amounts) -> Amounts:
    """Return what is used, with Neuron cores and devices asked for counted as the chips that they are of."""
    chips, cores = allocatable.get(_NEURON, 0.0), allocatable.get(_NEURON_CORE, 0.0)
    if not chips or not (used.get(_NEURON_CORE) or used.get(_NEURON_DEVICE)):
        return used
    by_cores = math.ceil(used.get(_NEURON_CORE, 0.0) * chips / cores) if cores else 0
    return {**used, _NEURON: used.get(_NEURON, 0.0) + used.get(_NEURON_DEVICE, 0.0) + by_cores}


def _summed(nodes: Iterable[NodeCapacity]) -> list[GpuCapacity]:
    sums: dict[tuple[str, str, float], GpuCapacity] = {}
    for node in nodes:
        for gpu in node.gpus:
            key = (gpu.gpu_type, gpu.resource_name, gpu.share)
            total = sums.setdefault(
                key, GpuCapacity(gpu.gpu_type, gpu.resource_name, gpu.gpu_memory_gib, share=gpu.share)
            )
            total.allocatable += gpu.allocatable
            total.requested += gpu.requested
            total.free += gpu.free
            total.free_on_one_node_max = max(total.free_on_one_node_max, gpu.free)
    return [sums[key] for key in sorted(sums)]
