"""A made-up cluster behind a real HTTP server that speaks the Kubernetes API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import yaml

from services.compute.cluster.client import Client
from services.compute.cluster.watch import Cluster, State, View
from services.compute.reference import load_reference

Server = Any
REFERENCE = load_reference()
NODES, PODS = "/api/v1/nodes", "/api/v1/namespaces/default/pods"


def node(
    name: str, *, labels: Mapping[str, str] | None = None, ready: bool = True, cordoned: bool = False, **gpus: int
) -> dict[str, Any]:
    """Return a Node; gpus are given as nvidia_gpu=8 and the like."""
    resources = {RESOURCES[key]: str(count) for key, count in gpus.items()}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": dict(labels or {}), "resourceVersion": "1"},
        "spec": {"unschedulable": cordoned},
        "status": {
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "allocatable": {"cpu": "63500m", "memory": "256Gi", **resources},
        },
    }


RESOURCES = {
    "nvidia_gpu": "nvidia.com/gpu",
    "mig": "nvidia.com/mig-1g.10gb",
    "amd_gpu": "amd.com/gpu",
    "gaudi": "habana.ai/gaudi",
    "neuron": "aws.amazon.com/neuron",
    "neuroncore": "aws.amazon.com/neuroncore",
    "neurondevice": "aws.amazon.com/neurondevice",
    "tpu": "google.com/tpu",
}


def pod(
    name: str, *, on: str = "", phase: str = "Running", resource: str = "nvidia.com/gpu", count: int = 1, **spec: Any
) -> dict[str, Any]:
    """Return a Pod that asks for GPUs by its limits, as most do."""
    containers = [
        {"name": "main", "resources": {"limits": {resource: str(count)}, "requests": {"cpu": "4", "memory": "16Gi"}}}
    ]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "resourceVersion": "1"},
        "spec": {"containers": containers, **({"nodeName": on} if on else {}), **spec},
        "status": {"phase": phase},
    }


A100 = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB", "nvidia.com/gpu.memory": "81920"}


async def create(api: httpx2.AsyncClient, *objects: dict[str, Any]) -> None:
    for one in objects:
        response = await api.post(NODES if one["kind"] == "Node" else PODS, json=one)
        response.raise_for_status()


def kubeconfig(folder: Path, address: str) -> str:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": {"server": address}}],
        "users": [{"name": "test", "user": {"token": "secret-token"}}],
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(content))
    return str(path)


@asynccontextmanager
async def following(kmock: Server, folder: Path, **options: Any) -> AsyncIterator[Cluster]:
    client = Client(kubeconfig(folder, str(kmock.url).rstrip("/")), timeout_s=5.0)
    cluster = Cluster(client, REFERENCE.gpus, by_instance=lambda: {"p5.48xlarge": "H100-SXM"}, **options)
    async with cluster.following():
        yield cluster


async def seen(cluster: Cluster, wanted: Callable[[View], bool]) -> View:
    """Return the first view that is as wanted; the last one when that takes too long."""
    for _ in range(200):
        view = await cluster.view()
        if wanted(view):
            return view
        await asyncio.sleep(0.02)
    return await cluster.view()


def connected(view: View) -> bool:
    return view.state is State.CONNECTED
