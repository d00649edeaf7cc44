"""What serving a model needs on each GPU, as numbers that are cheap to ask for thousands of GPUs and loads."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from services.models.domain.sizing import activations, kv_cache, weights
from services.models.domain.sizing.architecture import Complete, complete
from services.models.domain.sizing.parallelism import Split
from services.models.domain.sizing.precision import Precision, precision_of
from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.terms import GIB

PREFILL_CHUNK: Final = 8192
"""Tokens a serving engine pushes through at once: vLLM's max_num_batched_tokens for serving."""
WHOLE_PROMPTS: Final = 1 << 30
"""The same for eager engines, which push the prompts of all requests through at once."""
RUNTIME_BYTES: Final = 0.6 * GIB
"""CUDA context, kernels and workspaces: 0.5 to 1.3 GiB by GPU generation (transformers, model_memory_anatomy)."""
RUNTIME_SOURCE: Final = (
    "CUDA context and library workspaces 0.6 GiB, collectives 0.4 GiB more; transformers model_memory_anatomy"
)
LINK_BYTES: Final = 0.4 * GIB
"""Buffers of collective communication per GPU once there are several."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of the model: requests of this length at once, tokens of one pass (None: chunks of 8,192)."""

    context_tokens: int
    concurrency: int = 1
    prefill_tokens: int | None = None
    runtime_bytes: float = RUNTIME_BYTES

    def __post_init__(self) -> None:
        if self.context_tokens < 1 or self.concurrency < 1:
            given = (("context_tokens", self.context_tokens), ("concurrency", self.concurrency))
            raise ValueError(
                "; ".join(f"{name} is {value}; it must be at least 1" for name, value in given if value < 1)
            )

    @property
    def pass_tokens(self) -> int:
        """Tokens in one forward pass."""
        whole = self.context_tokens * self.concurrency
        return min(whole, max(self.prefill_tokens, self.concurrency) if self.prefill_tokens else PREFILL_CHUNK)


class Need(NamedTuple):
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


class Line(NamedTuple):
    """Bytes on the fullest GPU as a function of context and concurrency, linear between few breakpoints."""

    base: float
    token: float
    sequence: float
    full: float
    windowed: float
    window: int
    chunk: int

    def bytes(self, context_tokens: float, concurrency: float) -> float:
        """Return the need at this load, with prefill in chunks."""
        tokens = context_tokens * concurrency
        windowed = self.windowed * (context_tokens if context_tokens < self.window else self.window)
        kept = self.full * context_tokens + windowed + self.sequence
        return self.base + (tokens if tokens < self.chunk else self.chunk) * self.token + concurrency * kept

    def largest_context(self, room: float, *, concurrency: int, limit: int) -> int:
        """Return the longest context that fits, at most `limit`; 0 when not even one token does."""
        spare = room - self.base - concurrency * self.sequence
        if spare < 0:
            return 0
        kept = concurrency * self.full
        passing, windowed = concurrency * self.token, concurrency * self.windowed
        whole, window = self.chunk / concurrency, float(self.window)
        if whole <= window:
            steps = ((whole, kept + passing + windowed), (window, kept + windowed))
        else:
            steps = ((window, kept + passing + windowed), (whole, kept + passing))
        start = 0.0
        for end, slope in (*steps, (float(limit), kept)):
            cost = (end - start) * slope
            if cost > spare:
                return min(int(start + spare / slope), limit)
            if end > start:
                start, spare = end, spare - cost
        return limit

    def largest_concurrency(self, room: float, *, context_tokens: int, limit: int) -> int:
        """Return the most requests of this length that fit, at most `limit`; 0 when not even one does."""
        spare = room - self.base
        if spare < 0:
            return 0
        tokens = context_tokens if context_tokens < self.window else self.window
        kept = self.full * context_tokens + self.windowed * tokens + self.sequence
        passing = context_tokens * self.token
        whole = self.chunk / context_tokens
        cost = whole * (kept + passing)
        if cost > spare:
            return min(int(spare / (kept + passing)), limit)
        rest = spare - cost
        return min(int(whole + rest / kept), limit) if kept * limit > rest else limit


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """A model at a precision. weights, expanded: bytes over all GPUs; kv_bytes: per cached value.

    Compared by identity, which `demand` keeps for equal inputs, so that a demand is a cheap key. lines: what
    `need_line` found for it.
    """

    model: Complete
    precision: Precision
    layout: kv_cache.KvLayout
    kv_bytes: float
    weights: float
    expanded: float
    pass_split: float
    pass_whole: float
    pass_logits: float
    lines: dict[tuple[Split, int], Line] = field(default_factory=dict)

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

    def stage_share(self, split: Split) -> float:
        """Return the share of the layers that the fullest pipeline stage has."""
        layers = self.model.layers
        return -(-layers // split.pipeline) / layers

    def stage_weights(self, split: Split) -> float:
        """Return bytes of weights on each GPU of the first stage, which has the input embedding."""
        if split.pipeline == 1:
            return self.weights / split.tensor
        embeddings = self.embedding_bytes
        first = embeddings if self.model.tied else embeddings / 2
        return ((self.weights - embeddings) * self.stage_share(split) + first) / split.tensor

    def need(self, split: Split, load: Load) -> Need:
        """Return the bytes on the fullest GPU, that of the first stage."""
        tensor = split.tensor
        share = self.stage_share(split) * self.kv_copies(tensor) / tensor
        kv = load.concurrency * self.sequence_bytes(load.context_tokens) * share
        working = load.pass_tokens * (self.pass_split / tensor + self.pass_whole)
        working += load.concurrency * self.pass_logits / tensor
        return Need(self.stage_weights(split), kv, working, self.expanded / tensor, runtime_bytes(split, load))


_DEFAULT_LOAD: Final = Load(1)


def runtime_bytes(split: Split, load: Load) -> float:
    """Return what the runtime takes of each GPU; nothing where a load asks for allocations alone."""
    return load.runtime_bytes + (LINK_BYTES if split.gpus > 1 and load.runtime_bytes else 0.0)


def need_line(needs: Demand, split: Split, chunk: int = PREFILL_CHUNK) -> Line:
    """Return the need per GPU as coefficients, for the default runtime and passes of at most `chunk` tokens."""
    found = needs.lines.get((split, chunk))
    if found is None:
        found = needs.lines[split, chunk] = _line(needs, split, chunk)
    return found


def _line(needs: Demand, split: Split, chunk: int) -> Line:
    tensor, layout = split.tensor, needs.layout
    share = needs.stage_share(split) * needs.kv_copies(tensor) / tensor
    bounded = layout.window_per_token if layout.window else 0.0
    return Line(
        base=needs.stage_weights(split) + needs.expanded / tensor + runtime_bytes(split, _DEFAULT_LOAD),
        token=needs.pass_split / tensor + needs.pass_whole,
        sequence=(layout.state_bytes + layout.fixed * needs.kv_bytes) * share + needs.pass_logits / tensor,
        full=(layout.full_per_token + layout.window_per_token - bounded) * needs.kv_bytes * share,
        windowed=bounded * needs.kv_bytes * share,
        window=layout.window,
        chunk=chunk,
    )


@lru_cache(maxsize=2048)
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
        *activations.forward_coefficients(model),
    )
