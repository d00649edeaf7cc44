"""Reading models of the catalogue: their records and passages, by id or name, and what came from them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from libs.database import Pool
from services.models.domain.model import Model, Relation, is_repackaging
from services.models.domain.names import Named, name_words
from services.models.domain.sizing.weight_groups import Groups
from services.models.domain.variants import Kin

_RESULTS: Final = """
SELECT w.model_no, r.record::text, m.weight_groups, c.passage, c.described
FROM unnest($1::bigint[], $2::bigint[]) AS w (model_no, chunk_no)
JOIN models m USING (model_no) JOIN records r USING (model_no) LEFT JOIN chunks c USING (chunk_no)
"""
_FIRST_PASSAGES: Final = """
SELECT m.model_no, c.passage, c.described FROM models m JOIN chunks c USING (doc_no)
WHERE m.model_no = ANY($1::bigint[]) AND c.ordinal = 0
"""
_GET: Final = """
SELECT r.record::text, m.weight_groups, d.card, k.snapshot_id
FROM models m JOIN records r USING (model_no) JOIN documents d USING (doc_no), catalog k
WHERE m.model_id = $1
"""
_IN_ANY_CASE: Final = """
SELECT DISTINCT ON (w.text) w.text, m.model_id
FROM unnest($1::text[]) AS w (text) JOIN models m ON lower(m.model_id) = lower(w.text)
ORDER BY w.text, m.model_id = w.text DESC, m.downloads DESC NULLS LAST, m.model_id
"""
_BY_NAME: Final = r"""
SELECT DISTINCT ON (w.text) w.text, m.model_id
FROM unnest($1::text[], $2::text[], $3::text[]) AS w (text, spelled, words)
JOIN records r ON r.names @> string_to_array(w.words, ' ') JOIN models m USING (model_no)
CROSS JOIN LATERAL (SELECT count(*) AS models FROM models b WHERE b.base_model = m.model_id AND b.base_model <> '') c
WHERE regexp_replace(lower(split_part(m.model_id, '/', 2)), '[^[:alnum:].]+', '', 'g') IN (w.spelled, w.spelled || 'hf')
ORDER BY w.text, c.models DESC, m.downloads DESC NULLS LAST, m.model_id
"""
_MANY: Final = """
SELECT m.model_id, r.record::text, k.snapshot_id FROM models m JOIN records r USING (model_no), catalog k
WHERE m.model_id = ANY($1::text[])
"""
UNSIZED: Final = (
    "summary", "tags", "license", "languages", "extra_tasks", "downloads", "likes", "created", "gated", "library",
)  # fmt: skip
"""What records state that sizing does not read: two thirds of their text."""
_TO_SIZE: Final = """
SELECT m.model_id, (r.record - $2::text[])::text AS record, k.snapshot_id
FROM models m JOIN records r USING (model_no), catalog k WHERE m.model_id = ANY($1::text[])
"""
_MOST_DOWNLOADED: Final = "SELECT model_id FROM models ORDER BY downloads DESC NULLS LAST, model_no LIMIT $1"
# That the base is stated has to be said: the index of bases leaves out those of none, and plans are made for any value.
_EXISTS: Final = """
SELECT EXISTS (SELECT 1 FROM models WHERE model_id = $1 OR (base_model = $1 AND base_model <> ''))
"""
_KIN: Final = """
SELECT m.model_id, m.downloads, m.base_model, m.relation, jsonb_typeof(r.record -> 'quantization') = 'object' AS packed
FROM models m JOIN records r USING (model_no)
"""
_STATED_VARIANTS: Final = f"{_KIN} WHERE m.base_model = $1 AND m.base_model <> ''"
_BEARERS: Final = f"{_KIN} WHERE r.names @> $1::text[] ORDER BY m.downloads DESC NULLS LAST, m.model_id LIMIT 20000"
_VARIANT_COUNTS: Final = """
SELECT base_model, count(*) AS models FROM models
WHERE base_model = ANY($1::text[]) AND base_model <> '' GROUP BY base_model
"""
# Only of those that share enough words to be among the first is the model looked up: OFFSET 0 has it done one by one.
_NAMED: Final = """
WITH alike AS MATERIALIZED (
    SELECT r.model_no, r.names,
        (SELECT count(*) FROM unnest(r.names) AS n (word) WHERE n.word = ANY($1::text[])) AS shared
    FROM records r WHERE r.names && $2::text[]
)
SELECT m.model_no, m.model_id, m.parameters, m.downloads, m.base_model, m.relation, a.names
FROM alike a CROSS JOIN LATERAL (SELECT * FROM models m WHERE m.model_no = a.model_no OFFSET 0) m
WHERE a.shared >= coalesce((SELECT shared FROM alike ORDER BY shared DESC OFFSET 399 LIMIT 1), 0)
ORDER BY a.shared DESC, m.downloads DESC NULLS LAST, m.model_no LIMIT 400
"""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a model; empty where there is none."""

    text: str
    described: bool
    """Written from the record, since the card says little."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A model and the snapshot that holds it."""

    model: Model
    snapshot_id: str


@dataclass(frozen=True, slots=True)
class Entry(Stored):
    """All that the catalogue has of a model."""

    weights: Groups | None
    """Its parameters by group; None where their count is unknown."""
    card: str


async def most_downloaded(pool: Pool, *, limit: int) -> list[str]:
    """Return ids of models, most downloaded first."""
    return [r["model_id"] for r in await pool.fetch(_MOST_DOWNLOADED, limit)]


