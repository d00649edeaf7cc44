"""A client of the made-up cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.compute.cluster.kubernetes import Server


@pytest.fixture
async def api(kmock: Server) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that changes the cluster."""
    kmock.resources["v1/nodes"] = {}
    kmock.resources["v1/pods"] = {}
    async with httpx2.AsyncClient(base_url=str(kmock.url)) as client:
        yield client
