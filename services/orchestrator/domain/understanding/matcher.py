"""Finding every phrase of the lexicon in a tokenized text, in one pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
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
    order: tuple[int, int, str, str]
    """Longest phrases first."""
    plain: bool
    """One word that stands for itself alone, so that its first word is all there is to compare."""


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


class _Branch:
    """The phrases that begin with one word: by their second word where that is fixed."""

    __slots__ = ("by_second", "others")

    def __init__(self) -> None:
        self.others: list[_Pattern] = []
        self.by_second: dict[str, list[_Pattern]] = {}

    def add(self, pattern: _Pattern) -> None:
        if len(pattern.words) == 1 or pattern.words[1].prefix:
            self.others.append(pattern)
            return
        second = pattern.words[1]
        for text in (second.text, second.text + "s") if second.glued else (second.text,):
            self.by_second.setdefault(text, []).append(pattern)


class Matcher:
    """An index of phrases by their first word."""

    def __init__(self, entries: Sequence[lexicon.Entry]) -> None:
        self._exact: dict[str, _Branch] = defaultdict(_Branch)
        self._stems: dict[str, _Branch] = defaultdict(_Branch)
        self.words: set[str] = set()
        """Every word of every phrase."""
        self.stems: set[str] = set()
        """The words that stand for any ending."""
        for pattern in sorted(_patterns(entries), key=_longest_first):
            first = pattern.words[0]
            (self._stems[first.text[:_STEM]] if first.prefix else self._exact[first.text]).add(pattern)
            self.words.update(w.text for w in pattern.words)
            self.stems.update(w.text for w in pattern.words if w.prefix)

    def find(self, raw: str, tokens: Sequence[Token]) -> list[Match]:
        """Return the matches in order of their start; per kind the longest ones, without overlaps."""
        found: list[Match] = []
        taken: dict[str, int] = {}
        branches: dict[str, list[_Branch]] = {}
        pairs: dict[tuple[str, str], list[_Pattern]] = {}
        last = len(tokens) - 1
        for i, token in enumerate(tokens):
            text = token.text
            known = branches.get(text)
            if known is None:
                known = branches[text] = self._branches(token)
            if not known:
                continue
            following = tokens[i + 1].text if i < last else ""
            candidates = pairs.get((text, following))
            if candidates is None:
                candidates = sorted(_candidates(known, tokens, i), key=_longest_first)
                if following not in _SKIPPED:
                    pairs[text, following] = candidates
            for pattern in candidates:
                kind = pattern.entry.kind
                if taken.get(kind, 0) > i:
                    continue
                j = i + 1 if pattern.plain else _end(pattern, tokens, i)
                if j and (not pattern.cased or raw[token.start : tokens[j - 1].end] == pattern.cased):
                    taken[kind] = j
                    found.append(Match(kind, pattern.entry.id, i, j, pattern.entry.facts))
        return found

    def _branches(self, token: Token) -> list[_Branch]:
        """Return the phrases that begin like the token."""
        text = token.text
        found = [self._exact[text]] if text in self._exact else []
        if not token.is_number:
            found += [self._stems[text[:n]] for n in range(1, min(len(text), _STEM) + 1) if text[:n] in self._stems]
        return found


def _patterns(entries: Sequence[lexicon.Entry]) -> Iterator[_Pattern]:
    for entry in entries:
        for phrase in entry.phrases:
            cased = phrase[1:] if phrase.startswith("=") else ""
            if words := _words(cased or phrase):
                length = sum(len(w.text) for w in words)
                order = (-len(words), -length, entry.kind, entry.id)
                plain = len(words) == 1 and not words[0].prefix
                yield _Pattern(words, cased, entry, order, plain)


def _candidates(branches: Sequence[_Branch], tokens: Sequence[Token], i: int) -> list[_Pattern]:
    """Return the phrases that can stand at token i, judged by the next word alone."""
    found: list[_Pattern] = []
    following = tokens[i + 1].text if i + 1 < len(tokens) else ""
    for branch in branches:
        found += branch.others
        if not branch.by_second or not following:
            continue
        found += branch.by_second.get(following, ())
        if following in _SKIPPED and i + 2 < len(tokens):
            found += branch.by_second.get(tokens[i + 2].text, ())
    return found


def _longest_first(pattern: _Pattern) -> tuple[int, int, str, str]:
    return pattern.order


def _end(pattern: _Pattern, tokens: Sequence[Token], i: int) -> int:
    """Return the end of the pattern's match at token i, or 0."""
    count = len(tokens)
    j = i
    if not tokens[i].text.startswith(pattern.words[0].text):
        return 0
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
def tongue_matcher(code: str) -> Matcher | None:
    """Return the matcher over what a language calls things, where it has a file of its own."""
    found = lexicon.tongue(code)
    return Matcher(found) if found else None


def joined(found: Sequence[Match], more: Sequence[Match]) -> list[Match]:
    """Return the matches of two matchers in order of their start; of a kind, the longer one of two that overlap."""
    kept: list[Match] = []
    last: dict[str, int] = {}
    for match in sorted((*found, *more), key=lambda m: (m.i, -m.j)):
        at = last.get(match.kind)
        before = kept[at] if at is not None else None
        if at is not None and before is not None and match.i < before.j:
            if match.j - match.i > before.j - before.i:
                kept[at] = match
            continue
        last[match.kind] = len(kept)
        kept.append(match)
    return sorted(kept, key=lambda m: m.i)


@cache
def default_matcher() -> Matcher:
    """Return the matcher over the built-in lexicon."""
    return Matcher(lexicon.entries())
