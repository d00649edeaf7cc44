"""The service's pool: migrated, with pgvector's types and the settings that a search needs on every connection."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import asyncpg
from pgvector.asyncpg import register_vector

from libs.database import Pool, migrate, open_pool
from services.models.store.near import SERVER_SETTINGS

SCHEMA: Final = "models"
_CONNECTIONS: Final = 8
_MIGRATIONS: Final = Path(__file__).parent.parent / "migrations"


async def open_migrated(database_url: str) -> Pool:
    """Open a pool on a database whose schema is brought up to date first."""
    first = await open_pool(database_url, schema=SCHEMA, max_size=1)
    try:
        await migrate(first, _MIGRATIONS, schema=SCHEMA)
    finally:
        await first.close()
    return await open_pool(_tuned(database_url), schema=SCHEMA, max_size=_CONNECTIONS, init=_prepare)


def _tuned(database_url: str) -> str:
    """Return the URL with the settings in it, as the defaults of each session."""
    return f"{database_url}{'&' if '?' in database_url else '?'}{urlencode(SERVER_SETTINGS)}"


async def _prepare(connection: asyncpg.Connection[Any]) -> None:
    await register_vector(connection)
