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
    kube_version: str = ""
    """Kubernetes versions that the chart takes, as a range; empty where it states none."""
    provenance: Provenance

    @property
    def goes_first(self) -> bool:
        """Tell whether it must be there before the component: charts of custom resource definitions end so."""
        return self.chart.endswith(("-crd", "-crds"))


class InstalledComponent(PlanPart):
    """Software that the user runs already, so that nothing of it is installed."""

    name: str
    """As the user calls it."""
    role: str = ""
    """What it does in this plan; empty where the plan leaves it as it is."""
    chart: str = ""
    """The chart by which the catalogue knows it; empty where it knows none."""
    namespace: str = ""
    """Where the files of the plan take it to be."""
    release: str = ""
    """The Helm release that they take it to be."""


class ValueNeed(PlanPart):
    """What the user has to check of a component: it leads to software that is there already."""

    role: str
    """Of the software that is there."""
    path: str = ""
    """The chart's value that takes its address; empty where other values tell of it."""
    value: str = ""
    """The address as written; empty where none is."""
    secret: str = ""
    """The Secret with its credentials, which must be in the component's namespace; empty where none is needed."""


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
    links: tuple[ValueNeed, ...] = ()
    """How it reaches software that is there already."""
    kube_version: str = ""
    """Kubernetes versions that the chart takes, as a range; empty where it states none."""
    provenance: Provenance
