"""An import: read, leave out what has not changed, cut, embed in the fast space, stage; the last shard publishes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import asyncpg
from pgvector import HalfVector

from libs.database import Pool
from services.models.domain.filters import weight_gib
from services.models.domain.model import Model
from services.models.domain.names import name_words
from services.models.embed.base import Embedder, EmbedderError, Vectors
from services.models.ingest import fill
from services.models.ingest.card import CHUNKER, MAX_CARD_CHARS, passages, split_front_matter
from services.models.ingest.described import described, says_little
from services.models.ingest.hub_record import RefusedRecordError, head_of
from services.models.ingest.progress import Meter
from services.models.ingest.source import Batch, CardUnavailableError, Raw, Source, digest, digest_json, in_shard
from services.models.store import imports, spaces

log = logging.getLogger(__name__)

CONVERTER: Final = "record-8"
"""Version of the way from a raw record to a model: a change converts every record anew."""
INLINE: Final = 2_000
"""Up to so many new passages are embedded in the better spaces before publishing; more are left to the background."""


class Cut(NamedTuple):
    """The passages of a model."""

    texts: tuple[str, ...]
    described: bool
    """Written from the record, since the card says little."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A changed record, ready to be written."""

    model: Model
    record: dict[str, Any]
    record_hash: bytes
    content_hash: bytes
    card_version: bytes
    card: str
    passages: Cut


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
            await _read(pool, source, import_no, progress, fast, space_no, shard=shard, shards=shards, meter=meter)
        if not await imports.finish_shard(connection, import_no, shard):
            return Outcome("", progress)
        await spaces.give_memory(connection)
        await imports.build_indexes(connection)
        await spaces.take_over(connection, import_no)
        for embedder in better:
            try:
                await fill.before_publishing(connection, import_no, embedder, at_most=INLINE, meter=meter)
            except EmbedderError as error:  # the fast space answers meanwhile
                log.warning("vectors are left to the background", extra={"cause": error.message})
        await spaces.build_index(connection, space_no)
        await imports.refresh_words(connection)
        snapshot_id = await imports.publish(connection, import_no, source_name=source.name)
        await connection.execute("ANALYZE models, chunks, records, words")
    log.info("import published", extra={"snapshot": snapshot_id, "seen": progress.seen, "refused": progress.refused})
    return Outcome(snapshot_id, progress)


async def _read(
    pool: Pool,
    source: Source,
    import_no: int,
    progress: imports.Progress,
    fast: Embedder,
    space_no: int,
    *,
    shard: int,
    shards: int,
    meter: Meter,
) -> None:
    """Stage all that follows the progress, which grows with each batch."""
    async with pool.acquire() as connection:
        room = max(await spaces.size(connection, space_no), INLINE)
    writing: asyncio.Task[None] | None = None
    try:
        async with aclosing(source.batches(progress.cursor)) as batches:
            async for batch in batches:
                mine = [r for r in batch.records if in_shard(r.model_id, shard=shard, shards=shards)]
                prepared, step, refused, documents = await _prepare(pool, source, batch, mine)
                fresh = [p for p in prepared if p.model.model_id not in documents]
                texts = list(dict.fromkeys(text for p in fresh for text in p.passages.texts))
                vectors = dict(zip(texts, await fast.embed(texts), strict=True)) if texts else {}
                if writing is not None:
                    await writing
                if room > 0 >= (room := room - len(texts)):  # more than doubled: the index is built anew at the end
                    async with pool.acquire() as connection:
                        await spaces.drop_index(connection, space_no)
                writing = asyncio.create_task(  # the database works on a batch while the next one is prepared
                    _write(pool, import_no, shard, space_no, vectors, prepared, step, refused, documents)
                )
                _add(progress, step)
                meter.report(progress, position=batch.position)
    finally:  # after a failure too: what was read so far is kept
        if writing is not None:
            await writing


async def _prepare(
    pool: Pool, source: Source, batch: Batch, mine: Sequence[Raw]
) -> tuple[list[Prepared], imports.Progress, list[tuple[str, str]], dict[str, int]]:
    """Return what changed, the progress of the batch, what was refused, and documents that can be kept."""
    step = imports.Progress(cursor=batch.cursor, seen=len(mine), skipped=batch.skipped)
    refused = list(batch.refused)
    async with pool.acquire() as connection:
        known = await imports.known(connection, [r.model_id for r in mine])
    hashes = await asyncio.to_thread(lambda: [digest(CONVERTER, digest_json(r.data), r.card_version) for r in mine])
    changed: list[tuple[Raw, bytes]] = []
    for raw, record_hash in zip(mine, hashes, strict=True):
        before = known.get(raw.model_id)
        if before and before["record_hash"] == record_hash and before["chunker"] == CHUNKER:
            step.unchanged += 1
        else:
            changed.append((raw, record_hash))
    kept = await _kept_cards(pool, known, [raw for raw, _ in changed])
    cards = await asyncio.gather(*(_card(raw, kept, step) for raw, _ in changed))
    prepared, bad = await asyncio.to_thread(_convert, source, *_to_convert(changed, cards, known))
    refused += bad
    step.refused = len(refused)
    documents = {
        p.model.model_id: known[p.model.model_id]["doc_no"]
        for p in prepared
        if p.model.model_id in known
        and known[p.model.model_id]["content_hash"] == p.content_hash
        and known[p.model.model_id]["chunker"] == CHUNKER
    }
    return prepared, step, refused, documents


