"""One question and its answer: this model, used so, on this GPU. The form that the service asks in bulk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from services.models.domain.sizing.capacity import Capacity
from services.models.domain.sizing.estimates import MemoryEstimate
from services.models.domain.sizing.shapes import GpuShape, ModelShape
from services.models.domain.sizing.terms import Assumption, Basis

INFERENCE: Final = "inference"


@dataclass(frozen=True, slots=True)
class Published:
    """A requirement that a record states: bytes over all GPUs, measured by a source or published by the maker."""

    bytes: float
    basis: Basis
    source: str


@dataclass(frozen=True, slots=True)
class Usage:
    """How the model is used. None, 0 or empty is not said.

    workload: inference, full, lora, qlora, freeze or adapter. engine: the serving engine or training framework.
    offload: what waits in host memory, optimizer or parameters (then the optimizer too). trainable: parameters that
    are trained. images, frames, audio_seconds: what one request of a model that sees or hears has beside words.
    """

    workload: str = INFERENCE
    precision: str = ""
    kv_precision: str = ""
    context_tokens: int | None = None
    concurrency: int | None = None
    batch_size: int | None = None
    optimizer: str = ""
    zero_stage: int | None = None
    checkpointing: bool | None = None
    lora_rank: int | None = None
    image_size: int | None = None
    frames: int | None = None
    engine: str = ""
    offload: str = ""
    tensor_parallel: int | None = None
    trainable: int | None = None
    images: int | None = None
    audio_seconds: float | None = None


class Case(NamedTuple):
    """A model, its use, the GPU (None: one device, no verdict) and how many (0: the fewest that fit). notes: what the
    use took from the model's record in place of what was not said.
    """

    shape: ModelShape
    usage: Usage = Usage()
    gpu: GpuShape | None = None
    gpus: int = 0
    published: Published | None = None
    notes: tuple[Assumption, ...] = ()


class Sized(NamedTuple):
    """The estimate and, where a GPU was named, what that GPU makes of it."""

    estimate: MemoryEstimate
    capacity: Capacity | None
