"""A small gRPC-web client, as a browser's library speaks it: one POST, framed messages, the trailers in the last."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from typing import TypeVar

import httpx2
from google.protobuf.message import Message

_TRAILERS = 0x80
_PREFIX = struct.Struct(">BI")

Answer = TypeVar("Answer", bound=Message)


class GrpcWebError(Exception):
    """The call ended with another status than OK."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


def frame(message: Message) -> bytes:
    """Return the message as one data frame."""
    body = message.SerializeToString()
    return _PREFIX.pack(0, len(body)) + body


async def stream(
    client: httpx2.AsyncClient, method: str, request: Message, answer: type[Answer], *, origin: str = "http://localhost"
) -> AsyncIterator[Answer]:
    """Call a method and yield its answers as they arrive. Raises GrpcWebError."""
    headers = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1", "origin": origin}
    async with client.stream("POST", f"/{method}", content=frame(request), headers=headers) as response:
        response.raise_for_status()
        _require_ok(dict(response.headers))  # an answer without messages has its status in the headers
        buffer = b""
        async for chunk in response.aiter_bytes():
            buffer += chunk
            while len(buffer) >= _PREFIX.size:
                kind, length = _PREFIX.unpack_from(buffer)
                if len(buffer) < _PREFIX.size + length:
                    break
                body, buffer = buffer[_PREFIX.size : _PREFIX.size + length], buffer[_PREFIX.size + length :]
                if kind & _TRAILERS:
                    _require_ok(_trailers(body))
                    return
                yield answer.FromString(body)
    raise GrpcWebError(2, "the answer ended without trailers")


async def unary(client: httpx2.AsyncClient, method: str, request: Message, answer: type[Answer]) -> Answer:
    """Call a method that answers once. Raises GrpcWebError."""
    answers = [message async for message in stream(client, method, request, answer)]
    return answers[0]


def _trailers(body: bytes) -> dict[str, str]:
    lines = body.decode().split("\r\n")
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name}


def _require_ok(fields: dict[str, str]) -> None:
    code = int(fields.get("grpc-status", "0"))
    if code:
        raise GrpcWebError(code, fields.get("grpc-message", ""))
