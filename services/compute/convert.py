"""Between wire and domain: filters and usage in; offers, results, cost lines and lists out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from google.type.money_pb2 import Money

from libs.errors import InvalidInputError, Violation
from libs.money import to_cents
from libs.provenance import Provenance
from libs.rpc.convert import money_to_proto, provenance_to_proto, timestamp_to_proto
from services.compute.catalogue import ProviderSummary
from services.compute.domain.changes import PriceChange
from services.compute.domain.estimate import ComputeUsage, CostLine, EgressUsage, ListedPrice, StorageUsage, UnitPrice
from services.compute.domain.gpu import GpuType
from services.compute.domain.grouping import Found
from services.compute.domain.index import OfferIndex
from services.compute.domain.offer import HOURS_PER_MONTH, MICROS, Origin, PriceModel, id_of
from services.compute.domain.query import Grouping, OfferFilter, OfferQuery, Ranking, Vocabulary, checked
from services.compute.domain.regions import Region
from services.compute.domain.relaxation import Relaxation
from services.compute.domain.wording import cautions, describe
from services.compute.paging import page_faults
from stack8s.common.v1 import provenance_pb2
from stack8s.compute.v1 import compute_service_pb2 as pb
from stack8s.compute.v1 import gpu_type_pb2, offer_pb2

CATALOG: Final = "compute"
_MODELS: Final = {
    offer_pb2.PRICE_MODEL_ON_DEMAND: PriceModel.ON_DEMAND,
    offer_pb2.PRICE_MODEL_SPOT: PriceModel.SPOT,
    offer_pb2.PRICE_MODEL_RESERVED_1Y: PriceModel.RESERVED_1Y,
    offer_pb2.PRICE_MODEL_RESERVED_3Y: PriceModel.RESERVED_3Y,
    offer_pb2.PRICE_MODEL_OWNED: PriceModel.OWNED,
}
_MODELS_OUT: Final = {domain: wire for wire, domain in _MODELS.items()}
_ORIGINS_OUT: Final = {
    Origin.LIVE: offer_pb2.OFFER_ORIGIN_LIVE,
    Origin.PUBLISHED: offer_pb2.OFFER_ORIGIN_PUBLISHED,
    Origin.STARTER: offer_pb2.OFFER_ORIGIN_STARTER,
    Origin.LOCAL_CLUSTER: offer_pb2.OFFER_ORIGIN_LOCAL_CLUSTER,
}
_GROUPINGS: Final = {
    offer_pb2.OFFER_GROUPING_UNSPECIFIED: Grouping.NONE,
    offer_pb2.OFFER_GROUPING_NONE: Grouping.NONE,
    offer_pb2.OFFER_GROUPING_INSTANCE: Grouping.INSTANCE,
    offer_pb2.OFFER_GROUPING_GPU_TYPE: Grouping.GPU_TYPE,
    offer_pb2.OFFER_GROUPING_PROVIDER: Grouping.PROVIDER,
    offer_pb2.OFFER_GROUPING_PLACE: Grouping.PLACE,
}
_RANKINGS: Final = {
    offer_pb2.OFFER_RANKING_UNSPECIFIED: Ranking.PRICE,
    offer_pb2.OFFER_RANKING_PRICE: Ranking.PRICE,
    offer_pb2.OFFER_RANKING_PRICE_PER_BANDWIDTH: Ranking.PRICE_PER_BANDWIDTH,
    offer_pb2.OFFER_RANKING_PRICE_PER_TFLOPS: Ranking.PRICE_PER_TFLOPS,
    offer_pb2.OFFER_RANKING_PERFORMANCE: Ranking.PERFORMANCE,
}
_NAME_FIELDS: Final = (
    *("gpu_types", "gpu_types_excluded", "gpu_vendors", "gpu_architectures", "providers", "providers_excluded"),
    *("regions", "countries", "continents", "residencies"),
)


def query_from_proto(request: pb.SearchOffersRequest, vocabulary: Vocabulary) -> OfferQuery:
    """Return the query of a request. Raises InvalidInputError that names every bad field."""
    bad: list[Violation] = []
    values: dict[str, object] = {}
    for descriptor, value in request.filter.ListFields():
        name = descriptor.name
        if name in _NAME_FIELDS:
            values[name] = tuple(value)
        elif name == "price_models":
            values[name] = _price_models(value, bad)
        else:
            values[name] = value
    if request.grouping not in _GROUPINGS:
        bad.append(Violation("grouping", f"is {request.grouping}; must be a value of OfferGrouping"))
    if request.ranking not in _RANKINGS:
        bad.append(Violation("ranking", f"is {request.ranking}; must be a value of OfferRanking"))
    bad += page_faults(request)
    try:
        asked = checked(OfferFilter(**values), vocabulary)  # type: ignore[arg-type]
    except InvalidInputError as error:
        raise InvalidInputError([*error.violations, *bad]) from None
    if bad:
        raise InvalidInputError(bad)
    return OfferQuery(asked, _GROUPINGS[request.grouping], _RANKINGS[request.ranking])


def _price_models(values: Iterable[int], bad: list[Violation]) -> tuple[PriceModel, ...]:
    found: list[PriceModel] = []
    for value in values:
        if value == offer_pb2.PRICE_MODEL_UNSPECIFIED:
            found += (PriceModel.ON_DEMAND, PriceModel.SPOT)
        elif value in _MODELS:
            found.append(_MODELS[value])  # type: ignore[index]
        else:
            bad.append(Violation("filter.price_models", f"has {value}; must be values of PriceModel"))
    return tuple(found)


class OfferMessages:
    """Builds the messages of one index's offers, and remembers them: an index never changes."""

    def __init__(self, index: OfferIndex) -> None:
        self.index = index
        self._built: dict[int, offer_pb2.Offer] = {}

    def offer(self, row: int) -> offer_pb2.Offer:
        """Return the message of the offer at a position."""
        found = self._built.get(row)
        if found is None:
            found = self._build(row)
            if len(self._built) < 20_000:
                self._built[row] = found
        return found

    def _build(self, row: int) -> offer_pb2.Offer:
        index = self.index
        offer, where = index.offer(row), index.regions[index.place[row]]
        machine, gpu = offer.machine, index.gpu_types[index.machines.gpu[index.machine[row]]]
        message = offer_pb2.Offer(
            offer_id=offer.offer_id,
            provider=machine.provider,
            instance_type=machine.instance_type,
            region=offer.place.region,
            zone=offer.place.zone,
            country=where.country,
            continent=where.continent,
            residency=where.residency,
            price_model=_MODELS_OUT[offer.price_model],
            vcpus=machine.vcpus,
            memory_gib=machine.memory_gib,
            gpu_type=machine.gpu_type,
            gpu_count=machine.gpu_count,
            gpu_memory_gib=machine.gpu_memory_gib,
            local_disk_gb=machine.local_disk_gb,
            network_gbits=machine.network_gbits,
            interconnect=gpu.interconnect if gpu else "",
            origin=_ORIGINS_OUT[offer.source.origin],
            gpu_type_unknown=not machine.gpu_known,
            provenance=provenance_to_proto(
                Provenance(CATALOG, index.snapshot_id, offer.source.as_of, offer.source.name, offer.offer_id)
            ),
        )
        if offer.price_micros:
            message.price_per_hour.CopyFrom(micros_to_money(offer.price_micros))
        spot = index.spot_micros(row)
        if spot is not None:
            message.spot_price_per_hour.CopyFrom(micros_to_money(spot))
        return message

    def result(self, found: Found) -> pb.OfferResult:
        """Return the message of one result."""
        offer, index = self.offer(found.row), self.index
        price = int(index.price_micros[found.row])
        told: list[str] = []
        if found.node_count > 1 or offer.gpu_type_unknown:
            told = cautions(index.machine_at(int(index.machine[found.row])), found.node_count)
        return pb.OfferResult(
            offer=offer,
            node_count=found.node_count,
            total_price_per_hour=micros_to_money(price * found.node_count) if price else None,
            group_size=found.group_size,
            regions=found.regions,
            lowest_price_per_hour=micros_to_money(found.lowest_micros) if price else None,
            highest_price_per_hour=micros_to_money(found.highest_micros) if price else None,
            cautions=told,
        )

    def relaxation(self, relaxation: Relaxation, query: OfferQuery) -> pb.Relaxation:
        """Return the message of one relaxation."""
        return pb.Relaxation(
            fields=relaxation.fields,
            description=describe(relaxation, query.filter, self.index),
            offer=self.offer(relaxation.row),
            node_count=relaxation.node_count,
            total_size=relaxation.total,
        )


