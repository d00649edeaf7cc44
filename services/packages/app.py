"""Puts the packages service together, for the process and for tests."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from libs.database import migrate, open_pool
from libs.rpc.server import Mount, Ready
from services.packages.catalogue import Catalogue
from services.packages.embedding import StaticEmbedder
from services.packages.knowledge import load_knowledge
from services.packages.roles import load_roles
from services.packages.server import PackagesServicer, mounted
from services.packages.settings import PackagesSettings
from services.packages.starter import load_starter
from services.packages.store import MIGRATIONS, SCHEMA, PostgresPackageStore, binary_json


@contextlib.asynccontextmanager
async def assembled(settings: PackagesSettings) -> AsyncIterator[tuple[Mount, Ready, Catalogue]]:
    """Yield the service's mount, its readiness probe and its catalogue; an empty database gets the starter first."""
    threadpool_limits(1)  # the products of a search are small; more threads only fight over them
    pool = await open_pool(settings.database_url.get_secret_value(), schema=SCHEMA, init=binary_json)
    try:
        await migrate(pool, MIGRATIONS, schema=SCHEMA)
        store = PostgresPackageStore(pool)
        knowledge = load_knowledge()
        await load_starter(store, knowledge)
        roles = load_roles()
        catalogue = Catalogue(store, knowledge, roles.values(), StaticEmbedder())
        await catalogue.refresh()
        servicer = PackagesServicer(catalogue, store, roles, stale_after=timedelta(days=settings.stale_after_days))

        async def ready() -> None:
            await store.ping()
            _ = catalogue.view

        async with catalogue.refreshing(interval_s=settings.refresh_interval_s):
            yield mounted(servicer), ready, catalogue
    finally:
        await pool.close()
