"""Ways to ask a process whether it works. Each raises while it does not."""

import asyncio
from collections.abc import Awaitable, Callable

from deploy.local.ports import HOST


class NotReadyError(Exception):
    """The process answers, but not yet as one that works."""


def grpc_health(port: int, service: str) -> Callable[[], Awaitable[None]]:
    """Return a probe for a gRPC service: its own health must be SERVING."""

    async def probe() -> None:
        await _connect(port)  # cheap while nobody listens; a channel would back off
        import grpc  # here, because the processes are starting meanwhile
        from grpc_health.v1 import health_pb2

        async with grpc.aio.insecure_channel(f"{HOST}:{port}") as channel:
            check = channel.unary_unary(
                "/grpc.health.v1.Health/Check",
                request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
                response_deserializer=health_pb2.HealthCheckResponse.FromString,
            )
            answer = await check(health_pb2.HealthCheckRequest(service=service), timeout=5)
        if answer.status != health_pb2.HealthCheckResponse.SERVING:
            raise NotReadyError(service)

    return probe


def http_ok(port: int, path: str) -> Callable[[], Awaitable[None]]:
    """Return a probe for an HTTP server: GET of the path must answer 200."""

    async def probe() -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            status = await asyncio.wait_for(reader.readline(), 5)
            if b" 200 " not in status:
                raise NotReadyError(status.decode(errors="replace"))
        finally:
            writer.close()

    return probe


async def _connect(port: int) -> None:
    _, writer = await asyncio.open_connection(HOST, port)
    writer.close()
