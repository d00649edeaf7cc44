"""Between the wire and the domain: the stacks that are asked for and recommended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from libs.errors import Violations
from libs.rpc.convert import provenance_to_proto
from services.packages.catalogue import View
from services.packages.convert import check_list, check_name, package_to_proto, provenance_of, role_named
from services.packages.domain.roles import Role
from services.packages.domain.stack import CompanionChart, Component, Context, RoleRequest, Stack, Value
from stack8s.packages.v1 import component_pb2, packages_service_pb2

MAX_ROLES: Final = 40


def requests_from_proto(
    wire: packages_service_pb2.RecommendComponentsRequest, roles: Mapping[str, Role], problems: Violations
) -> tuple[list[RoleRequest], Context]:
    """Return the roles asked for and their context; notes every bad field."""
    requests: list[RoleRequest] = []
    if not wire.roles:
        problems.add("roles", "is empty; must name at least one role")
    if len(wire.roles) > MAX_ROLES:
        problems.add("roles", f"has {len(wire.roles)} entries; at most {MAX_ROLES} are taken")
    for i, asked in enumerate(wire.roles[:MAX_ROLES]):
        role = role_named(asked.role, roles)
        check_name(asked.wanted, f"roles[{i}].wanted", problems, required=False)
        if role is None:
            problems.add(f"roles[{i}].role", f"{asked.role[:50]!r} is unknown; known are {', '.join(roles)}")
        elif any(r.role == role for r in requests):
            problems.add(f"roles[{i}].role", f"{role} is asked for twice")
        else:
            requests.append(RoleRequest(role, asked.wanted))
    return requests, _context(wire.context, problems)


def _context(wire: component_pb2.StackContext, problems: Violations) -> Context:
    if wire.concurrency < 0:
        problems.add("context.concurrency", f"is {wire.concurrency}; must be 0 (unknown) or more")
    for field in ("task_type", "gpu_vendor", "kube_version", "domain"):
        check_name(getattr(wire, field), f"context.{field}", problems, required=False)
    return Context(
        task=wire.task_type.lower(),
        domain=wire.domain.lower(),
        concurrency=max(0, wire.concurrency),
        compliance=tuple(c.lower() for c in check_list(tuple(wire.compliance), "context.compliance", problems)),
        gpu_vendor=wire.gpu_vendor.lower(),
        installed=check_list(tuple(wire.installed), "context.installed", problems),
        excluded=check_list(tuple(wire.excluded), "context.excluded", problems),
        high_availability=wire.high_availability,
        kube_version=wire.kube_version,
    )


def stack_to_proto(stack: Stack, view: View) -> packages_service_pb2.RecommendComponentsResponse:
    """Return a recommended stack for the wire."""
    return packages_service_pb2.RecommendComponentsResponse(
        components=[_component(c, view) for c in stack.components],
        conflicts=[
            component_pb2.Conflict(first=c.first, second=c.second, description=c.description) for c in stack.conflicts
        ],
        snapshot_id=view.snapshot.snapshot_id,
    )


def _component(component: Component, view: View) -> component_pb2.Component:
    if component.package is None:
        return component_pb2.Component(
            role=component.role, error=component.error, refused=component.refused, notes=component.notes
        )
    return component_pb2.Component(
        role=component.role,
        package=package_to_proto(component.package, view),
        why=component.why,
        alternatives=[
            component_pb2.Alternative(
                repository=a.package.facts.repository,
                name=a.package.facts.name,
                version=a.package.facts.release.version,
                difference=a.difference,
            )
            for a in component.alternatives
        ],
        connections=[
            component_pb2.Connection(
                role=c.role,
                service=c.service,
                port=c.port,
                secret=c.secret,
                value_path=c.value_path,
                description=c.description,
            )
            for c in component.connections
        ],
        values=[_value(v) for v in component.values],
        namespace=component.namespace,
        release=component.release,
        secrets=[
            component_pb2.SecretNeed(name=s.name, keys=s.keys, description=s.description) for s in component.secrets
        ],
        after_roles=component.after_roles,
        provenance=provenance_to_proto(provenance_of(component.package, view)),
        already_installed=component.already_installed,
        companions=[_companion(c, view) for c in component.companions],
        notes=component.notes,
        names=dict.fromkeys((component.package.facts.name, component.package.software, *component.package.aliases)),
    )


def _companion(companion: CompanionChart, view: View) -> component_pb2.CompanionChart:
    return component_pb2.CompanionChart(
        package=package_to_proto(companion.package, view),
        release=companion.release,
        namespace=companion.namespace,
        description=companion.description,
        values=[_value(v) for v in companion.values],
    )


def _value(value: Value) -> component_pb2.ChartValue:
    if isinstance(value.value, bool):
        return component_pb2.ChartValue(path=value.path, bool_value=value.value)
    if isinstance(value.value, int | float):
        return component_pb2.ChartValue(path=value.path, number_value=value.value)
    return component_pb2.ChartValue(path=value.path, string_value=value.value)
