"""The words that model ids are made of, and which of them somebody meant who slipped on the keyboard."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

_ALIKE: Final = 80.0
"""Least fuzz.ratio of a slip and the word that was meant, of 100."""


class Vocabulary:
    """Words of letters, in the order in which equally near ones are preferred."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._words = tuple(words)
        self._known = frozenset(self._words)
        self._lengths = np.array([len(w) for w in self._words], np.int64)
        self._letters = _letters(self._words, self._lengths)
        self.nearest = lru_cache(maxsize=4096)(self._nearest)

    def __contains__(self, word: str) -> bool:
        return word in self._known

    def _nearest(self, word: str) -> tuple[str, ...]:
        """Return the two words most like this one, where they are alike; itself may be one.

        The ratio is 1 - distance / (both lengths), by insertions and deletions. A letter that only one of two words has
        costs at least one of them, so most words need not be compared.
        """
        length = np.array([len(word)], np.int64)
        apart = np.bitwise_count(self._letters ^ _letters((word,), length))
        (likely,) = np.nonzero(100 * apart <= (100 - _ALIKE) * (self._lengths + length))
        found = process.extract(word, [self._words[i] for i in likely], scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=2)
        return tuple(near for near, _, _ in found)


def _letters(words: tuple[str, ...], lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
    """Return which letters each word has, as bits; letters of other scripts share them."""
    if not words:
        return np.empty(0, np.uint32)
    points = np.frombuffer("".join(words).encode("utf-32-le"), np.uint32)
    return np.bitwise_or.reduceat(np.uint32(1) << (points & 31), np.cumsum(lengths) - lengths)
