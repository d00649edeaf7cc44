"""WordLlama's static vectors from the installed wheel: the mean of one vector a token. Fast in bulk, coarser."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from services.models.embed.base import Space, Vectors, normalised
from services.models.embed.minilm import package_folder

if TYPE_CHECKING:
    import tokenizers

SPACE: Final = Space(
    embedder="wordllama-l2-supercat", dimension=256, version="1", preference=10, floor=0.1, ceiling=0.75
)
_MAX_TOKENS: Final = 512


class WordLlama:
    """The wheel's table of weights and its tokenizer, loaded at first use, once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: tuple[tokenizers.Tokenizer, Vectors] | None = None

    @property
    def space(self) -> Space:
        """The space that the vectors lie in."""
        return SPACE

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text, in their order."""
        return await asyncio.to_thread(self.embed_now, texts)

    def embed_now(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text; blocks for some 0.05 ms a text."""
        tokenizer, table = self._load()
        vectors = np.zeros((len(texts), SPACE.dimension), dtype=np.float32)
        for row, encoding in enumerate(tokenizer.encode_batch(list(texts), add_special_tokens=False)):
            if encoding.ids:
                vectors[row] = table[encoding.ids].mean(axis=0, dtype=np.float32)
        return normalised(vectors)

    def _load(self) -> tuple[tokenizers.Tokenizer, Vectors]:
        with self._lock:
            if self._loaded is None:
                import safetensors.numpy
                import tokenizers

                folder = package_folder("wordllama")
                tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizers/l2_supercat_tokenizer_config.json"))
                tokenizer.enable_truncation(_MAX_TOKENS)
                tokenizer.no_padding()
                (table,) = safetensors.numpy.load_file(folder / "weights/l2_supercat_256.safetensors").values()
                self._loaded = (tokenizer, table)
            return self._loaded
