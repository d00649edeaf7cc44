from google.protobuf import struct_pb2 as _struct_pb2
from google.type import date_pb2 as _date_pb2
from google.type import decimal_pb2 as _decimal_pb2
from google.type import money_pb2 as _money_pb2
from stack8s.common.v1 import provenance_pb2 as _provenance_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DeploymentPlan(_message.Message):
    __slots__ = ("plan_id", "conversation_id", "version", "schema_version", "understanding", "assumptions", "gpu_recommendations", "model_recommendations", "kubernetes_stack", "deployment_steps", "cost_estimate", "tradeoffs", "warnings", "unmet", "workload", "changes", "snapshots", "parts", "combined_cost", "installed")
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    UNDERSTANDING_FIELD_NUMBER: _ClassVar[int]
    ASSUMPTIONS_FIELD_NUMBER: _ClassVar[int]
    GPU_RECOMMENDATIONS_FIELD_NUMBER: _ClassVar[int]
    MODEL_RECOMMENDATIONS_FIELD_NUMBER: _ClassVar[int]
    KUBERNETES_STACK_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_STEPS_FIELD_NUMBER: _ClassVar[int]
    COST_ESTIMATE_FIELD_NUMBER: _ClassVar[int]
    TRADEOFFS_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    UNMET_FIELD_NUMBER: _ClassVar[int]
    WORKLOAD_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOTS_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    COMBINED_COST_FIELD_NUMBER: _ClassVar[int]
    INSTALLED_FIELD_NUMBER: _ClassVar[int]
    plan_id: str
    conversation_id: str
    version: int
    schema_version: int
    understanding: str
    assumptions: _containers.RepeatedScalarFieldContainer[str]
    gpu_recommendations: _containers.RepeatedCompositeFieldContainer[GpuRecommendation]
    model_recommendations: _containers.RepeatedCompositeFieldContainer[ModelRecommendation]
    kubernetes_stack: _containers.RepeatedCompositeFieldContainer[StackComponent]
    deployment_steps: _containers.RepeatedCompositeFieldContainer[DeploymentStep]
    cost_estimate: CostEstimate
    tradeoffs: _containers.RepeatedScalarFieldContainer[str]
    warnings: _containers.RepeatedScalarFieldContainer[str]
    unmet: _containers.RepeatedCompositeFieldContainer[UnmetWish]
    workload: Workload
    changes: _containers.RepeatedCompositeFieldContainer[Change]
    snapshots: _containers.RepeatedCompositeFieldContainer[CatalogSnapshot]
    parts: _containers.RepeatedCompositeFieldContainer[DeploymentPlan]
    combined_cost: CombinedCost
    installed: _containers.RepeatedCompositeFieldContainer[InstalledComponent]
    def __init__(self, plan_id: _Optional[str] = ..., conversation_id: _Optional[str] = ..., version: _Optional[int] = ..., schema_version: _Optional[int] = ..., understanding: _Optional[str] = ..., assumptions: _Optional[_Iterable[str]] = ..., gpu_recommendations: _Optional[_Iterable[_Union[GpuRecommendation, _Mapping]]] = ..., model_recommendations: _Optional[_Iterable[_Union[ModelRecommendation, _Mapping]]] = ..., kubernetes_stack: _Optional[_Iterable[_Union[StackComponent, _Mapping]]] = ..., deployment_steps: _Optional[_Iterable[_Union[DeploymentStep, _Mapping]]] = ..., cost_estimate: _Optional[_Union[CostEstimate, _Mapping]] = ..., tradeoffs: _Optional[_Iterable[str]] = ..., warnings: _Optional[_Iterable[str]] = ..., unmet: _Optional[_Iterable[_Union[UnmetWish, _Mapping]]] = ..., workload: _Optional[_Union[Workload, _Mapping]] = ..., changes: _Optional[_Iterable[_Union[Change, _Mapping]]] = ..., snapshots: _Optional[_Iterable[_Union[CatalogSnapshot, _Mapping]]] = ..., parts: _Optional[_Iterable[_Union[DeploymentPlan, _Mapping]]] = ..., combined_cost: _Optional[_Union[CombinedCost, _Mapping]] = ..., installed: _Optional[_Iterable[_Union[InstalledComponent, _Mapping]]] = ...) -> None: ...

