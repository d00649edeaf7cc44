"""Loads what searches compare in memory: the vectors of a space and the columns that filters ask about."""

from __future__ import annotations

import asyncio
from typing import Final

import numpy as np
import numpy.typing as npt

from libs.database import Connection
from services.models.domain.columns import CATEGORIES, NUMBERS, Columns
from services.models.domain.scan import BYTES_BESIDE, Scan, as_int8
from services.models.store.spaces import StoredSpace

_BLOCK: Final = 4096
"""Rows read at a time: few enough that what is read takes little memory and others are answered meanwhile."""
_SIZES: Final = """
SELECT (SELECT count(*) FROM models) AS models, (SELECT count(*) FROM {table} JOIN models USING (doc_no)) AS passages
"""
_MODELS: Final = f"""
SELECT doc_no, {", ".join((*CATEGORIES, *NUMBERS))} FROM models WHERE doc_no > $1 ORDER BY doc_no LIMIT {_BLOCK}
"""  # noqa: S608
# The wire form of a halfvec: dimension and a reserved field, 16 bits each, then the halves; the highest byte first.
_PASSAGES: Final = """
SELECT max(chunk_no) AS last, string_agg(int8send(doc_no), ''::bytea ORDER BY chunk_no) AS documents,
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
    if sizes["passages"] * (dimension + BYTES_BESIDE) > most_bytes:
        return None
    documents, columns = await _models(connection, sizes["models"])
    codes = np.empty((sizes["passages"], dimension), np.int8)
    scales, owners = np.empty(len(codes), np.float32), np.empty(len(codes), np.int32)
    statement = _PASSAGES.format(table=space.table, rows=_BLOCK)
    filled, last = 0, 0
    while filled < len(codes):
        block = await connection.fetchrow(statement, last)
        assert block is not None, "it has one row"
        last = block["last"]
        of, vectors = await asyncio.to_thread(_read, block["documents"], block["vectors"], dimension, documents)
        place = slice(filled, filled + len(of))
        owners[place] = of
        codes[place], scales[place] = vectors
        filled += len(of)
    return Scan(columns, documents, codes, scales, owners)


async def _models(connection: Connection, count: int) -> tuple[npt.NDArray[np.int64], Columns]:
    """Return the documents of all models, rising, and the columns in the same order."""
    documents, columns = np.zeros(count, np.int64), Columns(count)
    last = 0
    while len(columns) < count:
        rows = await connection.fetch(_MODELS, last)
        documents[len(columns) : len(columns) + len(rows)] = [r["doc_no"] for r in rows]
        await asyncio.to_thread(columns.add, rows)
        last = rows[-1]["doc_no"]
    return documents, columns


def _read(
    of: bytes, vectors: bytes, dimension: int, documents: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.intp], tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]]:
    """Return the places of the models and the int8 vectors of those passages of a block that are published."""
    numbers = np.frombuffer(of, ">i8")
    places = np.searchsorted(documents, numbers)
    published = documents[np.minimum(places, len(documents) - 1)] == numbers
    wire = np.frombuffer(vectors, np.dtype([("head", ">u2", 2), ("halves", ">f2", dimension)]))
    return places[published], as_int8(wire["halves"][published].astype(np.float32))
