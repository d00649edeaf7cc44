"""Finding every phrase of the lexicon in a tokenized text, in one pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from services.orchestrator.domain.understanding import lexicon
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.tokens import Token, tokenize

_SKIPPED = frozenset("-_'")
_STEM = 3
_WORDS_KNOWN = 16_384
"""For so many words with those after them it is remembered which phrases may begin there."""


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


_Candidate = tuple[str, str, Mapping[str, Any], str, int, bool, str, _Pattern]
"""Kind, id, facts and very spelling of a phrase that may begin at a token; how many tokens it spans, 0 where that is
still to be found out; whether the second of them must be written together with the first; how the third one begins, if
it is none that may be skipped, where that is known; the phrase."""


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

    def begun(self, following: str, third: str) -> Iterator[_Pattern]:
        """Yield the phrases that may go on with the following word, or with the third one after it."""
        yield from self.others
        if self.by_second and following:
            yield from self.by_second.get(following, ())
            if third:
                yield from self.by_second.get(third, ())


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
        self._heads = {stem[:_STEM] for stem in self.stems}
        self._known = lru_cache(maxsize=_WORDS_KNOWN)(self._candidates)

    def find(self, raw: str, tokens: Sequence[Token]) -> list[Match]:
        """Return the matches in order of their start; per kind the longest ones, without overlaps."""
        found: list[Match] = []
        append, make = found.append, tuple.__new__  # thousands of phrases in a long message: every call counts
        taken: dict[str, int] = {}
        texts = [*(token.text for token in tokens), "", ""]
        strange = {text for text in set(texts) if not self._is_of_a_phrase(text)}
        texts = ["" if text in strange else text for text in texts]
        known: dict[tuple[str, str, str], Sequence[_Candidate]] = {}
        for i, text in enumerate(texts):
            if not text:
                continue
            following, third = texts[i + 1], texts[i + 2]
            words = (text, following, third if following in _SKIPPED else "")
            candidates = known.get(words)
            if candidates is None:
                candidates = known[words] = self._known(*words)
            for kind, id_, facts, cased, span, glued, then, pattern in candidates:
                if taken.get(kind, 0) > i or (glued and not tokens[i + 1].glued):
                    continue
                if then and not third.startswith(then) and third not in _SKIPPED:
                    continue
                j = i + span if span else _end(pattern, tokens, i)
                if j and (not cased or raw[tokens[i].start : tokens[j - 1].end] == cased):
                    taken[kind] = j
                    append(make(Match, (kind, id_, i, j, facts)))
        return found

    def _is_of_a_phrase(self, text: str) -> bool:
        """Say whether a token may be a word of a phrase; one like most numbers, of which no phrase speaks, may not."""
        heads = self._heads
        if text in self.words or text in _SKIPPED or text[:_STEM] in heads or text[:2] in heads or text[:1] in heads:
            return True
        return text.endswith("s") and text[:-1] in self.words

    def _candidates(self, text: str, following: str, third: str) -> Sequence[_Candidate]:
        """Return the phrases that may begin with a token, longest first, judged by it and what follows.

        third: the text after the following one where that may be skipped, else empty.
        """
        patterns = [p for branch in self._branches(text) for p in branch.begun(following, third)]
        return [c for p in sorted(patterns, key=_longest_first) if (c := _candidate(p, text, following, third))]

    def _branches(self, text: str) -> list[_Branch]:
        """Return the phrases that begin like a token."""
        found = [self._exact[text]] if text in self._exact else []
        if not "0" <= text[0] <= "9":
            found += [self._stems[text[:n]] for n in range(1, min(len(text), _STEM) + 1) if text[:n] in self._stems]
        return found


def _patterns(entries: Sequence[lexicon.Entry]) -> Iterator[_Pattern]:
    for entry in entries:
        for phrase in entry.phrases:
            cased = phrase[1:] if phrase.startswith("=") else ""
            if words := _words(cased or phrase):
                length = sum(len(w.text) for w in words)
                order = (-len(words), -length, entry.kind, entry.id)
                yield _Pattern(words, cased, entry, order)


def _candidate(pattern: _Pattern, text: str, following: str, third: str) -> _Candidate | None:
    """Return what is left to compare of a phrase that a text begins like, or None where it is another one."""
    first, *others = pattern.words
    if not text.startswith(first.text):
        return None
    entry, span, glued, then = pattern.entry, 1, False, ""
    if others:
        skipped = following in _SKIPPED
        second = third if skipped else following
        if second not in _SKIPPED and second != others[0].text and not _inflected(second, others[0]):
            return None
        known = len(others) == 1 and second not in _SKIPPED
        span, glued = (2 + skipped if known else 0), known and others[0].glued and not skipped
        if len(others) > 1 and not skipped:
            then = others[1].text
    return entry.kind, entry.id, entry.facts, pattern.cased, span, glued, then, pattern


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
