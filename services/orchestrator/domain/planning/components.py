"""What to install beside the workload: few roles, each with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeVar

from services.orchestrator.domain.candidates import Candidates, ChartCandidate
from services.orchestrator.domain.plan import CompanionChart, ComponentAlternative, StackComponent, WorkloadKind
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.spec import TaskType, WorkloadSpec

C = TypeVar("C", ChartCandidate, StackComponent)

SWITCHED_OFF: Final = frozenset({"inference_server"})
"""Roles whose work the manifests do already: in the helmfile, but not installed unless the user switches."""
NODE_ROLES: Final = frozenset(
    {"gpu_operator", "distributed_training", "inference_server", "autoscaling", "monitoring", "experiment_tracking"}
)
"""Roles that act on the nodes of a workload, or are reached by its pods: idle where its machines are no nodes of a
cluster."""

ASKED: Final = "you asked for it"
"""The reason of a role that the user named."""


class RoleNeed(NamedTuple):
    """A role that the stack needs."""

    role: str
    wanted: str
    """Software that the user named; empty means choose."""
    reason: str


ROLE_OF_SOFTWARE: Final = {
    "mlflow": "experiment_tracking", "wandb": "experiment_tracking", "aim": "experiment_tracking",
    "clearml": "experiment_tracking", "airflow": "workflow", "prefect": "workflow", "dagster": "workflow",
    "argo-workflows": "workflow", "kubeflow": "workflow", "temporal": "workflow", "metaflow": "workflow",
    "milvus": "vector_db", "qdrant": "vector_db", "weaviate": "vector_db", "chroma": "vector_db",
    "pgvector": "vector_db", "pinecone": "vector_db", "elasticsearch": "vector_db", "opensearch": "vector_db",
    "redis": "cache", "valkey": "cache", "memcached": "cache", "kong": "api_gateway", "apisix": "api_gateway",
    "envoy": "api_gateway", "traefik": "ingress", "nginx": "ingress", "istio": "api_gateway",
    "feast": "feature_store", "vllm": "inference_server", "kserve": "inference_server", "triton": "inference_server",
    "tgi": "inference_server", "ollama": "inference_server", "sglang": "inference_server",
    "seldon": "inference_server", "bentoml": "inference_server", "prometheus": "monitoring", "grafana": "monitoring",
    "loki": "logging", "fluentbit": "logging", "argo-cd": "ci_cd", "argocd": "ci_cd", "jenkins": "ci_cd",
    "gitlab": "ci_cd", "tekton": "ci_cd", "flux": "ci_cd", "langfuse": "tracing", "jaeger": "tracing",
    "tempo": "tracing", "keycloak": "identity", "ray": "distributed_training", "kuberay": "distributed_training",
    "kafka": "messaging", "nats": "messaging", "rabbitmq": "messaging", "pulsar": "messaging",
    "postgresql": "database", "postgres": "database", "mysql": "database", "mongodb": "database",
    "clickhouse": "database", "vault": "secrets", "external-secrets": "secrets", "jupyterhub": "notebook",
    "jupyter": "notebook", "minio": "object_storage", "seaweedfs": "object_storage", "ceph": "object_storage",
    "rook": "object_storage", "harbor": "registry", "keda": "autoscaling", "kueue": "batch_queueing",
    "volcano": "batch_queueing", "label-studio": "data_labelling", "cvat": "data_labelling", "litellm": "llm_gateway",
    "cert-manager": "certificates", "velero": "backup", "kyverno": "policy",
}  # fmt: skip
"""The role of software that people name."""

_REASONS: Final = {
    "gpu_operator": "installs drivers, device plugin and GPU labels, so that pods can ask for GPUs",
    "inference_server": "serves the model behind one address and scales it",
    "distributed_training": "starts training on all machines together and restarts it after a failure",
    "monitoring": "shows GPU use, queue lengths and cost drivers before users notice trouble",
    "autoscaling": "adds and removes copies of the server by the length of its queue",
    "experiment_tracking": "keeps parameters, metrics and checkpoints of every run comparable",
    "object_storage": "holds the dataset in your own cluster",
    "vector_db": "finds the passages that the model answers from",
}


def roles_for(spec: WorkloadSpec, needs: Needs) -> tuple[RoleNeed, ...]:
    """Return the roles to fill, most important first: what was asked for, then what the task cannot do without."""
    wanted: dict[str, str] = {}
    for software in spec.components:
        role = ROLE_OF_SOFTWARE.get(software.lower())
        if role:
            wanted.setdefault(role, software)
    asked = [*wanted, *(r.value for r in spec.component_roles if r.value not in wanted)]
    needed = ["gpu_operator"] if needs.gpu else []
    if spec.task_type is TaskType.RAG:
        needed.append("vector_db")
    if needs.kind is WorkloadKind.SERVING:
        needed += ["inference_server", "autoscaling"]
    if needs.kind is WorkloadKind.TRAINING:
        needed += [*(["distributed_training"] if needs.gpu else []), "experiment_tracking"]
    if needs.prefers_local and needs.dataset_gb:
        needed.append("object_storage")
    needed.append("monitoring")
    roles = [*needed, *(r for r in asked if r not in needed)]
    return tuple(RoleNeed(r, wanted.get(r, ""), ASKED if r in asked else _REASONS[r]) for r in roles)


def used_roles(roles: tuple[RoleNeed, ...], *, nodes: bool) -> tuple[RoleNeed, ...]:
    """Return the roles that do something for a workload: all on nodes of a cluster; beside machines that are none,
    those that were asked for or work from elsewhere."""
    return tuple(r for r in roles if nodes or r.role not in NODE_ROLES or r.reason == ASKED)


def stack_of(
    roles: tuple[RoleNeed, ...], candidates: Candidates, *, scales: bool, gpu: bool = True
) -> tuple[StackComponent, ...]:
    """Return the components to install, those that others need first. scales: there may be more than one copy. gpu:
    the machines have GPUs."""
    reasons = {r.role: r.reason for r in roles}
    useful = {"autoscaling": scales, "gpu_operator": gpu}
    charts = [c for c in candidates.charts if useful.get(c.role, True) or reasons.get(c.role) == ASKED]
    return tuple(_component(chart, reasons.get(chart.role, ASKED)) for chart in ordered(tuple(charts)))


def in_order(stack: tuple[StackComponent, ...]) -> tuple[StackComponent | CompanionChart, ...]:
    """Return every chart of a stack in the order to install them: a component's companions around it."""
    out: list[StackComponent | CompanionChart] = []
    for part in stack:
        out += [c for c in part.companions if c.goes_first]
        out.append(part)
        out += [c for c in part.companions if not c.goes_first]
    return tuple(out)


