import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.packages.domain.index import Index
from services.packages.domain.package import Dependency, Standing
from services.packages.domain.recommend import recommend
from services.packages.domain.stack import Component, Context, RoleRequest, Stack
from services.packages.roles import load_roles
from tests.packages.conftest import chart, index_of, starter

ROLES = load_roles()


def fill(index: Index, *roles: str, wanted: dict[str, str] | None = None, **context: object) -> Stack:
    requests = [RoleRequest(r, (wanted or {}).get(r, "")) for r in roles]
    return recommend(index, ROLES, requests, Context(**context))  # type: ignore[arg-type]


def only(stack: Stack) -> Component:
    (component,) = stack.components
    return component


def name(component: Component) -> str:
    return component.package.facts.name if component.package else ""


def values(component: Component) -> dict[str, object]:
    return {v.path: v.value for v in component.values}


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


def test_alternatives_say_what_they_would_change(starter_index: Index) -> None:
    component = only(fill(starter_index, "vector_db"))
    assert 2 <= len(component.alternatives) <= 3
    assert all(a.difference for a in component.alternatives)
    assert component.package not in [a.package for a in component.alternatives]


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


def test_a_named_software_is_taken_with_its_knowledge(starter_index: Index) -> None:
    assert name(only(fill(starter_index, "vector_db", wanted={"vector_db": "Milvus"}))) == "milvus"


def test_a_named_software_beyond_the_candidates_is_found_by_name(starter_index: Index) -> None:
    component = only(fill(starter_index, "database", wanted={"database": "clickhouse"}))
    assert "clickhouse" in name(component)
    assert "You named it" in component.why


def test_a_named_software_that_the_catalogue_lacks_is_an_error_that_names_others(starter_index: Index) -> None:
    component = only(fill(starter_index, "vector_db", wanted={"vector_db": "pinecone"}))
    assert component.package is None
    assert "pinecone" in component.error
    assert "qdrant" in component.error


def test_what_is_installed_is_kept(starter_index: Index) -> None:
    component = only(fill(starter_index, "ingress", installed=("ingress-nginx",)))
    assert name(component) == "ingress-nginx"
    assert component.already_installed


def test_a_second_ingress_controller_beside_an_installed_one_is_a_conflict(starter_index: Index) -> None:
    stack = fill(starter_index, "ingress", wanted={"ingress": "traefik"}, installed=("ingress-nginx",))
    assert [(c.first, c.second) for c in stack.conflicts] == [("ingress-nginx", "traefik")]
    assert "compete" in stack.conflicts[0].description


def test_a_gateway_api_controller_runs_beside_an_ingress_controller(starter_index: Index) -> None:
    for installed in ("ingress-nginx", "traefik"):
        stack = fill(starter_index, "api_gateway", domain="llm", task="inference", installed=(installed,))
        assert name(stack.components[0]) in ("gateway-helm", installed)
        assert stack.conflicts == ()
    both = fill(starter_index, "ingress", "api_gateway", wanted={"ingress": "traefik", "api_gateway": "envoy-gateway"})
    assert both.conflicts == ()


def test_two_of_one_family_are_a_conflict_when_both_are_wanted(starter_index: Index) -> None:
    stack = fill(starter_index, "ingress", "api_gateway", wanted={"ingress": "traefik", "api_gateway": "kong"})
    assert {(c.first, c.second) for c in stack.conflicts} == {("traefik", "ingress")}


def test_gateway_and_ingress_share_a_proxy_when_nothing_is_wanted(starter_index: Index) -> None:
    stack = fill(starter_index, "ingress", "api_gateway")
    assert len({name(c) for c in stack.components}) == 1
    assert "same release" in stack.components[0].why


def test_charts_with_the_same_resources_conflict(starter_index: Index) -> None:
    wanted = {"monitoring": "kube-prometheus-stack", "logging": "kube-prometheus"}
    index = index_of(
        chart("prometheus-community", "kube-prometheus-stack"),
        chart("elsewhere", "my-prometheus", crds=("prometheuses.monitoring.coreos.com",)),
    )
    wanted["logging"] = "my-prometheus"
    stack = fill(index, "monitoring", "logging", wanted=wanted)
    assert "prometheuses.monitoring.coreos.com" in stack.conflicts[0].description
    assert starter_index.packages


def test_charts_that_get_no_images_any_more_are_no_alternatives(starter_index: Index) -> None:
    stack = fill(starter_index, *sorted(ROLES))
    others = [a.package for c in stack.components for a in c.alternatives]
    assert others
    assert not [p.key for p in others if p.standing is Standing.FROZEN]


def test_excluded_software_is_not_chosen_nor_an_alternative(starter_index: Index) -> None:
    component = only(fill(starter_index, "vector_db", excluded=("qdrant",)))
    assert "qdrant" not in {name(component), *(a.package.facts.name for a in component.alternatives)}


def test_neighbours_are_connected_by_service_port_secret_and_value(starter_index: Index) -> None:
    stack = fill(starter_index, "experiment_tracking", "database", "object_storage", "monitoring")
    mlflow = stack.components[0]
    links = {c.role: c for c in mlflow.connections}
    assert (links["database"].service, links["database"].port, links["database"].secret) == (
        "postgres-rw",
        5432,
        "postgres-app",
    )
    assert links["database"].value_path == "backendStore.postgres.host"
    assert values(mlflow)["backendStore.postgres.host"] == "postgres-rw"
    assert values(mlflow)["extraEnvVars.MLFLOW_S3_ENDPOINT_URL"] == "http://minio:9000"
    assert values(mlflow)["artifactRoot.s3.existingSecret.name"] == "minio-credentials"
    assert values(mlflow)["serviceMonitor.enabled"] is True
    assert set(mlflow.after_roles) >= {"database", "object_storage"}


def test_a_secret_of_another_namespace_is_to_be_copied(starter_index: Index) -> None:
    stack = fill(starter_index, "experiment_tracking", "object_storage", high_availability=True)
    (link,) = stack.components[0].connections
    assert link.service == "rook-ceph-rgw-ceph-objectstore.rook-ceph.svc"
    assert "Copy the Secret rook-ceph-object-user-ceph-objectstore-ai" in link.description


def test_without_neighbours_there_are_no_connections(starter_index: Index) -> None:
    mlflow = only(fill(starter_index, "experiment_tracking"))
    assert mlflow.connections == ()
    assert mlflow.after_roles == ()
    assert "backendStore.postgres.host" not in values(mlflow)


def test_an_operator_names_the_charts_to_install_with_it(starter_index: Index) -> None:
    database = only(fill(starter_index, "database", high_availability=True))
    (cluster,) = database.companions
    assert cluster.package.key == ("cloudnative-pg", "cluster")
    assert {v.path: v.value for v in cluster.values}["cluster.instances"] == 3


def test_gpus_of_a_maker_without_a_chart_are_said_to_lack_one(starter_index: Index) -> None:
    component = only(fill(starter_index, "gpu_operator", gpu_vendor="amd"))
    assert component.package is None
    assert "AMD" in component.error
    assert "huawei" in only(fill(starter_index, "gpu_operator", gpu_vendor="huawei")).error
    assert "no GPUs" in only(fill(starter_index, "gpu_operator", gpu_vendor="none")).error


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


@pytest.mark.parametrize("pair", list(itertools.combinations(sorted(ROLES), 2))[::9])
def test_any_two_roles_go_together(starter_index: Index, pair: tuple[str, str]) -> None:
    assert fill(starter_index, *pair, gpu_vendor="nvidia").conflicts == ()


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
