"""Words that look like one thing and are another, each found once in the wild."""

from __future__ import annotations

from typing import Any

import pytest

from services.orchestrator.domain.question import Question
from services.orchestrator.domain.understanding import RevisionKind
from tests.orchestrator.understanding.support import read, stated, talk

LATENCY = Question("latency", "A bound?", ("respond within 500 ms", "latency doesn't matter"), "none", "latency_ms_p95")
SPOT = Question("spot", "Is spot fine?", ("yes, spot is fine", "no, on-demand only"), "no", "spot_ok")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("the A40 motorway was closed near gate B200", {}),
        ("we keep Jenkins out, GitLab is fine", {"components": ["gitlab"]}),
        ("os servidores devem ficar no Brasil", {"geos": ["brazil"]}),
        ("1500 dollars monthly, EU", {"budget_usd_month": 1500, "geos": ["EU"]}),
        ("50 000 руб. в месяц", {"budget_currency": "RUB", "budget_amount": 50_000, "budget_period": "month"}),
        ("¥80000 per month", {"budget_currency": "JPY", "budget_amount": 80_000, "budget_period": "month"}),
        ("₡80000 per month", {}),
        ("una GPU da 24 GB", {"gpu_count_min": 1, "vram_gb_min_per_gpu": 24, "gpu_needed": True}),
        ("GPU2枚", {"gpu_count_min": 2, "gpu_needed": True}),
        ("8 GPUs across 2 nodes", {"gpu_count_min": 8, "gpu_needed": True}),
        ("2 nodes with 8 GPUs each", {"gpu_count_min": 16, "gpu_needed": True}),
        ("three quarters of a terabyte of text", {"dataset_size_gb": 750, "dataset_modality": "text"}),
        ("9" * 400 + " users at once", {}),
        ("10^99 images", {"dataset_modality": "image", "domain": "computer_vision"}),
        ("are you a bot or a human?", {}),
        ("what time is it in Vienna?", {}),
        ("spot's fine", {"spot_ok": True}),
    ],
)
def test_a_look_alike_is_told_apart(text: str, wanted: dict[str, Any]) -> None:
    assert stated(text) == wanted


@pytest.mark.parametrize("text", ["the second one looks odd to me", "half of that, maybe", "anything but those two"])
def test_a_number_inside_other_words_answers_no_question(text: str) -> None:
    assert "latency_ms_p95" not in stated(text, asked=(LATENCY,))


@pytest.mark.parametrize("text", ["不知道，你决定吧", "non lo so, scegli tu", "no idea, you choose"])
def test_not_knowing_is_not_no(text: str) -> None:
    assert "spot_ok" not in stated(text, asked=(SPOT,))


def test_yes_and_no_to_the_same_wish_is_asked_about() -> None:
    understood = read("fine-tune phi-4 on spot instances only, and no spot instances please")
    assert understood.spec.spot_ok is None
    (point,) = understood.open_points
    assert (point.field, point.kind) == ("spot_ok", "contradiction")
    assert stated(point.options[1], asked=(SPOT,)) == {"spot_ok": False}


@pytest.mark.parametrize(
    ("first", "then", "field", "value"),
    [
        ("$2000 a month", "20% less budget", "budget_usd_month", 1600),
        ("serve Mistral 7B for 20 concurrent users, $1000 a month", "leave it at 10", "concurrency", 10),
        ("3 L4", "back to two", "gpu_count_min", 2),
        ("train a detector on 2 GPUs of 24 GB each", "2, no make it 4", "gpu_count_min", 4),
        ("a 24 GB card", "make it 48GB", "vram_gb_min_per_gpu", 48),
        ("fine-tune Mistral 7B", "no fine-tuning, just 5 streams in parallel", "task_type", "inference"),
    ],
)
def test_a_correction_finds_what_it_corrects(first: str, then: str, field: str, value: Any) -> None:
    assert getattr(talk(first, then).spec, field) == value


def test_another_kind_of_chip_is_another_gpu() -> None:
    understood = talk("serve Mistral 7B, $900 a month", "can I use TPUs instead?", has_plan=True)
    assert understood.revision is not None
    assert (understood.revision.kind, understood.revision.target) == (RevisionKind.OTHER_GPU, "tpu")


def test_slurm_flags_state_the_machines() -> None:
    script = "#!/bin/bash\n#SBATCH -N 2\n#SBATCH --gpus-per-node=h100:4\nsrun python train.py --params 3B --bf16\n"
    got = stated(f"{script}\nmove this to a cloud")
    assert (got["gpu_models"], got["gpu_count_min"]) == (["H100"], 8)
    assert (got["precision"], got["model_params_b"]) == ("bf16", 3)
