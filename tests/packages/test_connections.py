"""How chosen components use each other: Services, ports, Secrets, values and companions."""

from __future__ import annotations

from services.packages.domain.connect import connections_of
from services.packages.domain.index import Index
from services.packages.domain.roles import Candidate, Connect, Service
from tests.packages.conftest import chart, index_of
from tests.packages.stacks import fill, only, values


def test_a_controller_is_never_given_as_the_address_of_the_models_that_it_serves(starter_index: Index) -> None:
    stack = fill(starter_index, "inference_server", "llm_gateway", wanted={"inference_server": "kserve-resources"})
    gateway = next(c for c in stack.components if c.role == "llm_gateway")
    (link,) = (c for c in gateway.connections if c.role == "inference_server")
    assert "InferenceService" in link.description
    assert not link.service


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
    rustfs = fill(
        starter_index, "vector_db", "object_storage", wanted={"vector_db": "milvus", "object_storage": "rustfs"}
    )
    assert values(rustfs.components[0])["queryNode.extraEnv[1].valueFrom.secretKeyRef.key"] == "secret-key"


def test_a_store_without_a_secret_gives_no_keys() -> None:
    role, package = "object_storage", index_of(chart("acme", "store")).packages[0]
    link = Connect(role, "Keeps data in {name}.", secret_env_at=("env",), secret_env={"KEY": "{password_key}"})
    user = Candidate("acme/user", "user", "why", "else", connections=(link,))
    store = Candidate("acme/store", "store", "why", "else", service=Service("store", 9000))
    assert connections_of(user, {role: (store, package)})[1] == {}


def test_what_the_user_connects_by_hand_is_told_with_the_secret_and_its_keys(starter_index: Index) -> None:
    stack = fill(starter_index, "llm_gateway", "cache", wanted={"cache": "cloudpirates/redis"})
    (link,) = (c for c in stack.components[0].connections if c.role == "cache")
    assert link.description.endswith("Its Secret redis has the credentials under redis-password.")
    stack = fill(starter_index, "llm_gateway", "cache", wanted={"cache": "valkey"})
    (link,) = (c for c in stack.components[0].connections if c.role == "cache")
    assert "Secret" not in link.description


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


def test_traces_of_language_models_use_the_stores_of_the_stack_and_ask_for_the_operator(starter_index: Index) -> None:
    stack = fill(starter_index, "tracing", "database", "object_storage", wanted={"tracing": "langfuse"})
    langfuse, _, store = stack.components
    found = values(langfuse)
    assert (found["postgresql.deploy"], found["s3.deploy"]) == (False, False)
    assert (found["postgresql.host"], found["postgresql.auth.username"]) == ("postgres-rw", "app")
    assert found["s3.endpoint"] == "http://minio:9000"
    assert found["s3.secretAccessKey.secretKeyRef.key"] == "password"
    assert found["s3.bucket"] in str(values(store)["defaultBuckets"]).split(", ")
    assert any("operator first" in note for note in langfuse.notes)
    assert "postgresql.deploy" not in values(only(fill(starter_index, "tracing", wanted={"tracing": "langfuse"})))
