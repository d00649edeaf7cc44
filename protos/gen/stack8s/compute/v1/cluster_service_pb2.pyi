import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import money_pb2 as _money_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ClusterState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLUSTER_STATE_UNSPECIFIED: _ClassVar[ClusterState]
    CLUSTER_STATE_NOT_CONFIGURED: _ClassVar[ClusterState]
    CLUSTER_STATE_UNREACHABLE: _ClassVar[ClusterState]
    CLUSTER_STATE_CONNECTED: _ClassVar[ClusterState]
CLUSTER_STATE_UNSPECIFIED: ClusterState
CLUSTER_STATE_NOT_CONFIGURED: ClusterState
CLUSTER_STATE_UNREACHABLE: ClusterState
CLUSTER_STATE_CONNECTED: ClusterState

class GetCapacityRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCapacityResponse(_message.Message):
    __slots__ = ("state", "state_reason", "state_since", "as_of", "gpus", "cpus_allocatable", "cpus_free", "memory_gib_allocatable", "memory_gib_free", "node_count", "jobs", "reservations", "job_count")
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_REASON_FIELD_NUMBER: _ClassVar[int]
    STATE_SINCE_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    GPUS_FIELD_NUMBER: _ClassVar[int]
    CPUS_ALLOCATABLE_FIELD_NUMBER: _ClassVar[int]
    CPUS_FREE_FIELD_NUMBER: _ClassVar[int]
    MEMORY_GIB_ALLOCATABLE_FIELD_NUMBER: _ClassVar[int]
    MEMORY_GIB_FREE_FIELD_NUMBER: _ClassVar[int]
    NODE_COUNT_FIELD_NUMBER: _ClassVar[int]
    JOBS_FIELD_NUMBER: _ClassVar[int]
    RESERVATIONS_FIELD_NUMBER: _ClassVar[int]
    JOB_COUNT_FIELD_NUMBER: _ClassVar[int]
    state: ClusterState
    state_reason: str
    state_since: _timestamp_pb2.Timestamp
    as_of: _timestamp_pb2.Timestamp
    gpus: _containers.RepeatedCompositeFieldContainer[GpuCapacity]
    cpus_allocatable: float
    cpus_free: float
    memory_gib_allocatable: float
    memory_gib_free: float
    node_count: int
    jobs: _containers.RepeatedCompositeFieldContainer[GpuJob]
    reservations: _containers.RepeatedCompositeFieldContainer[Reservation]
    job_count: int
    def __init__(self, state: _Optional[_Union[ClusterState, str]] = ..., state_reason: _Optional[str] = ..., state_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., gpus: _Optional[_Iterable[_Union[GpuCapacity, _Mapping]]] = ..., cpus_allocatable: _Optional[float] = ..., cpus_free: _Optional[float] = ..., memory_gib_allocatable: _Optional[float] = ..., memory_gib_free: _Optional[float] = ..., node_count: _Optional[int] = ..., jobs: _Optional[_Iterable[_Union[GpuJob, _Mapping]]] = ..., reservations: _Optional[_Iterable[_Union[Reservation, _Mapping]]] = ..., job_count: _Optional[int] = ...) -> None: ...

class GpuCapacity(_message.Message):
    __slots__ = ("gpu_type", "resource_name", "gpu_memory_gib", "allocatable", "requested", "free", "free_on_one_node_max", "utilisation", "price_per_gpu_hour")
    GPU_TYPE_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_NAME_FIELD_NUMBER: _ClassVar[int]
    GPU_MEMORY_GIB_FIELD_NUMBER: _ClassVar[int]
    ALLOCATABLE_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_FIELD_NUMBER: _ClassVar[int]
    FREE_FIELD_NUMBER: _ClassVar[int]
    FREE_ON_ONE_NODE_MAX_FIELD_NUMBER: _ClassVar[int]
    UTILISATION_FIELD_NUMBER: _ClassVar[int]
    PRICE_PER_GPU_HOUR_FIELD_NUMBER: _ClassVar[int]
    gpu_type: str
    resource_name: str
    gpu_memory_gib: float
    allocatable: int
    requested: int
    free: int
    free_on_one_node_max: int
    utilisation: float
    price_per_gpu_hour: _money_pb2.Money
    def __init__(self, gpu_type: _Optional[str] = ..., resource_name: _Optional[str] = ..., gpu_memory_gib: _Optional[float] = ..., allocatable: _Optional[int] = ..., requested: _Optional[int] = ..., free: _Optional[int] = ..., free_on_one_node_max: _Optional[int] = ..., utilisation: _Optional[float] = ..., price_per_gpu_hour: _Optional[_Union[_money_pb2.Money, _Mapping]] = ...) -> None: ...

class GpuJob(_message.Message):
    __slots__ = ("namespace", "name", "phase", "gpu_count", "resource_name", "node_name", "priority_class")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    GPU_COUNT_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_NAME_FIELD_NUMBER: _ClassVar[int]
    NODE_NAME_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_CLASS_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    name: str
    phase: str
    gpu_count: int
    resource_name: str
    node_name: str
    priority_class: str
    def __init__(self, namespace: _Optional[str] = ..., name: _Optional[str] = ..., phase: _Optional[str] = ..., gpu_count: _Optional[int] = ..., resource_name: _Optional[str] = ..., node_name: _Optional[str] = ..., priority_class: _Optional[str] = ...) -> None: ...

class Reservation(_message.Message):
    __slots__ = ("kind", "queue", "resource_name", "gpu_count", "used")
    KIND_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_NAME_FIELD_NUMBER: _ClassVar[int]
    GPU_COUNT_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    kind: str
    queue: str
    resource_name: str
    gpu_count: int
    used: int
    def __init__(self, kind: _Optional[str] = ..., queue: _Optional[str] = ..., resource_name: _Optional[str] = ..., gpu_count: _Optional[int] = ..., used: _Optional[int] = ...) -> None: ...

class ListNodesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "gpu_only")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    GPU_ONLY_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    gpu_only: bool
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., gpu_only: _Optional[bool] = ...) -> None: ...

class Node(_message.Message):
    __slots__ = ("name", "labels", "schedulable", "ready", "gpus", "cpus_allocatable", "memory_gib_allocatable")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SCHEDULABLE_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    GPUS_FIELD_NUMBER: _ClassVar[int]
    CPUS_ALLOCATABLE_FIELD_NUMBER: _ClassVar[int]
    MEMORY_GIB_ALLOCATABLE_FIELD_NUMBER: _ClassVar[int]
    name: str
    labels: _containers.ScalarMap[str, str]
    schedulable: bool
    ready: bool
    gpus: _containers.RepeatedCompositeFieldContainer[GpuCapacity]
    cpus_allocatable: float
    memory_gib_allocatable: float
    def __init__(self, name: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., schedulable: _Optional[bool] = ..., ready: _Optional[bool] = ..., gpus: _Optional[_Iterable[_Union[GpuCapacity, _Mapping]]] = ..., cpus_allocatable: _Optional[float] = ..., memory_gib_allocatable: _Optional[float] = ...) -> None: ...

class ListNodesResponse(_message.Message):
    __slots__ = ("nodes", "next_page_token", "total_size")
    NODES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[Node]
    next_page_token: str
    total_size: int
    def __init__(self, nodes: _Optional[_Iterable[_Union[Node, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...
