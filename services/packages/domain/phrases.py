"""Meaning: the nearest of a package's phrases to a wish, first roughly over all, then exactly where it matters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from services.packages.domain.package import Package
from services.packages.domain.words import Embedder, Floats

_ROUGH: Final = 64
"""Dimensions of the first look: those in which the phrases differ most. It reads a quarter of the memory."""


class Phrases:
    """One vector for what a package is and one for each way to ask for it; never changed after it is built.

    Memory: about 1.3 KiB a phrase.
    """

    def __init__(self, packages: Sequence[Package], embedder: Embedder) -> None:
        """Embed the phrases of all packages; those of a package lie together."""
        phrases: list[str] = []
        starts: list[int] = []
        for package in packages:
            starts.append(len(phrases))
            about = package.about or package.facts.name
            phrases.append(about if package.asks else f"{about} {' '.join(package.facts.keywords)}")
            phrases.extend(package.asks)
        self._embedder: Final = embedder
        self._starts: Final = np.array([*starts, len(phrases)], np.intp)
        self._vectors: Final = embedder.embed(phrases)
        _, axes = np.linalg.eigh(self._vectors.T @ self._vectors)  # by how much the phrases differ along them
        self._axes: Final[Floats] = np.ascontiguousarray(axes[:, -_ROUGH:])
        self._heads: Final[Floats] = self._vectors @ self._axes

    def wished(self, wishes: Sequence[str]) -> Floats:
        """Return a row a wording of a wish."""
        return self._embedder.embed(wishes)

    def roughly(self, wishes: Floats) -> Floats:
        """Return for each package about what meaning returns, mostly less."""
        return _nearest([self._heads @ head for head in wishes @ self._axes], self._starts[:-1])

    def meaning(self, wishes: Floats, candidates: Sequence[int]) -> Floats:
        """Return for each candidate the cosine of its nearest phrase to the nearest wording."""
        if not candidates:
            return np.zeros(0, np.float32)
        first, last = self._starts[candidates], self._starts[np.asarray(candidates) + 1]
        starts = np.concatenate(([0], np.cumsum(last - first)))
        rows = np.arange(starts[-1]) + np.repeat(first - starts[:-1], last - first)
        vectors = self._vectors[rows]
        return _nearest([vectors @ wish for wish in wishes], starts[:-1])


def _nearest(cosines: Sequence[Floats], starts: np.typing.NDArray[np.intp]) -> Floats:
    """Return the largest value of each package, over its phrases and all wordings; cosines are a row a wording."""
    nearest: Floats = np.maximum.reduceat(np.maximum.reduce(cosines), starts)
    return nearest
