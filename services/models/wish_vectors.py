"""The vector of a wish: in the space that answers, or in the next one while the server of the first is away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Final

from libs.errors import UnavailableError
from services.models.embed.base import Embedder, EmbedderError, Space, Vectors
from services.models.store.versions import State

_PATIENCE_S: Final = 2.0
"""How long a wish waits for the vector of another server."""
_AWAY_S: Final = 30.0
"""How long a server that gave none is not asked again."""
_EMPTY: Final = "the catalogue has no complete space of vectors yet; try again when it is loaded"

log = logging.getLogger(__name__)


class CatalogEmptyError(UnavailableError):
    """Nothing has been loaded yet."""

    reason = "MODELS_CATALOG_EMPTY"


class WishVectors:
    """Embeds wishes with the embedders of this process, by the key of their space."""

    def __init__(self, embedders: Mapping[tuple[str, int, str], Embedder]) -> None:
        self._embedders = embedders
        self._away_until: dict[tuple[str, int, str], float] = {}

    def answering(self, state: State) -> Embedder:
        """Return the embedder of the best complete space. Raises CatalogEmptyError where none is complete."""
        if state.space is None:
            raise CatalogEmptyError(_EMPTY)
        return self._embedders[state.space.key]

    async def of(self, state: State, query: str, *, english: str) -> tuple[Space, str, Vectors]:
        """Return a space, its table and the wish's vector in it.

        It is the space that answers; while its embedder is away, the next one that is complete. Raises EmbedderError.
        """
        usable = [s for s in state.spaces if s.complete and s.key in self._embedders]
        problem: Exception | None = None
        for stored in usable:
            embedder = self._embedders[stored.key]
            if stored is not usable[-1] and time.monotonic() < self._away_until.get(stored.key, 0.0):
                continue
            try:
                async with asyncio.timeout(_PATIENCE_S if embedder.space.remote else None):
                    (vector,) = await embedder.embed([english if embedder.space.english_only else query])
            except (EmbedderError, TimeoutError) as error:
                problem = error
                self._away_until[stored.key] = time.monotonic() + _AWAY_S
                log.warning("wishes cannot be embedded", extra={"space": str(embedder.space), "cause": str(error)})
            else:
                return embedder.space, stored.table, vector
        if problem is None:
            raise CatalogEmptyError(_EMPTY)
        raise EmbedderError("no embedder answers; try again shortly", retry_after_s=_AWAY_S) from problem
