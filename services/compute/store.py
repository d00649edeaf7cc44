"""The catalogue in PostgreSQL: parts, snapshots, and how imports ended. All the SQL of the service."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from libs.database import Connection, Pool
from services.compute.domain.changes import Prices
from services.compute.domain.index import Part
from services.compute.domain.integrity import Refusal
from services.compute.domain.offer import Machine, Origin, Place, Source

MAX_REFUSALS: Final = 1000
"""Refused rows kept for each provider; their number is always kept."""

_LATEST: Final = "SELECT max(snapshot_id) FROM snapshots"
_PARTS: Final = """
SELECT p.part_id, p.provider, p.importer, p.content_hash, p.offer_count, p.oldest_as_of, p.newest_as_of,
    p.refused_count
FROM snapshot_parts JOIN parts p USING (part_id) WHERE snapshot_id = $1 ORDER BY p.provider
"""
_FIND_PART: Final = """
SELECT part_id, provider, importer, content_hash, offer_count, oldest_as_of, newest_as_of, refused_count
FROM parts WHERE provider = $1 AND content_hash = $2
"""
_ADD_PART: Final = """
INSERT INTO parts (provider, importer, content_hash, offer_count, oldest_as_of, newest_as_of, refused_count)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING part_id
"""
_MACHINES: Final = """
SELECT instance_type, gpu_type, gpu_known, gpu_count, gpu_memory_gib, vcpus, memory_gib, local_disk_gb, network_gbits
FROM part_machines WHERE part_id = $1 ORDER BY position
"""
_PLACES: Final = "SELECT region, zone FROM part_places WHERE part_id = $1 ORDER BY position"
_SOURCES: Final = "SELECT name, as_of, origin FROM part_sources WHERE part_id = $1 ORDER BY position"
_OFFERS: Final = """
SELECT number, machine, place, price_model, price_micros, source FROM offers WHERE part_id = $1 ORDER BY number
"""
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('stack8s compute publish'))"
_ADD_SNAPSHOT: Final = "INSERT INTO snapshots (offer_count) VALUES ($1) RETURNING snapshot_id"
_ADD_SNAPSHOT_PART: Final = "INSERT INTO snapshot_parts (snapshot_id, provider, part_id) VALUES ($1, $2, $3)"
_DROP_SNAPSHOTS: Final = """
DELETE FROM snapshots WHERE snapshot_id NOT IN (SELECT snapshot_id FROM snapshots ORDER BY snapshot_id DESC LIMIT $1)
"""
_DROP_PARTS: Final = """
DELETE FROM parts WHERE part_id NOT IN (SELECT part_id FROM snapshot_parts) AND stored_at < now() - interval '1 day'
"""
_SNAPSHOTS: Final = "SELECT snapshot_id, published_at, offer_count FROM snapshots ORDER BY snapshot_id DESC"
_SET_STATE: Final = """
INSERT INTO provider_states (provider, state, message, refused_count) VALUES ($1, $2, $3, $4)
ON CONFLICT (provider) DO UPDATE SET state = excluded.state, message = excluded.message,
    refused_count = excluded.refused_count, checked_at = now()
"""
_DROP_REFUSALS: Final = "DELETE FROM refusals WHERE provider = $1"
_STATES: Final = "SELECT provider, state, message, refused_count FROM provider_states ORDER BY provider"
_PART_REFUSALS: Final = "SELECT location, reason FROM part_refusals WHERE part_id = $1 ORDER BY position"
_REFUSALS: Final = """
SELECT provider, location, reason FROM (SELECT * FROM refusals ORDER BY position, provider LIMIT $1) AS shown
ORDER BY provider, position
"""

_BLOCK_HEADER: Final = 19
_BLOCK: Final = np.dtype(
    [
        ("fields", ">i2"),
        *(("number_size", ">i4"), ("number", ">i8")),
        *(("machine_size", ">i4"), ("machine", ">i4")),
        *(("place_size", ">i4"), ("place", ">i4")),
        *(("price_model_size", ">i4"), ("price_model", ">i2")),
        *(("price_micros_size", ">i4"), ("price_micros", ">i8")),
        *(("source_size", ">i4"), ("source", ">i4")),
    ]
)
"""One row of the offers table as PostgreSQL's binary COPY writes it: every column has a fixed size and none is null."""


