"""Serves the packages catalogue: python -m services.packages."""

from __future__ import annotations

import asyncio

from libs.logging import configure_logging
from libs.rpc.server import serve
from services.packages.app import assembled
from services.packages.settings import PackagesSettings


async def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = PackagesSettings()
    configure_logging(settings.log_level)
    async with assembled(settings) as (mount, ready, _):
        await serve(settings, [mount], ready=ready)


if __name__ == "__main__":
    asyncio.run(main())