class CombinedCost(_message.Message):
    __slots__ = ("once", "monthly", "complete", "note")
    ONCE_FIELD_NUMBER: _ClassVar[int]
    MONTHLY_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    once: _money_pb2.Money
    monthly: _money_pb2.Money
    complete: bool
    note: str
    def __init__(self, once: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., monthly: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., complete: _Optional[bool] = ..., note: _Optional[str] = ...) -> None: ...

class GpuRecommendation(_message.Message):
    __slots__ = ("label", "option", "provider", "instance_type", "region", "country", "gpu_type", "gpu_count", "gpus_per_node", "gpu_memory_gib", "gpu_memory_total_gib", "node_count", "vcpus", "memory_gib", "price_model", "price_per_hour", "price_per_month", "spot_price_per_hour", "spot_note", "memory_required_gib", "headroom", "model_id", "precision", "tensor_parallel", "pipeline_parallel", "replicas", "tokens_per_second", "performance_basis", "run_hours", "run_cost", "why", "breaks", "equivalents", "offer_id", "provenance")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    OPTION_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    GPU_TYPE_FIELD_NUMBER: _ClassVar[int]
    GPU_COUNT_FIELD_NUMBER: _ClassVar[int]
    GPUS_PER_NODE_FIELD_NUMBER: _ClassVar[int]
    GPU_MEMORY_GIB_FIELD_NUMBER: _ClassVar[int]
    GPU_MEMORY_TOTAL_GIB_FIELD_NUMBER: _ClassVar[int]
    NODE_COUNT_FIELD_NUMBER: _ClassVar[int]
    VCPUS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_GIB_FIELD_NUMBER: _ClassVar[int]
    PRICE_MODEL_FIELD_NUMBER: _ClassVar[int]
    PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    PRICE_PER_MONTH_FIELD_NUMBER: _ClassVar[int]
    SPOT_PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    SPOT_NOTE_FIELD_NUMBER: _ClassVar[int]
    MEMORY_REQUIRED_GIB_FIELD_NUMBER: _ClassVar[int]
    HEADROOM_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    TENSOR_PARALLEL_FIELD_NUMBER: _ClassVar[int]
    PIPELINE_PARALLEL_FIELD_NUMBER: _ClassVar[int]
    REPLICAS_FIELD_NUMBER: _ClassVar[int]
    TOKENS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    PERFORMANCE_BASIS_FIELD_NUMBER: _ClassVar[int]
    RUN_HOURS_FIELD_NUMBER: _ClassVar[int]
    RUN_COST_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    BREAKS_FIELD_NUMBER: _ClassVar[int]
    EQUIVALENTS_FIELD_NUMBER: _ClassVar[int]
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    label: str
    option: str
    provider: str
    instance_type: str
    region: str
    country: str
    gpu_type: str
    gpu_count: int
    gpus_per_node: int
    gpu_memory_gib: float
    gpu_memory_total_gib: float
    node_count: int
    vcpus: float
    memory_gib: float
    price_model: str
    price_per_hour: _money_pb2.Money
    price_per_month: _money_pb2.Money
    spot_price_per_hour: _money_pb2.Money
    spot_note: str
    memory_required_gib: float
    headroom: float
    model_id: str
    precision: str
    tensor_parallel: int
    pipeline_parallel: int
    replicas: int
    tokens_per_second: float
    performance_basis: str
    run_hours: float
    run_cost: _money_pb2.Money
    why: str
    breaks: _containers.RepeatedScalarFieldContainer[str]
    equivalents: _containers.RepeatedCompositeFieldContainer[Equivalent]
    offer_id: str
    provenance: _provenance_pb2.Provenance
    def __init__(self, label: _Optional[str] = ..., option: _Optional[str] = ..., provider: _Optional[str] = ..., instance_type: _Optional[str] = ..., region: _Optional[str] = ..., country: _Optional[str] = ..., gpu_type: _Optional[str] = ..., gpu_count: _Optional[int] = ..., gpus_per_node: _Optional[int] = ..., gpu_memory_gib: _Optional[float] = ..., gpu_memory_total_gib: _Optional[float] = ..., node_count: _Optional[int] = ..., vcpus: _Optional[float] = ..., memory_gib: _Optional[float] = ..., price_model: _Optional[str] = ..., price_per_hour: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., price_per_month: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., spot_price_per_hour: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., spot_note: _Optional[str] = ..., memory_required_gib: _Optional[float] = ..., headroom: _Optional[float] = ..., model_id: _Optional[str] = ..., precision: _Optional[str] = ..., tensor_parallel: _Optional[int] = ..., pipeline_parallel: _Optional[int] = ..., replicas: _Optional[int] = ..., tokens_per_second: _Optional[float] = ..., performance_basis: _Optional[str] = ..., run_hours: _Optional[float] = ..., run_cost: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., why: _Optional[str] = ..., breaks: _Optional[_Iterable[str]] = ..., equivalents: _Optional[_Iterable[_Union[Equivalent, _Mapping]]] = ..., offer_id: _Optional[str] = ..., provenance: _Optional[_Union[_provenance_pb2.Provenance, _Mapping]] = ...) -> None: ...

