"""Wishes of a few bare words find what answers them, and nothing where no chart does."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.packages.domain.index import Index
from services.packages.domain.search import search
from services.packages.knowledge import read_yaml

SHORT = read_yaml(Path(__file__).with_name("short_queries.yaml"))


def _found(index: Index, queries: list[str]) -> list[str]:
    return [q for q in queries if search(index, q)]


def test_short_wishes_are_answered_where_a_chart_does_and_refused_where_none_does(starter_index: Index) -> None:
    answered, unanswered = SHORT["answered"], SHORT["unanswered"]
    assert len(_found(starter_index, answered)) >= 0.95 * len(answered)
    assert len(_found(starter_index, unanswered)) <= 0.05 * len(unanswered)


@pytest.mark.parametrize("wish", ["annotation", "whisper", "embedding"])
@pytest.mark.parametrize("kind", ["platform", "server", "tool", "service"])
def test_a_word_for_any_software_takes_nothing_from_the_word_that_matters(
    starter_index: Index, wish: str, kind: str
) -> None:
    assert _found(starter_index, [wish]) == [wish]
    assert _found(starter_index, [f"{wish} {kind}"]) == [f"{wish} {kind}"]
