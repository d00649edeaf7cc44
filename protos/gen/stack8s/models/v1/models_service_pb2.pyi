from stack8s.common.v1 import catalog_pb2 as _catalog_pb2
from stack8s.common.v1 import provenance_pb2 as _provenance_pb2
from stack8s.models.v1 import model_pb2 as _model_pb2
from stack8s.models.v1 import sizing_pb2 as _sizing_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ModelFilter(_message.Message):
    __slots__ = ("tasks", "licenses", "license_classes", "parameters_b_min", "parameters_b_max", "memory_gib_max", "precision", "languages", "libraries", "gated", "base_model", "downloads_min", "open_source_only")
    TASKS_FIELD_NUMBER: _ClassVar[int]
    LICENSES_FIELD_NUMBER: _ClassVar[int]
    LICENSE_CLASSES_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_B_MIN_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_B_MAX_FIELD_NUMBER: _ClassVar[int]
    MEMORY_GIB_MAX_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    LIBRARIES_FIELD_NUMBER: _ClassVar[int]
    GATED_FIELD_NUMBER: _ClassVar[int]
    BASE_MODEL_FIELD_NUMBER: _ClassVar[int]
    DOWNLOADS_MIN_FIELD_NUMBER: _ClassVar[int]
    OPEN_SOURCE_ONLY_FIELD_NUMBER: _ClassVar[int]
    tasks: _containers.RepeatedScalarFieldContainer[str]
    licenses: _containers.RepeatedScalarFieldContainer[str]
    license_classes: _containers.RepeatedScalarFieldContainer[_model_pb2.LicenseClass]
    parameters_b_min: float
    parameters_b_max: float
    memory_gib_max: float
    precision: str
    languages: _containers.RepeatedScalarFieldContainer[str]
    libraries: _containers.RepeatedScalarFieldContainer[str]
    gated: bool
    base_model: str
    downloads_min: int
    open_source_only: bool
    def __init__(self, tasks: _Optional[_Iterable[str]] = ..., licenses: _Optional[_Iterable[str]] = ..., license_classes: _Optional[_Iterable[_Union[_model_pb2.LicenseClass, str]]] = ..., parameters_b_min: _Optional[float] = ..., parameters_b_max: _Optional[float] = ..., memory_gib_max: _Optional[float] = ..., precision: _Optional[str] = ..., languages: _Optional[_Iterable[str]] = ..., libraries: _Optional[_Iterable[str]] = ..., gated: _Optional[bool] = ..., base_model: _Optional[str] = ..., downloads_min: _Optional[int] = ..., open_source_only: _Optional[bool] = ...) -> None: ...

class SearchModelsRequest(_message.Message):
    __slots__ = ("query", "filter", "page_size", "relevance_weight", "name", "keep_variants", "exact", "conditions_in_filter")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    RELEVANCE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    KEEP_VARIANTS_FIELD_NUMBER: _ClassVar[int]
    EXACT_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_IN_FILTER_FIELD_NUMBER: _ClassVar[int]
    query: str
    filter: ModelFilter
    page_size: int
    relevance_weight: float
    name: str
    keep_variants: bool
    exact: bool
    conditions_in_filter: bool
    def __init__(self, query: _Optional[str] = ..., filter: _Optional[_Union[ModelFilter, _Mapping]] = ..., page_size: _Optional[int] = ..., relevance_weight: _Optional[float] = ..., name: _Optional[str] = ..., keep_variants: _Optional[bool] = ..., exact: _Optional[bool] = ..., conditions_in_filter: _Optional[bool] = ...) -> None: ...

class ModelResult(_message.Message):
    __slots__ = ("model", "score", "passage", "relevance", "popularity", "why", "variants", "passage_from_record", "highlight")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    PASSAGE_FIELD_NUMBER: _ClassVar[int]
    RELEVANCE_FIELD_NUMBER: _ClassVar[int]
    POPULARITY_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    VARIANTS_FIELD_NUMBER: _ClassVar[int]
    PASSAGE_FROM_RECORD_FIELD_NUMBER: _ClassVar[int]
    HIGHLIGHT_FIELD_NUMBER: _ClassVar[int]
    model: _model_pb2.Model
    score: float
    passage: str
    relevance: float
    popularity: float
    why: str
    variants: _containers.RepeatedCompositeFieldContainer[Variant]
    passage_from_record: bool
    highlight: str
    def __init__(self, model: _Optional[_Union[_model_pb2.Model, _Mapping]] = ..., score: _Optional[float] = ..., passage: _Optional[str] = ..., relevance: _Optional[float] = ..., popularity: _Optional[float] = ..., why: _Optional[str] = ..., variants: _Optional[_Iterable[_Union[Variant, _Mapping]]] = ..., passage_from_record: _Optional[bool] = ..., highlight: _Optional[str] = ...) -> None: ...

