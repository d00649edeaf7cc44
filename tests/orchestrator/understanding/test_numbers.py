"""Numbers: digits of many locales, words of many languages, scales and ranges."""

from __future__ import annotations

import pytest

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.matcher import default_matcher
from services.orchestrator.domain.understanding.numbers import Number, parse_digits
from services.orchestrator.domain.understanding.tokens import tokenize


def numbers(text: str, language: str = "en") -> list[Number]:
    folded = fold(text)
    doc = Doc(text, folded, tokenize(folded), matcher=default_matcher(), language=language)
    doc.read_numbers()
    return doc.numbers


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("2,500", "en", 2500),
        ("2.500", "de", 2500),
        ("2.500", "en", 2.5),
        ("2,5", "de", 2.5),
        ("1.234.567,89", "de", 1234567.89),
        ("1,234,567.89", "en", 1234567.89),
        ("10,00,000", "en", 1000000),
        ("1'500", "de", 1500),
        ("10 000", "fr", 10000),
        ("0.125", "de", 0.125),
    ],
)
def test_digits_are_read_in_the_writers_format(text: str, language: str, value: float) -> None:
    assert parse_digits(text, language=language) == value


@pytest.mark.parametrize("text", ["10.0.0.1", "1.2.3"])
def test_what_is_no_single_number_has_no_value(text: str) -> None:
    assert parse_digits(text) is None


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("3k", "en", 3000),
        ("2.3M", "en", 2.3e6),
        ("sixteen", "en", 16),
        ("twenty-four", "en", 24),
        ("two thousand five hundred", "en", 2500),
        ("one hundred and fifty", "en", 150),
        ("half a million", "en", 500_000),
        ("a hundred thousand", "en", 100_000),
        ("5 million", "en", 5e6),
        ("10 lakh", "en", 1e6),
        ("zweitausend", "de", 2000),
        ("drei Millionen", "de", 3e6),
        ("deux cents", "fr", 200),
        ("2 mil", "es", 2000),
        ("50 tysięcy", "pl", 50_000),
        ("100 bin", "tr", 100_000),
        ("30 тысяч", "ru", 30_000),
        ("三千", "zh", 3000),
        ("10万", "ja", 100_000),
        ("200만", "ko", 2e6),
        ("٦٠ ألف", "ar", 60_000),
        ("5 लाख", "hi", 500_000),
    ],
)
def test_scales_and_words_count_in_their_language(text: str, language: str, value: float) -> None:
    assert [n.value for n in numbers(text, language)] == [value]


@pytest.mark.parametrize("text", ["between 1000 and 3000", "1000-3000", "1000 to 3000"])
def test_a_range_is_one_number_with_its_upper_end_as_value(text: str) -> None:
    (number,) = numbers(text)
    assert (number.low, number.value) == (1000, 3000)


def test_a_b_after_digits_is_kept_apart_as_billions() -> None:
    (number,) = numbers("70B")
    assert (number.value, number.billions) == (70, True)


def test_a_word_of_another_language_is_no_number() -> None:
    assert numbers("the report is due, once more, in a bin", "en") == []
