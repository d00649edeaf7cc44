"""SearchOffers and ClusterService with a cluster, over a real port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import httpx2
import pytest

from libs.rpc.convert import money_from_proto
from libs.rpc.server import running
from services.compute.app import wired
from services.compute.settings import ComputeSettings
from services.compute.store import CatalogueStore
from stack8s.compute.v1 import cluster_service_pb2 as cluster_pb
from stack8s.compute.v1 import cluster_service_pb2_grpc as cluster_grpc
from stack8s.compute.v1 import compute_service_pb2 as pb
from stack8s.compute.v1 import compute_service_pb2_grpc as pb_grpc
from stack8s.compute.v1 import offer_pb2
from tests.compute.cluster.kubernetes import A100, create, kubeconfig, node, pod


@pytest.fixture
async def channel(
    kmock: Any, api: httpx2.AsyncClient, store: CatalogueStore, database_url: str, tmp_path: Path
) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a server whose cluster has 5 free A100s on one node and 2 on another."""
    await create(api, node("a", labels=A100, nvidia_gpu=8), node("b", labels=A100, nvidia_gpu=2))
    await create(api, pod("job", on="a", count=3))
    settings = ComputeSettings(
        database_url=database_url,  # type: ignore[arg-type]
        port=0,
        kubeconfig=kubeconfig(tmp_path, str(kmock.url).rstrip("/")),
        owned_price_per_gpu_hour={"*": 0.75},
    )
    async with (
        wired(settings) as (mounts, ready),
        running(settings, mounts, ready=ready) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as opened,
    ):
        cluster: Any = cluster_grpc.ClusterServiceStub(opened)
        for _ in range(200):
            capacity = await cluster.GetCapacity(cluster_pb.GetCapacityRequest())
            if capacity.state == cluster_pb.CLUSTER_STATE_CONNECTED:
                break
            await asyncio.sleep(0.02)
        yield opened


async def test_capacity_and_nodes_are_told(channel: grpc.aio.Channel) -> None:
    cluster: Any = cluster_grpc.ClusterServiceStub(channel)
    capacity = await cluster.GetCapacity(cluster_pb.GetCapacityRequest())
    assert (capacity.state, capacity.state_reason) == (cluster_pb.CLUSTER_STATE_CONNECTED, "")
    (gpu,) = capacity.gpus
    assert (gpu.allocatable, gpu.requested, gpu.free, gpu.free_on_one_node_max) == (10, 3, 7, 5)
    assert str(money_from_proto(gpu.price_per_gpu_hour)) == "0.75"
    assert not gpu.HasField("utilisation")
    first = await cluster.ListNodes(cluster_pb.ListNodesRequest(page_size=1, gpu_only=True))
    rest = await cluster.ListNodes(
        cluster_pb.ListNodesRequest(page_size=1, gpu_only=True, page_token=first.next_page_token)
    )
    assert [n.name for n in (*first.nodes, *rest.nodes)] == ["a", "b"]
    assert (first.total_size, rest.next_page_token) == (2, "")


@pytest.mark.parametrize("bare", [False, True])
async def test_prefer_local_puts_free_gpus_before_every_cloud(channel: grpc.aio.Channel, *, bare: bool) -> None:
    compute: Any = pb_grpc.ComputeServiceStub(channel)
    asked = offer_pb2.OfferFilter(gpu_types=["A100-80GB"], gpu_count_min=2)
    clouds = await compute.SearchOffers(pb.SearchOffersRequest(filter=asked, page_size=500))
    request = pb.SearchOffersRequest(filter=asked, page_size=2, prefer_local=True, offers_only=bare)
    seen: list[offer_pb2.Offer] = []
    while True:
        response = await compute.SearchOffers(request)
        seen += response.offers
        if not response.next_page_token:
            break
        request.page_token = response.next_page_token
    local = [o for o in seen if o.provider == "local"]
    assert [o.gpu_count for o in seen[:3]] == [2, 4, 5]
    assert seen[: len(local)] == local
    assert [o.offer_id for o in seen[len(local) :]] == [o.offer_id for o in clouds.offers]
    assert response.total_size == len(seen)
    assert {o.price_model for o in local} == {offer_pb2.PRICE_MODEL_OWNED}
    assert str(money_from_proto(seen[0].price_per_hour)) == "1.50"
    assert seen[0].origin == offer_pb2.OFFER_ORIGIN_LOCAL_CLUSTER
    again = await compute.GetOffer(pb.GetOfferRequest(offer_id=seen[0].offer_id))
    assert again.offer == seen[0]
    usage = [pb.ComputeUsage(offer_id=seen[0].offer_id, hours_per_month=10)]
    estimate = await compute.EstimateCost(pb.EstimateCostRequest(compute=usage))
    assert str(money_from_proto(estimate.monthly_total)) == "15.00"


async def test_a_wish_that_no_free_gpu_fits_gets_clouds_only(channel: grpc.aio.Channel) -> None:
    compute: Any = pb_grpc.ComputeServiceStub(channel)
    asked = offer_pb2.OfferFilter(gpu_types=["A100"], gpu_count_min=8)
    response = await compute.SearchOffers(pb.SearchOffersRequest(filter=asked, prefer_local=True))
    assert response.total_size > 0
    assert all(o.provider != "local" for o in response.offers)
