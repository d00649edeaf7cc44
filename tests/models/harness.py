"""A models service on a real database and a free port, for tests, evals and benches."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from libs.database import Pool
from libs.rpc.client import open_channel
from libs.rpc.server import running
from services.models.__main__ import mount
from services.models.embed.choose import Embedders, embedders
from services.models.known import KnownModels
from services.models.search import Searcher
from services.models.settings import ModelsSettings
from services.models.store.pool import open_migrated
from stack8s.models.v1.models_service_pb2_grpc import ModelsServiceStub

if TYPE_CHECKING:
    from stack8s.models.v1.models_service_pb2_grpc import ModelsServiceAsyncStub


@dataclass(frozen=True)
class Models:
    """A running service and what it runs on."""

    stub: ModelsServiceAsyncStub
    pool: Pool
    searcher: Searcher
    embedders: Embedders


@contextlib.asynccontextmanager
async def database(database_url: str) -> AsyncIterator[tuple[Pool, Embedders]]:
    """Yield a migrated pool and the embedders, without a server."""
    pool = await open_migrated(database_url)
    try:
        yield pool, embedders(ModelsSettings(database_url=database_url))
    finally:
        await pool.close()


@contextlib.asynccontextmanager
async def service(database_url: str, *, timeout_s: float = 300.0, **options: Any) -> AsyncIterator[Models]:
    """Yield a running service with these settings. Its catalogue holds what the test puts into it.

    timeout_s: of a call; the first one loads the encoders, and a busy machine must fail no test.
    """
    settings = ModelsSettings(
        database_url=database_url, port=0, drain_s=0.0, state_max_age_s=0.001, unary_timeout_s=timeout_s, **options
    )
    async with database(database_url) as (pool, chosen):
        searcher = Searcher(pool, chosen, scan_mib=settings.scan_mib, state_max_age_s=settings.state_max_age_s)
        models = KnownModels(pool)
        async with running(settings, [mount(pool, searcher, models)], ready=searcher.ready) as port:
            channel = open_channel(f"127.0.0.1:{port}", timeout_s=timeout_s)
            async with channel:
                yield Models(ModelsServiceStub(channel), pool, searcher, chosen)
        await models.close()
        await searcher.close()
