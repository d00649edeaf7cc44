"""What is said to be there already, missing, to go, or not wanted."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.orchestrator.domain.understanding import standing
from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.prepare import prepare
from services.orchestrator.domain.understanding.standing import statements


def said(text: str, verdict: str) -> set[str]:
    return {s.name for s in statements(text) if s.verdict == verdict}


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("We already run Prometheus and Grafana, deploy Llama 3.1 8B for 20 users", "prometheus grafana"),
        ("We already run Prometheus and Grafana, deploy Llama 3.1 8B with vLLM", "prometheus grafana"),
        ("We use GitLab CI for builds and Argo CD for deployment.", "gitlab argo-cd"),
        ("the platform team runs Keycloak and Vault", "keycloak vault"),
        ("our ops team already operates a central Prometheus and Loki", "prometheus loki"),
        ("Grafana is in place", "grafana"),
        ("Prometheus and Grafana are already in place", "prometheus grafana"),
        ("Prometheus is already running in our cluster", "prometheus"),
        ("Keycloak is managed by the platform team", "keycloak"),
        ("use our own Postgres", "postgres"),
        ("use our Postgres and Redis", "postgres redis"),
        ("connect it to the existing Argo CD", "argo-cd"),
        ("don't replace our existing Prometheus", "prometheus"),
        ("please don't touch our Prometheus", "prometheus"),
        ("Existing stack: Prometheus, Grafana, Vault and Argo CD.", "prometheus grafana vault argo-cd"),
        ("We already run:\n- Prometheus\n- Grafana\n\nWe want:\n- Qdrant", "prometheus grafana"),
        ("Our stack today: EKS, Argo CD, Prometheus, Vault", "argo-cd prometheus vault"),
        ("Current setup: Kubernetes 1.30, Istio, Keycloak", "istio keycloak"),
        ("no second Prometheus please, we have one", "prometheus"),
        ("we do not want a new Grafana; use ours", "grafana"),
        ("Please integrate with Prometheus, which is there", "prometheus"),
        ("Vault (existing), Keycloak (existing)", "vault keycloak"),
        ("Our cluster has KEDA and the NVIDIA GPU operator installed", "keda gpu-operator"),
        ("there is already a Vault in the cluster", "vault"),
        ("We have 2 million documents in Elasticsearch", "elasticsearch"),
        ("We're on Postgres already", "postgres"),
        ("Use Vault for secrets, which we already run", "vault"),
        ("We run Prometheus, can you reuse it?", "prometheus"),
        ("Can you connect it to our existing Grafana?", "grafana"),
        ("we already have monitoring and a database", "monitoring database"),
        ("wir haben schon Prometheus und Grafana, bitte Llama 3 deployen", "prometheus grafana"),
        ("Prometheus haben wir doch schon", "prometheus"),
        ("Prometheus läuft bei uns schon", "prometheus"),
        ("Kafka gibt es schon", "kafka"),
        ("Vorhandenes Grafana bitte weiter nutzen", "grafana"),
        ("nous avons déjà Prometheus et Grafana", "prometheus grafana"),
        ("Grafana est déjà en place", "grafana"),
        ("ya tenemos Prometheus y Grafana", "prometheus grafana"),
        ("usamos GitLab y Argo CD", "gitlab argo-cd"),
        ("我们已经有Prometheus和Grafana，部署 Llama 3.1 8B", "prometheus grafana"),
        ("我们在用 GitLab", "gitlab"),
        ("Prometheus 已经部署了", "prometheus"),
        ("既にPrometheusとGrafanaを運用しています。Llama 3.1 8Bをデプロイしたい", "prometheus grafana"),
        ("既存のArgo CDを使ってください", "argo-cd"),
    ],
)
def test_what_is_there_already_is_heard(text: str, there: str) -> None:
    assert said(text, "held") == set(there.split())


@pytest.mark.parametrize(
    "text",
    [
        "our competitor uses Kafka",
        "Our competitors run Kafka and Milvus, we just want Llama",
        "a friend runs Milvus and loves it",
        "Netflix uses Kafka",
        "should we install Prometheus?",
        "Do we already need Prometheus?",
        "if we already had Prometheus would it be cheaper?",
        "set up Prometheus and Grafana",
        "we want to use Qdrant",
        "we need our own Postgres",
        "Wir wollen Prometheus nutzen",
        "We have experience with Kafka",
        "We have decided on Milvus",
        "We already decided to use Milvus",
        "We have 200 users, Qdrant as vector DB",
        "Deploy Llama 3 with Prometheus, we have 3 GPUs",
        "We previously used Milvus",
        "we used to run Kafka but shut it down",
        "we run Milvus today but want to leave it",
        "why not Milvus?",
        "The client already runs Milvus",
        "Current budget: $500, Qdrant as the store",
        "Current plan: use Milvus",
        "What we need today: Prometheus",
        "Our Kafka is too old, plan a new one",
        "we can't use our Kafka for this",
    ],
)
def test_what_others_have_and_what_is_only_thought_of_is_not_there(text: str) -> None:
    assert said(text, "held") == set()


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("RAG chatbot over our docs. not Milvus please", "milvus"),
        ("anything but Kafka for messaging", "kafka"),
        ("We run Prometheus, not Datadog", "datadog"),
        ("we run Milvus today but want to leave it", "milvus"),
        ("We run Milvus today. We want to migrate away from it.", "milvus"),
        ("We run Kafka and Milvus but want to get rid of both", "kafka milvus"),
        ("we're migrating off Milvus", "milvus"),
        ("replace our Milvus with something lighter", "milvus"),
        ("what about Qdrant instead of Milvus?", "milvus"),
        ("Wir nutzen bereits Keycloak, aber kein Milvus", "milvus"),
        ("pas de Milvus s'il vous plaît", "milvus"),
        ("sin Kafka por favor", "kafka"),
        ("不要Milvus", "milvus"),
        ("Milvusは使わないでください", "milvus"),
        ("drop the monitoring", "monitoring"),
        ("no monitoring please", "monitoring"),
        ("we don't need a gateway", "api_gateway"),
        ("we can't use our Kafka for this", "kafka"),
        ("pgvector instead of a separate vector store", ""),
        ("why not Milvus?", ""),
        ("We don't run Kafka", ""),
    ],
)
def test_what_is_not_wanted_is_heard(text: str, refused: str) -> None:
    assert said(text, "refused") == set(refused.split())


@pytest.mark.parametrize(
    "text",
    [
        "actually we don't have Prometheus",
        "We no longer have Prometheus",
        "Prometheus was decommissioned last week",
        "wir haben kein Prometheus",
        "nous n'avons pas Prometheus",
        "no tenemos Prometheus",
        "我们没有Prometheus",
        "Prometheusはありません",
    ],
)
def test_what_is_missing_is_neither_there_nor_refused(text: str) -> None:
    assert [(s.name, s.verdict) for s in statements(text)] == [("prometheus", "lacking")]


def test_the_users_own_word_is_kept() -> None:
    assert [s.said for s in statements("We use GitLab CI")] == ["GitLab CI"]


PIECES = (
    *("we", "run", "already", "have", "Prometheus", "Milvus", "no", "not", "leave", "it", "if", "our", "own"),
    *(",", ":", "-", "?", "既に", "已有", "\n"),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES)))
def test_any_words_are_read(words: list[str]) -> None:
    text = " ".join(words)
    assert statements.__wrapped__(text) == statements.__wrapped__(text)


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("Deploy Llama 3.1 8B for 20 users, at most $2000 a month", 0),
        ("我们要部署 Llama 3.1 8B，二十个用户", 0),
        ("We run Kafka. Deploy Llama 3.1 8B", 1),
        ("My neighbour runs Kafka. Deploy Llama 3.1 8B", 1),
        ("My neighbour runs Kafka. We run Milvus.", 2),
    ],
)
def test_only_a_message_that_names_software_is_prepared(text: str, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = []

    def counted(*args: Any) -> Doc:
        prepared.append(args)
        return prepare(*args)

    monkeypatch.setattr(standing, "prepare", counted)
    statements.__wrapped__(text)
    assert len(prepared) == times
