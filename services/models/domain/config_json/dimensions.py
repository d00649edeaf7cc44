"""Dimensions of a published configuration under one set of names."""

from __future__ import annotations

from typing import Any, Final

from services.models.domain.config_json.families import with_pattern
from services.models.domain.config_json.layers import Layers, count_layers, stated_layers, window_of
from services.models.domain.config_json.reading import Config, flat, number, numbers, part, words
from services.models.domain.config_json.states import state_bytes
from services.models.domain.model import Architecture

_DECODER_LAYERS: Final = ("num_decoder_layers", "decoder_layers", "decoder_num_hidden_layers")
_LAYERS: Final = ("num_hidden_layers", "n_layers", "n_layer", "num_layers", "num_transformer_layers", *_DECODER_LAYERS)
_HIDDEN: Final = ("hidden_size", "n_embd", "d_model", "model_dim", "dim")
_HEADS: Final = (
    "num_attention_heads", "decoder_attention_heads", "decoder_num_attention_heads", "n_head", "n_heads", "num_heads",
)  # fmt: skip
_KV_HEADS: Final = (
    "num_key_value_heads", "decoder_num_key_value_heads", "num_kv_heads", "n_head_kv", "kv_n_heads",
    "num_attention_groups", "n_kv_heads",
)  # fmt: skip
_HEAD_DIM: Final = ("head_dim", "attention_head_dim", "kv_channels", "d_kv", "attention_hidden_size_per_head")
_FEED_FORWARD: Final = ("intermediate_size", "ffn_hidden_size", "decoder_ffn_dim", "n_inner", "d_ff", "ffn_dim")
_ENCODER_LAYERS: Final = ("encoder_layers", "encoder_num_hidden_layers", "num_encoder_layers")
_CONTEXT: Final = (
    "max_position_embeddings",
    "n_positions",
    "max_seq_len",
    "seq_length",
    "n_ctx",
    "max_sequence_length",
)
_UNNAMED_KV_HEADS: Final = ("falcon", "nemotron-nas", "step3p5", "step3p7")
"""Types whose configurations have another name for key-value heads: under the usual one, whoever made the excerpt put
the query heads.
"""
_CHATGLM_GROUPS: Final = 2
"""Of key-value heads in every model of type chatglm since the second generation, which excerpts leave out."""
_FIRST_CHATGLM: Final = (130_528, 150_528)
"""Vocabularies of the first, where each query head has its own."""
_EXPERTS: Final = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")
_CHOSEN: Final = ("num_experts_per_tok", "experts_per_token", "top_k_experts", "moe_top_k", "moe_k", "moe_topk")
_OF_WHOLE_FILES: Final = ("transformers_version", "torch_dtype", "dtype")
"""Names that tell a whole configuration, which names key-value heads if they are fewer, from an excerpt."""
_RATES: Final = {"compressed_sparse_attention": 4, "heavily_compressed_attention": 128}
"""Tokens to one entry of DeepSeek V4's caches."""


def architecture_of(config: Config) -> Architecture:
    """Return the dimensions that a configuration states; what it leaves out stays unset, save for what its class is
    known to fill in.
    """
    kind = config.get("model_type")
    read = with_pattern(flat(config))
    both = config.get("is_encoder_decoder") is True
    layers = number(read, *(_DECODER_LAYERS if both else ()), *_LAYERS) or stated_layers(read)
    heads = number(read, *_HEADS)
    rank = number(read, "kv_lora_rank")
    found: dict[str, Any] = {
        "model_type": kind.strip()[:120] if isinstance(kind, str) else "",
        "layers": layers,
        "hidden_size": number(read, *_HIDDEN),
        "intermediate_size": number(read, *_FEED_FORWARD),
        "heads": heads,
        "kv_heads": _kv_heads(read, heads),
        "head_dim": number(read, "global_head_dim", *_HEAD_DIM),
        "v_head_dim": number(read, "v_head_dim"),
        "vocab_size": number(read, "vocab_size", "padded_vocab_size"),
        "context_tokens": number(read, *_CONTEXT),
        "kv_lora_rank": rank,
        "qk_rope_head_dim": number(read, "qk_rope_head_dim") if rank else None,
        "experts": number(read, *_EXPERTS),
        "experts_per_token": number(read, *_CHOSEN),
        "expert_intermediate_size": number(read, "moe_intermediate_size") if number(read, *_EXPERTS) else None,
        "tied_embeddings": tied if isinstance(tied := read.get("tie_word_embeddings"), bool) else None,
    }
    if both:
        encoder = number(part(config, "encoder"), "num_hidden_layers")
        found |= {
            "kind": "encoder_decoder",
            "encoder_layers": encoder or number(read, *_ENCODER_LAYERS) or number(read, "num_layers"),
        }
    counted = count_layers(read, layers) if layers else None
    if counted:
        found |= _kept(read, counted)
    return Architecture(**found, attention=_attention(found, counted))


