import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.packages.domain.index import Index
from services.packages.domain.package import Dependency, Release, Standing
from services.packages.domain.recommend import recommend
from services.packages.domain.roles import Candidate, Role
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


def test_what_was_not_checked_against_the_chart_is_said(starter_index: Index) -> None:
    unchecked = only(fill(starter_index, "notebook", wanted={"notebook": "bitnami/jupyterhub"}))
    assert any("not checked against the chart's own values" in note for note in unchecked.notes)
    checked = only(fill(starter_index, "notebook"))
    assert not any("not checked" in note for note in checked.notes)


def test_a_controller_is_never_given_as_the_address_of_the_models_that_it_serves(starter_index: Index) -> None:
    stack = fill(starter_index, "inference_server", "llm_gateway", wanted={"inference_server": "kserve-resources"})
    gateway = next(c for c in stack.components if c.role == "llm_gateway")
    (link,) = (c for c in gateway.connections if c.role == "inference_server")
    assert "InferenceService" in link.description
    assert not link.service


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


def test_software_that_could_fill_a_role_too_is_no_conflict_with_what_does(starter_index: Index) -> None:
    assert fill(starter_index, "certificates", installed=("vault",)).conflicts == ()
    assert fill(starter_index, "monitoring", installed=("datadog",)).conflicts == ()
    stack = fill(
        starter_index,
        "monitoring",
        wanted={"monitoring": "victoria-metrics-k8s-stack"},
        installed=("kube-prometheus-stack",),
    )
    assert [c.first for c in stack.conflicts] == ["kube-prometheus-stack"]


def test_what_is_installed_is_kept_though_no_candidate_of_the_role(starter_index: Index) -> None:
    component = only(fill(starter_index, "database", installed=("mysql",)))
    assert component.package is not None
    assert component.package.software == "mysql"
    assert component.already_installed
    assert "nothing is to be done" in component.why


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


def test_keys_of_a_store_are_read_from_its_secret_by_software_whose_chart_takes_none(starter_index: Index) -> None:
    stack = fill(starter_index, "vector_db", "object_storage", wanted={"vector_db": "milvus"})
    found = values(stack.components[0])
    assert found["externalS3.host"] == "minio"
    for path in ("standalone", "queryNode", "dataNode", "streamingNode", "mixCoordinator"):
        source = f"{path}.extraEnv[1].valueFrom.secretKeyRef"
        assert found[f"{path}.extraEnv[1].name"] == "MINIO_SECRET_ACCESS_KEY"
        assert (found[f"{source}.name"], found[f"{source}.key"]) == ("minio-credentials", "password")
    without = fill(
        starter_index, "vector_db", "object_storage", wanted={"vector_db": "milvus", "object_storage": "rustfs"}
    )
    assert not [p for p in values(without.components[0]) if "extraEnv" in p]


def test_backups_go_to_the_object_storage_of_the_stack(starter_index: Index) -> None:
    velero = fill(starter_index, "backup", "object_storage").components[0]
    assert values(velero)["configuration.backupStorageLocation[0].config.s3Url"] == "http://minio.ai.svc:9000"
    assert [s.keys for s in velero.secrets] == [("cloud",)]
    assert velero.notes == ()
    assert "name a bucket" in only(fill(starter_index, "backup")).notes[0]
    buckets = str(values(fill(starter_index, "object_storage").components[0])["defaultBuckets"])
    assert values(velero)["configuration.backupStorageLocation[0].bucket"] in buckets.split(", ")


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
