"""Remembers the vectors of recent queries: people repeat themselves, and a plan asks the same thing twice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from services.models.embed.base import Embedder, Space, Vectors


class CachedEmbedder:
    """An embedder that keeps the vectors of the last texts it was asked for."""

    def __init__(self, embedder: Embedder, *, capacity: int = 4096) -> None:
        self._embedder = embedder
        self._capacity = capacity
        self._kept: OrderedDict[str, Vectors] = OrderedDict()

    @property
    def space(self) -> Space:
        """The space that the vectors lie in."""
        return self._embedder.space

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text, in their order."""
        rows: dict[str, Vectors] = {text: self._kept[text] for text in texts if text in self._kept}
        if missing := [text for text in dict.fromkeys(texts) if text not in rows]:
            rows |= zip(missing, await self._embedder.embed(missing), strict=True)
        for text in texts:
            self._kept[text] = rows[text]
            self._kept.move_to_end(text)
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)
        return np.array([rows[text] for text in texts], dtype=np.float32).reshape(len(texts), self.space.dimension)
