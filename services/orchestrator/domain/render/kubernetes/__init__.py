"""Manifests that run the workload, one object a document."""

from __future__ import annotations

from services.orchestrator.domain.plan import DeploymentPlan, WorkloadKind
from services.orchestrator.domain.planning.workload import dns_label
from services.orchestrator.domain.render.kubernetes.job import job
from services.orchestrator.domain.render.kubernetes.objects import Manifest
from services.orchestrator.domain.render.kubernetes.serving import serving
from services.orchestrator.domain.render.yaml import documents


def manifests(plan: DeploymentPlan) -> str:
    """Return the manifests of a plan that has a workload, in the order to apply them."""
    return documents(m.to_dict() for m in objects(plan))


def objects(plan: DeploymentPlan) -> tuple[Manifest, ...]:
    """Return the objects of a plan's workload; none when it has none."""
    if plan.workload is None:
        return ()
    spaces = {c.role: dns_label(c.namespace or c.role) for c in plan.kubernetes_stack}
    if plan.workload.kind is WorkloadKind.SERVING:
        return serving(plan.workload, keda="autoscaling" in spaces, monitoring=spaces.get("monitoring", ""))
    return job(plan.workload)
