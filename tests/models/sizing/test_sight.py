"""Tokens of pictures, clips and sounds, by the rules of each family's processor, worked out by hand."""

from __future__ import annotations

import pytest

from services.models.domain.model import Architecture
from services.models.domain.shaping import shape_of
from services.models.domain.sizing import GpuShape, ModelShape, Usage, sight
from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.performance import estimate_performance
from services.models.domain.sizing.precision import PRECISIONS
from services.models.domain.sizing.sight import FAMILIES, family_of, tokens_seen, tower_of
from services.models.domain.sizing.terms import GIB
from services.models.domain.sizing.weight_groups import parameter_groups, weights_gib
from services.models.domain.sizing.weights import weight_bytes
from tests.models import sized

PICTURES = [
    ("InternVL", None, 3328),  # 12 tiles of 256 and the whole
    ("InternVL", 448, 256),  # one tile is the whole
    ("InternVL", 896, 1280),  # 2 x 2 tiles and the whole: 5 x 256
    ("Qwen2-VL", None, 16_384),
    ("Qwen2-VL", 1120, 1600),  # 40 x 40 tokens of 28 pixels
    ("Qwen3-VL", 1024, 1024),  # 32 x 32 tokens of 32 pixels
    ("Kimi-VL", 4000, 4096),  # 143 x 143 is more than it takes
    ("Pixtral", 512, 1024),  # 32 x 32 tokens of 16 pixels
    ("SmolVLM", 100, 1377),  # 4 x 4 tiles and the whole of 81, however small the picture
    ("SmolVLM 500M", None, 1088),  # 17 x 64
    ("PaliGemma 448", None, 1024),  # 448 / 14 = 32; 32 x 32
    ("LLaVA", 1000, 576),  # 336 / 14 = 24; 24 x 24
    ("LLaVA-NeXT", None, 2880),  # 5 x 576
    ("Llama 3.2 Vision", None, 1604),  # 4 tiles of 1,601, kept in one layer for every four: 4 x 401
    ("MiniCPM-V", 1344, 640),  # 9 slices of 64 and the whole
    ("Phi-4 multimodal", 896, 1280),
    ("DeepSeek-VL2", 384, 196),  # 14 x 14
    ("Moondream", 1000, 729),  # 378 / 14 = 27; 27 x 27
    ("Yi-VL", None, 1024),  # 448 / 14 = 32; 32 x 32
    ("InternLM-XComposer2", None, 1225),  # 490 / 14 = 35; 35 x 35
]


@pytest.mark.parametrize(("family", "edge", "tokens"), PICTURES)
def test_a_picture_is_as_many_tokens_as_its_tiles_have(family: str, edge: int | None, tokens: int) -> None:
    assert FAMILIES[family].picture(edge) == tokens


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("OpenGVLab/InternVL3-8B", "InternVL"),
        ("Qwen/Qwen2.5-VL-7B-Instruct-AWQ", "Qwen2-VL"),
        ("qwen2_5_vl", "Qwen2-VL"),
        ("Qwen/Qwen3-VL-30B-A3B-Instruct", "Qwen3-VL"),
        ("Qwen/Qwen-VL-Chat", "Qwen-VL"),
        ("HuggingFaceTB/SmolVLM2-500M-Video-Instruct", "SmolVLM 500M"),
        ("HuggingFaceTB/SmolVLM2-2.2B-Instruct", "SmolVLM"),
        ("google/paligemma2-3b-mix-448", "PaliGemma 448"),
        ("google/gemma-3-4b-it", "Gemma 3"),
        ("meta-llama/Llama-3.2-11B-Vision-Instruct", "Llama 3.2 Vision"),
        ("llava-hf/llava-v1.6-mistral-7b-hf", "LLaVA-NeXT"),
        ("llava-hf/llava-onevision-qwen2-7b-ov-hf", "LLaVA-OneVision"),
        ("openbmb/MiniCPM-Llama3-V-2_5", "MiniCPM-V 2.5"),
        ("zai-org/glm-4v-9b", "GLM-4V"),
        ("zai-org/GLM-4.1V-9B-Thinking", "GLM-4.1V"),
        ("THUDM/cogvlm2-llama3-chat-19B", "CogVLM2"),
        ("microsoft/Phi-3.5-vision-instruct", "Phi-3 vision"),
        ("vikhyatk/moondream2", "Moondream"),
        ("01-ai/Yi-VL-6B", "Yi-VL"),
        ("internlm/internlm-xcomposer2-vl-7b", "InternLM-XComposer2"),
        ("internlm/internlm-xcomposer2-4khd-7b", ""),
        ("meta-llama/Llama-3.1-8B-Instruct", ""),
    ],
)
def test_the_name_tells_the_family(name: str, family: str) -> None:
    assert family_of(name) == family


def test_every_family_that_a_name_may_tell_has_rules() -> None:
    assert {family for _, family in sight._NAMES} == set(FAMILIES)


