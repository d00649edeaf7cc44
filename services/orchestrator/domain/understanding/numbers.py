"""Numbers in digits and words, in many locales: 2,500 and 2.500, 3k, half a, zwei Millionen, 三千, 10 lakh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from services.orchestrator.domain.understanding import lexicon, number_order
from services.orchestrator.domain.understanding.digits import parse_digits
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.tokens import Token

_RANGE: Final = words("numbers.range")
_RANGE_AND: Final = words("numbers.range_and")
_BETWEEN: Final = words("numbers.between")
_FILLERS: Final = words("numbers.of_a")
"""What joins a part to the whole: half a million, a quarter of a million, un quart de million."""
_LARGEST = 1e15
"""Larger numbers are no quantities; they count nothing that can be planned for."""
_SHORT = {"k": 1e3, "m": 1e6, "t": 1e12, "к": 1e3}
_AFTER_YEARS: Final = 2100
_SIGNS: Final = frozenset("$€£")
_ABBREVIATIONS = words("doc.abbreviations")
_AFTER_BILLIONS: Final = words("numbers.after_billions")
_HALVES: Final = tuple(tuple(p.split()) for p in sorted(words("numbers.and_a_half")))
_HALVES_FROM: Final = {first: [p for p in _HALVES if p[0] == first] for first, *_ in _HALVES}


_AFTER_NUMBERS: Final = frozenset({*_SHORT, "b", *_HALVES_FROM})
"""Words that may belong to a number, besides those of the lexicon."""


class Number(NamedTuple):
    """A number on tokens [i, j)."""

    value: float
    i: int
    j: int
    low: float | None = None
    """Lower end, where the words give a range; value is the upper one."""
    billions: bool = False
    """Written with a b, as in 70B: value is in billions."""
    written: bool = False
    """Written in words rather than digits."""


def find_numbers(
    tokens: Sequence[Token], matches: Mapping[int, Match], *, blocked: set[int], language: str
) -> list[Number]:
    """Return the numbers outside of the blocked tokens, ranges merged, in order.

    matches: the value, scale and half words of the lexicon by their first token.
    """
    numbers: list[Number] = []
    end = 0
    starts = {n for n, token in enumerate(tokens) if token.is_number}
    for i in sorted(starts | matches.keys()):
        number = None if i < end or i in blocked else _read(tokens, i, matches, blocked, language)
        if number is None or number.value > _LARGEST:
            continue
        times = number_order.scale_before(i, matches, language)
        after = number_order.ending(tokens, number.j, language)
        if times != 1 or after != number.j:
            number = number._replace(value=number.value * times, j=after)
        last = numbers[-1] if numbers else None
        beside = last is not None and number.i == last.j + 1
        if last and beside and (merged := _range(tokens, last, number) or _said_twice(tokens, last, number)):
            numbers[-1] = merged
        else:
            numbers.append(number)
        end = number.j
    return numbers


@cache
def _only() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for language, found_words in lexicon.table("numbers")["only"].items():
        for word in found_words:
            found.setdefault(fold(word).rstrip("*"), set()).add(language)
    return found


def _counts(word: str, language: str) -> bool:
    languages = _only().get(word)
    return languages is None or language in languages


def _read(
    tokens: Sequence[Token], i: int, matches: Mapping[int, Match], blocked: set[int], language: str
) -> Number | None:
    token = tokens[i]
    if token.is_number:
        if (
            token.glued
            and i
            and tokens[i - 1].text.isalpha()
            and tokens[i - 1].text not in ("x", "gpu", "gpus")
            and token.text.isascii()
        ):
            return _cjk_glued(tokens, i, matches, blocked, language)
        value = parse_digits(token.text, language=language)
        if value is None or value > _LARGEST or "^" in (_text(tokens, i - 1), _text(tokens, i + 1)):
            return None
        return _scaled(tokens, i, i + 1, value, matches, blocked, language)
    return _words(tokens, i, matches, blocked, language)


def _text(tokens: Sequence[Token], i: int) -> str:
    return tokens[i].text if 0 <= i < len(tokens) else ""


def _cjk_glued(
    tokens: Sequence[Token], i: int, matches: Mapping[int, Match], blocked: set[int], language: str
) -> Number | None:
    """Read digits right after letters, which are part of a word in ASCII ("v2") but not in scripts without spaces."""
    if tokens[i - 1].text.isascii() and i - 1 not in blocked:
        return None
    value = parse_digits(tokens[i].text, language=language)
    return None if value is None else _scaled(tokens, i, i + 1, value, matches, blocked, language)


def _scaled(
    tokens: Sequence[Token],
    i: int,
    j: int,
    value: float,
    matches: Mapping[int, Match],
    blocked: set[int],
    language: str,
    step: float = 1.0,
) -> Number:
    """Read the scales after a number: 3k, 2.3M, 70B, 5 million, 10 lakh, 3万.

    step: the scale that the value already holds, half of which "and a half" adds.
    """
    start = i
    while j < len(tokens) and j not in blocked:
        token = tokens[j]
        if token.text not in _AFTER_NUMBERS and j not in matches:
            break
        after_glued = j + 1 < len(tokens) and tokens[j + 1].glued and _ascii_word(tokens[j + 1].text)
        signed = _text(tokens, j + 1) in _SIGNS and tokens[j + 1].glued  # "100 k€"
        if (token.glued or signed) and token.text in _SHORT and not after_glued:
            value *= _SHORT[token.text]
        elif token.text == "b" and ((token.glued and not after_glued) or _text(tokens, j + 1) in _AFTER_BILLIONS):
            return Number(value, start, j + 1, billions=True)
        elif (
            (match := matches.get(j))
            and match.kind == "scale"
            and token.text not in _SHORT
            and _counts(token.text, language)
        ):
            step = float(match.id)
            value *= step
            j = match.j - 1
            if token.text in _ABBREVIATIONS and _text(tokens, match.j) == "." and tokens[match.j].glued:
                j += 1
        elif end := _and_a_half(tokens, j):
            value += 0.5 * step
            j = end - 1
        else:
            break
        j += 1
    return Number(value, start, j)


def _and_a_half(tokens: Sequence[Token], j: int) -> int:
    """Return where "and a half" ends that stands between a number and what it counts, or 0."""
    if j >= len(tokens):
        return 0
    said = _HALVES_FROM.get(tokens[j].text, ())
    return next((j + len(p) for p in said if tuple(t.text for t in tokens[j : j + len(p)]) == p), 0)


def _ascii_word(text: str) -> bool:
    return text.isalnum() and text.isascii()


def _words(
    tokens: Sequence[Token], i: int, matches: Mapping[int, Match], blocked: set[int], language: str
) -> Number | None:
    total = group = 0.0
    step = 1.0
    j, seen, only_scale = i, False, True
    while j < len(tokens) and j not in blocked:
        match = matches.get(j)
        parts = match is not None and match.kind == "half" and _of_scale(tokens, match.j, matches)
        if match is None or (tokens[j].text in _SHORT) or not (parts or _counts(tokens[j].text, language)):
            if (
                seen
                and tokens[j].text in ("-", "and", "und", "y", "e", "et")
                and _continues(tokens, j, matches, language)
            ):
                j += 1
                continue
            break
        value = float(match.id)
        if match.kind == "half":
            if seen:
                break
            return _half(tokens, i, match, matches, blocked, language)
        if match.kind == "scale":
            step = value
            if value >= 1000 and (group or seen or _article(tokens, i)):
                total = total + (group or 1) * value if group < 1000 else (total + group) * value
                group = 0.0
            elif value < 1000 and (group or _article(tokens, i) or language in ("zh", "ja", "ko")):
                group = (group or 1) * value
            elif not seen and language != "en":
                group = value
            else:
                break
        else:
            if seen and group and not (group >= 20 and group % 10 == 0 and value < 10) and group % 100 != 0:
                break
            group += value
            only_scale = False
        seen = True
        j = match.j
    if not seen or (only_scale and total + group == 0):
        return None
    scaled = _scaled(tokens, i, j, total + group, matches, blocked, language, step)
    return scaled._replace(written=True)


def _article(tokens: Sequence[Token], i: int) -> bool:
    return i > 0 and tokens[i - 1].text in ("a", "an", "one", "several")


def _continues(tokens: Sequence[Token], j: int, matches: Mapping[int, Match], language: str) -> bool:
    """Say whether the word after a hyphen or "and" goes on with the same number."""
    following = matches.get(j + 1)
    if following is None or following.kind != "value" or not _counts(tokens[j + 1].text, language):
        return False
    previous = matches.get(j - 1)
    if previous is None:
        return False
    hyphenated = tokens[j].text == "-" and float(previous.id) >= 20 and float(following.id) < 10
    return hyphenated or (previous.kind == "scale" and tokens[j].text != "-")


def _of_scale(tokens: Sequence[Token], j: int, matches: Mapping[int, Match]) -> bool:
    """Say whether a scale follows, which makes a part of it of "pol" and "media" in any language."""
    whole = matches.get(past_fillers(tokens, j))
    return whole is not None and whole.kind == "scale"


def past_fillers(tokens: Sequence[Token], j: int) -> int:
    """Return the first token from j on that does not merely join a part to the whole."""
    while j < len(tokens) and tokens[j].text in _FILLERS:
        j += 1
    return j


def _half(
    tokens: Sequence[Token], i: int, match: Match, matches: Mapping[int, Match], blocked: set[int], language: str
) -> Number:
    j = past_fillers(tokens, match.j)
    scaled = _scaled(tokens, i, j, float(match.id), matches, blocked, language)
    return scaled._replace(i=i, written=True)


def _said_twice(tokens: Sequence[Token], word: Number, figure: Number) -> Number | None:
    """Return one number for "eight (8)", as contracts write it."""
    between = tokens[word.j].text if figure.i == word.j + 1 else ""
    if between != "(" or word.value != figure.value or not (word.written or figure.written):
        return None
    closed = _text(tokens, figure.j) == ")"
    return figure._replace(i=word.i, j=figure.j + closed)


def _range(tokens: Sequence[Token], low: Number, high: Number) -> Number | None:
    """Return the two numbers as one range, where the words between them say so."""
    between = [t.text for t in tokens[low.j : high.i]]
    if len(between) != 1 or low.low is not None:
        return None
    before = {tokens[k].text for k in range(max(0, low.i - 3), low.i)}
    joined = between[0] in _RANGE
    if not joined and not (between[0] in _RANGE_AND and before & _BETWEEN):
        return None
    first = low.value
    if first >= high.value and not high.billions:
        return None
    if between[0] == "-" and tokens[low.j].glued and low.j == low.i + 1 and high.value < _AFTER_YEARS and first > 1900:
        return None  # "2019-2023"
    return Number(high.value, low.i, high.j, low=first, billions=high.billions or low.billions, written=high.written)
