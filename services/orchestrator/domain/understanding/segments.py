"""Sentences and clauses of a tokenized text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from operator import add
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


def segment(folded: str, tokens: Sequence[Token], starts: Sequence[int]) -> tuple[Spans, Spans]:
    """Return the sentences and the clauses of a text. Line ends end both, colons, commas and brackets clauses alone.

    starts: where each token starts in the text.
    """
    strong, weak = [0] * (len(tokens) + 1), [0] * (len(tokens) + 1)  # by how much the numbers grow at each token
    for n in _after_lines(folded, starts):
        strong[n] += 1
    for n in [n for n, token in enumerate(tokens) if token.text in _MARKS]:
        mark = tokens[n].text
        if mark in _WEAK:
            weak[n + 1] = 1
        elif mark != "." or _ends_sentence(tokens, n):
            strong[n + 1] += 1
    clauses = map(add, strong, weak)
    return Spans([*accumulate(strong)][:-1]), Spans([*accumulate(clauses)][:-1])


def _after_lines(folded: str, starts: Sequence[int]) -> Iterator[int]:
    """Yield the tokens that begin a line, but for the first line of the text."""
    line_end = folded.find("\n")
    while line_end >= 0 and (n := bisect_left(starts, line_end)) < len(starts):
        yield n
        line_end = folded.find("\n", starts[n])


def _ends_sentence(tokens: Sequence[Token], n: int) -> bool:
    if n and tokens[n - 1].text in _ABBREVIATIONS and tokens[n].glued:
        return n + 1 == len(tokens)
    return n + 1 == len(tokens) or not tokens[n + 1].glued or not tokens[n + 1].text.isascii()
