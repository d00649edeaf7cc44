"""Candidates for a wish in one round trip: by vector, also in the likely tasks, by words, downloads and language.

Where passages are compared in memory only words are left to the database: domain/gathering.py finds the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pgvector import HalfVector

from libs.database import Pool
from services.models.domain.filters import ModelFilter
from services.models.domain.gathering import POPULAR, width
from services.models.domain.model import REPACKAGINGS, Relation
from services.models.domain.ranking import Candidate
from services.models.embed.base import Vectors
from services.models.store import near
from services.models.store.filtering import Where

BY_WORDS: Final = 60
"""Passages taken by words."""
MAX_WORD_SHARE: Final = 0.005
MIN_WORD_CAP: Final = 300
"""Words that stand in more chunks than both tell nothing and cost much: they are left out."""
MAX_TERMS: Final = 10
_LIMITS: Final = {
    "BY_WORDS": BY_WORDS,
    "POPULAR": POPULAR,
    "MAX_WORD_SHARE": MAX_WORD_SHARE,
    "MIN_WORD_CAP": MIN_WORD_CAP,
    "MAX_TERMS": MAX_TERMS,
}

# Of each document that passes the share of the wish's telling words, by weight, that one of its passages holds.
_BY_WORDS: Final = """
terms AS MATERIALIZED (
    SELECT w.word, ln(1 + k.chunk_count::float8 / w.chunk_count) AS weight
    FROM catalog k, unnest(tsvector_to_array(to_tsvector('english', {query}))) AS q (word) JOIN words w USING (word)
    WHERE w.chunk_count <= greatest({MIN_WORD_CAP}, k.chunk_count * {MAX_WORD_SHARE}) AND position('\\' IN w.word) = 0
    ORDER BY w.chunk_count, w.word LIMIT {MAX_TERMS}
),
worded_chunks AS MATERIALIZED (
    SELECT c.chunk_no, c.doc_no, t.weight FROM terms t JOIN chunks c ON c.words @@ quote_literal(t.word)::tsquery
),
by_words AS (
    SELECT c.chunk_no, c.doc_no, sum(c.weight) AS weight FROM worded_chunks c
    WHERE (SELECT {where} FROM models m WHERE m.doc_no = c.doc_no)
    GROUP BY c.chunk_no, c.doc_no ORDER BY weight DESC, c.chunk_no LIMIT {BY_WORDS}
),
worded AS (
    SELECT doc_no, max(weight) / greatest((SELECT sum(weight) FROM terms), 1e-9) AS words FROM by_words GROUP BY doc_no
)"""
_WORDED: Final = """
WITH {worded}
SELECT k.version, w.doc_no, w.words FROM catalog k LEFT JOIN worded w ON true
"""
_CANDIDATES: Final = """
WITH {worded}, {near},
popular AS (
    SELECT p.doc_no FROM unnest({tasks}) AS likely (task) CROSS JOIN LATERAL (
        SELECT m.doc_no FROM models m WHERE m.task = likely.task AND {where}
        ORDER BY m.downloads DESC NULLS LAST, m.model_no LIMIT {POPULAR}
    ) p
),
speaking AS (
    SELECT p.doc_no FROM unnest({tasks}) AS likely (task) CROSS JOIN LATERAL (
        SELECT m.doc_no FROM models m WHERE m.task = likely.task AND m.languages @> {languages} AND {where}
        ORDER BY m.downloads DESC NULLS LAST, m.model_no LIMIT {POPULAR}
    ) p WHERE {languages} <> '{{}}'
),
found AS (
    SELECT doc_no FROM near UNION SELECT doc_no FROM by_words
    UNION SELECT doc_no FROM popular UNION SELECT doc_no FROM speaking
),
docs AS (
    SELECT doc_no FROM found
    UNION
    SELECT (
        SELECT m.doc_no FROM models r JOIN models m ON m.model_id = r.base_model
        WHERE r.doc_no = found.doc_no AND r.relation = ANY({repackagings}) AND {where}
    ) FROM found
),
best AS (
    SELECT docs.doc_no, nearest.chunk_no, 1 - nearest.distance AS cosine FROM docs CROSS JOIN LATERAL (
        SELECT v.chunk_no, v.embedding <=> {vector} AS distance FROM {table} v WHERE v.doc_no = docs.doc_no
        ORDER BY 2, 1 LIMIT 1
    ) nearest
),
scored AS (  -- OFFSET 0: looked up one by one, however many the planner expects; the filter has the last word
    SELECT m.*, b.cosine, b.chunk_no, coalesce(w.words, 0) AS words
    FROM best b LEFT JOIN worded w USING (doc_no)
    CROSS JOIN LATERAL (
        SELECT m.*, {satisfied} AS satisfied FROM models m WHERE m.doc_no = b.doc_no AND {where} OFFSET 0
    ) m
)
SELECT k.version, s.model_no, s.model_id, s.task, s.base_model, s.relation, s.downloads, s.likes,
       s.languages, s.cosine, s.chunk_no, s.words, s.satisfied
