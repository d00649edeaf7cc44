"""Meaning as a vector: the static word vectors that the wordllama wheel holds, averaged over a text."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file
from tokenizers import Tokenizer

DIMENSIONS: Final = 256
_WEIGHTS: Final = "weights/l2_supercat_256.safetensors"
_TOKENIZER: Final = "tokenizers/l2_supercat_tokenizer_config.json"
_BATCH: Final = 256
"""Texts at a time; more would only need more memory."""
_FEW: Final = 32
"""Texts that are sooner encoded one by one than by threads, which must be woken first."""
_MAX_CHARS: Final = 2000

Vectors = npt.NDArray[np.float32]


class StaticEmbedder:
    """Embeds texts by averaging word vectors. Needs no network and no model run; about a microsecond a word."""

    def __init__(self) -> None:
        """Read the weights from the installed wheel. Raises RuntimeError when it is not installed."""
        # The package itself is not imported: it costs most of a second and a download client that is not needed.
        spec = find_spec("wordllama")
        if spec is None or spec.origin is None:
            raise RuntimeError("the package wordllama is not installed; it holds the word vectors")
        folder = Path(spec.origin).parent
        self._vectors = next(iter(load_file(folder / _WEIGHTS).values()))
        self._tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        self._tokenizer.no_padding()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one row of DIMENSIONS a text, of length 1; all zeros for a text without words."""
        rows = np.zeros((len(texts), DIMENSIONS), np.float32)
        for start in range(0, len(texts), _BATCH):
            batch = [t[:_MAX_CHARS] for t in texts[start : start + _BATCH]]
            if len(batch) <= _FEW:
                tokens = [self._tokenizer.encode(t, add_special_tokens=False).ids for t in batch]
            else:
                tokens = [e.ids for e in self._tokenizer.encode_batch(batch, add_special_tokens=False)]
            filled = [i for i, ids in enumerate(tokens) if ids]
            if not filled:
                continue
            counts = np.array([len(tokens[i]) for i in filled])
            starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
            taken = self._vectors[np.concatenate([tokens[i] for i in filled])].astype(np.float32)
            means = np.add.reduceat(taken, starts, axis=0) / counts[:, None]
            lengths = np.linalg.norm(means, axis=1, keepdims=True)
            rows[[start + i for i in filled]] = means / np.maximum(lengths, np.finfo(np.float32).tiny)
        return rows
