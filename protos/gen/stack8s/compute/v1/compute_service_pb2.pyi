import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import money_pb2 as _money_pb2
from stack8s.common.v1 import catalog_pb2 as _catalog_pb2
from stack8s.common.v1 import provenance_pb2 as _provenance_pb2
from stack8s.compute.v1 import gpu_type_pb2 as _gpu_type_pb2
from stack8s.compute.v1 import offer_pb2 as _offer_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SearchOffersRequest(_message.Message):
    __slots__ = ("filter", "grouping", "ranking", "page_size", "page_token", "prefer_local", "offers_only")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    GROUPING_FIELD_NUMBER: _ClassVar[int]
    RANKING_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PREFER_LOCAL_FIELD_NUMBER: _ClassVar[int]
    OFFERS_ONLY_FIELD_NUMBER: _ClassVar[int]
    filter: _offer_pb2.OfferFilter
    grouping: _offer_pb2.OfferGrouping
    ranking: _offer_pb2.OfferRanking
    page_size: int
    page_token: str
    prefer_local: bool
    offers_only: bool
    def __init__(self, filter: _Optional[_Union[_offer_pb2.OfferFilter, _Mapping]] = ..., grouping: _Optional[_Union[_offer_pb2.OfferGrouping, str]] = ..., ranking: _Optional[_Union[_offer_pb2.OfferRanking, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., prefer_local: _Optional[bool] = ..., offers_only: _Optional[bool] = ...) -> None: ...

class OfferResult(_message.Message):
    __slots__ = ("offer", "node_count", "total_price_per_hour", "group_size", "regions", "lowest_price_per_hour", "highest_price_per_hour", "cautions")
    OFFER_FIELD_NUMBER: _ClassVar[int]
    NODE_COUNT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    GROUP_SIZE_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    LOWEST_PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    HIGHEST_PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    CAUTIONS_FIELD_NUMBER: _ClassVar[int]
    offer: _offer_pb2.Offer
    node_count: int
    total_price_per_hour: _money_pb2.Money
    group_size: int
    regions: _containers.RepeatedScalarFieldContainer[str]
    lowest_price_per_hour: _money_pb2.Money
    highest_price_per_hour: _money_pb2.Money
    cautions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, offer: _Optional[_Union[_offer_pb2.Offer, _Mapping]] = ..., node_count: _Optional[int] = ..., total_price_per_hour: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., group_size: _Optional[int] = ..., regions: _Optional[_Iterable[str]] = ..., lowest_price_per_hour: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., highest_price_per_hour: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., cautions: _Optional[_Iterable[str]] = ...) -> None: ...

class SearchOffersResponse(_message.Message):
    __slots__ = ("offers", "total_size", "next_page_token", "relaxations", "results", "exclusions", "snapshot_id")
    OFFERS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    RELAXATIONS_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    EXCLUSIONS_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_ID_FIELD_NUMBER: _ClassVar[int]
    offers: _containers.RepeatedCompositeFieldContainer[_offer_pb2.Offer]
    total_size: int
    next_page_token: str
    relaxations: _containers.RepeatedCompositeFieldContainer[Relaxation]
    results: _containers.RepeatedCompositeFieldContainer[OfferResult]
    exclusions: _containers.RepeatedCompositeFieldContainer[Exclusion]
    snapshot_id: str
    def __init__(self, offers: _Optional[_Iterable[_Union[_offer_pb2.Offer, _Mapping]]] = ..., total_size: _Optional[int] = ..., next_page_token: _Optional[str] = ..., relaxations: _Optional[_Iterable[_Union[Relaxation, _Mapping]]] = ..., results: _Optional[_Iterable[_Union[OfferResult, _Mapping]]] = ..., exclusions: _Optional[_Iterable[_Union[Exclusion, _Mapping]]] = ..., snapshot_id: _Optional[str] = ...) -> None: ...

class Relaxation(_message.Message):
    __slots__ = ("fields", "description", "offer", "node_count", "total_size")
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    OFFER_FIELD_NUMBER: _ClassVar[int]
    NODE_COUNT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    fields: _containers.RepeatedScalarFieldContainer[str]
    description: str
    offer: _offer_pb2.Offer
    node_count: int
    total_size: int
    def __init__(self, fields: _Optional[_Iterable[str]] = ..., description: _Optional[str] = ..., offer: _Optional[_Union[_offer_pb2.Offer, _Mapping]] = ..., node_count: _Optional[int] = ..., total_size: _Optional[int] = ...) -> None: ...

class Exclusion(_message.Message):
    __slots__ = ("field", "excluded_count")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    EXCLUDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    field: str
    excluded_count: int
    def __init__(self, field: _Optional[str] = ..., excluded_count: _Optional[int] = ...) -> None: ...

class GetOfferRequest(_message.Message):
    __slots__ = ("offer_id",)
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    offer_id: str
    def __init__(self, offer_id: _Optional[str] = ...) -> None: ...

class GetOfferResponse(_message.Message):
    __slots__ = ("offer",)
    OFFER_FIELD_NUMBER: _ClassVar[int]
    offer: _offer_pb2.Offer
    def __init__(self, offer: _Optional[_Union[_offer_pb2.Offer, _Mapping]] = ...) -> None: ...

class ListGpuTypesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "vendor")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    vendor: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., vendor: _Optional[str] = ...) -> None: ...

