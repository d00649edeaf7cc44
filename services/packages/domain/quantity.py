"""Kubernetes quantities, and what a set of manifests or values requests in all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.packages.domain.package import Basis, Requirements

GIB: Final = 2**30
_QUANTITY: Final = re.compile(r"([0-9]*\.?[0-9]+)(?:[eE]([+-]?[0-9]{1,2}))?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_FACTORS: Final = {
    None: 1.0, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip
_LASTING: Final = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod")
"""What keeps running. Jobs and CronJobs take their resources only while they run and are not counted."""
_GPU: Final = re.compile(r"[\w.-]+/gpu(?:\.shared)?|nvidia\.com/mig-[\w.]+|gpu\.intel\.com/(?:i915|xe)")
"""Resources that count GPUs or parts of one; others, such as nvidia.com/gpumem, measure their memory or cores."""
_MAX_REPLICAS: Final = 10_000


def parse_quantity(value: object) -> float | None:
    """Return a quantity such as 500m or 2Gi in its base unit (cores, bytes); None for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    match = _QUANTITY.fullmatch(str(value).strip())
    if match is None:
        return None
    return float(match[1]) * 10.0 ** int(match[2] or 0) * _FACTORS[match[3]]


@dataclass(slots=True)
class Total:
    """A running sum; a resource that nothing states stays None."""

    cpus: float | None = None
    memory_bytes: float | None = None
    gpus: float | None = None
    storage_bytes: float | None = None

    def add(self, name: str, amount: float | None, *, times: int = 1) -> None:
        """Add an amount to one resource; None adds nothing."""
        if amount is not None:
            setattr(self, name, (getattr(self, name) or 0.0) + amount * times)

    def requirements(self, basis: Basis) -> Requirements:
        """Return the sum in the units of the catalogue."""
        return Requirements(
            cpus=None if self.cpus is None else round(self.cpus, 4),
            memory_gib=None if self.memory_bytes is None else round(self.memory_bytes / GIB, 4),
            gpus=None if self.gpus is None else int(self.gpus),
            storage_gib=None if self.storage_bytes is None else round(self.storage_bytes / GIB, 4),
            basis=basis,
        )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _rows(value: object) -> Iterator[Mapping[str, Any]]:
    return (row for row in value if isinstance(row, dict)) if isinstance(value, list) else iter(())


def requested(manifests: Iterable[object]) -> Requirements:
    """Return what rendered manifests request: pods times replicas, and volume claims.

    A DaemonSet counts for one node, what a HorizontalPodAutoscaler scales at least as often as that says. A limit
    without a request is the request. Hooks of Helm are left out.
    """
    total = Total()
    listed = list(_unlisted(manifests))
    least = dict(_scaled(listed))
    for body in listed:
        metadata = _mapping(body.get("metadata"))
        kind, spec = str(body.get("kind")), _mapping(body.get("spec"))
        if "helm.sh/hook" in _mapping(metadata.get("annotations")):
            continue
        if kind == "PersistentVolumeClaim":
            _add_claim(total, spec, 1)
        elif kind in _LASTING:
            replicas = 1 if kind in ("DaemonSet", "Pod") else _replicas(spec.get("replicas"))
            if replicas:  # an autoscaler leaves alone what is scaled to none
                replicas = max(replicas, least.get((kind, str(metadata.get("name"))), 1))
            pod = spec if kind == "Pod" else _mapping(_mapping(spec.get("template")).get("spec"))
            _add_pod(total, pod, replicas)
            for claim in _rows(spec.get("volumeClaimTemplates")):
                _add_claim(total, _mapping(claim.get("spec")), replicas)
    return total.requirements(Basis.RENDERED)


def _unlisted(manifests: Iterable[object]) -> Iterator[Mapping[str, Any]]:
    """Yield objects, those of a List one by one."""
    for manifest in manifests:
        body = _mapping(manifest)
        if str(body.get("kind")).endswith("List") and isinstance(body.get("items"), list):
            yield from _unlisted(body["items"])
        else:
            yield body


def _scaled(listed: Iterable[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield the kind and name of what autoscalers scale, and how many replicas it has at least."""
    for body in listed:
        spec = _mapping(body.get("spec"))
        if body.get("kind") == "HorizontalPodAutoscaler":
            target = _mapping(spec.get("scaleTargetRef"))
            yield (str(target.get("kind")), str(target.get("name"))), _replicas(spec.get("minReplicas"))


def _replicas(value: object) -> int:
    return min(value, _MAX_REPLICAS) if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 1


def _add_claim(total: Total, spec: Mapping[str, Any], times: int) -> None:
    requests = _mapping(_mapping(spec.get("resources")).get("requests"))
    total.add("storage_bytes", parse_quantity(requests.get("storage")), times=times)


def _add_pod(total: Total, pod: Mapping[str, Any], replicas: int) -> None:
    """Add what a pod needs: what it states itself, else the larger of what runs at once and of what starts it.

    As in Kubernetes an init container that restarts always is a sidecar: it runs on beside the others and beside the
    init containers that come after it.
    """
    stated_of_pod = _of_container(pod)
    running = [_of_container(c) for c in _rows(pod.get("containers"))]
    first = [(c.get("restartPolicy") == "Always", _of_container(c)) for c in _rows(pod.get("initContainers"))]
    for name in ("cpus", "memory_bytes", "gpus"):
        beside, peak = 0.0, 0.0
        for stays, needs in first:
            amount = needs.get(name, 0.0)
            peak = max(peak, beside + amount)
            beside += amount * stays
        if any(name in needs for needs in (stated_of_pod, *running, *(n for _, n in first))):
            together = beside + sum(needs.get(name, 0.0) for needs in running)
            total.add(name, stated_of_pod.get(name, max(together, peak)), times=replicas)
    for volume in _rows(pod.get("volumes")):
        template = _mapping(_mapping(volume.get("ephemeral")).get("volumeClaimTemplate"))
        _add_claim(total, _mapping(template.get("spec")), replicas)


def _of_container(container: Mapping[str, Any]) -> dict[str, float]:
    resources = _mapping(container.get("resources"))
    merged = {**_mapping(resources.get("limits")), **_mapping(resources.get("requests"))}
    return _named(merged)


def _named(resources: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for key, value in resources.items():
        amount = parse_quantity(value)
        if amount is None:
            continue
        if key == "cpu":
            found["cpus"] = amount
        elif key == "memory":
            found["memory_bytes"] = amount
        elif _GPU.fullmatch(str(key)):
            found["gpus"] = found.get("gpus", 0.0) + amount
    return found


def stated(values: object, *, depth: int = 0) -> Total:
    """Return what default values state: requests under resources, sizes under persistence; parts switched off not."""
    total = Total()
    body = _mapping(values)
    if depth > 20 or body.get("enabled") is False:
        return total
    for key, value in body.items():
        inner = _mapping(value)
        if key == "resources":
            merged = {**_mapping(inner.get("limits")), **_mapping(inner.get("requests"))}
            for name, amount in _named(merged).items():
                total.add(name, amount)
        elif key in ("persistence", "persistentVolume") and inner.get("enabled") is not False and "size" in inner:
            total.add("storage_bytes", parse_quantity(inner.get("size")))
        elif inner:
            below = stated(inner, depth=depth + 1)
            for name in ("cpus", "memory_bytes", "gpus", "storage_bytes"):
                total.add(name, getattr(below, name))
    return total