class Equivalent(_message.Message):
    __slots__ = ("provider", "instance_type", "region", "gpu_type", "gpu_count", "node_count", "price_per_hour", "spot_price_per_hour", "provenance", "price_model")
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    GPU_TYPE_FIELD_NUMBER: _ClassVar[int]
    GPU_COUNT_FIELD_NUMBER: _ClassVar[int]
    NODE_COUNT_FIELD_NUMBER: _ClassVar[int]
    PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    SPOT_PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    PRICE_MODEL_FIELD_NUMBER: _ClassVar[int]
    provider: str
    instance_type: str
    region: str
    gpu_type: str
    gpu_count: int
    node_count: int
    price_per_hour: _money_pb2.Money
    spot_price_per_hour: _money_pb2.Money
    provenance: _provenance_pb2.Provenance
    price_model: str
    def __init__(self, provider: _Optional[str] = ..., instance_type: _Optional[str] = ..., region: _Optional[str] = ..., gpu_type: _Optional[str] = ..., gpu_count: _Optional[int] = ..., node_count: _Optional[int] = ..., price_per_hour: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., spot_price_per_hour: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., provenance: _Optional[_Union[_provenance_pb2.Provenance, _Mapping]] = ..., price_model: _Optional[str] = ...) -> None: ...

class ModelRecommendation(_message.Message):
    __slots__ = ("model_id", "task", "license", "license_note", "parameters", "memory_gib", "precision", "downloads", "likes", "relevance", "gated", "chosen", "purpose", "why", "provenance")
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    LICENSE_FIELD_NUMBER: _ClassVar[int]
    LICENSE_NOTE_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_GIB_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    DOWNLOADS_FIELD_NUMBER: _ClassVar[int]
    LIKES_FIELD_NUMBER: _ClassVar[int]
    RELEVANCE_FIELD_NUMBER: _ClassVar[int]
    GATED_FIELD_NUMBER: _ClassVar[int]
    CHOSEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    task: str
    license: str
    license_note: str
    parameters: int
    memory_gib: float
    precision: str
    downloads: int
    likes: int
    relevance: float
    gated: bool
    chosen: bool
    purpose: str
    why: str
    provenance: _provenance_pb2.Provenance
    def __init__(self, model_id: _Optional[str] = ..., task: _Optional[str] = ..., license: _Optional[str] = ..., license_note: _Optional[str] = ..., parameters: _Optional[int] = ..., memory_gib: _Optional[float] = ..., precision: _Optional[str] = ..., downloads: _Optional[int] = ..., likes: _Optional[int] = ..., relevance: _Optional[float] = ..., gated: _Optional[bool] = ..., chosen: _Optional[bool] = ..., purpose: _Optional[str] = ..., why: _Optional[str] = ..., provenance: _Optional[_Union[_provenance_pb2.Provenance, _Mapping]] = ...) -> None: ...

