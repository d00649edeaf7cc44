from stack8s.common.v1 import catalog_pb2 as _catalog_pb2
from stack8s.packages.v1 import component_pb2 as _component_pb2
from stack8s.packages.v1 import package_pb2 as _package_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PackageFilter(_message.Message):
    __slots__ = ("categories", "roles", "repositories", "licenses", "official_only", "cncf_levels", "include_deprecated", "has_values_schema", "signed", "verified_only")
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    REPOSITORIES_FIELD_NUMBER: _ClassVar[int]
    LICENSES_FIELD_NUMBER: _ClassVar[int]
    OFFICIAL_ONLY_FIELD_NUMBER: _ClassVar[int]
    CNCF_LEVELS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_DEPRECATED_FIELD_NUMBER: _ClassVar[int]
    HAS_VALUES_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    SIGNED_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_ONLY_FIELD_NUMBER: _ClassVar[int]
    categories: _containers.RepeatedScalarFieldContainer[str]
    roles: _containers.RepeatedScalarFieldContainer[str]
    repositories: _containers.RepeatedScalarFieldContainer[str]
    licenses: _containers.RepeatedScalarFieldContainer[str]
    official_only: bool
    cncf_levels: _containers.RepeatedScalarFieldContainer[str]
    include_deprecated: bool
    has_values_schema: bool
    signed: bool
    verified_only: bool
    def __init__(self, categories: _Optional[_Iterable[str]] = ..., roles: _Optional[_Iterable[str]] = ..., repositories: _Optional[_Iterable[str]] = ..., licenses: _Optional[_Iterable[str]] = ..., official_only: _Optional[bool] = ..., cncf_levels: _Optional[_Iterable[str]] = ..., include_deprecated: _Optional[bool] = ..., has_values_schema: _Optional[bool] = ..., signed: _Optional[bool] = ..., verified_only: _Optional[bool] = ...) -> None: ...

class SearchPackagesRequest(_message.Message):
    __slots__ = ("query", "filter", "page_size", "ungrouped")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    UNGROUPED_FIELD_NUMBER: _ClassVar[int]
    query: str
    filter: PackageFilter
    page_size: int
    ungrouped: bool
    def __init__(self, query: _Optional[str] = ..., filter: _Optional[_Union[PackageFilter, _Mapping]] = ..., page_size: _Optional[int] = ..., ungrouped: _Optional[bool] = ...) -> None: ...

class PackageResult(_message.Message):
    __slots__ = ("package", "score", "why", "others")
    PACKAGE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    OTHERS_FIELD_NUMBER: _ClassVar[int]
    package: _package_pb2.Package
    score: float
    why: str
    others: _containers.RepeatedCompositeFieldContainer[PackageReference]
    def __init__(self, package: _Optional[_Union[_package_pb2.Package, _Mapping]] = ..., score: _Optional[float] = ..., why: _Optional[str] = ..., others: _Optional[_Iterable[_Union[PackageReference, _Mapping]]] = ...) -> None: ...

class PackageReference(_message.Message):
    __slots__ = ("repository", "name", "version")
    REPOSITORY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    repository: str
    name: str
    version: str
    def __init__(self, repository: _Optional[str] = ..., name: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class SearchPackagesResponse(_message.Message):
    __slots__ = ("results", "snapshot_id")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_ID_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[PackageResult]
    snapshot_id: str
    def __init__(self, results: _Optional[_Iterable[_Union[PackageResult, _Mapping]]] = ..., snapshot_id: _Optional[str] = ...) -> None: ...

class GetPackageRequest(_message.Message):
    __slots__ = ("repository", "name", "version")
    REPOSITORY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    repository: str
    name: str
    version: str
    def __init__(self, repository: _Optional[str] = ..., name: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class GetPackageResponse(_message.Message):
    __slots__ = ("package",)
    PACKAGE_FIELD_NUMBER: _ClassVar[int]
    package: _package_pb2.Package
    def __init__(self, package: _Optional[_Union[_package_pb2.Package, _Mapping]] = ...) -> None: ...

class ListVersionsRequest(_message.Message):
    __slots__ = ("repository", "name", "page_size", "page_token", "include_prereleases")
    REPOSITORY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_PRERELEASES_FIELD_NUMBER: _ClassVar[int]
    repository: str
    name: str
    page_size: int
    page_token: str
    include_prereleases: bool
    def __init__(self, repository: _Optional[str] = ..., name: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., include_prereleases: _Optional[bool] = ...) -> None: ...

class ListVersionsResponse(_message.Message):
    __slots__ = ("versions", "next_page_token", "total_size")
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    versions: _containers.RepeatedCompositeFieldContainer[_package_pb2.PackageVersion]
    next_page_token: str
    total_size: int
    def __init__(self, versions: _Optional[_Iterable[_Union[_package_pb2.PackageVersion, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...

class ListCategoriesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Category(_message.Message):
    __slots__ = ("id", "title", "package_count")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PACKAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: str
    package_count: int
    def __init__(self, id: _Optional[str] = ..., title: _Optional[str] = ..., package_count: _Optional[int] = ...) -> None: ...

class ListCategoriesResponse(_message.Message):
    __slots__ = ("categories", "roles")
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    categories: _containers.RepeatedCompositeFieldContainer[Category]
    roles: _containers.RepeatedCompositeFieldContainer[Category]
    def __init__(self, categories: _Optional[_Iterable[_Union[Category, _Mapping]]] = ..., roles: _Optional[_Iterable[_Union[Category, _Mapping]]] = ...) -> None: ...

class RecommendComponentsRequest(_message.Message):
    __slots__ = ("roles", "context")
    ROLES_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    roles: _containers.RepeatedCompositeFieldContainer[_component_pb2.RoleRequest]
    context: _component_pb2.StackContext
    def __init__(self, roles: _Optional[_Iterable[_Union[_component_pb2.RoleRequest, _Mapping]]] = ..., context: _Optional[_Union[_component_pb2.StackContext, _Mapping]] = ...) -> None: ...

class RecommendComponentsResponse(_message.Message):
    __slots__ = ("components", "conflicts", "snapshot_id")
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    CONFLICTS_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_ID_FIELD_NUMBER: _ClassVar[int]
    components: _containers.RepeatedCompositeFieldContainer[_component_pb2.Component]
    conflicts: _containers.RepeatedCompositeFieldContainer[_component_pb2.Conflict]
    snapshot_id: str
    def __init__(self, components: _Optional[_Iterable[_Union[_component_pb2.Component, _Mapping]]] = ..., conflicts: _Optional[_Iterable[_Union[_component_pb2.Conflict, _Mapping]]] = ..., snapshot_id: _Optional[str] = ...) -> None: ...

class GetCatalogInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCatalogInfoResponse(_message.Message):
    __slots__ = ("info", "version_count")
    INFO_FIELD_NUMBER: _ClassVar[int]
    VERSION_COUNT_FIELD_NUMBER: _ClassVar[int]
    info: _catalog_pb2.CatalogInfo
    version_count: int
    def __init__(self, info: _Optional[_Union[_catalog_pb2.CatalogInfo, _Mapping]] = ..., version_count: _Optional[int] = ...) -> None: ...
