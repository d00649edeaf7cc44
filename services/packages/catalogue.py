"""The snapshot that answers, in memory: loaded whole, then swapped in one step."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from libs.errors import UnavailableError
from services.packages.domain.index import Index
from services.packages.domain.knowledge import Knowledge
from services.packages.domain.package import Facts
from services.packages.domain.roles import Role
from services.packages.domain.snapshot import Snapshot, Source
from services.packages.domain.words import Embedder
from services.packages.store import PostgresPackageStore

log = logging.getLogger(__name__)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class View:
    """One snapshot: its packages, its index and where they come from. Never changed; readers hold on to one."""

    snapshot: Snapshot
    index: Index
    sources: Mapping[str, Source] = field(default_factory=dict)

    def as_of(self, repository: str) -> datetime:
        """Return when a repository was last stated."""
        source = self.sources.get(repository)
        return source.as_of if source is not None and source.as_of is not None else self.snapshot.published_at


class Catalogue:
    """Holds the view of the newest snapshot."""

    def __init__(
        self, store: PostgresPackageStore, knowledge: Knowledge, roles: Iterable[Role], embedder: Embedder
    ) -> None:
        self._store = store
        self._knowledge = knowledge
        self._roles = tuple(roles)
        self._embedder = embedder
        self._view: View | None = None

    @property
    def view(self) -> View:
        """The view that answers. Raises UnavailableError before the first import."""
        if self._view is None:
            raise UnavailableError("the package catalogue is empty; import one first", retry_after_s=2.0)
        return self._view

    async def refresh(self) -> bool:
        """Load the newest snapshot if it is not the one that answers; tell whether it was loaded."""
        snapshot = await self._store.current()
        if snapshot is None or (self._view is not None and self._view.snapshot.snapshot_id == snapshot.snapshot_id):
            return False
        facts = await self._store.packages(snapshot.snapshot_id)
        sources = {s.repository: s for s in await self._store.sources(snapshot.snapshot_id)}
        index = await asyncio.to_thread(self._build, facts, sources)
        self._view = View(snapshot, index, sources)
        log.info("snapshot loaded", extra={"snapshot_id": snapshot.snapshot_id, "packages": len(facts)})
        return True

    def _build(self, facts: list[Facts], sources: Mapping[str, Source]) -> Index:
        packages = [self._knowledge.describe(f, repository_url=sources[f.repository].url) for f in facts]
        stated = [s.as_of for s in sources.values() if s.as_of is not None]
        now, languages = max(stated, default=_EPOCH), self._knowledge.languages
        return Index(packages, self._embedder, now=now, languages=languages, roles=self._roles)

    @contextlib.asynccontextmanager
    async def refreshing(self, *, interval_s: float) -> AsyncIterator[None]:
        """Look for new snapshots for as long as the block runs; a failed look is logged and tried again."""
        task = asyncio.create_task(self._keep_fresh(interval_s))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _keep_fresh(self, interval_s: float) -> None:
        while True:
            await asyncio.sleep(interval_s)
            try:
                await self.refresh()
            except Exception as error:
                log.warning("refresh failed", extra={"cause": type(error).__name__})
