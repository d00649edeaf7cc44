"""Memory to serve a model: weights, KV cache, working memory and the runtime, over a split."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from services.models.domain.sizing import activations, kv_cache, weights
from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.demand import (
    CHUNKS,
    INPUTS,
    PREFILL_CHUNK,
    RUNTIME_BYTES,
    Demand,
    Load,
    Passes,
    demand,
    need_line,
    overhead,
)
from services.models.domain.sizing.estimates import UNSIZED, MemoryEstimate
from services.models.domain.sizing.parallelism import Split, choose_split, refusal
from services.models.domain.sizing.precision import precision_of
from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.terms import Assumption, Basis, Term, on_each

DEFAULT_CONTEXT: Final = 2048
"""Prompt and answer of a short exchange; longer ones are for the caller to say."""
DEFAULT_TEXT: Final = 512
"""Tokens of a text that an encoder reads."""


def estimate_inference(
    shape: ModelShape,
    *,
    precision: str = "",
    kv_precision: str = "",
    context_tokens: int | None = None,
    concurrency: int | None = None,
    gpus: int = 1,
    split: Split | None = None,
    by_layers: bool = False,
    passes: Passes = CHUNKS,
    runtime_bytes: float = RUNTIME_BYTES,
) -> MemoryEstimate:
    """Return the memory to serve `concurrency` requests of `context_tokens` (prompt and answer) each.

    Empty or None means not said: the value used is then among the assumptions. `split` overrides the split chosen for
    `gpus`, which is by layers alone with `by_layers`. `passes`: how
    prompts go through. Raises ValueError for a bad precision or split.
    """
    ask = ask_for(
        precision,
        kv_precision,
        context_tokens,
        concurrency,
        causal=shape.causal,
        longest=shape.context,
        passes=passes,
        runtime_bytes=runtime_bytes,
    )
    needs = demand(complete(shape), precision=ask.precision, kv_precision=ask.kv_precision)
    model = needs.model
    chosen = split or choose_split(model, gpus, by_layers=by_layers)
    if chosen is None:
        raise ValueError(f"{gpus} GPUs cannot split {model.heads} heads and {model.layers} layers")
    problem = refusal(model, chosen)
    if problem:
        raise ValueError(problem)
    return serving_estimate(needs, chosen, ask)


_IN_CHUNKS: Final = Assumption(
    "engine",
    f"prompts in chunks of {PREFILL_CHUNK:,} tokens",
    "not said; one with continuous batching: transformers and the like pass prompts whole and need more activations",
)

_IN_BATCHES: Final = Assumption(
    "max_batch_tokens",
    f"{INPUTS.chunk:,}",
    "not said; inputs of so many tokens go through at once, as Text Embeddings Inference has it, and the others wait",
)


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """A use of a model with what was not said filled in. Compared by identity, which `ask_for` keeps for equal
    inputs, so that it is a cheap key.
    """

    precision: str
    kv_precision: str
    load: Load
    assumptions: tuple[Assumption, ...]
    value: str = field(init=False)
    """Bytes of a cached value, as formulas say it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", f"{precision_of(self.kv_precision).bytes:g} bytes")


@lru_cache(maxsize=2048)
def ask_for(
    precision: str,
    kv_precision: str,
    context_tokens: int | None,
    concurrency: int | None,
    *,
    causal: bool,
    longest: int | None,
    passes: Passes = CHUNKS,
    runtime_bytes: float = RUNTIME_BYTES,
    engine: str | None = None,
) -> Ask:
    """Return the use with what was not said filled in and noted. causal, longest: of the model, which writes tokens
    or not and takes so many at most. engine: None where it does not matter.
    """
    notes: list[Assumption] = []
    precision = precision or default_precision(notes, causal=causal)
    kv_precision = kv_precision or default_kv_precision(notes, causal=causal)
    if context_tokens is None:
        context_tokens = min(DEFAULT_CONTEXT if causal else DEFAULT_TEXT, longest or DEFAULT_CONTEXT)
        why = "not said; a short exchange, or the longest that the model takes"
        notes.append(Assumption("context_tokens", str(context_tokens), why))
    elif longest and context_tokens > longest:
        why = f"longer than the {longest:,} that the model is stated to take; sized as if it took them"
        notes.append(Assumption("context_tokens", str(context_tokens), why))
    if concurrency is None:
        concurrency = 1
        notes.append(Assumption("concurrency", "1", "not said; one request at a time"))
    load = Load(context_tokens, concurrency, passes, runtime_bytes)
    if context_tokens * concurrency > load.pass_tokens and (engine == "" or not causal):
        notes.append(_IN_CHUNKS if causal else _IN_BATCHES)
    return Ask(precision, kv_precision, load, tuple(notes))


