"""What serving a model needs on each GPU, as numbers that are cheap to ask for thousands of GPUs and loads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from services.models.domain.sizing import activations, kv_cache, weights
from services.models.domain.sizing.architecture import Complete, complete
from services.models.domain.sizing.parallelism import Split
from services.models.domain.sizing.precision import Precision, precision_of
from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.terms import GIB

PREFILL_CHUNK: Final = 8192
"""Tokens a serving engine pushes through at once: vLLM's max_num_batched_tokens for serving."""
RUNTIME_BYTES: Final = 0.6 * GIB
"""CUDA context, kernels and workspaces: 0.5 to 1.3 GiB by GPU generation (transformers, model_memory_anatomy)."""
LINK_BYTES: Final = 0.4 * GIB
"""Buffers of collective communication per GPU once there are several."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of the model: requests of this length at once, tokens of one pass (None: chunks of 8,192)."""

    context_tokens: int
    concurrency: int = 1
    prefill_tokens: int | None = None
    runtime_bytes: float = RUNTIME_BYTES

    @property
    def pass_tokens(self) -> int:
        """Tokens in one forward pass."""
        whole = self.context_tokens * self.concurrency
        return min(whole, max(self.prefill_tokens, self.concurrency) if self.prefill_tokens else PREFILL_CHUNK)


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes on the fullest GPU."""

    weights: float
    kv_cache: float
    activations: float
    expanded: float
    runtime: float

    @property
    def total(self) -> float:
        """The sum."""
        return self.weights + self.kv_cache + self.activations + self.expanded + self.runtime


@dataclass(frozen=True, slots=True)
class Demand:
    """A model at a precision. weights, expanded: bytes over all GPUs; kv_bytes: per cached value."""

    model: Complete
    precision: Precision
    layout: kv_cache.KvLayout
    kv_bytes: float
    weights: float
    expanded: float

    @property
    def embedding_bytes(self) -> float:
        """Bytes of the embeddings and the output head."""
        each = 2.0 if self.precision.embeddings_16bit else self.precision.bytes
        return min(self.model.embedding_parameters * each, self.weights)

    def kv_copies(self, tensor: int) -> float:
        """Return how many copies of the cache tensor parallelism keeps: more GPUs than key-value heads repeat them."""
        return max(tensor / self.layout.heads, 1.0)

    def sequence_bytes(self, context_tokens: int) -> float:
        """Return the bytes that one sequence of this length keeps."""
        return self.layout.sequence_bytes(context_tokens=context_tokens, value_bytes=self.kv_bytes)

    def need(self, split: Split, load: Load) -> Need:
        """Return the bytes on the fullest GPU: of the first pipeline stage, which has the input embedding."""
        stages, tensor, layers = split.pipeline, split.tensor, self.model.layers
        share = -(-layers // stages) / layers
        if stages == 1:
            body = self.weights
        else:
            embeddings = self.embedding_bytes
            body = (self.weights - embeddings) * share + (embeddings if self.model.tied else embeddings / 2)
        kv = load.concurrency * self.sequence_bytes(load.context_tokens) * share * self.kv_copies(tensor) / tensor
        working = activations.forward_bytes(
            self.model, tokens=load.pass_tokens, sequences=load.concurrency, tensor_parallel=tensor
        )
        runtime = load.runtime_bytes + (LINK_BYTES if split.gpus > 1 and load.runtime_bytes else 0.0)
        return Need(body / tensor, kv, working, self.expanded / tensor, runtime)


@lru_cache(maxsize=8192)
def demand(shape: ModelShape, *, precision: str, kv_precision: str) -> Demand:
    """Return what serving this model at these precisions needs. Raises ValueError for a precision that is not known."""
    model = complete(shape)
    form = precision_of(precision)
    return Demand(
        model,
        form,
        kv_cache.kv_layout(model),
        precision_of(kv_precision).bytes,
        weights.weight_bytes(model, form),
        weights.expanded_bytes(model, form),
    )
