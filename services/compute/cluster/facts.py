"""From Kubernetes objects to the facts that capacity is measured by. Objects are lightkube's, read by attribute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from services.compute.domain.capacity import NodeFacts, PodFacts, Reservation, is_gpu

_SUFFIXES: Final = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("0.001"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
}


def quantity(text: object) -> float:
    """Return a Kubernetes quantity, such as 250m or 64Gi, as a number; 0 for what is none."""
    value = str(text)
    number = value.rstrip("numkMGTPEi")
    try:
        return float(Decimal(number) * _SUFFIXES.get(value[len(number) :], Decimal(1)))
    except InvalidOperation:
        return 0.0


def _amounts(resources: Mapping[str, object] | None) -> dict[str, float]:
    return {name: quantity(amount) for name, amount in (resources or {}).items()}


def node_facts(node: Any) -> NodeFacts:
    """Return the facts of a Node."""
    conditions = (node.status.conditions if node.status else None) or ()
    return NodeFacts(
        name=node.metadata.name,
        labels=node.metadata.labels or {},
        ready=any(c.type == "Ready" and c.status == "True" for c in conditions),
        schedulable=not (node.spec and node.spec.unschedulable),
        allocatable=_amounts(node.status.allocatable if node.status else None),
    )


def has_ended(pod: Any) -> bool:
    """Tell whether a Pod holds nothing any more."""
    return bool(pod.status) and pod.status.phase in ("Succeeded", "Failed")


def pod_facts(pod: Any) -> PodFacts:
    """Return the facts of a Pod; its requests are those that the scheduler counts."""
    spec = pod.spec
    return PodFacts(
        namespace=pod.metadata.namespace or "default",
        name=pod.metadata.name,
        phase=(pod.status.phase if pod.status else None) or "Pending",
        node=(spec.nodeName if spec else None) or "",
        priority_class=(spec.priorityClassName if spec else None) or "",
        requests=_requests(spec) if spec else {},
    )


def _requests(spec: Any) -> dict[str, float]:
    """Return the larger of what runs together and what each init container needs, plus the pod's overhead.

    Init containers that restart always are sidecars: they run on, beside what comes after them.
    """
    running: dict[str, float] = {}
    starting: dict[str, float] = {}
    for container in spec.initContainers or ():
        asked = _asked(container)
        if getattr(container, "restartPolicy", None) == "Always":
            running = _sum(running, asked)
            starting = _most(starting, running)
        else:
            starting = _most(starting, _sum(running, asked))
    for container in spec.containers or ():
        running = _sum(running, _asked(container))
    return _sum(_most(running, starting), _amounts(spec.overhead))


def _asked(container: Any) -> dict[str, float]:
    resources = container.resources
    if resources is None:
        return {}
    return {**_amounts(resources.limits if resources.limits else None), **_amounts(resources.requests)}


def _sum(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {name: one.get(name, 0.0) + other.get(name, 0.0) for name in {**one, **other}}


def _most(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {name: max(one.get(name, 0.0), other.get(name, 0.0)) for name in {**one, **other}}


def kueue_reservations(queues: Iterable[Mapping[str, Any]]) -> list[Reservation]:
    """Return the GPU quotas of Kueue's ClusterQueues, summed over flavours."""
    found = []
    for queue in queues:
        quota: dict[str, float] = {}
        used: dict[str, float] = {}
        for group in queue.get("spec", {}).get("resourceGroups", ()):
            for flavor in group.get("flavors", ()):
                for resource in flavor.get("resources", ()):
                    quota = _sum(quota, {resource["name"]: quantity(resource.get("nominalQuota", 0))})
        for flavor in queue.get("status", {}).get("flavorsUsage", ()):
            for resource in flavor.get("resources", ()):
                used = _sum(used, {resource["name"]: quantity(resource.get("total", 0))})
        found += _reservations("kueue", queue, quota, used)
    return found


def volcano_reservations(queues: Iterable[Mapping[str, Any]]) -> list[Reservation]:
    """Return the GPUs of Volcano's Queues: guaranteed, else deserved, else the most they may have."""
    found = []
    for queue in queues:
        spec = queue.get("spec", {})
        quota = (spec.get("guarantee") or {}).get("resource") or spec.get("deserved") or spec.get("capability")
        used = queue.get("status", {}).get("allocated")
        found += _reservations("volcano", queue, _amounts(quota), _amounts(used))
    return found


def _reservations(
    kind: str, queue: Mapping[str, Any], quota: Mapping[str, float], used: Mapping[str, float]
) -> list[Reservation]:
    name = queue["metadata"]["name"]
    return [Reservation(kind, name, r, int(n), int(used.get(r, 0))) for r, n in quota.items() if is_gpu(r) and n]
