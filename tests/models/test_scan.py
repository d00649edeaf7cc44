"""Comparing in memory: what is nearest, under filters, with ties; and slips of the keyboard without comparing all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz, process

from services.models.domain.columns import CATEGORIES, NUMBERS, WEIGHTS, Columns
from services.models.domain.filters import ModelFilter
from services.models.domain.scan import Scan, as_int8
from services.models.domain.vocabulary import Vocabulary

PASSAGES_EACH = 3


def models(count: int) -> list[dict[str, object]]:
    """Return rows of models, every third of them for translation, every fifth of unknown size."""
    return [
        dict.fromkeys(CATEGORIES, "")
        | dict.fromkeys((*NUMBERS, WEIGHTS))
        | {
            "task": "translation" if n % 3 == 0 else "summarization",
            "languages": ["de"],
            "parameters": n if n % 5 else None,
        }
        for n in range(count)
    ]


def scan_of(vectors: np.ndarray) -> Scan:
    """Return a scan of these vectors, three passages a model, numbered from 1,000."""
    count = -(-len(vectors) // PASSAGES_EACH)
    columns = Columns(count)
    columns.add(models(count))
    owners = np.arange(len(vectors), dtype=np.int32) // PASSAGES_EACH
    return Scan(columns, np.arange(1_000, 1_000 + len(vectors)), *as_int8(vectors), owners)


def unit(count: int, *, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, 64)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("wanted", [ModelFilter(), ModelFilter(parameters_min=900), ModelFilter(languages=("fr",))])
@pytest.mark.parametrize("count", [0, 1, 50, 9_000])
def test_the_nearest_that_pass_are_found(count, wanted):
    passages, wishes = unit(count), unit(20, seed=1)
    scan = scan_of(passages)
    rows = models(len(scan.columns))
    passes = np.array([wanted.parameters_min is None or (r["parameters"] or 0) >= wanted.parameters_min for r in rows])
    if wanted.languages:
        passes[:] = False
    for wish in wishes:
        order = [int(i) for i in np.argsort(-(passages @ wish), kind="stable") if passes[i // PASSAGES_EACH]]
        likely = [i for i in order if rows[i // PASSAGES_EACH]["task"] == "translation"]
        near = scan.nearest(wish, wanted=wanted, tasks=["translation"], width=60)
        for found, exact in ((near.all, order), (near.likely, likely)):
            assert {1_000 + i for i in exact[:60]} <= set(found) <= {1_000 + i for i in exact}
            assert len(found) == min(75, len(exact))


def test_of_equally_near_ones_the_first_are_taken():
    passages = np.repeat(unit(1), 9_000, axis=0)
    near = scan_of(passages).nearest(passages[0], wanted=ModelFilter(), tasks=(), width=60)
    assert near.all == list(range(1_000, 1_075))
    assert near.likely == []


words = st.text("abcdefghij", min_size=3, max_size=9)


def test_a_word_that_is_just_near_enough_is_found():
    assert Vocabulary(["gemma"]).nearest("gemmo") == ("gemma",)


@given(known=st.lists(words, max_size=60, unique=True), word=st.one_of(words, st.text(min_size=1, max_size=9)))
def test_the_nearest_words_are_those_that_comparing_all_finds(known, word):
    expected = process.extract(word, known, scorer=fuzz.ratio, score_cutoff=80, limit=2)
    assert Vocabulary(known).nearest(word) == tuple(found for found, _, _ in expected)
