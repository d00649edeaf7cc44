"""Sentences and clauses of a tokenized text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.tokens import Token

_STRONG: Final = frozenset(";!?")
_WEAK: Final = frozenset(",:()")
_MARKS: Final = _STRONG | _WEAK | {"."}
_ABBREVIATIONS: Final = words("doc.abbreviations")
"""Words whose full stop ends no sentence."""


class Spans:
    """The number of each token's sentence or clause, and the tokens of each."""

    __slots__ = ("_spans", "numbers")

    def __init__(self, numbers: list[int]) -> None:
        self.numbers = numbers
        self._spans: dict[int, range] = {}

    def of(self, i: int) -> range:
        """Return the tokens of the sentence or clause of token i."""
        return self.numbered(self.numbers[i])

    def numbered(self, number: int) -> range:
        """Return the tokens of a sentence or clause by its number."""
        span = self._spans.get(number)
        if span is None:
            numbers = self.numbers
            span = self._spans[number] = range(bisect_left(numbers, number), bisect_right(numbers, number))
        return span


def segment(folded: str, tokens: Sequence[Token]) -> tuple[Spans, Spans]:
    """Return the sentences and the clauses of a text. Line ends end both, colons, commas and brackets clauses alone."""
    strong = Counter(_after_lines(folded, tokens))
    weak: dict[int, int] = {}
    for n in [n for n, token in enumerate(tokens) if token.text in _MARKS]:
        mark = tokens[n].text
        if mark in _WEAK:
            weak[n + 1] = 1
        elif mark != "." or _ends_sentence(tokens, n):
            strong[n + 1] += 1
    clauses = strong.copy()
    clauses.update(weak)
    return Spans(_numbers(strong, len(tokens))), Spans(_numbers(clauses, len(tokens)))


def _numbers(steps: Mapping[int, int], count: int) -> list[int]:
    """Return a number for each of so many tokens. steps: by how much it grows, by the token from which on."""
    numbers: list[int] = []
    number = 0
    for at in sorted(steps):
        numbers += [number] * (min(at, count) - len(numbers))
        number += steps[at]
    return numbers + [number] * (count - len(numbers))


def _after_lines(folded: str, tokens: Sequence[Token]) -> Iterator[int]:
    """Yield the tokens that begin a line, but for the first line of the text."""
    line_end = folded.find("\n")
    starts = [token.start for token in tokens] if line_end >= 0 else []
    while line_end >= 0 and (n := bisect_left(starts, line_end)) < len(starts):
        yield n
        line_end = folded.find("\n", starts[n])


def _ends_sentence(tokens: Sequence[Token], n: int) -> bool:
    if n and tokens[n - 1].text in _ABBREVIATIONS and tokens[n].glued:
        return n + 1 == len(tokens)
    return n + 1 == len(tokens) or not tokens[n + 1].glued or not tokens[n + 1].text.isascii()
