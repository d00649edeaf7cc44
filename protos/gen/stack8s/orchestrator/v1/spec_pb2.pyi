from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WorkloadSpec(_message.Message):
    __slots__ = ("task_type", "domain", "model_task", "models", "model_params_b", "dataset_size_gb", "dataset_items", "dataset_modality", "gpu_needed", "gpu_models", "gpu_models_excluded", "gpu_count_min", "vram_gb_min_per_gpu", "vram_gb_min_total", "budget_usd_hour", "budget_usd_month", "budget_usd_total", "budget_currency", "budget_amount", "budget_period", "providers", "providers_excluded", "regions", "geos", "spot_ok", "concurrency", "requests_per_second", "tokens_per_second", "latency_ms_p95", "context_tokens", "precision", "license", "components", "component_roles", "compliance", "deadline_hours", "prefers_local_cluster", "high_availability", "origins")
    class OriginsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Origin
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Origin, _Mapping]] = ...) -> None: ...
    TASK_TYPE_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    MODEL_TASK_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    MODEL_PARAMS_B_FIELD_NUMBER: _ClassVar[int]
    DATASET_SIZE_GB_FIELD_NUMBER: _ClassVar[int]
    DATASET_ITEMS_FIELD_NUMBER: _ClassVar[int]
    DATASET_MODALITY_FIELD_NUMBER: _ClassVar[int]
    GPU_NEEDED_FIELD_NUMBER: _ClassVar[int]
    GPU_MODELS_FIELD_NUMBER: _ClassVar[int]
    GPU_MODELS_EXCLUDED_FIELD_NUMBER: _ClassVar[int]
    GPU_COUNT_MIN_FIELD_NUMBER: _ClassVar[int]
    VRAM_GB_MIN_PER_GPU_FIELD_NUMBER: _ClassVar[int]
    VRAM_GB_MIN_TOTAL_FIELD_NUMBER: _ClassVar[int]
    BUDGET_USD_HOUR_FIELD_NUMBER: _ClassVar[int]
    BUDGET_USD_MONTH_FIELD_NUMBER: _ClassVar[int]
    BUDGET_USD_TOTAL_FIELD_NUMBER: _ClassVar[int]
    BUDGET_CURRENCY_FIELD_NUMBER: _ClassVar[int]
    BUDGET_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    BUDGET_PERIOD_FIELD_NUMBER: _ClassVar[int]
    PROVIDERS_FIELD_NUMBER: _ClassVar[int]
    PROVIDERS_EXCLUDED_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    GEOS_FIELD_NUMBER: _ClassVar[int]
    SPOT_OK_FIELD_NUMBER: _ClassVar[int]
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    TOKENS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    LATENCY_MS_P95_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    LICENSE_FIELD_NUMBER: _ClassVar[int]
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_ROLES_FIELD_NUMBER: _ClassVar[int]
    COMPLIANCE_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_HOURS_FIELD_NUMBER: _ClassVar[int]
    PREFERS_LOCAL_CLUSTER_FIELD_NUMBER: _ClassVar[int]
    HIGH_AVAILABILITY_FIELD_NUMBER: _ClassVar[int]
    ORIGINS_FIELD_NUMBER: _ClassVar[int]
    task_type: str
    domain: str
    model_task: str
    models: _containers.RepeatedScalarFieldContainer[str]
    model_params_b: float
    dataset_size_gb: float
    dataset_items: int
    dataset_modality: str
    gpu_needed: bool
    gpu_models: _containers.RepeatedScalarFieldContainer[str]
    gpu_models_excluded: _containers.RepeatedScalarFieldContainer[str]
    gpu_count_min: int
    vram_gb_min_per_gpu: float
    vram_gb_min_total: float
    budget_usd_hour: float
    budget_usd_month: float
    budget_usd_total: float
    budget_currency: str
    budget_amount: float
    budget_period: str
    providers: _containers.RepeatedScalarFieldContainer[str]
    providers_excluded: _containers.RepeatedScalarFieldContainer[str]
    regions: _containers.RepeatedScalarFieldContainer[str]
    geos: _containers.RepeatedScalarFieldContainer[str]
    spot_ok: bool
    concurrency: int
    requests_per_second: float
    tokens_per_second: float
    latency_ms_p95: float
    context_tokens: int
    precision: str
    license: str
    components: _containers.RepeatedScalarFieldContainer[str]
    component_roles: _containers.RepeatedScalarFieldContainer[str]
    compliance: _containers.RepeatedScalarFieldContainer[str]
    deadline_hours: float
    prefers_local_cluster: bool
    high_availability: bool
    origins: _containers.MessageMap[str, Origin]
    def __init__(self, task_type: _Optional[str] = ..., domain: _Optional[str] = ..., model_task: _Optional[str] = ..., models: _Optional[_Iterable[str]] = ..., model_params_b: _Optional[float] = ..., dataset_size_gb: _Optional[float] = ..., dataset_items: _Optional[int] = ..., dataset_modality: _Optional[str] = ..., gpu_needed: _Optional[bool] = ..., gpu_models: _Optional[_Iterable[str]] = ..., gpu_models_excluded: _Optional[_Iterable[str]] = ..., gpu_count_min: _Optional[int] = ..., vram_gb_min_per_gpu: _Optional[float] = ..., vram_gb_min_total: _Optional[float] = ..., budget_usd_hour: _Optional[float] = ..., budget_usd_month: _Optional[float] = ..., budget_usd_total: _Optional[float] = ..., budget_currency: _Optional[str] = ..., budget_amount: _Optional[float] = ..., budget_period: _Optional[str] = ..., providers: _Optional[_Iterable[str]] = ..., providers_excluded: _Optional[_Iterable[str]] = ..., regions: _Optional[_Iterable[str]] = ..., geos: _Optional[_Iterable[str]] = ..., spot_ok: _Optional[bool] = ..., concurrency: _Optional[int] = ..., requests_per_second: _Optional[float] = ..., tokens_per_second: _Optional[float] = ..., latency_ms_p95: _Optional[float] = ..., context_tokens: _Optional[int] = ..., precision: _Optional[str] = ..., license: _Optional[str] = ..., components: _Optional[_Iterable[str]] = ..., component_roles: _Optional[_Iterable[str]] = ..., compliance: _Optional[_Iterable[str]] = ..., deadline_hours: _Optional[float] = ..., prefers_local_cluster: _Optional[bool] = ..., high_availability: _Optional[bool] = ..., origins: _Optional[_Mapping[str, Origin]] = ...) -> None: ...

class Origin(_message.Message):
    __slots__ = ("kind", "turn", "words")
    KIND_FIELD_NUMBER: _ClassVar[int]
    TURN_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    kind: str
    turn: int
    words: str
    def __init__(self, kind: _Optional[str] = ..., turn: _Optional[int] = ..., words: _Optional[str] = ...) -> None: ...
