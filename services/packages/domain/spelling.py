"""Spelling: names and words that a misspelt one may mean."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import ceil
from typing import Final

import numpy as np
from rapidfuzz.distance import OSA

from services.packages.domain import text

_WORD: Final = 0.8
"""Similarity that a word needs to be taken for another."""
_NAME: Final = 0.7
_HEARD: Final = 0.97
"""Share of a similarity in sound, which is less sure than one in spelling."""
_SHORTEST: Final = 4
_EDITS: Final = 4
"""Letters that a misspelt word or name differs by at most: with more it is another one."""
_ROUNDING: Final = 1e-6
"""Of an edit, so that none is lost to the rounding of a share."""


class Spellings:
    """Spellings by first letter and length, so that only those are compared that can be near enough."""

    def __init__(self, spellings: Iterable[tuple[str, str]]) -> None:
        """Take spellings, each with what it stands for."""
        kept: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for spelling, meant in spellings:
            kept[spelling[0]].append((spelling, meant))
        self._kept: Final = {first: _Beginning(found) for first, found in kept.items()}

    def near(self, word: str, *, begin: str, least: float) -> Iterator[tuple[str, float]]:
        """Yield what is spelt at least this alike and begins with some letters, with its similarity of 0 to 1."""
        if (known := self._kept.get(begin[0])) is not None:
            yield from known.near(word, begin, max(least, 1 - _EDITS / len(word)))


class _Beginning:
    """Spellings that begin with one letter, shortest first."""

    def __init__(self, spellings: Iterable[tuple[str, str]]) -> None:
        self._kept: Final = sorted(spellings, key=lambda s: len(s[0]))
        self._lengths: Final = [len(spelling) for spelling, _ in self._kept]
        self._letters: Final = np.array([_letters(spelling) for spelling, _ in self._kept], np.uint64)

    def near(self, word: str, beginning: str, least: float) -> Iterator[tuple[str, float]]:
        """Yield what is spelt at least this alike and has this beginning."""
        longest = int(len(word) / least)
        begin, end = bisect_left(self._lengths, ceil(least * len(word))), bisect_right(self._lengths, longest)
        mine, theirs = np.uint64(_letters(word)), self._letters[begin:end]
        edits = int((1 - least) * longest + _ROUNDING)  # each takes one letter away and brings one at most
        possible = (np.bitwise_count(theirs & ~mine) <= edits) & (np.bitwise_count(mine & ~theirs) <= edits)
        for at in np.flatnonzero(possible).tolist():
            spelling, meant = self._kept[begin + at]
            if not spelling.startswith(beginning):
                continue
            if similarity := OSA.normalized_similarity(word, spelling, score_cutoff=least):
                yield meant, similarity


def _letters(word: str) -> int:
    """Return which characters a word has, and which of them twice or more, as bits; some share one."""
    once = twice = 0
    for character in word:
        bit = 1 << ord(character) % 32
        twice |= once & bit
        once |= bit
    return once | twice << 32


class Spelling:
    """What words and names may be misspelt; never changed after it is built."""

    def __init__(self, words: Iterable[str], names: Sequence[str]) -> None:
        """Take the words of the catalogue, and its names, squashed and sorted."""
        self._names: Final = names
        self._words: Final = Spellings((w, w) for w in sorted(words) if len(w) >= _SHORTEST)
        long = [n for n in names if len(n) >= _SHORTEST]
        self._spelt: Final = Spellings((n, n) for n in long)
        self._heard: Final = Spellings((text.sound(n), n) for n in long)

    def word(self, word: str) -> str:
        """Return the word that a misspelt one is nearest to, or the word itself."""
        found = self._words.near(word, begin=word[0], least=_WORD)
        return min(found, key=lambda f: (-f[1], f[0]), default=(word, 1.0))[0]

    def beginning(self, squashed: str) -> Sequence[str]:
        """Return the names that begin with a text."""
        return self._names[bisect_left(self._names, squashed) : bisect_left(self._names, f"{squashed}\x7f")]

    def names(self, squashed: str, *, limit: int = 8) -> list[tuple[str, float]]:
        """Return names that are spelt or sound like one, with similarity 0 to 1, best first."""
        if len(squashed) < _SHORTEST:
            return []
        found: dict[str, float] = {}
        for known, word, factor in ((self._spelt, squashed, 1.0), (self._heard, text.sound(squashed), _HEARD)):
            for begin in (word[0], word[1::-1]):  # the first letter may be swapped with the second
                for name, similarity in known.near(word, begin=begin, least=_NAME):
                    found[name] = max(found.get(name, 0.0), similarity * factor)
        return sorted(found.items(), key=lambda f: (-f[1], f[0]))[:limit]
