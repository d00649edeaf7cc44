"""Imports many repositories at once, each failing alone, and publishes one snapshot at the end."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from services.packages.domain.package import Facts, Release
from services.packages.domain.snapshot import Revision, Snapshot, Source, revision_id
from services.packages.ingest.fetch import Fetcher, FetchError, shown
from services.packages.ingest.index_yaml import MalformedIndexError, ParsedIndex, read_index_file
from services.packages.ingest.report import Outcome, Report
from services.packages.ingest.sources import HelmSource
from services.packages.store import PostgresPackageStore

CONCURRENCY: Final = 16
"""Repositories in work at once; most of the time they wait for servers."""
READER: Final = "1"
"""Raised when the same bytes would be read differently, so that they are read again."""
_ANYTHING: Final = (FetchError, MalformedIndexError, OSError, ValueError)


class Measure(Protocol):
    """Finds what a chart requires."""

    async def __call__(self, facts: Facts, *, base: str) -> Facts:
        """Return the facts of a chart with what its newest release requires, where that can be found."""


Read = Callable[[], Awaitable[Revision | Source]]
"""Reads a repository: its content, or the source of a revision that is stored already."""


async def import_all(
    store: PostgresPackageStore, reads: Sequence[tuple[str, Read]], report: Report, *, replace_all: bool = False
) -> Snapshot | None:
    """Read repositories, store what is new, publish it together with what was there, and return what answers now.

    A repository that fails keeps its older content, or is listed as failed. replace_all drops repositories that are not
    among those read. What is stored before an interruption is not read again. Where no repository gave a chart nothing
    is published: the older snapshot, or none, goes on answering.
    """
    current = await store.current()
    before = {s.repository: s for s in await store.sources(current.snapshot_id)} if current else {}
    room = asyncio.Semaphore(CONCURRENCY)

    async def one(repository: str, read: Read) -> Source:
        async with room:
            old = before.get(repository)
            try:
                got = await read()
                if isinstance(got, Revision):
                    await store.add_revision(got)
            except _ANYTHING as error:
                message = str(error) or type(error).__name__
                return _failed(repository, old, message, report)
            return _done(got, report)

    sources = await asyncio.gather(*(one(name, read) for name, read in reads))
    if report.nothing_read:
        return current
    names = {s.repository for s in sources}
    kept = [] if replace_all else [s for s in before.values() if s.repository not in names]
    return await store.publish([*sources, *kept])


def _failed(repository: str, old: Source | None, message: str, report: Report) -> Source:
    if old is not None and old.revision_id is not None:
        report.add(Outcome(repository, "kept", old.package_count, old.version_count, message=message))
        return replace(old, state="kept", message=message[:500])
    report.add(Outcome(repository, "failed", message=message))
    return Source(repository, "failed", message[:500], None)


def _done(got: Revision | Source, report: Report) -> Source:
    if isinstance(got, Source):
        counts = got.package_count, got.version_count
        report.add(Outcome(got.repository, "unchanged", *counts, got.refused, got.refused_count))
        return replace(got, state="ok", message="")
    counts = len(got.packages), sum(len(releases) for _, releases in got.packages)
    report.add(Outcome(got.repository, "ok", *counts, tuple(got.refused), got.refused_count))
    return Source(got.repository, "ok", "", got.revision_id, package_count=counts[0], version_count=counts[1])


class HelmReader:
    """Reads Helm repositories: fetches, skips what is stored already, parses in worker processes."""

    def __init__(
        self, store: PostgresPackageStore, fetcher: Fetcher, pool: Executor, *, measure: Measure | None = None
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._pool = pool
        self._measure = measure

    async def read(self, source: HelmSource) -> Revision | Source:
        """Return a repository's content. Raises FetchError, MalformedIndexError or OSError."""
        if source.path is not None:
            return await self._read_file(source, source.path)
        with tempfile.TemporaryDirectory(prefix="stack8s-index-") as folder:
            path = Path(folder) / "index.yaml"
            await self._fetcher.to_file(f"{source.url}/index.yaml", path)
            return await self._read_file(source, path)

    async def _read_file(self, source: HelmSource, path: Path) -> Revision | Source:
        content_hash, modified = await asyncio.to_thread(_look_at, path, rendered=self._measure is not None)
        known = await self._store.find_source(revision_id(source.repository, content_hash))
        if known is not None:
            return known
        loop = asyncio.get_running_loop()
        parsed = await loop.run_in_executor(self._pool, read_index_file, path, source.repository)
        return Revision(
            repository=source.repository,
            url=source.url,
            content_hash=content_hash,
            source=shown(source.url) if source.url else f"index of {source.repository}",
            as_of=parsed.generated or parsed.newest or modified,
            packages=await self._measured(parsed, source),
            refused=parsed.refused,
            refused_count=parsed.refused_count,
        )

    async def _measured(self, parsed: ParsedIndex, source: HelmSource) -> list[tuple[Facts, list[Release]]]:
        """Return the packages with the requirements of their newest release, where they can be found."""
        if self._measure is None:
            return parsed.packages
        base = source.url or str(source.path.parent if source.path else "")
        return [(await self._measure(facts, base=base), releases) for facts, releases in parsed.packages]


def _look_at(path: Path, *, rendered: bool) -> tuple[str, datetime]:
    """Return the hash of a file's content and when it was changed."""
    content = hashlib.sha256(f"{READER}{'r' if rendered else ''}\n".encode())
    with path.open("rb") as file:
        while chunk := file.read(2**20):
            content.update(chunk)
    return content.hexdigest(), datetime.fromtimestamp(path.stat().st_mtime, UTC)
