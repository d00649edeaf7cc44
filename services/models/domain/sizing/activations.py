"""Working memory of a forward pass, and what a training step keeps for the backward pass."""

from __future__ import annotations

from typing import NamedTuple

from services.models.domain.sizing.architecture import Complete
from services.models.domain.sizing.frameworks import Framework

FORWARD_SOURCE = (
    "live buffers of one layer: feed-forward gate, up and product, residual, norm and attention, at 2 bytes"
)
TRAINING_SOURCE = (
    "tensors autograd saves, counted as in Korthikanti et al., arXiv:2205.05198, without dropout, flash attention"
)
LOGITS_SOURCE = "transformers' loss of causal models: each logit at 16 bit, its 32-bit copy and the gradient of that"
_LOGIT_BYTES = 4
_SOFTMAX_BYTES = 4.0
"""Of a score where attention is not fused: decoders of transformers take its softmax at 32 bit (eager attention)."""


def forward_coefficients(model: Complete) -> tuple[float, float, float]:
    """Return bytes (per token, split by tensor parallelism; per token, whole; per sequence, split) of a forward
    pass. Models that write no tokens have no logits over their words.
    """
    width = (3 if model.gated else 2) * model.token_intermediate + 2 * (model.attention_width + 2 * model.kv_width)
    return 2.0 * width, 8.0 * model.hidden, float(_LOGIT_BYTES * model.vocab * model.shape.causal)


class Saved(NamedTuple):
    """What one token leaves for the backward pass on one GPU, in bytes. layer: in one layer without checkpointing;
    hidden, value: each value of a hidden state, and any other. tensor_parallel: over so many GPUs; token_parallel: over
    so many of these tokens are split where tensors are not.
    """

    layer: float
    hidden: float
    value: float
    tensor_parallel: int
    token_parallel: int


def saved_per_token(
    model: Complete,
    *,
    trained: str,
    value_bytes: float = 2.0,
    hidden_bytes: float | None = None,
    tensor_parallel: int = 1,
    splits_tokens: bool = False,
) -> Saved:
    """Return what one token leaves.

    Saved: the input of query, key and value; those three, and the rotated query and key; the output of attention; two
    norms (an RMS norm works on a 32-bit copy); the operands of the feed-forward activation. Trained matrices ("all")
    keep their inputs too; "adapters" on every matrix each keep a 16-bit copy of its input, cast or dropped out for
    themselves; "none" keeps neither. hidden_bytes: of hidden states and feed-forward operands where norms at 32 bit
    widen them; attention and adapters cast theirs back. Tensor parallelism splits what is inside attention and
    feed-forward, not norms and inputs as wide as the model (arXiv:2205.05198, equation 2), unless it splits tokens
    there (sequence parallelism, equation 4).
    """
    token_parallel = tensor_parallel if splits_tokens else 1
    hidden, query, key = model.hidden, model.attention_width, model.kv_width
    intermediate, gated = model.token_intermediate, model.gated
    inside = 3 * query + 3 * key
    whole = 0
    if trained == "all":
        whole += hidden
        inside += intermediate if gated else 0
    elif trained == "adapters":
        whole += (4 if gated else 3) * hidden
        inside += query + intermediate
    norms = 2 * hidden * (4 if gated else value_bytes)
    states = hidden / token_parallel + (3 if gated else 2) * intermediate / tensor_parallel
    wide = hidden_bytes or value_bytes
    layer = wide * states + value_bytes * (whole / token_parallel + inside / tensor_parallel) + norms / token_parallel
    return Saved(layer, wide, value_bytes, tensor_parallel, token_parallel)


def selected_per_token(model: Complete, saved: Saved) -> float:
    """Return bytes that selective recomputation by operator keeps of one token in one layer: the output of attention
    and of every second matrix, which are query, value, gate and the last (torchtitan, activation_checkpoint.py).
    """
    inside = 2 * model.attention_width + model.kv_width + model.token_intermediate
    return 2.0 * (inside / saved.tensor_parallel + model.hidden / saved.token_parallel)


def _scores_per_token(model: Complete, saved: Saved, *, sequence: int) -> float:
    """Return bytes of one token's scores in one layer where attention is not fused: a decoder keeps their softmax at 32
    bit and a copy for the product; other models score, softmax and dropout mask (arXiv:2205.05198).
    """
    each = _SOFTMAX_BYTES + saved.value if model.shape.arch == "decoder" else 2 * saved.value + 1
    return model.heads / saved.tensor_parallel * sequence * each


def training_bytes(
    model: Complete,
    saved: Saved,
    framework: Framework,
    *,
    tokens: int,
    sequence: int,
    checkpointing: bool,
    fused_attention: bool,
    selective: bool,
    layers: int | None,
    source_tokens: int,
) -> tuple[float, float]:
    """Return (kept, logits) in bytes on one GPU for a micro-batch of `tokens`.

    With checkpointing each layer keeps its input alone and one layer is rebuilt at a time (Chen et al.,
    arXiv:1604.06174); where the framework hosts inputs, those wait in host memory, and `selective` keeps some
    outputs all the same. layers: those that are trained, where the others are frozen below them. source_tokens: of the
    micro-batch that an encoder reads, where these are not the tokens that are written. Logits: the framework's
    `head_bytes` each, at 16 bit; `loss_bytes` where that is more, which are gone when a layer is rebuilt.
    """
    encoder = model.shape.encoder_layers or 0
    layers = layers or model.layers + encoder
    passed = tokens * layers + (source_tokens - tokens) * encoder * bool(source_tokens)
    per_token, wide, value_bytes, tensor_parallel, token_parallel = saved
    rebuilt, loss_bytes = framework.rebuilt, framework.loss_bytes
    going_back = 0.0
    if not fused_attention:
        scores = _scores_per_token(model, saved, sequence=max(sequence, model.shape.source_tokens))
        per_token += scores
        if model.shape.arch == "decoder":
            # The gradients of a layer's softmax and of its copy; of a rebuilt layer `rebuilt` counts a part of them.
            going_back = tokens * scores * (2 - rebuilt if checkpointing else 1)
    words = (tokens * model.vocab if model.shape.causal else 0.0) / tensor_parallel
    logits = words * (framework.head_bytes + value_bytes - 2)
    loss = words * (loss_bytes + wide - 2) if loss_bytes else 0.0
    if not checkpointing:
        return passed * per_token + going_back, max(logits, loss)
    inputs = (2 * tokens if framework.hosts_inputs else passed) * wide * model.hidden / token_parallel
    selected = passed * selected_per_token(model, saved) if selective else 0.0
    layer = max(tokens, source_tokens) * rebuilt * per_token + going_back
    return inputs + selected + layer, max(logits, loss - layer)
