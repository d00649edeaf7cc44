"""A client on a bad line: what the server sends reaches it one byte at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_BYTE_EVERY_S = 1.0


class Line:
    """The slow line's address and how much has passed."""

    def __init__(self) -> None:
        self.target = ""
        self.passed = 0


@asynccontextmanager
async def slow_line(target: str) -> AsyncIterator[Line]:
    """Yield a line to host:port that lets everything up at once and one byte a second down."""
    host, _, port = target.rpartition(":")
    line, tasks = Line(), set[asyncio.Task[None]]()

    async def up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()

    async def down(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1):
            writer.write(data)
            await writer.drain()
            line.passed += 1
            await asyncio.sleep(_BYTE_EVERY_S)

    async def connected(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        # A small buffer, so that the server feels that nobody reads.
        server, to_server = await asyncio.open_connection(host, int(port), limit=1)
        try:
            await asyncio.gather(up(client, to_server), down(server, to_client))
        finally:
            to_server.close()
            to_client.close()

    def accept(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(connected(client, to_client)))

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    line.target = f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield line
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, OSError):
                await task
