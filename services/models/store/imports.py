"""Writing: an import gathers documents, passages, vectors and models unseen, until they are published."""

from __future__ import annotations

import operator
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from libs.database import Connection
from libs.errors import ConflictError
from services.models.domain.weighing import Weights

_CLAIM: Final = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
_RELEASE: Final = "SELECT pg_advisory_unlock(hashtextextended($1, 0))"
_LETS_GO_S: Final = 3.0
"""The database holds what a killed process had until the statement ends that it was at."""
_SEEN_BEFORE: Final = """
SELECT sum(seen)::bigint FROM import_shards WHERE import_no = (
    SELECT max(import_no) FROM imports WHERE source_key = $1 AND published_at IS NOT NULL)
"""
_OPEN: Final = """
INSERT INTO imports (source_name, source_key, shards) VALUES ($1, $2, $3)
ON CONFLICT (source_key, shards) WHERE published_at IS NULL DO UPDATE SET source_name = excluded.source_name
RETURNING import_no
"""
_IS_PUBLISHED: Final = "SELECT EXISTS (SELECT 1 FROM imports WHERE source_key = $1 AND published_at IS NOT NULL)"
_OPEN_SHARD: Final = "INSERT INTO import_shards (import_no, shard) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_SHARD: Final = (
    "SELECT cursor, done, seen, unchanged, skipped, refused FROM import_shards WHERE (import_no, shard) = ($1, $2)"
)
_KNOWN: Final = """
SELECT model_id, record_hash, content_hash, card_version, chunker, doc_no FROM models JOIN records USING (model_no)
WHERE model_id = ANY($1::text[])
"""
_KEPT_CARDS: Final = "SELECT doc_no, card FROM documents WHERE doc_no = ANY($1::bigint[])"
_DOCUMENTS: Final = """
INSERT INTO documents (model_id, content_hash, chunker, card)
SELECT * FROM unnest($1::text[], $2::bytea[], $3::text[], $4::text[])
ON CONFLICT (model_id, content_hash, chunker) DO NOTHING
RETURNING doc_no, model_id
"""
_EXISTING: Final = """
SELECT d.doc_no, d.model_id FROM documents d
JOIN unnest($1::text[], $2::bytea[], $3::text[]) AS w (model_id, content_hash, chunker)
    USING (model_id, content_hash, chunker)
"""
_CHUNKS: Final = """
INSERT INTO chunks (doc_no, ordinal, passage, passage_hash, described, words)
SELECT doc_no, ordinal, passage, passage_hash, described, to_tsvector('english', passage)
FROM unnest($1::bigint[], $2::int[], $3::text[], $4::bytea[], $5::boolean[])
    AS c (doc_no, ordinal, passage, passage_hash, described)
RETURNING chunk_no
"""
_STAGE: Final = """
INSERT INTO staged (import_no, model_id, doc_no, record, record_hash, content_hash, card_version, chunker, names,
                    weight_gib, weight_groups)
SELECT $1, * FROM jsonb_to_recordset($2::jsonb) AS s (
    model_id text, doc_no bigint, record jsonb, record_hash bytea, content_hash bytea, card_version bytea, chunker text,
    names text[], weight_gib float8, weight_groups float8[])
ON CONFLICT (import_no, model_id) DO UPDATE SET doc_no = excluded.doc_no, record = excluded.record,
    record_hash = excluded.record_hash, content_hash = excluded.content_hash, card_version = excluded.card_version,
    chunker = excluded.chunker, names = excluded.names, weight_gib = excluded.weight_gib,
    weight_groups = excluded.weight_groups
"""
_REFUSE: Final = "INSERT INTO refused_records VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
_ADVANCE: Final = """
UPDATE import_shards SET cursor = $3, seen = seen + $4, unchanged = unchanged + $5, skipped = skipped + $6,
    refused = refused + $7
WHERE (import_no, shard) = ($1, $2)
"""
_DONE: Final = "UPDATE import_shards SET done = true WHERE (import_no, shard) = ($1, $2)"
_ALL_DONE: Final = """
SELECT i.published_at IS NULL AND i.shards = (
    SELECT count(*) FROM import_shards s WHERE s.import_no = i.import_no AND s.done)
FROM imports i WHERE i.import_no = $1
"""


@dataclass(slots=True)
class Progress:
    """What one shard has done."""

    cursor: str = ""
    done: bool = False
    seen: int = 0
    unchanged: int = 0
    skipped: int = 0
    refused: int = 0

    def add(self, step: Progress) -> None:
        """Count a batch; the cursor becomes the batch's."""
        self.cursor = step.cursor
        self.seen += step.seen
        self.unchanged += step.unchanged
        self.skipped += step.skipped
        self.refused += step.refused

    def __str__(self) -> str:
        return (
            f"{self.seen:,} records, {self.unchanged:,} unchanged, {self.skipped:,} skipped, {self.refused:,} refused"
        )


class Known(NamedTuple):
    """What the catalogue has of a published model, to tell what has changed."""

    record_hash: bytes
    content_hash: bytes
    """Of its passages."""
    card_version: bytes
    chunker: str
    doc_no: int


