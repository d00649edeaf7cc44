"""What all tests share: a real database, and the folder of real data where it is present."""

from __future__ import annotations

import os

# Some tests start programs as another user, for which Python forks: gRPC's fork handlers crash the child now and then.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from libs.rpc.client import open_channel
from tests.support.conversation import Product, product_at
from tests.support.database import create_database, drop_database, postgres
from tests.support.services import Services, running_services

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")  # a busy machine makes no test fail

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Address of a PostgreSQL server with pgvector that may make databases."""
    with postgres() as url:
        yield url


@pytest.fixture(scope="session")
def database_url(postgres_url: str) -> Iterator[str]:
    """Address of a database that this test session has to itself; services keep apart by schema."""
    url = asyncio.run(create_database(postgres_url))
    yield url
    asyncio.run(drop_database(postgres_url, url))


@pytest.fixture
def fresh_database_url(postgres_url: str) -> Iterator[str]:
    """Address of an empty database for one test."""
    url = asyncio.run(create_database(postgres_url))
    yield url
    asyncio.run(drop_database(postgres_url, url))


@pytest.fixture(scope="session")
def services(postgres_url: str) -> Iterator[Services]:
    """The four services as processes, over a database of their own."""
    url = asyncio.run(create_database(postgres_url))
    with running_services(url) as services:
        yield services
    asyncio.run(drop_database(postgres_url, url))


@pytest.fixture
async def product(services: Services) -> AsyncIterator[Product]:
    """The four services as a client sees them."""
    targets = (services.orchestrator, services.compute, services.models, services.packages)
    async with AsyncExitStack() as stack:
        channels = [await stack.enter_async_context(open_channel(t.target, timeout_s=30.0)) for t in targets]
        yield product_at(*channels)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real catalogue data and development cases; the test is skipped where it is absent."""
    folder = Path(os.environ.get("STACK8S_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"no real data at {folder}: set STACK8S_SHARED")
    return folder
