"""Estimates against published figures, by source, at the bars that the project sets itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evals import sizing, sizing_cards, sizing_said, sizing_throughput
from tests.evals.sizing_catalogue import Catalogue
from tests.evals.sizing_memory import Verdict

Verdicts = Callable[[list[sizing.Row], Catalogue], list[Verdict]]
_NOT_LANGUAGE = ("diffusers",)
_PROMPT_NOT_STATED = ("llm_tutorial_optimization",)


@pytest.fixture(scope="module")
def catalogue(shared_data: Path) -> Catalogue:
    return Catalogue(shared_data / "data")


def _rows(shared_data: Path, name: str) -> list[sizing.Row]:
    return sizing.read(shared_data / "eval" / "sizing" / name)


def test_serving_memory_of_language_models_is_within_its_bar_at_every_source(
    shared_data: Path, catalogue: Catalogue
) -> None:
    above = []
    for (scored, source, method), errors in sizing.memory_errors(_rows(shared_data, "memory.jsonl"), catalogue).items():
        limit = sizing.limit_of(method)
        skipped = any(word in source for word in (*_NOT_LANGUAGE, *_PROMPT_NOT_STATED))
        if scored == "scored" and method.startswith("inference") and limit is not None and not skipped:
            above += [(source, method, sizing.percent(errors))] if sizing.percent(errors) > limit else []
    assert above == []


def test_training_memory_is_within_its_bar_for_most_rows(shared_data: Path, catalogue: Catalogue) -> None:
    good = count = 0
    for (scored, _, method), errors in sizing.memory_errors(_rows(shared_data, "memory.jsonl"), catalogue).items():
        if scored == "scored" and method.startswith("training"):
            count += len(errors)
            good += len(errors) if sizing.percent(errors) <= 25 else 0
    assert good / count > 0.75


@pytest.mark.parametrize("asked", [sizing.all_verdicts, sizing.said_verdicts])
def test_no_verdict_says_fits_for_what_does_not(asked: Verdicts, shared_data: Path, catalogue: Catalogue) -> None:
    found = asked(_rows(shared_data, "memory.jsonl"), catalogue)
    assert [verdict for verdict in found if verdict.ours and not verdict.truth] == []
    assert sum(verdict.ours == verdict.truth for verdict in found) / len(found) >= 0.95


def test_a_figure_tells_of_every_card_whether_a_fit_or_a_misfit_is_false(catalogue: Catalogue) -> None:
    row = {
        "id": "row", "kind": "inference", "model": "Llama 3.1 8B", "params_b": 8.0, "config": {}, "precision": "bf16",
        "context": 2048, "batch": 1, "offload": False, "gpus": 1, "per_gpu": True, "unit": "GB", "score": True,
    }  # fmt: skip
    larger = sizing_cards.judged({**row, "stated_gb": 60}, catalogue)
    smaller = sizing_cards.judged({**row, "stated_gb": 10}, catalogue)
    assert larger
    assert smaller
    assert (larger.false_fits, larger.false_misfits) == ((24, 32, 40, 48), ())
    assert (smaller.false_fits, smaller.false_misfits) == ((), (12, 16))
    assert sizing_cards.judged({**row, "stated_gb": 16, "scope": "weights only"}, catalogue) is None


def test_no_published_figure_shows_a_plain_false_fit_on_any_card(shared_data: Path, catalogue: Catalogue) -> None:
    found = sizing_cards.all_judged(_rows(shared_data, "memory.jsonl"), catalogue)
    assert [row for row in found if row.false_fits] == []
    assert sum(len(row.false_misfits) for row in found) < 0.05 * sum(row.cards for row in found)


@pytest.mark.parametrize("estimate", [sizing_throughput.estimated_speed, sizing_said.speed_of])
def test_speed_is_within_its_factor_at_every_source_and_engine(
    estimate: sizing.Estimator, shared_data: Path, catalogue: Catalogue
) -> None:
    groups = sizing.speed_pairs(_rows(shared_data, "throughput.jsonl"), catalogue, estimate=estimate)
    assert {key: factor for key, pairs in groups.items() if (factor := sizing.factor_of(pairs)) > 1.6} == {}
    for key, pairs in groups.items():
        rank = sizing.rank_of(pairs)
        if len(pairs) >= 5 and rank is not None:
            assert rank >= 0.9, key
