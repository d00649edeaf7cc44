"""Offers, GPU types and prices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from libs.rpc.convert import money_from_proto, provenance_from_proto
from services.orchestrator.domain.candidates import GpuType, Offer, OwnCluster, UnitPrice
from services.orchestrator.domain.planning.asks import OfferAsk
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
MUCH_TRAFFIC_GB: Final = 1_000_000
_STORED: Final = ("object", "block")


def offer_ask_to_proto(ask: OfferAsk, *, page_token: str) -> pb.SearchOffersRequest:
    """Return the search for the wire: each machine type once, in its cheapest region."""
    paid = [offer_pb2.PRICE_MODEL_SPOT] if ask.spot else [offer_pb2.PRICE_MODEL_ON_DEMAND, offer_pb2.PRICE_MODEL_OWNED]
    return pb.SearchOffersRequest(
        filter=offer_pb2.OfferFilter(
            has_gpu=ask.gpu,
            providers=ask.providers,
            providers_excluded=ask.providers_excluded,
            regions=ask.regions,
            countries=ask.countries,
            price_models=paid,
        ),
        grouping=offer_pb2.OFFER_GROUPING_INSTANCE,
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


def unit_prices_request(providers: Sequence[str]) -> pb.EstimateCostRequest:
    """Return the request for one GB of each kind of storage at each provider, and for so much traffic that every tier
    of its price is reached; what matters is the unit price of its lines."""
    return pb.EstimateCostRequest(
        storage=[pb.StorageUsage(provider=p, kind=kind, size_gb=1) for p in providers for kind in _STORED],
        egress=[pb.EgressUsage(provider=p, gb_per_month=MUCH_TRAFFIC_GB) for p in providers],
    )


def unit_prices_from_proto(answer: pb.EstimateCostResponse, providers: Sequence[str]) -> tuple[UnitPrice, ...]:
    """Return the unit prices of the lines, which stand in the order of the request; traffic has a line for each tier of
    its price."""
    lines = iter(answer.lines)
    stored = [_unit_price(next(lines), provider, kind) for provider in providers for kind in _STORED]
    sent: list[UnitPrice] = []
    for provider in providers:
        reached = 0.0
        while reached < MUCH_TRAFFIC_GB:
            line = next(lines)
            sent.append(_unit_price(line, provider, "egress", from_gb=reached))
            reached += line.quantity or MUCH_TRAFFIC_GB
    return (*stored, *sent)


def _unit_price(line: pb.CostLine, provider: str, kind: str, *, from_gb: float = 0.0) -> UnitPrice:
    return UnitPrice(
        provider=provider,
        kind=kind,
        unit=line.unit,
        unit_price=money_from_proto(line.unit_price) if line.HasField("unit_price") else None,
        from_gb=from_gb,
        unknown_reason=line.unknown_reason,
        provenance=provenance_from_proto(line.provenance) if line.HasField("provenance") else None,
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
