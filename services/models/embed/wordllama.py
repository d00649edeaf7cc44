"""WordLlama's static vectors from the installed wheel: the mean of one vector a token. Fast in bulk, coarser.

Text is tokenised word by word, so that each word is looked up once and remembered: ten times as fast as whole passages,
and the tokens are the same but for line ends, for the vocabulary has none that spans two words.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from services.models.embed.base import LocalEmbedder, Space, Vectors, normalised
from services.models.embed.minilm import package_folder

if TYPE_CHECKING:
    import tokenizers

SPACE: Final = Space(
    embedder="wordllama-l2-supercat",
    dimension=256,
    version="1",
    preference=10,
    floor=0.1,
    ceiling=0.75,
    english_only=True,
)
_MAX_WORDS: Final = 400
_MAX_WORD_CHARS: Final = 64
_AT_ONCE: Final = 64
_REMEMBERED: Final = 65_536
"""Words whose vectors are kept: 64 MiB when full, which only an import reaches."""


class WordLlama(LocalEmbedder):
    """The wheel's table of weights and its tokenizer, loaded at first use, once."""

    space = SPACE

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokenizer: tokenizers.Tokenizer | None = None
        self._table = np.zeros((0, SPACE.dimension), dtype=np.float16)
        self._rows: dict[str, int] = {}
        self._sums: Vectors = np.zeros((0, SPACE.dimension), dtype=np.float32)
        self._counts: npt.NDArray[np.float32] = np.zeros(0, dtype=np.float32)

    def embed_now(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text; blocks for some 0.05 ms a passage."""
        vectors = np.zeros((len(texts), SPACE.dimension), dtype=np.float32)
        with self._lock:
            for start in range(0, len(texts), _AT_ONCE):
                split = [text.split()[:_MAX_WORDS] for text in texts[start : start + _AT_ONCE]]
                self._learn(set().union(*split))
                for row, words in enumerate(split, start):
                    if words:
                        found = list(map(self._rows.__getitem__, words))
                        vectors[row] = self._sums[found].sum(axis=0) / max(self._counts[found].sum(), 1.0)
        return normalised(vectors)

    def _learn(self, words: set[str]) -> None:
        """Remember the sums of the token vectors of words; all others are forgotten when there is no more room."""
        if words <= self._rows.keys():
            return
        tokenizer = self._load()
        if len(self._rows) + len(words) > _REMEMBERED:
            self._rows.clear()
        start = len(self._rows)
        ordered = sorted(words - self._rows.keys())
        if start + len(ordered) > len(self._sums):
            room = max(2 * len(self._sums), start + len(ordered), 1_024)
            self._sums = np.concatenate([self._sums, np.zeros((room - len(self._sums), SPACE.dimension), np.float32)])
            self._counts = np.concatenate([self._counts, np.zeros(room - len(self._counts), np.float32)])
        for row, encoding in enumerate(
            tokenizer.encode_batch([word[:_MAX_WORD_CHARS] for word in ordered], add_special_tokens=False), start
        ):
            self._sums[row] = self._table[encoding.ids].sum(axis=0, dtype=np.float32)
            self._counts[row] = len(encoding.ids)
            self._rows[ordered[row - start]] = row

    def _load(self) -> tokenizers.Tokenizer:
        if self._tokenizer is None:
            import tokenizers

            folder = package_folder("wordllama")
            self._table = mapped(folder / "weights/l2_supercat_256.safetensors")
            tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizers/l2_supercat_tokenizer_config.json"))
            tokenizer.no_truncation()
            tokenizer.no_padding()
            self._tokenizer = tokenizer
        return self._tokenizer


def mapped(file: Path) -> npt.NDArray[np.float16]:
    """Return the one tensor of a safetensors file, float16, as pages of that file: processes share what they read.

    The format: the length of a header, 8 bytes, the lowest first; the header, which is JSON; the numbers.
    """
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        (tensor,) = json.loads(opened.read(length)).values()
    return np.asarray(np.memmap(file, np.float16, "r", offset=8 + length, shape=tuple(tensor["shape"])))
