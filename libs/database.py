"""The PostgreSQL pool and the numbered migrations of a service."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import asyncpg
from tenacity import AsyncRetrying, before_sleep_log, retry_if_exception, stop_after_delay, wait_exponential_jitter

log = logging.getLogger(__name__)

if TYPE_CHECKING:  # asyncpg's own classes take no parameters at run time
    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Connection, Pool = asyncpg.Connection, asyncpg.Pool
Init = Callable[["asyncpg.Connection[asyncpg.Record]"], Awaitable[None]]

_SCHEMA_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_MIGRATION_NAME: Final = re.compile(r"\d{4}_[a-z0-9_]+\.sql")
_LEDGER: Final = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


def is_outage(error: BaseException) -> bool:
    """Tell whether an error means that the database is away, rather than that the query is wrong."""
    if isinstance(error, asyncpg.InterfaceError):
        return not isinstance(error, asyncpg.DataError)
    if isinstance(error, asyncpg.InternalClientError):
        # What asyncpg says of a connection that died between two messages.
        return str(error).startswith("cannot switch to state")
    return isinstance(
        error,
        asyncpg.PostgresConnectionError
        | asyncpg.CannotConnectNowError
        | asyncpg.AdminShutdownError
        | asyncpg.CrashShutdownError
        | asyncpg.TooManyConnectionsError
        | ConnectionError
        | TimeoutError
        | OSError,
    )


async def _plain_json(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    # In binary, so that COPY takes them too; jsonb begins with its version.
    for name, version in (("json", b""), ("jsonb", b"\x01")):
        await connection.set_type_codec(
            name,
            schema="pg_catalog",
            format="binary",
            encoder=partial(_encode_json, version),
            decoder=partial(_decode_json, len(version)),
        )


async def _leave(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Leave a connection as it comes back; asyncpg itself has rolled back what was left open."""


def _encode_json(version: bytes, value: Any) -> bytes:
    return version + json.dumps(value, ensure_ascii=False).encode()


def _decode_json(skip: int, data: bytes) -> Any:
    return json.loads(data[skip:])


async def open_pool(
    database_url: str,
    *,
    schema: str,
    max_size: int = 8,
    init: Init | None = None,
    wait_s: float = 30.0,
) -> Pool:
    """Open a pool whose connections look in schema, then public; json and jsonb come as Python values.

    init is called with each new connection. One that comes back is left as it is: who sets or locks something for a
    session undoes it, as asyncpg's own RESET ALL is a trip to the database after each use. Waits up to wait_s seconds
    for a database that is still starting, then raises what it last said.
    """
    _check_schema(schema)

    async def prepare(connection: asyncpg.Connection[asyncpg.Record]) -> None:
        await _plain_json(connection)
        if init is not None:
            await init(connection)

    async for attempt in AsyncRetrying(
        retry=retry_if_exception(is_outage),
        stop=stop_after_delay(wait_s),
        wait=wait_exponential_jitter(multiplier=0.1, max=2.0, jitter=0.1),
        before_sleep=before_sleep_log(log, logging.INFO),
        reraise=True,
    ):
        with attempt:
            return await asyncpg.create_pool(
                database_url,
                min_size=1,
                max_size=max_size,
                init=prepare,
                reset=_leave,
                command_timeout=60,
                server_settings={"search_path": f"{schema},public", "application_name": f"stack8s-{schema}"},
            )
    raise AssertionError("tenacity ends by returning or raising")


async def migrate(pool: Pool, folder: Path, *, schema: str) -> None:
    """Apply the numbered SQL files of a folder that are not applied yet, each in a transaction.

    An advisory lock lets two starters run at once. Raises RuntimeError when an applied file was changed.
    """
    _check_schema(schema)
    files = await asyncio.to_thread(_migrations, folder)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"stack8s migrate {schema}")
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        await connection.execute(_LEDGER)
        applied = {r["name"]: r["sha256"] for r in await connection.fetch("SELECT name, sha256 FROM schema_migrations")}
        for name, sql in files.items():
            digest = hashlib.sha256(sql.encode()).hexdigest()
            if name in applied:
                if applied[name] != digest:
                    raise RuntimeError(f"{name} was changed after it was applied; add a new migration instead")
                continue
            await connection.execute(sql)
            await connection.execute("INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)", name, digest)
            log.info("migration applied", extra={"schema": schema, "migration": name})


def _migrations(folder: Path) -> dict[str, str]:
    """Return the SQL of each migration by name, in order."""
    files = sorted(folder.glob("*.sql"))
    if bad := [f.name for f in files if not _MIGRATION_NAME.fullmatch(f.name)]:
        raise RuntimeError(f"migrations must be named 0001_words.sql, not {', '.join(bad)}")
    return {f.name: f.read_text(encoding="utf-8") for f in files}


async def ping(pool: Pool, query: str = "SELECT 1", *arguments: Any, timeout_s: float = 2.0) -> Any:
    """Return the first value of a cheap query, for readiness. Raises what the database says."""
    return await pool.fetchval(query, *arguments, timeout=timeout_s)


def _check_schema(schema: str) -> None:
    if not _SCHEMA_NAME.fullmatch(schema):
        raise ValueError(f"{schema!r} is not a schema name: lower-case letters, digits and _ only")
