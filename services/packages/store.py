"""All the SQL of the packages service."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from libs.database import Connection, Pool, ping
from services.packages.domain.package import Dependency, Facts, Release
from services.packages.domain.snapshot import MAX_REFUSED, Refusal, Revision, Snapshot, Source
from services.packages.facts import dependencies_from_json, dependencies_to_json, facts_from_json, facts_to_json

SCHEMA: Final = "packages"
MIGRATIONS: Final = Path(__file__).parent / "migrations"
KEPT_SNAPSHOTS: Final = 5

_CURRENT: Final = """
SELECT snapshot_id, published_at, package_count, version_count FROM snapshots ORDER BY sequence DESC LIMIT 1
"""
_SNAPSHOTS: Final = "SELECT snapshot_id, published_at, package_count FROM snapshots ORDER BY sequence DESC LIMIT $1"
_SOURCES: Final = """
SELECT s.repository, s.state, s.message, r.revision_id, r.url, r.content_hash, r.source, r.as_of, r.package_count,
       r.version_count, r.refused, r.refused_count
FROM snapshot_revisions s LEFT JOIN revisions r USING (revision_id)
WHERE s.snapshot_id = $1 ORDER BY s.repository
"""
_PACKAGES: Final = """
SELECT s.repository, p.name, p.version_count, p.facts
FROM snapshot_revisions s JOIN packages p USING (revision_id)
WHERE s.snapshot_id = $1 ORDER BY s.repository, p.name
"""
_VERSION: Final = """
SELECT v.version, v.app_version, v.published, v.prerelease, v.deprecated, v.kube_version, v.digest, v.url,
       v.dependencies FROM snapshot_revisions s JOIN versions v USING (revision_id)
WHERE s.snapshot_id = $1 AND s.repository = $2 AND v.name = $3 AND v.version = $4
"""
_VERSIONS: Final = """
SELECT v.position, v.version, v.app_version, v.published, v.prerelease, v.deprecated, v.kube_version, v.digest, v.url,
       v.dependencies FROM snapshot_revisions s JOIN versions v USING (revision_id)
WHERE s.snapshot_id = $1 AND s.repository = $2 AND v.name = $3 AND v.position > $4 AND ($5 OR NOT v.prerelease)
ORDER BY v.position LIMIT $6
"""
_COUNT_VERSIONS: Final = """
SELECT count(*) FROM snapshot_revisions s JOIN versions v USING (revision_id)
WHERE s.snapshot_id = $1 AND s.repository = $2 AND v.name = $3 AND ($4 OR NOT v.prerelease)
"""
_FIND_REVISION: Final = "SELECT revision_id FROM revisions WHERE revision_id = $1"
_REVISION: Final = """
SELECT repository, 'ok' AS state, '' AS message, revision_id, url, content_hash, source, as_of, package_count,
       version_count, refused, refused_count
FROM revisions WHERE revision_id = $1
"""
_ADD_REVISION: Final = """
INSERT INTO revisions (
    revision_id, repository, url, content_hash, source, as_of, package_count, version_count, refused, refused_count
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('stack8s packages publish'))"
_ADD_SNAPSHOT: Final = "INSERT INTO snapshots (snapshot_id, package_count, version_count) VALUES ($1, $2, $3)"
_DROP_OLD_SNAPSHOTS: Final = """
DELETE FROM snapshots WHERE sequence NOT IN (SELECT sequence FROM snapshots ORDER BY sequence DESC LIMIT $1)
"""
_DROP_OLD_REVISIONS: Final = """
DELETE FROM revisions r WHERE created_at < now() - interval '1 day'
AND NOT EXISTS (SELECT FROM snapshot_revisions s WHERE s.revision_id = r.revision_id)
"""
_RENDERED: Final = "SELECT result FROM rendered WHERE digest = $1"
_KEEP_RENDERED: Final = "INSERT INTO rendered (digest, result) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_PACKAGE_COLUMNS: Final = ("revision_id", "name", "facts", "version_count")
_COPY_VERSIONS: Final = (
    "revision_id",
    "name",
    "position",
    "version",
    "app_version",
    "published",
    "prerelease",
    "deprecated",
    "kube_version",
    "digest",
    "url",
    "dependencies",
)


