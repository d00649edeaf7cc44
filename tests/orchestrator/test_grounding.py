"""What a model says is kept only where it stands in the user's words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orchestrator.domain.grounding import Ground, keep_grounded, number_follows, quoted, sentence_grounded
from services.orchestrator.domain.spec import FIELD_NAMES


def change(field: str, value: Any, words: str) -> dict[str, Any]:
    return {"field": field, "value": value, "words": words}


def test_a_number_that_stands_in_its_words_is_kept():
    kept, dropped = keep_grounded([change("budget_usd_month", 3000, "3k a month")], "I can pay 3k a month", by_rule={})
    assert (kept, dropped) == ({"budget_usd_month": (3000.0, "3k a month")}, [])


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("gpu_count_min", 64, "a model"),
        ("budget_usd_month", 9999, "3k a month"),
        ("budget_usd_month", 3000, "three thousand dollars"),
        ("providers", ["azure"], "on AWS"),
        ("task_type", "world_domination", "train"),
        ("gpu_count_min", -4, "4 GPUs"),
        ("license", "mit", "train a model"),
        ("precision", "fp8", "train a model"),
        ("budget_currency", "EUR", "3k a month"),
        ("components", ["rain"], "train a model"),
    ],
)
def test_what_does_not_follow_from_the_words_is_dropped(field: str, value: Any, words: str):
    message = "train a model on AWS with 4 GPUs for 3k a month"
    assert keep_grounded([change(field, value, words)], message, by_rule={}) == ({}, [field])


@pytest.mark.parametrize(
    ("field", "value", "words", "kept"),
    [
        ("budget_usd_month", 70, "70 people", False),
        ("budget_usd_total", 2024, "since 2024", False),
        ("budget_usd_month", 900, "900 dollars", True),
        ("budget_usd_month", 900, "900 dollars monthly", True),
        ("gpu_count_min", 8, "8B", False),
    ],
)
def test_a_number_is_not_taken_for_what_its_words_do_not_speak_of(field: str, value: int, words: str, kept: bool):
    message = "Llama 3.1 8B for 70 people, here since 2024, 900 dollars monthly"
    found, _ = keep_grounded([change(field, value, words)], message, by_rule={"model_params_b": 8.0})
    assert (field in found) is kept


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (2199.0, "2 TiB"),
        (16, "2 nodes with 8 GPUs each"),
        (1.5, "90 requests a minute"),
        (336, "within 2 weeks"),
        (4000, "4 seconds"),
        (2.5e6, "2.5 million images"),
        (12, "a dozen"),
        (1500.5, "1.500,50 Euro"),
    ],
)
def test_units_and_products_are_followed(value: float, words: str):
    assert number_follows(value, words)


def test_numbers_in_words_are_read_in_any_language():
    assert number_follows(3000, "three thousand dollars")
    assert number_follows(90, "neunzig Karten")
    assert not number_follows(80, "neunzig Karten")


@pytest.mark.parametrize(
    ("field", "value", "words", "kept"),
    [
        ("spot_ok", True, "70 people", False),
        ("spot_ok", True, "preemptible machines are fine", True),
        ("high_availability", True, "our team", False),
        ("high_availability", True, "must not go down", True),
        ("prefers_local_cluster", True, "our team", False),
        ("prefers_local_cluster", True, "on our own servers", True),
        ("gpu_needed", True, "our team", False),
        ("gpu_needed", False, "no GPU needed", True),
    ],
)
def test_a_yes_or_no_is_quoted_by_words_that_speak_of_its_matter(field: str, value: bool, words: str, kept: bool):
    message = (
        "our team serves 70 people, preemptible machines are fine, must not go down, on our own servers, no GPU needed"
    )
    found, dropped = keep_grounded([change(field, value, words)], message, by_rule={})
    assert (field in found, field in dropped) == (kept, not kept)


@pytest.mark.parametrize(
    ("field", "value", "words", "kept"),
    [
        ("spot_ok", True, "spot", False),
        ("spot_ok", False, "spot is out", True),
        ("high_availability", True, "high availability", False),
        ("high_availability", False, "no need for high availability", True),
        ("prefers_local_cluster", False, "on our own servers", False),
        ("prefers_local_cluster", True, "on our own servers", True),
        ("gpu_needed", True, "GPUs", False),
        ("gpu_needed", False, "without GPUs", True),
    ],
)
def test_a_yes_or_no_that_its_sentence_denies_is_dropped(field: str, value: bool, words: str, kept: bool):
    message = "For us spot is out. There is no need for high availability. All runs on our own servers. Without GPUs."
    found, dropped = keep_grounded([change(field, value, words)], message, by_rule={})
    assert (field in found, field in dropped) == (kept, not kept)


@pytest.mark.parametrize(
    ("field", "value", "words", "kept"),
    [
        ("concurrency", 70, "70 people", False),
        ("concurrency", 70, "70", False),
        ("concurrency", 300, "300 people at the same time", True),
        ("concurrency", 12, "12 streams", True),
        ("gpu_count_min", 500, "500 GB", False),
        ("gpu_count_min", 4, "4 cards", True),
        ("gpu_count_min", 16, "2 nodes with 8 cards", True),
        ("dataset_size_gb", 500, "500 GB", True),
        ("dataset_items", 500, "500 GB", False),
        ("budget_usd_month", 20, "20% of the monthly budget", False),
        ("budget_usd_month", 900, "$900 a month", True),
        ("latency_ms_p95", 70, "70 people", False),
        ("latency_ms_p95", 2000, "2 seconds", True),
        ("context_tokens", 32000, "32k", True),
        ("model_params_b", 500, "500 GB", False),
    ],
)
def test_a_number_keeps_the_unit_that_its_words_name(field: str, value: float, words: str, kept: bool):
    message = (
        "A tool for 70 people. Later 300 people at the same time, 12 streams. We have 500 GB of scans and 4 cards. "
        "Or 2 nodes with 8 cards, for $900 a month or 20% of the monthly budget. Answers in 2 seconds at 32k."
    )
    found, dropped = keep_grounded([change(field, value, words)], message, by_rule={})
    assert (field in found, field in dropped) == (kept, not kept)


@pytest.mark.parametrize("field", FIELD_NAMES)
def test_no_field_takes_a_share_or_a_yes_from_words_on_neither(field: str):
    changes = [change(field, value, "37% of it") for value in (37, True)]
    assert all(value not in (37, True) for value, _ in keep_grounded(changes, "37% of it", by_rule={})[0].values())


def test_quotes_ignore_case_accents_and_spacing():
    assert quoted("Zürich  only", "please ZURICH only!")
    assert not quoted("", "anything")
    assert not quoted("-", "")


def test_a_sentence_with_a_number_of_its_own_is_not_grounded():
    facts = Ground("The machine costs $1,234.50 a month and has 80 GiB.")
    assert sentence_grounded("It costs 1,234.50 dollars for 80 GiB.", facts)
    assert not sentence_grounded("It costs only $999.", facts)


@pytest.mark.parametrize(
    ("sentence", "grounded"),
    [
        ("It costs about five dollars.", False),
        ("Take ninety GPUs.", False),
        ("Nimm neunzig Karten.", False),
        ("At half the price it fits.", False),
        ("Take eight GPUs.", True),
        ("You asked for three thousand dollars at most.", True),
        ("This one fits, in half precision.", True),
    ],
)
def test_a_number_in_words_must_stand_in_the_facts_too(sentence: str, grounded: bool):
    facts = Ground("8 GPUs in one machine; at most Three Thousand dollars")
    assert sentence_grounded(sentence, facts) is grounded


@given(
    st.lists(
        st.builds(
            change,
            st.sampled_from(["gpu_count_min", "models", "license"]),
            st.none() | st.text() | st.integers(),
            st.text(),
        )
    )
)
def test_nothing_is_kept_of_an_empty_message(changes: list[dict[str, Any]]):
    assert keep_grounded(changes, "", by_rule={})[0] == {}
