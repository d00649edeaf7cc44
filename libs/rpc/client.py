"""One call opens a channel with deadline, keepalive, round robin and retry; one funnel for failures."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import grpc

from libs import telemetry
from libs.logging import request_id
from libs.rpc.interceptor import REQUEST_ID_KEY, deadline
from libs.rpc.status import from_rpc_error

T = TypeVar("T")

_MESSAGE_BYTES: Final = 16 * 2**20
_SERVICE_CONFIG: Final = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [{}],
                "retryPolicy": {
                    "maxAttempts": 5,
                    "initialBackoff": "0.2s",
                    "maxBackoff": "2s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ],
    }
)
_OPTIONS: Final[tuple[tuple[str, Any], ...]] = (
    ("grpc.service_config", _SERVICE_CONFIG),
    ("grpc.enable_retries", 1),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.max_receive_message_length", _MESSAGE_BYTES),
    ("grpc.max_send_message_length", _MESSAGE_BYTES),
    # A service that was restarted should be found again within the retries of a call, not after two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
)


class _Outgoing:
    """Gives a call the default deadline, cut to what the call being served has left, and the request id."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s

    def details(self, given: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        """Return the call details with timeout and metadata filled in."""
        limit = deadline.get()
        left = None if limit is None else max(limit - time.monotonic(), 0.001)
        timeout = min(s for s in (given.timeout, left, self._timeout_s) if s is not None)
        metadata = grpc.aio.Metadata(*(given.metadata or ()))
        if (current := request_id.get()) and metadata.get(REQUEST_ID_KEY) is None:
            metadata.add(REQUEST_ID_KEY, current)
        return grpc.aio.ClientCallDetails(given.method, timeout, metadata, given.credentials, given.wait_for_ready)


class _UnaryOutgoing(_Outgoing, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self,
        continuation: Callable[[grpc.aio.ClientCallDetails, Any], Any],
        client_call_details: grpc.aio.ClientCallDetails,
        request: Any,
    ) -> Any:
        return await continuation(self.details(client_call_details), request)


class _StreamOutgoing(_Outgoing, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self,
        continuation: Callable[[grpc.aio.ClientCallDetails, Any], Any],
        client_call_details: grpc.aio.ClientCallDetails,
        request: Any,
    ) -> Any:
        return await continuation(self.details(client_call_details), request)


def open_channel(target: str, *, timeout_s: float = 10.0, stream_timeout_s: float = 600.0) -> grpc.aio.Channel:
    """Open a channel to host:port. A call ends after timeout_s, a stream after stream_timeout_s, or with the caller."""
    interceptors = (
        *telemetry.client_interceptors(),
        _UnaryOutgoing(timeout_s),
        _StreamOutgoing(stream_timeout_s),
    )
    return grpc.aio.insecure_channel(target, options=_OPTIONS, interceptors=interceptors)


async def call(pending: Awaitable[T]) -> T:
    """Await a unary call. Raises the domain error that a failure stands for."""
    try:
        return await pending
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from None
