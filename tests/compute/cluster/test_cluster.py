"""The user's cluster, against a real HTTP server that speaks the Kubernetes API."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import kmock as kmock_module
import pytest

from services.compute.cluster.client import Client, Refused
from services.compute.cluster.metrics import Utilisation
from services.compute.cluster.offers import LocalOffers
from services.compute.cluster.watch import Cluster, State
from services.compute.domain.offer import PriceModel
from services.compute.domain.query import OfferFilter, OfferQuery
from services.compute.domain.search import search
from tests.compute.cluster.kubernetes import (
    A100,
    PODS,
    REFERENCE,
    Server,
    connected,
    create,
    following,
    kubeconfig,
    node,
    pod,
    seen,
)


async def test_free_is_allocatable_minus_what_running_pods_ask_for(
    kmock: Server, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    await create(api, node("a", labels=A100, nvidia_gpu=8), node("b", labels=A100, nvidia_gpu=8))
    await create(
        api,
        pod("one", on="a", count=3),
        pod("waits", phase="Pending", count=8),
        pod("done", on="b", phase="Succeeded", count=8),
    )
    async with following(kmock, tmp_path) as cluster:
        view = await seen(cluster, connected)
    (gpu,) = view.capacity.gpus
    assert (gpu.gpu_type, gpu.gpu_memory_gib) == ("A100-80GB-SXM", 80)
    assert (gpu.allocatable, gpu.requested, gpu.free, gpu.free_on_one_node_max) == (16, 3, 13, 8)
    assert [(j.name, j.phase, j.gpu_count, j.node) for j in view.capacity.jobs] == [
        ("one", "Running", 3, "a"),
        ("waits", "Pending", 8, ""),
    ]
    assert view.as_of is not None
    assert view.capacity.cpus_allocatable == 127.0
    assert view.capacity.cpus_free == 123.0


async def test_drained_and_unready_nodes_have_nothing_free(
    kmock: Server, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    await create(
        api,
        node("drained", labels=A100, nvidia_gpu=8, cordoned=True),
        node("down", labels=A100, nvidia_gpu=8, ready=False),
    )
    async with following(kmock, tmp_path) as cluster:
        view = await seen(cluster, connected)
    assert [(g.allocatable, g.free) for g in view.capacity.gpus] == [(16, 0)]


async def test_gpus_of_every_vendor_and_mig_slices_are_told_apart(
    kmock: Server, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    mig = {**A100, "nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB-MIG-1g.10gb"}
    await create(
        api,
        node("nvidia", labels=A100, nvidia_gpu=2),
        node("mig", labels=mig, mig=7),
        node("amd", labels={"amd.com/gpu.product-name": "AMD_Instinct_MI300X_OAM"}, amd_gpu=8),
        node("gaudi", labels={"node.kubernetes.io/instance-type": "dl1.24xlarge"}, gaudi=8),
        node("neuron", labels={"node.kubernetes.io/instance-type": "trn1.32xlarge"}, neuron=16),
        node("tpu", labels={"cloud.google.com/gke-tpu-accelerator": "tpu-v5-lite-podslice"}, tpu=4),
        node("aws", labels={"node.kubernetes.io/instance-type": "p5.48xlarge"}, nvidia_gpu=8),
        node("gke", labels={"cloud.google.com/gke-accelerator": "nvidia-tesla-t4"}, nvidia_gpu=1),
        node("bare", nvidia_gpu=1),
    )
    async with following(kmock, tmp_path) as cluster:
        view = await seen(cluster, lambda v: connected(v) and len(v.capacity.nodes) == 9)
    found = {n.node.name: (n.gpus[0].gpu_type, n.gpus[0].gpu_memory_gib) for n in view.capacity.nodes}
    assert found == {
        "nvidia": ("A100-80GB-SXM", 80),
        "mig": ("A100-80GB-SXM", 10),
        "amd": ("MI300X", 192),
        "gaudi": ("Gaudi", 32),
        "neuron": ("Trainium", 32),
        "tpu": ("tpu-v5e", 16),
        "aws": ("H100-SXM", 80),
        "gke": ("T4", 16),
        "bare": ("nvidia.com/gpu", None),
    }


async def test_slices_and_shares_do_not_pass_for_whole_gpus(
    kmock: Server, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    sliced = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB-MIG-2g.20gb", "nvidia.com/gpu.memory": "19968"}
    shared = {**A100, "nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB-SHARED", "nvidia.com/gpu.replicas": "4"}
    await create(
        api,
        node("sliced", labels=sliced, nvidia_gpu=24),
        node("shared", labels=shared, nvidia_gpu=32),
        node("whole", labels=A100, nvidia_gpu=2),
    )
    async with following(kmock, tmp_path) as cluster:
        view = await seen(cluster, lambda v: connected(v) and len(v.capacity.nodes) == 3)
        index = await LocalOffers(cluster, {"*": 1.4}, REFERENCE.gpus, REFERENCE.regions).index()
    found = {(g.gpu_memory_gib, g.free, round(g.share, 3)) for g in view.capacity.gpus}
    assert found == {(20, 24, 0.286), (20, 32, 0.25), (80, 2, 1)}
    assert index is not None
    whole = OfferQuery(OfferFilter(gpu_memory_gib_min=80, price_models=(PriceModel.OWNED,)))
    offers = [index.offer(f.row) for f in search(index, whole, size=50).results]
    assert [(o.machine.gpu_count, o.price_micros) for o in offers] == [(1, 1_400_000), (2, 2_800_000)]


async def test_neuron_chips_under_three_names_are_counted_once(
    kmock: Server, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    labels = {"node.kubernetes.io/instance-type": "trn1.32xlarge"}
    await create(api, node("a", labels=labels, neuron=16, neurondevice=16, neuroncore=32))
    await create(api, pod("cores", on="a", resource="aws.amazon.com/neuroncore", count=3))
    await create(api, pod("chips", on="a", resource="aws.amazon.com/neuron", count=4))
    async with following(kmock, tmp_path) as cluster:
        view = await seen(cluster, lambda v: connected(v) and v.capacity.gpus[0].free == 10)
    assert [(g.gpu_type, g.allocatable, g.requested, g.free) for g in view.capacity.gpus] == [("Trainium", 16, 6, 10)]


async def test_a_cluster_whose_pods_are_refused_is_not_connected_by_its_nodes(
    kmock: Server, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    await create(api, node("a", labels=A100, nvidia_gpu=8))
    refused = {"kind": "Status", "status": "Failure", "code": 403, "message": "pods is forbidden"}
    kmock["watch", kmock_module.resource("v1/pods")] << 403 << refused
    async with following(kmock, tmp_path) as cluster:
        await seen(cluster, lambda v: "403" in v.reason)
        await create(api, node("b", labels=A100, nvidia_gpu=8))
        view = await seen(cluster, lambda v: len(v.capacity.nodes) == 2)
    assert view.state is State.UNREACHABLE
    assert "pods" in view.reason
    assert "developer" not in view.reason


async def test_changes_are_followed(kmock: Server, api: httpx2.AsyncClient, tmp_path: Path) -> None:
    await create(api, node("a", labels=A100, nvidia_gpu=8))
    async with following(kmock, tmp_path) as cluster:
        await seen(cluster, lambda v: connected(v) and v.capacity.gpus[0].free == 8)
        await create(api, pod("job", on="a", count=5))
        busy = await seen(cluster, lambda v: v.capacity.gpus[0].free == 3)
        assert busy.capacity.gpus[0].free == 3
        await api.delete(f"{PODS}/job")
        idle = await seen(cluster, lambda v: v.capacity.gpus[0].free == 8)
        assert idle.capacity.gpus[0].free == 8


async def test_init_containers_sidecars_and_overhead_count_as_the_scheduler_counts_them(
    kmock: Server, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    gpu = {"resources": {"limits": {"nvidia.com/gpu": "1"}}}
    job = pod(
        "job",
        on="a",
        count=2,
        initContainers=[
            {"name": "side", "restartPolicy": "Always", **gpu},
            {"name": "init", "resources": {"limits": {"nvidia.com/gpu": "4"}}},
        ],
    )
    await create(api, node("a", labels=A100, nvidia_gpu=8), job)
    async with following(kmock, tmp_path) as cluster:
        view = await seen(cluster, connected)
    # The init container runs beside the sidecar: 1 + 4 is more than the 1 + 2 that run later.
    assert view.capacity.gpus[0].requested == 5


@pytest.mark.parametrize(
    ("status", "words"), [(403, "docs/compute.md"), (401, "token may have expired"), (500, "does not answer")]
)
async def test_a_cluster_that_refuses_is_unreachable_and_says_why(
    kmock: Server, tmp_path: Path, status: int, words: str
) -> None:
    answer = {"kind": "Status", "status": "Failure", "code": status, "message": "nodes is forbidden"}
    kmock["get"] << status << answer
    async with following(kmock, tmp_path) as cluster:
        view = await seen(cluster, lambda v: v.reason not in ("", "not read yet"))
    assert view.state is State.UNREACHABLE
    assert words in view.reason
    assert "secret-token" not in view.reason


async def test_a_cluster_that_is_not_there_is_unreachable_since_it_was(tmp_path: Path) -> None:
    client = Client(kubeconfig(tmp_path, "http://127.0.0.1:9"), timeout_s=1.0)
    cluster = Cluster(client, REFERENCE.gpus, by_instance=dict)
    async with cluster.following():
        first = await seen(cluster, lambda v: v.reason != "not read yet")
        await asyncio.sleep(0.8)
        later = await cluster.view()
    assert first.state is later.state is State.UNREACHABLE
    assert later.since == first.since
    assert later.as_of is None


async def test_a_kubeconfig_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="kubeconfig cannot be used"):
        Client(str(tmp_path / "absent"))


async def test_a_watch_that_drops_is_taken_up_again(kmock: Server, api: httpx2.AsyncClient, tmp_path: Path) -> None:
    gone = {"type": "ERROR", "object": {"kind": "Status", "status": "Failure", "code": 410, "message": "too old"}}
    await create(api, node("a", labels=A100, nvidia_gpu=8))
    # The first watch of pods expires at once, the second is cut off in the middle of a line.
    kmock["watch", kmock_module.resource("v1/pods")] << (gone,) << (b'{"type": "ADD',)
    async with following(kmock, tmp_path) as cluster:
        await seen(cluster, connected)
        await create(api, pod("job", on="a", count=5))
        view = await seen(cluster, lambda v: connected(v) and v.capacity.gpus[0].free == 3)
    assert view.capacity.gpus[0].free == 3


async def test_queues_and_utilisation_are_read_where_they_are(
    kmock: Server, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    await create(api, node("a", labels=A100, nvidia_gpu=8))
    queue = {
        "apiVersion": "kueue.x-k8s.io/v1beta1",
        "kind": "ClusterQueue",
        "metadata": {"name": "research"},
        "spec": {
            "resourceGroups": [
                {
                    "flavors": [
                        {
                            "name": "a100",
                            "resources": [
                                {"name": "cpu", "nominalQuota": 9},
                                {"name": "nvidia.com/gpu", "nominalQuota": 6},
                            ],
                        }
                    ]
                }
            ]
        },
        "status": {"flavorsUsage": [{"name": "a100", "resources": [{"name": "nvidia.com/gpu", "total": "2"}]}]},
    }
    volcano = {
        "apiVersion": "scheduling.volcano.sh/v1beta1",
        "kind": "Queue",
        "metadata": {"name": "batch"},
        "spec": {"guarantee": {"resource": {"nvidia.com/gpu": "4"}}},
        "status": {"allocated": {"nvidia.com/gpu": "1"}},
    }
    kmock["get /apis/kueue.x-k8s.io/v1beta2/clusterqueues"] << 404 << {"kind": "Status", "code": 404}
    kmock["get /apis/kueue.x-k8s.io/v1beta1/clusterqueues"] << {"metadata": {"resourceVersion": "1"}, "items": [queue]}
    kmock["get /apis/scheduling.volcano.sh/v1beta1/queues"] << {
        "metadata": {"resourceVersion": "1"},
        "items": [volcano],
    }
    kmock["get /api/v1/query"] << {
        "status": "success",
        "data": {"result": [{"metric": {"modelName": "NVIDIA A100-SXM4-80GB"}, "value": [0, "37"]}]},
    }
    utilisation = Utilisation(str(kmock.url).rstrip("/"))
    async with following(kmock, tmp_path, utilisation=utilisation) as cluster:
        view = await seen(cluster, lambda v: connected(v) and bool(v.capacity.utilisation))
    await utilisation.close()
    found = [(r.kind, r.queue, r.resource_name, r.gpu_count, r.used) for r in view.capacity.reservations]
    assert found == [("kueue", "research", "nvidia.com/gpu", 6, 2), ("volcano", "batch", "nvidia.com/gpu", 4, 1)]
    assert view.capacity.utilisation == {"A100-80GB-SXM": 0.37}


async def test_five_thousand_nodes_are_read_in_pages(kmock: Server, tmp_path: Path) -> None:
    nodes = [node(f"n{i:04}", labels=A100, nvidia_gpu=8) for i in range(5000)]

    def page(request: Any) -> dict[str, Any]:
        begin, size = int(request.params.get("continue") or 0), int(request.params["limit"])
        more = {"continue": str(begin + size)} if begin + size < len(nodes) else {}
        return {"metadata": {"resourceVersion": "7", **more}, "items": nodes[begin : begin + size]}

    kmock.resources["v1/nodes"] = {}
    kmock.resources["v1/pods"] = {}
    kmock["list", kmock_module.resource("v1/nodes")] << page
    async with following(kmock, tmp_path) as cluster:
        view = await seen(cluster, lambda v: connected(v) and len(v.capacity.nodes) == 5000)
    assert len(view.capacity.nodes) == 5000
    assert view.capacity.gpus[0].free == 40_000


async def test_free_gpus_are_offers_at_what_they_cost_their_owner(
    kmock: Server, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    await create(
        api,
        node("a", labels=A100, nvidia_gpu=8),
        node("b", labels={"cloud.google.com/gke-accelerator": "nvidia-l4"}, nvidia_gpu=1),
    )
    await create(api, pod("job", on="a", count=5))
    async with following(kmock, tmp_path) as cluster:
        await seen(cluster, connected)
        local = LocalOffers(cluster, {"A100-80GB-SXM": 0.5}, REFERENCE.gpus, REFERENCE.regions)
        index = await local.index()
    assert index is not None
    offers = [index.offer(row) for row in range(len(index))]
    assert {(o.machine.gpu_type, o.machine.gpu_count, o.price_micros) for o in offers} == {
        ("A100-80GB-SXM", 1, 500_000),
        ("A100-80GB-SXM", 2, 1_000_000),
        ("A100-80GB-SXM", 3, 1_500_000),
        ("L4", 1, 0),
    }
    asked = OfferFilter(gpu_count_min=3, price_models=(PriceModel.OWNED,))
    (found,) = search(index, OfferQuery(asked), size=5).results
    assert index.offer(found.row).machine.gpu_count == 3


async def test_a_cluster_without_a_client_is_not_configured() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    cluster = Cluster(None, REFERENCE.gpus, by_instance=dict, now=lambda: moment)
    async with cluster.following():
        view = await cluster.view()
    assert (view.state, view.since, view.as_of) == (State.NOT_CONFIGURED, moment, None)
