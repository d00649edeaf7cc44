"""A catalogue in a real database, empty for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from libs.database import migrate, open_pool
from libs.rpc.server import running
from services.compute.app import MIGRATIONS, wired
from services.compute.settings import SCHEMA, ComputeSettings
from services.compute.store import CatalogueStore
from stack8s.compute.v1 import compute_service_pb2_grpc as pb_grpc


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[CatalogueStore]:
    """A store whose tables are empty."""
    pool = await open_pool(database_url, schema=SCHEMA)
    await migrate(pool, MIGRATIONS, schema=SCHEMA)
    await pool.execute("TRUNCATE snapshot_parts, snapshots, parts, provider_states CASCADE")
    yield CatalogueStore(pool)
    await pool.close()


@pytest.fixture
async def channel(store: CatalogueStore, database_url: str) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a server with the starter catalogue."""
    settings = ComputeSettings(database_url=database_url, port=0, refresh_interval_s=0.05)  # type: ignore[arg-type]
    async with (
        wired(settings) as (mounts, ready),
        running(settings, mounts, ready=ready) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as opened,
    ):
        yield opened


@pytest.fixture
def compute(channel: grpc.aio.Channel) -> Any:
    return pb_grpc.ComputeServiceStub(channel)
