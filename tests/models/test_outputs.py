"""Models that make sound or move robots: never timed as if they answered in words."""

from __future__ import annotations

import pytest

from services.models.domain.model import Architecture
from services.models.domain.outputs import output_of
from services.models.domain.shaping import shape_of
from services.models.domain.sizing import Case, GpuShape, Usage
from services.models.domain.speed import Speed, speed

RTX_4090 = GpuShape("RTX 4090", 24, 1008, 165, vendor="nvidia")


def timed(model_id: str, task: str, parameters: int, **more) -> Speed:
    shape = shape_of(architecture=Architecture(), parameters=parameters, active=None, task=task, name=model_id)
    asked = {"prompt_tokens": None, "output_tokens": None, "samples": None, "tokens": None, "epochs": 1.0}
    case = Case(shape, Usage(workload="inference", precision="bf16"), RTX_4090, 1)
    return speed(case, model_id=model_id, **{**asked, **more})


@pytest.mark.parametrize(
    ("model_id", "task", "unit"),
    [
        ("hexgrad/Kokoro-82M", "text-to-speech", "second of sound"),
        ("mlx-community/Kokoro-82M-bf16", "text-generation", "second of sound"),
        ("facebook/mms-tts-eng", "text-to-speech", "second of sound"),
        ("stabilityai/stable-audio-open-1.0", "text-to-audio", "second of sound"),
        ("lerobot/pi0", "robotics", "action"),
        ("lerobot/smolvla_base", "", "action"),
        ("nvidia/GR00T-N1.5-3B", "robotics", "action"),
    ],
)
def test_what_is_not_known_of_sound_and_robots_is_said(model_id, task, unit):
    with pytest.raises(ValueError, match=f"makes no text, and its time for one {unit} is not known"):
        timed(model_id, task, 1_000_000_000)


@pytest.mark.parametrize(
    ("model_id", "task"),
    [
        ("meta-llama/Llama-3.1-8B", "text-generation"),
        ("Qwen/Qwen2.5-Omni-7B", "any-to-any"),
        ("openai/whisper-large-v3", "automatic-speech-recognition"),
        ("org/pi0neer-7b", "text-generation"),
        ("org/barker-7b", "text-generation"),
        ("org/embark", "text-classification"),
    ],
)
def test_models_that_write_text_are_left_alone(model_id, task):
    assert output_of(task, model_id) is None


def test_speech_of_known_tokens_is_timed_in_seconds_of_sound():
    found = timed("canopylabs/orpheus-3b-0.1-ft", "text-to-speech", 3_780_000_000)
    assert (found.tokens_per_s, found.saturated_tokens_per_s, found.tokens_per_s_per_request) == (None, None, None)
    assert found.unit == "second of sound"
    # 2.1 times as fast as speech on an RTX 3090 at 8 bit (canopyai/Orpheus-TTS, issue 53): half of that at 16 bit.
    assert 1.05 / found.error_factor <= found.units_per_s <= 1.05 * found.error_factor
    assert any(a.field == "output" and a.value == "10 x second of sound" for a in found.assumptions)
    assert "24 kHz" in found.formula


def test_an_action_of_openvla_is_seven_tokens():
    found = timed("openvla/openvla-7b-finetuned-libero-10", "image-text-to-text", 7_540_000_000)
    assert found.unit == "action"
    assert found.tokens_per_s is None
    assert found.units_per_s == pytest.approx(found.requests_per_s)
    assert 6 / found.error_factor <= found.units_per_s <= 6 * found.error_factor  # some 6 Hz (arXiv:2406.09246)


def test_a_length_that_is_said_is_the_one_that_is_timed():
    short, long = (timed("facebook/musicgen-small", "text-to-audio", 600_000_000, output_tokens=n) for n in (100, 1000))
    assert short.request_s < long.request_s
    assert not any(a.field == "output" for a in short.assumptions)


def test_what_denoises_pictures_is_no_language_model():
    for task in ("any-to-any", "text-to-image", ""):
        shape = shape_of(
            architecture=Architecture(), parameters=4_000_000_000, active=None, task=task, name="OmniGen2/OmniGen2"
        )
        assert shape.arch == "diffusion"
