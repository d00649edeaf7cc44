"""GPUs: types, slang, counts over nodes, memory; owned, rejected and past ones."""

from __future__ import annotations

from typing import Any

import pytest

from tests.orchestrator.understanding.support import stated


@pytest.mark.parametrize(
    ("text", "models", "count"),
    [
        ("8xH100 box", ["H100"], 8),
        ("4x 4090s", ["RTX4090"], 4),
        ("two A100 80 gigs", ["A100-80GB"], 2),
        ("H100 x8", ["H100"], 8),
        ("2 nodes of 8 H200", ["H200"], 16),
        ("4 machines with 8 MI300X each", ["MI300X"], 32),
        ("a single T4", ["T4"], 1),
        ("a DGX H100", ["H100"], 8),
        ("RTX 6000 Ada, two of them", ["RTX6000-Ada"], 2),
        ("A100 40GB x4", ["A100-40GB"], 4),
        ("8张H100", ["H100"], 8),
        ("L4を2枚", ["L4"], 2),
        ("zwei L40S", ["L40S"], 2),
        ("use 2, sorry, 3 A10Gs", ["A10G"], 3),
    ],
)
def test_gpus_are_read_with_their_count(text: str, models: list[str], count: int) -> None:
    assert stated(text) == {"gpu_models": models, "gpu_count_min": count, "gpu_needed": True}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a 24gb card", {"vram_gb_min_per_gpu": 24}),
        ("80 gigs of vram per card at the very least", {"vram_gb_min_per_gpu": 80}),
        ("at least 640 GB of GPU memory in total", {"vram_gb_min_total": 640}),
        ("at least 2 GPUs with 24GB VRAM each", {"gpu_count_min": 2, "vram_gb_min_per_gpu": 24}),
    ],
)
def test_gpu_memory_is_read_per_gpu_or_in_total(text: str, wanted: dict[str, Any]) -> None:
    assert stated(text) == {**wanted, "gpu_needed": True}


@pytest.mark.parametrize("text", ["no gpus please", "CPU only is fine", "ohne GPU", "sans GPU", "GPU не нужны"])
def test_gpu_needed_is_false_only_when_said(text: str) -> None:
    assert stated(text) == {"gpu_needed": False}


def test_a_rejected_type_is_excluded_and_what_is_out_of_reach_is_not() -> None:
    assert stated("not H100, too expensive") == {"gpu_models_excluded": ["H100"]}
    assert "gpu_models_excluded" not in stated("we have no A100 quota; A10G works")
    assert stated("L4 instead of T4") == {"gpu_models": ["L4"], "gpu_needed": True}


def test_hardware_of_the_past_does_not_count() -> None:
    text = "we used to run on 4 V100s but they were too slow; now we want 2 A100s"
    assert stated(text) == {"gpu_models": ["A100"], "gpu_count_min": 2, "gpu_needed": True}


@pytest.mark.parametrize("text", ["part number A100-BLK", "version 4090 of the file", "room 3090", "an A2 poster"])
def test_what_only_looks_like_a_gpu_is_none(text: str) -> None:
    assert stated(text) == {}


@pytest.mark.parametrize("text", ["train on 8 cards H100", "نريد تدريب نموذج على 8 بطاقات H100", "8 kart H100"])
def test_cards_are_counted_before_their_name(text: str) -> None:
    assert stated(text)["gpu_count_min"] == 8


def test_gpus_of_a_maker_are_all_of_them():
    models = stated("serve it on AMD GPUs only")["gpu_models"]
    assert {"MI300X", "MI325X"} <= set(models)
    assert all("MI300X" in stated(text)["gpu_models"] for text in ("AMD only", "we run on AMD", "AMD cards please"))
    assert "MI300X" in stated("no AMD GPUs")["gpu_models_excluded"]
    assert stated("AMD MI300X")["gpu_models"] == ["MI300X"]
    assert "gpu_models" not in stated("on AMD EPYC servers")
    assert {"TPUv5e", "TPUv6e"} <= set(stated("serve Gemma 2 9B on TPUs")["gpu_models"])
    assert "gpu_models" not in stated("Do you also know TPUs?")
