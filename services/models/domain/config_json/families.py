"""Kinds of layers of families whose configurations leave them to their class."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from services.models.domain.config_json.layers import count_layers, window_of
from services.models.domain.config_json.reading import Config, number

_GEMMA_2: Final = {"sliding_window_pattern": 2, "sliding_window": 4096}
_GEMMA_3: Final = {"sliding_window_pattern": 6, "sliding_window": 1024}
_GEMMA_3N: Final = {"sliding_window_pattern": 5, "sliding_window": 512, "own_layers": 20}
_GEMMA_4: Final = {"sliding_window_pattern": 6, "sliding_window": 1024, "global_head_dim": 512}
_LLAMA_4: Final = {"no_rope_layer_interval": 4, "attention_chunk_size": 8192}
_COHERE_2: Final = {"sliding_window_pattern": 4, "sliding_window": 4096}
_GATED_DELTA: Final = {"full_attention_interval": 4}
_FAMILIES: Final[Mapping[str, Mapping[str, Any]]] = {
    "gemma2": _GEMMA_2,
    "gemma3": _GEMMA_3,
    "gemma3_text": _GEMMA_3,
    "gemma3n": _GEMMA_3N,
    "gemma3n_text": _GEMMA_3N,
    "gpt_oss": {"sliding_window_pattern": 2, "sliding_window": 128},
    "gemma4": _GEMMA_4,
    "gemma4_text": _GEMMA_4,
    "gemma4_unified": _GEMMA_4,
    "gemma4_unified_text": _GEMMA_4,
    "llama4": _LLAMA_4,
    "llama4_text": _LLAMA_4,
    "cohere2": _COHERE_2,
    "olmo3": {"sliding_window_pattern": 4, "sliding_window": 4096},
    "qwen3_next": _GATED_DELTA,
    "qwen3_5": _GATED_DELTA,
    "qwen3_5_text": _GATED_DELTA,
    "qwen3_5_moe": _GATED_DELTA,
    "qwen3_5_moe_text": _GATED_DELTA,
    "jamba": {"attn_layer_period": 8, "attn_layer_offset": 4},
    "minimax": {"full_attention_interval": 8},
    "minimax_m1": {"full_attention_interval": 8},
    "minimax_text_01": {"full_attention_interval": 8},
    "recurrent_gemma": {"block_types": ["recurrent", "recurrent", "attention"]},
    "kimi_linear": {"full_every": 4},
    "kimi_k3": {"full_every": 4},
    "falcon_h1": {},
    "mamba": {},
    "mamba2": {},
    "falcon_mamba": {},
    "rwkv": {},
    "rwkv5": {},
    "rwkv6": {},
    "rwkv7": {},
}
"""What the published models of each type have in common: periods as their classes in transformers have them, windows as
their configurations state them. Types whose models differ are not here: their layers count as full attention.
"""
_LATENTS: Final[Mapping[str, tuple[int, int]]] = {
    **dict.fromkeys(("deepseek_v2", "deepseek_v3", "deepseek_v32", "kimi_k2", "kimi_k25", "kimi_vl"), (512, 64)),
    **dict.fromkeys(("glm_moe_dsa", "glm4_moe_lite", "kimi_linear", "kimi_k3"), (512, 64)),
    **dict.fromkeys(("joyai_llm_flash", "longcat_flash", "youtu"), (512, 64)),
    "minicpm3": (256, 32),
    "mistral4": (256, 64),
}
"""Rank of the latent that types with multi-head latent attention keep of a token, and size of the rotated key beside
it: the same in all their published models, and the defaults of their classes. Excerpts of their configurations name as
many key-value heads as query heads, which keep twenty times as much.
"""
_VARIED: Final = frozenset({
    "gemma4", "gemma4_unified", "granitemoehybrid", "lfm2", "lfm2_moe", "mimo_v2_flash",
    "mistral3", "nemotron-nas", "nemotron_h", "step3p5", "step3p7", "zamba2",
})  # fmt: skip
"""Types whose models differ in what their layers keep, so that only a whole configuration tells it."""
_PATTERNS: Final = ("sliding_window_pattern", "no_rope_layer_interval", "global_head_dim")
_ONE_BILLION_WIDTH: Final = 1152
_SMALL_WINDOW: Final = 512
"""Of Gemma 3 with 0.27 and 1 billion parameters."""


class FamilyLayers(NamedTuple):
    """Layers by what they keep, and tokens of the window (0: none)."""

    full: int
    window: int
    state: int
    window_tokens: int


def with_pattern(config: Config) -> Config:
    """Return the configuration with the pattern of its windows, which the class knows where it states the window
    alone."""
    family = _FAMILIES.get(str(config.get("model_type", "")), {})
    missing = {k: v for k, v in family.items() if k in _PATTERNS and config.get(k) is None}
    return {**config, **missing} if missing and window_of(config) else config


def family_latent(model_type: str) -> tuple[int, int] | None:
    """Return rank and rotated size of the latent that models of this type keep; None for types that keep none."""
    return _LATENTS.get(model_type)


def is_varied(model_type: str) -> bool:
    """Return whether models of this type differ in what their layers keep, or may."""
    return model_type in _VARIED


@lru_cache(maxsize=1024)
def family_layers(model_type: str, layers: int, hidden: int | None = None) -> FamilyLayers | None:
    """Return the layers of a model of this type; None for types whose layers are all full attention, or differ."""
    family = _FAMILIES.get(model_type)
    if family is None:
        return None
    config: dict[str, Any] = {"model_type": model_type, **family}
    if model_type.startswith("gemma3") and (hidden or _ONE_BILLION_WIDTH + 1) <= _ONE_BILLION_WIDTH:
        config["sliding_window"] = _SMALL_WINDOW
    if every := number(family, "full_every"):  # and the last one
        config["linear_attn_config"] = {"full_attn_layers": [*range(every, layers, every), layers]}
    if own := number(family, "own_layers"):
        config["num_kv_shared_layers"] = layers - own
    counted = count_layers(config, layers)
    return None if counted is None else FamilyLayers(*counted, window_of(config) or 0)
