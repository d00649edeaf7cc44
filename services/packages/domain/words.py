"""Words of packages: which stand where and how much they say, and how well they cover the words of a wish."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from services.packages.domain import text
from services.packages.domain.package import Package

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

_K1: Final = 1.2
_B: Final = 0.5
_FIELD: Final = {"name": 3.0, "ask": 2.0, "about": 1.0, "keyword": 1.0}


class Embedder(Protocol):
    """Turns texts into rows of length 1."""

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return one row a text; all zeros for a text without words."""


class Words:
    """BM25F postings and the vectors of all words; never changed after it is built.

    Memory: about 1 KiB a word for its float32 vector.
    """

    def __init__(self, packages: Sequence[Package], embedder: Embedder) -> None:
        """Read the words of all packages."""
        self._embedder: Final = embedder
        counts: list[dict[str, float]] = []
        vocabulary: dict[str, int] = {}
        self._spoken: Final[list[Ints]] = []
        for package in packages:
            weights: dict[str, float] = defaultdict(float)
            mine: dict[int, None] = {}
            for name, content in _fields(package):
                found = text.words(content)
                if name != "keyword":
                    counted = (w for w in found if name == "name" or w not in text.STOP)
                    mine.update((vocabulary.setdefault(w, len(vocabulary)), None) for w in counted)
                for stem, count in Counter(map(text.stem, found)).items():
                    if stem not in text.STOP:
                        weights[stem] += _FIELD[name] * min(count, 3)
            counts.append(weights)
            self._spoken.append(np.sort(np.array(list(mine), np.int32)))
        self.vocabulary: Final = vocabulary
        """Number of each word as written, but for words that only keywords use."""
        self._vectors: Final = embedder.embed(list(vocabulary))
        self._stems: Final[dict[str, int]] = {}
        self._stem_of: Final = np.array(
            [self._stems.setdefault(text.stem(w), len(self._stems)) for w in vocabulary], np.int32
        )
        self._forms: Final = _forms(vocabulary, self._spoken)
        total = len(packages)
        self.postings: Final = _postings(counts)
        """For each stem the packages that have it and its impact there, weighted by field and length."""
        self.idf: Final = {
            s: math.log(1 + (total - len(ids) + 0.5) / (len(ids) + 0.5)) for s, (ids, _) in self.postings.items()
        }
        self.rare: Final = math.log(1 + (total + 0.5) / 0.5)
        """Weight of a word that stands nowhere."""

    def weight(self, stem: str) -> float:
        """Return how much a stem says."""
        return self.idf.get(stem, self.rare)

    def known(self, word: str) -> str:
        """Return a word in the form that most packages use, so that limiter is limiting; itself where it is used."""
        return word if word in self.vocabulary else self._forms.get(text.stem(word), word)

    def support(self, words: Sequence[str], candidates: Sequence[int]) -> Floats:
        """Return for each candidate how well its own words cover the wish's words, 0 to 1.

        A word counts in full where its stem stands in the package, else by the cosine of the nearest word there; rare
        words weigh more. This is what tells a minecraft server from a web server.
        """
        if not words or not candidates:
            return np.zeros(len(candidates), np.float32)
        spoken = np.concatenate([self._spoken[i] for i in candidates])
        used = np.unique(spoken)
        nearness = self._vectors[used] @ self._wished(words).T
        for column, word in enumerate(words):
            if (known := self._stems.get(text.stem(word))) is not None:
                nearness[self._stem_of[used] == known, column] = 1.0
        weights = np.array([self.weight(text.stem(w)) for w in words], np.float32)
        starts = np.cumsum([0, *(len(self._spoken[i]) for i in candidates[:-1])])
        best = np.maximum.reduceat(nearness[np.searchsorted(used, spoken)], starts, axis=0)
        covered: Floats = (best @ weights / weights.sum()).astype(np.float32)
        return covered

    def _wished(self, words: Sequence[str]) -> Floats:
        """Return a row a word; those of the vocabulary are not embedded again."""
        strange = {w: n for n, w in enumerate(dict.fromkeys(w for w in words if w not in self.vocabulary))}
        rows = self._embedder.embed(list(strange)) if strange else self._vectors[:0]
        return np.stack(
            [rows[strange[w]] if w in strange else self._vectors[self.vocabulary[w]] for w in words],
        )


def _forms(vocabulary: dict[str, int], spoken: Sequence[Ints]) -> dict[str, str]:
    """Return for each stem the word of it that most packages use, of equals the first."""
    used = Counter(number for numbers in spoken for number in numbers.tolist())
    rarest_first = sorted(vocabulary, key=lambda w: (used[vocabulary[w]], -vocabulary[w]))
    return {text.stem(word): word for word in rarest_first}


def _fields(package: Package) -> tuple[tuple[str, str], ...]:
    """Return the texts of a package by the weight of what stands there."""
    facts = package.facts
    return (
        ("name", " ".join((facts.name, package.software, *package.aliases))),
        ("ask", " . ".join(package.asks)),
        ("about", f"{package.about} {facts.description}"),
        ("keyword", " ".join((*facts.keywords, *package.roles, package.category, facts.repository))),
    )


def _postings(counts: Sequence[dict[str, float]]) -> dict[str, tuple[Ints, Floats]]:
    lengths = [sum(w.values()) for w in counts]
    mean = sum(lengths) / len(lengths) if lengths else 1.0
    found: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for i, weights in enumerate(counts):
        norm = 1 - _B + _B * lengths[i] / mean
        for stem, weight in weights.items():
            found[stem].append((i, weight / (weight + _K1 * norm)))
    return {
        s: (np.array([i for i, _ in p], np.int32), np.array([w for _, w in p], np.float32)) for s, p in found.items()
    }