class StackComponent(_message.Message):
    __slots__ = ("role", "name", "repository", "repository_url", "chart", "version", "why", "alternatives", "namespace", "values", "needs", "connection", "warnings", "provenance", "secrets", "release", "companions", "links", "kube_version")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    REPOSITORY_FIELD_NUMBER: _ClassVar[int]
    REPOSITORY_URL_FIELD_NUMBER: _ClassVar[int]
    CHART_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    ALTERNATIVES_FIELD_NUMBER: _ClassVar[int]
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    NEEDS_FIELD_NUMBER: _ClassVar[int]
    CONNECTION_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    SECRETS_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    COMPANIONS_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    KUBE_VERSION_FIELD_NUMBER: _ClassVar[int]
    role: str
    name: str
    repository: str
    repository_url: str
    chart: str
    version: str
    why: str
    alternatives: _containers.RepeatedCompositeFieldContainer[ComponentAlternative]
    namespace: str
    values: _struct_pb2.Struct
    needs: _containers.RepeatedScalarFieldContainer[str]
    connection: str
    warnings: _containers.RepeatedScalarFieldContainer[str]
    provenance: _provenance_pb2.Provenance
    secrets: _containers.RepeatedCompositeFieldContainer[SecretNeed]
    release: str
    companions: _containers.RepeatedCompositeFieldContainer[CompanionChart]
    links: _containers.RepeatedCompositeFieldContainer[ValueNeed]
    kube_version: str
    def __init__(self, role: _Optional[str] = ..., name: _Optional[str] = ..., repository: _Optional[str] = ..., repository_url: _Optional[str] = ..., chart: _Optional[str] = ..., version: _Optional[str] = ..., why: _Optional[str] = ..., alternatives: _Optional[_Iterable[_Union[ComponentAlternative, _Mapping]]] = ..., namespace: _Optional[str] = ..., values: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., needs: _Optional[_Iterable[str]] = ..., connection: _Optional[str] = ..., warnings: _Optional[_Iterable[str]] = ..., provenance: _Optional[_Union[_provenance_pb2.Provenance, _Mapping]] = ..., secrets: _Optional[_Iterable[_Union[SecretNeed, _Mapping]]] = ..., release: _Optional[str] = ..., companions: _Optional[_Iterable[_Union[CompanionChart, _Mapping]]] = ..., links: _Optional[_Iterable[_Union[ValueNeed, _Mapping]]] = ..., kube_version: _Optional[str] = ...) -> None: ...

class InstalledComponent(_message.Message):
    __slots__ = ("name", "role", "chart", "namespace", "release")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    CHART_FIELD_NUMBER: _ClassVar[int]
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    name: str
    role: str
    chart: str
    namespace: str
    release: str
    def __init__(self, name: _Optional[str] = ..., role: _Optional[str] = ..., chart: _Optional[str] = ..., namespace: _Optional[str] = ..., release: _Optional[str] = ...) -> None: ...

class ValueNeed(_message.Message):
    __slots__ = ("role", "path", "value", "secret")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    role: str
    path: str
    value: str
    secret: str
    def __init__(self, role: _Optional[str] = ..., path: _Optional[str] = ..., value: _Optional[str] = ..., secret: _Optional[str] = ...) -> None: ...