class ListGpuTypesResponse(_message.Message):
    __slots__ = ("gpu_types", "next_page_token", "total_size")
    GPU_TYPES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    gpu_types: _containers.RepeatedCompositeFieldContainer[_gpu_type_pb2.GpuType]
    next_page_token: str
    total_size: int
    def __init__(self, gpu_types: _Optional[_Iterable[_Union[_gpu_type_pb2.GpuType, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...

class ListProvidersRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class Provider(_message.Message):
    __slots__ = ("provider", "title", "offer_count", "region_count", "gpu_types", "as_of")
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    OFFER_COUNT_FIELD_NUMBER: _ClassVar[int]
    REGION_COUNT_FIELD_NUMBER: _ClassVar[int]
    GPU_TYPES_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    provider: str
    title: str
    offer_count: int
    region_count: int
    gpu_types: _containers.RepeatedScalarFieldContainer[str]
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, provider: _Optional[str] = ..., title: _Optional[str] = ..., offer_count: _Optional[int] = ..., region_count: _Optional[int] = ..., gpu_types: _Optional[_Iterable[str]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListProvidersResponse(_message.Message):
    __slots__ = ("providers", "next_page_token", "total_size")
    PROVIDERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    providers: _containers.RepeatedCompositeFieldContainer[Provider]
    next_page_token: str
    total_size: int
    def __init__(self, providers: _Optional[_Iterable[_Union[Provider, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...

class ListRegionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "provider")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    provider: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., provider: _Optional[str] = ...) -> None: ...

class Region(_message.Message):
    __slots__ = ("provider", "region", "country", "continent", "residency", "place", "offer_count")
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    CONTINENT_FIELD_NUMBER: _ClassVar[int]
    RESIDENCY_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    OFFER_COUNT_FIELD_NUMBER: _ClassVar[int]
    provider: str
    region: str
    country: str
    continent: str
    residency: str
    place: str
    offer_count: int
    def __init__(self, provider: _Optional[str] = ..., region: _Optional[str] = ..., country: _Optional[str] = ..., continent: _Optional[str] = ..., residency: _Optional[str] = ..., place: _Optional[str] = ..., offer_count: _Optional[int] = ...) -> None: ...

class ListRegionsResponse(_message.Message):
    __slots__ = ("regions", "next_page_token", "total_size")
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    regions: _containers.RepeatedCompositeFieldContainer[Region]
    next_page_token: str
    total_size: int
    def __init__(self, regions: _Optional[_Iterable[_Union[Region, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...

class ListUnitPricesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "provider")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    provider: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., provider: _Optional[str] = ...) -> None: ...

class UnitPrice(_message.Message):
    __slots__ = ("provider", "kind", "region", "continents", "from_gb", "unit", "unit_price", "provenance")
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    CONTINENTS_FIELD_NUMBER: _ClassVar[int]
    FROM_GB_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    UNIT_PRICE_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    provider: str
    kind: str
    region: str
    continents: _containers.RepeatedScalarFieldContainer[str]
    from_gb: float
    unit: str
    unit_price: _money_pb2.Money
    provenance: _provenance_pb2.Provenance
    def __init__(self, provider: _Optional[str] = ..., kind: _Optional[str] = ..., region: _Optional[str] = ..., continents: _Optional[_Iterable[str]] = ..., from_gb: _Optional[float] = ..., unit: _Optional[str] = ..., unit_price: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., provenance: _Optional[_Union[_provenance_pb2.Provenance, _Mapping]] = ...) -> None: ...

class ListUnitPricesResponse(_message.Message):
    __slots__ = ("unit_prices", "next_page_token", "total_size")
    UNIT_PRICES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    unit_prices: _containers.RepeatedCompositeFieldContainer[UnitPrice]
    next_page_token: str
    total_size: int
    def __init__(self, unit_prices: _Optional[_Iterable[_Union[UnitPrice, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...

class EstimateCostRequest(_message.Message):
    __slots__ = ("compute", "storage", "egress")
    COMPUTE_FIELD_NUMBER: _ClassVar[int]
    STORAGE_FIELD_NUMBER: _ClassVar[int]
    EGRESS_FIELD_NUMBER: _ClassVar[int]
    compute: _containers.RepeatedCompositeFieldContainer[ComputeUsage]
    storage: _containers.RepeatedCompositeFieldContainer[StorageUsage]
    egress: _containers.RepeatedCompositeFieldContainer[EgressUsage]
    def __init__(self, compute: _Optional[_Iterable[_Union[ComputeUsage, _Mapping]]] = ..., storage: _Optional[_Iterable[_Union[StorageUsage, _Mapping]]] = ..., egress: _Optional[_Iterable[_Union[EgressUsage, _Mapping]]] = ...) -> None: ...

class ComputeUsage(_message.Message):
    __slots__ = ("offer_id", "node_count", "hours_per_month", "spot_share")
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_COUNT_FIELD_NUMBER: _ClassVar[int]
    HOURS_PER_MONTH_FIELD_NUMBER: _ClassVar[int]
    SPOT_SHARE_FIELD_NUMBER: _ClassVar[int]
    offer_id: str
    node_count: int
    hours_per_month: float
    spot_share: float
    def __init__(self, offer_id: _Optional[str] = ..., node_count: _Optional[int] = ..., hours_per_month: _Optional[float] = ..., spot_share: _Optional[float] = ...) -> None: ...

class StorageUsage(_message.Message):
    __slots__ = ("provider", "kind", "size_gb", "region")
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SIZE_GB_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    provider: str
    kind: str
    size_gb: float
    region: str
    def __init__(self, provider: _Optional[str] = ..., kind: _Optional[str] = ..., size_gb: _Optional[float] = ..., region: _Optional[str] = ...) -> None: ...

class EgressUsage(_message.Message):
    __slots__ = ("provider", "gb_per_month", "region")
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    GB_PER_MONTH_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    provider: str
    gb_per_month: float
    region: str
    def __init__(self, provider: _Optional[str] = ..., gb_per_month: _Optional[float] = ..., region: _Optional[str] = ...) -> None: ...

class EstimateCostResponse(_message.Message):
    __slots__ = ("lines", "monthly_total", "complete")
    LINES_FIELD_NUMBER: _ClassVar[int]
    MONTHLY_TOTAL_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    lines: _containers.RepeatedCompositeFieldContainer[CostLine]
    monthly_total: _money_pb2.Money
    complete: bool
    def __init__(self, lines: _Optional[_Iterable[_Union[CostLine, _Mapping]]] = ..., monthly_total: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., complete: _Optional[bool] = ...) -> None: ...

class CostLine(_message.Message):
    __slots__ = ("description", "quantity", "unit", "unit_price", "monthly", "unknown_reason", "provenance")
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    UNIT_PRICE_FIELD_NUMBER: _ClassVar[int]
    MONTHLY_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_REASON_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    description: str
    quantity: float
    unit: str
    unit_price: _money_pb2.Money
    monthly: _money_pb2.Money
    unknown_reason: str
    provenance: _provenance_pb2.Provenance
    def __init__(self, description: _Optional[str] = ..., quantity: _Optional[float] = ..., unit: _Optional[str] = ..., unit_price: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., monthly: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., unknown_reason: _Optional[str] = ..., provenance: _Optional[_Union[_provenance_pb2.Provenance, _Mapping]] = ...) -> None: ...

class GetCatalogInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCatalogInfoResponse(_message.Message):
    __slots__ = ("info",)
    INFO_FIELD_NUMBER: _ClassVar[int]
    info: _catalog_pb2.CatalogInfo
    def __init__(self, info: _Optional[_Union[_catalog_pb2.CatalogInfo, _Mapping]] = ...) -> None: ...

class ListPriceChangesRequest(_message.Message):
    __slots__ = ("from_snapshot_id", "to_snapshot_id", "page_size", "page_token", "provider")
    FROM_SNAPSHOT_ID_FIELD_NUMBER: _ClassVar[int]
    TO_SNAPSHOT_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    from_snapshot_id: str
    to_snapshot_id: str
    page_size: int
    page_token: str
    provider: str
    def __init__(self, from_snapshot_id: _Optional[str] = ..., to_snapshot_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., provider: _Optional[str] = ...) -> None: ...

class PriceChange(_message.Message):
    __slots__ = ("offer_id", "old_price_per_hour", "new_price_per_hour", "offer")
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    OLD_PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    NEW_PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    OFFER_FIELD_NUMBER: _ClassVar[int]
    offer_id: str
    old_price_per_hour: _money_pb2.Money
    new_price_per_hour: _money_pb2.Money
    offer: _offer_pb2.Offer
    def __init__(self, offer_id: _Optional[str] = ..., old_price_per_hour: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., new_price_per_hour: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., offer: _Optional[_Union[_offer_pb2.Offer, _Mapping]] = ...) -> None: ...

class ListPriceChangesResponse(_message.Message):
    __slots__ = ("changes", "next_page_token", "total_size")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[PriceChange]
    next_page_token: str
    total_size: int
    def __init__(self, changes: _Optional[_Iterable[_Union[PriceChange, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...
