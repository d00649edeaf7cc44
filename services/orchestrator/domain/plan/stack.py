"""What to install beside the workload."""

from __future__ import annotations

from typing import Any

from libs.provenance import Provenance
from services.orchestrator.domain.plan.part import PlanPart


class ComponentAlternative(PlanPart):
    """Another chart for the same role."""

    name: str
    repository: str
    chart: str
    version: str
    why: str


class SecretNeed(PlanPart):
    """A Secret that the user has to make; the plan never holds its values."""

    name: str
    keys: tuple[str, ...]
    description: str


class CompanionChart(PlanPart):
    """A chart that is installed with a component, such as its resource definitions or the cluster of an operator."""

    name: str
    repository: str
    repository_url: str = ""
    chart: str
    version: str
    release: str
    """Helm release name."""
    namespace: str
    why: str
    values: dict[str, Any] = {}
    """Chart values that fit this plan."""
    provenance: Provenance

    @property
    def goes_first(self) -> bool:
        """Tell whether it must be there before the component: charts of custom resource definitions end so."""
        return self.chart.endswith(("-crd", "-crds"))


class StackComponent(PlanPart):
    """One thing to install beside the workload."""

    role: str
    name: str
    repository: str
    repository_url: str = ""
    """Where the chart is fetched from: https://..., or oci://..."""
    chart: str
    version: str
    why: str
    alternatives: tuple[ComponentAlternative, ...] = ()
    namespace: str = ""
    values: dict[str, Any] = {}
    """Chart values that fit this plan."""
    needs: tuple[str, ...] = ()
    """Roles that must be installed before."""
    connection: str = ""
    """How neighbours reach it: service, port and secret, in words."""
    warnings: tuple[str, ...] = ()
    secrets: tuple[SecretNeed, ...] = ()
    """What must exist in the namespace before the chart is installed."""
    release: str = ""
    """Helm release name, from which its services are named; empty means the name."""
    companions: tuple[CompanionChart, ...] = ()
    """What is installed with it, in this order, before it where it goes first."""
    provenance: Provenance
