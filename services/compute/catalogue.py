"""The snapshot that answers: loaded beside the one in use, then swapped in one step. Reads never wait for an import."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from libs.database import is_outage
from libs.errors import UnavailableError
from services.compute.domain.index import OfferIndex, build_index
from services.compute.domain.query import Vocabulary
from services.compute.domain.regions import Region
from services.compute.reference import load_reference
from services.compute.store import CatalogueStore, PartInfo

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProviderSummary:
    """What one provider offers."""

    provider: str
    title: str
    offer_count: int
    region_count: int
    gpu_types: tuple[str, ...]
    as_of: datetime


@dataclass(frozen=True)
class Loaded:
    """One snapshot in memory, with what is told about it."""

    index: OfferIndex
    parts: list[PartInfo]
    vocabulary: Vocabulary
    providers: list[ProviderSummary]
    """By id."""
    regions: list[tuple[Region, int]]
    """Regions with their offers, by provider and region."""
    gpu_of_instance: dict[str, str]
    """GPU type by name of the instance type."""


class Catalogue:
    """Holds the newest snapshot, and follows the database."""

    def __init__(self, store: CatalogueStore, *, refresh_interval_s: float) -> None:
        self._store = store
        self._refresh_interval_s = refresh_interval_s
        self._loaded: Loaded | None = None
        self._snapshot_id: int | None = None

    @property
    def loaded(self) -> Loaded:
        """Return the snapshot that answers. Raises UnavailableError before the first is loaded."""
        if self._loaded is None:
            raise UnavailableError("the compute catalogue is still loading; try again shortly", retry_after_s=1.0)
        return self._loaded

    async def refresh(self) -> bool:
        """Load the newest snapshot if it is not the one that answers, and tell whether it was."""
        latest = await self._store.latest_snapshot()
        if latest is None or latest == self._snapshot_id:
            return False
        parts = await self._store.list_parts(latest)
        columns = [await self._store.load_part(part) for part in parts]
        reference = load_reference()
        index = await asyncio.to_thread(build_index, str(latest), columns, reference.gpus.types, reference.regions)
        del columns
        self._loaded = await asyncio.to_thread(_summarise, index, parts)
        self._snapshot_id = latest
        log.info("snapshot serving", extra={"snapshot_id": latest, "offers": len(index)})
        return True

    @contextlib.asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Keep up with the database until left."""
        task = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            task.cancel()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._refresh_interval_s)
            try:
                await self.refresh()
            except Exception as error:
                if not is_outage(error):
                    log.exception("snapshot not loaded")


def _summarise(index: OfferIndex, parts: list[PartInfo]) -> Loaded:
    reference = load_reference()
    vocabulary = Vocabulary(reference.gpus, reference.regions, reference.provider_id, index.unlisted_gpus)
    index.by_number  # noqa: B018  computed here, off the event loop
    counts: dict[tuple[str, str], tuple[Region, int]] = {}
    for region, count in zip(
        index.regions, np.bincount(index.place, minlength=len(index.places)).tolist(), strict=True
    ):
        key = (region.provider, region.region)
        counts[key] = (region, counts.get(key, (region, 0))[1] + count)
    regions = [counts[key] for key in sorted(counts)]
    gpus: dict[str, set[str]] = {}
    columns = index.machines
    for provider, gpu in {*zip(columns.provider.tolist(), columns.gpu.tolist(), strict=True)}:
        gpus.setdefault(index.providers[provider], set()).add(index.gpu_names[gpu])
    providers = [
        ProviderSummary(
            provider=part.provider,
            title=reference.providers.get(part.provider, part.provider),
            offer_count=part.offer_count,
            region_count=sum(region.provider == part.provider for region, _ in regions),
            gpu_types=tuple(sorted(gpus.get(part.provider, set()) - {""})),
            as_of=part.oldest_as_of,
        )
        for part in parts
    ]
    named = zip(columns.instance_types, columns.gpu.tolist(), strict=True)
    by_instance = {name: index.gpu_names[gpu] for name, gpu in named if gpu}
    return Loaded(index, parts, vocabulary, providers, regions, by_instance)
