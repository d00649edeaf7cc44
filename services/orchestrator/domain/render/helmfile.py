"""The components as a helmfile: pinned charts with values, in dependency order."""

from __future__ import annotations

from typing import Any, Final

from services.orchestrator.domain.plan import DeploymentPlan, StackComponent
from services.orchestrator.domain.planning.workload import dns_label
from services.orchestrator.domain.render.yaml import documents

SWITCHED_OFF: Final = frozenset({"inference_server"})
"""Roles whose work the manifests do already: in the file, but not installed unless the user switches."""


def helmfile(plan: DeploymentPlan) -> str:
    """Return the helmfile of a plan's components."""
    names = _names(plan.kubernetes_stack)
    repositories: dict[str, dict[str, Any]] = {}
    for part in plan.kubernetes_stack:
        repositories.setdefault(_repository(part), _repository_entry(part))
    return documents(
        [
            {
                "helmDefaults": {"wait": True, "timeout": 900, "createNamespace": True},
                "repositories": list(repositories.values()),
                "releases": [_release(part, names) for part in plan.kubernetes_stack],
            }
        ]
    )


def plain(value: Any) -> Any:
    """Return a value in which nothing reads as a template: helmfile runs text between double braces."""
    if isinstance(value, str):
        return value.replace("{{", "{ {").replace("}}", "} }")
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value


def _repository(part: StackComponent) -> str:
    return dns_label(part.repository)


def _repository_entry(part: StackComponent) -> dict[str, Any]:
    url = plain(part.repository_url)
    if url.startswith("oci://"):
        return {"name": _repository(part), "url": url.removeprefix("oci://"), "oci": True}
    return {"name": _repository(part), "url": url}


def _names(stack: tuple[StackComponent, ...]) -> dict[str, str]:
    """Return the release of each role, as namespace/name."""
    return {part.role: f"{_namespace(part)}/{dns_label(part.name)}" for part in stack}


def _namespace(part: StackComponent) -> str:
    return dns_label(part.namespace or part.role)


def _release(part: StackComponent, names: dict[str, str]) -> dict[str, Any]:
    release: dict[str, Any] = {
        "name": dns_label(part.name),
        "namespace": _namespace(part),
        "chart": f"{_repository(part)}/{plain(part.chart)}",
        "version": plain(part.version),
    }
    needs = [names[role] for role in part.needs if role in names and role not in SWITCHED_OFF and role != part.role]
    if needs:
        release["needs"] = needs
    if part.role in SWITCHED_OFF:
        release["installed"] = False
    if part.values:
        release["values"] = [plain(part.values)]
    return release
