"""Reads a server that speaks the Hub's API: waits as it says, tries again what may pass, reads no more than it must."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Self
from urllib.parse import urljoin, urlsplit

import httpx2
from huggingface_hub import get_async_session
from huggingface_hub.utils._http import parse_ratelimit_headers

from services.models.ingest.source import SourceError

_TIMEOUT_S: Final = 30.0
_TRIES: Final = 12
"""Some 80 s of waiting where the server does not say how long."""
_LONGEST_PAUSE_S: Final = 8.0
_LONGEST_TOLD_S: Final = 3_600.0
_TRANSIENT: Final = (408, 429, 500, 502, 503, 504)

Say = Callable[[str], None]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said in the end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def problem(self) -> str:
        """What is wrong, in the server's words where it has some."""
        return " ".join(filter(None, [str(self.status), self.headers.get("X-Error-Message", "")[:200]]))


class HubClient:
    """One server, over one pool of connections; an async context manager.

    The token goes to the configured host only: links to others are refused, and redirects to others lose it.
    """

    def __init__(self, endpoint: str, *, token: str | None, say: Say, sleep: Sleep = asyncio.sleep) -> None:
        self._endpoint = endpoint
        self._headers = {"User-Agent": "stack8s-architect"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._say = say
        self._sleep = sleep
        self._not_before = 0.0
        self._stack = AsyncExitStack()
        self._client: httpx2.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        self._client = await self._stack.enter_async_context(get_async_session())
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def get(self, url: str, *, params: Sequence[tuple[str, str]] = (), most_bytes: int | None = None) -> Answer:
        """Return the answer, its body cut at most_bytes. Raises SourceError where there is none after all tries.

        A limit on the rate holds for all calls, so they wait together.
        """
        for attempt in range(_TRIES):
            if (wait_s := self._not_before - time.monotonic()) > 0:
                await self._sleep(wait_s)
            try:
                answer = await self._once(url, params, most_bytes)
            except httpx2.UnsupportedProtocol as error:
                raise SourceError(
                    f"{self._endpoint} is no address of a Hub: write http://... or https://..."
                ) from error
            except httpx2.TransportError as error:
                problem, told = f"does not answer ({str(error) or type(error).__name__})", None
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise SourceError(f"{self._endpoint} cannot be read: {str(error) or type(error).__name__}") from error
            else:
                if answer.status not in _TRANSIENT:
                    return answer
                problem = "limits its rate" if answer.status == 429 else f"answers {answer.problem}"
                told = told_wait_s(answer.headers, now=datetime.now(UTC))
                if attempt == _TRIES - 1 and answer.status != 429:
                    return answer
            wait_s = min(2.0**attempt, _LONGEST_PAUSE_S) if told is None else told
            if attempt == _TRIES - 1 or wait_s > _LONGEST_TOLD_S:
                break
            self._pause(problem, wait_s)
        later = f"; it asks to be left alone for {told:,.0f} s" if told else ""
        raise SourceError(f"{self._endpoint} {problem}{later}: run the import again to go on from here")

    def following(self, link: str) -> str:
        """Return the address that a link of the listing leads to.

        Raises SourceError where that is another host, or the same without TLS.
        """
        url = urljoin(f"{self._endpoint}/", link)
        here, there = urlsplit(self._endpoint), urlsplit(url)
        if there.netloc != here.netloc or (here.scheme == "https") > (there.scheme == "https"):
            raise SourceError(f"the listing points to another host than {self._endpoint}: not followed")
        return url

    async def _once(self, url: str, params: Sequence[tuple[str, str]], most_bytes: int | None) -> Answer:
        assert self._client is not None, "used as a context manager"
        body = bytearray()
        async with self._client.stream(
            "GET", url, params=list(params) or None, headers=self._headers, timeout=_TIMEOUT_S, follow_redirects=True
        ) as response:
            async for piece in response.aiter_bytes():
                body += piece
                if most_bytes is not None and len(body) >= most_bytes:
                    break
            return Answer(response.status_code, response.headers, bytes(body[:most_bytes]))

    def _pause(self, problem: str, wait_s: float) -> None:
        """Have all calls wait. Told once: of calls that run into the same limit, the others add nothing."""
        until = time.monotonic() + wait_s
        if until > self._not_before + 0.5:
            self._say(f"{self._endpoint} {problem}: goes on in {wait_s:,.0f} s")
        self._not_before = max(self._not_before, until)


def told_wait_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Return for how many seconds a server asks to be left alone; None where it does not say.

    A used-up quota of the Hub counts before Retry-After, which is seconds or a date (RFC 9110, 10.2.3). A second more
    than told, for clocks and rounding.
    """
    quota = parse_ratelimit_headers(headers)
    if quota is not None and quota.remaining == 0:
        return quota.reset_in_seconds + 1.0
    told = headers.get("Retry-After", "").strip()
    if told.isdecimal():
        return float(told) + 1.0
    try:
        moment = parsedate_to_datetime(told) if told else None
    except ValueError:
        return None
    return max((moment - now).total_seconds(), 0.0) + 1.0 if moment and moment.tzinfo else None
