"""A catalogue in a real database, empty for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from libs.database import migrate, open_pool
from services.compute.app import MIGRATIONS
from services.compute.settings import SCHEMA
from services.compute.store import CatalogueStore


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[CatalogueStore]:
    """A store whose tables are empty."""
    pool = await open_pool(database_url, schema=SCHEMA)
    await migrate(pool, MIGRATIONS, schema=SCHEMA)
    await pool.execute("TRUNCATE snapshot_parts, snapshots, parts, provider_states CASCADE")
    yield CatalogueStore(pool)
    await pool.close()
