"""Memory to serve a model: weights, KV cache, working memory and the runtime, over a split."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from services.models.domain.sizing import activations, kv_cache, weights
from services.models.domain.sizing.demand import RUNTIME_BYTES, RUNTIME_SOURCE, Demand, Load, Need, demand
from services.models.domain.sizing.estimates import MemoryEstimate
from services.models.domain.sizing.parallelism import Split, choose_split, refusal
from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.terms import GIB, Assumption, Basis, Term

DEFAULT_CONTEXT: Final = 2048
"""Prompt and answer of a short exchange; longer ones are for the caller to say."""


def estimate_inference(
    shape: ModelShape,
    *,
    precision: str = "",
    kv_precision: str = "",
    context_tokens: int | None = None,
    concurrency: int | None = None,
    gpus: int = 1,
    split: Split | None = None,
    prefill_tokens: int | None = None,
    runtime_bytes: float = RUNTIME_BYTES,
) -> MemoryEstimate:
    """Return the memory to serve `concurrency` requests of `context_tokens` (prompt and answer) each.

    Empty or None means not said: the value used is then among the assumptions. `split` overrides the split chosen for
    `gpus`. `prefill_tokens` are the tokens of one forward pass (default: chunks of 8,192). Raises ValueError for a bad
    precision or split.
    """
    notes: list[Assumption] = []
    precision = precision or default_precision(shape, notes)
    kv_precision = kv_precision or default_kv_precision(shape, notes)
    load = assumed_load(shape, context_tokens, concurrency, notes, prefill_tokens, runtime_bytes)
    needs = demand(shape, precision=precision, kv_precision=kv_precision)
    model = needs.model
    chosen = split or choose_split(model, gpus)
    if chosen is None:
        raise ValueError(f"{gpus} GPUs cannot split {model.heads} heads and {model.layers} layers")
    problem = refusal(model, chosen)
    if problem:
        raise ValueError(problem)
    return serving_estimate(needs, chosen, load, tuple(notes), kv_precision)


@lru_cache(maxsize=4096)
def serving_estimate(
    needs: Demand, split: Split, load: Load, notes: tuple[Assumption, ...], kv_precision: str
) -> MemoryEstimate:
    """Return the estimate of a demand on an allowed split under a load; one model is asked for on many GPUs."""
    model = needs.model
    shares, terms = _spread(needs, split, load)
    error = 0.15 if needs.precision.quantised else 0.12
    if any(note.field == "architecture" for note in model.assumptions):
        error += 0.15
    return MemoryEstimate(
        total_bytes=sum(term.bytes for term in terms),
        per_gpu_bytes=max(shares),
        shares=shares,
        terms=terms,
        assumptions=(*notes, *model.assumptions, *needs.layout.assumptions),
        split=split,
        precision=needs.precision.name,
        kv_precision=kv_precision,
        context_tokens=load.context_tokens,
        concurrency=load.concurrency,
        basis=Basis.MODELLED,
        error=error,
    )


def default_precision(shape: ModelShape, notes: list[Assumption]) -> str:
    """Return the usual storage of such models, and note it."""
    name = "bf16" if shape.causal else "fp32"
    notes.append(Assumption("precision", name, "not said; the usual storage of such models"))
    return name


def default_kv_precision(shape: ModelShape, notes: list[Assumption]) -> str:
    """Return 16 bit for the cache, and note it where there is a cache."""
    if shape.causal:
        notes.append(
            Assumption("kv_precision", "bf16", "not said; serving engines keep the cache at 16 bit by default")
        )
    return "bf16"


def assumed_load(
    shape: ModelShape,
    context_tokens: int | None,
    concurrency: int | None,
    notes: list[Assumption],
    prefill_tokens: int | None = None,
    runtime_bytes: float = RUNTIME_BYTES,
) -> Load:
    """Return the load, with what was not said filled in and noted."""
    if context_tokens is None:
        context_tokens = min(DEFAULT_CONTEXT if shape.causal else 512, shape.context or DEFAULT_CONTEXT)
        notes.append(
            Assumption(
                "context_tokens", str(context_tokens), "not said; a short exchange, or the longest that the model takes"
            )
        )
    if concurrency is None:
        concurrency = 1
        notes.append(Assumption("concurrency", "1", "not said; one request at a time"))
    return Load(context_tokens, concurrency, prefill_tokens, runtime_bytes)


def _spread(needs: Demand, split: Split, load: Load) -> tuple[tuple[float, ...], tuple[Term, ...]]:
    """Return bytes on each GPU and the terms; both sum to the total. Stages after the first share what it leaves."""
    full: Need = needs.need(split, load)
    tensor, others, gpus = split.tensor, split.pipeline - 1, split.gpus
    cache = load.concurrency * needs.sequence_bytes(load.context_tokens) * needs.kv_copies(tensor)
    rest = max(needs.weights - full.weights * tensor, 0.0) + max(cache - full.kv_cache * tensor, 0.0)
    fixed = full.activations + full.expanded + full.runtime
    shares = (full.total,) * tensor + ((rest / tensor / others + fixed if others else 0.0),) * (gpus - tensor)
    model, form = needs.model, needs.precision
    terms = [
        Term(
            "weights",
            max(needs.weights, full.weights * tensor),
            f"{model.parameters:.4g} x {form.bits:g} bits{', embeddings 16' if form.embeddings_16bit else ''}",
            form.source,
        )
    ]
    if cache:
        formula = (
            f"{load.concurrency} x ({needs.layout.formula}) at context {load.context_tokens} x {needs.kv_bytes:g} bytes"
        )
        terms.append(Term("kv_cache", max(cache, full.kv_cache * tensor), formula, kv_cache.SOURCE))
    formula = f"{load.pass_tokens} tokens in one pass x live buffers of a layer, on each GPU"
    terms.append(Term("activations", gpus * full.activations, formula, activations.FORWARD_SOURCE))
    if full.expanded:
        terms.append(
            Term("expanded_weights", gpus * full.expanded, "2 x 2 bytes x largest matrix", weights.DEQUANT_SOURCE)
        )
    if full.runtime:
        formula = f"{full.runtime / GIB:.2f} GiB on each of {gpus} GPUs"
        terms.append(Term("overhead", gpus * full.runtime, formula, RUNTIME_SOURCE))
    return shares, tuple(terms)
