"""What to install beside the workload: few roles, each with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from services.orchestrator.domain.candidates import Candidates, ChartCandidate
from services.orchestrator.domain.plan import (
    CompanionChart,
    ComponentAlternative,
    InstalledComponent,
    StackComponent,
    WorkloadKind,
)
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.servers import SERVER
from services.orchestrator.domain.planning.standing import ROLE_OF_SOFTWARE
from services.orchestrator.domain.spec import TaskType, WorkloadSpec

C = TypeVar("C", ChartCandidate, StackComponent)

NODE_ROLES: Final = frozenset(
    {"gpu_operator", "distributed_training", "autoscaling", "monitoring", "experiment_tracking"}
)
"""Roles that act on the nodes of a workload, or are reached by its pods: idle where its machines are no nodes of a
cluster."""

PROMETHEUS_CHARTS: Final = frozenset({"kube-prometheus-stack"})
"""Charts that bring Prometheus with its operator, which reads PodMonitors and is reached as prometheus-operated."""

ASKED: Final = "you asked for it"
"""The reason of a role that the user named."""
HELD: Final = "you run it already"
"""The reason of a role that is there for what is asked for besides."""


class RoleNeed(NamedTuple):
    """A role that the stack needs."""

    role: str
    wanted: str
    """Software that the user named; empty means choose."""
    reason: str


_REASONS: Final = {
    "gpu_operator": "installs drivers, device plugin and GPU labels, so that pods can ask for GPUs",
    "distributed_training": "starts training on all machines together and restarts it after a failure",
    "monitoring": "shows how busy machines are, queue lengths and cost drivers before users notice trouble",
    "autoscaling": "adds and removes copies of the server by the length of its queue",
    "experiment_tracking": "keeps parameters, metrics and checkpoints of every run comparable",
    "object_storage": "holds the dataset in your own cluster",
    "vector_db": "finds the passages that the model answers from",
}


def roles_for(spec: WorkloadSpec, needs: Needs) -> tuple[RoleNeed, ...]:
    """Return the roles to fill, most important first: what was asked for, then what the task cannot do without; none
    that the user does without. Software that is there is not asked for, and what is refused even less; nor is a server
    of models, because the manifests bring their own."""
    there = [
        role
        for software in spec.components
        if needs.standing.holds(software) and (role := ROLE_OF_SOFTWARE.get(software.lower()))
    ]
    asked = needs.asked_roles
    needed = ["gpu_operator"] if needs.gpu else []
    if spec.task_type is TaskType.RAG:
        needed.append("vector_db")
    if needs.kind is WorkloadKind.SERVING:
        needed.append("autoscaling")
    if needs.kind is WorkloadKind.TRAINING:
        needed += [*(["distributed_training"] if needs.gpu else []), "experiment_tracking"]
    if needs.prefers_local and needs.dataset_gb:
        needed.append("object_storage")
    needed.append("monitoring")
    roles = dict.fromkeys([*needed, *asked, *there])
    left_out = {*needs.standing.dropped_roles, *({SERVER} - {*there})}
    kept = (r for r in roles if r not in left_out)
    reasons = {r: ASKED if r in asked else _REASONS[r] if r in needed else HELD for r in roles}
    return tuple(RoleNeed(r, asked.get(r, ""), reasons[r]) for r in kept)


def used_roles(roles: tuple[RoleNeed, ...], *, nodes: bool) -> tuple[RoleNeed, ...]:
    """Return the roles that do something for a workload: all on nodes of a cluster; beside machines that are none,
    those that were asked for or work from elsewhere."""
    return tuple(r for r in roles if nodes or r.role not in NODE_ROLES or r.reason == ASKED)


def working(charts: Iterable[ChartCandidate], needs: Needs, *, idle: frozenset[str]) -> tuple[ChartCandidate, ...]:
    """Return the charts of a stack that have something to do, or were asked for."""
    return tuple(c for c in charts if c.role not in idle or c.role in needs.asked_roles)


def stack_of(
    roles: tuple[RoleNeed, ...], candidates: Candidates, *, idle: frozenset[str]
) -> tuple[StackComponent, ...]:
    """Return the components to install, those that others need first; what would be idle only where it was asked
    for."""
    reasons = {r.role: r.reason for r in roles}
    charts = [c for c in candidates.charts if c.role not in idle or reasons.get(c.role) == ASKED]
    return tuple(_component(chart, reasons.get(chart.role, ASKED)) for chart in ordered(tuple(charts)))


def idle_roles(*, scales: bool, gpu: bool, together: bool) -> frozenset[str]:
    """Return the roles that have nothing to do. scales: there may be more than one copy. gpu: the machines have
    GPUs. together: there are several machines, which a JobSet starts together; on one a Job does."""
    useful = {"autoscaling": scales, "gpu_operator": gpu, "distributed_training": together}
    return frozenset(role for role, works in useful.items() if not works)


def lacking_to_scale(candidates: Candidates) -> tuple[str, ...]:
    """Return what is missing of the two that add copies by the requests that wait: one counts them, one adds."""
    return missing_to_scale(candidates.charts, candidates.installed)


def missing_to_scale(charts: Iterable[ChartCandidate], installed: Iterable[InstalledComponent]) -> tuple[str, ...]:
    """Return what lacking_to_scale does, of charts and what is there already."""
    there = {c.chart for c in charts} | {i.chart for i in installed}
    counted = not PROMETHEUS_CHARTS.isdisjoint(there)
    return (*([] if counted else ["Prometheus"]), *([] if "keda" in there else ["KEDA"]))


def in_order(stack: tuple[StackComponent, ...]) -> tuple[StackComponent | CompanionChart, ...]:
    """Return every chart of a stack in the order to install them: a component's companions around it."""
    out: list[StackComponent | CompanionChart] = []
    for part in stack:
        out += [c for c in part.companions if c.goes_first]
        out.append(part)
        out += [c for c in part.companions if not c.goes_first]
    return tuple(out)


