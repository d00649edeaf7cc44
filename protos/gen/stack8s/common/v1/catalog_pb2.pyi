import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CatalogInfo(_message.Message):
    __slots__ = ("catalog", "snapshot_id", "oldest_as_of", "newest_as_of", "publish_time", "record_count", "sources", "refused", "refused_count", "snapshots")
    CATALOG_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_ID_FIELD_NUMBER: _ClassVar[int]
    OLDEST_AS_OF_FIELD_NUMBER: _ClassVar[int]
    NEWEST_AS_OF_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_TIME_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_COUNT_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOTS_FIELD_NUMBER: _ClassVar[int]
    catalog: str
    snapshot_id: str
    oldest_as_of: _timestamp_pb2.Timestamp
    newest_as_of: _timestamp_pb2.Timestamp
    publish_time: _timestamp_pb2.Timestamp
    record_count: int
    sources: _containers.RepeatedCompositeFieldContainer[CatalogSource]
    refused: _containers.RepeatedCompositeFieldContainer[RefusedRecord]
    refused_count: int
    snapshots: _containers.RepeatedCompositeFieldContainer[SnapshotSummary]
    def __init__(self, catalog: _Optional[str] = ..., snapshot_id: _Optional[str] = ..., oldest_as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., newest_as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., publish_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., record_count: _Optional[int] = ..., sources: _Optional[_Iterable[_Union[CatalogSource, _Mapping]]] = ..., refused: _Optional[_Iterable[_Union[RefusedRecord, _Mapping]]] = ..., refused_count: _Optional[int] = ..., snapshots: _Optional[_Iterable[_Union[SnapshotSummary, _Mapping]]] = ...) -> None: ...

class CatalogSource(_message.Message):
    __slots__ = ("name", "record_count", "as_of", "stale", "state", "message", "refused_count")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REFUSED_COUNT_FIELD_NUMBER: _ClassVar[int]
    name: str
    record_count: int
    as_of: _timestamp_pb2.Timestamp
    stale: bool
    state: str
    message: str
    refused_count: int
    def __init__(self, name: _Optional[str] = ..., record_count: _Optional[int] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., stale: _Optional[bool] = ..., state: _Optional[str] = ..., message: _Optional[str] = ..., refused_count: _Optional[int] = ...) -> None: ...

class RefusedRecord(_message.Message):
    __slots__ = ("source", "location", "reason")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    source: str
    location: str
    reason: str
    def __init__(self, source: _Optional[str] = ..., location: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class SnapshotSummary(_message.Message):
    __slots__ = ("snapshot_id", "publish_time", "record_count")
    SNAPSHOT_ID_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_TIME_FIELD_NUMBER: _ClassVar[int]
    RECORD_COUNT_FIELD_NUMBER: _ClassVar[int]
    snapshot_id: str
    publish_time: _timestamp_pb2.Timestamp
    record_count: int
    def __init__(self, snapshot_id: _Optional[str] = ..., publish_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., record_count: _Optional[int] = ...) -> None: ...
