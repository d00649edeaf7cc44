"""Spaces of vectors: a table each, an HNSW index each, and which of them answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from libs.database import Connection
from services.models.embed.base import Space

HNSW_LINKS: Final = 16
HNSW_BUILD_WIDTH: Final = 128

_FIND: Final = "SELECT space_no FROM spaces WHERE (embedder, dimension, embedder_version) = ($1, $2, $3)"
_ADD: Final = """
INSERT INTO spaces (embedder, dimension, embedder_version, preference) VALUES ($1, $2, $3, $4)
ON CONFLICT (embedder, dimension, embedder_version) DO UPDATE SET preference = excluded.preference
RETURNING space_no
"""
_LONGEST_S: Final = 24 * 3_600.0
_TURN: Final = "SELECT pg_advisory_xact_lock(hashtext('stack8s models ' || $1))"
_CLAIM: Final = "SELECT pg_try_advisory_lock(hashtext('stack8s models fill'), $1::int)"
_RELEASE: Final = "SELECT pg_advisory_unlock(hashtext('stack8s models fill'), $1::int)"
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS {table} (
    chunk_no bigint PRIMARY KEY,
    doc_no bigint NOT NULL,
    embedding halfvec({dimension}) NOT NULL
);
CREATE INDEX IF NOT EXISTS {table}_doc ON {table} (doc_no);
ALTER TABLE {table} ALTER COLUMN embedding SET STORAGE PLAIN;
"""
_INDEX: Final = """
CREATE INDEX IF NOT EXISTS {table}_near ON {table} USING hnsw (embedding halfvec_cosine_ops)
WITH (m = {links}, ef_construction = {width})
"""
_BUILD_MEMORY: Final = """
SELECT set_config('maintenance_work_mem', '512MB', false)
WHERE pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes('512MB')
"""
_LIST: Final = """
SELECT space_no, embedder, dimension, embedder_version, preference, complete FROM spaces
ORDER BY preference DESC, space_no
"""
_LACKING: Final = """
SELECT EXISTS (
    SELECT 1 FROM models m JOIN chunks c USING (doc_no)
    WHERE NOT EXISTS (SELECT 1 FROM {table} v WHERE v.chunk_no = c.chunk_no)
)
"""
_SIZE: Final = "SELECT count(*) FROM {table}"
_HALF_EMPTY: Final = "SELECT chunk_count > 2 * (SELECT count(*) FROM {table}) FROM catalog"
_DROP_INDEX: Final = "DROP INDEX IF EXISTS {table}_near"
_SET_COMPLETE: Final = "UPDATE spaces SET complete = $2 WHERE space_no = $1 AND complete <> $2"
_MISSING: Final = """
SELECT c.chunk_no, c.doc_no, c.passage, c.passage_hash FROM models m JOIN chunks c USING (doc_no)
WHERE NOT EXISTS (SELECT 1 FROM {table} v WHERE v.chunk_no = c.chunk_no)
ORDER BY m.downloads DESC NULLS LAST, c.chunk_no
LIMIT $1
"""
_MISSING_STAGED: Final = """
SELECT c.chunk_no, c.doc_no, c.passage, c.passage_hash FROM staged s JOIN chunks c USING (doc_no)
WHERE s.import_no = $1 AND NOT EXISTS (SELECT 1 FROM {table} v WHERE v.chunk_no = c.chunk_no)
ORDER BY c.chunk_no LIMIT $2
"""
_KNOWN: Final = """
SELECT DISTINCT ON (c.passage_hash) c.passage_hash, v.embedding
FROM chunks c JOIN {table} v USING (chunk_no) WHERE c.passage_hash = ANY($1::bytea[])
"""

_TAKE_OVER: Final = """
INSERT INTO {table} (chunk_no, doc_no, embedding)
SELECT DISTINCT ON (c.chunk_no) c.chunk_no, c.doc_no, v.embedding
FROM staged s JOIN models m ON m.model_id = s.model_id AND m.doc_no <> s.doc_no
JOIN chunks c ON c.doc_no = s.doc_no
JOIN chunks o ON o.doc_no = m.doc_no AND o.passage_hash = c.passage_hash
JOIN {table} v ON v.chunk_no = o.chunk_no
WHERE s.import_no = $1 AND NOT EXISTS (SELECT 1 FROM {table} h WHERE h.chunk_no = c.chunk_no)
ON CONFLICT (chunk_no) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class StoredSpace:
    """A space that the database knows."""

    space_no: int
    key: tuple[str, int, str]
    preference: int
    complete: bool
    """Whether every passage that is searched has a vector in it."""

    @property
    def table(self) -> str:
        """Table of its vectors; the number is the database's own."""
        return table_of(self.space_no)


class Lacking(NamedTuple):
    """A passage that has no vector in a space."""

    chunk_no: int
    doc_no: int
    passage: str
    passage_hash: bytes


