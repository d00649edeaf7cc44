"""Small local http servers for the tests: they speak the real protocols of what the importers read."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

from tests.support.http import Handler, served

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""


@contextlib.contextmanager
def http_server(answer: Callable[[BaseHTTPRequestHandler], Answer | None]) -> Iterator[str]:
    """Serve GET by a function and yield the address. None means the function has written the answer itself."""

    class ByFunction(Handler):
        def do_GET(self) -> None:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                given = answer(self)
                if given is not None:
                    status, headers, body = given
                    self.answer(status, body, headers)

    with served(ByFunction) as address:
        yield address