class CompanionChart(_message.Message):
    __slots__ = ("name", "repository", "repository_url", "chart", "version", "release", "namespace", "why", "values", "provenance", "kube_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REPOSITORY_FIELD_NUMBER: _ClassVar[int]
    REPOSITORY_URL_FIELD_NUMBER: _ClassVar[int]
    CHART_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    KUBE_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    repository: str
    repository_url: str
    chart: str
    version: str
    release: str
    namespace: str
    why: str
    values: _struct_pb2.Struct
    provenance: _provenance_pb2.Provenance
    kube_version: str
    def __init__(self, name: _Optional[str] = ..., repository: _Optional[str] = ..., repository_url: _Optional[str] = ..., chart: _Optional[str] = ..., version: _Optional[str] = ..., release: _Optional[str] = ..., namespace: _Optional[str] = ..., why: _Optional[str] = ..., values: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., provenance: _Optional[_Union[_provenance_pb2.Provenance, _Mapping]] = ..., kube_version: _Optional[str] = ...) -> None: ...

class SecretNeed(_message.Message):
    __slots__ = ("name", "keys", "description")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    name: str
    keys: _containers.RepeatedScalarFieldContainer[str]
    description: str
    def __init__(self, name: _Optional[str] = ..., keys: _Optional[_Iterable[str]] = ..., description: _Optional[str] = ...) -> None: ...

class ComponentAlternative(_message.Message):
    __slots__ = ("name", "repository", "chart", "version", "why")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REPOSITORY_FIELD_NUMBER: _ClassVar[int]
    CHART_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    name: str
    repository: str
    chart: str
    version: str
    why: str
    def __init__(self, name: _Optional[str] = ..., repository: _Optional[str] = ..., chart: _Optional[str] = ..., version: _Optional[str] = ..., why: _Optional[str] = ...) -> None: ...

class DeploymentStep(_message.Message):
    __slots__ = ("number", "title", "detail", "command")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    number: int
    title: str
    detail: str
    command: str
    def __init__(self, number: _Optional[int] = ..., title: _Optional[str] = ..., detail: _Optional[str] = ..., command: _Optional[str] = ...) -> None: ...

class CostEstimate(_message.Message):
    __slots__ = ("lines", "monthly_total", "complete", "spot_monthly_total", "run_total", "exchange_rate", "monthly_total_in_currency", "note", "monthly_total_max")
    LINES_FIELD_NUMBER: _ClassVar[int]
    MONTHLY_TOTAL_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    SPOT_MONTHLY_TOTAL_FIELD_NUMBER: _ClassVar[int]
    RUN_TOTAL_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_RATE_FIELD_NUMBER: _ClassVar[int]
    MONTHLY_TOTAL_IN_CURRENCY_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    MONTHLY_TOTAL_MAX_FIELD_NUMBER: _ClassVar[int]
    lines: _containers.RepeatedCompositeFieldContainer[CostLine]
    monthly_total: _money_pb2.Money
    complete: bool
    spot_monthly_total: _money_pb2.Money
    run_total: _money_pb2.Money
    exchange_rate: ExchangeRate
    monthly_total_in_currency: _money_pb2.Money
    note: str
    monthly_total_max: _money_pb2.Money
    def __init__(self, lines: _Optional[_Iterable[_Union[CostLine, _Mapping]]] = ..., monthly_total: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., complete: _Optional[bool] = ..., spot_monthly_total: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., run_total: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., exchange_rate: _Optional[_Union[ExchangeRate, _Mapping]] = ..., monthly_total_in_currency: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., note: _Optional[str] = ..., monthly_total_max: _Optional[_Union[_money_pb2.Money, _Mapping]] = ...) -> None: ...

class CostLine(_message.Message):
    __slots__ = ("description", "quantity", "unit", "unit_price", "monthly", "unknown_reason", "provenance", "quantity_max", "monthly_max")
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    UNIT_PRICE_FIELD_NUMBER: _ClassVar[int]
    MONTHLY_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_REASON_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_MAX_FIELD_NUMBER: _ClassVar[int]
    MONTHLY_MAX_FIELD_NUMBER: _ClassVar[int]
    description: str
    quantity: _decimal_pb2.Decimal
    unit: str
    unit_price: _money_pb2.Money
    monthly: _money_pb2.Money
    unknown_reason: str
    provenance: _provenance_pb2.Provenance
    quantity_max: _decimal_pb2.Decimal
    monthly_max: _money_pb2.Money
    def __init__(self, description: _Optional[str] = ..., quantity: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., unit: _Optional[str] = ..., unit_price: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., monthly: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., unknown_reason: _Optional[str] = ..., provenance: _Optional[_Union[_provenance_pb2.Provenance, _Mapping]] = ..., quantity_max: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., monthly_max: _Optional[_Union[_money_pb2.Money, _Mapping]] = ...) -> None: ...

class ExchangeRate(_message.Message):
    __slots__ = ("currency", "usd_per_unit", "as_of", "source")
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    USD_PER_UNIT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    currency: str
    usd_per_unit: _decimal_pb2.Decimal
    as_of: _date_pb2.Date
    source: str
    def __init__(self, currency: _Optional[str] = ..., usd_per_unit: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., as_of: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., source: _Optional[str] = ...) -> None: ...

class UnmetWish(_message.Message):
    __slots__ = ("field", "conflict", "relaxations")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    CONFLICT_FIELD_NUMBER: _ClassVar[int]
    RELAXATIONS_FIELD_NUMBER: _ClassVar[int]
    field: str
    conflict: str
    relaxations: _containers.RepeatedCompositeFieldContainer[Relaxation]
    def __init__(self, field: _Optional[str] = ..., conflict: _Optional[str] = ..., relaxations: _Optional[_Iterable[_Union[Relaxation, _Mapping]]] = ...) -> None: ...

class Relaxation(_message.Message):
    __slots__ = ("fields", "description", "price_per_hour", "price_per_month", "provenance", "node_count", "hours_per_month", "beside_per_month", "model_id", "volumes")
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    PRICE_PER_MONTH_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    NODE_COUNT_FIELD_NUMBER: _ClassVar[int]
    HOURS_PER_MONTH_FIELD_NUMBER: _ClassVar[int]
    BESIDE_PER_MONTH_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    VOLUMES_FIELD_NUMBER: _ClassVar[int]
    fields: _containers.RepeatedScalarFieldContainer[str]
    description: str
    price_per_hour: _money_pb2.Money
    price_per_month: _money_pb2.Money
    provenance: _provenance_pb2.Provenance
    node_count: int
    hours_per_month: _decimal_pb2.Decimal
    beside_per_month: _money_pb2.Money
    model_id: str
    volumes: int
    def __init__(self, fields: _Optional[_Iterable[str]] = ..., description: _Optional[str] = ..., price_per_hour: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., price_per_month: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., provenance: _Optional[_Union[_provenance_pb2.Provenance, _Mapping]] = ..., node_count: _Optional[int] = ..., hours_per_month: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., beside_per_month: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., model_id: _Optional[str] = ..., volumes: _Optional[int] = ...) -> None: ...

class Change(_message.Message):
    __slots__ = ("what", "before", "after")
    WHAT_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    what: str
    before: str
    after: str
    def __init__(self, what: _Optional[str] = ..., before: _Optional[str] = ..., after: _Optional[str] = ...) -> None: ...

class CatalogSnapshot(_message.Message):
    __slots__ = ("catalog", "snapshot_id")
    CATALOG_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_ID_FIELD_NUMBER: _ClassVar[int]
    catalog: str
    snapshot_id: str
    def __init__(self, catalog: _Optional[str] = ..., snapshot_id: _Optional[str] = ...) -> None: ...

class Workload(_message.Message):
    __slots__ = ("kind", "name", "model_id", "model_task", "engine", "image", "method", "precision", "tensor_parallel", "pipeline_parallel", "node_count", "gpus_per_node", "replicas_min", "replicas_max", "context_tokens", "concurrency", "gpu_memory_utilization", "gpu_vendor", "gpu_resource", "node_selector", "cpu_request", "memory_request_gib", "weights_gib", "dataset_gib", "checkpoint_gib", "gated", "spot", "high_availability", "result_of", "epochs", "helpers")
    class NodeSelectorEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_TASK_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    TENSOR_PARALLEL_FIELD_NUMBER: _ClassVar[int]
    PIPELINE_PARALLEL_FIELD_NUMBER: _ClassVar[int]
    NODE_COUNT_FIELD_NUMBER: _ClassVar[int]
    GPUS_PER_NODE_FIELD_NUMBER: _ClassVar[int]
    REPLICAS_MIN_FIELD_NUMBER: _ClassVar[int]
    REPLICAS_MAX_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    GPU_MEMORY_UTILIZATION_FIELD_NUMBER: _ClassVar[int]
    GPU_VENDOR_FIELD_NUMBER: _ClassVar[int]
    GPU_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    NODE_SELECTOR_FIELD_NUMBER: _ClassVar[int]
    CPU_REQUEST_FIELD_NUMBER: _ClassVar[int]
    MEMORY_REQUEST_GIB_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_GIB_FIELD_NUMBER: _ClassVar[int]
    DATASET_GIB_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_GIB_FIELD_NUMBER: _ClassVar[int]
    GATED_FIELD_NUMBER: _ClassVar[int]
    SPOT_FIELD_NUMBER: _ClassVar[int]
    HIGH_AVAILABILITY_FIELD_NUMBER: _ClassVar[int]
    RESULT_OF_FIELD_NUMBER: _ClassVar[int]
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    HELPERS_FIELD_NUMBER: _ClassVar[int]
    kind: str
    name: str
    model_id: str
    model_task: str
    engine: str
    image: str
    method: str
    precision: str
    tensor_parallel: int
    pipeline_parallel: int
    node_count: int
    gpus_per_node: int
    replicas_min: int
    replicas_max: int
    context_tokens: int
    concurrency: int
    gpu_memory_utilization: float
    gpu_vendor: str
    gpu_resource: str
    node_selector: _containers.ScalarMap[str, str]
    cpu_request: float
    memory_request_gib: float
    weights_gib: int
    dataset_gib: int
    checkpoint_gib: int
    gated: bool
    spot: bool
    high_availability: bool
    result_of: str
    epochs: float
    helpers: _containers.RepeatedCompositeFieldContainer[Workload]
    def __init__(self, kind: _Optional[str] = ..., name: _Optional[str] = ..., model_id: _Optional[str] = ..., model_task: _Optional[str] = ..., engine: _Optional[str] = ..., image: _Optional[str] = ..., method: _Optional[str] = ..., precision: _Optional[str] = ..., tensor_parallel: _Optional[int] = ..., pipeline_parallel: _Optional[int] = ..., node_count: _Optional[int] = ..., gpus_per_node: _Optional[int] = ..., replicas_min: _Optional[int] = ..., replicas_max: _Optional[int] = ..., context_tokens: _Optional[int] = ..., concurrency: _Optional[int] = ..., gpu_memory_utilization: _Optional[float] = ..., gpu_vendor: _Optional[str] = ..., gpu_resource: _Optional[str] = ..., node_selector: _Optional[_Mapping[str, str]] = ..., cpu_request: _Optional[float] = ..., memory_request_gib: _Optional[float] = ..., weights_gib: _Optional[int] = ..., dataset_gib: _Optional[int] = ..., checkpoint_gib: _Optional[int] = ..., gated: _Optional[bool] = ..., spot: _Optional[bool] = ..., high_availability: _Optional[bool] = ..., result_of: _Optional[str] = ..., epochs: _Optional[float] = ..., helpers: _Optional[_Iterable[_Union[Workload, _Mapping]]] = ...) -> None: ...
