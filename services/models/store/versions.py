"""Versions of the catalogue: which one answers, and what the service keeps of it in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from libs.database import Connection, Pool
from services.models.domain.filter_values import Stated
from services.models.domain.ranking import TaskPeak
from services.models.domain.scan import Scan
from services.models.domain.vocabulary import Vocabulary
from services.models.store import resident, spaces
from services.models.store.spaces import StoredSpace

_STATE: Final = "SELECT version, snapshot_id, chunk_count, model_count FROM catalog"
_PEAKS: Final = "SELECT task, max(downloads) AS downloads, max(likes) AS likes FROM models GROUP BY task"
_STATED: Final = """
SELECT task, license_id, library, count(*) AS models FROM models GROUP BY GROUPING SETS (task, license_id, library)
"""
_STATED_LANGUAGES: Final = """
SELECT code, count(*) AS models FROM models, unnest(languages) AS code GROUP BY code
"""
_NAME_WORDS: Final = """
SELECT word FROM (SELECT unnest(names) AS word FROM records) w WHERE word ~ '^[a-z]{3,}$' GROUP BY word ORDER BY word
"""


@dataclass(frozen=True, slots=True)
class State:
    """What the service keeps in memory of one version of the catalogue."""

    version: int
    snapshot_id: str
    model_count: int
    chunk_count: int
    spaces: tuple[StoredSpace, ...]
    space: StoredSpace | None
    """The one that answers: the complete one of highest preference among those asked for; None where there is none."""
    scan: Scan | None
    """Its passages in memory, where they fit."""
    peaks: Mapping[str, TaskPeak]
    stated: Stated
    vocabulary: Vocabulary
    """Words of letters that model ids are made of, sorted: for correcting names."""


async def version(pool: Pool) -> int:
    """Return the version that answers now."""
    found: int = await pool.fetchval("SELECT version FROM catalog")
    return found


async def snapshot_id(pool: Pool) -> str:
    """Return the id of the snapshot that answers now; empty before the first."""
    found: str = await pool.fetchval("SELECT snapshot_id FROM catalog")
    return found


async def read_state(pool: Pool, *, known: Collection[tuple[str, int, str]] = (), most_scan_bytes: int = 0) -> State:
    """Return the state as of one moment. known: keys of the spaces that wishes can be embedded in."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        state = await connection.fetchrow(_STATE)
        assert state is not None, "the migration puts the row in"
        tasks = await connection.fetch(_PEAKS)
        held = tuple(await spaces.list_spaces(connection))
        space = next((s for s in held if s.complete and s.key in known), None)
        return State(
            version=state["version"],
            snapshot_id=state["snapshot_id"],
            model_count=state["model_count"],
            chunk_count=state["chunk_count"],
            spaces=held,
            space=space,
            scan=await resident.load(connection, space, most_bytes=most_scan_bytes) if space else None,
            peaks={r["task"]: TaskPeak(r["downloads"] or 0, r["likes"] or 0) for r in tasks},
            stated=await _stated(connection),
            vocabulary=Vocabulary(r["word"] for r in await connection.fetch(_NAME_WORDS)),
        )


async def _stated(connection: Connection) -> Stated:
    """Return how many models state each value that a filter may ask for."""
    rows = await connection.fetch(_STATED)
    by_column = {
        column: {r[column]: r["models"] for r in rows if r[column]} for column in ("task", "license_id", "library")
    }
    return Stated(
        tasks=by_column["task"],
        licenses=by_column["license_id"],
        libraries=by_column["library"],
        languages={r["code"]: r["models"] for r in await connection.fetch(_STATED_LANGUAGES)},
    )