def needs_of(chart: ChartCandidate | StackComponent) -> tuple[str, ...]:
    """Return the roles that must be there before a chart: those it names, and monitoring where its values switch on a
    monitor, which is a resource of Prometheus' operator."""
    monitored = chart.role != "monitoring" and _switches_on_a_monitor(chart.values)
    return (*chart.needs, *(["monitoring"] if monitored and "monitoring" not in chart.needs else []))


def ordered(charts: tuple[C, ...]) -> tuple[C, ...]:
    """Return charts with those first that others need; otherwise in the order given. Needs that form a circle are
    cut."""
    done: list[C] = []
    left = list(charts)
    while left:
        waiting = {c.role for c in left}
        ready = next((c for c in left if not (set(needs_of(c)) & (waiting - {c.role}))), left[0])
        done.append(ready)
        left.remove(ready)
    return tuple(done)


def _switches_on_a_monitor(values: Any, name: str = "") -> bool:
    if not isinstance(values, Mapping):
        return False
    on = name.lower() in ("servicemonitor", "podmonitor") and values.get("enabled") is True
    return on or any(_switches_on_a_monitor(v, k) for k, v in values.items())


def _component(chart: ChartCandidate, reason: str) -> StackComponent:
    why = f"{reason[0].upper()}{reason[1:]}. {chart.why}".strip()
    if chart.role == "inference_server":
        why += " The manifests of this plan run the server already, so this chart is the other way and switched off."
    return StackComponent(
        role=chart.role,
        name=chart.name,
        repository=chart.repository,
        repository_url=chart.repository_url,
        chart=chart.chart,
        version=chart.version,
        why=why,
        alternatives=tuple(
            ComponentAlternative(name=a.name, repository=a.repository, chart=a.chart, version=a.version, why=a.why)
            for a in chart.alternatives
        ),
        namespace=chart.namespace,
        values=dict(chart.values),
        needs=chart.needs,
        connection=chart.connection,
        warnings=chart.warnings,
        secrets=chart.secrets,
        release=chart.release,
        companions=chart.companions,
        provenance=chart.provenance,
    )