@dataclass(frozen=True, slots=True)
class PartInfo:
    """What is known of a part without reading it."""

    part_id: int
    provider: str
    importer: str
    content_hash: str
    offer_count: int
    oldest_as_of: datetime
    newest_as_of: datetime
    refused_count: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One published state of the catalogue."""

    snapshot_id: int
    published_at: datetime
    offer_count: int


@dataclass(frozen=True, slots=True)
class ProviderState:
    """How the latest import of a provider ended: ok, kept (failed, older offers stay) or failed."""

    provider: str
    state: str
    message: str
    refused_count: int


class CatalogueStore:
    """Reads and writes parts and snapshots."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def latest_snapshot(self) -> int | None:
        """Return the id of the newest snapshot, None before the first."""
        latest: int | None = await self._pool.fetchval(_LATEST)
        return latest

    async def list_snapshots(self) -> list[Snapshot]:
        """Return the kept snapshots, newest first."""
        return [Snapshot(*row) for row in await self._pool.fetch(_SNAPSHOTS)]

    async def list_parts(self, snapshot_id: int) -> list[PartInfo]:
        """Return the parts of a snapshot by provider; empty for a snapshot that is not kept."""
        return [PartInfo(*row) for row in await self._pool.fetch(_PARTS, snapshot_id)]

    async def find_part(self, provider: str, content_hash: str) -> PartInfo | None:
        """Return a part stored from the same content, whether published or left by an import that did not end."""
        row = await self._pool.fetchrow(_FIND_PART, provider, content_hash)
        return PartInfo(*row) if row else None

    async def load_part(self, info: PartInfo) -> Part:
        """Return a part with all its offers."""
        async with self._pool.acquire() as connection:
            machines = await connection.fetch(_MACHINES, info.part_id)
            places = await connection.fetch(_PLACES, info.part_id)
            sources = await connection.fetch(_SOURCES, info.part_id)
            block = await _read_block(connection, info.part_id)
        return await asyncio.to_thread(
            lambda: Part(
                provider=info.provider,
                machines=[Machine(info.provider, *row) for row in machines],
                places=[Place(*row) for row in places],
                sources=[Source(row["name"], row["as_of"], Origin(row["origin"])) for row in sources],
                number=block["number"].astype(np.int64).view(np.uint64),
                machine=block["machine"].astype(np.int32),
                place=block["place"].astype(np.int32),
                price_model=block["price_model"].astype(np.uint8),
                price_micros=block["price_micros"].astype(np.int64),
                source=block["source"].astype(np.int32),
            )
        )

    async def load_prices(self, info: PartInfo) -> Prices:
        """Return the ids and prices of a part's offers."""
        async with self._pool.acquire() as connection:
            block = await _read_block(connection, info.part_id)
        return Prices(block["number"].astype(np.int64).view(np.uint64), block["price_micros"].astype(np.int64))

    async def add_part(
        self, part: Part, *, importer: str, content_hash: str, refused: Sequence[Refusal] = ()
    ) -> PartInfo:
        """Store a part and what was refused with it, unless another import just did; no snapshot shows it yet."""
        oldest, newest = min(s.as_of for s in part.sources), max(s.as_of for s in part.sources)
        facts = (part.provider, importer, content_hash, len(part.number), oldest, newest, len(refused))
        async with self._pool.acquire() as connection, connection.transaction():
            part_id: int | None = await connection.fetchval(_ADD_PART, *facts)
            if part_id is None:
                return PartInfo(*await connection.fetchrow(_FIND_PART, part.provider, content_hash))  # type: ignore[misc]
            await _copy(connection, "part_machines", part_id, [_machine_row(m) for m in part.machines])
            await _copy(connection, "part_places", part_id, [(p.region, p.zone) for p in part.places])
            await _copy(connection, "part_sources", part_id, [(s.name, s.as_of, s.origin) for s in part.sources])
            some = [(r.location, r.reason) for r in refused[:MAX_REFUSALS]]
            await _copy(connection, "part_refusals", part_id, some)
            columns = (part.number.view(np.int64), part.machine, part.place, part.price_model, part.price_micros)
            rows = zip(*(c.tolist() for c in (*columns, part.source)), strict=True)
            await connection.copy_records_to_table("offers", records=((part_id, *row) for row in rows), timeout=600)
        return PartInfo(part_id, *facts)

    async def publish(self, parts: Sequence[PartInfo], *, gone: Sequence[str] = (), keep: int) -> int | None:
        """Make a snapshot in which these parts replace those of their providers, and drop all but the newest keep.

        Returns its id, None when nothing would change.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_LOCK)
            latest = await connection.fetchval(_LATEST)
            before = {row["provider"]: PartInfo(*row) for row in await connection.fetch(_PARTS, latest)}
            after = {**before, **{p.provider: p for p in parts}}
            after = {provider: part for provider, part in after.items() if provider not in gone}
            if {p.part_id for p in after.values()} == {p.part_id for p in before.values()}:
                return None
            total = sum(p.offer_count for p in after.values())
            snapshot_id: int = await connection.fetchval(_ADD_SNAPSHOT, total)
            rows = [(snapshot_id, provider, part.part_id) for provider, part in sorted(after.items())]
            await connection.executemany(_ADD_SNAPSHOT_PART, rows)
            await connection.execute(_DROP_SNAPSHOTS, keep)
            await connection.execute(_DROP_PARTS)
        return snapshot_id

    async def load_refusals(self, info: PartInfo) -> list[Refusal]:
        """Return rows that were refused when a part was read."""
        return [Refusal(info.provider, *row) for row in await self._pool.fetch(_PART_REFUSALS, info.part_id)]

    async def set_state(self, state: ProviderState, refusals: Sequence[Refusal]) -> None:
        """Note how the import of a provider ended, and the rows it refused."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_SET_STATE, state.provider, state.state, state.message, state.refused_count)
            await connection.execute(_DROP_REFUSALS, state.provider)
            rows = [(state.provider, at, r.location, r.reason) for at, r in enumerate(refusals[:MAX_REFUSALS])]
            await connection.copy_records_to_table("refusals", records=rows)

    async def list_states(self) -> Mapping[str, ProviderState]:
        """Return how the latest import of each provider ended."""
        return {row["provider"]: ProviderState(*row) for row in await self._pool.fetch(_STATES)}

    async def list_refusals(self, *, limit: int) -> list[Refusal]:
        """Return rows that the latest imports refused, as many of each provider, in the order of the source."""
        return [Refusal(*row) for row in await self._pool.fetch(_REFUSALS, limit)]


def _machine_row(m: Machine) -> tuple[object, ...]:
    known = (m.instance_type, m.gpu_type, m.gpu_known, m.gpu_count, m.gpu_memory_gib)
    return (*known, m.vcpus, m.memory_gib, m.local_disk_gb, m.network_gbits)


async def _copy(connection: Connection, table: str, part_id: int, rows: Sequence[tuple[object, ...]]) -> None:
    records = [(part_id, position, *row) for position, row in enumerate(rows)]
    await connection.copy_records_to_table(table, records=records, timeout=600)


async def _read_block(connection: Connection, part_id: int) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """Return the offers of a part as a structured array over the bytes that PostgreSQL sent."""
    content = bytearray()

    async def take(chunk: bytes) -> None:
        content.extend(chunk)

    await connection.copy_from_query(_OFFERS, part_id, output=take, format="binary", timeout=600)
    rows = (len(content) - _BLOCK_HEADER - 2) // _BLOCK.itemsize
    return np.frombuffer(content, _BLOCK, count=rows, offset=_BLOCK_HEADER)