async def results(pool: Pool, wanted: Sequence[tuple[int, int]]) -> dict[int, tuple[Model, Groups | None, Passage]]:
    """Return models, their weights and passages by the model's number, for pairs of model and chunk numbers; 0 is for
    no chunk.
    """
    rows = await pool.fetch(_RESULTS, [model for model, _ in wanted], [chunk for _, chunk in wanted])
    return {r["model_no"]: (_model(r), _groups(r), _passage(r)) for r in rows}


async def first_passages(pool: Pool, numbers: Sequence[int]) -> dict[int, Passage]:
    """Return the first passage of each model, by the model's number."""
    rows = await pool.fetch(_FIRST_PASSAGES, list(numbers)) if numbers else []
    return {r["model_no"]: _passage(r) for r in rows}


async def find(pool: Pool, model_id: str) -> Entry | None:
    """Return what the catalogue has of a model."""
    row = await pool.fetchrow(_GET, model_id)
    return Entry(_model(row), row["snapshot_id"], _groups(row), row["card"]) if row else None


async def ids_of(pool: Pool, texts: Sequence[str]) -> dict[str, str]:
    """Return the id of the model that each text means in whatever case, of those texts that mean one: the text itself
    where it is an id, else of ids that differ in case alone the most downloaded.
    """
    rows = await pool.fetch(_IN_ANY_CASE, list(set(texts))) if texts else []
    return {r["text"]: r["model_id"] for r in rows}


async def ids_by_name(pool: Pool, texts: Sequence[str]) -> dict[str, str]:
    """Return the id of the model that each name without an owner means, of those that mean one: of the models with this
    name, whatever its case and separators and with "-hf" after it, the one that most models came from.
    """
    worded = {text: name_words(text) for text in texts if "/" not in text}
    named = [(text, re.sub(r"[^\w.]+|_", "", text.lower()), " ".join(words)) for text, words in worded.items() if words]
    rows = await pool.fetch(_BY_NAME, *map(list, zip(*named, strict=True))) if named else []
    return {r["text"]: r["model_id"] for r in rows}


async def find_many(pool: Pool, model_ids: Sequence[str]) -> dict[str, Stored]:
    """Return those of these models that the catalogue has, by id."""
    rows = await pool.fetch(_MANY, list(set(model_ids))) if model_ids else []
    return {r["model_id"]: _stored(r) for r in rows}


async def find_to_size(pool: Pool, model_ids: Sequence[str]) -> dict[str, Stored]:
    """Return those of these models that the catalogue has, by id as it was given in whatever case or by name without an
    owner, with what sizing reads of their records alone.
    """
    found = await _to_size(pool, model_ids)
    ids = await ids_of(pool, [own for own in model_ids if own not in found])
    ids |= await ids_by_name(pool, [own for own in model_ids if own not in found and own not in ids])
    others = await _to_size(pool, list(ids.values()))
    return found | {text: others[own] for text, own in ids.items() if own in others}


async def _to_size(pool: Pool, model_ids: Sequence[str]) -> dict[str, Stored]:
    rows = await pool.fetch(_TO_SIZE, list(set(model_ids)), UNSIZED) if model_ids else []
    return {r["model_id"]: _stored(r) for r in rows}


async def known(pool: Pool, model_id: str) -> bool:
    """Tell whether the catalogue has the model, or one made from it."""
    return bool(await pool.fetchval(_EXISTS, model_id))


async def stated_variants(pool: Pool, model_id: str) -> list[Kin]:
    """Return what records say was made from a model, in no order."""
    return [_kin(r) for r in await pool.fetch(_STATED_VARIANTS, model_id)]


async def bearers(pool: Pool, words: Sequence[str]) -> list[Kin]:
    """Return models whose ids have all of these words, most downloaded first."""
    return [_kin(r) for r in await pool.fetch(_BEARERS, list(words))] if words else []


async def variant_counts(pool: Pool, model_ids: Sequence[str]) -> dict[str, int]:
    """Return how many models came from each of these that any came from."""
    rows = await pool.fetch(_VARIANT_COUNTS, list(model_ids)) if model_ids else []
    return {r["base_model"]: r["models"] for r in rows}


async def alike(pool: Pool, words: Sequence[str], *, telling: Sequence[str]) -> list[str]:
    """Return ids of models and of their bases whose ids have telling words of a name, those that share most first."""
    rows = await pool.fetch(_NAMED, list(words), list(telling)) if telling else []
    return list(dict.fromkeys(own for r in rows for own in (r["model_id"], r["base_model"]) if own))


async def named(pool: Pool, words: Sequence[str], *, telling: Sequence[str]) -> dict[Named, int]:
    """Return models whose ids have telling words of a name, those that share most of its words first; their numbers."""
    rows = await pool.fetch(_NAMED, list(words), list(telling)) if telling else []
    return {
        Named(
            r["model_id"],
            tuple(r["names"]),
            r["parameters"],
            r["downloads"],
            is_repackaging(r["base_model"], Relation(r["relation"])),
        ): r["model_no"]
        for r in rows
    }


def _groups(row: asyncpg.Record) -> Groups | None:
    """Return the parameters by group; None where their count is unknown."""
    return row["weight_groups"] and Groups(*row["weight_groups"])


def _passage(row: asyncpg.Record) -> Passage:
    return Passage(row["passage"] or "", bool(row["described"]))


def _kin(row: asyncpg.Record) -> Kin:
    return Kin(row["model_id"], row["downloads"], row["base_model"], Relation(row["relation"]), bool(row["packed"]))


def _stored(row: asyncpg.Record) -> Stored:
    return Stored(_model(row), row["snapshot_id"])


def _model(row: asyncpg.Record) -> Model:
    # From the text at once: to read it into plain values first takes as long again.
    return Model.model_validate_json(row["record"])
