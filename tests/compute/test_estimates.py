"""What machines, storage and traffic cost together, over a real port."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import grpc
import pytest

from libs.rpc.convert import money_from_proto
from stack8s.compute.v1 import compute_service_pb2 as pb
from stack8s.compute.v1.offer_pb2 import OfferFilter
from tests.compute.refusals import violations


async def test_an_estimate_adds_up_and_says_what_is_unknown(compute: Any) -> None:
    asked = OfferFilter(providers=["aws"], regions=["us-east-1"], gpu_types=["A10G"], price_models=[1])
    offer = (await compute.SearchOffers(pb.SearchOffersRequest(filter=asked, page_size=1))).offers[0]
    estimate = await compute.EstimateCost(
        pb.EstimateCostRequest(
            compute=[pb.ComputeUsage(offer_id=offer.offer_id, node_count=2, hours_per_month=100, spot_share=0.25)],
            storage=[
                pb.StorageUsage(provider="aws", kind="object", size_gb=2000),
                pb.StorageUsage(provider="lambda", kind="object", size_gb=10),
            ],
            egress=[pb.EgressUsage(provider="aws", gb_per_month=300), pb.EgressUsage(provider="vast", gb_per_month=1)],
        )
    )
    known = [line for line in estimate.lines if line.HasField("monthly")]
    assert sum((money_from_proto(line.monthly) for line in known), Decimal(0)) == money_from_proto(
        estimate.monthly_total
    )
    assert not estimate.complete
    unknown = [line for line in estimate.lines if line.unknown_reason]
    assert {line.description for line in unknown} == {"lambda object storage", "vast traffic to the internet"}
    assert all(not line.HasField("unit_price") and not line.HasField("monthly") for line in unknown)
    hours = {line.quantity for line in estimate.lines if line.unit == "hour"}
    assert hours == {150.0, 50.0}
    storage = next(line for line in estimate.lines if line.unit == "GB-month" and not line.unknown_reason)
    assert money_from_proto(storage.monthly) == Decimal("46.00")
    assert [line.quantity for line in estimate.lines if line.unit == "GB" and not line.unknown_reason] == [100.0, 200.0]
    assert all(line.provenance.source for line in known)


async def test_traffic_is_priced_by_where_it_leaves_from(compute: Any) -> None:
    places = (("oci", "", 20_000), ("oci", "af-johannesburg-1", 20_000), ("oci", "ap-tokyo-1", 1), ("nebius", "", 50))
    for provider, region, gb in places:
        request = pb.EstimateCostRequest(egress=[pb.EgressUsage(provider=provider, region=region, gb_per_month=gb)])
        estimate = await compute.EstimateCost(request)
        prices = [
            money_from_proto(line.unit_price) if line.HasField("unit_price") else line.unknown_reason
            for line in estimate.lines
        ]
        expected = {
            ("oci", ""): [Decimal(0), Decimal("0.0085")],
            ("oci", "af-johannesburg-1"): [Decimal(0), Decimal("0.05")],
            ("oci", "ap-tokyo-1"): ["the price of oci traffic to the internet from ap-tokyo-1 is not in the catalogue"],
            ("nebius", ""): [Decimal(0)],
        }
        assert prices == expected[provider, region]
        assert estimate.complete is (region != "ap-tokyo-1")


async def test_an_estimate_names_every_bad_field(compute: Any) -> None:
    request = pb.EstimateCostRequest(
        compute=[pb.ComputeUsage(offer_id="x", node_count=-1, hours_per_month=9999, spot_share=2)],
        storage=[pb.StorageUsage(provider="", kind="tape", size_gb=-1)],
        egress=[pb.EgressUsage(provider="aws", gb_per_month=float("inf"))],
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await compute.EstimateCost(request)
    assert violations(caught.value) == {
        *("compute[0].node_count", "compute[0].hours_per_month", "compute[0].spot_share"),
        *("storage[0].kind", "storage[0].size_gb", "storage[0].provider", "egress[0].gb_per_month"),
    }


async def test_unit_prices_are_listed_by_provider_and_kind_the_reference_region_first(compute: Any) -> None:
    listed = await compute.ListUnitPrices(pb.ListUnitPricesRequest(page_size=500))
    prices = listed.unit_prices
    assert listed.total_size == len(prices) > 50
    order = [(p.provider, p.kind) for p in prices]
    assert order == sorted(order)
    assert all(p.HasField("unit_price") and p.provenance.source and p.provenance.snapshot_id for p in prices)
    disks = [p for p in prices if (p.provider, p.kind) == ("aws", "block")]
    assert disks[0].region == "us-east-1"
    frankfurt = next(p for p in disks if p.region == "eu-central-1")
    assert (money_from_proto(frankfurt.unit_price), list(frankfurt.continents)) == (Decimal("0.0952"), ["europe"])
    assert {p.unit for p in prices} == {"GB-month", "GB"}
    assert [p.from_gb for p in prices if (p.provider, p.kind) == ("gcp", "egress")] == [0, 1024, 10240]
    everywhere = next(p for p in prices if (p.provider, p.kind) == ("oci", "block"))
    assert (everywhere.region, list(everywhere.continents)) == ("", [])


async def test_unit_prices_come_in_pages_and_of_one_provider(compute: Any) -> None:
    whole = (await compute.ListUnitPrices(pb.ListUnitPricesRequest(provider="AWS"))).unit_prices
    assert {p.provider for p in whole} == {"aws"}
    seen, token = [], ""
    while True:
        asked = pb.ListUnitPricesRequest(provider="AWS", page_size=7, page_token=token)
        page = await compute.ListUnitPrices(asked)
        seen += page.unit_prices
        token = page.next_page_token
        if not token:
            break
    assert seen == list(whole)
