"""What serving a model needs on each GPU, as numbers that are cheap to ask for thousands of GPUs and loads."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from services.models.domain.sizing import activations, kv_cache, weights
from services.models.domain.sizing.architecture import Complete
from services.models.domain.sizing.parallelism import Split
from services.models.domain.sizing.precision import Precision, precision_of
from services.models.domain.sizing.terms import GIB, Term, on_each

PREFILL_CHUNK: Final = 8192
"""Tokens a serving engine pushes through at once: vLLM's max_num_batched_tokens for serving."""
RUNTIME_BYTES: Final = 0.6 * GIB
"""CUDA context, kernels and workspaces: 0.5 to 1.3 GiB by GPU generation (transformers, model_memory_anatomy)."""
RUNTIME_SOURCE: Final = (
    "CUDA context and library workspaces 0.6 GiB, collectives 0.4 GiB more; transformers model_memory_anatomy"
)
LINK_BYTES: Final = 0.4 * GIB
"""Buffers of collective communication per GPU once there are several."""


class Passes(NamedTuple):
    """How prompts go through: at most `chunk` tokens at once, with `whole` never less than one prompt. logit_bytes:
    kept for each logit of every token of a pass, where not of the last token alone. copies_cache: whether each step
    makes the cache anew beside the one before, which is then held twice.
    """

    chunk: int = PREFILL_CHUNK
    whole: bool = False
    logit_bytes: float = 0.0
    copies_cache: bool = False

    def tokens(self, context_tokens: float, concurrency: float) -> float:
        """Return the tokens of the largest pass."""
        most = context_tokens if self.whole and context_tokens > self.chunk else self.chunk
        tokens = context_tokens * concurrency
        return tokens if tokens < most else most


INPUTS: Final = Passes(16_384, whole=True)
"""Servers of encoders: whole inputs, as many as have so many tokens together (max_batch_tokens of Text Embeddings
Inference, router/src/main.rs); the others wait for the next pass.
"""
CHUNKS: Final = Passes()
"""Continuous batching: vLLM, SGLang, TensorRT-LLM, TGI and llama.cpp."""
WHOLE: Final = Passes(whole=True, logit_bytes=2.0)
"""Whatever engine may be meant where none is named: one prompt whole, as vLLM before chunked prefill and eager engines
do, with the logits of all its tokens.
"""
BATCHES_IN_PLACE: Final = Passes(1 << 30, whole=True)
"""Eager engines: the prompts of all requests at once."""
BATCHES: Final = BATCHES_IN_PLACE._replace(copies_cache=True)
"""The same with the cache made anew at each step, as transformers did while caches were tuples of tensors."""
BATCHES_WITH_16BIT_LOGITS: Final = BATCHES_IN_PLACE._replace(logit_bytes=2.0)
"""The same with the logits of every token, as models keep that bring code of their own (GLM-4)."""
LOGITS_WITH_COPY: Final = 6.0
"""Bytes of each logit of every token with its 32-bit copy, as transformers kept them before release 4.45
(num_logits_to_keep).
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of the model: requests of this length at once, and how they go through."""

    context_tokens: int
    concurrency: int = 1
    passes: Passes = CHUNKS
    runtime_bytes: float = RUNTIME_BYTES
    pass_tokens: int = field(init=False)
    """Tokens in one forward pass."""

    def __post_init__(self) -> None:
        if self.context_tokens < 1 or self.concurrency < 1:
            given = (("context_tokens", self.context_tokens), ("concurrency", self.concurrency))
            raise ValueError(
                "; ".join(f"{name} is {value}; it must be at least 1" for name, value in given if value < 1)
            )
        object.__setattr__(self, "pass_tokens", int(self.passes.tokens(self.context_tokens, self.concurrency)))


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


