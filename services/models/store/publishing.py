"""Publishing: what an import has staged becomes what answers, in one transaction; indexes and counts of words."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from libs.database import Connection
from services.models.store import inherited_weights, spaces

_STAGED_COUNT: Final = "SELECT count(*) FROM staged WHERE import_no = $1"
_PUBLISH_MODELS: Final = """
WITH put AS (
    INSERT INTO models (model_id, doc_no, task, license_id, license_class, open_source, parameters, weight_gib,
                        weight_groups, languages, library, gated, base_model, relation, downloads, likes)
    SELECT s.model_id, s.doc_no, r.task, r.license ->> 'license_id', (r.license ->> 'license_class')::smallint,
           (r.license ->> 'open_source')::boolean, r.parameters, s.weight_gib, s.weight_groups, r.languages,
           r.library, r.gated, r.base_model, r.relation, r.downloads, r.likes
    FROM staged s, jsonb_to_record(s.record) AS r (
        task text, license jsonb, parameters bigint, languages text[], library text, gated boolean,
        base_model text, relation smallint, downloads bigint, likes bigint)
    WHERE s.import_no = $1
    ORDER BY s.model_id
    ON CONFLICT (model_id) DO UPDATE SET doc_no = excluded.doc_no, task = excluded.task,
        license_id = excluded.license_id, license_class = excluded.license_class, open_source = excluded.open_source,
        parameters = excluded.parameters, weight_gib = excluded.weight_gib, weight_groups = excluded.weight_groups,
        languages = excluded.languages, library = excluded.library, gated = excluded.gated,
        base_model = excluded.base_model, relation = excluded.relation,
        downloads = excluded.downloads, likes = excluded.likes
    RETURNING model_no, model_id
)
INSERT INTO records (model_no, record, record_hash, content_hash, card_version, chunker, source_name, names)
SELECT p.model_no, s.record, s.record_hash, s.content_hash, s.card_version, s.chunker, $2, s.names
FROM put p JOIN staged s ON s.import_no = $1 AND s.model_id = p.model_id
ON CONFLICT (model_no) DO UPDATE SET record = excluded.record, record_hash = excluded.record_hash,
    content_hash = excluded.content_hash, card_version = excluded.card_version, chunker = excluded.chunker,
    source_name = excluded.source_name, names = excluded.names
"""
_ORPHANS: Final = """
SELECT d.doc_no FROM documents d JOIN staged s USING (model_id)
WHERE s.import_no = $1 AND NOT EXISTS (SELECT 1 FROM models m WHERE m.doc_no = d.doc_no)
"""
_SNAPSHOT: Final = """
UPDATE catalog SET version = version + 1, snapshot_id = $1, published_at = $2,
    model_count = (SELECT count(*) FROM models),
    chunk_count = (SELECT count(*) FROM models JOIN chunks USING (doc_no))
RETURNING model_count
"""
_CLOSE: Final = "UPDATE imports SET published_at = $2, snapshot_id = $3 WHERE import_no = $1"
_BUMP: Final = "UPDATE catalog SET version = version + 1"
_CHUNK_INDEXES: Final = (
    "CREATE INDEX IF NOT EXISTS chunks_words ON chunks USING gin (words) WITH (fastupdate = off)",
    "CREATE INDEX IF NOT EXISTS chunks_passage ON chunks USING hash (passage_hash)",
)
_WORDS: Final = """
INSERT INTO words SELECT word, ndoc FROM ts_stat('SELECT words FROM chunks') WHERE length(word) <= 64
"""
_WORDS_STALE: Final = """
SELECT (SELECT count(*) FROM chunks) > 1.1 * coalesce((SELECT sum(chunk_count) FROM words WHERE word = ''), 0)
"""
_WORDS_TOTAL: Final = "INSERT INTO words SELECT '', count(*) FROM chunks"


async def publish(connection: Connection, import_no: int, *, source_name: str) -> str:
    """Make an import what answers, in one transaction: readers see all of it or none. Returns the snapshot's id.

    An import that changes nothing keeps the snapshot that answers.
    """
    async with spaces.in_turn(connection, "publish"):
        now = datetime.now(UTC)
        staged = await connection.fetchval(_STAGED_COUNT, import_no)
        snapshot_id: str = await connection.fetchval("SELECT snapshot_id FROM catalog")
        if staged or not snapshot_id:
            snapshot_id = f"models-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
            await connection.execute(_PUBLISH_MODELS, import_no, source_name, timeout=600)
            await inherited_weights.settle(connection, import_no)
            orphans = [r["doc_no"] for r in await connection.fetch(_ORPHANS, import_no, timeout=600)]
            await _forget(connection, orphans)
            await connection.execute("DELETE FROM staged WHERE import_no = $1", import_no)
            count = await connection.fetchval(_SNAPSHOT, snapshot_id, now, timeout=600)
            await connection.execute("INSERT INTO snapshots VALUES ($1, $2, $3)", snapshot_id, now, count)
            await spaces.settle(connection)
        await connection.execute(_CLOSE, import_no, now, snapshot_id)
    return snapshot_id


async def bump(connection: Connection) -> None:
    """Tell readers that what they keep in memory has changed."""
    await connection.execute(_BUMP)


async def build_indexes(connection: Connection) -> None:
    """Build the indexes of passages where they are not there yet: once, after the first import has filled the table."""
    async with spaces.in_turn(connection, "passages"):
        for statement in _CHUNK_INDEXES:
            await connection.execute(statement, timeout=3_600)


async def refresh_words(connection: Connection) -> None:
    """Count words anew when the passages have grown by a tenth since the last count."""
    async with spaces.in_turn(connection, "words"):
        if not await connection.fetchval(_WORDS_STALE):
            return
        await connection.execute("DELETE FROM words")
        await connection.execute(_WORDS, timeout=600)
        await connection.execute(_WORDS_TOTAL)


async def _forget(connection: Connection, doc_numbers: Sequence[int]) -> None:
    if not doc_numbers:
        return
    for space in await spaces.list_spaces(connection):
        await connection.execute(f"DELETE FROM {space.table} WHERE doc_no = ANY($1::bigint[])", doc_numbers)  # noqa: S608
    await connection.execute("DELETE FROM chunks WHERE doc_no = ANY($1::bigint[])", doc_numbers)
    await connection.execute("DELETE FROM documents WHERE doc_no = ANY($1::bigint[])", doc_numbers)
