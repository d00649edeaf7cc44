"""Manifests that run the workloads of a plan, one object a document."""

from __future__ import annotations

from dataclasses import replace

from services.orchestrator.domain.plan import DeploymentPlan, WorkloadKind
from services.orchestrator.domain.planning.combine import in_order
from services.orchestrator.domain.planning.workload import manifest_file
from services.orchestrator.domain.render.kubernetes.job import job
from services.orchestrator.domain.render.kubernetes.neighbours import Neighbours, neighbours
from services.orchestrator.domain.render.kubernetes.objects import Manifest, base
from services.orchestrator.domain.render.kubernetes.serving import serving
from services.orchestrator.domain.render.notes import of_manifests
from services.orchestrator.domain.render.yaml import documents


def manifests(plan: DeploymentPlan) -> str:
    """Return the manifests of all workloads of a plan, in the order to apply them."""
    found: list[Manifest] = []
    for _, objects in groups(plan):
        found += (m for m in objects if m not in found)
    return documents((m.to_dict() for m in found), notes=of_manifests(plan))


def manifest_files(plan: DeploymentPlan) -> dict[str, str]:
    """Return the manifests by file of the bundle: one for each workload and each of its helpers."""
    notes = of_manifests(plan)
    return {
        manifest_file(name): documents((m.to_dict() for m in objects), notes=notes) for name, objects in groups(plan)
    }


def groups(plan: DeploymentPlan) -> list[tuple[str, tuple[Manifest, ...]]]:
    """Return the objects of each workload and helper, by name. Helpers come first and bring the namespace too."""
    found = []
    for part in in_order(plan):
        work = part.workload
        if work is None:
            continue
        space, _ = base(work)
        for helper in work.helpers:
            own = (m for m in serving(helper, Neighbours()) if m.kind != "Namespace")
            found.append((helper.name, (space, *(replace(m, namespace=work.name) for m in own))))
        around = neighbours(part.kubernetes_stack, part.installed)
        made = serving(work, around) if work.kind is WorkloadKind.SERVING else job(work, around)
        found.append((work.name, made))
    return found
