"""Charts for the roles of a stack."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from libs.rpc.convert import provenance_from_proto
from services.orchestrator.catalogs.protocol import Components
from services.orchestrator.domain.candidates import ChartCandidate, UnfilledRole
from services.orchestrator.domain.plan import CompanionChart, InstalledComponent, SecretNeed, ValueNeed
from services.orchestrator.domain.planning.components import RoleNeed
from services.orchestrator.domain.planning.standing import NOTHING, Held, Standing
from services.orchestrator.domain.spec import WorkloadSpec
from stack8s.packages.v1 import component_pb2
from stack8s.packages.v1 import packages_service_pb2 as pb

_DOT: Final = re.compile(r"(?<!\\)\.")
_PLACE: Final = re.compile(r"((?:[^\[]|\[(?!\d+\]))+)|\[(\d+)\]")


def components_request(
    roles: Sequence[RoleNeed], spec: WorkloadSpec, *, gpu_vendor: str, standing: Standing = NOTHING
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
            installed=_names(standing.held),
            excluded=_names(standing.refused),
            kube_version=standing.kube_version,
        ),
    )


def _names(things: Iterable[Held]) -> Iterable[str]:
    return dict.fromkeys(name for thing in things for name in (thing.name, thing.said))


def strangers(answer: pb.RecommendComponentsResponse, roles: Sequence[RoleNeed], standing: Standing) -> frozenset[str]:
    """Return the roles that are filled by software that is there and the catalogue does not know as that."""
    named = {r.role for r in roles if r.wanted}
    new = (c.role for c in answer.components if not c.already_installed and c.role not in named)
    return frozenset(role for role in new if standing.filling(role))


def components_from_proto(
    answer: pb.RecommendComponentsResponse, roles: Sequence[RoleNeed] = (), standing: Standing = NOTHING
) -> Components:
    """Return the charts that were found, in the order asked, what is there already, and the conflicts in words."""
    there = {c.role: c for c in answer.components if c.already_installed}
    answered = {c.role for c in answer.components}
    return Components(
        charts=tuple(
            _chart(c, there=frozenset(there)) for c in answer.components if not c.error and not c.already_installed
        ),
        conflicts=tuple(c.description for c in answer.conflicts),
        installed=tuple(
            found
            for r in roles
            if r.role in there or r.role not in answered
            for found in _installed(r.role, there.get(r.role), standing)
        ),
        unfilled=tuple(UnfilledRole(role=c.role, refused=tuple(c.refused)) for c in answer.components if c.refused),
    )


def _installed(
    role: str, component: component_pb2.Component | None, standing: Standing
) -> Iterable[InstalledComponent]:
    """Yield what is there and fills a role. component: what the catalogue knows it as; None where it does not."""
    known = component.names if component else ()
    found = [h for h in standing.held if h.role == role or h.is_any(known) or h.shares(role)]
    for held in found or [Held(role, role.replace("_", " "))]:
        if component is None or not held.is_any(known):
            yield InstalledComponent(name=held.said, role=role)
            continue
        yield InstalledComponent(
            name=held.said,
            role=role,
            chart=component.package.name,
            namespace=_namespace(component),
            release=component.release,
        )


def _namespace(component: component_pb2.Component) -> str:
    return component.namespace or component.role.replace("_", "-")


def _links(component: component_pb2.Component, there: frozenset[str]) -> Iterable[ValueNeed]:
    """Yield how a component reaches software that is there already."""
    for link in component.connections:
        if link.role in there:
            address = f"{link.service}:{link.port}" if link.port else link.service
            yield ValueNeed(role=link.role, path=link.value_path, value=address, secret=link.secret)


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


def _chart(component: component_pb2.Component, *, there: frozenset[str]) -> ChartCandidate:
    """Return a component as a chart to install. there: roles that software fills which is there already."""
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
        namespace=_namespace(component),
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
        names=tuple(component.names),
        links=tuple(_links(component, there)),
        companions=tuple(_companion(c) for c in component.companions),
        kube_version=package.kube_version,
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
        kube_version=package.kube_version,
        provenance=provenance_from_proto(package.provenance),
    )
