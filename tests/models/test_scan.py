"""Comparing in memory: what is nearest, under filters, with ties; and slips of the keyboard without comparing all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz, process

from services.models.domain.columns import CATEGORIES, NUMBERS, WEIGHTS, Columns
from services.models.domain.directory import Directory
from services.models.domain.filters import ModelFilter
from services.models.domain.scan import Passages, Scan, as_int16
from services.models.domain.vocabulary import Vocabulary

PASSAGES_EACH = 3
CLOSE = 5e-5
"""To what cosines are told apart."""


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


def directory_of(count: int) -> Directory:
    columns = Columns(count)
    columns.add(models(count))
    return Directory(
        columns, documents=np.arange(count), numbers=np.arange(count), ids=[f"a/{n}" for n in range(count)]
    )


def scan_of(vectors: np.ndarray) -> Scan:
    """Return a scan of these vectors, three passages a model, numbered from 1,000."""
    directory = directory_of(-(-len(vectors) // PASSAGES_EACH))
    owners = np.arange(len(vectors), dtype=np.int32) // PASSAGES_EACH
    return Scan(directory, Passages(np.arange(1_000, 1_000 + len(vectors)), *as_int16(vectors), owners))


def unit(count: int, *, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, 64)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("wanted", [ModelFilter(), ModelFilter(parameters_min=2_700), ModelFilter(languages=("fr",))])
@pytest.mark.parametrize("count", [0, 1, 50, 9_000])
def test_the_nearest_that_pass_are_found_and_the_best_passage_of_each_model(count, wanted):
    passages, wishes = unit(count), unit(20, seed=1)
    scan = scan_of(passages)
    columns = scan.directory.columns
    passing = columns.passing(wanted)
    likely = passing & columns.any_of("task", ["translation"])
    for wish in wishes:
        cosines = passages @ wish
        order = np.argsort(-cosines, kind="stable")
        near = scan.nearest(wish, passing=passing, likely=likely, width=60)
        for found, mask in ((near.all, passing), (near.likely, likely)):
            exact = [int(i) for i in order if mask[i // PASSAGES_EACH]][:60]
            assert len(set(found.tolist())) == len(exact)
            assert mask[found // PASSAGES_EACH].all()
            assert cosines[found] == pytest.approx(cosines[exact], abs=CLOSE)
        best = scan.best(wish, np.arange(len(columns)))
        assert best.places.tolist() == list(range(len(columns)))
        assert (best.rows // PASSAGES_EACH).tolist() == best.places.tolist()
        highest = [cosines[first : first + PASSAGES_EACH].max() for first in range(0, count, PASSAGES_EACH)]
        assert best.cosines == pytest.approx(highest, abs=CLOSE)
        assert cosines[best.rows] == pytest.approx(highest, abs=CLOSE)


def test_of_equally_near_ones_the_first_are_taken():
    scan = scan_of(np.repeat(unit(1), 9_000, axis=0))
    nothing = np.zeros(3_000, np.bool_)
    near = scan.nearest(unit(1)[0], passing=~nothing, likely=nothing, width=60)
    assert near.all.tolist() == list(range(60))
    assert near.likely.tolist() == []
    assert scan.best(unit(1)[0], np.array([7])).rows.tolist() == [21]


def test_only_models_that_have_passages_have_a_best_one():
    scan = scan_of(unit(9))
    one_more = Scan(directory_of(4), scan.passages)
    assert one_more.best(unit(1)[0], np.arange(4)).places.tolist() == [0, 1, 2]
    assert one_more.best(unit(1)[0], np.array([3])).places.tolist() == []


words = st.text("abcdefghij", min_size=3, max_size=9)


def test_a_word_that_is_just_near_enough_is_found():
    assert Vocabulary(["gemma"]).nearest("gemmo") == ("gemma",)


@given(known=st.lists(words, max_size=60, unique=True), word=st.one_of(words, st.text(min_size=1, max_size=9)))
def test_the_nearest_words_are_those_that_comparing_all_finds(known, word):
    expected = process.extract(word, known, scorer=fuzz.ratio, score_cutoff=80, limit=2)
    assert Vocabulary(known).nearest(word) == tuple(found for found, _, _ in expected)