def _kv_heads(config: Config, heads: int | None) -> int | None:
    """Return the key-value heads; as many as query heads where a whole configuration names none, as classes do."""
    if config.get("multi_query_attention"):  # ChatGLM
        return number(config, "multi_query_group_num") or 1
    if config.get("multi_query") and not config.get("new_decoder_architecture"):  # Falcon, StarCoder
        return 1
    if config.get("attention_k_eq_v") and (shared := number(config, "num_global_key_value_heads")):  # Gemma 4
        return shared
    whole = any(name in config for name in _OF_WHOLE_FILES)
    if config.get("model_type") == "chatglm" and not whole and config.get("vocab_size") not in _FIRST_CHATGLM:
        return _CHATGLM_GROUPS
    names = _KV_HEADS[1:] if config.get("model_type") in _UNNAMED_KV_HEADS else _KV_HEADS
    return number(config, *names) or (heads if whole else None)


def _kept(config: Config, layers: Layers) -> dict[str, Any]:
    """Return the dimensions that say what the layers keep."""
    twice = 2 if str(config.get("model_type", "")).startswith("longcat") else 1
    values, window_values = _uneven(config, layers)
    found: dict[str, Any] = {"kv_layers_full": layers.full * twice, "kv_values_per_token": values}
    if layers.window:
        other = part(config, "attention_other_setting")  # Step 3.5
        found |= {
            "kv_layers_window": layers.window,
            "window_tokens": window_of(config),
            "window_values_per_token": window_values,
            "kv_heads_window": number(config, "swa_num_key_value_heads")
            or number(other, "num_attention_groups")
            or number(config, *_KV_HEADS),
            "head_dim_window": number(config, "swa_head_dim")
            or number(other, "head_dim")
            or number(config, *_HEAD_DIM),
        }
    if layers.state:
        found |= {"state_layers": layers.state, "state_bytes": state_bytes(config)}
    return found


def _uneven(config: Config, layers: Layers) -> tuple[int | None, int | None]:
    """Return the values that all layers over the whole context, and all over a window, keep of one token, where these
    are not a number of heads times their size alike in all layers.
    """
    heads, size = number(config, *_HEADS) or 1, number(config, *_HEAD_DIM)
    size = size or (number(config, *_HIDDEN) or 0) // heads
    if listed := numbers(config, "num_kv_heads") or numbers(config, "num_key_value_heads"):  # OpenELM
        return 2 * size * sum(listed), None
    blocks = config.get("block_configs")
    if isinstance(blocks, list) and blocks:  # Nemotron NAS
        groups = [number(part(block, "attention"), "n_heads_in_group") for block in blocks if isinstance(block, dict)]
        return 2 * size * sum(heads // group for group in groups if group), None
    rates = {**_RATES, **part(config, "compress_rates")}
    ratios = numbers(config, "compress_ratios") or [rates.get(kind, 0) for kind in words(config, "layer_types")]
    if any(ratios):  # DeepSeek V4: an entry for each few tokens and the last ones whole, keys that are values too
        return sum(size // ratio for ratio in ratios if ratio > 0), layers.window * size
    rank, rope = number(config, "swa_kv_lora_rank", "kv_lora_rank"), number(config, "swa_qk_rope_head_dim")
    if rank and layers.window:
        return None, layers.window * (rank + (rope or number(config, "qk_rope_head_dim") or 0))
    return None, None


def _attention(found: dict[str, Any], layers: Layers | None) -> str:
    """Return the word for the kind of attention; empty where the heads are not known."""
    if layers and (layers.state or layers.window):
        return "hybrid" if layers.full or layers.window else "ssm"
    if found["kv_lora_rank"]:
        return "mla"
    heads, kv_heads = found["heads"], found["kv_heads"]
    if not (heads and kv_heads):
        return ""
    return "mha" if heads == kv_heads else "mqa" if kv_heads == 1 else "gqa"