class SearchModelsResponse(_message.Message):
    __slots__ = ("results", "understood_tasks", "snapshot_id", "notes", "understood_conditions")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    UNDERSTOOD_TASKS_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_ID_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    UNDERSTOOD_CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[ModelResult]
    understood_tasks: _containers.RepeatedScalarFieldContainer[str]
    snapshot_id: str
    notes: _containers.RepeatedScalarFieldContainer[str]
    understood_conditions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, results: _Optional[_Iterable[_Union[ModelResult, _Mapping]]] = ..., understood_tasks: _Optional[_Iterable[str]] = ..., snapshot_id: _Optional[str] = ..., notes: _Optional[_Iterable[str]] = ..., understood_conditions: _Optional[_Iterable[str]] = ...) -> None: ...

class GetModelRequest(_message.Message):
    __slots__ = ("model_id",)
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    def __init__(self, model_id: _Optional[str] = ...) -> None: ...

class GetModelResponse(_message.Message):
    __slots__ = ("model", "card")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    CARD_FIELD_NUMBER: _ClassVar[int]
    model: _model_pb2.Model
    card: str
    def __init__(self, model: _Optional[_Union[_model_pb2.Model, _Mapping]] = ..., card: _Optional[str] = ...) -> None: ...

class ListVariantsRequest(_message.Message):
    __slots__ = ("model_id", "relation", "page_size", "page_token")
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    RELATION_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    relation: _model_pb2.Relation
    page_size: int
    page_token: str
    def __init__(self, model_id: _Optional[str] = ..., relation: _Optional[_Union[_model_pb2.Relation, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class Variant(_message.Message):
    __slots__ = ("model_id", "relation", "quantization", "downloads", "by_name")
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    RELATION_FIELD_NUMBER: _ClassVar[int]
    QUANTIZATION_FIELD_NUMBER: _ClassVar[int]
    DOWNLOADS_FIELD_NUMBER: _ClassVar[int]
    BY_NAME_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    relation: _model_pb2.Relation
    quantization: _model_pb2.Quantization
    downloads: int
    by_name: bool
    def __init__(self, model_id: _Optional[str] = ..., relation: _Optional[_Union[_model_pb2.Relation, str]] = ..., quantization: _Optional[_Union[_model_pb2.Quantization, _Mapping]] = ..., downloads: _Optional[int] = ..., by_name: _Optional[bool] = ...) -> None: ...

class Tokenizer(_message.Message):
    __slots__ = ("model_id", "reason")
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    reason: str
    def __init__(self, model_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ListVariantsResponse(_message.Message):
    __slots__ = ("variants", "next_page_token", "total_size", "tokenizer")
    VARIANTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    TOKENIZER_FIELD_NUMBER: _ClassVar[int]
    variants: _containers.RepeatedCompositeFieldContainer[Variant]
    next_page_token: str
    total_size: int
    tokenizer: Tokenizer
    def __init__(self, variants: _Optional[_Iterable[_Union[Variant, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ..., tokenizer: _Optional[_Union[Tokenizer, _Mapping]] = ...) -> None: ...

class SizingCase(_message.Message):
    __slots__ = ("model_id", "parameters", "architecture", "task", "usage", "gpu", "gpu_count", "active_parameters")
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    ARCHITECTURE_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    GPU_FIELD_NUMBER: _ClassVar[int]
    GPU_COUNT_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    parameters: int
    architecture: _model_pb2.Architecture
    task: str
    usage: _sizing_pb2.Usage
    gpu: _sizing_pb2.GpuShape
    gpu_count: int
    active_parameters: int
    def __init__(self, model_id: _Optional[str] = ..., parameters: _Optional[int] = ..., architecture: _Optional[_Union[_model_pb2.Architecture, _Mapping]] = ..., task: _Optional[str] = ..., usage: _Optional[_Union[_sizing_pb2.Usage, _Mapping]] = ..., gpu: _Optional[_Union[_sizing_pb2.GpuShape, _Mapping]] = ..., gpu_count: _Optional[int] = ..., active_parameters: _Optional[int] = ...) -> None: ...

class EstimateMemoryRequest(_message.Message):
    __slots__ = ("cases",)
    CASES_FIELD_NUMBER: _ClassVar[int]
    cases: _containers.RepeatedCompositeFieldContainer[SizingCase]
    def __init__(self, cases: _Optional[_Iterable[_Union[SizingCase, _Mapping]]] = ...) -> None: ...

class MemoryEstimate(_message.Message):
    __slots__ = ("total_gib", "per_gpu_gib", "terms", "assumptions", "basis", "error_band", "gpus_needed", "tensor_parallel", "pipeline_parallel", "fits", "headroom_gib", "max_context_tokens", "max_concurrency", "precision", "context_tokens", "concurrency", "error", "provenance", "usable_gib", "borderline")
    TOTAL_GIB_FIELD_NUMBER: _ClassVar[int]
    PER_GPU_GIB_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    ASSUMPTIONS_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    ERROR_BAND_FIELD_NUMBER: _ClassVar[int]
    GPUS_NEEDED_FIELD_NUMBER: _ClassVar[int]
    TENSOR_PARALLEL_FIELD_NUMBER: _ClassVar[int]
    PIPELINE_PARALLEL_FIELD_NUMBER: _ClassVar[int]
    FITS_FIELD_NUMBER: _ClassVar[int]
    HEADROOM_GIB_FIELD_NUMBER: _ClassVar[int]
    MAX_CONTEXT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    MAX_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    USABLE_GIB_FIELD_NUMBER: _ClassVar[int]
    BORDERLINE_FIELD_NUMBER: _ClassVar[int]
    total_gib: float
    per_gpu_gib: float
    terms: _containers.RepeatedCompositeFieldContainer[_sizing_pb2.MemoryTerm]
    assumptions: _containers.RepeatedCompositeFieldContainer[_sizing_pb2.Assumption]
    basis: _sizing_pb2.FigureBasis
    error_band: float
    gpus_needed: int
    tensor_parallel: int
    pipeline_parallel: int
    fits: bool
    headroom_gib: float
    max_context_tokens: int
    max_concurrency: int
    precision: str
    context_tokens: int
    concurrency: int
    error: str
    provenance: _provenance_pb2.Provenance
    usable_gib: float
    borderline: bool
    def __init__(self, total_gib: _Optional[float] = ..., per_gpu_gib: _Optional[float] = ..., terms: _Optional[_Iterable[_Union[_sizing_pb2.MemoryTerm, _Mapping]]] = ..., assumptions: _Optional[_Iterable[_Union[_sizing_pb2.Assumption, _Mapping]]] = ..., basis: _Optional[_Union[_sizing_pb2.FigureBasis, str]] = ..., error_band: _Optional[float] = ..., gpus_needed: _Optional[int] = ..., tensor_parallel: _Optional[int] = ..., pipeline_parallel: _Optional[int] = ..., fits: _Optional[bool] = ..., headroom_gib: _Optional[float] = ..., max_context_tokens: _Optional[int] = ..., max_concurrency: _Optional[int] = ..., precision: _Optional[str] = ..., context_tokens: _Optional[int] = ..., concurrency: _Optional[int] = ..., error: _Optional[str] = ..., provenance: _Optional[_Union[_provenance_pb2.Provenance, _Mapping]] = ..., usable_gib: _Optional[float] = ..., borderline: _Optional[bool] = ...) -> None: ...

class EstimateMemoryResponse(_message.Message):
    __slots__ = ("estimates",)
    ESTIMATES_FIELD_NUMBER: _ClassVar[int]
    estimates: _containers.RepeatedCompositeFieldContainer[MemoryEstimate]
    def __init__(self, estimates: _Optional[_Iterable[_Union[MemoryEstimate, _Mapping]]] = ...) -> None: ...

class EstimatePerformanceRequest(_message.Message):
    __slots__ = ("cases",)
    CASES_FIELD_NUMBER: _ClassVar[int]
    cases: _containers.RepeatedCompositeFieldContainer[SizingCase]
    def __init__(self, cases: _Optional[_Iterable[_Union[SizingCase, _Mapping]]] = ...) -> None: ...

class PerformanceEstimate(_message.Message):
    __slots__ = ("tokens_per_second", "tokens_per_second_per_request", "time_to_first_token_ms", "requests_per_second", "request_latency_ms", "samples_per_second", "training_hours", "bound_by", "basis", "error_factor", "assumptions", "formula", "error", "prefill_tokens_per_second", "saturated_tokens_per_second", "saturated_concurrency", "units_per_second", "unit")
    TOKENS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    TOKENS_PER_SECOND_PER_REQUEST_FIELD_NUMBER: _ClassVar[int]
    TIME_TO_FIRST_TOKEN_MS_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    REQUEST_LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    TRAINING_HOURS_FIELD_NUMBER: _ClassVar[int]
    BOUND_BY_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FACTOR_FIELD_NUMBER: _ClassVar[int]
    ASSUMPTIONS_FIELD_NUMBER: _ClassVar[int]
    FORMULA_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    PREFILL_TOKENS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    SATURATED_TOKENS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    SATURATED_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    UNITS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    tokens_per_second: float
    tokens_per_second_per_request: float
    time_to_first_token_ms: float
    requests_per_second: float
    request_latency_ms: float
    samples_per_second: float
    training_hours: float
    bound_by: str
    basis: _sizing_pb2.FigureBasis
    error_factor: float
    assumptions: _containers.RepeatedCompositeFieldContainer[_sizing_pb2.Assumption]
    formula: str
    error: str
    prefill_tokens_per_second: float
    saturated_tokens_per_second: float
    saturated_concurrency: int
    units_per_second: float
    unit: str
    def __init__(self, tokens_per_second: _Optional[float] = ..., tokens_per_second_per_request: _Optional[float] = ..., time_to_first_token_ms: _Optional[float] = ..., requests_per_second: _Optional[float] = ..., request_latency_ms: _Optional[float] = ..., samples_per_second: _Optional[float] = ..., training_hours: _Optional[float] = ..., bound_by: _Optional[str] = ..., basis: _Optional[_Union[_sizing_pb2.FigureBasis, str]] = ..., error_factor: _Optional[float] = ..., assumptions: _Optional[_Iterable[_Union[_sizing_pb2.Assumption, _Mapping]]] = ..., formula: _Optional[str] = ..., error: _Optional[str] = ..., prefill_tokens_per_second: _Optional[float] = ..., saturated_tokens_per_second: _Optional[float] = ..., saturated_concurrency: _Optional[int] = ..., units_per_second: _Optional[float] = ..., unit: _Optional[str] = ...) -> None: ...

class EstimatePerformanceResponse(_message.Message):
    __slots__ = ("estimates",)
    ESTIMATES_FIELD_NUMBER: _ClassVar[int]
    estimates: _containers.RepeatedCompositeFieldContainer[PerformanceEstimate]
    def __init__(self, estimates: _Optional[_Iterable[_Union[PerformanceEstimate, _Mapping]]] = ...) -> None: ...

class ListTasksRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class Task(_message.Message):
    __slots__ = ("task", "title", "description", "model_count")
    TASK_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    MODEL_COUNT_FIELD_NUMBER: _ClassVar[int]
    task: str
    title: str
    description: str
    model_count: int
    def __init__(self, task: _Optional[str] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., model_count: _Optional[int] = ...) -> None: ...

class ListTasksResponse(_message.Message):
    __slots__ = ("tasks", "next_page_token", "total_size")
    TASKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    tasks: _containers.RepeatedCompositeFieldContainer[Task]
    next_page_token: str
    total_size: int
    def __init__(self, tasks: _Optional[_Iterable[_Union[Task, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...

class GetCatalogInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCatalogInfoResponse(_message.Message):
    __slots__ = ("info", "embedding_space", "chunk_count")
    INFO_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SPACE_FIELD_NUMBER: _ClassVar[int]
    CHUNK_COUNT_FIELD_NUMBER: _ClassVar[int]
    info: _catalog_pb2.CatalogInfo
    embedding_space: str
    chunk_count: int
    def __init__(self, info: _Optional[_Union[_catalog_pb2.CatalogInfo, _Mapping]] = ..., embedding_space: _Optional[str] = ..., chunk_count: _Optional[int] = ...) -> None: ...