FROM catalog k LEFT JOIN scored s ON true
ORDER BY s.model_id
"""

_LISTED: Final = """
SELECT k.version, m.model_no, m.model_id, m.task, m.base_model, m.relation, m.downloads, m.likes,
       m.languages, 0::float8 AS cosine, 0::bigint AS chunk_no, 0::float8 AS words, true AS satisfied
FROM catalog k LEFT JOIN (
    SELECT m.* FROM models m WHERE {where} ORDER BY m.downloads DESC NULLS LAST, m.model_no LIMIT {limit}
) m ON true
ORDER BY m.model_id
"""

_BY_ID: Final = """
SELECT k.version, m.model_no, m.model_id, m.task, m.base_model, m.relation, m.downloads, m.likes,
       m.languages, 0::float8 AS cosine, 0::bigint AS chunk_no, 0::float8 AS words, true AS satisfied
FROM catalog k LEFT JOIN (SELECT m.* FROM models m WHERE m.model_no = ANY({numbers}) AND {where}) m ON true
ORDER BY m.model_id
"""


@dataclass(frozen=True, slots=True)
class Found:
    """Candidates, and the version of the catalogue that they come from."""

    version: int
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Worded:
    """Shares of a wish's telling words by the document whose passage has them, and the version that they come from."""

    version: int
    shares: dict[int, float]


async def worded(pool: Pool, *, query: str, wanted: ModelFilter, said: ModelFilter) -> Worded:
    """Return the documents with passages that hold most of a wish's rare words.

    wanted: what models must state; said: what they must not break.
    """
    where = Where(wanted, said)
    names = {"where": where.sql, "query": f"{where.bind(query)}::text"}
    by_words = _BY_WORDS.format(**names, **_LIMITS)
    rows = await pool.fetch(_WORDED.format(worded=by_words), *where.parameters)
    return Worded(rows[0]["version"], {r["doc_no"]: r["words"] for r in rows if r["doc_no"] is not None})


async def candidates(
    pool: Pool,
    *,
    table: str,
    query: str,
    vector: Vectors,
    wanted: ModelFilter,
    said: ModelFilter,
    tasks: Sequence[str],
    languages: Sequence[str],
    counts: Mapping[str, int],
    chunk_count: int,
    limit: int,
    exact: bool = False,
) -> Found:
    """Return what may answer a wish, in the order of ids.

    wanted: what models must state; said: what they must not break. languages: those that the wish names. limit: results
    that are asked for. The sizes counts and chunk_count and exact tell how the nearest are found (near.tables).
    """
    where = Where(wanted, said)
    names = {
        "table": table,
        "where": where.sql,
        "satisfied": where.satisfied,
        "query": f"{where.bind(query)}::text",
        "vector": f"{where.bind(HalfVector(vector))}::halfvec",
        "tasks": f"{where.bind(list(tasks))}::text[]",
        "languages": f"{where.bind(list(languages))}::text[]",
        "repackagings": f"{where.bind(sorted(REPACKAGINGS))}::smallint[]",
        "width": width(limit),
    }
    found = near.tables(
        names,
        wanted=wanted,
        filtered=where.sql != "true",
        tasks=tasks,
        counts=counts,
        chunk_count=chunk_count,
        exact=exact,
    )
    by_words = _BY_WORDS.format(**names, **_LIMITS)
    return _found(
        await pool.fetch(_CANDIDATES.format(worded=by_words, near=found, **names, **_LIMITS), *where.parameters)
    )


async def listed(pool: Pool, *, wanted: ModelFilter, limit: int) -> Found:
    """Return the most downloaded models that pass the filter."""
    where = Where(wanted)
    return _found(await pool.fetch(_LISTED.format(where=where.sql, limit=where.bind(limit)), *where.parameters))


async def by_number(pool: Pool, *, numbers: Sequence[int], wanted: ModelFilter) -> Found:
    """Return those of these models that pass the filter."""
    where = Where(wanted)
    numbers_at = f"{where.bind(list(numbers))}::bigint[]"
    return _found(await pool.fetch(_BY_ID.format(where=where.sql, numbers=numbers_at), *where.parameters))


def _found(rows: Sequence[Any]) -> Found:
    return Found(
        version=rows[0]["version"],
        candidates=tuple(
            Candidate(
                model_no=r["model_no"],
                model_id=r["model_id"],
                task=r["task"],
                base_model=r["base_model"],
                relation=Relation(r["relation"]),
                downloads=r["downloads"],
                likes=r["likes"],
                cosine=r["cosine"],
                words=r["words"],
                chunk_no=r["chunk_no"],
                languages=tuple(r["languages"]),
                satisfied=r["satisfied"],
            )
            for r in rows
            if r["model_no"] is not None
        ),
    )