def micros_to_money(micros: int) -> Money:
    """Return whole micro-USD as Money."""
    units, rest = divmod(micros, MICROS)
    return Money(currency_code="USD", units=units, nanos=rest * 1000)


def gpu_type_to_proto(gpu: GpuType, aliases: Sequence[str], snapshot_id: str) -> gpu_type_pb2.GpuType:
    """Return the message of an accelerator type."""
    return gpu_type_pb2.GpuType(
        name=gpu.name,
        vendor=gpu.vendor,
        architecture=gpu.architecture,
        memory_gib=gpu.memory_gib,
        memory_bandwidth_gbps=gpu.bandwidth_gbps,
        throughput=[gpu_type_pb2.PrecisionThroughput(precision=p, tflops=v) for p, v in gpu.tflops.items()],
        interconnect=gpu.interconnect,
        interconnect_gbps=gpu.interconnect_gbps,
        compute_capability=gpu.compute_capability,
        mig_profiles=gpu.mig_profiles,
        tdp_watts=gpu.tdp_watts,
        release_year=gpu.release_year,
        aliases=aliases,
        provenance=provenance_pb2.Provenance(
            catalog=CATALOG,
            snapshot_id=snapshot_id,
            as_of=timestamp_to_proto(gpu.as_of),
            source=gpu.source,
            record_id=gpu.name,
        ),
    )


