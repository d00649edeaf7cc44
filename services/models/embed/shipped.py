"""Vectors of the starter passages, computed once and shipped: the first start need not run the encoder.

`python -m services.models.embed.shipped` computes them anew after the starter set or the cutting of cards has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from services.models.embed.base import Embedder, Space, Vectors
from services.models.ingest.source import digest

FILE: Final = Path(__file__).with_name("starter_minilm.npz")


class Shipped:
    """An embedder that knows some texts' vectors by heart, and asks another one for the rest."""

    def __init__(self, embedder: Embedder, *, file: Path = FILE) -> None:
        self._embedder = embedder
        self._file = file

    @property
    def space(self) -> Space:
        """The space that the vectors lie in."""
        return self._embedder.space

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text, in their order."""
        known = await asyncio.to_thread(lambda: self._known)
        rows: dict[str, Vectors] = {t: known[key] for t in texts if (key := digest(t)[:16]) in known}
        if missing := [t for t in dict.fromkeys(texts) if t not in rows]:
            rows |= zip(missing, await self._embedder.embed(missing), strict=True)
        return np.array([rows[t] for t in texts], dtype=np.float32).reshape(len(texts), self.space.dimension)

    @cached_property
    def _known(self) -> dict[bytes, Vectors]:
        with np.load(self._file, allow_pickle=False) as arrays:
            vectors = arrays["vectors"].astype(np.float32)
            return dict(zip((bytes(k) for k in arrays["keys"]), vectors, strict=True))


async def main() -> None:
    """Compute the vectors of all starter passages and write them."""
    from services.models.embed.minilm import MiniLm
    from services.models.ingest.prepare import cut
    from services.models.ingest.starter import StarterSource

    source = StarterSource()
    texts: list[str] = []
    async for batch in source.batches(""):
        for raw in batch.records:
            card = await raw.load_card()
            texts += cut(source.convert(raw, card), card).texts
    keys = np.array([list(digest(text)[:16]) for text in texts], dtype=np.uint8)
    vectors = MiniLm(threads=2).embed_now(texts).astype(np.float16)
    with FILE.open("wb") as file:
        np.savez_compressed(file, keys=keys, vectors=vectors)


if __name__ == "__main__":
    asyncio.run(main())
