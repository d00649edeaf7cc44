"""What all tests share: a real database, and the folder of real data where it is present."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.database import create_database, drop_database, postgres

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
def shared_data() -> Path:
    """Folder of real catalogue data and development cases; the test is skipped where it is absent."""
    folder = Path(os.environ.get("STACK8S_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"no real data at {folder}: set STACK8S_SHARED")
    return folder