async def _kept_cards(pool: Pool, known: Mapping[str, asyncpg.Record], raws: Sequence[Raw]) -> dict[str, str]:
    """Return the cards that the catalogue has in the version that the source has, by model id."""
    numbers = {
        raw.model_id: known[raw.model_id]["doc_no"]
        for raw in raws
        if raw.model_id in known and known[raw.model_id]["card_version"] == raw.card_version
    }
    if not numbers:
        return {}
    async with pool.acquire() as connection:
        cards = await imports.kept_cards(connection, list(numbers.values()))
    return {model_id: cards[number] for model_id, number in numbers.items() if number in cards}


async def _card(raw: Raw, kept: Mapping[str, str], step: imports.Progress) -> str | None:
    """Return the card: empty where there is none to be had, None where there may be one at another time."""
    if raw.model_id in kept:
        return kept[raw.model_id]
    try:
        return (await raw.load_card())[:MAX_CARD_CHARS].replace("\x00", "")
    except CardUnavailableError as error:
        step.skipped += 1
        return "" if error.lasting else None


def _to_convert(
    changed: Sequence[tuple[Raw, bytes]], cards: Sequence[str | None], known: Mapping[str, asyncpg.Record]
) -> tuple[list[tuple[Raw, bytes]], list[str]]:
    """Return the records to write, and their cards.

    Where a card may be had at another time, what the catalogue has stays as it is; a new record goes in without a card
    and without what would tell the next run that it is unchanged.
    """
    records: list[tuple[Raw, bytes]] = []
    texts: list[str] = []
    for (raw, record_hash), card in zip(changed, cards, strict=True):
        if card is not None:
            records.append((raw, record_hash))
            texts.append(card)
        elif raw.model_id not in known:
            records.append((replace(raw, card_version=b""), b""))
            texts.append("")
    return records, texts


def _convert(
    source: Source, changed: Sequence[tuple[Raw, bytes]], cards: Sequence[str]
) -> tuple[list[Prepared], list[tuple[str, str]]]:
    prepared: dict[str, Prepared] = {}
    refused = []
    for (raw, record_hash), card in zip(changed, cards, strict=True):
        try:
            model = source.convert(raw, card)
        except (RefusedRecordError, ValueError) as error:
            refused.append((raw.location, str(error).replace("\x00", "")[:400]))
            continue
        found = cut(model, card)
        record = model.model_dump(mode="json", exclude_defaults=True) | _columns(model)
        prepared[model.model_id] = Prepared(
            model, record, record_hash, digest(*found.texts), raw.card_version, card, found
        )
    return list(prepared.values()), refused


def cut(model: Model, card: str) -> Cut:
    """Return the passages of a model: what it is in a few words, then its card; or what its record says, where the card
    says little.
    """
    _, body = split_front_matter(card)
    if says_little(body):
        return Cut((described(model, body),), described=True)
    return Cut(tuple(passages(body, head=head_of(model, body))), described=False)


def _columns(model: Model) -> dict[str, Any]:
    """Return what the filters need, stated even where it is the default."""
    return model.model_dump(
        mode="json",
        include={"task", "license", "precision", "languages", "library", "base_model", "relation"},
    )


async def _write(
    pool: Pool,
    import_no: int,
    shard: int,
    space_no: int,
    vectors: Mapping[str, Vectors],
    prepared: Sequence[Prepared],
    step: imports.Progress,
    refused: Sequence[tuple[str, str]],
    documents: dict[str, int],
) -> None:
    """Write one batch and the progress past it in one transaction."""
    fresh = [p for p in prepared if p.model.model_id not in documents]
    async with pool.acquire() as connection, connection.transaction():
        cards = [(p.model.model_id, p.content_hash, CHUNKER, p.card) for p in fresh]
        numbers, added = await imports.add_documents(connection, cards)
        chunks = [
            (numbers[p.model.model_id], ordinal, text, digest(text), p.passages.described)
            for p in fresh
            if p.model.model_id in added
            for ordinal, text in enumerate(p.passages.texts)
        ]
        chunk_numbers = await imports.add_chunks(connection, chunks) if chunks else []
        rows = [(n, c[0], HalfVector(vectors[c[2]])) for n, c in zip(chunk_numbers, chunks, strict=True)]
        if rows:
            await spaces.add_vectors(connection, space_no, rows)
        numbers |= documents
        await imports.stage(connection, import_no, [_staged(p, numbers[p.model.model_id]) for p in prepared])
        await imports.refuse(connection, import_no, refused)
        await imports.advance(connection, import_no, shard, step)


def _staged(prepared: Prepared, doc_no: int) -> imports.Staged:
    model = prepared.model
    return imports.Staged(
        model_id=model.model_id,
        doc_no=doc_no,
        record=prepared.record,
        record_hash=prepared.record_hash,
        content_hash=prepared.content_hash,
        card_version=prepared.card_version,
        chunker=CHUNKER,
        names=sorted(set(name_words(model.model_id))),
        weight_gib=weight_gib(model),
    )


def _add(total: imports.Progress, step: imports.Progress) -> None:
    total.cursor = step.cursor
    total.seen += step.seen
    total.unchanged += step.unchanged
    total.skipped += step.skipped
    total.refused += step.refused