@dataclass(frozen=True, slots=True)
class Staged:
    """A model to publish: its row, and what tells it from its next version."""

    model_id: str
    doc_no: int
    record: Mapping[str, Any]
    record_hash: bytes
    content_hash: bytes
    card_version: bytes
    chunker: str
    names: Sequence[str]
    weights: Weights | None


@asynccontextmanager
async def alone(connection: Connection, source_key: str, *, shard: int, shards: int) -> AsyncIterator[None]:
    """Keep others from importing the same part meanwhile. Raises ConflictError where one does and goes on."""
    key = f"stack8s models import {shard} {shards} {source_key}"
    if not await _claimed(connection, key):
        raise ConflictError("another process imports this at this time: wait for it, or take another shard")
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute(_RELEASE, key)


@retry(
    retry=retry_if_result(operator.not_),
    wait=wait_fixed(0.1),
    stop=stop_after_delay(_LETS_GO_S),
    retry_error_callback=lambda _: False,
)
async def _claimed(connection: Connection, key: str) -> bool:
    return bool(await connection.fetchval(_CLAIM, key))


async def seen_before(connection: Connection, source_key: str) -> int:
    """Return how many records the source had when it was last imported whole; 0 where it was not."""
    return await connection.fetchval(_SEEN_BEFORE, source_key) or 0


async def open_shard(
    connection: Connection, *, source_name: str, source_key: str, shard: int, shards: int
) -> tuple[int, Progress]:
    """Begin a shard of an import, or go on with the unfinished one. Returns the import's number and the progress."""
    import_no = await connection.fetchval(_OPEN, source_name, source_key, shards)
    await connection.execute(_OPEN_SHARD, import_no, shard)
    row = await connection.fetchrow(_SHARD, import_no, shard)
    assert row is not None, "the line before put it in"
    return import_no, Progress(**dict(row))


async def is_published(connection: Connection, source_key: str) -> bool:
    """Tell whether a source has been published as it is."""
    return bool(await connection.fetchval(_IS_PUBLISHED, source_key))


async def known(connection: Connection, model_ids: Sequence[str]) -> dict[str, Known]:
    """Return those of these models that are published, by id."""
    return {model_id: Known(*rest) for model_id, *rest in await connection.fetch(_KNOWN, list(model_ids))}


async def kept_cards(connection: Connection, doc_numbers: Sequence[int]) -> dict[int, str]:
    """Return the cards of documents, by number."""
    return {r["doc_no"]: r["card"] for r in await connection.fetch(_KEPT_CARDS, list(doc_numbers))}


async def add_documents(
    connection: Connection, documents: Sequence[tuple[str, bytes, str, str]]
) -> tuple[dict[str, int], set[str]]:
    """Add cards: model id, content hash, chunker, card. Returns their numbers by model id, and which ids are new."""
    ids, hashes, chunkers, cards = ([d[i] for d in documents] for i in range(4))
    added = {r["model_id"]: r["doc_no"] for r in await connection.fetch(_DOCUMENTS, ids, hashes, chunkers, cards)}
    numbers = {r["model_id"]: r["doc_no"] for r in await connection.fetch(_EXISTING, ids, hashes, chunkers)} | added
    return numbers, set(added)


async def add_chunks(connection: Connection, chunks: Sequence[tuple[int, int, str, bytes, bool]]) -> list[int]:
    """Add passages: document, ordinal, passage, hash, whether the record is what it is from. Returns their numbers, in
    the same order.
    """
    columns = [[c[i] for c in chunks] for i in range(5)]
    return [r["chunk_no"] for r in await connection.fetch(_CHUNKS, *columns, timeout=300)]


async def stage(connection: Connection, import_no: int, rows: Iterable[Staged]) -> None:
    """Put models where publishing finds them."""
    values = [
        {
            "model_id": s.model_id,
            "doc_no": s.doc_no,
            "record": s.record,
            "record_hash": f"\\x{s.record_hash.hex()}",
            "content_hash": f"\\x{s.content_hash.hex()}",
            "card_version": f"\\x{s.card_version.hex()}",
            "chunker": s.chunker,
            "names": list(s.names),
            "weight_gib": s.weights and s.weights.published_gib,
            "weight_groups": s.weights and s.weights.parameters,
        }
        for s in rows
    ]
    if values:
        await connection.execute(_STAGE, import_no, values)


async def refuse(connection: Connection, import_no: int, rows: Sequence[tuple[str, str]]) -> None:
    """Note records that were refused: where, and why."""
    await connection.executemany(_REFUSE, [(import_no, location[:400], reason[:400]) for location, reason in rows])


async def advance(connection: Connection, import_no: int, shard: int, step: Progress) -> None:
    """Add a batch to a shard's progress; its cursor becomes the batch's."""
    await connection.execute(
        _ADVANCE, import_no, shard, step.cursor, step.seen, step.unchanged, step.skipped, step.refused
    )


async def finish_shard(connection: Connection, import_no: int, shard: int) -> bool:
    """Mark a shard as done. Returns whether it was the last one, so that its worker publishes."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('stack8s models finish'), $1::int)", import_no)
        await connection.execute(_DONE, import_no, shard)
        return bool(await connection.fetchval(_ALL_DONE, import_no))
