"""What each layer of a published configuration keeps while text is written: all tokens, a window, a state, nothing.

Sources are the configuration classes and the modelling code of transformers (5.24) and, for code that models bring
along, of their repositories; each rule names the families that write their layers so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

from services.models.domain.config_json.reading import Config, number, numbers, part, words

FULL, WINDOW, STATE, NOTHING = "full", "window", "state", "nothing"
BOTH, WINDOW_AND_STATE = "full+state", "window+state"
_WORDS: Final = {
    "sliding_attention": WINDOW,
    "chunked_attention": WINDOW,
    "sliding": WINDOW,
    "swa": WINDOW,
    "local": WINDOW,
    "linear_attention": STATE,
    "linear": STATE,
    "mamba": STATE,
    "mamba2": STATE,
    "conv": STATE,
    "recurrent": STATE,
    "kda": STATE,
    "gated_deltanet": STATE,
    "m": STATE,
    "hybrid": BOTH,
    "hybrid_sliding": WINDOW_AND_STATE,
    "moe": NOTHING,
    "mlp": NOTHING,
    "-": NOTHING,
    "e": NOTHING,
    "compressed_sparse_attention": WINDOW,
    "heavily_compressed_attention": WINDOW,
    "no_op": NOTHING,
    "l": WINDOW,
}
"""Any other word means attention over all tokens: counting too much is the safe side."""
_LISTS: Final = ("layer_types", "layers_block_type", "block_types", "_block_types")
_WINDOW_NAMES: Final = (
    "sliding_window", "sliding_window_size", "attention_chunk_size", "attention_window_size", "window_size",
    "swa_window_size", "local_window_size",
)  # fmt: skip
_WINDOW_EVERYWHERE: Final = ("mistral", "mixtral", "starcoder2", "phi3", "phimoe", "ministral", "moshi")
"""Families of which every layer has the window that the configuration states."""


class Layers(NamedTuple):
    """Layers that keep all tokens, those of a window, and those with a state (which may be among either)."""

    full: int
    window: int
    state: int


def window_of(config: Config) -> int | None:
    """Return the tokens of the window; None where there is none, or where the configuration switches it off."""
    if config.get("use_sliding_window") is False:
        return None
    stated = numbers(config, "sliding_window")
    return max(stated, default=0) or number(config, *_WINDOW_NAMES)


def stated_layers(config: Config) -> int | None:
    """Return the number of layers where a list or a pattern of them is all that tells it."""
    pattern = config.get("hybrid_override_pattern")
    return max((len(words(config, name)) for name in _LISTS[:2]), default=0) or (
        len(pattern) if isinstance(pattern, str) and pattern else None
    )


def count_layers(config: Config, layers: int) -> Layers | None:
    """Return the layers by what they keep; None where the configuration says nothing of their kinds."""
    kinds = next((found for rule in _RULES if (found := rule(config, layers))), None)
    if kinds is None:
        return None
    kinds = _kept(config, kinds[:layers] + [FULL] * (layers - len(kinds)))
    if window_of(config) is None:  # of unknown size, or none: then all tokens are kept
        kinds = [kind.replace(WINDOW, FULL) for kind in kinds]
    tally = Counter(word for kind in kinds for word in kind.split("+"))
    return Layers(tally[FULL], tally[WINDOW], tally[STATE])


def _kept(config: Config, kinds: list[str]) -> list[str]:
    """Return the kinds without the layers that read what others keep."""
    shared = number(config, "num_kv_shared_layers") or 0  # Gemma 3n, Gemma 4: the last layers
    if 0 < shared < len(kinds):
        kinds = kinds[:-shared] + [NOTHING] * shared
    factor = number(config, "cla_share_factor") if config.get("use_cla") else None  # Hunyuan Large
    if factor:
        kinds = [kind if i % factor == 0 else NOTHING for i, kind in enumerate(kinds)]
    crossing = set(numbers(config, "cross_attention_layers"))  # Llama 3.2 Vision: keys of the image alone
    return [NOTHING if i in crossing else kind for i, kind in enumerate(kinds)]


def _by_list(config: Config, layers: int) -> list[str]:
    """A word for each layer, or a group of words that repeats (RecurrentGemma)."""
    named = next((found for name in _LISTS if (found := words(config, name))), [])
    kinds = [_WORDS.get(word.lower(), FULL) for word in named]
    if str(config.get("model_type")) == "recurrent_gemma":  # whose attention is over a window
        kinds = [kind.replace(FULL, WINDOW) for kind in kinds]
    return [kinds[i % len(kinds)] for i in range(layers)] if kinds else []


def _by_letters(config: Config, _layers: int) -> list[str]:
    """A letter for each layer (Nemotron-H: M, *, - and E)."""
    pattern = config.get("hybrid_override_pattern")
    return [_WORDS.get(letter.lower(), FULL) for letter in pattern] if isinstance(pattern, str) else []


def _by_numbers(config: Config, layers: int) -> list[str]:
    """A number for each layer: 1 is attention over all tokens in MiniMax, over a window in MiMo V2."""
    if numbers(config, "compress_ratios"):  # DeepSeek V4
        return [WINDOW] * layers
    if kinds := numbers(config, "attn_type_list"):
        return [FULL if kind else STATE for kind in kinds]
    if kinds := numbers(config, "hybrid_layer_pattern"):
        return [WINDOW if kind else FULL for kind in kinds]
    for name in ("full_attn_idxs", "attn_layer_indices"):  # LFM2, Bamba
        if chosen := numbers(config, name):
            return [FULL if i in chosen else STATE for i in range(layers)]
    if chosen := numbers(config, "hybrid_layer_ids"):  # Zamba 2: a shared attention block beside the state
        return [BOTH if i in chosen else STATE for i in range(layers)]
    if chosen := numbers(part(config, "linear_attn_config"), "full_attn_layers"):  # Kimi Linear, counted from 1
        return [FULL if i + 1 in chosen else STATE for i in range(layers)]
    return []


def _by_blocks(config: Config, _layers: int) -> list[str]:
    """A block for each layer, of which some have no attention (Nemotron NAS, "DeciLM")."""
    blocks = config.get("block_configs")
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return []
    return [NOTHING if _idle(part(block, "attention")) else FULL for block in blocks]


def _idle(attention: Config) -> bool:
    return bool(attention.get("no_op") or attention.get("replace_with_linear"))


def _by_period(config: Config, layers: int) -> list[str]:
    """One layer in each few has attention over all tokens; the others a state, or a window."""
    period, offset = number(config, "attn_layer_period"), config.get("attn_layer_offset")
    if period:  # Jamba
        offset = offset if isinstance(offset, int) else 0
        beside = BOTH if config.get("model_type") == "zamba" else FULL
        return [beside if i % period == offset else STATE for i in range(layers)]
    period = number(config, "full_attention_interval", "layer_group_size")  # Qwen3-Next; Ring and Ling hybrids
    if period:
        return [STATE if (i + 1) % period else FULL for i in range(layers)]
    if config.get("mb_per_layer"):
        return _decoder_decoder(layers)
    return []


def _decoder_decoder(layers: int) -> list[str]:
    """Phi-4-mini-flash (arXiv:2507.06607): Mamba and windows take turns; one layer in the middle keeps all tokens,
    which those behind it read.
    """
    half = layers // 2
    kinds = [WINDOW if i % 2 else STATE for i in range(half)]
    return [*kinds, STATE, FULL, *[NOTHING] * (layers - half - 2)]


def _by_window(config: Config, layers: int) -> list[str]:
    """Windows in a pattern, from a layer on, or everywhere."""
    if window_of(config) is None:
        return [FULL] * layers if any(name in config for name in _WINDOW_NAMES) else []
    pattern = config.get("sliding_window_pattern", config.get("_sliding_window_pattern"))
    if isinstance(pattern, str) and pattern:  # EXAONE 4: "LLLG", the last layer over all tokens
        kinds = [_WORDS.get(pattern[i % len(pattern)].lower(), FULL) for i in range(layers)]
        return [*kinds[:-1], FULL]
    period = number(config, "sliding_window_pattern", "_sliding_window_pattern", "no_rope_layer_interval")
    if period:
        return [WINDOW if (i + 1) % period else FULL for i in range(layers)]
    if without := numbers(config, "no_rope_layers"):  # Llama 4 as published: 0 marks those over all tokens
        return [WINDOW if rotary else FULL for rotary in without]
    if config.get("use_sliding_window") and "max_window_layers" in config:  # Qwen 2
        first = config["max_window_layers"]
        return [FULL if isinstance(first, int) and i < first else WINDOW for i in range(layers)]
    if config.get("model_type") in _WINDOW_EVERYWHERE:
        return [WINDOW] * layers
    return []


def _by_type(config: Config, layers: int) -> list[str]:
    """Families whose layers are all alike, by their name; what is shared, or crosses to an image, is left to others."""
    kind = str(config.get("model_type", ""))
    if kind.startswith(("mamba", "falcon_mamba", "rwkv", "xlstm")):
        return [STATE] * layers
    if kind.startswith("falcon_h1"):
        return [BOTH] * layers
    if kind.startswith("longcat"):  # two attentions in a layer
        return [FULL] * layers
    listed = ("cross_attention_layers", "num_kv_heads", "num_key_value_heads")  # the last two: OpenELM
    return [FULL] * layers if config.get("use_cla") or any(numbers(config, name) for name in listed) else []


_RULES: Final[tuple[Callable[[Config, int], list[str]], ...]] = (
    _by_list,
    _by_letters,
    _by_numbers,
    _by_blocks,
    _by_period,
    _by_window,
    _by_type,
)
