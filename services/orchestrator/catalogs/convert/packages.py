"""Charts for the roles of a stack."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from libs.rpc.convert import provenance_from_proto
from services.orchestrator.catalogs.protocol import Components
from services.orchestrator.domain.candidates import ChartCandidate
from services.orchestrator.domain.plan import CompanionChart, SecretNeed
from services.orchestrator.domain.planning.components import RoleNeed
from services.orchestrator.domain.spec import WorkloadSpec
from stack8s.packages.v1 import component_pb2
from stack8s.packages.v1 import packages_service_pb2 as pb

_DOT: Final = re.compile(r"(?<!\\)\.")
_PLACE: Final = re.compile(r"((?:[^\[]|\[(?!\d+\]))+)|\[(\d+)\]")


def components_request(
    roles: Sequence[RoleNeed], spec: WorkloadSpec, *, gpu_vendor: str
) -> pb.RecommendComponentsRequest:
    """Return the roles and what the stack is for, for the wire."""
    return pb.RecommendComponentsRequest(
        roles=[component_pb2.RoleRequest(role=r.role, wanted=r.wanted) for r in roles],
        context=component_pb2.StackContext(
            task_type=spec.task_type.value if spec.task_type else "other",
            concurrency=spec.concurrency or 0,
            compliance=spec.compliance,
            gpu_vendor=gpu_vendor,
            high_availability=bool(spec.high_availability),
            domain=spec.domain.value if spec.domain else "",
        ),
    )


def components_from_proto(answer: pb.RecommendComponentsResponse) -> Components:
    """Return the charts that were found, in the order asked, and the conflicts in words."""
    charts = tuple(_chart(c) for c in answer.components if not c.error and not c.already_installed)
    return Components(charts=charts, conflicts=tuple(c.description for c in answer.conflicts))


def nested(values: Iterable[component_pb2.ChartValue]) -> dict[str, Any]:
    """Return flattened paths as a tree. A dot within a part is escaped by a backslash; a path within a leaf wins over
    it; name[0] is the first item of a list, and items that nothing sets are left out."""
    tree: dict[str, Any] = {}
    for item in values:
        *parents, leaf = [
            int(place) if place else part.replace("\\.", ".")
            for name in _DOT.split(item.path)
            for part, place in _PLACE.findall(name)
        ]
        node: dict[Any, Any] = tree
        for part in parents:
            child = node.get(part)
            if not isinstance(child, dict):
                child = node[part] = {}
            node = child
        node[leaf] = _value(item)
    return {part: _listed(value) for part, value in tree.items()}


def _listed(node: Any) -> Any:
    """Return a tree with lists where the parts are places."""
    if not isinstance(node, dict):
        return node
    if node and all(isinstance(part, int) for part in node):
        return [_listed(node[place]) for place in sorted(node)]
    return {part: _listed(value) for part, value in node.items()}


def _value(item: component_pb2.ChartValue) -> Any:
    kind = item.WhichOneof("value")
    if kind == "number_value":
        return int(item.number_value) if item.number_value.is_integer() else item.number_value
    return item.bool_value if kind == "bool_value" else item.string_value


def _chart(component: component_pb2.Component) -> ChartCandidate:
    package = component.package
    provenance = provenance_from_proto(component.provenance if component.HasField("provenance") else package.provenance)
    needs = package.requirements
    return ChartCandidate(
        role=component.role,
        name=package.name,
        repository=package.repository,
        repository_url=package.repository_url,
        chart=package.name,
        version=package.version,
        why=component.why,
        namespace=component.namespace or component.role.replace("_", "-"),
        values=nested(component.values),
        needs=tuple(component.after_roles),
        connection=" ".join(c.description for c in component.connections),
        cpu=needs.cpus if needs.HasField("cpus") else None,
        memory_gib=needs.memory_gib if needs.HasField("memory_gib") else None,
        warnings=(*package.cautions, *component.notes),
        secrets=tuple(
            SecretNeed(name=s.name, keys=tuple(s.keys), description=s.description) for s in component.secrets
        ),
        release=component.release,
        companions=tuple(_companion(c) for c in component.companions),
        alternatives=tuple(
            ChartCandidate(
                role=component.role,
                name=a.name,
                repository=a.repository,
                repository_url="",
                chart=a.name,
                version=a.version,
                why=a.difference,
                provenance=provenance,
            )
            for a in component.alternatives
        ),
        provenance=provenance,
    )


def _companion(companion: component_pb2.CompanionChart) -> CompanionChart:
    package = companion.package
    return CompanionChart(
        name=package.name,
        repository=package.repository,
        repository_url=package.repository_url,
        chart=package.name,
        version=package.version,
        release=companion.release,
        namespace=companion.namespace,
        why=companion.description,
        values=nested(companion.values),
        provenance=provenance_from_proto(package.provenance),
    )
