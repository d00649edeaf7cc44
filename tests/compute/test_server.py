"""The service over a real port and a real database."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.rpc.convert import money_from_proto
from services.compute.ingest.pipeline import import_all
from services.compute.store import CatalogueStore
from stack8s.compute.v1 import cluster_service_pb2 as cluster_pb
from stack8s.compute.v1 import cluster_service_pb2_grpc as cluster_grpc
from stack8s.compute.v1 import compute_service_pb2 as pb
from stack8s.compute.v1 import compute_service_pb2_grpc as pb_grpc
from stack8s.compute.v1 import offer_pb2
from stack8s.compute.v1.offer_pb2 import OfferFilter
from tests.compute.ingest.test_pipeline import table
from tests.compute.refusals import violations


async def test_offers_tell_price_place_and_who_stated_it(compute: Any) -> None:
    asked = OfferFilter(gpu_types=["NVIDIA H100 80GB"], gpu_count_min=8, residencies=["EU"])
    response = await compute.SearchOffers(pb.SearchOffersRequest(filter=asked, page_size=5))
    assert response.total_size >= len(response.offers) > 0
    prices = [money_from_proto(o.price_per_hour) for o in response.offers]
    assert prices == sorted(prices)
    for offer, result in zip(response.offers, response.results, strict=True):
        assert result.offer == offer
        assert offer.gpu_type in ("H100-SXM", "H100-PCIe")
        assert offer.residency == "EU"
        assert offer.provenance.record_id == offer.offer_id
        assert offer.provenance.source
        assert offer.provenance.as_of.seconds > 0
        assert (await compute.GetOffer(pb.GetOfferRequest(offer_id=offer.offer_id))).offer == offer


async def test_pages_join_to_the_whole_without_gap_or_repeat(compute: Any) -> None:
    request = pb.SearchOffersRequest(grouping=offer_pb2.OFFER_GROUPING_INSTANCE, page_size=37)
    seen: list[str] = []
    while True:
        response = await compute.SearchOffers(request)
        seen += [f"{o.provider}/{o.instance_type}/{o.gpu_type}x{o.gpu_count}" for o in response.offers]
        if not response.next_page_token:
            break
        request.page_token = response.next_page_token
    assert len(seen) == len(set(seen)) == response.total_size


async def test_offers_alone_are_those_of_the_results_page_by_page(compute: Any) -> None:
    whole = pb.SearchOffersRequest(grouping=offer_pb2.OFFER_GROUPING_INSTANCE, page_size=20)
    bare = pb.SearchOffersRequest(grouping=offer_pb2.OFFER_GROUPING_INSTANCE, page_size=20, offers_only=True)
    for _ in range(3):
        full, short = await compute.SearchOffers(whole), await compute.SearchOffers(bare)
        assert list(short.offers) == [r.offer for r in full.results]
        assert not short.results
        assert short.total_size == full.total_size
        whole.page_token, bare.page_token = full.next_page_token, short.next_page_token


async def test_bounds_beyond_every_price_bound_nothing(compute: Any) -> None:
    whole = await compute.SearchOffers(pb.SearchOffersRequest(page_size=1))
    for asked in (OfferFilter(price_per_hour_max=1e308), OfferFilter(price_per_month_max=1e308)):
        assert (
            await compute.SearchOffers(pb.SearchOffersRequest(filter=asked, page_size=1))
        ).total_size == whole.total_size


async def test_a_token_of_another_query_is_refused(compute: Any) -> None:
    first = await compute.SearchOffers(pb.SearchOffersRequest(page_size=2))
    other = OfferFilter(providers=["aws"])
    for token in (first.next_page_token, "nonsense", "WzEsIiIsW11d"):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await compute.SearchOffers(pb.SearchOffersRequest(filter=other, page_size=2, page_token=token))
        assert violations(caught.value) == {"page_token"}


async def test_sixteen_h100_come_as_two_machines_with_a_word_on_the_network(compute: Any) -> None:
    asked = OfferFilter(gpu_types=["H100"], gpu_count_min=16, providers=["aws"])
    response = await compute.SearchOffers(
        pb.SearchOffersRequest(filter=asked, grouping=offer_pb2.OFFER_GROUPING_INSTANCE)
    )
    (result,) = [r for r in response.results if r.offer.instance_type == "p5.48xlarge"]
    assert result.node_count == 2
    assert money_from_proto(result.total_price_per_hour) == 2 * money_from_proto(result.offer.price_per_hour)
    assert "3200 Gbit/s" in result.cautions[0]


async def test_nothing_matching_says_why_and_what_is_near(compute: Any) -> None:
    asked = OfferFilter(gpu_types=["B200"], price_per_hour_max=0.5, providers=["lambda"])
    response = await compute.SearchOffers(pb.SearchOffersRequest(filter=asked))
    assert response.total_size == 0
    assert {e.field for e in response.exclusions} >= {"gpu_types", "price_per_hour_max", "providers"}
    first = response.relaxations[0]
    for change in response.relaxations:
        assert 1 <= len(change.fields) <= 2
        assert change.description
        assert change.total_size >= 1
    assert [len(r.fields) for r in response.relaxations] == sorted(len(r.fields) for r in response.relaxations)
    if list(first.fields) == ["price_per_hour_max"]:
        relaxed = OfferFilter()
        relaxed.CopyFrom(asked)
        relaxed.price_per_hour_max = float(money_from_proto(first.offer.price_per_hour))
        again = await compute.SearchOffers(pb.SearchOffersRequest(filter=relaxed))
        assert again.offers[0] == first.offer


async def test_every_bad_field_is_named_at_once(compute: Any) -> None:
    asked = OfferFilter(
        gpu_types=["H1000"],
        gpu_vendors=["acme"],
        countries=["Atlantis"],
        continents=["eurasia"],
        residencies=["moon"],
        gpu_count_min=-1,
        vcpus_min=float("nan"),
        price_per_hour_max=0,
        precision="fp7",
        node_count_max=0,
        price_models=[77],  # type: ignore[list-item]
    )
    request = pb.SearchOffersRequest(filter=asked, grouping=99, ranking=99, page_size=-3, page_token="x")  # type: ignore[arg-type]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await compute.SearchOffers(request)
    fields = ("gpu_types", "gpu_vendors", "countries", "continents", "residencies", "gpu_count_min", "vcpus_min")
    more = ("price_per_hour_max", "precision", "node_count_max", "price_models")
    assert violations(caught.value) == {f"filter.{f}" for f in (*fields, *more)} | {
        *("grouping", "ranking", "page_size", "page_token")
    }
    assert "did you mean H100" in (caught.value.details() or "")


_TEXT = st.text(max_size=12) | st.sampled_from(("H100", "aws", "EU", "US", "europe", "bf16", "nvidia"))
_NUMBER = st.floats() | st.integers(-5, 5).map(float)
_COUNT = st.integers(-(2**31), 2**31 - 1) | st.integers(-2, 20)


@st.composite
def _requests(draw: st.DrawFn) -> pb.SearchOffersRequest:
    request = pb.SearchOffersRequest(
        page_size=draw(_COUNT),
        page_token=draw(st.sampled_from(("", "", "x", "W10"))),
        prefer_local=draw(st.booleans()),
        grouping=draw(st.integers(-1, 6)),  # type: ignore[arg-type]
        ranking=draw(st.integers(-1, 6)),  # type: ignore[arg-type]
    )
    for descriptor in draw(st.lists(st.sampled_from(tuple(OfferFilter.DESCRIPTOR.fields)), max_size=6)):
        target = request.filter
        if descriptor.is_repeated and descriptor.name != "price_models":
            getattr(target, descriptor.name).extend(draw(st.lists(_TEXT, max_size=3)))
        elif descriptor.name == "price_models":
            target.price_models.extend(draw(st.lists(st.integers(-1, 9), max_size=3)))  # type: ignore[arg-type]
        elif descriptor.type == descriptor.TYPE_DOUBLE:
            setattr(target, descriptor.name, draw(_NUMBER))
        elif descriptor.type == descriptor.TYPE_INT32:
            setattr(target, descriptor.name, draw(_COUNT))
        elif descriptor.type == descriptor.TYPE_BOOL:
            setattr(target, descriptor.name, draw(st.booleans()))
        else:
            setattr(target, descriptor.name, draw(_TEXT))
    return request


@given(requests=st.lists(_requests(), min_size=10, max_size=10))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_strange_requests_are_answered_or_refused_never_a_fault(
    compute: Any, requests: list[pb.SearchOffersRequest]
) -> None:
    calls = (compute.SearchOffers(request) for request in requests)
    for answer in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(answer, pb.SearchOffersResponse):
            assert answer.total_size >= len(answer.offers)
        else:
            assert isinstance(answer, grpc.aio.AioRpcError)
            assert violations(answer), answer.details()


async def test_lists_are_paged_and_filtered(compute: Any) -> None:
    types = await compute.ListGpuTypes(pb.ListGpuTypesRequest(page_size=500))
    assert types.total_size == len(types.gpu_types) >= 60
    h100 = next(t for t in types.gpu_types if t.name == "H100-SXM")
    assert (h100.memory_gib, h100.compute_capability, h100.interconnect) == (80, "9.0", "NVLink 4")
    assert {t.precision for t in h100.throughput} >= {"bf16", "fp8"}
    amd = await compute.ListGpuTypes(pb.ListGpuTypesRequest(vendor="AMD", page_size=2))
    assert [t.vendor for t in amd.gpu_types] == ["amd", "amd"]
    second = await compute.ListGpuTypes(
        pb.ListGpuTypesRequest(vendor="AMD", page_size=2, page_token=amd.next_page_token)
    )
    assert second.gpu_types[0].name > amd.gpu_types[1].name
    providers = await compute.ListProviders(pb.ListProvidersRequest(page_size=500))
    assert len(providers.providers) >= 9
    assert all(p.offer_count and p.region_count and p.title for p in providers.providers)
    regions = await compute.ListRegions(pb.ListRegionsRequest(provider="Amazon Web Services"))
    assert {r.provider for r in regions.regions} == {"aws"}
    london = next(r for r in regions.regions if r.region == "eu-west-2")
    assert (london.country, london.continent, london.residency, london.place) == ("GB", "europe", "UK", "London")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await compute.ListGpuTypes(pb.ListGpuTypesRequest(vendor="acme", page_size=-1, page_token="?"))
    assert violations(caught.value) == {"vendor", "page_size", "page_token"}


async def test_a_country_where_nobody_offers_anything_is_no_mistake(compute: Any) -> None:
    asked = OfferFilter(countries=["mm", "JP"])
    both = await compute.SearchOffers(pb.SearchOffersRequest(filter=asked))
    assert both.total_size > 0
    assert {o.country for o in both.offers} == {"JP"}
    none = await compute.SearchOffers(pb.SearchOffersRequest(filter=OfferFilter(countries=["MM"])))
    assert none.total_size == 0
    assert "countries" in {e.field for e in none.exclusions}


async def test_countries_are_known_by_code_and_by_name(compute: Any) -> None:
    found = []
    for name in ("FI", "finland", "Finland"):
        answer = await compute.SearchOffers(pb.SearchOffersRequest(filter=OfferFilter(countries=[name])))
        found.append([o.offer_id for o in answer.offers])
        assert {o.country for o in answer.offers} == {"FI"}
    assert found[0] == found[1] == found[2]


def _filled(draw: st.DrawFn, message: Message, depth: int = 0) -> Message:
    """Return a message some of whose fields are set to anything that their types hold."""
    fields = tuple(message.DESCRIPTOR.fields) if depth < 3 else ()
    for field in draw(st.lists(st.sampled_from(fields), max_size=6)) if fields else ():
        values: list[Any] = []
        for _ in range(draw(st.integers(1, 3)) if field.is_repeated else 1):
            if field.message_type is not None:
                values.append(_filled(draw, getattr(pb, field.message_type.name, OfferFilter)(), depth + 1))
            elif field.type in (field.TYPE_DOUBLE, field.TYPE_FLOAT):
                values.append(draw(_NUMBER))
            elif field.type == field.TYPE_STRING:
                values.append(draw(_TEXT))
            else:
                values.append(draw(st.booleans() if field.type == field.TYPE_BOOL else _COUNT))
        if field.is_repeated:
            getattr(message, field.name).extend(values)
        elif field.message_type is not None:
            getattr(message, field.name).CopyFrom(values[0])
        else:
            setattr(message, field.name, values[0])
    return message


_METHODS = {
    **{m.name: (pb, m.input_type.name) for m in pb.DESCRIPTOR.services_by_name["ComputeService"].methods},
    **{
        m.name: (cluster_pb, m.input_type.name)
        for m in cluster_pb.DESCRIPTOR.services_by_name["ClusterService"].methods
    },
}


@given(data=st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_method_faults_whatever_it_is_asked(channel: grpc.aio.Channel, data: st.DataObject) -> None:
    stubs = (pb_grpc.ComputeServiceStub(channel), cluster_grpc.ClusterServiceStub(channel))
    name = data.draw(st.sampled_from(sorted(_METHODS)))
    module, request_name = _METHODS[name]
    request = _filled(data.draw, getattr(module, request_name)())
    method = next(getattr(stub, name) for stub in stubs if hasattr(stub, name))
    refused = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION)
    (answer,) = await asyncio.gather(method(request), return_exceptions=True)
    if isinstance(answer, BaseException):
        assert isinstance(answer, grpc.aio.AioRpcError)
        assert answer.code() in refused, answer.details()
        assert answer.code() is not grpc.StatusCode.INVALID_ARGUMENT or violations(answer)


async def test_an_unknown_offer_is_not_found(compute: Any) -> None:
    for offer_id in ("", "nope", "0" * 16, "x" * 5000):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await compute.GetOffer(pb.GetOfferRequest(offer_id=offer_id))
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_new_snapshot_answers_without_a_restart_and_its_price_changes_are_listed(
    compute: Any, store: CatalogueStore
) -> None:
    rows = ("nebius,a,eu-north1,1,L4,1,,,", "nebius,b,eu-north1,2,L4,1,,,", "nebius,c,eu-north1,3,L4,1,,,")
    await import_all(store, table(*rows), name="csv", keep_snapshots=5)
    later = (
        *(rows[0].replace(",1,L4", ",3,L4"), rows[1].replace(",2,L4", ",1.9,L4"), "nebius,d,eu-north1,4,L4,1,,,"),
        "nebius,e,eu-north1,0,L4,1,,,",
    )
    report = await import_all(store, table(*later), name="csv", keep_snapshots=5)
    info = await compute.GetCatalogInfo(pb.GetCatalogInfoRequest())
    for _ in range(400):
        if info.info.snapshot_id == str(report.snapshot_id):
            break
        await asyncio.sleep(0.05)
        info = await compute.GetCatalogInfo(pb.GetCatalogInfoRequest())
    assert info.info.record_count == sum(s.record_count for s in info.info.sources)
    assert len(info.info.snapshots) == 3
    nebius = next(s for s in info.info.sources if s.name == "nebius")
    assert (nebius.record_count, nebius.refused_count, nebius.state) == (3, 1, "ok")
    assert [(r.source, r.reason) for r in info.info.refused] == [("nebius", "price 0 is not above 0")]
    changes = await compute.ListPriceChanges(pb.ListPriceChangesRequest())
    seen = [(money_from_proto(c.old_price_per_hour), money_from_proto(c.new_price_per_hour)) for c in changes.changes]
    assert seen[:2] == [(Decimal("1.00"), Decimal("3.00")), (Decimal("2.00"), Decimal("1.90"))]
    assert set(seen[2:]) == {(Decimal("3.00"), Decimal("0.00")), (Decimal("0.00"), Decimal("4.00"))}
    assert sum(not c.HasField("new_price_per_hour") for c in changes.changes) == 1
    assert [c.offer.instance_type for c in changes.changes if c.HasField("old_price_per_hour")] == ["a", "b", ""]
    others = await compute.ListPriceChanges(pb.ListPriceChangesRequest(provider="aws"))
    assert others.total_size == 0
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await compute.ListPriceChanges(pb.ListPriceChangesRequest(from_snapshot_id="999999"))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_without_a_cluster_the_state_says_so(channel: grpc.aio.Channel) -> None:
    cluster: Any = cluster_grpc.ClusterServiceStub(channel)
    capacity = await cluster.GetCapacity(cluster_pb.GetCapacityRequest())
    assert capacity.state == cluster_pb.CLUSTER_STATE_NOT_CONFIGURED
    assert capacity.state_reason
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await cluster.ListNodes(cluster_pb.ListNodesRequest())
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
