from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Workload(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WORKLOAD_UNSPECIFIED: _ClassVar[Workload]
    WORKLOAD_INFERENCE: _ClassVar[Workload]
    WORKLOAD_TRAIN_FULL: _ClassVar[Workload]
    WORKLOAD_TRAIN_LORA: _ClassVar[Workload]
    WORKLOAD_TRAIN_QLORA: _ClassVar[Workload]
    WORKLOAD_TRAIN_FREEZE: _ClassVar[Workload]

class Offload(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OFFLOAD_UNSPECIFIED: _ClassVar[Offload]
    OFFLOAD_OPTIMIZER: _ClassVar[Offload]
    OFFLOAD_PARAMETERS: _ClassVar[Offload]

class FigureBasis(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FIGURE_BASIS_UNSPECIFIED: _ClassVar[FigureBasis]
    FIGURE_BASIS_MEASURED: _ClassVar[FigureBasis]
    FIGURE_BASIS_PUBLISHED: _ClassVar[FigureBasis]
    FIGURE_BASIS_MODELLED: _ClassVar[FigureBasis]
WORKLOAD_UNSPECIFIED: Workload
WORKLOAD_INFERENCE: Workload
WORKLOAD_TRAIN_FULL: Workload
WORKLOAD_TRAIN_LORA: Workload
WORKLOAD_TRAIN_QLORA: Workload
WORKLOAD_TRAIN_FREEZE: Workload
OFFLOAD_UNSPECIFIED: Offload
OFFLOAD_OPTIMIZER: Offload
OFFLOAD_PARAMETERS: Offload
FIGURE_BASIS_UNSPECIFIED: FigureBasis
FIGURE_BASIS_MEASURED: FigureBasis
FIGURE_BASIS_PUBLISHED: FigureBasis
FIGURE_BASIS_MODELLED: FigureBasis

class GpuShape(_message.Message):
    __slots__ = ("gpu_type", "memory_gib", "memory_bandwidth_gbps", "fp16_tflops", "fp8_tflops", "fp4_tflops", "interconnect_gbps", "vendor", "compute_capability")
    GPU_TYPE_FIELD_NUMBER: _ClassVar[int]
    MEMORY_GIB_FIELD_NUMBER: _ClassVar[int]
    MEMORY_BANDWIDTH_GBPS_FIELD_NUMBER: _ClassVar[int]
    FP16_TFLOPS_FIELD_NUMBER: _ClassVar[int]
    FP8_TFLOPS_FIELD_NUMBER: _ClassVar[int]
    FP4_TFLOPS_FIELD_NUMBER: _ClassVar[int]
    INTERCONNECT_GBPS_FIELD_NUMBER: _ClassVar[int]
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    COMPUTE_CAPABILITY_FIELD_NUMBER: _ClassVar[int]
    gpu_type: str
    memory_gib: float
    memory_bandwidth_gbps: float
    fp16_tflops: float
    fp8_tflops: float
    fp4_tflops: float
    interconnect_gbps: float
    vendor: str
    compute_capability: str
    def __init__(self, gpu_type: _Optional[str] = ..., memory_gib: _Optional[float] = ..., memory_bandwidth_gbps: _Optional[float] = ..., fp16_tflops: _Optional[float] = ..., fp8_tflops: _Optional[float] = ..., fp4_tflops: _Optional[float] = ..., interconnect_gbps: _Optional[float] = ..., vendor: _Optional[str] = ..., compute_capability: _Optional[str] = ...) -> None: ...

class Usage(_message.Message):
    __slots__ = ("workload", "precision", "kv_precision", "context_tokens", "concurrency", "prompt_tokens", "output_tokens", "batch_size", "optimizer", "zero_stage", "activation_checkpointing", "lora_rank", "image_size", "samples", "tokens", "epochs", "engine", "offload", "tensor_parallel", "trainable_parameters", "frames", "images", "audio_seconds")
    WORKLOAD_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    KV_PRECISION_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    PROMPT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    OPTIMIZER_FIELD_NUMBER: _ClassVar[int]
    ZERO_STAGE_FIELD_NUMBER: _ClassVar[int]
    ACTIVATION_CHECKPOINTING_FIELD_NUMBER: _ClassVar[int]
    LORA_RANK_FIELD_NUMBER: _ClassVar[int]
    IMAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    OFFLOAD_FIELD_NUMBER: _ClassVar[int]
    TENSOR_PARALLEL_FIELD_NUMBER: _ClassVar[int]
    TRAINABLE_PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    AUDIO_SECONDS_FIELD_NUMBER: _ClassVar[int]
    workload: Workload
    precision: str
    kv_precision: str
    context_tokens: int
    concurrency: int
    prompt_tokens: int
    output_tokens: int
    batch_size: int
    optimizer: str
    zero_stage: int
    activation_checkpointing: bool
    lora_rank: int
    image_size: int
    samples: int
    tokens: int
    epochs: float
    engine: str
    offload: Offload
    tensor_parallel: int
    trainable_parameters: int
    frames: int
    images: int
    audio_seconds: float
    def __init__(self, workload: _Optional[_Union[Workload, str]] = ..., precision: _Optional[str] = ..., kv_precision: _Optional[str] = ..., context_tokens: _Optional[int] = ..., concurrency: _Optional[int] = ..., prompt_tokens: _Optional[int] = ..., output_tokens: _Optional[int] = ..., batch_size: _Optional[int] = ..., optimizer: _Optional[str] = ..., zero_stage: _Optional[int] = ..., activation_checkpointing: _Optional[bool] = ..., lora_rank: _Optional[int] = ..., image_size: _Optional[int] = ..., samples: _Optional[int] = ..., tokens: _Optional[int] = ..., epochs: _Optional[float] = ..., engine: _Optional[str] = ..., offload: _Optional[_Union[Offload, str]] = ..., tensor_parallel: _Optional[int] = ..., trainable_parameters: _Optional[int] = ..., frames: _Optional[int] = ..., images: _Optional[int] = ..., audio_seconds: _Optional[float] = ...) -> None: ...

class MemoryTerm(_message.Message):
    __slots__ = ("name", "memory_gib", "formula", "source")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEMORY_GIB_FIELD_NUMBER: _ClassVar[int]
    FORMULA_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    memory_gib: float
    formula: str
    source: str
    def __init__(self, name: _Optional[str] = ..., memory_gib: _Optional[float] = ..., formula: _Optional[str] = ..., source: _Optional[str] = ...) -> None: ...

class Assumption(_message.Message):
    __slots__ = ("field", "value", "reason")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    field: str
    value: str
    reason: str
    def __init__(self, field: _Optional[str] = ..., value: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...
