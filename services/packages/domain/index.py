"""The search index of one snapshot: names, words and meaning of every package, in memory."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import islice, takewhile
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA

from services.packages.domain import text
from services.packages.domain.package import Package
from services.packages.domain.query import Lexicon
from services.packages.domain.ranking import prior

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

_K1: Final = 1.2
_B: Final = 0.5
_FIELD: Final = {"name": 3.0, "ask": 2.0, "about": 1.0, "keyword": 1.0}
_NAME: Final = 1.0
_ALIAS: Final = 0.97
_SOFTWARE: Final = 0.95
_HEARD: Final = 0.97
"""Share of a similarity in sound, which is less sure than one in spelling."""
_STEMMED: Final = 0.98
"""Share of a name's weight for its stem, so that metric server names metrics-server."""


def _content(content: str, *, all_words: bool) -> list[str]:
    """Return the words that count; of a name all do, so that no package is without words."""
    return [w for w in text.words(content.replace("-", " ").replace("_", " ")) if all_words or w not in text.STOP]


class Embedder(Protocol):
    """Turns texts into rows of length 1."""

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return one row a text; all zeros for a text without words."""


class Index:
    """Arrays over the packages of a snapshot; never changed after it is built.

    Memory: about 1.5 KiB a package, most of it the float32 vectors of its phrases.
    """

    def __init__(self, packages: Sequence[Package], embedder: Embedder, *, now: datetime | None = None) -> None:
        """Build the index. now is the date of the snapshot, from which ages are counted."""
        self.packages: Final = tuple(packages)
        self.embedder: Final = embedder
        self.now: Final = now
        self.prior: Final = np.array([prior(p, now=now) for p in packages], np.float32)
        self.by_key: Final = {p.key: i for i, p in enumerate(self.packages)}
        self._build_names()
        self._build_words()
        self._build_phrases()
        self.lexicon: Final = self._lexicon()

    def _build_names(self) -> None:
        """Squashed names, each with the packages that it names and how well."""
        owners: dict[str, dict[int, float]] = defaultdict(dict)
        for i, package in enumerate(self.packages):
            own = [(package.facts.name, _NAME), (package.software, _SOFTWARE), *((a, _ALIAS) for a in package.aliases)]
            for name, weight in own:
                for spelling, share in ((text.squash(name), 1.0), (text.stemmed(name), _STEMMED)):
                    if spelling:
                        owners[spelling][i] = max(weight * share, owners[spelling].get(i, 0.0))
        self.names = sorted(owners)
        self.name_owners = {n: tuple(sorted(owners[n].items())) for n in self.names}
        by_letter: dict[tuple[str, bool], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
        for name in self.names:
            for spelling, heard in ((name, False), (text.sound(name), True)):
                if len(name) >= 4:
                    choices, spelt = by_letter[spelling[0], heard]
                    choices.append(spelling)
                    spelt.append(name)
        self._by_letter = dict(by_letter)

    def _build_words(self) -> None:
        """BM25F postings: for each stem the packages and their impact, already weighted by field and length."""
        counts: list[dict[str, float]] = []
        vocabulary: dict[str, int] = {}
        spoken: list[list[int]] = []
        for package in self.packages:
            weights: dict[str, float] = defaultdict(float)
            facts = package.facts
            fields = (
                (
                    "name",
                    " ".join((facts.name.replace("-", " "), package.software.replace("-", " "), *package.aliases)),
                ),
                ("ask", " . ".join(package.asks)),
                ("about", f"{package.about} {facts.description}"),
                (
                    "keyword",
                    " ".join((*facts.keywords, *package.roles, package.category, facts.repository)).replace("_", " "),
                ),
            )
            mine: dict[int, None] = {}
            for name, content in fields:
                if name != "keyword":
                    mine.update(
                        (vocabulary.setdefault(w, len(vocabulary)), None)
                        for w in _content(content, all_words=name == "name")
                    )
                for stem, count in Counter(map(text.stem, text.words(content.replace("-", " ")))).items():
                    if stem not in text.STOP:
                        weights[stem] += _FIELD[name] * min(count, 3)
            counts.append(weights)
            spoken.append(list(mine))
        lengths = [sum(w.values()) for w in counts]
        mean = sum(lengths) / len(lengths) if lengths else 1.0
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for i, weights in enumerate(counts):
            norm = 1 - _B + _B * lengths[i] / mean
            for stem, weight in weights.items():
                postings[stem].append((i, weight / (weight + _K1 * norm)))
        self.vocabulary = list(vocabulary)
        self._spelling = sorted({w for w in vocabulary if len(w) >= 4} | text.GENERIC | text.STOP)
        self._word_vectors = self.embedder.embed(self.vocabulary).astype(np.float16)
        stems: dict[str, int] = {}
        self._word_stems = np.array([stems.setdefault(text.stem(w), len(stems)) for w in self.vocabulary], np.int32)
        self._stem_ids = stems
        self._spoken = [np.sort(np.array(ids, np.int32)) for ids in spoken]
        total = len(self.packages)
        self.idf = {s: math.log(1 + (total - len(p) + 0.5) / (len(p) + 0.5)) for s, p in postings.items()}
        self.rare = math.log(1 + (total + 0.5) / 0.5)
        """Weight of a word that stands nowhere."""
        self.postings: dict[str, tuple[Ints, Floats]] = {
            s: (np.array([i for i, _ in p], np.int32), np.array([w for _, w in p], np.float32))
            for s, p in postings.items()
        }

    def _build_phrases(self) -> None:
        """One vector for what a package is and one for each way to ask for it; rows of a package lie together."""
        phrases: list[str] = []
        starts: list[int] = []
        for package in self.packages:
            starts.append(len(phrases))
            about = package.about or package.facts.name
            phrases.append(about if package.asks else f"{about} {' '.join(package.facts.keywords)}")
            phrases.extend(package.asks)
        self._starts = np.array(starts, np.intp)
        self._phrases = self.embedder.embed(phrases)

    def _lexicon(self) -> Lexicon:
        repositories = {text.squash(p.facts.repository): p.facts.repository for p in self.packages}
        spoken_of = {
            text.squash(word)
            for p in self.packages
            for word in text.words(f"{p.facts.name} {p.software}".replace("-", " "))
            if text.squash(p.facts.repository) == text.squash(word)
        }
        own = sorted(r for r in repositories if r not in self.name_owners and r not in spoken_of)
        software = {
            name: frozenset(text.squash(self.packages[i].software) for i, weight in owners if weight >= _SOFTWARE)
            for name, owners in self.name_owners.items()
        }
        spoken = {a.lower() for p in self.packages for a in p.aliases if " and " in a or "&" in a}
        return Lexicon(software, {r: repositories[r] for r in own}, tuple(sorted(spoken)))

    def meaning(self, wish: str) -> Floats:
        """Return for each package the cosine of its nearest phrase to the wish."""
        if not self.packages:
            return np.zeros(0, np.float32)
        vector = self.embedder.embed([wish])[0]
        nearest: Floats = np.maximum.reduceat(self._phrases @ vector, self._starts)
        return nearest

    def support(self, words: Sequence[str], candidates: Sequence[int]) -> Floats:
        """Return for each candidate how well its own words cover the wish's words, 0 to 1.

        A word counts in full where its stem stands in the package, else by the cosine of the nearest word there; rare
        words weigh more. This is what tells a minecraft server from a web server.
        """
        if not words or not candidates:
            return np.zeros(len(candidates), np.float32)
        spoken = np.concatenate([self._spoken[i] for i in candidates])
        used = np.unique(spoken)
        nearness = self._word_vectors[used].astype(np.float32) @ self.embedder.embed(words).T
        for column, word in enumerate(words):
            if (known := self._stem_ids.get(text.stem(word))) is not None:
                nearness[self._word_stems[used] == known, column] = 1.0
        weights = np.array([self.idf.get(text.stem(w), self.rare) for w in words], np.float32)
        starts = np.cumsum([0, *(len(self._spoken[i]) for i in candidates[:-1])])
        best = np.maximum.reduceat(nearness[np.searchsorted(used, spoken)], starts, axis=0)
        covered: Floats = (best @ weights / weights.sum()).astype(np.float32)
        return covered

    def correct(self, word: str) -> str:
        """Return the known word that a misspelt one is nearest to, or the word itself."""
        if (
            len(word) < 5
            or not word.isalpha()
            or text.stem(word) in self.idf
            or word in text.STOP
            or word in text.GENERIC
        ):
            return word
        hit = process.extractOne(word, self._spelling, scorer=OSA.normalized_similarity, score_cutoff=0.8)
        return str(hit[0]) if hit is not None and hit[0][0] == word[0] else word

    def beginning(self, squashed: str) -> list[str]:
        """Return the names that begin with a text."""
        start = bisect_left(self.names, squashed)
        return list(takewhile(lambda name: name.startswith(squashed), islice(self.names, start, None)))

    def near_names(self, squashed: str, *, limit: int = 8) -> list[tuple[str, float]]:
        """Return names that are spelt or sound like one, with similarity 0 to 1, best first."""
        if len(squashed) < 4:
            return []
        found: dict[str, float] = {}
        for query, factor, heard in ((squashed, 1.0, False), (text.sound(squashed), _HEARD, True)):
            for first in dict.fromkeys(query[:2]):  # the first letter may be swapped with the second
                choices, owners = self._by_letter.get((first, heard), ((), ()))
                hits = process.extract(query, choices, scorer=OSA.normalized_similarity, score_cutoff=0.7, limit=limit)
                for _, similarity, position in hits:
                    name = owners[position]
                    found[name] = max(found.get(name, 0.0), similarity * factor)
        return sorted(found.items(), key=lambda f: (-f[1], f[0]))[:limit]
