"""Working memory of a forward pass, and what a training step keeps for the backward pass."""

from __future__ import annotations

from services.models.domain.sizing.architecture import Complete

FORWARD_SOURCE = (
    "live buffers of one layer: feed-forward gate, up and product, residual, norm and attention, at 2 bytes"
)
TRAINING_SOURCE = (
    "tensors autograd saves, counted as in Korthikanti et al., arXiv:2205.05198, without dropout, flash attention"
)
_LOGIT_BYTES = 4


def forward_coefficients(model: Complete) -> tuple[float, float, float]:
    """Return bytes (per token, split by tensor parallelism; per token, whole; per sequence, split) of a forward
    pass.
    """
    width = (3 if model.gated else 2) * model.token_intermediate + 2 * (model.attention_width + 2 * model.kv_width)
    return 2.0 * width, 8.0 * model.hidden, float(_LOGIT_BYTES * model.vocab)


def forward_bytes(model: Complete, *, tokens: int, sequences: int, tensor_parallel: int = 1) -> float:
    """Return bytes on one GPU for tokens pushed through one layer at a time, with logits of the last token of each
    sequence.
    """
    split, whole, logits = forward_coefficients(model)
    return tokens * (split / tensor_parallel + whole) + sequences * logits / tensor_parallel


def saved_per_token(model: Complete, *, train_all: bool, value_bytes: float = 2.0) -> float:
    """Return bytes one token leaves in one layer for the backward pass, without checkpointing.

    Saved: the input of query, key and value; those three, and the rotated query and key; the output of attention; two
    norms (an RMS norm works on a 32-bit copy); the operands of the feed-forward activation and, if its matrices are
    trained, the inputs of those matrices. Frozen matrices need no saved input.
    """
    hidden, query, key = model.hidden, model.attention_width, model.kv_width
    intermediate = model.token_intermediate
    attention = hidden + 2 * query + 3 * key + query
    mlp = (3 if model.gated else 2) * intermediate
    if train_all:
        mlp += hidden + (intermediate if model.gated else 0)
    norms = 2 * hidden * (4 if model.gated else 2 * value_bytes / 2)
    return value_bytes * (attention + mlp) + norms


def training_bytes(
    model: Complete,
    *,
    tokens: int,
    checkpointing: bool,
    train_all: bool,
    value_bytes: float = 2.0,
    tensor_parallel: int = 1,
    sequence: int = 0,
    fused_attention: bool = True,
) -> tuple[float, float]:
    """Return (kept, logits) in bytes on one GPU for a micro-batch of `tokens`.

    With checkpointing each layer keeps its input alone and one layer is rebuilt at a time (Chen et al.,
    arXiv:1604.06174). Logits: the values, a 32-bit copy and its gradient.
    """
    layers = model.layers + (model.shape.encoder_layers or 0)
    per_token = saved_per_token(model, train_all=train_all, value_bytes=value_bytes)
    if not fused_attention:
        per_token += model.heads * sequence * (2 * value_bytes + 1)
    if checkpointing:
        kept = tokens * (layers * value_bytes * model.hidden + 1.5 * per_token)
    else:
        kept = tokens * layers * per_token
    logits = tokens * model.vocab * (value_bytes + 8) if model.shape.causal else 0.0
    return kept / tensor_parallel, logits / tensor_parallel
