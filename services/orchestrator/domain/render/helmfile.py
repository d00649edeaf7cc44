"""The components as a helmfile: pinned charts with values, in dependency order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.orchestrator.domain.plan import CompanionChart, DeploymentPlan, InstalledComponent, StackComponent
from services.orchestrator.domain.planning.components import in_order, needs_of, ordered
from services.orchestrator.domain.planning.servers import SERVER
from services.orchestrator.domain.planning.workload import dns_label
from services.orchestrator.domain.render.yaml import documents

Chart = StackComponent | CompanionChart


def helmfile(plan: DeploymentPlan) -> str:
    """Return the helmfile of the components of a plan and its parts."""
    stack = stack_of(plan)
    repositories: dict[str, dict[str, Any]] = {}
    for chart in in_order(stack):
        repositories.setdefault(_repository(chart), _repository_entry(chart))
    return documents(
        [
            {
                "helmDefaults": {"wait": True, "timeout": 900, "createNamespace": True},
                "repositories": list(repositories.values()),
                "releases": list(_releases(stack)),
            }
        ]
    )


def stack_of(plan: DeploymentPlan) -> tuple[StackComponent, ...]:
    """Return the components of a plan and its parts, each once, those first that others need.

    A component of both keeps the values of both; where they differ, those of the workload that comes first stand.
    Plans of earlier releases name a chart that would serve what the manifests serve, which was never installed.
    """
    found: dict[tuple[str, str], StackComponent] = {}
    for part in (plan, *plan.parts):
        for component in (c for c in part.kubernetes_stack if c.role != SERVER):
            key = (component.role, component.chart)
            known = found.get(key)
            values = _merged(known.values, component.values) if known else component.values
            found[key] = (known or component).model_copy(update={"values": values})
    return ordered(tuple(found.values()))


def installed_in(plan: DeploymentPlan) -> tuple[InstalledComponent, ...]:
    """Return what a plan and its parts find there already, each once; what any of them works with counts as that."""
    found = [one for part in (plan, *plan.parts) for one in part.installed]
    used = {one.name for one in found if one.role}
    return tuple(dict.fromkeys(one for one in found if one.role or one.name not in used))


def _merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    out = dict(first)
    for key, value in second.items():
        mine = out.setdefault(key, value)
        if isinstance(mine, dict) and isinstance(value, dict):
            out[key] = _merged(mine, value)
    return out


def plain(value: Any) -> Any:
    """Return a value in which nothing reads as a template: helmfile runs text between double braces."""
    if isinstance(value, str):
        return value.replace("{{", "{ {").replace("}}", "} }")
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value


def release_name(chart: Chart) -> str:
    """Return the name of a chart's release."""
    return dns_label(chart.release or chart.name)


def _releases(stack: tuple[StackComponent, ...]) -> Iterator[dict[str, Any]]:
    """Yield each release once; it needs only releases that stand before it, so that needs form no circle."""
    written: set[str] = set()
    of_role: dict[str, list[str]] = {}
    for part in stack:
        needs = [name for role in needs_of(part) for name in of_role.get(role, ())]
        own: list[str] = []
        for chart in in_order((part,)):
            name = f"{_namespace(chart)}/{release_name(chart)}"
            first = isinstance(chart, CompanionChart) and chart.goes_first
            if name not in written:
                yield _release(chart, needs=[] if first else [*needs, *own])
            written.add(name)
            own.append(name)
        of_role.setdefault(part.role, []).extend(own)


def _repository(chart: Chart) -> str:
    return dns_label(chart.repository)


def _repository_entry(chart: Chart) -> dict[str, Any]:
    url = plain(chart.repository_url)
    if url.startswith("oci://"):
        return {"name": _repository(chart), "url": url.removeprefix("oci://"), "oci": True}
    return {"name": _repository(chart), "url": url}


def _namespace(chart: Chart) -> str:
    return dns_label(chart.namespace or (chart.role if isinstance(chart, StackComponent) else chart.name))


def _release(chart: Chart, *, needs: list[str]) -> dict[str, Any]:
    release: dict[str, Any] = {
        "name": release_name(chart),
        "namespace": _namespace(chart),
        "chart": f"{_repository(chart)}/{plain(chart.chart)}",
        "version": plain(chart.version),
    }
    if needs:
        release["needs"] = list(dict.fromkeys(needs))
    if chart.values:
        release["values"] = [plain(chart.values)]
    return release
