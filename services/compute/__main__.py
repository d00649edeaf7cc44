"""`python -m services.compute`: wire the parts together and serve until SIGTERM."""

from __future__ import annotations

import asyncio

from libs.logging import configure_logging
from libs.rpc.server import serve
from services.compute.app import wired
from services.compute.settings import ComputeSettings


async def run(settings: ComputeSettings) -> None:
    """Serve until SIGTERM or SIGINT."""
    async with wired(settings) as (mounts, ready):
        await serve(settings, mounts, ready=ready)


if __name__ == "__main__":
    configured = ComputeSettings()
    configure_logging(configured.log_level)
    asyncio.run(run(configured))
