"""Serves ModelsService: `python -m services.models`."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
from typing import Final

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from libs.database import Pool
from libs.errors import ConflictError
from libs.heap import settle
from libs.logging import configure_logging
from libs.rpc.server import Mount, serve
from services.models.embed.choose import Embedders, embedders
from services.models.ingest import fill, pipeline
from services.models.ingest.starter import StarterSource
from services.models.known import KnownModels
from services.models.search import Searcher
from services.models.server import ModelsServicer
from services.models.settings import ModelsSettings
from services.models.store.pool import open_migrated
from stack8s.models.v1 import models_service_pb2_grpc

log = logging.getLogger(__name__)
FULL_NAME = "stack8s.models.v1.ModelsService"
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
"""What mallopt calls them, in glibc's malloc.h."""
_GIVEN_BACK_BYTES: Final = 4 * 2**20


def mount(pool: Pool, searcher: Searcher, models: KnownModels) -> Mount:
    """Return the service as a server takes it."""
    servicer = ModelsServicer(pool, searcher, models)
    return Mount(FULL_NAME, models_service_pb2_grpc.add_ModelsServiceServicer_to_server, servicer)


async def prepare(
    pool: Pool, chosen: Embedders, searcher: Searcher, models: KnownModels, settings: ModelsSettings
) -> None:
    """Load a new starter set, warm the encoder, read models ahead, then keep the better spaces complete."""
    while settings.load_starter and not await pipeline.published(pool, StarterSource()):
        try:
            await pipeline.run(pool, StarterSource(), fast=chosen.fast, better=chosen.better)
        except ConflictError:  # another replica loads it
            await asyncio.sleep(1.0)
    await searcher.warm()
    settle()
    await models.read_ahead()
    settle()
    give_back()
    if settings.fill:
        await asyncio.gather(
            *(
                fill.keep_filled(pool, e, every_s=settings.fill_interval_s, report=lambda _: give_back())
                for e in chosen.better
            )
        )


def give_back() -> None:
    """Have glibc return blocks of 4 MiB and more to the system once they are free, and now what is free at all.

    Of itself it raises that bound up to 32 MiB, and has an arena a thread: each one that encodes passages would keep
    some tens of MiB. Loading the encoders leaves as much behind, and so do passages that were embedded.
    """
    with contextlib.suppress(OSError, AttributeError):  # another C library has nothing to set
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_M_MMAP_THRESHOLD, _GIVEN_BACK_BYTES)
        libc.mallopt(_M_ARENA_MAX, 1)
        libc.malloc_trim(0)


async def main() -> None:
    """Run until SIGTERM or SIGINT."""
    give_back()
    threadpool_limits(1)  # a search's products are small: more threads cost CPU time while they wait for the next one
    settings = ModelsSettings()
    configure_logging(settings.log_level)
    pool = await open_migrated(settings.database_url.get_secret_value())
    chosen = embedders(settings)
    searcher = Searcher(pool, chosen, scan_mib=settings.scan_mib, state_max_age_s=settings.state_max_age_s)
    models = KnownModels(pool)
    preparing = asyncio.create_task(prepare(pool, chosen, searcher, models, settings))
    preparing.add_done_callback(_report)
    try:
        await serve(settings, [mount(pool, searcher, models)], ready=searcher.ready)
    finally:
        preparing.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await preparing
        await models.close()
        await searcher.close()
        await pool.close()


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("preparing failed", exc_info=error)


if __name__ == "__main__":
    asyncio.run(main())