def table_of(space_no: int) -> str:
    """Return the table of a space's vectors."""
    return f"vectors_{space_no:d}"


async def ensure(connection: Connection, space: Space) -> int:
    """Return the number of a space, making it and its table where they are new."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('stack8s models spaces'))")
        found = await connection.fetchval(_FIND, *space.key)
        if found is None:
            found = await connection.fetchval(_ADD, *space.key, space.preference)
            await connection.execute(_TABLE.format(table=table_of(found), dimension=int(space.dimension)))
    return int(found)


async def claim(connection: Connection, space_no: int) -> bool:
    """Take the filling of a space for this session; False where another one has it."""
    return bool(await connection.fetchval(_CLAIM, space_no))


async def release(connection: Connection, space_no: int) -> None:
    """Leave the filling of a space to others."""
    await connection.execute(_RELEASE, space_no)


async def give_memory(connection: Connection) -> None:
    """Give this session's index builds 512 MiB of memory, where the server is not set to give them more."""
    await connection.execute(_BUILD_MEMORY)


@asynccontextmanager
async def in_turn(connection: Connection, what: str) -> AsyncIterator[None]:
    """Hold a transaction that others wait for before they do the same.

    Two imports that make one index, or count words, at once would fail.
    """
    async with connection.transaction():
        await connection.execute(_TURN, what, timeout=_LONGEST_S)
        yield


async def build_index(connection: Connection, space_no: int) -> None:
    """Build the HNSW index of a space where it is not there yet. Readers go on meanwhile; writers wait."""
    statement = _INDEX.format(table=table_of(space_no), links=HNSW_LINKS, width=HNSW_BUILD_WIDTH)
    async with in_turn(connection, table_of(space_no)):
        await connection.execute(statement, timeout=_LONGEST_S)


async def drop_index(connection: Connection, space_no: int) -> None:
    """Drop the HNSW index of a space: before much is added, since to build it anew is faster than to add to it.

    Searches compare every vector meanwhile.
    """
    await connection.execute(_DROP_INDEX.format(table=table_of(space_no)))


async def size(connection: Connection, space_no: int) -> int:
    """Return how many vectors a space has."""
    return int(await connection.fetchval(_SIZE.format(table=table_of(space_no))))


async def half_empty(connection: Connection, space_no: int) -> bool:
    """Tell whether a space lacks more of the searched passages than it has."""
    return bool(await connection.fetchval(_HALF_EMPTY.format(table=table_of(space_no))))


async def list_spaces(connection: Connection) -> list[StoredSpace]:
    """Return all spaces, the most preferred first."""
    return [
        StoredSpace(
            r["space_no"], (r["embedder"], r["dimension"], r["embedder_version"]), r["preference"], r["complete"]
        )
        for r in await connection.fetch(_LIST)
    ]


async def settle(connection: Connection) -> bool:
    """Mark each space as complete or not, by what it holds. Returns whether any changed."""
    changed = False
    for space in await list_spaces(connection):
        lacking = await connection.fetchval(_LACKING.format(table=space.table), timeout=600)
        changed |= (await connection.execute(_SET_COMPLETE, space.space_no, not lacking)) == "UPDATE 1"
    return changed


async def missing(connection: Connection, space_no: int, *, limit: int) -> list[Lacking]:
    """Return searched passages that a space lacks, those of popular models first."""
    return [Lacking(*r) for r in await connection.fetch(_MISSING.format(table=table_of(space_no)), limit)]


async def missing_staged(connection: Connection, space_no: int, import_no: int, *, limit: int) -> list[Lacking]:
    """Return passages that an import will publish without a vector in a space."""
    statement = _MISSING_STAGED.format(table=table_of(space_no))
    return [Lacking(*r) for r in await connection.fetch(statement, import_no, limit)]


async def take_over(connection: Connection, import_no: int) -> None:
    """Give the passages that a changed card still has, as an import staged it, the vectors of its old ones in every
    space: publishing deletes the old ones, and what fills a space later would embed the same text again.
    """
    for space in await list_spaces(connection):
        await connection.execute(_TAKE_OVER.format(table=space.table), import_no, timeout=24 * 3_600)


async def known_vectors(connection: Connection, space_no: int, hashes: list[bytes]) -> dict[bytes, Any]:
    """Return the vectors that a space already has for passages of these hashes."""
    rows = await connection.fetch(_KNOWN.format(table=table_of(space_no)), hashes)
    return {r["passage_hash"]: r["embedding"] for r in rows}


async def add_vectors(connection: Connection, space_no: int, rows: list[tuple[int, int, Any]]) -> None:
    """Add vectors: chunk_no, doc_no, HalfVector. The connection must know pgvector's types."""
    await connection.copy_records_to_table(
        table_of(space_no), records=rows, columns=["chunk_no", "doc_no", "embedding"], timeout=600
    )
