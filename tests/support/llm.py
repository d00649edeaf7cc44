"""A language model for the tests: a local server that speaks the OpenAI protocol and says what a script tells it to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.http import Handler, served


@dataclass(frozen=True)
class Say:
    """One reply of the model."""

    content: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    """Silence before the reply."""
    cut_after: int | None = None
    """Characters of a stream after which the connection is dropped."""
    reports: bool = True
    """Whether the server reports the tokens used."""
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Tools to call, with their arguments."""


Script = Callable[[dict[str, Any]], Say]
"""Takes the request's JSON and returns the reply."""


@dataclass
class FakeModel:
    """The address of the server and what it was asked."""

    base_url: str
    requests: list[dict[str, Any]]
    busy_s: float = 0.0
    """Seconds from each request to the end of its answer, in all."""

    def prompts(self) -> str:
        """Return all that was sent to the model."""
        return json.dumps(self.requests, ensure_ascii=False)


def _call(number: int, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


@contextmanager
def language_model(script: Script) -> Iterator[FakeModel]:
    """Run the server on a free port."""
    asked: list[dict[str, Any]] = []
    model = FakeModel(base_url="", requests=asked)

    class Chat(Handler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else an answer of two writes waits for the delayed acknowledgement

        def do_POST(self) -> None:
            began = time.monotonic()
            try:
                self._answer()
            finally:
                model.busy_s += time.monotonic() - began

        def _answer(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append(request)
            say = script(request)
            if say.delay_s:
                time.sleep(say.delay_s)
            try:
                self._reply(request, say)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _reply(self, request: dict[str, Any], say: Say) -> None:
            if say.status != 200:
                return self._send(say.status, {"error": {"message": say.content or "no"}}, say.headers)
            if request.get("stream"):
                return self._stream(say)
            message: dict[str, Any] = {"role": "assistant", "content": say.content}
            if say.calls:
                message["tool_calls"] = [_call(n, *call) for n, call in enumerate(say.calls)]
            choice = {"index": 0, "finish_reason": "tool_calls" if say.calls else "stop", "message": message}
            usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
            body = {
                "id": "x",
                "object": "chat.completion",
                "created": 0,
                "model": "m",
                "choices": [choice],
                **({"usage": usage} if say.reports else {}),
            }
            return self._send(200, body, say.headers)

        def _send(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
            self.answer(status, json.dumps(body).encode(), {"content-type": "application/json", **headers})

        def _stream(self, say: Say) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            text = say.content if say.cut_after is None else say.content[: say.cut_after]
            for start in range(0, len(text), 7):
                self._chunk({"content": text[start : start + 7]}, None)
            if say.cut_after is None:
                self._chunk({}, "stop")
                self.wfile.write(b"data: [DONE]\n\n")
            self.close_connection = True

        def _chunk(self, delta: dict[str, Any], finish: str | None) -> None:
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            chunk = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            self.wfile.flush()

    with served(Chat) as address:
        model.base_url = f"{address}/v1"
        yield model
