from google.type import money_pb2 as _money_pb2
from stack8s.common.v1 import provenance_pb2 as _provenance_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PriceModel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRICE_MODEL_UNSPECIFIED: _ClassVar[PriceModel]
    PRICE_MODEL_ON_DEMAND: _ClassVar[PriceModel]
    PRICE_MODEL_SPOT: _ClassVar[PriceModel]
    PRICE_MODEL_RESERVED_1Y: _ClassVar[PriceModel]
    PRICE_MODEL_RESERVED_3Y: _ClassVar[PriceModel]
    PRICE_MODEL_OWNED: _ClassVar[PriceModel]

class OfferOrigin(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OFFER_ORIGIN_UNSPECIFIED: _ClassVar[OfferOrigin]
    OFFER_ORIGIN_LIVE: _ClassVar[OfferOrigin]
    OFFER_ORIGIN_PUBLISHED: _ClassVar[OfferOrigin]
    OFFER_ORIGIN_STARTER: _ClassVar[OfferOrigin]
    OFFER_ORIGIN_LOCAL_CLUSTER: _ClassVar[OfferOrigin]

class OfferGrouping(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OFFER_GROUPING_UNSPECIFIED: _ClassVar[OfferGrouping]
    OFFER_GROUPING_NONE: _ClassVar[OfferGrouping]
    OFFER_GROUPING_INSTANCE: _ClassVar[OfferGrouping]
    OFFER_GROUPING_GPU_TYPE: _ClassVar[OfferGrouping]
    OFFER_GROUPING_PROVIDER: _ClassVar[OfferGrouping]
    OFFER_GROUPING_PLACE: _ClassVar[OfferGrouping]

class OfferRanking(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OFFER_RANKING_UNSPECIFIED: _ClassVar[OfferRanking]
    OFFER_RANKING_PRICE: _ClassVar[OfferRanking]
    OFFER_RANKING_PRICE_PER_BANDWIDTH: _ClassVar[OfferRanking]
    OFFER_RANKING_PRICE_PER_TFLOPS: _ClassVar[OfferRanking]
    OFFER_RANKING_PERFORMANCE: _ClassVar[OfferRanking]
PRICE_MODEL_UNSPECIFIED: PriceModel
PRICE_MODEL_ON_DEMAND: PriceModel
PRICE_MODEL_SPOT: PriceModel
PRICE_MODEL_RESERVED_1Y: PriceModel
PRICE_MODEL_RESERVED_3Y: PriceModel
PRICE_MODEL_OWNED: PriceModel
OFFER_ORIGIN_UNSPECIFIED: OfferOrigin
OFFER_ORIGIN_LIVE: OfferOrigin
OFFER_ORIGIN_PUBLISHED: OfferOrigin
OFFER_ORIGIN_STARTER: OfferOrigin
OFFER_ORIGIN_LOCAL_CLUSTER: OfferOrigin
OFFER_GROUPING_UNSPECIFIED: OfferGrouping
OFFER_GROUPING_NONE: OfferGrouping
OFFER_GROUPING_INSTANCE: OfferGrouping
OFFER_GROUPING_GPU_TYPE: OfferGrouping
OFFER_GROUPING_PROVIDER: OfferGrouping
OFFER_GROUPING_PLACE: OfferGrouping
OFFER_RANKING_UNSPECIFIED: OfferRanking
OFFER_RANKING_PRICE: OfferRanking
OFFER_RANKING_PRICE_PER_BANDWIDTH: OfferRanking
OFFER_RANKING_PRICE_PER_TFLOPS: OfferRanking
OFFER_RANKING_PERFORMANCE: OfferRanking

class Offer(_message.Message):
    __slots__ = ("offer_id", "provider", "instance_type", "region", "zone", "country", "continent", "residency", "price_model", "price_per_hour", "vcpus", "memory_gib", "gpu_type", "gpu_count", "gpu_memory_gib", "local_disk_gb", "network_gbits", "interconnect", "origin", "gpu_type_unknown", "provenance", "spot_price_per_hour")
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    CONTINENT_FIELD_NUMBER: _ClassVar[int]
    RESIDENCY_FIELD_NUMBER: _ClassVar[int]
    PRICE_MODEL_FIELD_NUMBER: _ClassVar[int]
    PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    VCPUS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_GIB_FIELD_NUMBER: _ClassVar[int]
    GPU_TYPE_FIELD_NUMBER: _ClassVar[int]
    GPU_COUNT_FIELD_NUMBER: _ClassVar[int]
    GPU_MEMORY_GIB_FIELD_NUMBER: _ClassVar[int]
    LOCAL_DISK_GB_FIELD_NUMBER: _ClassVar[int]
    NETWORK_GBITS_FIELD_NUMBER: _ClassVar[int]
    INTERCONNECT_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    GPU_TYPE_UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    SPOT_PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    offer_id: str
    provider: str
    instance_type: str
    region: str
    zone: str
    country: str
    continent: str
    residency: str
    price_model: PriceModel
    price_per_hour: _money_pb2.Money
    vcpus: float
    memory_gib: float
    gpu_type: str
    gpu_count: int
    gpu_memory_gib: float
    local_disk_gb: float
    network_gbits: float
    interconnect: str
    origin: OfferOrigin
    gpu_type_unknown: bool
    provenance: _provenance_pb2.Provenance
    spot_price_per_hour: _money_pb2.Money
    def __init__(self, offer_id: _Optional[str] = ..., provider: _Optional[str] = ..., instance_type: _Optional[str] = ..., region: _Optional[str] = ..., zone: _Optional[str] = ..., country: _Optional[str] = ..., continent: _Optional[str] = ..., residency: _Optional[str] = ..., price_model: _Optional[_Union[PriceModel, str]] = ..., price_per_hour: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., vcpus: _Optional[float] = ..., memory_gib: _Optional[float] = ..., gpu_type: _Optional[str] = ..., gpu_count: _Optional[int] = ..., gpu_memory_gib: _Optional[float] = ..., local_disk_gb: _Optional[float] = ..., network_gbits: _Optional[float] = ..., interconnect: _Optional[str] = ..., origin: _Optional[_Union[OfferOrigin, str]] = ..., gpu_type_unknown: _Optional[bool] = ..., provenance: _Optional[_Union[_provenance_pb2.Provenance, _Mapping]] = ..., spot_price_per_hour: _Optional[_Union[_money_pb2.Money, _Mapping]] = ...) -> None: ...

class OfferFilter(_message.Message):
    __slots__ = ("gpu_types", "gpu_types_excluded", "gpu_vendors", "gpu_architectures", "compute_capability_min", "has_gpu", "gpu_count_min", "gpu_count_max", "gpu_memory_gib_min", "gpu_memory_total_gib_min", "vcpus_min", "memory_gib_min", "price_per_hour_max", "price_per_month_max", "providers", "providers_excluded", "regions", "countries", "continents", "residencies", "price_models", "interconnect", "precision", "node_count_max")
    GPU_TYPES_FIELD_NUMBER: _ClassVar[int]
    GPU_TYPES_EXCLUDED_FIELD_NUMBER: _ClassVar[int]
    GPU_VENDORS_FIELD_NUMBER: _ClassVar[int]
    GPU_ARCHITECTURES_FIELD_NUMBER: _ClassVar[int]
    COMPUTE_CAPABILITY_MIN_FIELD_NUMBER: _ClassVar[int]
    HAS_GPU_FIELD_NUMBER: _ClassVar[int]
    GPU_COUNT_MIN_FIELD_NUMBER: _ClassVar[int]
    GPU_COUNT_MAX_FIELD_NUMBER: _ClassVar[int]
    GPU_MEMORY_GIB_MIN_FIELD_NUMBER: _ClassVar[int]
    GPU_MEMORY_TOTAL_GIB_MIN_FIELD_NUMBER: _ClassVar[int]
    VCPUS_MIN_FIELD_NUMBER: _ClassVar[int]
    MEMORY_GIB_MIN_FIELD_NUMBER: _ClassVar[int]
    PRICE_PER_HOUR_MAX_FIELD_NUMBER: _ClassVar[int]
    PRICE_PER_MONTH_MAX_FIELD_NUMBER: _ClassVar[int]
    PROVIDERS_FIELD_NUMBER: _ClassVar[int]
    PROVIDERS_EXCLUDED_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    COUNTRIES_FIELD_NUMBER: _ClassVar[int]
    CONTINENTS_FIELD_NUMBER: _ClassVar[int]
    RESIDENCIES_FIELD_NUMBER: _ClassVar[int]
    PRICE_MODELS_FIELD_NUMBER: _ClassVar[int]
    INTERCONNECT_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    NODE_COUNT_MAX_FIELD_NUMBER: _ClassVar[int]
    gpu_types: _containers.RepeatedScalarFieldContainer[str]
    gpu_types_excluded: _containers.RepeatedScalarFieldContainer[str]
    gpu_vendors: _containers.RepeatedScalarFieldContainer[str]
    gpu_architectures: _containers.RepeatedScalarFieldContainer[str]
    compute_capability_min: float
    has_gpu: bool
    gpu_count_min: int
    gpu_count_max: int
    gpu_memory_gib_min: float
    gpu_memory_total_gib_min: float
    vcpus_min: float
    memory_gib_min: float
    price_per_hour_max: float
    price_per_month_max: float
    providers: _containers.RepeatedScalarFieldContainer[str]
    providers_excluded: _containers.RepeatedScalarFieldContainer[str]
    regions: _containers.RepeatedScalarFieldContainer[str]
    countries: _containers.RepeatedScalarFieldContainer[str]
    continents: _containers.RepeatedScalarFieldContainer[str]
    residencies: _containers.RepeatedScalarFieldContainer[str]
    price_models: _containers.RepeatedScalarFieldContainer[PriceModel]
    interconnect: str
    precision: str
    node_count_max: int
    def __init__(self, gpu_types: _Optional[_Iterable[str]] = ..., gpu_types_excluded: _Optional[_Iterable[str]] = ..., gpu_vendors: _Optional[_Iterable[str]] = ..., gpu_architectures: _Optional[_Iterable[str]] = ..., compute_capability_min: _Optional[float] = ..., has_gpu: _Optional[bool] = ..., gpu_count_min: _Optional[int] = ..., gpu_count_max: _Optional[int] = ..., gpu_memory_gib_min: _Optional[float] = ..., gpu_memory_total_gib_min: _Optional[float] = ..., vcpus_min: _Optional[float] = ..., memory_gib_min: _Optional[float] = ..., price_per_hour_max: _Optional[float] = ..., price_per_month_max: _Optional[float] = ..., providers: _Optional[_Iterable[str]] = ..., providers_excluded: _Optional[_Iterable[str]] = ..., regions: _Optional[_Iterable[str]] = ..., countries: _Optional[_Iterable[str]] = ..., continents: _Optional[_Iterable[str]] = ..., residencies: _Optional[_Iterable[str]] = ..., price_models: _Optional[_Iterable[_Union[PriceModel, str]]] = ..., interconnect: _Optional[str] = ..., precision: _Optional[str] = ..., node_count_max: _Optional[int] = ...) -> None: ...
