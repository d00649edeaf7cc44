"""Manifests given to a real API server, where one is named; nothing but a namespace of the test's own is made in it.

STACK8S_TEST_KUBERNETES_URL and STACK8S_TEST_KUBERNETES_TOKEN name it: Kubernetes 1.25 or later, and a token that may
make namespaces and what is in them. STACK8S_TEST_KUBERNETES_CA: the file of its authority, where the system has none.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings

from tests.orchestrator.render.objects import documents, templates
from tests.orchestrator.render.strategies import plans
from tests.orchestrator.render.validate import Object

URL = os.environ.get("STACK8S_TEST_KUBERNETES_URL", "")
BY_CHARTS = {"JobSet", "LeaderWorkerSet", "PodMonitor", "ScaledObject"}
"""Kinds that a cluster need not know."""
PLURALS = {"NetworkPolicy": "networkpolicies"}

pytestmark = pytest.mark.skipif(not URL, reason="STACK8S_TEST_KUBERNETES_URL names no API server")


class Cluster:
    """An API server with a namespace of the test's own, which admits only what the standard "restricted" allows."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        space = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"generateName": "stack8s-test-", "labels": labels},
        }
        answer = client.post("/api/v1/namespaces", json=space)
        assert answer.status_code == 201, answer.text
        self.space: str = answer.json()["metadata"]["name"]
        account = {"metadata": {"name": "test"}}
        assert client.post(f"/api/v1/namespaces/{self.space}/serviceaccounts", json=account).status_code == 201

    def refusal(self, item: Object) -> str:
        """Return why the server would not make an object as it is written, with every field known and all admission
        passed; empty where it would."""
        group, kind = item["apiVersion"], item["kind"]
        place = f"/{'apis' if '/' in group else 'api'}/{group}"
        if kind != "Namespace":
            place += f"/namespaces/{self.space}"
            item = {**item, "metadata": {**item["metadata"], "namespace": self.space}}
        answer = self._client.post(
            f"{place}/{PLURALS.get(kind, f'{kind.lower()}s')}",
            params={"dryRun": "All", "fieldValidation": "Strict"},
            json=item,
        )
        unknown = answer.status_code == 404 and kind in BY_CHARTS
        return "" if answer.status_code == 201 or unknown else f"{kind}: {answer.text}"

    def close(self) -> None:
        """Take the namespace away again."""
        self._client.delete(f"/api/v1/namespaces/{self.space}")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    token, authority = (os.environ.get(f"STACK8S_TEST_KUBERNETES_{name}") for name in ("TOKEN", "CA"))
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(
        base_url=URL, headers=headers, verify=ssl.create_default_context(cafile=authority), timeout=60
    ) as client:
        made = Cluster(client)
        yield made
        made.close()


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")  # plans are long to print
@settings(max_examples=100, deadline=None)
@given(plan=plans())
def test_an_api_server_takes_every_object_and_admits_every_pod(cluster: Cluster, plan: Any):
    for item in documents(plan) if plan.workload else ():
        assert cluster.refusal(item) == ""
        for number, template in enumerate(templates([item])):
            assert cluster.refusal(_pod(item, number, template)) == ""


def _pod(owner: Object, number: int, template: Object) -> Object:
    """Return a pod as its owner makes it, with the claims of its own."""
    claims = [claim["metadata"]["name"] for claim in owner["spec"].get("volumeClaimTemplates", ())]
    volumes = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims]
    spec = {**template["spec"], "serviceAccountName": "test", "volumes": [*template["spec"]["volumes"], *volumes]}
    metadata = {**template["metadata"], "name": f"{owner['metadata']['name']}-{number}"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