def needs_of(chart: ChartCandidate | StackComponent) -> tuple[str, ...]:
    """Return the roles that must be there before a chart: those it names, and monitoring where its values switch on a
    monitor, which is a resource of Prometheus' operator."""
    return (*chart.needs, *(["monitoring"] if monitored(chart) and "monitoring" not in chart.needs else []))


def monitored(chart: ChartCandidate | StackComponent) -> bool:
    """Tell whether a chart's values switch on a monitor."""
    return chart.role != "monitoring" and _switches_on_a_monitor(chart.values)


def ordered(charts: tuple[C, ...]) -> tuple[C, ...]:
    """Return charts with those first that others need; otherwise in the order given. Needs that form a circle are
    cut."""
    done: list[C] = []
    left = list(charts)
    while left:
        waiting = {c.role for c in left}
        ready = next((c for c in left if not (set(needs_of(c)) & (waiting - {c.role}))), left[0])
        done.append(ready)
        left.remove(ready)
    return tuple(done)


def _switches_on_a_monitor(values: Any, name: str = "") -> bool:
    if not isinstance(values, Mapping):
        return False
    on = name.lower() in ("servicemonitor", "podmonitor") and values.get("enabled") is True
    return on or any(_switches_on_a_monitor(v, k) for k, v in values.items())


def _component(chart: ChartCandidate, reason: str) -> StackComponent:
    why = f"{reason[0].upper()}{reason[1:]}. {chart.why}".strip()
    return StackComponent(
        role=chart.role,
        name=chart.name,
        repository=chart.repository,
        repository_url=chart.repository_url,
        chart=chart.chart,
        version=chart.version,
        why=why,
        alternatives=tuple(
            ComponentAlternative(name=a.name, repository=a.repository, chart=a.chart, version=a.version, why=a.why)
            for a in chart.alternatives
        ),
        namespace=chart.namespace,
        values=dict(chart.values),
        needs=chart.needs,
        connection=chart.connection,
        kube_version=chart.kube_version,
        warnings=chart.warnings,
        secrets=chart.secrets,
        release=chart.release,
        companions=chart.companions,
        links=chart.links,
        provenance=chart.provenance,
    )
