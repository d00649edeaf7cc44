"""What every embedder is to the service."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from libs.errors import UnavailableError

Vectors = npt.NDArray[np.float32]
"""One row a text, each of length 1; so the dot product of two rows is their cosine."""


@dataclass(frozen=True, slots=True)
class Space:
    """A space of vectors: vectors of two spaces are never compared."""

    embedder: str
    dimension: int
    version: str
    """Of the weights and of the way they are used; a change means a new space."""
    preference: int
    """The complete space of highest preference answers."""
    floor: float
    """Cosine that two texts have which do not concern each other: relevance 0."""
    ceiling: float
    """Cosine of a wish and the best passage that one may hope for: relevance 1."""
    english_only: bool = False
    """Texts in other languages lie there by the look of their words."""
    remote: bool = False
    """Another server computes its vectors, which may be away."""

    @property
    def key(self) -> tuple[str, int, str]:
        """What tells the space from others."""
        return self.embedder, self.dimension, self.version

    def __str__(self) -> str:
        return f"{self.embedder}/{self.dimension}/{self.version}"


class EmbedderError(UnavailableError):
    """An embedder gives no vectors, or not those of its space; what does not need them goes on."""

    reason = "MODELS_EMBEDDER_FAILED"


class Embedder(Protocol):
    """Text to vectors."""

    @property
    def space(self) -> Space:
        """The space that the vectors lie in."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text, in their order. Never blocks the event loop. Raises EmbedderError."""


class LocalEmbedder(ABC):
    """An embedder that computes in this process, in a thread beside the event loop."""

    space: Space
    """The space that the vectors lie in."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text, in their order."""
        return await asyncio.to_thread(self.embed_now, texts)

    @abstractmethod
    def embed_now(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text; blocks."""


def normalised(rows: npt.NDArray[np.floating]) -> Vectors:
    """Return the rows at length 1; a row of zeros stays so."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), dtype=np.float32)
