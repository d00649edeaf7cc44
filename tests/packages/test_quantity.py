from textwrap import dedent

import pytest
import yaml

from services.packages.domain.package import Basis, Requirements
from services.packages.domain.quantity import parse_quantity, requested, stated


@pytest.mark.parametrize(
    ("written", "expected"),
    [("500m", 0.5), ("2", 2.0), (1, 1.0), ("1.5Gi", 1.5 * 2**30), ("100k", 1e5), ("1e3", 1000.0), ("64Mi", 64 * 2**20)],
)
def test_quantities_are_read_as_kubernetes_reads_them(written: object, expected: float) -> None:
    assert parse_quantity(written) == pytest.approx(expected)


@pytest.mark.parametrize("written", ["", "many", "1 Gi", "-1", None, True, [], "1ee3", "Gi"])
def test_what_is_no_quantity_is_none(written: object) -> None:
    assert parse_quantity(written) is None


MANIFESTS = """
kind: Deployment
spec:
  replicas: 3
  template:
    spec:
      initContainers:
      - resources: {requests: {cpu: '2', memory: 64Mi}}
      containers:
      - resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: '4', nvidia.com/gpu: 1}}
      - resources: {limits: {cpu: 250m, memory: 1Gi}}
---
kind: StatefulSet
spec:
  replicas: 2
  template: {spec: {containers: [{name: a}]}}
  volumeClaimTemplates:
  - spec: {resources: {requests: {storage: 10Gi}}}
---
kind: PersistentVolumeClaim
spec: {resources: {requests: {storage: 5Gi}}}
---
kind: Job
spec: {template: {spec: {containers: [{resources: {requests: {cpu: '100'}}}]}}}
---
kind: Pod
metadata: {annotations: {helm.sh/hook: test}}
spec: {containers: [{resources: {requests: {cpu: '100'}}}]}
"""


def test_requests_are_summed_over_pods_replicas_and_claims() -> None:
    found = requested(yaml.safe_load_all(MANIFESTS))
    assert found.cpus == 3 * 2.0  # the init container is larger than both containers together
    assert found.memory_gib == 3 * 2.0
    assert found.gpus == 3
    assert found.storage_gib == 25.0
    assert found.basis is Basis.RENDERED


def of(manifests: str) -> Requirements:
    return requested(yaml.safe_load_all(dedent(manifests)))


def test_objects_of_a_list_count_like_others() -> None:
    pods = "{kind: Pod, spec: {containers: [{resources: {requests: {cpu: 1}}}]}}"
    assert of(f"kind: List\nitems: [{pods}, {{kind: PodList, items: [{pods}, {pods}]}}]").cpus == 3.0


def test_a_sidecar_that_starts_first_runs_beside_the_others() -> None:
    pod = """
    kind: Pod
    spec:
      initContainers:
      - {restartPolicy: Always, resources: {requests: {cpu: 1, memory: 1Gi}}}
      - {resources: {requests: {cpu: 3}}}
      - {restartPolicy: Always, resources: {requests: {memory: 2Gi}}}
      containers: [{resources: {requests: {cpu: 2, memory: 4Gi}}}]
    """
    assert (of(pod).cpus, of(pod).memory_gib) == (4.0, 7.0)  # while it starts: 1 + 3; then 1 + 2 + 4


def test_what_a_pod_states_as_a_whole_stands_for_its_containers() -> None:
    container = "{resources: {requests: {cpu: 9, memory: 1Gi}}}"
    pod = f"{{kind: Pod, spec: {{resources: {{requests: {{cpu: 2}}}}, containers: [{container}]}}}}"
    assert (of(pod).cpus, of(pod).memory_gib) == (2.0, 1.0)


@pytest.mark.parametrize(
    ("stated_replicas", "expected"), [("", 4), ("replicas: 2,", 4), ("replicas: 6,", 6), ("replicas: 0,", 0)]
)
def test_what_an_autoscaler_scales_has_its_least_replicas(stated_replicas: str, expected: int) -> None:
    scaled = f"""
    kind: Deployment
    metadata: {{name: web}}
    spec: {{{stated_replicas} template: {{spec: {{containers: [{{resources: {{requests: {{cpu: 1}}}}}}]}}}}}}
    ---
    kind: HorizontalPodAutoscaler
    spec: {{minReplicas: 4, scaleTargetRef: {{kind: Deployment, name: web}}}}
    """
    assert of(scaled).cpus == expected


def test_volumes_that_live_as_long_as_a_pod_are_claimed_too() -> None:
    volume = "{ephemeral: {volumeClaimTemplate: {spec: {resources: {requests: {storage: 5Gi}}}}}}"
    assert (
        of(f"kind: Deployment\nspec: {{replicas: 2, template: {{spec: {{volumes: [{volume}]}}}}}}").storage_gib == 10.0
    )


@pytest.mark.parametrize(
    ("resource", "gpus"),
    [
        ("nvidia.com/gpu", 2),
        ("nvidia.com/gpu.shared", 2),
        ("nvidia.com/mig-1g.10gb", 2),
        ("amd.com/gpu", 2),
        ("gpu.intel.com/xe", 2),
        ("nvidia.com/gpumem", None),
        ("nvidia.com/gpucores", None),
        ("gpu.intel.com/memory.max", None),
    ],
)
def test_gpus_are_counted_and_measures_of_their_memory_and_cores_are_not(resource: str, gpus: int | None) -> None:
    assert of(f"{{kind: Pod, spec: {{containers: [{{resources: {{limits: {{{resource}: 2}}}}}}]}}}}").gpus == gpus


def test_what_nothing_states_stays_unknown() -> None:
    found = requested([{"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"name": "a"}]}}}}])
    assert (found.cpus, found.memory_gib, found.gpus, found.storage_gib) == (None, None, None, None)


@pytest.mark.parametrize(
    "manifest", [None, [], "text", {"kind": "Deployment", "spec": []}, {"kind": "Pod", "spec": {"containers": 5}}]
)
def test_manifests_of_a_wrong_shape_request_nothing(manifest: object) -> None:
    assert requested([manifest]).cpus is None


def test_stated_values_are_summed_but_for_parts_switched_off() -> None:
    values = {
        "resources": {"requests": {"cpu": "100m"}},
        "persistence": {"size": "8Gi"},
        "worker": {"enabled": True, "resources": {"limits": {"cpu": "400m", "memory": "1Gi"}}},
        "extra": {"enabled": False, "resources": {"requests": {"cpu": "64"}}, "persistence": {"size": "1Ti"}},
    }
    found = stated(values).requirements(Basis.STATED)
    assert (found.cpus, found.memory_gib, found.storage_gib) == (0.5, 1.0, 8.0)
