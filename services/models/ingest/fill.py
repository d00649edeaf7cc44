"""Fills a space with the vectors that it lacks: before publishing where they are few, in the background where many."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

import asyncpg
from pgvector import HalfVector

from libs.database import Connection, Pool
from services.models.embed.base import Embedder
from services.models.store import imports, spaces

log = logging.getLogger(__name__)

_ROUND: Final = 256


async def before_publishing(connection: Connection, import_no: int, embedder: Embedder, *, at_most: int) -> None:
    """Embed the staged passages that a space lacks, unless they are more than at_most."""
    space_no = await spaces.ensure(connection, embedder.space)
    rows = await spaces.missing_staged(connection, space_no, import_no, limit=at_most + 1)
    if len(rows) > at_most:
        log.info("better vectors are left to the background", extra={"space": str(embedder.space)})
        return
    for start in range(0, len(rows), _ROUND):
        await _embed(connection, space_no, embedder, rows[start : start + _ROUND])
    await spaces.build_index(connection, space_no)


async def fill(pool: Pool, embedder: Embedder, *, report: Callable[[int], None] = lambda count: None) -> int:
    """Embed every searched passage that a space lacks, then let it answer. Returns how many were embedded.

    Only one worker fills a space at a time; another one returns at once.
    """
    done = 0
    async with pool.acquire() as connection:
        space_no = await spaces.ensure(connection, embedder.space)
        if not await spaces.claim(connection, space_no):
            return 0
        try:
            if await spaces.half_empty(connection, space_no):
                await spaces.drop_index(connection, space_no)
            while rows := await spaces.missing(connection, space_no, limit=_ROUND * 8):
                for start in range(0, len(rows), _ROUND):
                    await _embed(connection, space_no, embedder, rows[start : start + _ROUND])
                    done += len(rows[start : start + _ROUND])
                    report(done)
                    await asyncio.sleep(0)
            await spaces.build_index(connection, space_no)
            if await spaces.settle(connection):
                await imports.bump(connection)
                log.info("a space of vectors is complete", extra={"space": str(embedder.space), "embedded": done})
        finally:
            await spaces.release(connection, space_no)
    return done


async def _embed(connection: Connection, space_no: int, embedder: Embedder, rows: Sequence[asyncpg.Record]) -> None:
    """Add the vectors of passages; one that the space already has for the same text is taken over."""
    known: dict[bytes, Any] = await spaces.known_vectors(connection, space_no, [r["passage_hash"] for r in rows])
    texts = {r["passage_hash"]: r["passage"] for r in rows if r["passage_hash"] not in known}
    if texts:
        fresh = await embedder.embed(list(texts.values()))
        known |= {key: HalfVector(vector) for key, vector in zip(texts, fresh, strict=True)}
    await spaces.add_vectors(
        connection, space_no, [(r["chunk_no"], r["doc_no"], known[r["passage_hash"]]) for r in rows]
    )
