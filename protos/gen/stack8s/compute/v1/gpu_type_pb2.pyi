from stack8s.common.v1 import provenance_pb2 as _provenance_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GpuType(_message.Message):
    __slots__ = ("name", "vendor", "architecture", "memory_gib", "memory_bandwidth_gbps", "throughput", "interconnect", "interconnect_gbps", "compute_capability", "mig_profiles", "tdp_watts", "release_year", "aliases", "provenance")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    ARCHITECTURE_FIELD_NUMBER: _ClassVar[int]
    MEMORY_GIB_FIELD_NUMBER: _ClassVar[int]
    MEMORY_BANDWIDTH_GBPS_FIELD_NUMBER: _ClassVar[int]
    THROUGHPUT_FIELD_NUMBER: _ClassVar[int]
    INTERCONNECT_FIELD_NUMBER: _ClassVar[int]
    INTERCONNECT_GBPS_FIELD_NUMBER: _ClassVar[int]
    COMPUTE_CAPABILITY_FIELD_NUMBER: _ClassVar[int]
    MIG_PROFILES_FIELD_NUMBER: _ClassVar[int]
    TDP_WATTS_FIELD_NUMBER: _ClassVar[int]
    RELEASE_YEAR_FIELD_NUMBER: _ClassVar[int]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    vendor: str
    architecture: str
    memory_gib: float
    memory_bandwidth_gbps: float
    throughput: _containers.RepeatedCompositeFieldContainer[PrecisionThroughput]
    interconnect: str
    interconnect_gbps: float
    compute_capability: str
    mig_profiles: _containers.RepeatedScalarFieldContainer[str]
    tdp_watts: int
    release_year: int
    aliases: _containers.RepeatedScalarFieldContainer[str]
    provenance: _provenance_pb2.Provenance
    def __init__(self, name: _Optional[str] = ..., vendor: _Optional[str] = ..., architecture: _Optional[str] = ..., memory_gib: _Optional[float] = ..., memory_bandwidth_gbps: _Optional[float] = ..., throughput: _Optional[_Iterable[_Union[PrecisionThroughput, _Mapping]]] = ..., interconnect: _Optional[str] = ..., interconnect_gbps: _Optional[float] = ..., compute_capability: _Optional[str] = ..., mig_profiles: _Optional[_Iterable[str]] = ..., tdp_watts: _Optional[int] = ..., release_year: _Optional[int] = ..., aliases: _Optional[_Iterable[str]] = ..., provenance: _Optional[_Union[_provenance_pb2.Provenance, _Mapping]] = ...) -> None: ...

class PrecisionThroughput(_message.Message):
    __slots__ = ("precision", "tflops")
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    TFLOPS_FIELD_NUMBER: _ClassVar[int]
    precision: str
    tflops: float
    def __init__(self, precision: _Optional[str] = ..., tflops: _Optional[float] = ...) -> None: ...
