"""What an importer reads: batches of raw records, each with a card that is loaded only when it is needed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from libs.errors import Stack8sError
from services.models.domain.model import Model

_UNSTORABLE: Final = re.compile(rb"\\u(?:0000|d[89a-f])", re.IGNORECASE)
"""Escapes of what strings of JSON may hold, but no text of a database."""


@dataclass(frozen=True, slots=True)
class Raw:
    """One record as the source gave it."""

    location: str
    """Line, path or id: where a refused record is found again."""
    model_id: str
    data: Mapping[str, Any]
    card_version: bytes
    """Changes when the card does."""
    load_card: Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records, and where to go on after them."""

    records: tuple[Raw, ...]
    cursor: str
    position: float | None = None
    """Share of the whole that has been read, 0 to 1; None where the source does not tell its size."""
    skipped: int = 0
    """Gated or private records that were left out."""
    refused: tuple[tuple[str, str], ...] = field(default=())
    """Location and reason of what is no record at all."""


class Source(Protocol):
    """A place that models come from."""

    @property
    def name(self) -> str:
        """Name of the source in the catalogue's info."""

    @property
    def key(self) -> str:
        """What is read and how; an interrupted import goes on only under the same key."""

    def batches(self, cursor: str) -> AsyncGenerator[Batch]:
        """Yield the records after a cursor; an empty one means from the beginning."""

    def convert(self, raw: Raw, card: str) -> Model:
        """Return the model of a record. Raises RefusedRecordError."""


class SourceError(Stack8sError):
    """The source does not give what is needed; what was read so far is kept, and the next run goes on after it."""

    reason = "MODELS_SOURCE_FAILED"


class CardUnavailableError(Exception):
    """The card cannot be read. The record is kept without it.

    lasting: it is gated, private or withdrawn, so that there is no use in asking again before the source changes.
    """

    def __init__(self, message: str, *, lasting: bool) -> None:
        super().__init__(message)
        self.lasting = lasting


def digest(*parts: bytes | str) -> bytes:
    """Return a hash of the parts that does not confuse where one ends."""
    whole = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        whole.update(len(data).to_bytes(8, "big"))
        whole.update(data)
    return whole.digest()


def digest_json(value: Any) -> bytes:
    """Return a hash of a JSON value that does not depend on the order of keys."""
    return digest(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str))


def read_json(text: bytes) -> Any:
    """Return a JSON value whose strings a database can hold: without NUL, halves of surrogate pairs as question marks.

    Raises ValueError for what is no JSON, RecursionError for what lies too deep.
    """
    value = json.loads(text)
    return _storable(value) if _UNSTORABLE.search(text) else value


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_storable(key): _storable(inner) for key, inner in value.items()}
    return [_storable(inner) for inner in value] if isinstance(value, list) else value


def in_shard(model_id: str, *, shard: int, shards: int) -> bool:
    """Tell whether a model belongs to a shard, 0-based: the same for every worker and run."""
    return shards == 1 or int.from_bytes(digest(model_id)[:8], "big") % shards == shard
