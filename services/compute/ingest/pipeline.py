"""From a source to a snapshot: each provider on its own, and nothing is shown before all are stored."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from services.compute.domain.changes import Difference, Prices, difference
from services.compute.domain.index import Part, part_of
from services.compute.domain.integrity import Refusal, Row, check, flat_prices
from services.compute.domain.offer import Offer
from services.compute.ingest.importer import Importer, SourceError
from services.compute.reference import load_reference, table_hash
from services.compute.store import CatalogueStore, PartInfo, ProviderState

log = logging.getLogger(__name__)

RULES: Final = "2"
"""Raised when importers or integrity rules change, so that unchanged sources are read again."""

Progress = Callable[[str, int], None]
"""Called with a provider and the rows read so far of it."""


@dataclass(frozen=True, slots=True)
class ProviderReport:
    """What became of one provider."""

    provider: str
    state: str
    """ok, unchanged, kept (failed, older offers stay) or failed."""
    message: str = ""
    difference: Difference = field(default_factory=lambda: Difference(0, 0, 0, 0))
    refused: Sequence[Refusal] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What became of an import."""

    providers: Sequence[ProviderReport]
    snapshot_id: int | None
    """The snapshot published; None when nothing changed."""


async def import_all(
    store: CatalogueStore,
    importer: Importer,
    *,
    name: str,
    keep_snapshots: int,
    progress: Progress = lambda provider, rows: None,
    only: Callable[[PartInfo | None], bool] = lambda current: True,
) -> Report:
    """Read every provider of a source and publish what changed.

    A provider that cannot be read keeps its older offers and is reported; it never blocks the others. A provider whose
    content is already stored is not read again. only decides, by its current part, whether a provider may be replaced.
    """
    latest = await store.latest_snapshot()
    current = {p.provider: p for p in await store.list_parts(latest)} if latest is not None else {}
    reports, parts = [], []
    for provider in await asyncio.to_thread(importer.providers):
        before = current.get(provider)
        if not only(before):
            continue
        report, part = await _one(store, importer, provider, before, name, progress)
        reports.append(report)
        parts += [part] if part else []
    return Report(reports, await store.publish(parts, keep=keep_snapshots))


async def _one(
    store: CatalogueStore, importer: Importer, provider: str, before: PartInfo | None, name: str, progress: Progress
) -> tuple[ProviderReport, PartInfo | None]:
    try:
        stated = await asyncio.to_thread(importer.content_hash, provider)
        content = _content(name, stated) if stated else None
        if content and before and before.content_hash == content:
            return ProviderReport(provider, "unchanged"), None
        stored = await store.find_part(provider, content) if content else None
        if stored is not None:
            refused = await store.load_refusals(stored)
        else:
            offers, refused = await asyncio.to_thread(_read_apart, importer, provider, progress)
            if not offers:
                reason = refused[0].reason if refused else "the source lists none"
                raise _EmptyError(f"no row is an offer: {reason}", refused)
            part = await asyncio.to_thread(part_of, provider, offers)
            content = content or _content(name, _hash_of(part))
            stored = await store.find_part(provider, content)
            stored = stored or await store.add_part(part, importer=name, content_hash=content, refused=refused)
    except SourceError as error:
        refused = list(error.refused) if isinstance(error, _EmptyError) else []
        state = "kept" if before else "failed"
        await store.set_state(ProviderState(provider, state, str(error), len(refused)), refused)
        return ProviderReport(provider, state, str(error), refused=refused), None
    count = max(stored.refused_count, len(refused))
    await store.set_state(ProviderState(provider, "ok", "", count), refused)
    if before and before.part_id == stored.part_id:
        return ProviderReport(provider, "unchanged", refused=refused), None
    old = await store.load_prices(before) if before else _NOTHING
    return ProviderReport(
        provider, "ok", difference=difference(old, await store.load_prices(stored)), refused=refused
    ), stored


class _EmptyError(SourceError):
    def __init__(self, message: str, refused: Sequence[Refusal]) -> None:
        super().__init__(message)
        self.refused = refused


_NO_OFFERS = part_of("", {})
_NOTHING: Final = Prices(_NO_OFFERS.number, _NO_OFFERS.price_micros)


def _read_apart(importer: Importer, provider: str, progress: Progress) -> tuple[dict[int, Offer], list[Refusal]]:
    """Read a provider; whatever its data does to an importer stays this provider's failure. Raises SourceError."""
    try:
        return read_offers(importer, provider, progress)
    except SourceError:
        raise
    except Exception as error:
        log.exception("provider not read", extra={"provider": provider})
        raise SourceError(f"cannot be read: {type(error).__name__}: {error}") from error


def read_offers(importer: Importer, provider: str, progress: Progress) -> tuple[dict[int, Offer], list[Refusal]]:
    """Return a provider's offers by number, and the rows that are none; of rows for one offer the first stands."""
    offers: dict[int, Offer] = {}
    refused: list[Refusal] = []
    locations: dict[int, str] = {}
    gpus, networks = load_reference().gpus, load_reference().networks
    for count, row in enumerate(importer.rows(provider), start=1):
        if isinstance(row, Row) and row.network_gbits is None and (provider, row.instance_type) in networks:
            row = replace(row, network_gbits=networks[provider, row.instance_type])
        found = row if isinstance(row, Refusal) else check(row, gpus)
        if count % 1000 == 0:
            progress(provider, count)
        if isinstance(found, Refusal):
            # A row is read as two prices, on demand and spot; what is wrong with both is said once.
            if not refused or refused[-1] != found:
                refused.append(found)
            continue
        number = found.number
        kept = offers.setdefault(number, found)
        locations.setdefault(number, row.location)
        if kept.price_micros != found.price_micros and not isinstance(row, Refusal):
            refused.append(Refusal(provider, row.location, "repeats an earlier row with another price"))
    for number, reason in flat_prices(offers).items():
        del offers[number]
        refused.append(Refusal(provider, locations[number], reason))
    progress(provider, len(offers) + len(refused))
    return offers, refused


def _content(name: str, stated: str) -> str:
    """Return the hash of all that decides a part: importer, rules, the project's own tables, and the content."""
    return hashlib.sha256("\x1f".join((name, RULES, table_hash(), stated)).encode()).hexdigest()


def _hash_of(part: Part) -> str:
    digest = hashlib.sha256(repr((part.machines, part.places)).encode())
    for column in (part.number, part.machine, part.place, part.price_model, part.price_micros):
        digest.update(column.tobytes())
    return digest.hexdigest()
