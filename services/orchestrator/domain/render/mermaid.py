"""The architecture as a Mermaid flowchart: data flows left to right, at most 25 nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from services.orchestrator.domain.plan import (
    DeploymentPlan,
    GpuRecommendation,
    InstalledComponent,
    StackComponent,
    Workload,
    WorkloadKind,
)
from services.orchestrator.domain.planning.combine import in_order
from services.orchestrator.domain.planning.places import NO_KUBERNETES
from services.orchestrator.domain.planning.servers import SERVER, server_name
from services.orchestrator.domain.planning.words import provider
from services.orchestrator.domain.render.helmfile import installed_in, stack_of

MAX_NODES: Final = 25
MAX_TEXT: Final = 60
_PLAIN: Final = re.compile(r"[A-Za-z0-9 .,:/+@_()-]")
_DATA_ROLES: Final = frozenset({"vector_db", "cache", "database", "messaging", "feature_store", "object_storage"})
_FRONT_ROLES: Final = ("ingress", "api_gateway", "llm_gateway")


_Component = StackComponent | InstalledComponent


class _Part(NamedTuple):
    """A workload with its machines; mark: what its node ids end with."""

    work: Workload
    lead: GpuRecommendation
    mark: str

    @property
    def in_cluster(self) -> bool:
        """Whether its machines are nodes of a cluster; else SkyPilot starts it beside the cluster of the stack."""
        return self.lead.provider not in NO_KUBERNETES

    @property
    def serves(self) -> bool:
        return self.work.kind is WorkloadKind.SERVING

    @property
    def asked_by_an_application(self) -> bool:
        """Whether a program of the user's stands before the server, as for answers from documents."""
        return bool(self.work.helpers)

    @property
    def caller(self) -> str:
        """The node that calls helpers and stores."""
        return f"app{self.mark}" if self.asked_by_an_application else f"work{self.mark}"


def mermaid(plan: DeploymentPlan) -> str:
    """Return the diagram. Text is escaped character by character, so that no name can end a label."""
    planned = [(p.workload, p.gpu_recommendations[0]) for p in in_order(plan) if p.workload and p.gpu_recommendations]
    parts = [_Part(work, lead, str(n) if n else "") for n, (work, lead) in enumerate(planned)]
    lines = (
        _lines(parts, (*stack_of(plan), *installed_in(plan)))
        if parts
        else [f"none[{label('Nothing can be deployed as wished')}]"]
    )
    return "\n".join(["flowchart LR", *(f"  {line}" for line in lines)]) + "\n"


def label(text: str) -> str:
    """Return a text as a quoted label: whatever is not plain becomes a numeric entity."""
    short = " ".join(text.split())
    short = short if len(short) <= MAX_TEXT else f"{short[: MAX_TEXT - 3]}..."
    return '"' + "".join(c if _PLAIN.match(c) else f"#{ord(c)};" for c in short) + '"'


def _lines(parts: list[_Part], stack: tuple[_Component, ...]) -> Iterator[str]:
    shown = [c for c in stack if c.role and c.role != SERVER]
    serving = [p for p in parts if p.serves]
    front = next((c for role in _FRONT_ROLES for c in shown if c.role == role), None) if serving else None
    room = MAX_NODES - bool(front) - sum(4 + p.asked_by_an_application + len(p.work.helpers) for p in parts)
    others = [c for c in shown if c is not front]
    # Where there is no room for all, what holds data is shown before what only runs beside.
    kept = sorted(others, key=lambda c: c.role not in _DATA_ROLES)[:room]
    components = [c for c in others if c in kept]
    for p in parts:
        yield f"source{p.mark}([{label('Users and applications' if p.serves else 'Dataset')}])"
        if p.asked_by_an_application:
            yield f"app{p.mark}[{label('Your application')}]"
    if front:
        yield f"front[{_name(front)}]"
    home = next((p for p in parts if p.in_cluster), None)
    for p in parts:
        yield f"subgraph cluster{p.mark}[{label(_place(p))}]"
        yield f"  work{p.mark}[{label(f'{server_name(p.work.engine)}: {p.work.model_id or p.work.model_task}')}]"
        yield f"  gpu{p.mark}{_hardware(p.lead)}"
        if p is home:
            yield from (f"  {line}" for line in _stack(parts, components))
        yield "end"
    if home is None and (components or any(p.work.helpers for p in parts)):
        yield f"subgraph stack[{label('Your cluster, for the components')}]"
        yield from (f"  {line}" for line in _stack(parts, components))
        yield "end"
    for p in parts:
        yield f"{_end(p)[0]}[({label(_end(p)[1])})]"
    yield from _arrows(parts, components, front=bool(front))
    if graphic := [f"gpu{p.mark}" for p in parts if p.lead.gpu_count]:
        yield "classDef gpu fill:#d5f5e3,stroke:#1e8449"
        yield f"class {','.join(graphic)} gpu"


