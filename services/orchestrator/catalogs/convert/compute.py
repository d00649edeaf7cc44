"""Offers, GPU types and prices."""

from __future__ import annotations

from typing import Final

from libs.rpc.convert import money_from_proto, provenance_from_proto
from services.orchestrator.domain.candidates import GpuType, Offer, OwnCluster
from services.orchestrator.domain.planning.asks import OfferAsk
from services.orchestrator.domain.prices import UnitPrice
from stack8s.compute.v1 import cluster_service_pb2, gpu_type_pb2, offer_pb2
from stack8s.compute.v1 import compute_service_pb2 as pb

PAGE: Final = 500
_PRICE_MODELS: Final = {
    offer_pb2.PRICE_MODEL_ON_DEMAND: "on_demand",
    offer_pb2.PRICE_MODEL_SPOT: "spot",
    offer_pb2.PRICE_MODEL_RESERVED_1Y: "reserved_1y",
    offer_pb2.PRICE_MODEL_RESERVED_3Y: "reserved_3y",
    offer_pb2.PRICE_MODEL_OWNED: "owned",
}


def offer_ask_to_proto(ask: OfferAsk, *, page_token: str) -> pb.SearchOffersRequest:
    """Return the search for the wire."""
    paid = [offer_pb2.PRICE_MODEL_SPOT] if ask.spot else [offer_pb2.PRICE_MODEL_ON_DEMAND, offer_pb2.PRICE_MODEL_OWNED]
    grouping = offer_pb2.OFFER_GROUPING_INSTANCE
    if ask.each_place:
        paid, grouping = [offer_pb2.PRICE_MODEL_ON_DEMAND], offer_pb2.OFFER_GROUPING_PLACE
    return pb.SearchOffersRequest(
        filter=offer_pb2.OfferFilter(
            has_gpu=ask.gpu,
            providers=ask.providers,
            providers_excluded=ask.providers_excluded,
            regions=ask.regions,
            countries=ask.countries,
            price_models=paid,
            vcpus_min=ask.vcpus_min or None,
            memory_gib_min=ask.memory_gib_min or None,
        ),
        grouping=grouping,
        ranking=offer_pb2.OFFER_RANKING_PRICE,
        page_size=PAGE,
        page_token=page_token,
        prefer_local=ask.prefer_local,
        offers_only=True,
    )


def offer_from_proto(offer: offer_pb2.Offer) -> Offer:
    """Return an offer from the wire."""
    return Offer(
        offer_id=offer.offer_id,
        provider=offer.provider,
        instance_type=offer.instance_type,
        region=offer.region,
        country=offer.country,
        continent=offer.continent,
        residency=offer.residency,
        price_model=_PRICE_MODELS[offer.price_model],
        price_per_hour=money_from_proto(offer.price_per_hour) if offer.HasField("price_per_hour") else None,
        spot_price_per_hour=money_from_proto(offer.spot_price_per_hour)
        if offer.HasField("spot_price_per_hour")
        else None,
        vcpus=offer.vcpus if offer.HasField("vcpus") else None,
        memory_gib=offer.memory_gib if offer.HasField("memory_gib") else None,
        gpu_type=offer.gpu_type,
        gpu_count=offer.gpu_count,
        gpu_memory_gib=offer.gpu_memory_gib,
        local_disk_gb=offer.local_disk_gb if offer.HasField("local_disk_gb") else None,
        network_gbits=offer.network_gbits if offer.HasField("network_gbits") else None,
        interconnect=offer.interconnect,
        provenance=provenance_from_proto(offer.provenance),
    )


def gpu_type_from_proto(gpu: gpu_type_pb2.GpuType) -> GpuType:
    """Return a GPU type from the wire."""
    return GpuType(
        name=gpu.name,
        vendor=gpu.vendor,
        architecture=gpu.architecture,
        memory_gib=gpu.memory_gib,
        bandwidth_gbps=gpu.memory_bandwidth_gbps if gpu.HasField("memory_bandwidth_gbps") else None,
        interconnect_gbps=gpu.interconnect_gbps if gpu.HasField("interconnect_gbps") else None,
        tflops={t.precision: t.tflops for t in gpu.throughput},
        compute_capability=gpu.compute_capability,
        aliases=tuple(gpu.aliases),
        provenance=provenance_from_proto(gpu.provenance),
    )


def unit_price_from_proto(price: pb.UnitPrice) -> UnitPrice:
    """Return a price of storage or traffic from the wire."""
    return UnitPrice(
        provider=price.provider,
        kind=price.kind,
        region=price.region,
        continents=tuple(price.continents),
        unit=price.unit,
        unit_price=money_from_proto(price.unit_price),
        from_gb=price.from_gb,
        provenance=provenance_from_proto(price.provenance),
    )


def cluster_from_proto(answer: cluster_service_pb2.GetCapacityResponse) -> OwnCluster:
    """Return what the user's own cluster has free, or why it offers nothing."""
    if answer.state == cluster_service_pb2.CLUSTER_STATE_CONNECTED:
        return OwnCluster(cpus_free=answer.cpus_free, memory_gib_free=answer.memory_gib_free)
    if answer.state == cluster_service_pb2.CLUSTER_STATE_NOT_CONFIGURED:
        return OwnCluster(note="no cluster is connected to stack8s yet")
    return OwnCluster(
        note=f"it does not answer ({answer.state_reason})" if answer.state_reason else "it does not answer"
    )
