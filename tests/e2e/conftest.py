"""One stack for all end-to-end tests of the session."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator

import grpc
import httpx2
import pytest

from libs.rpc.client import open_channel
from stack8s.orchestrator.v1.architect_service_pb2_grpc import ArchitectServiceStub
from tests.support.folders import open_folder
from tests.support.stack import Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole product, ready; tests that stop it start it again."""
    with open_folder() as folder:
        stack = Stack(folder / "home")
        try:
            stack.start()
            yield stack
        finally:
            stack.close()
            sys.stderr.write(stack.output)  # pytest shows it beside a failure


@pytest.fixture
async def channel(stack: Stack) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to the orchestrator."""
    async with open_channel(stack.target("orchestrator"), timeout_s=30) as channel:
        yield channel


@pytest.fixture
def architect(channel: grpc.aio.Channel) -> ArchitectServiceStub:
    """The orchestrator."""
    return ArchitectServiceStub(channel)


@pytest.fixture
async def browser(stack: Stack) -> AsyncIterator[httpx2.AsyncClient]:
    """An HTTP client of the gateway."""
    address = f"http://{stack.target('gateway')}"
    async with httpx2.AsyncClient(base_url=address, timeout=60, trust_env=False) as client:
        yield client