def _stack(parts: list[_Part], components: list[_Component]) -> Iterator[str]:
    for p in parts:
        for n, helper in enumerate(p.work.helpers):
            yield f"helper{p.mark}{n}[{label(f'{helper.name}: {helper.model_id}')}]"
    for n, component in enumerate(components):
        shape = "[({})]" if component.role in _DATA_ROLES else "[{}]"
        yield f"part{n}{shape.format(_name(component))}"


def _arrows(parts: list[_Part], components: list[_Component], *, front: bool) -> Iterator[str]:
    for p in parts:
        asked = f"app{p.mark} --> " if p.asked_by_an_application else ""
        yield f"source{p.mark} --> {asked}{'front --> ' if front and p.serves else ''}work{p.mark}"
        yield f"work{p.mark} --> gpu{p.mark}"
        end, _ = _end(p)
        yield f"{end} --> work{p.mark}" if p.serves else f"work{p.mark} --> {end}"
        made = next((q for q in parts if q.work.name == p.work.result_of), None)
        if made:
            yield f"{_end(made)[0]} --> work{p.mark}"
        yield from (f"{p.caller} --> helper{p.mark}{n}" for n, _ in enumerate(p.work.helpers))
    for n, component in enumerate(components):
        if component.role in _DATA_ROLES:
            yield f"{parts[-1].caller} <--> part{n}"
        else:
            yield from (f"part{n} -.-> {node}" for node in _acted_on(component.role, parts))


def _acted_on(role: str, parts: list[_Part]) -> list[str]:
    """Return the nodes that a component acts on: GPUs, runs or servers, of those in the cluster where any is."""
    near = [p for p in parts if p.in_cluster] or parts
    if role == "gpu_operator":
        return [f"gpu{p.mark}" for p in near if p.lead.gpu_count]
    if role == "experiment_tracking":
        return [f"work{parts[0].mark}"]
    if role == "autoscaling":
        near = [p for p in near if p.work.replicas_max > p.work.replicas_min] or near
    return [f"work{p.mark}" for p in near if p.serves] or [f"work{parts[-1].mark}"]


def _end(part: _Part) -> tuple[str, str]:
    """Return node id and text of what a workload reads its model from, or writes."""
    if part.serves:
        return f"weights{part.mark}", "Model weights"
    return f"result{part.mark}", "Checkpoints" if part.work.kind is WorkloadKind.TRAINING else "Results"


def _place(part: _Part) -> str:
    where = f", {part.lead.region}" if part.lead.region else ""
    kind = "Kubernetes at" if part.in_cluster else "Machines by SkyPilot at"
    return f"{kind} {provider(part.lead.provider)}{where}"


def _name(part: _Component) -> str:
    return label(f"{part.name}, yours" if isinstance(part, InstalledComponent) else f"{part.name} {part.version}")


def _hardware(lead: GpuRecommendation) -> str:
    """Return shape and text of the machines: six sides for GPUs, with type and count."""
    if not lead.gpu_count:
        return f"[{label(f'{lead.node_count} x {lead.instance_type}, CPU only')}]"
    return f"{{{{{label(f'{lead.gpu_count} x {lead.gpu_type}, {lead.gpu_memory_gib:g} GiB each')}}}}}"
