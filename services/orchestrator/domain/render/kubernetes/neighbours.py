"""What of the stack a workload works with: who scales it, who watches it, where runs are recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from services.orchestrator.domain.plan import StackComponent
from services.orchestrator.domain.planning.workload import dns_label
from services.orchestrator.domain.render.kubernetes.objects import Service

PROMETHEUS_CHARTS: Final = frozenset({"kube-prometheus-stack"})
"""Charts that bring Prometheus with its operator, which reads PodMonitors and is reached as prometheus-operated."""
MLFLOW_PORT: Final = 5000


class Neighbours(NamedTuple):
    """What of the stack is there. Without any, a workload stands alone."""

    keda: bool = False
    monitoring: str = ""
    """Namespace of Prometheus; empty without it."""
    tracking: Service | None = None
    """MLflow's server."""


def neighbours(stack: Sequence[StackComponent]) -> Neighbours:
    """Return what of a stack a workload works with."""
    charts = {part.chart: part for part in stack}
    watching = next((charts[c] for c in sorted(PROMETHEUS_CHARTS & charts.keys())), None)
    mlflow = charts.get("mlflow")
    return Neighbours(
        keda="keda" in charts,
        monitoring=_namespace(watching) if watching else "",
        tracking=_tracking(mlflow) if mlflow else None,
    )


def _namespace(part: StackComponent) -> str:
    return dns_label(part.namespace or part.role)


def _tracking(part: StackComponent) -> Service:
    """Return MLflow's service, which its chart names after the release."""
    given = part.values.get("service")
    port = given.get("port", MLFLOW_PORT) if isinstance(given, dict) else MLFLOW_PORT
    host = f"{dns_label(part.release or part.name)}.{_namespace(part)}.svc"
    return Service(f"http://{host}:{port}", _namespace(part), int(port))
