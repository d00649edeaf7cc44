"""What every call goes through: request id, bad bytes, deadline, error mapping, one log line."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Final, NoReturn

import grpc
from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pool import Default
from grpc.aio import AbortError

from libs.database import is_outage
from libs.errors import DeadlineError, Stack8sError, UnavailableError
from libs.logging import request_id
from libs.rpc.decoding import Undecodable, tolerant
from libs.rpc.status import DETAILS_KEY, code_of, shown, to_details
from libs.telemetry import record_rpc

log = logging.getLogger(__name__)

REQUEST_ID_KEY: Final = "x-request-id"
_REQUEST_ID_CHARS: Final = 128
_QUIET: Final = ("/grpc.health.v1.", "/grpc.reflection.")

deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
"""When the call being served must be answered, in seconds of time.monotonic(); calls that it makes inherit it."""

Context = grpc.aio.ServicerContext[Any, Any]
Handler = Any
"""grpc.RpcMethodHandler, whose types know the blocking servers only."""


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Wraps unary and server-streaming calls alike; the servicers themselves catch nothing."""

    def __init__(self, *, domain: str, unary_timeout_s: float) -> None:
        self._domain = domain
        self._unary_timeout_s = unary_timeout_s

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        """Return the method's handler, wrapped."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method.startswith(_QUIET) or handler.request_streaming:
            return handler
        decode = tolerant(handler.request_deserializer, _request_type(method))
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(method, handler.unary_stream), decode, handler.response_serializer
            )
        return grpc.unary_unary_rpc_method_handler(
            self._unary(method, handler.unary_unary), decode, handler.response_serializer
        )

    def _unary(self, method: str, serve: Callable[[Any, Context], Awaitable[Any]]) -> Any:
        async def served(request: Any, context: Context) -> Any:
            call = _Call(method, context, self._domain)
            try:
                if isinstance(request, Undecodable):
                    raise request.error
                async with asyncio.timeout(call.limit(self._unary_timeout_s)):
                    response = await serve(request, context)
            except (AbortError, asyncio.CancelledError):
                call.ended("aborted")
                raise
            except Exception as error:
                await call.fail(error)
            call.ended("OK")
            return response

        return served

    def _stream(self, method: str, serve: Callable[[Any, Context], AsyncIterator[Any]]) -> Any:
        async def served(request: Any, context: Context) -> AsyncIterator[Any]:
            call = _Call(method, context, self._domain)
            call.limit(None)
            try:
                if isinstance(request, Undecodable):
                    raise request.error
                async for response in serve(request, context):
                    yield response
            except (AbortError, asyncio.CancelledError, GeneratorExit):
                call.ended("aborted")
                raise
            except Exception as error:
                await call.fail(error)
            call.ended("OK")

        return served


class _Call:
    """One call in progress."""

    def __init__(self, method: str, context: Context, domain: str) -> None:
        self._method, self._context, self._domain = method, context, domain
        self._begin = time.monotonic()
        sent = next((v for k, v in context.invocation_metadata() or () if k == REQUEST_ID_KEY), "")
        text = sent.decode(errors="replace") if isinstance(sent, bytes) else sent
        request_id.set(text[:_REQUEST_ID_CHARS] or uuid.uuid4().hex)

    def limit(self, fallback_s: float | None) -> float | None:
        """Return the seconds left, from the client's deadline or the fallback, and note the deadline for calls made."""
        left = self._context.time_remaining()
        # gRPC gives a very large number, not None, where the client set no deadline.
        seconds = min((s for s in (left, fallback_s) if s is not None), default=None)
        deadline.set(None if seconds is None else self._begin + seconds)
        return seconds

    async def fail(self, error: Exception) -> NoReturn:
        """Abort the call with the status that the error stands for; what is unforeseen is logged and stays opaque."""
        known = error if isinstance(error, Stack8sError) else None
        if known is None and isinstance(error, TimeoutError) and self._out_of_time():
            known = DeadlineError("the call was not done within its deadline")
        if known is None and is_outage(error):
            log.warning("database away", extra={"method": self._method, "error": type(error).__name__})
            known = UnavailableError("the database does not answer; try again shortly", retry_after_s=1.0)
        if known is None:
            log.error("rpc failed", exc_info=error, extra={"method": self._method})
            self.ended("INTERNAL")
            await self._context.abort(grpc.StatusCode.INTERNAL, f"internal error, logged as request {request_id.get()}")
        code = code_of(known)
        self.ended(code.name)
        await self._context.abort(code, shown(known), ((DETAILS_KEY, to_details(known, domain=self._domain)),))
        raise AssertionError("abort raises")

    def _out_of_time(self) -> bool:
        limit = deadline.get()
        return limit is not None and time.monotonic() >= limit

    def ended(self, code: str) -> None:
        """Log the call's end."""
        elapsed_ms = round((time.monotonic() - self._begin) * 1000, 3)
        record_rpc(self._method, code, elapsed_ms)
        log.info("rpc", extra={"method": self._method, "code": code, "elapsed_ms": elapsed_ms})


def _request_type(method: str) -> Descriptor | None:
    """Return the type of a method's request, from /package.Service/Method."""
    service, _, name = method.strip("/").partition("/")
    try:
        return Default().FindServiceByName(service).FindMethodByName(name).input_type
    except KeyError:
        return None
