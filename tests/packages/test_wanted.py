"""What the user named, refused or has installed decides what fills a role."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.packages.domain.index import Index
from services.packages.domain.package import Dependency, Release
from services.packages.domain.recommend import recommend
from services.packages.domain.roles import Candidate, Role
from services.packages.domain.stack import Context, RoleRequest
from tests.packages.conftest import chart, index_of
from tests.packages.stacks import fill, name, only, values


def test_a_named_software_is_taken_with_its_knowledge(starter_index: Index) -> None:
    assert name(only(fill(starter_index, "vector_db", wanted={"vector_db": "Milvus"}))) == "milvus"


def test_a_named_software_beyond_the_candidates_is_found_by_name(starter_index: Index) -> None:
    component = only(fill(starter_index, "database", wanted={"database": "clickhouse"}))
    assert "clickhouse" in name(component)
    assert "You named it" in component.why


@pytest.mark.parametrize(
    ("role", "chart"),
    [("logging", "grafana/loki"), ("object_storage", "minio/minio"), ("database", "groundhog2k/mysql")],
)
def test_a_chart_named_with_its_repository_is_that_chart(starter_index: Index, role: str, chart: str) -> None:
    component = only(fill(starter_index, role, wanted={role: chart}))
    assert component.package is not None
    assert component.package.facts.record_id == chart


def test_a_named_software_that_the_catalogue_lacks_is_an_error_that_names_others(starter_index: Index) -> None:
    component = only(fill(starter_index, "vector_db", wanted={"vector_db": "pinecone"}))
    assert component.package is None
    assert "pinecone" in component.error
    assert "qdrant" in component.error


def test_what_is_installed_is_kept(starter_index: Index) -> None:
    component = only(fill(starter_index, "ingress", installed=("ingress-nginx",)))
    assert name(component) == "ingress-nginx"
    assert component.already_installed


def test_software_that_does_a_part_of_a_role_leaves_the_rest_to_be_installed_without_that_part(
    starter_index: Index,
) -> None:
    component = only(fill(starter_index, "monitoring", installed=("grafana",)))
    assert (name(component), component.already_installed) == ("kube-prometheus-stack", False)
    assert values(component)["grafana.enabled"] is False
    assert any("data source" in note for note in component.notes)
    assert "grafana.enabled" not in values(only(fill(starter_index, "monitoring")))


@pytest.mark.parametrize(("said", "role"), [("promethues", "monitoring"), ("kecloak", "identity")])
def test_the_name_of_what_is_installed_may_be_misspelt(starter_index: Index, said: str, role: str) -> None:
    assert only(fill(starter_index, role, installed=(said,))).already_installed


def test_a_part_that_is_not_wanted_is_switched_off_in_the_chart_that_brings_it(starter_index: Index) -> None:
    component = only(fill(starter_index, "vector_db", wanted={"vector_db": "milvus"}, excluded=("pulsar",)))
    assert values(component)["pulsarv3.enabled"] is False
    assert any("without pulsar" in note for note in component.notes)


def test_a_chart_that_cannot_be_had_without_what_is_not_wanted_is_not_taken() -> None:
    parts = {"needy": Dependency("kafka"), "free": Dependency("kafka", condition="kafka.enabled")}
    facts = [replace(chart("acme", n), release=Release("1.0.0", dependencies=(p,))) for n, p in parts.items()]
    role = Role("messaging", "Messaging", tuple(Candidate(f"acme/{n}", n, "why", "else") for n in parts))
    asked, context = [RoleRequest("messaging")], Context(excluded=("kafka",))
    assert name(only(recommend(index_of(*facts), {"messaging": role}, asked, context))) == "free"


def test_a_role_that_only_refused_software_could_fill_names_what_was_refused(starter_index: Index) -> None:
    excluded = ("qdrant", "milvus", "weaviate", "chroma")
    component = only(fill(starter_index, "vector_db", excluded=excluded))
    assert component.package is None
    assert set(component.refused) == {"qdrant", "milvus", "weaviate", "chromadb"}
    assert "Without qdrant" in component.error


@pytest.mark.parametrize(
    ("role", "installed", "expected"),
    [
        ("certificates", "vault", "cert-manager"),
        ("feature_store", "valkey", "feast-feature-server"),
        ("batch_queueing", "argo-workflows", "kueue"),
        ("guardrails", "kong", "litellm-helm"),
        ("model_registry", "harbor", "mlflow"),
        ("policy", "falco", "kyverno"),
    ],
)
def test_what_is_installed_for_something_else_does_not_fill_a_role(
    starter_index: Index, role: str, installed: str, expected: str
) -> None:
    component = only(fill(starter_index, role, installed=(installed,)))
    assert name(component) == expected
    assert not component.already_installed


def test_what_is_installed_fills_its_own_role_beside_one_that_it_could_fill_too(starter_index: Index) -> None:
    certificates, secrets = fill(starter_index, "certificates", "secrets", installed=("vault",)).components
    assert (name(certificates), certificates.already_installed) == ("cert-manager", False)
    assert (name(secrets), secrets.already_installed) == ("vault", True)


def test_what_is_installed_is_kept_though_no_candidate_of_the_role(starter_index: Index) -> None:
    component = only(fill(starter_index, "database", installed=("mysql",)))
    assert component.package is not None
    assert component.package.software == "mysql"
    assert component.already_installed
    assert "nothing is to be done" in component.why


def test_excluded_software_is_not_chosen_nor_an_alternative(starter_index: Index) -> None:
    component = only(fill(starter_index, "vector_db", excluded=("qdrant",)))
    assert "qdrant" not in {name(component), *(a.package.facts.name for a in component.alternatives)}
