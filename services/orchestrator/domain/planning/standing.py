"""What a plan stands on: what the user runs already and does not want, as said last in the conversation.

The spec has no field for either, so both are read from the user's words whenever they are planned with: the words are
stored, hence a revision and a replay know the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding.standing import Statement, statements

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
    "cert-manager": "certificates", "velero": "backup", "kyverno": "policy", "keydb": "cache", "zot": "registry",
    "argo-events": "workflow", "concourse": "ci_cd", "arangodb": "database", "janusgraph": "database",
    "victorialogs": "logging", "victoriatraces": "tracing", "zipkin": "tracing", "argilla": "data_labelling",
    "doccano": "data_labelling", "contour": "ingress", "pinniped": "identity", "rustfs": "object_storage",
    "kubeai": "inference_server", "gpustack": "inference_server", "kaito": "inference_server",
    "tei": "inference_server", "tensorrt-llm": "inference_server", "tensorrt": "inference_server",
    "torchserve": "inference_server", "tensorflow-serving": "inference_server", "llama.cpp": "inference_server",
    "localai": "inference_server", "lmdeploy": "inference_server", "infinity": "inference_server",
    "ray serve": "inference_server", "nim": "inference_server", "dynamo": "inference_server",
    "llm-d": "inference_server", "n8n": "workflow", "flyte": "workflow", "kestra": "workflow", "zenml": "workflow",
    "kubeflow-pipelines": "workflow", "nifi": "workflow", "spark": "workflow", "cassandra": "database",
    "scylladb": "database", "mariadb": "database", "timescaledb": "database", "influxdb": "database",
    "neo4j": "database", "cockroachdb": "database", "couchbase": "database", "tidb": "database",
    "yugabyte": "database", "supabase": "database", "cloudnativepg": "database", "vespa": "vector_db",
    "lancedb": "vector_db", "dragonfly": "cache", "redpanda": "messaging", "strimzi": "messaging",
    "flux-cd": "ci_cd", "gitea": "ci_cd", "drone-ci": "ci_cd", "datadog": "monitoring", "signoz": "monitoring",
    "victoriametrics": "monitoring", "kube-prometheus-stack": "monitoring", "zabbix": "monitoring",
    "fluentd": "logging", "fluent-bit": "logging", "graylog": "logging", "elk": "logging", "openobserve": "logging",
    "sealed-secrets": "secrets", "infisical": "secrets", "openbao": "secrets", "haproxy": "ingress",
    "authentik": "identity", "dex": "identity", "artifactory": "registry", "nexus": "registry", "quay": "registry",
    "kubeflow-training-operator": "distributed_training", "gpu-operator": "gpu_operator",
}  # fmt: skip
"""The role of software that people name."""
_ALSO_HELD: Final = {
    "github-actions": "ci_cd", "circleci": "ci_cd", "flux-cd": "ci_cd", "datadog": "monitoring",
    "kube-prometheus-stack": "monitoring", "victoriametrics": "monitoring", "signoz": "monitoring",
    "fluent-bit": "logging", "fluentd": "logging", "elk": "logging", "splunk": "logging", "graylog": "logging",
    "authentik": "identity", "dex": "identity", "cloudnativepg": "database", "mariadb": "database",
    "openbao": "secrets", "infisical": "secrets", "comet": "experiment_tracking", "neptune": "experiment_tracking",
    "gpu-operator": "gpu_operator", "haproxy": "ingress", "redpanda": "messaging", "strimzi": "messaging",
    "pmm": "monitoring", "openobserve": "logging", "dynatrace": "monitoring", "newrelic": "monitoring",
    "nagios": "monitoring", "icinga": "monitoring", "checkmk": "monitoring", "zabbix": "monitoring",
    "teamcity": "ci_cd", "buildkite": "ci_cd", "artifactory": "registry", "nexus": "registry", "quay": "registry",
    "cyberark": "secrets", "kubeflow-training-operator": "distributed_training",
    "elasticsearch": "database", "opensearch": "database", "grafana": "",
}  # fmt: skip
"""What more fills a role where it is there, and what fills another one then: a search engine that is there holds texts
rather than vectors, and dashboards measure nothing."""
_PARTS: Final = {"grafana": "monitoring"}
"""Software that does a part of a role beside what fills it."""
_UNPROVEN: Final = frozenset({"inference_server", "distributed_training"})
"""Roles whose words tell of the work itself: "our inference server" may be the one to be planned."""
_KUBE: Final = re.compile(
    r"\b(?:kubernetes|k8s|k3s|rke2|eks|aks|gke)\b[ \t:=,('\"-]{0,3}"
    r"(?:(?:cluster|version|server|is|runs?|on|at)[ \t:=('\"]{1,3}){0,3}"
    r"v?(1\.[1-5]\d)(?!\d|\s*(?:[$€£%/x]|usd|eur|dollars?|euros?|per\b|an? |gi?b|tb))",
    re.IGNORECASE,
)
"""A release of Kubernetes where it is said to be one."""
GATEWAYS: Final = ("api_gateway", "ingress", "llm_gateway")
_ROLES_OF_WORD: Final = {"api_gateway": GATEWAYS}
"""Roles that one word for a role may mean."""


class Held(NamedTuple):
    """Software that the user runs already."""

    name: str
    said: str
    """The user's own word for it."""
    told: str = ""
    """The role that the user says it has, of a name that no list knows."""

    @property
    def role(self) -> str:
        """The role that it fills; empty where none is known."""
        return self.told or _ALSO_HELD.get(self.name, ROLE_OF_SOFTWARE.get(self.name, ""))

    def shares(self, role: str) -> bool:
        """Tell whether it does a part of a role that something else fills."""
        return _PARTS.get(self.name) == role

    def is_any(self, names: Iterable[str]) -> bool:
        """Tell whether any of the names, spelt in whatever way, means it."""
        return not {squash(self.name), squash(self.said)}.isdisjoint(map(squash, names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the user runs already and does not want."""

    held: tuple[Held, ...] = ()
    held_roles: tuple[str, ...] = ()
    """Roles that something fills which the user did not name: "we already have monitoring"."""
    refused: tuple[Held, ...] = ()
    """Software that must not be installed."""
    dropped_roles: tuple[str, ...] = ()
    """Roles that must stay empty: "no monitoring"."""
    kube_version: str = ""
    """The Kubernetes release that the user's cluster runs, such as 1.31; empty where none was said."""

    def holds(self, name: str) -> bool:
        """Tell whether software is there already."""
        return name in {h.name for h in self.held}

    def refuses(self, name: str) -> bool:
        """Tell whether software must not be installed."""
        return name in {h.name for h in self.refused}

    def filling(self, role: str) -> tuple[Held, ...]:
        """Return the software that is there and fills a role."""
        return tuple(h for h in self.held if h.role == role)


NOTHING: Final = Standing()


def squash(name: str) -> str:
    """Return letters and digits only, so that argo-cd, Argo CD and argocd are the same."""
    return "".join(c for c in name.casefold() if c.isalnum())


@lru_cache(maxsize=64)
def standing_of(words: str) -> Standing:
    """Return what the user's messages, one a line, say of what is there and not wanted; what is said last holds."""
    return _folded(statements(words), _kube_version(words)) if words else NOTHING


def asked_roles(spec: WorkloadSpec, standing: Standing) -> dict[str, str]:
    """Return the roles of components that were asked for, each with the software that was named for it, or nothing:
    none for what is there already or is refused."""
    wanted: dict[str, str] = {}
    for software in spec.components:
        role = ROLE_OF_SOFTWARE.get(software.lower())
        if role and not standing.holds(software) and not standing.refuses(software):
            wanted.setdefault(role, software)
    return wanted | {role: "" for role in unnamed_roles(spec, filled=wanted) if role not in wanted}


def unnamed_roles(spec: WorkloadSpec, *, filled: Iterable[str]) -> list[str]:
    """Return the roles that were asked for by what they do, not by the word that stands beside software: "a LiteLLM
    gateway" is one gateway. filled: roles of software that was named."""
    roles = [role.value for role in spec.component_roles]
    said = spec.origins.get("component_roles")
    beside = said is not None and "api" not in said.words.casefold() and not set(filled).isdisjoint(GATEWAYS)
    return [role for role in roles if not beside or role != "api_gateway"]


def restates(words: str, last: str) -> bool:
    """Tell whether the last message changes what is there or not wanted. words: all messages, the last one included."""
    return (bool(statements(last)) or bool(_kube_version(last))) and standing_of(words) != standing_of(
        words[: -len(last) - 1]
    )


def _kube_version(words: str) -> str:
    """Return the Kubernetes release that was said last, such as 1.31."""
    found = _KUBE.findall(words)
    return str(found[-1]) if found else ""


def _folded(said: Iterable[Statement], kube_version: str) -> Standing:
    held: dict[str, Held] = {}
    refused: dict[str, Held] = {}
    held_roles: dict[str, None] = {}
    dropped: dict[str, None] = {}
    for one in said:
        if one.is_role:
            for role in _ROLES_OF_WORD.get(one.name, (one.name,)):
                held_roles.pop(role, None)
                if one.verdict == "refused":
                    dropped[role] = None
                    continue
                dropped.pop(role, None)
                if one.verdict == "held" and role not in _UNPROVEN:
                    held_roles[role] = None
            continue
        thing = Held(one.name, one.said, one.role)
        if one.verdict != "wanted":
            held.pop(one.name, None)
        if one.verdict == "held":
            held[one.name] = thing
        if one.verdict == "refused":
            refused[one.name] = thing
        elif one.verdict != "lacking":
            refused.pop(one.name, None)
            dropped.pop(ROLE_OF_SOFTWARE.get(one.name, ""), None)
    return Standing(
        held=tuple(held.values()),
        held_roles=tuple(held_roles),
        refused=tuple(refused.values()),
        dropped_roles=tuple(dropped),
        kube_version=kube_version,
    )
