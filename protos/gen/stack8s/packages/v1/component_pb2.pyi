from stack8s.common.v1 import provenance_pb2 as _provenance_pb2
from stack8s.packages.v1 import package_pb2 as _package_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RoleRequest(_message.Message):
    __slots__ = ("role", "wanted")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    WANTED_FIELD_NUMBER: _ClassVar[int]
    role: str
    wanted: str
    def __init__(self, role: _Optional[str] = ..., wanted: _Optional[str] = ...) -> None: ...

class StackContext(_message.Message):
    __slots__ = ("task_type", "concurrency", "compliance", "gpu_vendor", "installed", "high_availability", "kube_version", "domain", "excluded")
    TASK_TYPE_FIELD_NUMBER: _ClassVar[int]
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    COMPLIANCE_FIELD_NUMBER: _ClassVar[int]
    GPU_VENDOR_FIELD_NUMBER: _ClassVar[int]
    INSTALLED_FIELD_NUMBER: _ClassVar[int]
    HIGH_AVAILABILITY_FIELD_NUMBER: _ClassVar[int]
    KUBE_VERSION_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    EXCLUDED_FIELD_NUMBER: _ClassVar[int]
    task_type: str
    concurrency: int
    compliance: _containers.RepeatedScalarFieldContainer[str]
    gpu_vendor: str
    installed: _containers.RepeatedScalarFieldContainer[str]
    high_availability: bool
    kube_version: str
    domain: str
    excluded: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, task_type: _Optional[str] = ..., concurrency: _Optional[int] = ..., compliance: _Optional[_Iterable[str]] = ..., gpu_vendor: _Optional[str] = ..., installed: _Optional[_Iterable[str]] = ..., high_availability: _Optional[bool] = ..., kube_version: _Optional[str] = ..., domain: _Optional[str] = ..., excluded: _Optional[_Iterable[str]] = ...) -> None: ...

class Component(_message.Message):
    __slots__ = ("role", "package", "why", "alternatives", "connections", "values", "namespace", "release", "secrets", "error", "after_roles", "provenance", "already_installed", "companions", "notes", "names", "refused")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    PACKAGE_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    ALTERNATIVES_FIELD_NUMBER: _ClassVar[int]
    CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    SECRETS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    AFTER_ROLES_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    ALREADY_INSTALLED_FIELD_NUMBER: _ClassVar[int]
    COMPANIONS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    role: str
    package: _package_pb2.Package
    why: str
    alternatives: _containers.RepeatedCompositeFieldContainer[Alternative]
    connections: _containers.RepeatedCompositeFieldContainer[Connection]
    values: _containers.RepeatedCompositeFieldContainer[ChartValue]
    namespace: str
    release: str
    secrets: _containers.RepeatedCompositeFieldContainer[SecretNeed]
    error: str
    after_roles: _containers.RepeatedScalarFieldContainer[str]
    provenance: _provenance_pb2.Provenance
    already_installed: bool
    companions: _containers.RepeatedCompositeFieldContainer[CompanionChart]
    notes: _containers.RepeatedScalarFieldContainer[str]
    names: _containers.RepeatedScalarFieldContainer[str]
    refused: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, role: _Optional[str] = ..., package: _Optional[_Union[_package_pb2.Package, _Mapping]] = ..., why: _Optional[str] = ..., alternatives: _Optional[_Iterable[_Union[Alternative, _Mapping]]] = ..., connections: _Optional[_Iterable[_Union[Connection, _Mapping]]] = ..., values: _Optional[_Iterable[_Union[ChartValue, _Mapping]]] = ..., namespace: _Optional[str] = ..., release: _Optional[str] = ..., secrets: _Optional[_Iterable[_Union[SecretNeed, _Mapping]]] = ..., error: _Optional[str] = ..., after_roles: _Optional[_Iterable[str]] = ..., provenance: _Optional[_Union[_provenance_pb2.Provenance, _Mapping]] = ..., already_installed: _Optional[bool] = ..., companions: _Optional[_Iterable[_Union[CompanionChart, _Mapping]]] = ..., notes: _Optional[_Iterable[str]] = ..., names: _Optional[_Iterable[str]] = ..., refused: _Optional[_Iterable[str]] = ...) -> None: ...

class CompanionChart(_message.Message):
    __slots__ = ("package", "release", "namespace", "description", "values")
    PACKAGE_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    package: _package_pb2.Package
    release: str
    namespace: str
    description: str
    values: _containers.RepeatedCompositeFieldContainer[ChartValue]
    def __init__(self, package: _Optional[_Union[_package_pb2.Package, _Mapping]] = ..., release: _Optional[str] = ..., namespace: _Optional[str] = ..., description: _Optional[str] = ..., values: _Optional[_Iterable[_Union[ChartValue, _Mapping]]] = ...) -> None: ...

class Alternative(_message.Message):
    __slots__ = ("repository", "name", "version", "difference")
    REPOSITORY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    repository: str
    name: str
    version: str
    difference: str
    def __init__(self, repository: _Optional[str] = ..., name: _Optional[str] = ..., version: _Optional[str] = ..., difference: _Optional[str] = ...) -> None: ...

class Connection(_message.Message):
    __slots__ = ("role", "service", "port", "secret", "value_path", "description")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    VALUE_PATH_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    role: str
    service: str
    port: int
    secret: str
    value_path: str
    description: str
    def __init__(self, role: _Optional[str] = ..., service: _Optional[str] = ..., port: _Optional[int] = ..., secret: _Optional[str] = ..., value_path: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class ChartValue(_message.Message):
    __slots__ = ("path", "string_value", "number_value", "bool_value")
    PATH_FIELD_NUMBER: _ClassVar[int]
    STRING_VALUE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_VALUE_FIELD_NUMBER: _ClassVar[int]
    BOOL_VALUE_FIELD_NUMBER: _ClassVar[int]
    path: str
    string_value: str
    number_value: float
    bool_value: bool
    def __init__(self, path: _Optional[str] = ..., string_value: _Optional[str] = ..., number_value: _Optional[float] = ..., bool_value: _Optional[bool] = ...) -> None: ...

class SecretNeed(_message.Message):
    __slots__ = ("name", "keys", "description")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    name: str
    keys: _containers.RepeatedScalarFieldContainer[str]
    description: str
    def __init__(self, name: _Optional[str] = ..., keys: _Optional[_Iterable[str]] = ..., description: _Optional[str] = ...) -> None: ...

class Conflict(_message.Message):
    __slots__ = ("first", "second", "description")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    SECOND_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    first: str
    second: str
    description: str
    def __init__(self, first: _Optional[str] = ..., second: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...