def provider_to_proto(provider: ProviderSummary) -> pb.Provider:
    """Return the message of a provider."""
    return pb.Provider(
        provider=provider.provider,
        title=provider.title,
        offer_count=provider.offer_count,
        region_count=provider.region_count,
        gpu_types=provider.gpu_types,
        as_of=timestamp_to_proto(provider.as_of),
    )


def region_to_proto(region: Region, offer_count: int) -> pb.Region:
    """Return the message of a region."""
    return pb.Region(
        provider=region.provider,
        region=region.region,
        country=region.country,
        continent=region.continent,
        residency=region.residency,
        place=region.place,
        offer_count=offer_count,
    )


def usage_from_proto(
    request: pb.EstimateCostRequest,
) -> tuple[list[ComputeUsage], list[StorageUsage], list[EgressUsage]]:
    """Return what a request asks to price."""
    compute = [
        ComputeUsage(
            offer_id=use.offer_id,
            node_count=use.node_count or 1,
            hours=use.hours_per_month if use.HasField("hours_per_month") else float(HOURS_PER_MONTH),
            spot_share=use.spot_share,
        )
        for use in request.compute
    ]
    storage = [StorageUsage(s.provider, s.kind, s.size_gb, s.region) for s in request.storage]
    return compute, storage, [EgressUsage(e.provider, e.gb_per_month, e.region) for e in request.egress]


def estimate_to_proto(lines: Sequence[CostLine], snapshot_id: str) -> pb.EstimateCostResponse:
    """Return the message of an estimate; the total is the sum of the lines as they are shown."""
    total = sum((line.monthly or Decimal(0) for line in lines), Decimal(0))
    return pb.EstimateCostResponse(
        lines=[_line_to_proto(line, snapshot_id) for line in lines],
        monthly_total=money_to_proto(to_cents(total)),
        complete=all(line.unit is not None for line in lines),
    )


def _line_to_proto(line: CostLine, snapshot_id: str) -> pb.CostLine:
    message = pb.CostLine(
        description=line.description,
        quantity=line.quantity,
        unit=line.unit_name,
        unknown_reason=line.unknown_reason,
    )
    if line.unit is not None and line.monthly is not None:
        message.unit_price.CopyFrom(money_to_proto(line.unit.price))
        message.monthly.CopyFrom(money_to_proto(line.monthly))
        message.provenance.CopyFrom(_source_of(line.unit, snapshot_id))
    return message


def listed_price_to_proto(price: ListedPrice, snapshot_id: str) -> pb.UnitPrice:
    """Return the message of a price of storage or traffic."""
    return pb.UnitPrice(
        provider=price.provider,
        kind=price.kind,
        region=price.region,
        continents=price.continents,
        from_gb=price.from_gb,
        unit=price.unit_name,
        unit_price=money_to_proto(price.unit.price),
        provenance=_source_of(price.unit, snapshot_id),
    )


def _source_of(unit: UnitPrice, snapshot_id: str) -> provenance_pb2.Provenance:
    return provenance_to_proto(Provenance(CATALOG, snapshot_id, unit.as_of, unit.source, unit.record_id))


def change_to_proto(change: PriceChange, messages: OfferMessages) -> pb.PriceChange:
    """Return the message of a price change, with the offer where it is still offered."""
    message = pb.PriceChange(offer_id=id_of(change.number))
    if change.old_micros is not None:
        message.old_price_per_hour.CopyFrom(micros_to_money(change.old_micros))
    if change.new_micros is not None:
        message.new_price_per_hour.CopyFrom(micros_to_money(change.new_micros))
    if (row := messages.index.find(change.number)) is not None:
        message.offer.CopyFrom(messages.offer(row))
    return message
