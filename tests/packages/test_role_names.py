"""What else a role is called finds what fills it; words of any software do not."""

from __future__ import annotations

import pytest

from services.packages.domain import text
from services.packages.domain.index import Index
from services.packages.domain.package import Package
from services.packages.domain.search import search
from services.packages.roles import load_roles


def _found(index: Index, wish: str) -> list[Package]:
    return [hit.package for hit in search(index, wish, limit=3)]


@pytest.mark.parametrize("role", sorted(load_roles()))
def test_whatever_a_role_is_called_finds_what_fills_it(starter_index: Index, role: str) -> None:
    for name in (load_roles()[role].title, *load_roles()[role].aliases):
        spoken = name.replace("_", " ")
        if text.squash(spoken) not in starter_index.name_owners:
            assert any(role in package.roles for package in _found(starter_index, spoken)), spoken


def test_a_name_of_a_role_that_is_a_softwares_means_the_software(starter_index: Index) -> None:
    assert {p.software for p in _found(starter_index, "redis")} <= {"redis", "redis-operator", "redis-exporter"}
    assert _found(starter_index, "k8s metrics server")[0].facts.name == "metrics-server"


@pytest.mark.parametrize(
    ("wish", "chart"),
    [
        ("admission controller", "kyverno"),
        ("kubernetes cost monitoring", "opencost"),
        ("cluster cost monitoring", "opencost"),
        ("rate limiter", "redis"),
        ("model server", "kserve-resources"),
    ],
)
def test_what_a_thing_is_called_finds_what_does_it(starter_index: Index, wish: str, chart: str) -> None:
    assert chart in {p.facts.name for p in _found(starter_index, wish)}


def test_a_word_whose_stem_is_known_is_read_in_the_form_that_is_used(starter_index: Index) -> None:
    assert starter_index.words.known("limiter") == "limiting"
    assert starter_index.words.known("limiting") == "limiting"
    assert starter_index.words.known("xylophonist") == "xylophonist"


@pytest.mark.parametrize(
    ("wish", "charts"),
    [
        ("open source alternative to pinecone", {"qdrant", "milvus", "weaviate", "distributed-chroma"}),
        ("self hosted pinecone", {"qdrant", "milvus", "weaviate", "distributed-chroma"}),
        ("something like new relic", {"victoria-metrics-k8s-stack", "pmm-ha", "kube-prometheus-stack"}),
        ("move off splunk", {"loki", "victoria-logs-cluster", "opensearch"}),
        ("auth0 alternative", {"keycloak"}),
        ("something like datadog but open source", {"kube-prometheus-stack"}),
        ("anything like jenkins, but newer", {"argo-cd", "tekton-pipeline", "flux2"}),
        ("instead of grafana loki", {"opensearch", "victoria-logs-single", "victoria-logs-cluster"}),
    ],
)
def test_what_is_asked_for_in_the_place_of_a_service_or_a_software_does_its_job(
    starter_index: Index, wish: str, charts: set[str]
) -> None:
    found = {p.facts.name for p in _found(starter_index, wish)}
    assert found & charts, found
    assert not {"datadog", "datadog-operator", "jenkins", "loki-stack"} & found


@pytest.mark.parametrize("wish", ["pinecone", "i like turtles but not snakes", "alternative to nothing"])
def test_a_service_alone_and_words_that_compare_nothing_known_find_nothing(starter_index: Index, wish: str) -> None:
    assert _found(starter_index, wish) == []


def test_no_name_of_a_hosted_service_is_one_of_a_role() -> None:
    roles = load_roles().values()
    spoken = {text.squash(name) for role in roles for name in (role.role, *role.aliases)} - {"s3"}
    assert not spoken & {text.squash(name) for role in roles for name in role.hosted}
