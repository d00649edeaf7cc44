"""Bytes of the state that a recurrent layer of a published configuration keeps of each sequence.

Shapes as vLLM allocates them (`mamba_utils.py`): the recurrent state and the inputs of the short convolution, one less
than its width. These are at the model's 16 bit; the state is at 32 unless the configuration names its width, as SGLang
and llama.cpp keep it. vLLM keeps it at the model's width, but that of Kimi's delta attention at 32 bit.
"""

from __future__ import annotations

from typing import Final

from services.models.domain.config_json.reading import Config, number, part

_CONVOLUTION_BYTES: Final = 2
_STATE_BYTES: Final = {"float32": 4, "float16": 2, "bfloat16": 2}
_CONVOLUTION: Final = 4
_RWKV_HEAD: Final = 64


def state_bytes(config: Config) -> int | None:
    """Return the bytes of one layer's state; None where the configuration does not tell."""
    stated = config.get("mamba_ssm_dtype") or config.get("mamba_ssm_cache_dtype")
    shape = _delta_net(config) or _mamba(config) or _gates(config) or _lightning(config) or _rwkv(config)
    if shape is None:
        return None
    recurrent, convolution = shape
    return recurrent * _STATE_BYTES.get(str(stated), 4) + convolution * _CONVOLUTION_BYTES


def _delta_net(config: Config) -> tuple[int, int] | None:
    """Gated delta nets (Qwen3-Next, OLMo hybrid) and Kimi's delta attention: a matrix for each head."""
    heads, size = number(config, "linear_num_value_heads"), number(config, "linear_value_head_dim")
    keys, key_size = number(config, "linear_num_key_heads"), number(config, "linear_key_head_dim")
    width = number(config, "linear_conv_kernel_dim") or _CONVOLUTION
    if not heads:
        kimi = part(config, "linear_attn_config")
        heads, size = number(kimi, "num_heads"), number(kimi, "head_dim")
        keys, key_size = heads, size
        width = number(kimi, "short_conv_kernel_size") or _CONVOLUTION
    if not (heads and size):
        return None
    keys, key_size = keys or heads, key_size or size
    return heads * size * key_size, (2 * keys * key_size + heads * size) * (width - 1)


def _mamba(config: Config) -> tuple[int, int] | None:
    """Mamba: channels x states; in Mamba 2 the convolution covers B and C of each group too."""
    hidden = number(config, "hidden_size", "d_model", "n_embd")
    states = number(config, "mamba_d_state", "ssm_state_size", "state_size", "mamba_state_dim", "d_state")
    if not (states and hidden):
        return None
    heads = number(config, "mamba_num_heads", "mamba_n_heads", "n_mamba_heads", "num_heads")
    size = number(config, "mamba_head_dim", "mamba_d_head", "mamba_headdim")
    if size is None and str(config.get("model_type")) == "mamba2":
        size = number(config, "head_dim")
    expand = number(config, "mamba_expand", "expand") or 2
    channels = number(config, "mamba_d_ssm") or (heads * size if heads and size else expand * hidden)
    groups = number(config, "mamba_n_groups", "mamba_ngroups", "n_groups") or 1
    width = number(config, "mamba_d_conv", "conv_kernel", "d_conv") or _CONVOLUTION
    convolved = channels + 2 * groups * states if size else channels
    return channels * states, convolved * (width - 1)


def _gates(config: Config) -> tuple[int, int] | None:
    """Short convolutions alone (LFM2), and the gated recurrence of RecurrentGemma."""
    hidden = number(config, "hidden_size") or 0
    if width := number(config, "conv_L_cache"):
        return 0, hidden * (width - 1)
    if lru := number(config, "lru_width"):
        return lru, lru * ((number(config, "conv1d_width") or _CONVOLUTION) - 1)
    return None


def _lightning(config: Config) -> tuple[int, int] | None:
    """Lightning attention (MiniMax, arXiv:2501.08313; Ring and Ling): a square matrix for each head. MiniMax's is kept
    at the model's width, by vLLM (linear_attention_state_dtype) as by transformers; of the others SGLang's is wider.
    """
    heads, hidden = number(config, "num_attention_heads"), number(config, "hidden_size")
    if not str(config.get("model_type", "")).startswith(("minimax", "bailing")) or not (heads and hidden):
        return None
    size = number(config, "linear_attn_head_dim", "head_dim") or hidden // heads
    matrices = heads * size * size
    return (0, matrices) if str(config.get("model_type")).startswith("minimax") else (matrices, 0)


def _rwkv(config: Config) -> tuple[int, int] | None:
    """RWKV 4 keeps five vectors; later ones a square matrix for each head and two vectors."""
    kind, hidden = str(config.get("model_type", "")), number(config, "hidden_size", "n_embd")
    if not kind.startswith("rwkv") or not hidden:
        return None
    if kind == "rwkv":
        return 5 * (number(config, "attention_hidden_size") or hidden), 0
    return hidden * (number(config, "head_size", "head_dim") or _RWKV_HEAD), 2 * hidden
