"""One call starts a gRPC server: health, reflection, request ids, deadlines, error mapping, logs, a graceful end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import SERVICE_NAME
from grpc_health.v1.health import aio as health_aio
from grpc_reflection.v1alpha import reflection

from libs import telemetry
from libs.errors import UnavailableError
from libs.rpc.interceptor import CallInterceptor
from libs.settings import ServerSettings

log = logging.getLogger(__name__)

Ready = Callable[[], Awaitable[object]]
"""Returns when database and catalogue answer; raises when they do not."""

_MESSAGE_BYTES: Final = 16 * 2**20
_READY_TIMEOUT_S: Final = 3.0
OPTIONS: Final[tuple[tuple[str, Any], ...]] = (
    # Without this a second server on the same port would start and take every other call.
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", _MESSAGE_BYTES),
    ("grpc.max_send_message_length", _MESSAGE_BYTES),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Calls are taken up one by one between the steps of those in progress, so in a rush some wait for long. Their own
    # deadlines bound that; gRPC would cancel them after 30 s.
    ("grpc.server_max_unrequested_time_in_server", 600),
)


@dataclass(frozen=True, slots=True)
class Mount:
    """One service of a server."""

    full_name: str
    """Such as stack8s.compute.v1.ComputeService."""
    add: Callable[[Any, grpc.aio.Server], None]
    """The generated add_XServicer_to_server."""
    servicer: object


@contextlib.asynccontextmanager
async def running(settings: ServerSettings, mounts: Sequence[Mount], *, ready: Ready) -> AsyncIterator[int]:
    """Run a server and yield its port; on leaving, calls in progress have settings.drain_s seconds to end.

    Raises UnavailableError when the port is taken.
    """
    interceptor = CallInterceptor(domain=f"{_name_of(mounts)}.stack8s", unary_timeout_s=settings.unary_timeout_s)
    server = grpc.aio.server(interceptors=(*telemetry.server_interceptors(), interceptor), options=OPTIONS)
    for mount in mounts:
        mount.add(mount.servicer, server)
    health = health_aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    names = [mount.full_name for mount in mounts]
    reflection.enable_server_reflection((*names, SERVICE_NAME, reflection.SERVICE_NAME), server)
    try:
        port = server.add_insecure_port(f"{settings.host}:{settings.port}")
    except RuntimeError:
        raise UnavailableError(f"port {settings.port} of {settings.host} is taken; set another") from None
    await _probe(health, ("", *names), ready)
    await server.start()
    log.info("serving", extra={"host": settings.host, "port": port, "services": names})
    watcher = asyncio.create_task(_watch(health, ("", *names), ready, interval_s=settings.health_interval_s))
    try:
        yield port
    finally:
        watcher.cancel()
        await health.enter_graceful_shutdown()
        await server.stop(settings.drain_s)
        log.info("stopped", extra={"port": port})


async def serve(settings: ServerSettings, mounts: Sequence[Mount], *, ready: Ready) -> None:
    """Run a server until SIGTERM or SIGINT, then drain it."""
    telemetry.configure(_name_of(mounts))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(settings, mounts, ready=ready):
        await stop.wait()


def _name_of(mounts: Sequence[Mount]) -> str:
    """Return the name of the service, such as compute, from its first full name."""
    return mounts[0].full_name.split(".")[1]


async def _probe(health: health_aio.HealthServicer, names: Sequence[str], ready: Ready) -> bool:
    """Set the health of the services by one probe, and return it."""
    try:
        async with asyncio.timeout(_READY_TIMEOUT_S):
            await ready()
    except Exception as error:
        cause = type(error).__name__
        log.warning("not ready", extra={"cause": cause})
    else:
        cause = ""
    answer = health_pb2.HealthCheckResponse
    for name in names:
        await health.set(name, answer.NOT_SERVING if cause else answer.SERVING)
    return not cause


async def _watch(health: health_aio.HealthServicer, names: Sequence[str], ready: Ready, *, interval_s: float) -> None:
    while True:
        await asyncio.sleep(interval_s)
        await _probe(health, names, ready)