@dataclass(slots=True, eq=False)
class Line:
    """Bytes on the fullest GPU as a function of context, concurrency and how prompts go through, linear between few
    breakpoints. weights: of its base; share: of each sequence's cache; layer, logits: what each token of a pass takes
    in a layer, in bytes, and its logits in number.
    """

    base: float
    layer: float
    logits: float
    sequence: float
    full: float
    windowed: float
    window: int
    weights: float
    share: float

    def token(self, passes: Passes) -> float:
        """Return the bytes that each token of a pass needs: in a layer or, where that is more, for its logits after the
        last one or for its cache once more, which is copied when the pass is over.
        """
        logits = passes.logit_bytes * self.logits
        most = logits if logits > self.layer else self.layer
        return self.full if passes.copies_cache and self.full > most else most

    def bytes(self, context_tokens: float, concurrency: float, passes: Passes = CHUNKS) -> float:
        """Return the need at this load."""
        windowed = self.windowed * (context_tokens if context_tokens < self.window else self.window)
        kept = self.full * context_tokens + windowed + self.sequence
        return self.base + passes.tokens(context_tokens, concurrency) * self.token(passes) + concurrency * kept

    def largest_context(self, room: float, *, concurrency: int, limit: int, passes: Passes = CHUNKS) -> int:
        """Return the longest context that fits, at most `limit`; 0 when not even one token does."""
        spare = room - self.base - concurrency * self.sequence
        if spare < 0:
            return 0
        chunk, window, token = passes.chunk, self.window, self.token(passes)
        whole, start = chunk / concurrency, 0.0
        for end in sorted((whole, chunk, limit, window)) if window else (whole, chunk, limit):
            slope = concurrency * (self.full + (self.windowed if start < window else 0.0))
            if start < whole:
                slope += concurrency * token
            elif passes.whole and start >= chunk:
                slope += token
            cost = (end - start) * slope
            if cost > spare or end >= limit:
                return min(int(start + spare / slope), limit) if cost > spare else limit
            start, spare = end, spare - cost
        return limit

    def largest_concurrency(self, room: float, *, context_tokens: int, limit: int, passes: Passes = CHUNKS) -> int:
        """Return the most requests of this length that fit, at most `limit`; 0 when not even one does."""
        spare = room - self.base
        if spare < 0:
            return 0
        tokens = context_tokens if context_tokens < self.window else self.window
        kept = self.full * context_tokens + self.windowed * tokens + self.sequence
        passing = context_tokens * self.token(passes)
        whole = passes.tokens(context_tokens, limit) / context_tokens
        cost = whole * (kept + passing)
        if cost > spare:
            return min(int(spare / (kept + passing)), limit)
        rest = spare - cost
        return min(int(whole + rest / kept), limit) if kept * limit > rest else limit


@dataclass(slots=True, eq=False)
class Demand:
    """A model at a precision. weights, expanded: bytes over all GPUs; kv_bytes: per cached value.

    lines: what `need_line` found for it. Nothing changes the rest; it is not frozen since setting the fields of a
    frozen one takes several times as long.
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
    lines: dict[Split, Line] = field(default_factory=dict)

    @property
    def embedding_bytes(self) -> float:
        """Bytes of the embeddings and the output head."""
        return min(weights.embedding_bytes(self.model, self.precision), self.weights)

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
        line, tensor = need_line(self, split), split.tensor
        kv = load.concurrency * self.sequence_bytes(load.context_tokens) * line.share
        working = load.pass_tokens * line.token(load.passes) + load.concurrency * self.pass_logits / tensor
        return Need(line.weights, kv, working, self.expanded / tensor, runtime_bytes(split, load))


_DEFAULT_LOAD: Final = Load(1)


def runtime_bytes(split: Split, load: Load) -> float:
    """Return what the runtime takes of each GPU; nothing where a load asks for allocations alone."""
    return load.runtime_bytes + (LINK_BYTES if split.gpus > 1 and load.runtime_bytes else 0.0)


@lru_cache(maxsize=256)
def overhead(each: float, gpus: int) -> Term:
    """Return the term of a runtime that takes so much of each GPU, which many estimates share."""
    return Term("overhead", gpus * each, on_each(gpus, f"{each / GIB:.6g} GiB"), RUNTIME_SOURCE)


def need_line(needs: Demand, split: Split) -> Line:
    """Return the need per GPU as coefficients, for the default runtime."""
    found = needs.lines.get(split)
    if found is None:
        found = needs.lines[split] = _line(needs, split)
    return found


def _line(needs: Demand, split: Split) -> Line:
    tensor, layout = split.tensor, needs.layout
    weights, share = needs.stage_weights(split), needs.stage_share(split) * needs.kv_copies(tensor) / tensor
    bounded = layout.window_per_token if layout.window else 0.0
    return Line(
        weights + needs.expanded / tensor + runtime_bytes(split, _DEFAULT_LOAD),
        needs.pass_split / tensor + needs.pass_whole,
        needs.model.vocab / tensor if needs.model.shape.causal else 0.0,
        (layout.state_bytes + layout.fixed * needs.kv_bytes) * share + needs.pass_logits / tensor,
        (layout.full_per_token + layout.window_per_token - bounded) * needs.kv_bytes * share,
        bounded * needs.kv_bytes * share,
        layout.window,
        weights,
        share,
    )


def demand(model: Complete, *, precision: str, kv_precision: str) -> Demand:
    """Return what serving this model at these precisions needs. Raises ValueError for a precision that is not known."""
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
