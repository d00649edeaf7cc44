"""What the catalogue holds: its sources and how fresh they are, what was refused, the snapshots before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from libs.database import Pool

_SOURCES: Final = """
SELECT source_name, count(*) AS records, max(r.record ->> 'as_of') AS newest, min(r.record ->> 'as_of') AS oldest
FROM records r GROUP BY source_name ORDER BY source_name
"""
_REFUSED: Final = """
SELECT i.source_name, r.location, r.reason FROM refused_records r JOIN imports i USING (import_no)
WHERE i.import_no = (SELECT max(import_no) FROM imports) ORDER BY r.location LIMIT 100
"""
_REFUSED_COUNT: Final = """
SELECT coalesce(sum(refused), 0)::bigint FROM import_shards WHERE import_no = (SELECT max(import_no) FROM imports)
"""
_PUBLISHED: Final = "SELECT published_at FROM catalog"
_SNAPSHOTS: Final = "SELECT snapshot_id, published_at, model_count FROM snapshots ORDER BY published_at DESC LIMIT 10"


@dataclass(frozen=True, slots=True)
class HeldSource:
    """A source and the dates (UTC) as of which it stated its models."""

    name: str
    records: int
    oldest: datetime
    newest: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """A record of the last import that became no model."""

    source: str
    location: str
    reason: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A version that was published."""

    snapshot_id: str
    published: datetime
    models: int


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the catalogue holds; refused are at most 100 of refused_count, snapshots the last ten, newest first."""

    published: datetime | None
    sources: tuple[HeldSource, ...]
    refused: tuple[Refused, ...]
    refused_count: int
    snapshots: tuple[Snapshot, ...]


async def holdings(pool: Pool) -> Holdings:
    """Return what the catalogue holds, all as of one moment."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        return Holdings(
            published=await connection.fetchval(_PUBLISHED),
            sources=tuple(
                HeldSource(r["source_name"], r["records"], _moment(r["oldest"]), _moment(r["newest"]))
                for r in await connection.fetch(_SOURCES)
            ),
            refused=tuple(Refused(*r) for r in await connection.fetch(_REFUSED)),
            refused_count=await connection.fetchval(_REFUSED_COUNT),
            snapshots=tuple(Snapshot(*r) for r in await connection.fetch(_SNAPSHOTS)),
        )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
