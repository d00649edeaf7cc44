"""Look up values of a published configuration by any of their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Config = Mapping[str, Any]

_TEXT_PARTS: Final = (
    "thinker_config", "text_config", "llm_config", "language_config", "language_model_config", "decoder_config",
    "decoder", "attn_config",
)  # fmt: skip
"""Parts that hold what writes text, outermost first; MPT and DBRX keep their heads in a part of their own."""
_CLASS_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "llama": {
        "num_hidden_layers": 32, "hidden_size": 4096, "intermediate_size": 11008, "num_attention_heads": 32,
        "vocab_size": 32000,
    },
    "mistral": {
        "num_hidden_layers": 32, "hidden_size": 4096, "intermediate_size": 14336, "num_attention_heads": 32,
        "num_key_value_heads": 8, "vocab_size": 32000,
    },
    "qwen2": {"num_hidden_layers": 32, "hidden_size": 4096, "intermediate_size": 22016, "num_attention_heads": 32},
    "gemma": {
        "num_hidden_layers": 28, "hidden_size": 3072, "intermediate_size": 24576, "num_attention_heads": 16,
        "head_dim": 256, "vocab_size": 256000,
    },
    "gemma2": {
        "num_hidden_layers": 26, "hidden_size": 2304, "intermediate_size": 9216, "num_attention_heads": 8,
        "num_key_value_heads": 4, "head_dim": 256, "vocab_size": 256000,
    },
    "gemma3_text": {
        "num_hidden_layers": 26, "hidden_size": 2304, "intermediate_size": 9216, "num_attention_heads": 8,
        "num_key_value_heads": 4, "head_dim": 256, "vocab_size": 262208,
    },
}  # fmt: skip
"""What the classes of transformers fill in where the text part of a larger configuration leaves a value out, as those
of LLaVA, PaliGemma and Gemma 3 do.
"""


def flat(config: Config) -> dict[str, Any]:
    """Return the configuration with the values of its text part in front of those of the whole."""
    found = dict(config)
    for name in _TEXT_PARTS:
        part = found.get(name)
        if isinstance(part, Mapping):
            inner = part
            if name == "text_config":
                inner = {**_CLASS_DEFAULTS.get(str(part.get("model_type", "")), {}), **part}
            found = {**found, **{key: value for key, value in inner.items() if value not in (None, "")}}
    return found


def number(config: Config, *names: str) -> int | None:
    """Return the first of these that is a positive whole number, or a list of such for each layer: their largest."""
    for name in names:
        value: Any = max(numbers(config, name), default=None) or config.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**40:
            return value
    return None


def numbers(config: Config, name: str) -> list[int]:
    """Return the whole numbers of a list; empty where there is none, or one with anything else in it."""
    value = config.get(name)
    if isinstance(value, list) and all(isinstance(v, int) and not isinstance(v, bool) for v in value):
        return value
    return []


def words(config: Config, name: str) -> list[str]:
    """Return the words of a list; empty where there is none, or one with anything else in it."""
    value = config.get(name)
    return value if isinstance(value, list) and value and all(isinstance(v, str) for v in value) else []


def part(config: Config, name: str) -> Config:
    """Return a part of the configuration; empty where there is none."""
    value = config.get(name)
    return value if isinstance(value, Mapping) else {}
