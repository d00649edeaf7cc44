"""What is chosen for a role, its alternatives and what is left to the user."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.packages.domain.index import Index
from services.packages.domain.package import Dependency, Standing
from services.packages.domain.recommend import recommend
from services.packages.domain.roles import Candidate, Role
from services.packages.domain.stack import Context, RoleRequest
from tests.packages.conftest import chart, index_of, starter
from tests.packages.stacks import ROLES, fill, name, only, values


def test_all_roles_are_filled_in_the_order_asked_without_conflicts(starter_index: Index) -> None:
    stack = fill(starter_index, *ROLES, task="rag", domain="llm", concurrency=50, gpu_vendor="nvidia")
    assert [c.role for c in stack.components] == list(ROLES)
    assert [c.role for c in stack.components if c.error] == []
    assert stack.conflicts == ()
    assert all(c.why and c.release and c.namespace for c in stack.components)


def test_every_version_recommended_exists(starter_index: Index) -> None:
    versions = {p.key: p.facts.release.version for p in starter_index.packages}
    for component in fill(starter_index, *ROLES).components:
        shown = [
            component.package,
            *(a.package for a in component.alternatives),
            *(c.package for c in component.companions),
        ]
        assert all(p is not None and versions[p.key] == p.facts.release.version for p in shown)


@pytest.mark.parametrize("role", sorted(ROLES))
@pytest.mark.parametrize(
    "context", [{}, {"domain": "llm", "gpu_vendor": "nvidia"}, {"domain": "tabular", "high_availability": True}]
)
def test_each_role_has_two_or_three_alternatives_in_the_starter_catalogue(
    starter_index: Index, role: str, context: dict[str, object]
) -> None:
    component = only(fill(starter_index, role, **context))
    assert len(component.alternatives) <= 3
    assert all(a.difference for a in component.alternatives)
    assert component.package not in [a.package for a in component.alternatives]
    assert len({a.package.key for a in component.alternatives}) == len(component.alternatives)
    assert len(component.alternatives) >= 2
    assert not any(n.startswith("This catalogue has no other") for n in component.notes)


def test_a_catalogue_that_knows_fewer_alternatives_says_so_and_names_what_has_no_chart() -> None:
    alone = index_of(chart("humansignal", "label-studio"))
    (note,) = only(fill(alone, "data_labelling")).notes
    assert "no other maintained chart" in note
    assert "CVAT" in note
    two = index_of(chart("jupyterhub", "jupyterhub"), chart("coder", "coder"))
    assert "coder" in only(fill(two, "notebook")).notes[-1]


def test_other_software_comes_before_another_chart_of_the_same(starter_index: Index) -> None:
    stack = fill(starter_index, "object_storage", "logging")
    for component in stack.components:
        assert component.package is not None
        same = [a.package.software == component.package.software for a in component.alternatives]
        assert same == sorted(same)


def test_a_chart_stands_in_for_another_repositorys_only_where_it_is_no_candidate_itself() -> None:
    there = index_of(chart("grafana", "loki"), chart("victoriametrics", "victoria-logs-single"))
    component = only(fill(there, "logging"))
    assert component.package is not None
    assert component.package.key == ("grafana", "loki")
    assert values(component)["deploymentMode"] == "SingleBinary"
    assert "grafana-community" in " ".join(component.package.cautions)
    elsewhere = index_of(chart("kedacore-mirror", "keda", official=True))
    assert name(only(fill(elsewhere, "autoscaling"))) == "keda"


def test_what_was_not_checked_against_the_chart_is_said() -> None:
    candidates = (
        Candidate("acme/read", "read", "why", "else"),
        Candidate("acme/unread", "u", "why", "else", unchecked=True),
    )
    roles = {"cache": Role("cache", "Cache", candidates)}
    index = index_of(chart("acme", "read"), chart("acme", "unread"))
    for wanted in ("read", "unread"):
        component = only(recommend(index, roles, [RoleRequest("cache", wanted)], Context()))
        assert name(component) == wanted
        said = any("not checked against the chart's own values" in note for note in component.notes)
        assert said == (wanted == "unread")


def test_notes_tell_what_is_left_to_fill_in_for_the_stack(starter_index: Index) -> None:
    amd = only(fill(starter_index, "inference_server", domain="llm", gpu_vendor="amd", concurrency=100))
    assert any("amd.com/gpu" in n for n in amd.notes)
    nvidia = only(fill(starter_index, "inference_server", domain="llm", gpu_vendor="nvidia"))
    assert any("modelSpec" in n for n in nvidia.notes)
    assert not any("amd.com/gpu" in n for n in nvidia.notes)


@pytest.mark.parametrize(
    ("role", "context", "expected"),
    [
        ("inference_server", {"domain": "llm", "gpu_vendor": "nvidia"}, "vllm-stack"),
        ("inference_server", {"domain": "computer_vision"}, "kserve-resources"),
        ("inference_server", {"domain": "embeddings"}, "tei"),
        ("inference_server", {"domain": "speech"}, "kubeai"),
        ("inference_server", {"domain": "llm", "gpu_vendor": "none"}, "ollama"),
        ("vector_db", {"concurrency": 1000}, "milvus"),
        ("vector_db", {"concurrency": 5}, "qdrant"),
        ("object_storage", {}, "minio"),
        ("object_storage", {"high_availability": True}, "rook-ceph"),
        ("secrets", {"compliance": ("hipaa",)}, "vault"),
        ("secrets", {}, "external-secrets"),
        ("tracing", {"domain": "llm", "task": "rag"}, "langfuse"),
        ("tracing", {"domain": "computer_vision"}, "jaeger"),
        ("distributed_training", {"domain": "reinforcement_learning"}, "kuberay-operator"),
        ("messaging", {"concurrency": 5, "task": "inference"}, "nats"),
    ],
)
def test_the_choice_follows_the_stack(
    starter_index: Index, role: str, context: dict[str, object], expected: str
) -> None:
    assert name(only(fill(starter_index, role, **context))) == expected


def test_charts_that_get_no_images_any_more_are_no_alternatives(starter_index: Index) -> None:
    stack = fill(starter_index, *sorted(ROLES))
    others = [a.package for c in stack.components for a in c.alternatives]
    assert others
    assert not [p.key for p in others if p.standing is Standing.FROZEN]


def test_gpus_of_a_maker_get_the_operator_of_that_maker(starter_index: Index) -> None:
    assert name(only(fill(starter_index, "gpu_operator", gpu_vendor="nvidia"))) == "gpu-operator"
    amd = only(fill(starter_index, "gpu_operator", gpu_vendor="amd"))
    assert name(amd) == "gpu-operator-charts"
    assert [a.package.facts.name for a in amd.alternatives] == ["amd-gpu"]


def test_gpus_of_a_maker_without_a_chart_are_said_to_lack_one(starter_index: Index) -> None:
    component = only(fill(starter_index, "gpu_operator", gpu_vendor="intel"))
    assert component.package is None
    assert "Intel" in component.error
    assert "huawei" in only(fill(starter_index, "gpu_operator", gpu_vendor="huawei")).error
    assert "no GPUs" in only(fill(starter_index, "gpu_operator", gpu_vendor="none")).error
    without = index_of(chart("nvidia-gpu-operator", "gpu-operator"))
    assert "ROCm/gpu-operator" in only(fill(without, "gpu_operator", gpu_vendor="amd")).error


def test_an_old_cluster_gets_a_chart_that_takes_it_or_is_told(starter_index: Index) -> None:
    component = only(fill(starter_index, "certificates", kube_version="1.19.0"))
    assert component.package is not None
    assert component.why


def test_a_recommended_chart_that_brings_bitnami_parts_warns(starter_index: Index) -> None:
    component = only(fill(starter_index, "llm_gateway"))
    assert component.package is not None
    assert any(isinstance(d, Dependency) for d in component.package.facts.release.dependencies) == bool(
        component.package.cautions
    )


def test_no_bitnami_chart_is_a_first_choice(starter_index: Index) -> None:
    chosen = [c.package for c in fill(starter_index, *ROLES).components]
    assert [p.key for p in chosen if p is not None and p.facts.repository == "bitnami"] == []


@settings(max_examples=40, deadline=None)
@given(
    roles=st.lists(st.sampled_from(sorted(ROLES)), min_size=1, max_size=12, unique=True),
    task=st.sampled_from(["", "rag", "training", "inference"]),
    domain=st.sampled_from(["", "llm", "computer_vision", "tabular", "speech"]),
    concurrency=st.integers(0, 5000),
    high_availability=st.booleans(),
    gpu_vendor=st.sampled_from(["", "nvidia", "none"]),
)
def test_any_stack_is_whole_free_of_conflicts_and_the_same_each_time(
    roles: list[str], task: str, domain: str, concurrency: int, high_availability: bool, gpu_vendor: str
) -> None:
    context = {"task": task, "domain": domain, "concurrency": concurrency, "high_availability": high_availability}
    stack = fill(starter(), *roles, **context, gpu_vendor=gpu_vendor)
    assert stack == fill(starter(), *roles, **context, gpu_vendor=gpu_vendor)
    assert stack.conflicts == ()
    assert [c.role for c in stack.components] == roles
    assert all(bool(c.error) != bool(c.package) for c in stack.components)
