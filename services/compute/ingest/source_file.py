"""One file of a source, wherever it lies."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final

from services.compute.ingest.importer import SourceError

MAX_BYTES: Final = 512 * 1024 * 1024
"""Largest file read, unpacked, so that an archive cannot fill memory."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a source, read when asked for."""

    name: str
    """Path within the source, with forward slashes; without .gz."""
    as_of: datetime
    """When the file was last changed, as far as its place tells."""
    load: Callable[[], bytes]

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the path's parts."""
        return PurePosixPath(self.name).parts

    def read(self) -> bytes:
        """Return the content, unpacked. Raises SourceError."""
        try:
            content = self.load()
            return _gunzip(content) if content[:2] == b"\x1f\x8b" else content
        except (OSError, EOFError, zipfile.BadZipFile) as error:
            raise SourceError(f"{self.name} cannot be read: {error}") from error

    def sha256(self) -> str:
        """Return the hash of the content. Raises SourceError."""
        return hashlib.sha256(self.read()).hexdigest()


def _gunzip(content: bytes) -> bytes:
    with gzip.open(BytesIO(content)) as stream:
        unpacked = stream.read(MAX_BYTES + 1)
    if len(unpacked) > MAX_BYTES:
        raise OSError(f"larger than {MAX_BYTES} bytes")
    return unpacked
