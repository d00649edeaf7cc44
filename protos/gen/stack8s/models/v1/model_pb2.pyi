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

class LicenseClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LICENSE_CLASS_UNSPECIFIED: _ClassVar[LicenseClass]
    LICENSE_CLASS_COMMERCIAL: _ClassVar[LicenseClass]
    LICENSE_CLASS_ATTRIBUTION: _ClassVar[LicenseClass]
    LICENSE_CLASS_RESEARCH_ONLY: _ClassVar[LicenseClass]
    LICENSE_CLASS_UNKNOWN: _ClassVar[LicenseClass]

class Relation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RELATION_UNSPECIFIED: _ClassVar[Relation]
    RELATION_QUANTIZED: _ClassVar[Relation]
    RELATION_ADAPTER: _ClassVar[Relation]
    RELATION_FINE_TUNE: _ClassVar[Relation]
    RELATION_DISTILLED: _ClassVar[Relation]
    RELATION_MERGE: _ClassVar[Relation]
    RELATION_CONVERTED: _ClassVar[Relation]
LICENSE_CLASS_UNSPECIFIED: LicenseClass
LICENSE_CLASS_COMMERCIAL: LicenseClass
LICENSE_CLASS_ATTRIBUTION: LicenseClass
LICENSE_CLASS_RESEARCH_ONLY: LicenseClass
LICENSE_CLASS_UNKNOWN: LicenseClass
RELATION_UNSPECIFIED: Relation
RELATION_QUANTIZED: Relation
RELATION_ADAPTER: Relation
RELATION_FINE_TUNE: Relation
RELATION_DISTILLED: Relation
RELATION_MERGE: Relation
RELATION_CONVERTED: Relation

class License(_message.Message):
    __slots__ = ("license_id", "title", "license_class", "note", "open_source")
    LICENSE_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    LICENSE_CLASS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    OPEN_SOURCE_FIELD_NUMBER: _ClassVar[int]
    license_id: str
    title: str
    license_class: LicenseClass
    note: str
    open_source: bool
    def __init__(self, license_id: _Optional[str] = ..., title: _Optional[str] = ..., license_class: _Optional[_Union[LicenseClass, str]] = ..., note: _Optional[str] = ..., open_source: _Optional[bool] = ...) -> None: ...

class Architecture(_message.Message):
    __slots__ = ("model_type", "attention", "layers", "hidden_size", "intermediate_size", "heads", "kv_heads", "head_dim", "vocab_size", "context_tokens", "kv_layers_full", "kv_layers_window", "window_tokens", "kv_lora_rank", "qk_rope_head_dim", "experts", "experts_per_token", "expert_intermediate_size", "v_head_dim", "kv_heads_window", "head_dim_window", "encoder_layers", "tied_embeddings", "state_dim", "inner_dim", "conv_width", "kind", "state_layers", "state_bytes", "kv_values_per_token", "window_values_per_token")
    MODEL_TYPE_FIELD_NUMBER: _ClassVar[int]
    ATTENTION_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_SIZE_FIELD_NUMBER: _ClassVar[int]
    INTERMEDIATE_SIZE_FIELD_NUMBER: _ClassVar[int]
    HEADS_FIELD_NUMBER: _ClassVar[int]
    KV_HEADS_FIELD_NUMBER: _ClassVar[int]
    HEAD_DIM_FIELD_NUMBER: _ClassVar[int]
    VOCAB_SIZE_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    KV_LAYERS_FULL_FIELD_NUMBER: _ClassVar[int]
    KV_LAYERS_WINDOW_FIELD_NUMBER: _ClassVar[int]
    WINDOW_TOKENS_FIELD_NUMBER: _ClassVar[int]
    KV_LORA_RANK_FIELD_NUMBER: _ClassVar[int]
    QK_ROPE_HEAD_DIM_FIELD_NUMBER: _ClassVar[int]
    EXPERTS_FIELD_NUMBER: _ClassVar[int]
    EXPERTS_PER_TOKEN_FIELD_NUMBER: _ClassVar[int]
    EXPERT_INTERMEDIATE_SIZE_FIELD_NUMBER: _ClassVar[int]
    V_HEAD_DIM_FIELD_NUMBER: _ClassVar[int]
    KV_HEADS_WINDOW_FIELD_NUMBER: _ClassVar[int]
    HEAD_DIM_WINDOW_FIELD_NUMBER: _ClassVar[int]
    ENCODER_LAYERS_FIELD_NUMBER: _ClassVar[int]
    TIED_EMBEDDINGS_FIELD_NUMBER: _ClassVar[int]
    STATE_DIM_FIELD_NUMBER: _ClassVar[int]
    INNER_DIM_FIELD_NUMBER: _ClassVar[int]
    CONV_WIDTH_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STATE_LAYERS_FIELD_NUMBER: _ClassVar[int]
    STATE_BYTES_FIELD_NUMBER: _ClassVar[int]
    KV_VALUES_PER_TOKEN_FIELD_NUMBER: _ClassVar[int]
    WINDOW_VALUES_PER_TOKEN_FIELD_NUMBER: _ClassVar[int]
    model_type: str
    attention: str
    layers: int
    hidden_size: int
    intermediate_size: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab_size: int
    context_tokens: int
    kv_layers_full: int
    kv_layers_window: int
    window_tokens: int
    kv_lora_rank: int
    qk_rope_head_dim: int
    experts: int
    experts_per_token: int
    expert_intermediate_size: int
    v_head_dim: int
    kv_heads_window: int
    head_dim_window: int
    encoder_layers: int
    tied_embeddings: bool
    state_dim: int
    inner_dim: int
    conv_width: int
    kind: str
    state_layers: int
    state_bytes: int
    kv_values_per_token: int
    window_values_per_token: int
    def __init__(self, model_type: _Optional[str] = ..., attention: _Optional[str] = ..., layers: _Optional[int] = ..., hidden_size: _Optional[int] = ..., intermediate_size: _Optional[int] = ..., heads: _Optional[int] = ..., kv_heads: _Optional[int] = ..., head_dim: _Optional[int] = ..., vocab_size: _Optional[int] = ..., context_tokens: _Optional[int] = ..., kv_layers_full: _Optional[int] = ..., kv_layers_window: _Optional[int] = ..., window_tokens: _Optional[int] = ..., kv_lora_rank: _Optional[int] = ..., qk_rope_head_dim: _Optional[int] = ..., experts: _Optional[int] = ..., experts_per_token: _Optional[int] = ..., expert_intermediate_size: _Optional[int] = ..., v_head_dim: _Optional[int] = ..., kv_heads_window: _Optional[int] = ..., head_dim_window: _Optional[int] = ..., encoder_layers: _Optional[int] = ..., tied_embeddings: _Optional[bool] = ..., state_dim: _Optional[int] = ..., inner_dim: _Optional[int] = ..., conv_width: _Optional[int] = ..., kind: _Optional[str] = ..., state_layers: _Optional[int] = ..., state_bytes: _Optional[int] = ..., kv_values_per_token: _Optional[int] = ..., window_values_per_token: _Optional[int] = ...) -> None: ...

