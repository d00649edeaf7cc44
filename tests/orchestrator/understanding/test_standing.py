"""What is said to be there already, missing, to go, or not wanted."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.orchestrator.domain.understanding import naming
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
        ("we run OpenObserve already", "openobserve"),
        ("our own Zot registry", "zot"),
        ("we've got Rancher", "rancher"),
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


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("We do have Redis but don't want to use it here", "redis"),
        ("We have Redis. We won't use it for this.", "redis"),
        ("Redis is there but should not be used", "redis"),
        ("We run Kafka and Redis but don't want to use them", "kafka redis"),
        ("Wir haben zwar Redis, wollen es hier aber nicht nutzen", "redis"),
        ("Redis ist da, soll aber nicht verwendet werden", "redis"),
        ("Nous avons Redis mais nous ne voulons pas l'utiliser ici", "redis"),
        ("Tenemos Redis pero no queremos usarlo aquí", "redis"),
        ("我们有Redis，但不想用它", "redis"),
        ("我们有Redis，但这里不想用。", "redis"),
    ],
)
def test_what_is_there_but_not_to_be_used_is_refused(text: str, refused: str) -> None:
    assert said(text, "refused") == set(refused.split())
    assert said(text, "held") == set()


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("We have Redis and don't want to use anything else", ""),
        ("We have Redis but don't want to use Milvus", "milvus"),
        ("We have Redis and there is no reason not to use it", ""),
        ("We have Redis. Why not use it?", ""),
        ("We have Redis, the GPUs must not be used", ""),
        ("We have Redis, but if you do not want to use it, say so", ""),
        ("We have Redis and want to use it", ""),
        ("Wir haben Redis und wollen nichts anderes nutzen", ""),
        ("Wir haben Redis, können aber S3 nicht nutzen", ""),
        ("Nous avons Redis et voulons l'utiliser", ""),
        ("Tenemos Redis y queremos usarlo", ""),
        ("我们有Redis，不用再装", ""),
        ("我们有Redis，但不想用Milvus", "milvus"),
    ],
)
def test_what_is_there_stays_so_where_something_else_is_not_used(text: str, refused: str) -> None:
    assert said(text, "refused") == set(refused.split())
    assert said(text, "held") == {"redis"}


def test_a_role_that_is_filled_but_not_to_be_used_is_filled_anew() -> None:
    assert said("we have monitoring but don't want to use it", "anew") == {"monitoring"}


@pytest.mark.parametrize(
    ("text", "there", "new"),
    [
        ("We use Qdrant in production, Langfuse is new", "qdrant", "langfuse"),
        ("We use Qdrant, Weaviate and Langfuse is new", "qdrant weaviate", "langfuse"),
        ("We run Postgres and Redis, Milvus would be new", "postgres redis", "milvus"),
        ("We have Prometheus; Grafana we still need", "prometheus", "grafana"),
        ("We run Prometheus, Loki and Tempo we still need", "prometheus", "loki tempo"),
        ("We have Prometheus, missing is Grafana", "prometheus", "grafana"),
        ("we run Postgres and want Milvus beside it", "postgres", "milvus"),
        ("Wir nutzen Qdrant, Langfuse ist neu", "qdrant", "langfuse"),
        ("Wir haben Prometheus, Grafana brauchen wir noch", "prometheus", "grafana"),
        ("Wir betreiben Postgres und hätten gern Milvus daneben", "postgres", "milvus"),
        ("Nous utilisons Qdrant, Langfuse est nouveau", "qdrant", "langfuse"),
        ("Nous avons Prometheus, Grafana nous manque encore", "prometheus", "grafana"),
        ("Usamos Qdrant, Langfuse es nuevo", "qdrant", "langfuse"),
        ("Tenemos Prometheus, Grafana todavía nos falta", "prometheus", "grafana"),
        ("我们用Qdrant，Langfuse是新的", "qdrant", "langfuse"),
        ("我们有Prometheus，Grafana还需要", "prometheus", "grafana"),
    ],
)
def test_what_is_new_is_not_there_though_it_follows_what_is(text: str, there: str, new: str) -> None:
    assert said(text, "held") == set(there.split())
    assert said(text, "wanted") == set(new.split())


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("our Grafana is new", "grafana"),
        ("We run a new Prometheus", "prometheus"),
        ("We run Prometheus and Grafana, what we need is Llama", "prometheus grafana"),
        ("We use Prometheus and Grafana, we want Llama 3", "prometheus grafana"),
        ("We have Grafana, new dashboards are needed", "grafana"),
        ("Wir haben Prometheus und Grafana, neu ist das Modell", "prometheus grafana"),
        ("Nous avons Prometheus et Grafana, le modèle est nouveau", "prometheus grafana"),
        ("Tenemos Prometheus y Grafana, el modelo es nuevo", "prometheus grafana"),
        ("我们有Prometheus和Grafana，模型是新的", "prometheus grafana"),
    ],
)
def test_what_is_there_stays_so_where_something_else_is_new(text: str, there: str) -> None:
    assert said(text, "held") == set(there.split())


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        ("We have Prometheus, Grafana is not installed", "held lacking"),
        ("We run Prometheus, Grafana will be phased out", "held refused"),
        ("We want Prometheus, Grafana is already installed", "wanted held"),
        ("Prometheus, Grafana and Loki are not installed", "lacking lacking lacking"),
        ("Prometheus、Grafana已经部署了", "held held"),
        ("我们有Prometheus，Grafana没有安装", "held lacking"),
    ],
)
def test_what_is_said_of_one_is_said_of_the_last_only(text: str, verdicts: str) -> None:
    assert [s.verdict for s in statements(text)] == verdicts.split()


@pytest.mark.parametrize(
    ("text", "name", "role"),
    [
        ("our own metrics stack, FooMon", "FooMon", "monitoring"),
        ("We already run our own monitoring (Foomon)", "Foomon", "monitoring"),
        ("we already have a registry called Foobar", "Foobar", "registry"),
        ("We use FooReg, our own registry", "FooReg", "registry"),
        ("We run our FooReg registry already", "FooReg", "registry"),
        ("Wir haben schon ein Monitoring namens FooMon", "FooMon", "monitoring"),
        ("Nous avons déjà une base de données, FooBase.", "FooBase", "database"),
        ("Ya tenemos monitorización, FooMon", "FooMon", "monitoring"),
        ("我们已经有监控，FooMon", "FooMon", "monitoring"),
    ],
)
def test_a_name_that_no_list_knows_is_heard_beside_what_it_does(text: str, name: str, role: str) -> None:
    assert [(s.said, s.role, s.verdict, s.is_role) for s in statements(text)] == [(name, role, "held", False)]


@pytest.mark.parametrize(
    "text",
    [
        "we run FooMon",
        "We need a registry called FooReg",
        "We want our own metrics stack, FooMon",
        "our competitor has its own metrics stack, FooMon",
        "we already have monitoring, Peter maintains it",
        "we already have monitoring (Peter maintains it)",
        "we already have monitoring, Grafana too",
        "we already have a database, Llama",
        "our Acme database is there already",
        "our EU database is there already",
    ],
)
def test_no_other_name_is_taken_for_software(text: str) -> None:
    assert not [s for s in statements(text) if s.role]


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

    monkeypatch.setattr(naming, "prepare", counted)
    statements.__wrapped__(text)
    assert len(prepared) == times
