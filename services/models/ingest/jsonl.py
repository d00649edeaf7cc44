"""JSON lines in the Hub's shape, plain or gzip; the card in a field `card` or in a folder of ORG__NAME.md files."""

from __future__ import annotations

import asyncio
import errno
import gzip
import io
import zlib
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from services.models.domain.model import Model
from services.models.ingest.hub_record import RecordReader
from services.models.ingest.source import Batch, Raw, SourceError, digest, read_json

_BATCH: Final = 500
_MAX_LINE: Final = 8 * 2**20


class JsonlSource:
    """One file. Its cursor is the number of lines that have been read."""

    def __init__(self, file: Path, *, cards: Path | None, reader: RecordReader) -> None:
        self._file = file
        self._cards = cards
        self._reader = reader
        self.name = file.name
        stat = file.stat()
        self._as_of = datetime.fromtimestamp(stat.st_mtime, tz=UTC)
        self.key = f"jsonl {file.resolve()} {stat.st_size} {stat.st_mtime_ns} {cards.resolve() if cards else ''}"

    async def batches(self, cursor: str) -> AsyncGenerator[Batch]:
        """Yield the lines after the cursor, some at a time. Raises SourceError where the file is cut off or damaged."""
        lines = self._lines(int(cursor or 0))
        while batch := await asyncio.to_thread(self._read, lines):
            yield batch

    def convert(self, raw: Raw, card: str) -> Model:
        """Return the model of a line."""
        source = f"{self.name}: record in the Hub's shape"
        return self._reader.model(raw.data, card=card, source=source, as_of=self._as_of)

    def _lines(self, skip: int) -> Iterator[tuple[int, bytes, float]]:
        """Yield number, line and share read so far."""
        size = max(self._file.stat().st_size, 1)
        with self._file.open("rb") as packed:
            plain: IO[bytes] = packed
            if packed.read(2) == b"\x1f\x8b":
                packed.seek(0)
                plain = io.BufferedReader(gzip.GzipFile(fileobj=packed), 2**20)
            else:
                packed.seek(0)
            number = 0
            while line := self._next(plain, number):
                number += 1
                if len(line) > _MAX_LINE:
                    while not line.endswith(b"\n") and (more := plain.readline(_MAX_LINE)):
                        line = more
                    line = b"\x00"
                if number > skip and line.strip():
                    yield number, line, min(packed.tell() / size, 1.0)

    def _next(self, plain: IO[bytes], number: int) -> bytes:
        try:
            return plain.readline(_MAX_LINE + 1)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise SourceError(
                f"{self.name} is cut off or damaged after line {number:,} ({error}): get it again"
            ) from error

    def _read(self, lines: Iterator[tuple[int, bytes, float]]) -> Batch | None:
        records: list[Raw] = []
        refused: list[tuple[str, str]] = []
        number, position = 0, 0.0
        for number, line, position in lines:  # noqa: B007 - both are needed after the loop
            try:
                data = read_json(line)
            except (ValueError, RecursionError) as error:
                refused.append((f"line {number}", f"is no JSON: {str(error)[:120]}"))
            else:
                if isinstance(data, dict):
                    records.append(self._raw(number, data))
                else:
                    refused.append((f"line {number}", f"is a JSON {type(data).__name__}, not an object"))
            if len(records) + len(refused) >= _BATCH:
                break
        if not number:
            return None
        return Batch(tuple(records), cursor=str(number), position=position, refused=tuple(refused))

    def _raw(self, number: int, data: dict[str, Any]) -> Raw:
        given = data.pop("card", None)
        model_id = str(data.get("id") or data.get("modelId") or "")
        card = given if isinstance(given, str) else self._card_file(model_id)

        async def load() -> str:
            return card

        return Raw(f"line {number}", model_id, data, digest(card), load)

    def _card_file(self, model_id: str) -> str:
        if self._cards is None:
            return ""
        file = self._cards / f"{model_id.replace('/', '__')}.md"
        try:
            return file.read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, IsADirectoryError, ValueError):  # ValueError: no file can be called so
            return ""
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            return ""
