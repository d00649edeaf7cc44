"""Finding every phrase of the lexicon in a tokenized text, in one pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.tokens import Token, tokenize

_SKIPPED = frozenset("-_'")
_STEM = 3


class Match(NamedTuple):
    """A phrase found: tokens [i, j) mean `id` of `kind`."""

    kind: str
    id: str
    i: int
    j: int
    facts: Mapping[str, Any]


class _Word(NamedTuple):
    text: str
    prefix: bool
    glued: bool


class _Pattern(NamedTuple):
    words: tuple[_Word, ...]
    cased: str
    entry: lexicon.Entry


def _words(phrase: str) -> tuple[_Word, ...]:
    words: list[_Word] = []
    hyphen = False
    for token in tokenize(fold(phrase)):
        if token.text == "*" and words:
            words[-1] = words[-1]._replace(prefix=True)
        elif token.text in _SKIPPED:
            hyphen = True
        else:
            letters_touch_digits = bool(words) and token.glued and token.is_number != words[-1].text[-1].isdigit()
            words.append(_Word(token.text, prefix=False, glued=letters_touch_digits and not hyphen))
            hyphen = False
    return tuple(words)


class Matcher:
    """An index of phrases by their first word."""

    def __init__(self, entries: Sequence[lexicon.Entry]) -> None:
        exact: dict[str, list[_Pattern]] = defaultdict(list)
        stems: dict[str, list[_Pattern]] = defaultdict(list)
        for entry in entries:
            for phrase in entry.phrases:
                cased = phrase[1:] if phrase.startswith("=") else ""
                words = _words(cased or phrase)
                if not words:
                    continue
                pattern = _Pattern(words, cased, entry)
                first = words[0]
                (stems[first.text[:_STEM]] if first.prefix else exact[first.text]).append(pattern)
        self._exact = {k: sorted(v, key=_longest_first) for k, v in exact.items()}
        self._stems = {k: sorted(v, key=_longest_first) for k, v in stems.items()}

    def find(self, raw: str, tokens: Sequence[Token]) -> list[Match]:
        """Return the matches in order of their start; per kind the longest ones, without overlaps."""
        found: list[Match] = []
        taken: dict[str, int] = {}
        exact, stems = self._exact, self._stems
        for i, token in enumerate(tokens):
            text = token.text
            candidates = exact.get(text, ())
            for n in (3, 2, 1):
                if len(text) >= n and (more := stems.get(text[:n])):
                    candidates = [*candidates, *(p for p in more if len(p.words[0].text[:_STEM]) == n)]
            for pattern in candidates:
                kind = pattern.entry.kind
                if taken.get(kind, 0) > i:
                    continue
                j = _end(pattern, tokens, i)
                if j and (not pattern.cased or raw[token.start : tokens[j - 1].end] == pattern.cased):
                    taken[kind] = j
                    found.append(Match(kind, pattern.entry.id, i, j, pattern.entry.facts))
        return found


def _longest_first(pattern: _Pattern) -> tuple[int, int, str, str]:
    length = sum(len(w.text) for w in pattern.words)
    return (-len(pattern.words), -length, pattern.entry.kind, pattern.entry.id)


def _end(pattern: _Pattern, tokens: Sequence[Token], i: int) -> int:
    """Return the end of the pattern's match at token i, or 0."""
    count = len(tokens)
    j = i
    for n, word in enumerate(pattern.words):
        skipped = False
        while n and j < count and tokens[j].text in _SKIPPED and tokens[j].text != word.text:
            j += 1
            skipped = True
        if j >= count:
            return 0
        token = tokens[j]
        if word.glued and not token.glued and not skipped:
            return 0
        if token.text != word.text and not _inflected(token.text, word):
            return 0
        j += 1
    return j


def _inflected(text: str, word: _Word) -> bool:
    """Say whether the text is the word with an allowed ending: any where the phrase says so, a plural s in A10Gs."""
    return (word.prefix and text.startswith(word.text)) or (word.glued and text == word.text + "s")


@cache
def default_matcher() -> Matcher:
    """Return the matcher over the built-in lexicon."""
    return Matcher(lexicon.entries())
