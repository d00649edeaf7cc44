"""Published configurations of many families give the cache that their code keeps, summed here by hand."""

from __future__ import annotations

from typing import Any

import pytest

from services.models.domain.config_json import architecture_of, family_layers
from services.models.domain.model import Architecture
from services.models.domain.shaping import shape_of
from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.kv_cache import KvLayout, kv_layout

WHOLE = {"transformers_version": "4.57.0"}
SPEECH = "automatic-speech-recognition"


def layout(architecture: Architecture, task: str = "text-generation") -> KvLayout:
    return kv_layout(complete(shape_of(architecture=architecture, parameters=10**9, active=None, task=task)))


def config(model_type: str, layers: int, hidden: int, heads: int, kv_heads: int | None, **more: Any) -> dict[str, Any]:
    named = {"num_hidden_layers": layers, "hidden_size": hidden, "num_attention_heads": heads}
    return {**WHOLE, "model_type": model_type, **named, "num_key_value_heads": kv_heads, **more}


NEMOTRON = "M-M-M-MM-M-M-M*-M-M-M*-M-M-M-M*-M-M-M-M*-M-MM-M-M-M-M-M-"
FULL: dict[str, tuple[dict[str, Any], int]] = {
    "llama before grouped queries": (config("llama", 32, 4096, 32, None), 32 * 2 * 4096),
    "chatglm3": (
        {"num_layers": 28, "hidden_size": 4096, "num_attention_heads": 32, "kv_channels": 128}
        | {"multi_query_attention": True, "multi_query_group_num": 2},
        28 * 2 * 2 * 128,
    ),
    "starcoder": ({"n_layer": 40, "n_embd": 6144, "n_head": 48, "multi_query": True}, 40 * 2 * 128),
    "falcon 7b": (config("falcon", 32, 4544, 71, None, num_kv_heads=71, multi_query=True), 32 * 2 * 64),
    "falcon 40b": (
        config("falcon", 60, 8192, 128, None, num_kv_heads=8, multi_query=True, new_decoder_architecture=True),
        60 * 2 * 8 * 64,
    ),
    "dbrx": ({"n_layers": 40, "d_model": 6144, "n_heads": 48, "attn_config": {"kv_n_heads": 8}}, 40 * 2 * 8 * 128),
    "openelm, heads by layer": (
        {"num_transformer_layers": 3, "model_dim": 3072, "head_dim": 128, "num_kv_heads": [3, 4, 5]},
        2 * 128 * (3 + 4 + 5),
    ),
    "hunyuan large, every second layer": (
        config("hunyuan", 64, 6400, 80, 8, use_cla=True, cla_share_factor=2, attention_head_dim=128),
        32 * 2 * 8 * 128,
    ),
    "longcat, two attentions a layer": (
        {"model_type": "longcat_flash", "num_layers": 28, "kv_lora_rank": 512, "qk_rope_head_dim": 64},
        56 * 576,
    ),
    "nemotron nas": (
        config(
            "nemotron-nas", 3, 8192, 64, None,
            block_configs=[{"attention": {"n_heads_in_group": n, "no_op": n is None}} for n in (8, None, 16)],
        ),
        2 * 128 * (8 + 4),
    ),
    "llama 3.2 vision": (
        {"text_config": config("mllama_text_model", 40, 4096, 32, 8, cross_attention_layers=[3, 8, 13, 18])},
        36 * 2 * 8 * 128,
    ),
    "llava, all left to the class of its text part": ({**WHOLE, "text_config": {"model_type": "llama"}}, 32 * 2 * 4096),
    "deepseek v3.2": (config("deepseek_v32", 61, 7168, 128, 128, kv_lora_rank=512, qk_rope_head_dim=64), 61 * 576),
    "qwen 2.5, window switched off": (
        config("qwen2", 28, 3584, 28, 4, sliding_window=131072, use_sliding_window=False),
        28 * 2 * 4 * 128,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FULL)
def test_layers_over_the_whole_context(name: str) -> None:
    published, values = FULL[name]
    found = layout(architecture_of(published))
    assert (found.full_per_token, found.window_per_token) == (values, 0)


WINDOWS: dict[str, tuple[dict[str, Any], int, int, int]] = {
    "gemma 3, pattern and heads left to the class": (
        {
            "text_config": {
                "model_type": "gemma3_text", "hidden_size": 2560, "num_hidden_layers": 34, "sliding_window": 1024,
            },
        },
        5 * 2 * 4 * 256, 29 * 2 * 4 * 256, 1024,
    ),
    "gemma 3n, the last layers read what others keep": (
        config(
            "gemma3n", 35, 2048, 8, 2, head_dim=256, sliding_window=512, num_kv_shared_layers=15,
            layer_types=[*["sliding_attention"] * 4, "full_attention"] * 7,
        ),
        4 * 2 * 2 * 256, 16 * 2 * 2 * 256, 512,
    ),
    "gemma 4, other heads over the whole context": (
        config(
            "gemma4_text", 30, 2816, 16, 8, head_dim=256, sliding_window=1024, global_head_dim=512,
            num_global_key_value_heads=2, attention_k_eq_v=True,
            layer_types=[*["sliding_attention"] * 5, "full_attention"] * 5,
        ),
        5 * 2 * 2 * 512, 25 * 2 * 8 * 256, 1024,
    ),
    "llama 4": (
        config("llama4_text", 48, 5120, 40, 8, attention_chunk_size=8192, no_rope_layers=[]),
        12 * 2 * 8 * 128, 36 * 2 * 8 * 128, 8192,
    ),
    "exaone 4": (
        config("exaone4", 64, 5120, 40, 8, sliding_window=4096, sliding_window_pattern="LLLG"),
        16 * 2 * 8 * 128, 48 * 2 * 8 * 128, 4096,
    ),
    "mistral 7b, every layer": (config("mistral", 32, 4096, 32, 8, sliding_window=4096), 0, 32 * 2 * 8 * 128, 4096),
    "mimo v2, wider keys than values": (
        config(
            "mimo_v2_flash", 4, 4096, 64, 4, head_dim=192, v_head_dim=128, hybrid_layer_pattern=[0, 1, 1, 0],
            sliding_window_size=128, swa_num_key_value_heads=8,
        ),
        2 * 4 * 320, 2 * 8 * 320, 128,
    ),
    "deepseek v4, compressed entries": (
        config("deepseek_v4", 4, 4096, 64, 1, head_dim=512, sliding_window=128, compress_ratios=[128, 4, 128, 4]),
        2 * 128 + 2 * 4, 4 * 512, 128,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WINDOWS)
def test_layers_over_a_window(name: str) -> None:
    published, full, window, tokens = WINDOWS[name]
    found = layout(architecture_of(published))
    assert (found.full_per_token, found.window_per_token, found.window) == (full, window, tokens)


DELTA = {"linear_num_key_heads": 16, "linear_num_value_heads": 32} | dict.fromkeys(
    ("linear_key_head_dim", "linear_value_head_dim"), 128
)
STATES: dict[str, tuple[dict[str, Any], int, int]] = {
    "qwen3-next": (
        config("qwen3_next", 48, 2048, 16, 2, head_dim=256, full_attention_interval=4, **DELTA),
        12 * 2 * 2 * 256, 36 * (32 * 128 * 128 * 4 + 8192 * 3 * 2),
    ),
    "kimi linear": (
        config(
            "kimi_linear", 27, 2304, 32, 32, kv_lora_rank=512, qk_rope_head_dim=64,
            linear_attn_config={
                "full_attn_layers": [4, 8, 12, 16, 20, 24, 27], "num_heads": 32, "head_dim": 128,
                "short_conv_kernel_size": 4,
            },
        ),
        7 * 576, 20 * (32 * 128 * 128 * 4 + 3 * 4096 * 3 * 2),
    ),
    "nemotron nano, most layers keep nothing": (
        config(
            "nemotron_h", 56, 4480, 40, 8, head_dim=128, hybrid_override_pattern=NEMOTRON, mamba_num_heads=128,
            mamba_head_dim=80, ssm_state_size=128, n_groups=8, conv_kernel=4,
        ),
        4 * 2 * 8 * 128, NEMOTRON.count("M") * (10240 * 128 * 4 + (10240 + 2048) * 3 * 2),
    ),
    "the same at 16 bit": (
        config(
            "nemotron_h", 56, 4480, 40, 8, head_dim=128, hybrid_override_pattern=NEMOTRON, mamba_num_heads=128,
            mamba_head_dim=80, ssm_state_size=128, n_groups=8, conv_kernel=4, mamba_ssm_cache_dtype="bfloat16",
        ),
        4 * 2 * 8 * 128, NEMOTRON.count("M") * (10240 * 128 * 2 + (10240 + 2048) * 3 * 2),
    ),
    "falcon h1, both in each layer": (
        config(
            "falcon_h1", 72, 5120, 20, 4, head_dim=128, mamba_d_ssm=4096, mamba_d_head=128, mamba_n_heads=32,
            mamba_d_state=256, mamba_n_groups=2, mamba_d_conv=4,
        ),
        72 * 2 * 4 * 128, 72 * (4096 * 256 * 4 + (4096 + 1024) * 3 * 2),
    ),
    "jamba": (
        config("jamba", 32, 4096, 32, 8, attn_layer_period=8, attn_layer_offset=4, mamba_d_state=16, mamba_d_conv=4),
        4 * 2 * 8 * 128, 28 * (8192 * 16 * 4 + 8192 * 3 * 2),
    ),
    "minimax": (
        config("minimax_text_01", 80, 6144, 64, 8, head_dim=128, attn_type_list=[*[0] * 7, 1] * 10),
        10 * 2 * 8 * 128, 70 * 64 * 128 * 128 * 2,
    ),
    "lfm2, convolutions alone": (
        config("lfm2", 16, 2048, 32, 8, full_attn_idxs=[2, 5, 8, 10, 12, 14], conv_L_cache=3),
        6 * 2 * 8 * 64, 10 * 2048 * 2 * 2,
    ),
    "mamba 2": (
        {"model_type": "mamba2", "num_hidden_layers": 64, "hidden_size": 2560, "state_size": 128, "num_heads": 80}
        | {"head_dim": 64, "n_groups": 1, "conv_kernel": 4},
        0, 64 * (5120 * 128 * 4 + (5120 + 256) * 3 * 2),
    ),
    "rwkv 4": ({"model_type": "rwkv", "num_hidden_layers": 32, "hidden_size": 4096}, 0, 32 * 5 * 4096 * 4),
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_layers_with_a_state(name: str) -> None:
    published, full, state = STATES[name]
    found = layout(architecture_of(published))
    assert (found.full_per_token, found.state_bytes) == (full, state)


def test_a_decoder_that_reads_one_layer_of_another_keeps_that_one() -> None:
    published = config(
        "phi4flash", 32, 2560, 40, 20, mb_per_layer=2, sliding_window=512, mamba_d_state=16, mamba_d_conv=4
    )
    found = layout(architecture_of(published))
    assert (found.full_per_token, found.window_per_token, found.window) == (2 * 20 * 64, 8 * 2 * 20 * 64, 512)
    assert found.state_bytes == 9 * (5120 * 16 * 4 + 5120 * 3 * 2)


def test_an_encoder_decoder_keeps_its_own_layers_and_what_the_encoder_read() -> None:
    whisper = {"is_encoder_decoder": True, "d_model": 1280, "decoder_layers": 4, "encoder_layers": 32} | {
        "decoder_attention_heads": 20, "num_hidden_layers": 32,
    }  # fmt: skip
    found = layout(architecture_of({**WHOLE, **whisper}), SPEECH)
    assert (found.full_per_token, found.fixed) == (4 * 2 * 1280, 4 * 2 * 1280 * 1500)
    t5 = {"is_encoder_decoder": True, "d_model": 4096, "d_kv": 64, "num_heads": 64, "num_layers": 24}
    architecture = architecture_of({**WHOLE, **t5})
    assert (architecture.kind, architecture.encoder_layers) == ("encoder_decoder", 24)
    assert layout(architecture).full_per_token == 24 * 2 * 64 * 64 * 2


def test_a_width_for_each_layer_counts_as_the_widest() -> None:
    published = config(
        "hunyuan_v1_moe", 4, 4096, 32, 8, num_experts=64, moe_topk=[8, 8, 8, 8], intermediate_size=[1, 2]
    )
    found = architecture_of(published)
    assert (found.experts, found.experts_per_token, found.intermediate_size) == (64, 8, 2)


def test_an_excerpt_that_names_no_key_value_heads_does_not_tell_them() -> None:
    excerpt = config("llama", 32, 4096, 32, None)
    del excerpt["transformers_version"]
    assert architecture_of(excerpt).kv_heads is None


def test_kinds_that_a_record_leaves_out_come_from_its_type_and_are_an_assumption() -> None:
    excerpt = {"num_hidden_layers": 62, "num_attention_heads": 32, "num_key_value_heads": 16, "head_dim": 128}
    architecture = architecture_of({"model_type": "gemma3", **excerpt})
    assert architecture.kv_layers_full is None
    found = layout(architecture)
    assert (found.full_per_token, found.window_per_token) == (10 * 2 * 16 * 128, 52 * 2 * 16 * 128)
    assert [(note.field, note.value) for note in found.assumptions] == [
        ("kv_layers_full", "10 over all tokens, 52 of the last 1024 tokens")
    ]
    assert family_layers("llama", 32) is None


def test_the_latent_that_an_excerpt_leaves_out_comes_from_its_type_and_is_an_assumption() -> None:
    """Such excerpts name as many key-value heads as query heads."""
    excerpt = {"num_hidden_layers": 61, "hidden_size": 7168, "num_attention_heads": 128, "num_key_value_heads": 128}
    found = layout(architecture_of({"model_type": "deepseek_v3", **excerpt}))
    assert (found.full_per_token, found.heads) == (61 * 576, 1)
    assert [note.value for note in found.assumptions] == ["61 over all tokens, a latent of 576 values in each"]
    hybrid = layout(architecture_of({"model_type": "kimi_k3", **excerpt, "num_hidden_layers": 93}))
    assert hybrid.full_per_token == 24 * 576
    assert layout(architecture_of({"model_type": "mistral4", **excerpt})).full_per_token == 61 * 320
    whole = layout(architecture_of({**WHOLE, "model_type": "deepseek_v3", **excerpt, "kv_lora_rank": 256}))
    assert whole.full_per_token == 61 * 256


@pytest.mark.parametrize(("model_type", "own"), [("falcon", "num_kv_heads"), ("step3p7", "num_attention_groups")])
def test_key_value_heads_under_a_name_that_is_not_the_types_own_are_not_believed(model_type: str, own: str) -> None:
    excerpt = {"model_type": model_type, "num_attention_heads": 64, "num_key_value_heads": 64}
    assert architecture_of(excerpt).kv_heads is None
    assert architecture_of({**excerpt, own: 8}).kv_heads == 8


@pytest.mark.parametrize(("vocab", "kv_heads"), [(None, 2), (65_024, 2), (151_552, 2), (130_528, 32)])
def test_chatglm_shares_keys_since_its_second_generation_whatever_an_excerpt_says(
    vocab: int | None, kv_heads: int
) -> None:
    excerpt = {"model_type": "chatglm", "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": vocab}
    assert architecture_of(excerpt).kv_heads == kv_heads


@pytest.mark.parametrize(
    "odd",
    [
        {"layer_types": "full_attention"},
        {"layer_types": [1, None]},
        {"block_configs": [1]},
        {"sliding_window": "4096", "sliding_window_pattern": []},
        {"text_config": [], "attn_config": 3},
        {"num_attention_heads": 2.5, "hidden_size": True, "num_hidden_layers": -1},
        {"attn_layer_period": 8, "attn_layer_offset": "4"},
        {"compress_rates": {"heavily_compressed_attention": 0}, "layer_types": ["heavily_compressed_attention"]},
        {"num_kv_shared_layers": 99, "layer_types": ["full_attention"]},
    ],
)
def test_values_of_unexpected_types_are_left_unset(odd: dict[str, Any]) -> None:
    assert layout(architecture_of({**config("other", 4, 512, 8, 2), **odd})).sequence_bytes(context_tokens=100) >= 0


def test_what_is_no_whole_number_above_zero_is_no_dimension() -> None:
    found = architecture_of(
        {**WHOLE, "num_hidden_layers": -1, "hidden_size": True, "num_attention_heads": 2.5, "vocab_size": 32000.0}
    )
    assert (found.layers, found.hidden_size, found.heads, found.vocab_size) == (None, None, None, 32_000)


@pytest.mark.parametrize(("hidden", "window"), [(640, 512), (1152, 512), (2560, 1024), (None, 1024)])
def test_the_smallest_gemma_3_have_a_smaller_window(hidden: int | None, window: int) -> None:
    found = family_layers("gemma3_text", 26, hidden)
    assert found is not None
    assert (found.full, found.window, found.window_tokens) == (4, 22, window)
