"""Fills a space with the vectors that it lacks: before publishing where they are few, in the background where many."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from pgvector import HalfVector

from libs.database import Connection, Pool
from services.models.embed.base import Embedder
from services.models.ingest.progress import Meter
from services.models.store import publishing, spaces, versions
from services.models.store.spaces import Lacking

log = logging.getLogger(__name__)

_ROUND: Final = 16
"""Passages between two looks at whether to stop: some seconds of the embedded encoder."""
_REMOTE_ROUND: Final = 256
_READ: Final = 2_048


async def before_publishing(
    connection: Connection, import_no: int, embedder: Embedder, *, at_most: int, meter: Meter
) -> None:
    """Embed the staged passages that a space lacks, unless they are more than at_most. Raises EmbedderError."""
    space_no = await spaces.ensure(connection, embedder.space)
    rows = await spaces.missing_staged(connection, space_no, import_no, limit=at_most + 1)
    if len(rows) > at_most:
        log.info("better vectors are left to the background", extra={"space": str(embedder.space)})
        return
    began = meter.now()
    for start, some in _rounds(rows, embedder):
        await _embed(connection, space_no, embedder, some)
        meter.embedded(start + len(some), len(rows), space=embedder.space.embedder, began=began)
    await spaces.build_index(connection, space_no)


async def keep_filled(
    pool: Pool, embedder: Embedder, *, every_s: float, report: Callable[[int], None] = lambda count: None
) -> None:
    """Fill a space, and again whenever the catalogue has changed; what failed is tried again. Never returns.

    every_s: how often it is looked whether there is something to do, in seconds.
    """
    filled = -1
    while True:
        try:
            version = await versions.version(pool)
            if version != filled and await fill(pool, embedder, report=report) is not None:
                filled = version
        except Exception as error:
            log.warning("filling a space failed", extra={"space": str(embedder.space), "cause": str(error)[:400]})
        await asyncio.sleep(every_s)


async def fill(pool: Pool, embedder: Embedder, *, report: Callable[[int], None] = lambda count: None) -> int | None:
    """Embed every searched passage that a space lacks, then let it answer. Returns how many were embedded.

    Only one worker fills a space at a time; another one returns None at once. Raises EmbedderError.
    """
    done = 0
    async with pool.acquire() as connection:
        space_no = await spaces.ensure(connection, embedder.space)
        if not await spaces.claim(connection, space_no):
            return None
        try:
            if await spaces.half_empty(connection, space_no):
                await spaces.drop_index(connection, space_no)
            while rows := await spaces.missing(connection, space_no, limit=_READ):
                for _, some in _rounds(rows, embedder):
                    await _embed(connection, space_no, embedder, some)
                    done += len(some)
                    report(done)
                    await asyncio.sleep(0)
            await spaces.build_index(connection, space_no)
            if await spaces.settle(connection):
                await publishing.bump(connection)
                log.info("a space of vectors is complete", extra={"space": str(embedder.space), "embedded": done})
        finally:
            if not connection.is_closed():
                await spaces.release(connection, space_no)
    return done


def _rounds(rows: Sequence[Lacking], embedder: Embedder) -> Iterator[tuple[int, Sequence[Lacking]]]:
    """Yield the rows in parts that are embedded at once, each with the place of its first."""
    size = _REMOTE_ROUND if embedder.space.remote else _ROUND
    for start in range(0, len(rows), size):
        yield start, rows[start : start + size]


async def _embed(connection: Connection, space_no: int, embedder: Embedder, rows: Sequence[Lacking]) -> None:
    """Add the vectors of passages; one that the space already has for the same text is taken over."""
    known: dict[bytes, Any] = await spaces.known_vectors(connection, space_no, [r.passage_hash for r in rows])
    texts = {r.passage_hash: r.passage for r in rows if r.passage_hash not in known}
    if texts:
        fresh = await embedder.embed(list(texts.values()))
        known |= {key: HalfVector(vector) for key, vector in zip(texts, fresh, strict=True)}
    await spaces.add_vectors(connection, space_no, [(r.chunk_no, r.doc_no, known[r.passage_hash]) for r in rows])