@pytest.mark.parametrize(
    ("said", "tokens"),
    [
        ({"images": 2}, 2 * 16_384),
        ({"images": 3, "image_size": 560}, 3 * 400),
        ({"image_size": 560}, 400),
        ({"frames": 30}, 30 * 384),  # fifteen pairs of at most 768
        ({"frames": 30, "audio_seconds": 15.0}, 30 * 384 + 15 * 25),
        ({}, 0),
    ],
)
def test_pictures_frames_and_sounds_of_a_request_add_up(said: dict[str, int], tokens: int) -> None:
    shape = ModelShape(parameters=8e9, task="image-text-to-text", sight="Qwen2-VL")
    assert tokens_seen(shape, Usage(**said)) == tokens  # type: ignore[arg-type]


def test_a_request_is_as_long_as_what_it_shows_where_its_length_is_not_said() -> None:
    def asked(**usage: float) -> sized.MemoryEstimate:
        return sized.memory_of(sized.SizingCase(model_id="OpenGVLab/InternVL3-8B", usage=usage))  # type: ignore[arg-type]

    shown, written = asked(images=1), asked(context_tokens=5376)
    assert shown.context_tokens == 2048 + 13 * 256
    assert shown.total_gib == written.total_gib
    (note,) = (note for note in shown.assumptions if note.field == "context_tokens")
    assert "256 tokens a tile of 448 pixels, at most 12 tiles and 256 of the whole" in note.reason
    assert asked(images=1, context_tokens=4096).context_tokens == 4096
    assert asked().context_tokens == 2048


def test_what_a_family_unknown_here_sees_is_counted_and_said() -> None:
    case = sized.case(task="image-text-to-text", usage={"images": 1})
    (note,) = (note for note in sized.memory_of(case).assumptions if note.field == "context_tokens")
    assert note.value == "5376"
    assert "not known here" in note.reason


def test_a_model_that_reads_words_alone_is_no_larger_for_pictures() -> None:
    assert sized.memory_of(sized.case(usage={"images": 4})).context_tokens == 2048


def test_the_prompt_is_as_long_as_what_it_shows_for_speed_too() -> None:
    case = sized.case(task="image-text-to-text", gpu=sized.H100, gpu_count=1, usage={"images": 1})
    shown = sized.speed_of(case)
    (note,) = (note for note in shown.assumptions if note.field == "prompt_tokens")
    assert note.value == "4352"  # 1,024 of words and 3,328


@pytest.mark.parametrize(
    ("precision", "gigabytes"), [("awq", 6.92), ("q4_k_m", 4.68 + 1.35), ("nf4", 6.23), ("fp8", 10.06), ("bf16", 16.58)]
)
def test_formats_leave_the_tower_at_16_bit_but_bitsandbytes(precision: str, gigabytes: float) -> None:
    """Qwen2.5-VL 7B: the files of its AWQ and GGUF (mmproj beside it) packings; the others by hand from 8.292 billion
    parameters, 1.09 of embeddings and head, 0.675 of the tower."""
    own = Architecture(layers=28, hidden_size=3584, heads=28, kv_heads=4, head_dim=128, vocab_size=152_064)
    shape = shape_of(
        architecture=own, parameters=8_292_166_656, active=None, task="image-text-to-text", name="org/Qwen2.5-VL-7B"
    )
    form = PRECISIONS[precision]
    assert weight_bytes(complete(shape), form) / 1e9 == pytest.approx(gigabytes, rel=0.003)
    groups = parameter_groups(shape)
    assert groups is not None
    assert groups.tower == 675e6
    assert weights_gib(groups, form) * GIB / 1e9 == pytest.approx(gigabytes, rel=0.003)


@pytest.mark.parametrize(
    ("family", "parameters", "active", "tower"),
    [
        ("InternVL", 25.5e9, None, 5.54e9),
        ("InternVL", 8.1e9, None, 304e6),
        ("InternVL", 30.8e9, 3.3e9, 304e6),
        ("Gemma 3", 1e9, None, 0.0),
        ("Gemma 3", None, None, 0.0),
        ("", 8e9, None, 0.0),
    ],
)
def test_a_tower_is_its_familys_where_the_model_has_room_for_it(
    family: str, parameters: float | None, active: float | None, tower: float
) -> None:
    assert tower_of(family, parameters, active) == tower


def test_no_step_over_words_reads_the_tower() -> None:
    words = ModelShape(parameters=7.6e9, layers=28, hidden=3584, heads=28, kv_heads=4, vocab=152_064)
    seeing = words._replace(parameters=7.6e9 + 0.675e9, other_parameters=0.675e9, active_parameters=7.6e9)
    card = GpuShape("L40S", memory_gib=48, bandwidth_gbps=864, fp16_tflops=362)
    speeds = [
        estimate_performance(shape, card, precision="awq", prompt_tokens=64, output_tokens=64, concurrency=1)
        for shape in (words, seeing)
    ]
    assert speeds[1].total_tokens_per_s == pytest.approx(speeds[0].total_tokens_per_s, rel=0.001)


def test_an_answer_tells_the_rule_by_which_a_picture_is_counted() -> None:
    assert FAMILIES["Qwen2-VL"].rule == "a token for each 28 x 28 pixels, at most 16,384"
    assert FAMILIES["GLM-4V"].rule == "1,602 tokens a picture whatever its size"
    assert FAMILIES["InternVL"].rule == "256 tokens a tile of 448 pixels, at most 12 tiles and 256 of the whole"
