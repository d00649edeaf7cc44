"""Keys, values and recurrent state that a sequence leaves on the GPU while it is served.

Per token and layer: multi-head, grouped and multi-query attention keep 2 x kv_heads x head_dim values (Shazeer,
arXiv:1911.02150; Ainslie et al., arXiv:2305.13245); multi-head latent attention one latent of kv_lora_rank +
qk_rope_head_dim values (DeepSeek-V2, arXiv:2405.04434); a sliding-window layer never more than its window; a recurrent
layer a state whose size does not grow (Mamba-2, arXiv:2405.21060); the decoder of an encoder-decoder also keys and
values over the encoder's output.
"""

from __future__ import annotations

from typing import NamedTuple

from services.models.domain.sizing.architecture import Complete
from services.models.domain.sizing.shapes import SPEECH
from services.models.domain.sizing.terms import Assumption

SOURCE = (
    "2 x kv_heads x head_dim per token and layer (arXiv:2305.13245); MLA latent (arXiv:2405.04434); windows, states"
)


class KvLayout(NamedTuple):
    """What one sequence keeps, in values (not bytes) per token unless named otherwise; fixed: values whatever the
    length.
    """

    full_per_token: float
    window_per_token: float
    window: int
    state_bytes: float
    heads: int
    kind: str
    assumptions: tuple[Assumption, ...]
    fixed: float = 0.0

    def sequence_bytes(self, *, context_tokens: int, value_bytes: float = 2.0) -> float:
        """Return bytes for one sequence of this length."""
        window = min(context_tokens, self.window) if self.window else context_tokens
        kept = self.full_per_token * context_tokens + self.window_per_token * window + self.fixed
        return kept * value_bytes + self.state_bytes

    def formula(self, context_tokens: int, value: str) -> str:
        """Return the sum of `sequence_bytes` with its numbers. value: the bytes of one, in words."""
        words = f"{int(self.full_per_token)} values x {context_tokens} tokens"
        if self.window_per_token:
            window = min(context_tokens, self.window) if self.window else context_tokens
            words += f" + {int(self.window_per_token)} x {window} in windows"
        if self.fixed:
            words += f" + {int(self.fixed)} of the encoder"
        words = f"({words}) x {value}"
        return f"({words} + {self.state_bytes:.0f} bytes of state)" if self.state_bytes else words


_RECURRENT = ("mamba", "linear", "kda", "ssm", "rwkv", "recurrent")
_NONE = KvLayout(0, 0, 0, 0, 1, "no cache", ())


def kv_layout(model: Complete) -> KvLayout:
    """Return what one sequence of this model keeps. Layers of unknown kind count as full attention, which can only
    be too much.
    """
    shape = model.shape
    if not shape.causal:
        return _NONE
    words, notes = shape.attention.lower(), []
    recurrent = bool(shape.state_layers) or (bool(words) and any(word in words for word in _RECURRENT))
    window_layers = shape.kv_layers_window or 0
    full_layers = shape.kv_layers_full
    if full_layers is None:
        only_recurrent = recurrent and "hybrid" not in words and "+" not in words
        full_layers = 0 if only_recurrent else max(model.layers - window_layers, 0)
        if "hybrid" in words or "sparse" in words:
            notes.append(
                Assumption("kv_layers_full", str(full_layers), "kinds of layers unknown: all count as full attention")
            )
    per_layer, kind = _attention(model)
    window_dim = shape.head_dim_window or model.head_dim
    window_value = shape.v_head_dim if shape.v_head_dim else window_dim
    window_per_token = float(window_layers * (shape.kv_heads_window or model.kv_heads) * (window_dim + window_value))
    if shape.window_values_per_token is not None:
        window_per_token = shape.window_values_per_token
    full = full_layers * per_layer if shape.kv_values_per_token is None else shape.kv_values_per_token
    if shape.layers_as:
        of = f", {window_layers} of the last {shape.window} tokens" if window_layers else ""
        of += f", {shape.state_layers} with a state" if shape.state_layers else ""
        of += f", a latent of {per_layer:g} values in each" if shape.kv_lora_rank else ""
        why = f"kinds of layers not in the record; as models of type {shape.layers_as} have them"
        notes.append(Assumption("kv_layers_full", f"{full_layers} over all tokens{of}", why))
    fixed = full * shape.source_tokens
    if fixed:
        notes.append(Assumption("source_tokens", str(shape.source_tokens), SPEECH))
    if shape.arch == "encoder-decoder":
        full *= 1 if fixed else 2
        kind = f"{kind}, decoder and cross attention"
    state = _state_bytes(model, full_layers + window_layers, notes) if recurrent else 0.0
    if window_layers or state:
        kind = f"hybrid {kind}"
    heads = 1 if shape.kv_lora_rank else model.kv_heads
    return KvLayout(full, window_per_token, shape.window or 0, state, heads, kind, tuple(notes), fixed)


def _attention(model: Complete) -> tuple[float, str]:
    """Return what a layer that attends to the whole context keeps of one token, in values, and its kind."""
    shape = model.shape
    if shape.kv_lora_rank:
        return float(shape.kv_lora_rank + (shape.qk_rope_head_dim or 0)), "MLA"
    kind = "MQA" if model.kv_heads == 1 else "MHA" if model.kv_heads == model.heads else "GQA"
    return model.kv_heads * (model.head_dim + (shape.v_head_dim or model.head_dim)), kind


def _state_bytes(model: Complete, attention_layers: int, notes: list[Assumption]) -> float:
    """Return bytes of recurrent state of one sequence: stated, or an inner width of 2 x hidden with 128 states of 4
    bytes each.
    """
    shape = model.shape
    layers = shape.state_layers if shape.state_layers is not None else max(model.layers - attention_layers, 0)
    if shape.state_bytes is not None:
        return layers * shape.state_bytes
    each = 2.0 * model.hidden * 128 * 4
    if layers:
        notes.append(
            Assumption(
                "state_bytes", f"{each:.0f}", "not in the record; 2 x hidden x 128 states x 4 bytes per recurrent layer"
            )
        )
    return layers * each
