"""The starter catalogue that comes with the project: loaded at first start, replaced by whatever is imported."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from typing import Final

from services.compute.domain.offer import Origin
from services.compute.ingest.pipeline import Report, import_all
from services.compute.ingest.source_file import SourceFile
from services.compute.ingest.table import TableImporter
from services.compute.store import CatalogueStore, PartInfo

NAME: Final = "starter"


async def load_starter(store: CatalogueStore, *, keep_snapshots: int) -> Report:
    """Publish the starter's providers, except those that something else has been imported for. Idempotent."""
    table = files("services.compute") / "starter" / "offers.csv"
    file = SourceFile("starter/offers.csv", datetime.now(UTC), table.read_bytes)
    importer = TableImporter([file], origin=Origin.STARTER)

    def replaceable(current: PartInfo | None) -> bool:
        return current is None or current.importer == NAME

    return await import_all(store, importer, name=NAME, keep_snapshots=keep_snapshots, only=replaceable)
