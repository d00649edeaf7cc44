"""Objects that every workload has, with secure defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from services.orchestrator.domain.plan import Workload

Object = dict[str, Any]

USER: Final = 1000
HOME: Final = "/home/app"
WEIGHTS: Final = "/models"
TOKEN_SECRET: Final = "hf-token"
"""Name of the Secret with the Hub token, key token."""
SPOT_TAINTS: Final = ("kubernetes.azure.com/scalesetpriority", "cloud.google.com/gke-spot")
"""Taints of spot nodes: Azure sets its own, Google's documentation asks for the other; source: their docs, 2026."""
AMD_GROUPS: Final = (44, 109)
"""Groups video and render, which own the devices of AMD GPUs on Debian and Ubuntu; source: ROCm's documentation."""


class Service(NamedTuple):
    """A service of the stack that the workload calls."""

    url: str
    namespace: str
    port: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """One Kubernetes object."""

    api_version: str
    kind: str
    name: str
    namespace: str = ""
    """Empty for an object without a namespace."""
    labels: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    """What stands beside metadata: spec, data, ..."""

    def to_dict(self) -> Object:
        """Return the object as it is written."""
        metadata: Object = {"name": self.name}
        if self.namespace:
            metadata["namespace"] = self.namespace
        if self.labels:
            metadata["labels"] = dict(self.labels)
        return {"apiVersion": self.api_version, "kind": self.kind, "metadata": metadata, **self.body}


def labels(work: Workload) -> dict[str, str]:
    """Return the labels of a workload's objects."""
    return {"app.kubernetes.io/name": work.name, "app.kubernetes.io/managed-by": "stack8s"}


def make(work: Workload, api_version: str, kind: str, body: Mapping[str, Any], *, name: str = "") -> Manifest:
    """Return an object in the workload's namespace; its name is the workload's with an ending, or the workload's
    own."""
    return Manifest(api_version, kind, f"{work.name}-{name}" if name else work.name, work.name, labels(work), body)


def base(work: Workload) -> tuple[Manifest, ...]:
    """Return namespace, service account and the network policy that lets nothing in but what is named elsewhere."""
    space = {
        **labels(work),
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
    }
    return (
        Manifest("v1", "Namespace", work.name, "", space),
        make(work, "v1", "ServiceAccount", {"automountServiceAccountToken": False}),
    )


def claim_spec(size_gib: int, *, mode: str = "ReadWriteOnce") -> Object:
    """Return the spec of a volume claim in the cluster's default storage class."""
    return {"accessModes": [mode], "resources": {"requests": {"storage": f"{size_gib}Gi"}}}


def claim(work: Workload, name: str, size_gib: int, *, mode: str = "ReadWriteOnce") -> Manifest:
    """Return a volume claim."""
    return make(work, "v1", "PersistentVolumeClaim", {"spec": claim_spec(size_gib, mode=mode)}, name=name)


def network_policy(
    work: Workload,
    *,
    ports: Sequence[int],
    within: bool = False,
    monitoring: str = "",
    tracking: Service | None = None,
) -> Manifest:
    """Return the policy: in comes only what may call the ports; out go only DNS, HTTPS, calls of the tracking server
    and, with within, of the workload's own pods.

    Callers are pods of the namespace, of namespaces labelled stack8s.io/client=true, and of the monitoring namespace.
    """
    selector = {"matchLabels": {"app.kubernetes.io/name": work.name}}
    own: list[Object] = [{"podSelector": selector}]
    ingress: list[Object] = []
    if ports:
        spaces = [{"stack8s.io/client": "true"}]
        spaces += [{"kubernetes.io/metadata.name": monitoring}] if monitoring else []
        callers: list[Object] = [{"podSelector": {}}]
        callers += [{"namespaceSelector": {"matchLabels": labels}} for labels in spaces]
        ingress.append({"from": callers, "ports": [{"protocol": "TCP", "port": port} for port in ports]})
    egress: list[Object] = [
        {"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}, {"protocol": "TCP", "port": 443}]},
    ]
    if tracking:
        server = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": tracking.namespace}}}
        egress.append({"to": [server], "ports": [{"protocol": "TCP", "port": tracking.port}]})
    if within:
        ingress.append({"from": own})
        egress.append({"to": own})
    spec = {"podSelector": selector, "policyTypes": ["Ingress", "Egress"], "ingress": ingress, "egress": egress}
    return make(work, "networking.k8s.io/v1", "NetworkPolicy", {"spec": spec})


def environment(work: Workload, **more: str) -> list[Object]:
    """Return environment variables: a writable home, the place of weights, the Hub token by reference where the model
    needs one."""
    plain = {
        "HOME": HOME,
        "USER": "app",
        "HF_HOME": WEIGHTS,
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TORCHINDUCTOR_CACHE_DIR": f"{HOME}/.cache",
        **more,
    }
    token = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": TOKEN_SECRET, "key": "token"}}}
    return [*({"name": k, "value": v} for k, v in plain.items()), *([token] if work.gated else [])]


def container(
    work: Workload,
    *,
    name: str,
    command: Sequence[str],
    args: Sequence[str],
    env: Sequence[Object],
    mounts: Sequence[Object],
    accelerated: bool = True,
) -> Object:
    """Return a container that is not root, cannot become it, and writes only to its volumes."""
    amounts: Object = {"cpu": f"{work.cpu_request:g}", "memory": f"{work.memory_request_gib:g}Gi"}
    limits = dict(amounts)
    if accelerated and work.gpu_resource:
        limits[work.gpu_resource] = work.gpus_per_node
        amounts[work.gpu_resource] = work.gpus_per_node
    return {
        "name": name,
        "image": work.image,
        "command": list(command),
        "args": list(args),
        "env": list(env),
        "resources": {"requests": amounts, "limits": limits},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [{"name": "home", "mountPath": HOME}, {"name": "tmp", "mountPath": "/tmp"}, *mounts],
    }


def pod_spec(
    work: Workload, *, containers: Sequence[Object], volumes: Sequence[Object], init: Sequence[Object] = (), **more: Any
) -> Object:
    """Return a pod that runs as an ordinary user on nodes of the planned GPU type."""
    spec: Object = {
        "serviceAccountName": work.name,
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **more,
    }
    if init:
        spec["initContainers"] = list(init)
    spec["containers"] = list(containers)
    if work.node_selector:
        spec["nodeSelector"] = dict(work.node_selector)
    if work.gpu_vendor == "amd":
        spec["securityContext"]["supplementalGroups"] = list(AMD_GROUPS)
    taints = [*([work.gpu_resource] if work.gpu_resource else []), *(SPOT_TAINTS if work.spot else ())]
    if taints:
        spec["tolerations"] = [{"key": taint, "operator": "Exists", "effect": "NoSchedule"} for taint in taints]
    spec["volumes"] = [{"name": "home", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}, *volumes]
    return spec


def shared_memory(work: Workload) -> tuple[list[Object], list[Object]]:
    """Return mount and volume of shared memory, which processes on several GPUs talk through."""
    if not work.gpu_resource:
        return [], []
    size = max(1, int(min(64, work.memory_request_gib / 4)))
    volume = {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": f"{size}Gi"}}
    return [{"name": "shm", "mountPath": "/dev/shm"}], [volume]
