"""What the tests of the packages service share: the starter catalogue in memory, an empty store, a running server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from functools import cache

import pytest
from threadpoolctl import threadpool_limits

from libs.database import migrate, open_pool
from libs.rpc.client import open_channel
from libs.rpc.server import running
from services.packages.app import assembled
from services.packages.domain.index import Index
from services.packages.domain.package import Facts, Package, Release
from services.packages.embedding import StaticEmbedder
from services.packages.knowledge import load_knowledge
from services.packages.roles import load_roles
from services.packages.settings import PackagesSettings
from services.packages.starter import read_starter
from services.packages.store import MIGRATIONS, SCHEMA, PostgresPackageStore, binary_json
from stack8s.packages.v1 import packages_service_pb2_grpc

threadpool_limits(1)  # as the service does
NOW = datetime(2026, 8, 23, tzinfo=UTC)


@cache
def embedder() -> StaticEmbedder:
    """Return the embedder; its weights are read once."""
    return StaticEmbedder()


@cache
def starter() -> Index:
    """Return the index of the starter catalogue."""
    knowledge = load_knowledge()
    facts = [f for revision in read_starter(knowledge) for f, _ in revision.packages]
    return indexed([knowledge.describe(f) for f in facts])


def indexed(packages: Sequence[Package]) -> Index:
    """Return the index of packages, with all that is known of languages and roles."""
    languages, roles = load_knowledge().languages, load_roles().values()
    return Index(packages, embedder(), now=NOW, languages=languages, roles=roles)


def chart(repository: str, name: str, version: str = "1.0.0", **fields: object) -> Facts:
    """Return a chart that nothing is known of."""
    release = Release(version, published=NOW, deprecated=bool(fields.pop("deprecated", False)))
    return Facts(repository, name, release, **fields)  # type: ignore[arg-type]


def index_of(*facts: Facts) -> Index:
    """Return the index of a few charts."""
    return indexed([load_knowledge().describe(f) for f in facts])


@pytest.fixture
def starter_index() -> Index:
    """The starter catalogue, indexed."""
    return starter()


@pytest.fixture
async def store(fresh_database_url: str) -> AsyncIterator[PostgresPackageStore]:
    """A store in an empty database."""
    pool = await open_pool(fresh_database_url, schema=SCHEMA, init=binary_json, max_size=4)
    await migrate(pool, MIGRATIONS, schema=SCHEMA)
    yield PostgresPackageStore(pool)
    await pool.close()


@pytest.fixture
async def packages(database_url: str) -> AsyncIterator[packages_service_pb2_grpc.PackagesServiceStub]:
    """A stub of a running server with the starter catalogue."""
    settings = PackagesSettings(database_url=database_url, port=0, drain_s=0.1)
    async with assembled(settings) as (mount, ready, _), running(settings, [mount], ready=ready) as port:
        channel = open_channel(f"127.0.0.1:{port}")
        yield packages_service_pb2_grpc.PackagesServiceStub(channel)
        await channel.close()