def serving_estimate(needs: Demand, split: Split, ask: Ask) -> MemoryEstimate:
    """Return the estimate of a demand on an allowed split under a load."""
    model, load = needs.model, ask.load
    shares, terms = _spread(needs, split, ask)
    error = 0.15 if needs.precision.quantised else 0.12
    if model.unsized:
        error = UNSIZED
    elif model.guessed:
        error += 0.15
    return MemoryEstimate(
        sum([term.bytes for term in terms]),
        max(shares),
        shares,
        terms,
        (*ask.assumptions, *model.assumptions, *needs.layout.assumptions),
        split,
        needs.precision.name,
        ask.kv_precision,
        load.context_tokens,
        load.concurrency,
        Basis.MODELLED,
        error,
        len(ask.assumptions),
    )


def default_precision(notes: list[Assumption], *, causal: bool) -> str:
    """Return the usual storage of such models, and note it."""
    name = "bf16" if causal else "fp32"
    notes.append(Assumption("precision", name, "not said; the usual storage of such models"))
    return name


def default_kv_precision(notes: list[Assumption], *, causal: bool) -> str:
    """Return 16 bit for the cache, and note it where there is a cache."""
    if causal:
        notes.append(
            Assumption("kv_precision", "bf16", "not said; serving engines keep the cache at 16 bit by default")
        )
    return "bf16"


def _spread(needs: Demand, split: Split, ask: Ask) -> tuple[tuple[float, ...], tuple[Term, ...]]:
    """Return bytes on each GPU and the terms; both sum to the total. Stages after the first share what it leaves."""
    full = needs.need(split, ask.load)
    tensor, pipeline = split
    gpus, copies = tensor * pipeline, needs.kv_copies(tensor)
    cached = full.kv_cache * tensor
    kept, cache = full.weights * tensor, cached
    shares = (full.total,) * tensor
    if pipeline > 1:
        kept = max(needs.weights, kept)
        cache = max(ask.load.concurrency * needs.sequence_bytes(ask.load.context_tokens) * copies, cached)
        rest = kept - full.weights * tensor + cache - cached
        fixed = full.activations + full.expanded + full.runtime
        shares += (rest / tensor / (pipeline - 1) + fixed,) * (gpus - tensor)
    terms = [Term("weights", kept, weights.weight_formula(needs.model, needs.precision), needs.precision.source)]
    if cache:
        terms.append(Term("kv_cache", cache, _cached(needs, ask, copies, tensor), kv_cache.SOURCE))
    terms.append(
        Term("activations", gpus * full.activations, _passing(needs, split, ask.load), activations.FORWARD_SOURCE)
    )
    if full.expanded:
        expanded = weights.expanded_formula(needs.model)
        terms.append(
            Term(
                "expanded_weights",
                gpus * full.expanded,
                on_each(pipeline, expanded),
                weights.DEQUANT_SOURCE,
            )
        )
    if full.runtime:
        terms.append(overhead(full.runtime, gpus))
    return shares, tuple(terms)


def _cached(needs: Demand, ask: Ask, copies: float, tensor: int) -> str:
    """Return the sum of the cache over all GPUs with its numbers."""
    layout, load = needs.layout, ask.load
    words = f"{load.concurrency} requests x {layout.formula(load.context_tokens, ask.value)}"
    if copies > 1:
        return f"{words} x {copies:g} copies; {layout.kind}, repeated over {tensor} GPUs"
    return f"{words}; {layout.kind}"


def _passing(needs: Demand, split: Split, load: Load) -> str:
    """Return the sum of the activations over all GPUs with its numbers."""
    tensor = split.tensor
    each = f"{load.pass_tokens} tokens x ({int(needs.pass_split)} / {tensor} + {int(needs.pass_whole)}) bytes"
    if load.passes.logit_bytes or load.passes.copies_cache:
        each = f"{load.pass_tokens} tokens x {need_line(needs, split).token(load.passes):.6g} bytes"
    if needs.pass_logits:
        each += f" + {load.concurrency} x {int(needs.pass_logits)} / {tensor} bytes of logits"
    return on_each(split.tensor * split.pipeline, each)
