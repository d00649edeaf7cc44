"""An import: read, leave out what has not changed, embed in the fast space, stage; the last shard publishes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from pgvector import HalfVector

from libs.database import Pool
from services.models.domain.names import name_words
from services.models.domain.weighing import weights_of
from services.models.embed.base import Embedder, EmbedderError, Vectors
from services.models.ingest import fill
from services.models.ingest.prepare import Prepared, PreparedBatch, prepare
from services.models.ingest.progress import Meter
from services.models.ingest.source import Source, digest, in_shard
from services.models.store import imports, publishing, spaces

log = logging.getLogger(__name__)

INLINE: Final = 2_000
"""Up to so many new passages are embedded in the better spaces before publishing; more are left to the background."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an import ended."""

    snapshot_id: str
    """Empty when other shards are still at work: the last one publishes."""
    progress: imports.Progress


async def published(pool: Pool, source: Source) -> bool:
    """Tell whether a source has been published as it is now."""
    async with pool.acquire() as connection:
        return await imports.is_published(connection, source.key)


async def run(
    pool: Pool,
    source: Source,
    *,
    fast: Embedder,
    better: Sequence[Embedder] = (),
    shard: int = 0,
    shards: int = 1,
    meter: Meter | None = None,
) -> Outcome:
    """Import a source, or its 0-based shard. Going on after an interruption loses at most one batch.

    Raises ConflictError where another process imports the same at this time.
    """
    meter = meter or Meter(lambda line: None)
    async with pool.acquire() as connection, imports.alone(connection, source.key, shard=shard, shards=shards):
        space_no = await spaces.ensure(connection, fast.space)
        for embedder in better:
            await spaces.ensure(connection, embedder.space)
        import_no, progress = await imports.open_shard(
            connection, source_name=source.name, source_key=source.key, shard=shard, shards=shards
        )
        if not progress.done:
            meter.expect(await imports.seen_before(connection, source.key) // shards)
            await _Staging(pool, source, fast, import_no, space_no, shard, shards, meter).read(progress)
        if not await imports.finish_shard(connection, import_no, shard):
            return Outcome("", progress)
        await spaces.give_memory(connection)
        await publishing.build_indexes(connection)
        await spaces.take_over(connection, import_no)
        for embedder in better:
            try:
                await fill.before_publishing(connection, import_no, embedder, at_most=INLINE, meter=meter)
            except EmbedderError as error:  # the fast space answers meanwhile
                log.warning("vectors are left to the background", extra={"cause": error.message})
        await spaces.build_index(connection, space_no)
        await publishing.refresh_words(connection)
        snapshot_id = await publishing.publish(connection, import_no, source_name=source.name)
        await connection.execute("ANALYZE models, chunks, records, words")
    log.info("import published", extra={"snapshot": snapshot_id, "seen": progress.seen, "refused": progress.refused})
    return Outcome(snapshot_id, progress)


@dataclass(frozen=True, slots=True)
class _Staging:
    """A shard of an import at work: embeds what has changed in the fast space and puts it where publishing finds it."""

    pool: Pool
    source: Source
    fast: Embedder
    import_no: int
    space_no: int
    shard: int
    shards: int
    meter: Meter

    async def read(self, progress: imports.Progress) -> None:
        """Stage all that follows the progress, which grows with each batch."""
        async with self.pool.acquire() as connection:
            room = max(await spaces.size(connection, self.space_no), INLINE)
        writing: asyncio.Task[None] | None = None
        try:
            async with aclosing(self.source.batches(progress.cursor)) as batches:
                async for batch in batches:
                    mine = [r for r in batch.records if in_shard(r.model_id, shard=self.shard, shards=self.shards)]
                    prepared = await prepare(self.pool, self.source, batch, mine)
                    texts = list(dict.fromkeys(text for p in prepared.fresh for text in p.passages.texts))
                    vectors = dict(zip(texts, await self.fast.embed(texts), strict=True)) if texts else {}
                    if writing is not None:
                        await writing
                    if room > 0 >= (room := room - len(texts)):  # more than doubled: the index is built anew at the end
                        async with self.pool.acquire() as connection:
                            await spaces.drop_index(connection, self.space_no)
                    # The database works on a batch while the next one is prepared.
                    writing = asyncio.create_task(self._write(prepared, vectors))
                    progress.add(prepared.step)
                    self.meter.refused(prepared.refused)
                    self.meter.report(progress, position=batch.position)
        finally:  # after a failure too: what was read so far is kept
            if writing is not None:
                await writing

    async def _write(self, batch: PreparedBatch, vectors: Mapping[str, Vectors]) -> None:
        """Write a batch and the progress past it in one transaction. vectors: of the fresh passages, by their text."""
        async with self.pool.acquire() as connection, connection.transaction():
            cards = [(p.model.model_id, p.content_hash, p.chunker, p.card) for p in batch.fresh]
            numbers, added = await imports.add_documents(connection, cards)
            chunks = [
                (numbers[p.model.model_id], ordinal, text, digest(text), p.passages.described)
                for p in batch.fresh
                if p.model.model_id in added
                for ordinal, text in enumerate(p.passages.texts)
            ]
            chunk_numbers = await imports.add_chunks(connection, chunks) if chunks else []
            rows = [(n, c[0], HalfVector(vectors[c[2]])) for n, c in zip(chunk_numbers, chunks, strict=True)]
            if rows:
                await spaces.add_vectors(connection, self.space_no, rows)
            numbers |= batch.documents
            staged = [_staged(p, numbers[p.model.model_id]) for p in batch.changed]
            await imports.stage(connection, self.import_no, staged)
            await imports.refuse(connection, self.import_no, batch.refused)
            await imports.advance(connection, self.import_no, self.shard, batch.step)


def _staged(prepared: Prepared, doc_no: int) -> imports.Staged:
    model = prepared.model
    return imports.Staged(
        model_id=model.model_id,
        doc_no=doc_no,
        record=prepared.record,
        record_hash=prepared.record_hash,
        content_hash=prepared.content_hash,
        card_version=prepared.card_version,
        chunker=prepared.chunker,
        names=sorted(set(name_words(model.model_id))),
        weights=weights_of(model),
    )
