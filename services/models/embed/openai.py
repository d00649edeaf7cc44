"""Any OpenAI-compatible endpoint for embeddings, in batches; the client library retries what may be retried."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from services.models.embed.base import Space, Vectors, normalised

if TYPE_CHECKING:
    import openai

_BATCH: Final = 256
_MAX_CHARS: Final = 8_000


class OpenAiEmbedder:
    """text-embedding-3-small by default; its vectors are shortened to the dimension asked for."""

    def __init__(self, client: openai.AsyncOpenAI, *, model: str, dimension: int) -> None:
        self._client = client
        self._space = Space(embedder=model, dimension=dimension, version="1", preference=30, floor=0.05, ceiling=0.7)

    @property
    def space(self) -> Space:
        """The space that the vectors lie in."""
        return self._space

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text, in their order. Raises the client's error when its retries are used up."""
        rows: list[list[float]] = []
        for start in range(0, len(texts), _BATCH):
            batch = [text[:_MAX_CHARS] or " " for text in texts[start : start + _BATCH]]
            answer = await self._client.embeddings.create(
                model=self._space.embedder, input=batch, dimensions=self._space.dimension, encoding_format="float"
            )
            rows += [item.embedding for item in sorted(answer.data, key=lambda item: item.index)]
        return normalised(np.array(rows, dtype=np.float32).reshape(len(texts), self._space.dimension))
