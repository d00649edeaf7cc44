import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from stack8s.common.v1 import provenance_pb2 as _provenance_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RequirementsBasis(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REQUIREMENTS_BASIS_UNSPECIFIED: _ClassVar[RequirementsBasis]
    REQUIREMENTS_BASIS_RENDERED: _ClassVar[RequirementsBasis]
    REQUIREMENTS_BASIS_STATED: _ClassVar[RequirementsBasis]
    REQUIREMENTS_BASIS_CURATED: _ClassVar[RequirementsBasis]
    REQUIREMENTS_BASIS_UNKNOWN: _ClassVar[RequirementsBasis]
REQUIREMENTS_BASIS_UNSPECIFIED: RequirementsBasis
REQUIREMENTS_BASIS_RENDERED: RequirementsBasis
REQUIREMENTS_BASIS_STATED: RequirementsBasis
REQUIREMENTS_BASIS_CURATED: RequirementsBasis
REQUIREMENTS_BASIS_UNKNOWN: RequirementsBasis

class Package(_message.Message):
    __slots__ = ("repository", "name", "version", "app_version", "description", "repository_url", "category", "roles", "keywords", "license", "official", "verified_publisher", "cncf_level", "deprecated", "cautions", "stars", "publish_time", "kube_version", "dependencies", "requirements", "crds", "images", "has_values_schema", "signed", "home", "version_count", "provenance")
    REPOSITORY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    APP_VERSION_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    REPOSITORY_URL_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    KEYWORDS_FIELD_NUMBER: _ClassVar[int]
    LICENSE_FIELD_NUMBER: _ClassVar[int]
    OFFICIAL_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_PUBLISHER_FIELD_NUMBER: _ClassVar[int]
    CNCF_LEVEL_FIELD_NUMBER: _ClassVar[int]
    DEPRECATED_FIELD_NUMBER: _ClassVar[int]
    CAUTIONS_FIELD_NUMBER: _ClassVar[int]
    STARS_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_TIME_FIELD_NUMBER: _ClassVar[int]
    KUBE_VERSION_FIELD_NUMBER: _ClassVar[int]
    DEPENDENCIES_FIELD_NUMBER: _ClassVar[int]
    REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
    CRDS_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    HAS_VALUES_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    SIGNED_FIELD_NUMBER: _ClassVar[int]
    HOME_FIELD_NUMBER: _ClassVar[int]
    VERSION_COUNT_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    repository: str
    name: str
    version: str
    app_version: str
    description: str
    repository_url: str
    category: str
    roles: _containers.RepeatedScalarFieldContainer[str]
    keywords: _containers.RepeatedScalarFieldContainer[str]
    license: str
    official: bool
    verified_publisher: bool
    cncf_level: str
    deprecated: bool
    cautions: _containers.RepeatedScalarFieldContainer[str]
    stars: int
    publish_time: _timestamp_pb2.Timestamp
    kube_version: str
    dependencies: _containers.RepeatedCompositeFieldContainer[Dependency]
    requirements: Requirements
    crds: _containers.RepeatedScalarFieldContainer[str]
    images: _containers.RepeatedScalarFieldContainer[str]
    has_values_schema: bool
    signed: bool
    home: str
    version_count: int
    provenance: _provenance_pb2.Provenance
    def __init__(self, repository: _Optional[str] = ..., name: _Optional[str] = ..., version: _Optional[str] = ..., app_version: _Optional[str] = ..., description: _Optional[str] = ..., repository_url: _Optional[str] = ..., category: _Optional[str] = ..., roles: _Optional[_Iterable[str]] = ..., keywords: _Optional[_Iterable[str]] = ..., license: _Optional[str] = ..., official: _Optional[bool] = ..., verified_publisher: _Optional[bool] = ..., cncf_level: _Optional[str] = ..., deprecated: _Optional[bool] = ..., cautions: _Optional[_Iterable[str]] = ..., stars: _Optional[int] = ..., publish_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., kube_version: _Optional[str] = ..., dependencies: _Optional[_Iterable[_Union[Dependency, _Mapping]]] = ..., requirements: _Optional[_Union[Requirements, _Mapping]] = ..., crds: _Optional[_Iterable[str]] = ..., images: _Optional[_Iterable[str]] = ..., has_values_schema: _Optional[bool] = ..., signed: _Optional[bool] = ..., home: _Optional[str] = ..., version_count: _Optional[int] = ..., provenance: _Optional[_Union[_provenance_pb2.Provenance, _Mapping]] = ...) -> None: ...

class Dependency(_message.Message):
    __slots__ = ("name", "version", "repository", "condition")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    REPOSITORY_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    repository: str
    condition: str
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., repository: _Optional[str] = ..., condition: _Optional[str] = ...) -> None: ...

class Requirements(_message.Message):
    __slots__ = ("cpus", "memory_gib", "gpus", "storage_gib", "basis")
    CPUS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_GIB_FIELD_NUMBER: _ClassVar[int]
    GPUS_FIELD_NUMBER: _ClassVar[int]
    STORAGE_GIB_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    cpus: float
    memory_gib: float
    gpus: int
    storage_gib: float
    basis: RequirementsBasis
    def __init__(self, cpus: _Optional[float] = ..., memory_gib: _Optional[float] = ..., gpus: _Optional[int] = ..., storage_gib: _Optional[float] = ..., basis: _Optional[_Union[RequirementsBasis, str]] = ...) -> None: ...

class PackageVersion(_message.Message):
    __slots__ = ("version", "app_version", "publish_time", "prerelease", "deprecated", "kube_version", "digest", "url")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    APP_VERSION_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_TIME_FIELD_NUMBER: _ClassVar[int]
    PRERELEASE_FIELD_NUMBER: _ClassVar[int]
    DEPRECATED_FIELD_NUMBER: _ClassVar[int]
    KUBE_VERSION_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    version: str
    app_version: str
    publish_time: _timestamp_pb2.Timestamp
    prerelease: bool
    deprecated: bool
    kube_version: str
    digest: str
    url: str
    def __init__(self, version: _Optional[str] = ..., app_version: _Optional[str] = ..., publish_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., prerelease: _Optional[bool] = ..., deprecated: _Optional[bool] = ..., kube_version: _Optional[str] = ..., digest: _Optional[str] = ..., url: _Optional[str] = ...) -> None: ...
