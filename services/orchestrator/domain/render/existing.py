"""What the README says of software that is there already: every value that leads to it, as written, to be checked."""

from __future__ import annotations

from collections.abc import Iterator

from services.orchestrator.domain.plan import DeploymentPlan, InstalledComponent, StackComponent, Workload
from services.orchestrator.domain.planning.combine import in_order
from services.orchestrator.domain.planning.components import PROMETHEUS_CHARTS, monitored
from services.orchestrator.domain.planning.kept import doing
from services.orchestrator.domain.planning.servers import SERVER
from services.orchestrator.domain.planning.words import join
from services.orchestrator.domain.planning.workload import dns_label
from services.orchestrator.domain.render.helmfile import installed_in, release_name, stack_of
from services.orchestrator.domain.render.kubernetes import groups
from services.orchestrator.domain.render.kubernetes.commands import PORT, server
from services.orchestrator.domain.render.kubernetes.objects import Manifest
from services.orchestrator.domain.render.kubernetes.serving import QUEUES
from services.orchestrator.domain.render.text import code, md


def of_installed(plan: DeploymentPlan) -> Iterator[str]:
    """Yield what the user has to check of what is there already."""
    installed = [one for one in installed_in(plan) if one.role and one.role != SERVER]
    if not installed:
        return
    objects = [made for _, found in groups(plan) for made in found]
    works = [part.workload for part in in_order(plan) if part.workload]
    for one in installed:
        yield from _of(one, installed, objects, works)
    for component in stack_of(plan):
        yield from _of_links(component, installed)
    if any(one.chart in PROMETHEUS_CHARTS for one in installed):
        yield from _of_monitors([c for c in stack_of(plan) if monitored(c)])


def _of(
    one: InstalledComponent, installed: list[InstalledComponent], objects: list[Manifest], works: list[Workload]
) -> Iterator[str]:
    name, space = md(one.name), dns_label(one.namespace or one.role)
    if one.chart in PROMETHEUS_CHARTS:
        yield from _of_prometheus(name, space, objects, works)
    elif one.role == "monitoring" and not any(i.chart in PROMETHEUS_CHARTS for i in installed):
        for work in (w for w in works if w.engine in QUEUES):
            yield (
                f"Your {name}: let it read {code(_metrics(work))}, and label its "
                "namespace `stack8s.io/client=true`, so that the network policy lets it in."
            )
    elif one.chart == "keda":
        yield from (
            f"Your {name}: ScaledObject {code(m.name)} needs keda.sh/v1alpha1."
            for m in _of_kind(objects, "ScaledObject")
        )
    elif one.chart == "mlflow":
        yield (
            f"Value `MLFLOW_TRACKING_URI` of the runs: the address of your {name}. As written it is in namespace "
            f"{code(space)}, and the network policy lets runs out to there alone."
        )
    elif one.role == "gpu_operator":
        yield from (
            f"Your {name}: nodes that offer {code(w.gpu_resource)}"
            + (f" and are labelled {code('='.join(next(iter(w.node_selector.items()))))}." if w.node_selector else ".")
            for w in works
            if w.gpu_resource
        )
    elif one.role != "monitoring":
        yield f"The address of your {name} ({doing(one.role)}), where your application needs it: no manifest holds it."


def _metrics(work: Workload) -> str:
    _, port = server(work).metrics
    return f"http://{work.name}.{work.name}.svc{'' if port == PORT else f':{port}'}/metrics"


def _of_prometheus(name: str, space: str, objects: list[Manifest], works: list[Workload]) -> Iterator[str]:
    for monitor in _of_kind(objects, "PodMonitor"):
        yield (
            f"Your {name}: PodMonitor {code(monitor.name)} is for Prometheus' operator (monitoring.coreos.com/v1) with "
            "selectors that take every namespace. Without the operator leave it out and let Prometheus read "
            f"{code(next(_metrics(w) for w in works if w.name == monitor.namespace))}."
        )
        yield (
            f"Value `kubernetes.io/metadata.name` in NetworkPolicy {code(monitor.namespace)}: the namespace of your "
            f"{name}, as written {code(space)}."
        )
    for scaler in _of_kind(objects, "ScaledObject"):
        yield (
            f"Value `serverAddress` of ScaledObject {code(scaler.name)}: the address of your {name}, as written "
            f"{code(f'http://prometheus-operated.{space}.svc:9090')}."
        )


def _of_kind(objects: list[Manifest], kind: str) -> Iterator[Manifest]:
    return (made for made in objects if made.kind == kind)


def _of_links(part: StackComponent, installed: list[InstalledComponent]) -> Iterator[str]:
    """Yield the values of a component that lead to what is there."""
    for link in part.links:
        names = md(join([one.name for one in installed if one.role == link.role and one.chart]))
        release = code(release_name(part))
        if link.path:
            value = code(link.value)
            yield f"Value {code(link.path)} of release {release}: the address of your {names}, as written {value}."
        if link.secret and link.path:
            yield (
                f"Secret {code(link.secret)} in namespace {code(dns_label(part.namespace or part.role))}: what release "
                f"{release} signs in to your {names} with."
            )


def _of_monitors(parts: list[StackComponent]) -> Iterator[str]:
    if parts:
        yield (
            f"Releases {join([code(release_name(p)) for p in parts])} announce themselves to Prometheus' operator "
            "(ServiceMonitor or PodMonitor): where yours has none, switch that off in their values."
        )
