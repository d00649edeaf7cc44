"""Which embedders run here: the fast one always, the better ones as configured."""

from __future__ import annotations

from dataclasses import dataclass

from services.models.embed.base import Embedder
from services.models.embed.minilm import MiniLm
from services.models.embed.multilingual import MultilingualEncoder
from services.models.embed.shipped import Shipped
from services.models.embed.wordllama import WordLlama
from services.models.settings import ModelsSettings


@dataclass(frozen=True, slots=True)
class Embedders:
    """The embedders of one process."""

    fast: Embedder
    """Fills its space during an import."""
    better: tuple[Embedder, ...]
    """Fill theirs before publishing or in the background."""
    minilm: MiniLm
    multilingual: MultilingualEncoder
    """The task head reads wishes with both of these."""

    @property
    def all(self) -> tuple[Embedder, ...]:
        """Every embedder, the most preferred space first."""
        return tuple(sorted((self.fast, *self.better), key=lambda e: -e.space.preference))


def embedders(settings: ModelsSettings) -> Embedders:
    """Return the embedders of the settings. Nothing is loaded yet."""
    minilm = MiniLm(threads=settings.embedding_threads)
    better: list[Embedder] = [Shipped(minilm)]
    if settings.embedding_api_key is not None:
        import openai

        from services.models.embed.openai import OpenAiEmbedder

        client = openai.AsyncOpenAI(
            api_key=settings.embedding_api_key.get_secret_value(), base_url=settings.embedding_base_url, max_retries=5
        )
        better.append(OpenAiEmbedder(client, model=settings.embedding_model, dimension=settings.embedding_dimension))
    return Embedders(fast=WordLlama(), better=tuple(better), minilm=minilm, multilingual=MultilingualEncoder())
