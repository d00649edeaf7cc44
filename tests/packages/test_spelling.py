import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from services.packages.domain.search import search
from services.packages.domain.spelling import Spelling, Spellings
from services.packages.domain.wish import best
from tests.packages.conftest import chart, index_of, starter

WORDS = st.text("abcdegz09.é", min_size=4, max_size=24)


@given(WORDS, st.lists(WORDS, max_size=40, unique=True), st.sampled_from([0.7, 0.8]))
def test_all_spellings_that_are_near_enough_are_found_and_no_other(word: str, known: list[str], least: float) -> None:
    found = dict(Spellings((k, k) for k in known).near(word, begin=word[0], least=least))
    enough = max(least, 1 - 4 / len(word))
    alike = {k: OSA.normalized_similarity(word, k) for k in known if k[0] == word[0]}
    assert found == {k: similarity for k, similarity in alike.items() if similarity >= enough}


def test_the_first_two_letters_may_be_swapped_but_another_first_letter_is_another_word() -> None:
    spelling = Spelling([], ["otel", "redis"])
    assert [name for name, _ in spelling.names("toel")] == ["otel"]
    assert [name for name, _ in spelling.names("erdis")] == ["redis"]
    assert spelling.names("hotel") == []


@pytest.mark.parametrize(
    ("written", "meant"), [("grafna", "grafana"), ("prometehus", "prometheus"), ("elasticsaerch", "elasticsearch")]
)
def test_a_misspelt_name_is_read_as_the_nearest_one(written: str, meant: str) -> None:
    spelling = Spelling([], sorted(["grafana", "prometheus", "elasticsearch", "gitea", "elastalert"]))
    assert spelling.names(written)[0][0] == meant


def test_a_name_that_differs_in_more_than_four_letters_is_another_one() -> None:
    index = index_of(chart("neo4j", "neo4j-persistent-volume"), chart("nfs", "nfs-persistent-volume"))
    assert [name for name, _ in index.spelling.names("nfspersistentvolumes")] == ["nfspersistentvolume"]
    hits = search(starter(), "prometheus exporter for gpu")
    assert hits[0].package.software == "dcgm-exporter"


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=60), st.integers(1, 60))
def test_of_equal_values_the_first_are_taken(values: list[int], count: int) -> None:
    first = sorted(range(len(values)), key=lambda i: (-values[i], i))[:count]
    assert best(np.array(values, np.float32), count) == sorted(first)
