"""What of a batch has changed, as models and passages ready to be written."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from libs.database import Pool
from services.models.domain.model import Model
from services.models.domain.weighing import weighing
from services.models.ingest.card import CHUNKER, MAX_CARD_CHARS, passages, split_front_matter
from services.models.ingest.described import described, says_little
from services.models.ingest.hub_record import RefusedRecordError, head_of
from services.models.ingest.source import Batch, CardUnavailableError, Raw, Source, digest, digest_json
from services.models.store import imports

CONVERTER: Final = "record-10"
"""Version of the way from a raw record to a model: a change converts every record anew."""


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
    chunker: str


@dataclass(frozen=True, slots=True)
class PreparedBatch:
    """What of a batch has to be written."""

    changed: list[Prepared]
    documents: dict[str, int]
    """Of the changed models those whose passages stay, and their documents, by id."""
    refused: list[tuple[str, str]]
    """Location and reason."""
    step: imports.Progress
    """What the batch adds to the progress."""

    @property
    def fresh(self) -> list[Prepared]:
        """The changed models with new passages."""
        return [p for p in self.changed if p.model.model_id not in self.documents]


async def prepare(pool: Pool, source: Source, batch: Batch, mine: Sequence[Raw]) -> PreparedBatch:
    """Return what has changed of those records of a batch that are this worker's."""
    step = imports.Progress(cursor=batch.cursor, seen=len(mine), skipped=batch.skipped)
    refused = list(batch.refused)
    async with pool.acquire() as connection:
        known = await imports.known(connection, [r.model_id for r in mine])
    hashes = await asyncio.to_thread(lambda: [_record_hash(raw) for raw in mine])
    changed: list[tuple[Raw, bytes]] = []
    for raw, record_hash in zip(mine, hashes, strict=True):
        before = known.get(raw.model_id)
        if before and before.record_hash == record_hash and before.chunker == CHUNKER:
            step.unchanged += 1
        else:
            changed.append((raw, record_hash))
    kept = await _kept_cards(pool, known, [raw for raw, _ in changed])
    cards = await asyncio.gather(*(_card(raw, kept, step) for raw, _ in changed))
    prepared, bad = await asyncio.to_thread(_convert, source, *_to_convert(changed, cards, known))
    refused += bad
    step.refused = len(refused)
    documents = {
        p.model.model_id: before.doc_no
        for p in prepared
        if (before := known.get(p.model.model_id))
        and before.content_hash == p.content_hash
        and before.chunker == CHUNKER
    }
    return PreparedBatch(prepared, documents, refused, step)


def cut(model: Model, card: str) -> Cut:
    """Return the passages of a model: what it is in a few words, then its card; or what its record says, where the card
    says little.
    """
    _, body = split_front_matter(card)
    if says_little(body):
        return Cut((described(model, body),), described=True)
    return Cut(tuple(passages(body, head=head_of(model, body))), described=False)


def _record_hash(raw: Raw) -> bytes:
    """Return what changes with anything that a model's row is made from."""
    return digest(CONVERTER, weighing(), digest_json(raw.data), raw.card_version)


async def _kept_cards(pool: Pool, known: Mapping[str, imports.Known], raws: Sequence[Raw]) -> dict[str, str]:
    """Return the cards that the catalogue has in the version that the source has, by model id."""
    numbers = {
        raw.model_id: before.doc_no
        for raw in raws
        if (before := known.get(raw.model_id)) and before.card_version == raw.card_version
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
    changed: Sequence[tuple[Raw, bytes]], cards: Sequence[str | None], known: Mapping[str, imports.Known]
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
            model, record, record_hash, digest(*found.texts), raw.card_version, card, found, CHUNKER
        )
    return list(prepared.values()), refused


def _columns(model: Model) -> dict[str, Any]:
    """Return what the filters need, stated even where it is the default."""
    return model.model_dump(mode="json", include={"task", "license", "languages", "library", "base_model", "relation"})
