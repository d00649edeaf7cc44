"""Any OpenAI-compatible endpoint for embeddings, in batches; the client library retries what may be retried."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from services.models.embed.base import EmbedderError, Space, Vectors, normalised

if TYPE_CHECKING:
    import openai

_BATCH: Final = 256
_MAX_CHARS: Final = 8_000
_SHORTENED: Final = "text-embedding-3"
"""Only these models are asked for a dimension: many other servers refuse the field, and older models of OpenAI too."""


class OpenAiEmbedder:
    """text-embedding-3-small by default; its vectors are shortened to the dimension asked for."""

    def __init__(self, client: openai.AsyncOpenAI, *, model: str, dimension: int) -> None:
        self._client = client
        self._space = Space(
            embedder=model, dimension=dimension, version="1", preference=30, floor=0.05, ceiling=0.7, remote=True
        )

    @property
    def space(self) -> Space:
        """The space that the vectors lie in."""
        return self._space

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text, in their order. Raises EmbedderError when the client's retries are used up."""
        rows: list[list[float]] = []
        for start in range(0, len(texts), _BATCH):
            rows += await self._batch([text[:_MAX_CHARS] or " " for text in texts[start : start + _BATCH]])
        return normalised(np.array(rows, dtype=np.float32).reshape(len(texts), self._space.dimension))

    async def _batch(self, texts: Sequence[str]) -> list[list[float]]:
        import openai

        name, dimension = self._space.embedder, self._space.dimension
        try:
            answer = await self._client.embeddings.create(
                model=name,
                input=list(texts),
                dimensions=dimension if name.startswith(_SHORTENED) else openai.omit,
                encoding_format="float",
            )
        except openai.OpenAIError as error:
            raise EmbedderError(f"the endpoint that embeds with {name} fails: {str(error)[:300]}") from error
        rows = [item.embedding for item in sorted(answer.data or (), key=lambda item: item.index)]
        if len(rows) != len(texts):
            raise EmbedderError(f"the endpoint that embeds with {name} gave {len(rows)} vectors for {len(texts)} texts")
        if odd := next((len(row) for row in rows if len(row) != dimension), None):
            raise EmbedderError(
                f"{name} has {odd} dimensions, not {dimension}: set STACK8S_MODELS_EMBEDDING_DIMENSION={odd}"
            )
        return rows
