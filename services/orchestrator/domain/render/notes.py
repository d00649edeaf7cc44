"""What a reader of a file has to know of the machines of a plan that the file itself cannot change."""

from __future__ import annotations

from collections.abc import Iterator

from services.orchestrator.domain.plan import DeploymentPlan, GpuRecommendation
from services.orchestrator.domain.planning.combine import in_order
from services.orchestrator.domain.planning.places import NO_KUBERNETES
from services.orchestrator.domain.planning.words import hardware, provider
from services.orchestrator.domain.planning.workload import task_file


def of_manifests(plan: DeploymentPlan) -> tuple[str, ...]:
    """Return the workloads that the manifests cannot run where the plan rents machines, one sentence each."""
    return tuple(dict.fromkeys(_outside(plan)))


def _outside(plan: DeploymentPlan) -> Iterator[str]:
    for part in in_order(plan):
        lead = part.gpu_recommendations[0] if part.gpu_recommendations else None
        if part.workload and lead and lead.provider in NO_KUBERNETES:
            yield (
                f"{provider(lead.provider)} rents machines that are no nodes of a cluster: there "
                f"{task_file(part.workload.name)} starts {part.workload.name} by sky launch. Its manifests are for a "
                f"cluster of your own with {_machines(lead)}."
            )


def _machines(lead: GpuRecommendation) -> str:
    return hardware(lead.gpu_type, lead.gpu_count, lead.node_count, f"{lead.vcpus or 0:g} virtual CPUs")
