"""Loads what searches compare in memory: the vectors of a space and the columns that filters ask about."""

from __future__ import annotations

import asyncio
from typing import Final

import asyncpg
import numpy as np
import numpy.typing as npt

from libs.database import Connection
from services.models.domain.columns import CATEGORIES, NUMBERS, WEIGHTS, Columns
from services.models.domain.directory import Directory
from services.models.domain.scan import BYTES_BESIDE, Passages, Scan, as_int16
from services.models.embed.base import normalised
from services.models.store.spaces import StoredSpace

_BLOCK: Final = 1024
"""Rows read at a time: few enough that what is read takes little memory and others are answered meanwhile."""
_SIZES: Final = """
SELECT (SELECT count(*) FROM models) AS models, (SELECT count(*) FROM {table} JOIN models USING (doc_no)) AS passages
"""
_MODELS: Final = f"""
SELECT doc_no, model_no, model_id, {", ".join((*CATEGORIES, *NUMBERS, WEIGHTS))}
FROM models WHERE doc_no > $1 ORDER BY doc_no LIMIT {_BLOCK}
"""  # noqa: S608
# The wire form of a halfvec: dimension and a reserved field, 16 bits each, then the halves; the highest byte first.
_PASSAGES: Final = """
SELECT string_agg(int8send(chunk_no), ''::bytea ORDER BY chunk_no) AS chunks,
       string_agg(int8send(doc_no), ''::bytea ORDER BY chunk_no) AS documents,
       string_agg(halfvec_send(embedding), ''::bytea ORDER BY chunk_no) AS vectors
FROM (SELECT * FROM {table} WHERE chunk_no > $1 ORDER BY chunk_no LIMIT {rows}) b
"""


async def load(connection: Connection, space: StoredSpace, *, most_bytes: int) -> Scan | None:
    """Return the passages that are searched in a space, or None where they take more memory than most_bytes.

    The transaction must be repeatable read: what is counted first is read later.
    """
    dimension = space.key[1]
    sizes = await connection.fetchrow(_SIZES.format(table=space.table))
    assert sizes is not None, "it has one row"
    if sizes["passages"] * (2 * dimension + BYTES_BESIDE) > most_bytes:
        return None
    documents, directory = await _models(connection, sizes["models"])
    passages = Passages.room(sizes["passages"], dimension)
    statement = _PASSAGES.format(table=space.table, rows=_BLOCK)
    filled, last = 0, 0
    while filled < len(passages.chunks):
        block = await connection.fetchrow(statement, last)
        assert block is not None, "it has one row"
        last = int(np.frombuffer(block["chunks"], ">i8")[-1])
        filled += await asyncio.to_thread(_put, passages, filled, block, documents)
    return await asyncio.to_thread(Scan, directory, passages)


async def _models(connection: Connection, count: int) -> tuple[npt.NDArray[np.int64], Directory]:
    """Return the documents of all models, rising, and the models in the same order."""
    documents, numbers = np.zeros((2, count), np.int64)
    columns, ids = Columns(count), list[str]()
    last = 0
    while len(columns) < count:
        rows = await connection.fetch(_MODELS, last)
        place = slice(len(columns), len(columns) + len(rows))
        documents[place], numbers[place] = [r["doc_no"] for r in rows], [r["model_no"] for r in rows]
        ids.extend(r["model_id"] for r in rows)
        await asyncio.to_thread(columns.add, rows)
        last = rows[-1]["doc_no"]
    return documents, await asyncio.to_thread(Directory, columns, documents=documents, numbers=numbers, ids=ids)


def _put(passages: Passages, filled: int, block: asyncpg.Record, documents: npt.NDArray[np.int64]) -> int:
    """Put those passages of a block that are published behind the ones that are there. Returns how many they are."""
    of = np.frombuffer(block["documents"], ">i8")
    owners = np.searchsorted(documents, of)
    published = documents[np.minimum(owners, len(documents) - 1)] == of
    count = int(published.sum())
    place = slice(filled, filled + count)
    wire = np.frombuffer(block["vectors"], np.dtype([("head", ">u2", 2), ("halves", ">f2", passages.codes.shape[1])]))
    vectors = normalised(wire["halves"][published].astype(np.float32))
    passages.chunks[place] = np.frombuffer(block["chunks"], ">i8")[published]
    passages.owners[place] = owners[published]
    passages.codes[place], passages.rest[place], passages.scales[place] = as_int16(vectors)
    return count
