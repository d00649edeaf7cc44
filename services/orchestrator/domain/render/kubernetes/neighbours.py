"""What of the stack a workload works with: who scales it, who watches it, where runs are recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from services.orchestrator.domain.plan import InstalledComponent, StackComponent
from services.orchestrator.domain.planning.components import PROMETHEUS_CHARTS
from services.orchestrator.domain.planning.workload import dns_label
from services.orchestrator.domain.render.kubernetes.objects import Service

MLFLOW_PORT: Final = 5000
Part = StackComponent | InstalledComponent


class Neighbours(NamedTuple):
    """What of the stack is there. Without any, a workload stands alone."""

    keda: bool = False
    monitoring: str = ""
    """Namespace of Prometheus; empty without it."""
    tracking: Service | None = None
    """MLflow's server."""


def neighbours(stack: Sequence[StackComponent], installed: Sequence[InstalledComponent] = ()) -> Neighbours:
    """Return what a workload works with, of a stack and of what is there already."""
    charts: dict[str, Part] = {part.chart: part for part in installed if part.chart and part.role}
    charts |= {part.chart: part for part in stack}
    watching = next((charts[c] for c in sorted(PROMETHEUS_CHARTS & charts.keys())), None)
    mlflow = charts.get("mlflow")
    return Neighbours(
        keda="keda" in charts,
        monitoring=_namespace(watching) if watching else "",
        tracking=_tracking(mlflow) if mlflow else None,
    )


def _namespace(part: Part) -> str:
    return dns_label(part.namespace or part.role)


def _tracking(part: Part) -> Service:
    """Return MLflow's service, which its chart names after the release."""
    given = part.values.get("service") if isinstance(part, StackComponent) else None
    port = given.get("port", MLFLOW_PORT) if isinstance(given, dict) else MLFLOW_PORT
    host = f"{dns_label(part.release or part.name)}.{_namespace(part)}.svc"
    return Service(f"http://{host}:{port}", _namespace(part), int(port))