class Quantization(_message.Message):
    __slots__ = ("method", "bits", "gguf_type")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    BITS_FIELD_NUMBER: _ClassVar[int]
    GGUF_TYPE_FIELD_NUMBER: _ClassVar[int]
    method: str
    bits: float
    gguf_type: str
    def __init__(self, method: _Optional[str] = ..., bits: _Optional[float] = ..., gguf_type: _Optional[str] = ...) -> None: ...

class WeightMemory(_message.Message):
    __slots__ = ("precision", "memory_gib")
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    MEMORY_GIB_FIELD_NUMBER: _ClassVar[int]
    precision: str
    memory_gib: float
    def __init__(self, precision: _Optional[str] = ..., memory_gib: _Optional[float] = ...) -> None: ...

class Model(_message.Message):
    __slots__ = ("model_id", "task", "library", "license", "parameters", "active_parameters", "architecture", "precision", "languages", "gated", "base_model", "relation", "quantization", "downloads", "likes", "create_time", "embedding_dimension", "weight_memory", "max_tokens", "summary", "tags", "provenance")
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    LIBRARY_FIELD_NUMBER: _ClassVar[int]
    LICENSE_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    ARCHITECTURE_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    GATED_FIELD_NUMBER: _ClassVar[int]
    BASE_MODEL_FIELD_NUMBER: _ClassVar[int]
    RELATION_FIELD_NUMBER: _ClassVar[int]
    QUANTIZATION_FIELD_NUMBER: _ClassVar[int]
    DOWNLOADS_FIELD_NUMBER: _ClassVar[int]
    LIKES_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_DIMENSION_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_MEMORY_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    task: str
    library: str
    license: License
    parameters: int
    active_parameters: int
    architecture: Architecture
    precision: str
    languages: _containers.RepeatedScalarFieldContainer[str]
    gated: bool
    base_model: str
    relation: Relation
    quantization: Quantization
    downloads: int
    likes: int
    create_time: _timestamp_pb2.Timestamp
    embedding_dimension: int
    weight_memory: _containers.RepeatedCompositeFieldContainer[WeightMemory]
    max_tokens: int
    summary: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    provenance: _provenance_pb2.Provenance
    def __init__(self, model_id: _Optional[str] = ..., task: _Optional[str] = ..., library: _Optional[str] = ..., license: _Optional[_Union[License, _Mapping]] = ..., parameters: _Optional[int] = ..., active_parameters: _Optional[int] = ..., architecture: _Optional[_Union[Architecture, _Mapping]] = ..., precision: _Optional[str] = ..., languages: _Optional[_Iterable[str]] = ..., gated: _Optional[bool] = ..., base_model: _Optional[str] = ..., relation: _Optional[_Union[Relation, str]] = ..., quantization: _Optional[_Union[Quantization, _Mapping]] = ..., downloads: _Optional[int] = ..., likes: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., embedding_dimension: _Optional[int] = ..., weight_memory: _Optional[_Iterable[_Union[WeightMemory, _Mapping]]] = ..., max_tokens: _Optional[int] = ..., summary: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., provenance: _Optional[_Union[_provenance_pb2.Provenance, _Mapping]] = ...) -> None: ...
