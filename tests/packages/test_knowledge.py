"""The files that hold what the project knows are themselves held to rules."""

import re
from collections import Counter

import pytest

from services.packages.domain.knowledge import CATEGORIES
from services.packages.domain.package import Kind, Standing
from services.packages.domain.version import parse_version
from services.packages.knowledge import load_knowledge
from services.packages.roles import load_roles
from services.packages.starter import read_starter
from tests.packages.conftest import starter

_ROLES = """
vector_db object_storage api_gateway inference_server ci_cd experiment_tracking model_registry workflow monitoring
logging tracing database cache messaging secrets notebook feature_store distributed_training batch_queueing gpu_operator
autoscaling ingress certificates identity data_labelling llm_gateway guardrails backup policy registry
"""
KNOWN_ROLES = _ROLES.split()


def test_every_role_of_a_stack_has_candidates_with_reasons() -> None:
    roles = load_roles()
    assert sorted(roles) == sorted(KNOWN_ROLES)
    for role in roles.values():
        for candidate in role.candidates:
            assert candidate.why.endswith("."), candidate.chart
            assert candidate.difference, candidate.chart
            assert all(rule.because for rule in candidate.rules if rule.points > 0), candidate.chart


def test_every_candidate_and_companion_is_in_the_starter_catalogue() -> None:
    keys = {"/".join(p.key) for p in starter().packages}
    for role in load_roles().values():
        for candidate in role.candidates:
            assert candidate.chart in keys, candidate.chart
            assert all(c.chart in keys for c in candidate.companions), candidate.chart


def test_roles_connect_to_roles_that_exist() -> None:
    roles = load_roles()
    for role in roles.values():
        for candidate in role.candidates:
            named = [c.role for c in candidate.connections] + list(candidate.after)
            named += [s.role for s in candidate.secrets if s.role] + ([candidate.same_as] if candidate.same_as else [])
            assert set(named) <= set(roles), candidate.chart


def test_buckets_that_connections_name_are_made_by_the_object_storage() -> None:
    store = load_roles()["object_storage"].candidates[0]
    made = str(store.values["defaultBuckets"]).split(", ")
    texts = [c.text for r in load_roles().values() for k in r.candidates for c in k.connections]
    named = {found for text in texts for found in re.findall(r"the bucket (\w+) of", text)}
    assert named
    assert named <= set(made)


def test_aliases_mean_one_role_each() -> None:
    aliases = [alias for role in load_roles().values() for alias in (role.role, *role.aliases)]
    assert [a for a, n in Counter(aliases).items() if n > 1] == []


def test_software_is_described_in_known_terms() -> None:
    knowledge = load_knowledge()
    for name, software in knowledge.software.items():
        assert software.category in CATEGORIES, name
        assert software.about.endswith("."), name
        assert software.cncf in ("", "sandbox", "incubating", "graduated"), name
        if software.kind in (Kind.APPLICATION, Kind.OPERATOR) and software.roles:
            assert software.asks or software.instead, name


def test_what_took_a_charts_place_is_known() -> None:
    knowledge = load_knowledge()
    charts = {name.rpartition("/")[2] for name in knowledge.software}
    assert {s.instead for s in knowledge.software.values() if s.instead} <= charts


def test_the_bitnami_repository_is_frozen_and_says_so() -> None:
    bitnami = load_knowledge().repositories["bitnami"]
    assert bitnami.standing is Standing.FROZEN
    assert "2025-08-28" in bitnami.caution


def test_the_starter_has_charts_with_several_real_versions_and_sources() -> None:
    revisions = list(read_starter(load_knowledge()))
    packages = [p for r in revisions for p in r.packages]
    assert len(packages) >= 150
    assert sum(len(releases) > 1 for _, releases in packages) >= 150
    for facts, releases in packages:
        versions = [parse_version(r.version) for r in releases]
        assert versions == sorted(versions, reverse=True), facts.record_id
        assert len(set(versions)) == len(versions), facts.record_id
        assert facts.source, facts.record_id
        assert facts.as_of, facts.record_id


def test_every_starter_chart_is_described_and_its_repository_has_an_address() -> None:
    for package in starter().packages:
        assert package.about, package.key
        assert package.repository_url, package.key
        assert package.category in CATEGORIES, package.key


@pytest.mark.parametrize("role", KNOWN_ROLES)
def test_each_role_is_played_by_charts_of_the_starter(role: str) -> None:
    candidates = load_roles()[role].candidates
    keys = {p.key for p in starter().packages}
    assert any((c.repository, c.name) in keys for c in candidates)


def test_charts_that_bring_bitnami_parts_say_so() -> None:
    cautions = {p.key: " ".join(p.cautions) for p in starter().packages}
    assert "postgresql" in cautions["apache-airflow", "airflow"]
    assert "Bitnami" in cautions["apache-airflow", "airflow"]
