"""Names in a query: which packages it names, and how well."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from services.packages.domain import text
from services.packages.domain.index import Index
from services.packages.domain.package import SATELLITES
from services.packages.domain.query import KIND_WORDS, Query
from services.packages.domain.words import Floats

_FRAME: Final = re.compile(
    r"^(?:install|installing|deploy|deploying)\s+|^(?:kubernetes|k8s)\s+|\s+(?:on|in|for)\s+(?:kubernetes|k8s)$|\s+(?:helm\s+)?charts?$"
)
"""What people write around a name."""
_CORE: Final = 0.96
"""Share for a name that the wish is, but for words such as chart or a repository's name."""
_TYPO: Final = 0.93
_PREFIX: Final = 3
"""Letters that the beginning of a name needs."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a query names."""

    score: Floats
    """How well each package is named, 0 to 1."""
    spelt: Mapping[int, str]
    """How a misspelt name was read, by package."""
    whole: bool
    """True when the whole wish is a name, so that words in it are not conditions."""


def read_names(index: Index, query: Query, core: list[str], covered: Floats) -> Named:
    """Return how well a query names each package: exactly, but for generic words, by prefix, or misspelt."""
    score = np.zeros(len(index.packages), np.float32)
    spelt: dict[int, str] = {}
    full = whole_names(query)
    part = {text.squash("".join(core)), text.stemmed(" ".join(core))} - full - {""}
    if index.role_of(query.names):  # a model server is no chart called models
        part = set()
    if query.kinds:  # an exporter for redis is a redis exporter
        last = sorted(core, key=lambda w: w in KIND_WORDS)
        part |= {text.squash("".join(last)), text.stemmed(" ".join(last))} - full - {""}

    def give(name: str, strength: float, *, reading: str = "", coverage: bool = False, begun: bool = False) -> None:
        for i, weight in index.name_owners[name]:
            package = index.packages[i]
            if begun and package.kind in SATELLITES and name != text.squash(package.facts.name):
                continue  # couchdb does not begin to ask for a couchdb exporter
            value = strength * weight * (float(covered[i]) if coverage else 1.0)
            if value > score[i]:
                score[i] = value
                if reading:
                    spelt[i] = reading
                else:
                    spelt.pop(i, None)

    exact = [w for w in sorted(full) if w in index.name_owners]
    nearly = [w for w in sorted(part) if w in index.name_owners]
    for squashed in exact:
        give(squashed, 1.0)
    for squashed in nearly:
        give(squashed, _CORE)
    for span in _spans(core):
        if span in index.name_owners and span not in full | part:
            give(span, 0.95, coverage=True)
    if not exact and not nearly:
        joined = text.squash("".join(core))
        for name in index.spelling.beginning(joined) if len(joined) >= _PREFIX else ():
            give(name, 0.62 + 0.3 * len(joined) / len(name), begun=True)
        if len(core) <= 4:
            for name, similarity in index.spelling.names(joined):
                give(name, _TYPO * similarity, reading=name)
            for word in core:
                rest = [w for w in core if w != word]
                if rest and text.stem(word) not in index.words.idf:
                    for name, similarity in index.spelling.names(text.squash(word)):
                        share = _share(index, rest, name)
                        give(name, _TYPO * similarity * (0.6 + 0.4 * share) if share >= 0.5 else 0.0, reading=name)
    return Named(score, spelt, bool(exact))


def whole_names(query: Query) -> set[str]:
    """Return the names that the whole of a query may be, squashed: as written, stemmed, and without what frames it."""
    bare, spoken = _FRAME.sub(" ", query.text).strip(), " ".join(query.names)
    squashed = {text.squash(spoken), text.squash(query.text), text.squash(bare)}
    return (squashed | {text.stemmed(spoken), text.stemmed(bare)}) - {""}


def _spans(words: list[str]) -> Iterable[str]:
    """Return the squashed runs of one to four words."""
    for length in range(1, 5):
        for start in range(len(words) - length + 1):
            yield text.squash("".join(words[start : start + length]))


def _share(index: Index, words: list[str], name: str) -> float:
    """Return the share of words that stand in the best package of a name."""
    owners = [i for i, _ in index.name_owners[name]]
    best = 0.0
    for i in owners:
        postings = [index.words.postings.get(text.stem(w)) for w in words]
        found = sum(1 for p in postings if p is not None and bool(np.any(p[0] == i)))
        best = max(best, found / len(words))
    return best
