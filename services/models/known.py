"""Models of the catalogue as sizing knows them, kept in memory."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from libs.database import Pool, is_outage
from libs.provenance import Provenance
from services.models.domain.traits import Traits, needs_base, traits_of
from services.models.store import catalog, versions

log = logging.getLogger(__name__)

_AHEAD: Final = 50_000
"""Models read before anyone asks, the most downloaded first: some 20 MiB for 30,000."""
_AT_ONCE: Final = 100
"""Of them from one answer of the database, so that the event loop is held for some 4 ms."""
_LATELY: Final = 4_000
"""Others kept at most: two full requests of different ones."""


class Known(NamedTuple):
    """A model of the catalogue: what sizing reads of its record, and where that is from."""

    traits: Traits
    provenance: Provenance
    meant: str = ""
    """Its id, where it was asked for by its name alone."""


class KnownModels:
    """Models of the snapshot that answers. Planners ask of thousands at once, so the most downloaded ones are read
    ahead in the background, anew once the catalogue has changed; others as they are asked for.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._snapshot_id = ""
        self._ahead: dict[str, Known] = {}
        self._lately: dict[str, Known] = {}
        self._reading: asyncio.Task[None] | None = None

    async def find(self, ids: Collection[str]) -> dict[str, Known]:
        """Return those of the models that the catalogue has, all as of one snapshot."""
        while ids:
            snapshot_id = await versions.snapshot_id(self._pool)
            if snapshot_id != self._snapshot_id:
                self._renew(snapshot_id)
            ahead, lately = self._ahead, self._lately
            found = {i: known for i in ids if (known := ahead.get(i) or lately.get(i))}
            if len(found) == len(ids):
                return found
            read = await self._read(sorted(ids - found.keys()))
            if any(known.provenance.snapshot_id != snapshot_id for known in read.values()):
                continue  # another was published in between
            if len(lately) + len(read) > _LATELY:
                lately.clear()
            lately |= read
            return found | read
        return {}

    async def read_ahead(self) -> None:
        """Return when the most downloaded models of the snapshot that answers now are known, or cannot be: a database
        that is away is read once models are asked for.
        """
        try:
            snapshot_id = await versions.snapshot_id(self._pool)
        except Exception as error:
            if not is_outage(error):
                raise
            return
        if snapshot_id != self._snapshot_id:
            self._renew(snapshot_id)
        if self._reading is not None:
            await asyncio.wait([self._reading])

    async def close(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._reading

    def _renew(self, snapshot_id: str) -> None:
        if self._reading is not None:
            self._reading.cancel()
        self._snapshot_id, self._ahead, self._lately = snapshot_id, {}, {}
        self._reading = asyncio.create_task(self._fill(snapshot_id, self._ahead))

    async def _fill(self, snapshot_id: str, known: dict[str, Known]) -> None:
        """Read models ahead until the snapshot is another; where that fails it begins anew with the next request."""
        try:
            ids = await catalog.most_downloaded(self._pool, limit=_AHEAD)
            for start in range(0, len(ids), _AT_ONCE):
                read = await self._read(ids[start : start + _AT_ONCE])
                if any(one.provenance.snapshot_id != snapshot_id for one in read.values()):
                    return
                known |= read
        except Exception:
            log.warning("reading models ahead failed", exc_info=True)
            if known is self._ahead:
                self._snapshot_id = ""

    async def _read(self, ids: Sequence[str]) -> dict[str, Known]:
        stored = await catalog.find_to_size(self._pool, ids)
        wanted = {own: s.model.base_model for own, s in stored.items() if s.model.base_model and needs_base(s.model)}
        bases = await catalog.find_to_size(self._pool, sorted(set(wanted.values()))) if wanted else {}
        return {
            model_id: Known(
                traits_of(s.model, bases[wanted[model_id]].model if wanted.get(model_id) in bases else None),
                s.model.provenance(s.snapshot_id),
                "" if "/" in model_id or model_id == s.model.model_id else s.model.model_id,
            )
            for model_id, s in stored.items()
        }