async def binary_json(connection: Connection) -> None:
    """Let jsonb travel in binary form, which COPY needs. For open_pool(init=...)."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + json.dumps(value, separators=(",", ":")).encode(),
        decoder=lambda packed: json.loads(packed[1:]),
    )


class PostgresPackageStore:
    """The catalogue in PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def ping(self) -> None:
        """Raise what the database says when it does not answer."""
        await ping(self._pool, "SELECT count(*) FROM snapshots")

    async def current(self) -> Snapshot | None:
        """Return the snapshot that answers; None before the first import."""
        row = await self._pool.fetchrow(_CURRENT)
        return Snapshot(**row) if row else None

    async def snapshots(self) -> list[tuple[str, datetime, int]]:
        """Return id, time and number of packages of the kept snapshots, newest first."""
        return [tuple(row) for row in await self._pool.fetch(_SNAPSHOTS, KEPT_SNAPSHOTS)]

    async def sources(self, snapshot_id: str) -> list[Source]:
        """Return the repositories of a snapshot, by name."""
        return [_source(row) for row in await self._pool.fetch(_SOURCES, snapshot_id)]

    async def packages(self, snapshot_id: str) -> list[Facts]:
        """Return all charts of a snapshot, by repository and name."""
        rows = await self._pool.fetch(_PACKAGES, snapshot_id)
        return [facts_from_json(r["repository"], r["name"], r["version_count"], r["facts"]) for r in rows]

    async def find_release(self, snapshot_id: str, repository: str, name: str, version: str) -> Release | None:
        """Return one version of a chart, spelt as in the index."""
        row = await self._pool.fetchrow(_VERSION, snapshot_id, repository, name, version)
        return _release(row) if row else None

    async def releases(
        self, snapshot_id: str, repository: str, name: str, *, after: int, prereleases: bool, limit: int
    ) -> list[tuple[int, Release]]:
        """Return versions with their positions, newest first, beginning after a position (-1 = from the newest)."""
        rows = await self._pool.fetch(_VERSIONS, snapshot_id, repository, name, after, prereleases, limit)
        return [(r["position"], _release(r)) for r in rows]

    async def count_releases(self, snapshot_id: str, repository: str, name: str, *, prereleases: bool) -> int:
        """Return the number of versions of a chart."""
        return int(await self._pool.fetchval(_COUNT_VERSIONS, snapshot_id, repository, name, prereleases))

    async def find_source(self, revision: str) -> Source | None:
        """Return a stored revision as a source; None when it is not stored."""
        row = await self._pool.fetchrow(_REVISION, revision)
        return _source(row) if row else None

    async def add_revision(self, revision: Revision) -> None:
        """Store a repository's content, whole or not at all. Nobody sees it before a snapshot names it."""
        key = revision.revision_id
        async with self._pool.acquire() as connection, connection.transaction():
            if await connection.fetchval(_FIND_REVISION, key) is not None:
                return
            refused = [{"location": r.location, "reason": r.reason} for r in revision.refused[:MAX_REFUSED]]
            count = sum(len(releases) for _, releases in revision.packages)
            await connection.execute(
                _ADD_REVISION,
                key,
                revision.repository,
                revision.url,
                revision.content_hash,
                revision.source,
                revision.as_of,
                len(revision.packages),
                count,
                refused,
                revision.refused_count,
            )
            await _copy(
                connection,
                "packages",
                _PACKAGE_COLUMNS,
                ((key, f.name, facts_to_json(f), len(r)) for f, r in revision.packages),
            )
            await _copy(connection, "versions", _COPY_VERSIONS, _version_rows(key, revision.packages))

    async def publish(self, sources: Sequence[Source]) -> Snapshot:
        """Make a set of revisions the snapshot that answers, in one transaction, unless it is that already."""
        named = "\n".join(
            f"{s.repository} {s.revision_id} {s.state}" for s in sorted(sources, key=lambda s: s.repository)
        )
        digest = hashlib.sha256(named.encode()).hexdigest()[:12]
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_LOCK)
            row = await connection.fetchrow(_CURRENT)
            if row is not None and row["snapshot_id"].endswith(digest):
                return Snapshot(**row)
            sequence = await connection.fetchval("SELECT coalesce(max(sequence), 0) + 1 FROM snapshots")
            snapshot_id = f"packages-{sequence:06d}-{digest}"
            present = [s for s in sources if s.revision_id is not None]
            counts = sum(s.package_count for s in present), sum(s.version_count for s in present)
            await connection.execute(_ADD_SNAPSHOT, snapshot_id, *counts)
            rows = [(snapshot_id, s.repository, s.revision_id, s.state, s.message) for s in sources]
            await connection.copy_records_to_table("snapshot_revisions", records=rows)
            await connection.execute(_DROP_OLD_SNAPSHOTS, KEPT_SNAPSHOTS)
            await connection.execute(_DROP_OLD_REVISIONS)
            published = await connection.fetchrow(_CURRENT)
        if published is None:
            raise RuntimeError("a snapshot that was just published is gone")
        return Snapshot(**published)

    async def find_rendered(self, digest: str) -> dict[str, Any] | None:
        """Return what an archive rendered to earlier."""
        result: dict[str, Any] | None = await self._pool.fetchval(_RENDERED, digest)
        return result

    async def keep_rendered(self, digest: str, result: dict[str, Any]) -> None:
        """Remember what an archive rendered to."""
        await self._pool.execute(_KEEP_RENDERED, digest, result)


async def _copy(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    await connection.copy_records_to_table(table, records=rows, columns=list(columns))


def _version_rows(key: str, packages: Iterable[tuple[Facts, Sequence[Release]]]) -> Iterable[tuple[Any, ...]]:
    for facts, releases in packages:
        for position, r in enumerate(releases):
            yield (
                key,
                facts.name,
                position,
                r.version,
                r.app_version,
                r.published,
                r.prerelease,
                r.deprecated,
                r.kube_version,
                r.digest,
                r.url,
                dependencies_to_json(r.dependencies),
            )


def _release(row: Any) -> Release:
    dependencies: tuple[Dependency, ...] = dependencies_from_json(row["dependencies"])
    return Release(
        version=row["version"],
        app_version=row["app_version"],
        published=row["published"],
        prerelease=row["prerelease"],
        deprecated=row["deprecated"],
        kube_version=row["kube_version"],
        digest=row["digest"],
        url=row["url"],
        dependencies=dependencies,
    )


def _source(row: Any) -> Source:
    if row["revision_id"] is None:
        return Source(row["repository"], row["state"], row["message"], None)
    return Source(**{**row, "refused": tuple(Refusal(**r) for r in row["refused"])})
