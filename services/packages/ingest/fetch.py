"""Fetches files over http(s), so that a repository cannot lead into the private network, fill the disk or hang."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx2

MAX_REDIRECTS: Final = 5
MAX_BYTES: Final = 512 * 2**20
_CHUNK: Final = 2**18


class FetchError(Exception):
    """Something could not be fetched; the message says what and why, without credentials."""


class Fetcher:
    """Fetches with one client. The address that the operator gives is trusted; where it redirects to is not."""

    def __init__(self, *, allow_private: bool = False, timeout_s: float = 120.0, max_bytes: int = MAX_BYTES) -> None:
        """timeout_s bounds a whole file, so a server that drips bytes cannot hold an import up."""
        self._allow_private = allow_private
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._client = httpx2.AsyncClient(timeout=httpx2.Timeout(20.0), headers={"user-agent": "stack8s-packages"})

    async def __aenter__(self) -> Fetcher:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def to_file(self, url: str, path: Path) -> None:
        """Write what an address holds to a file. Raises FetchError."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._to_file(url, path)
        except TimeoutError:
            raise FetchError(f"{shown(url)} took longer than {self._timeout_s:g} s") from None
        except httpx2.HTTPError as error:
            raise FetchError(f"{shown(url)}: {type(error).__name__}") from None
        except OSError as error:
            raise FetchError(f"{shown(url)}: {error.strerror or type(error).__name__}") from None

    async def _to_file(self, url: str, path: Path) -> None:
        trusted = True
        for _ in range(MAX_REDIRECTS + 1):
            request = await self._request(url, trusted=trusted)
            response = await self._client.send(request, stream=True)
            try:
                if response.is_redirect:
                    url, trusted = urljoin(url, response.headers.get("location", "")), False
                    continue
                if response.status_code != 200:
                    raise FetchError(f"{shown(url)} answered {response.status_code}")
                await self._save(response, url, path)
                return
            finally:
                await response.aclose()
        raise FetchError(f"{shown(url)} redirects more than {MAX_REDIRECTS} times")

    async def _request(self, url: str, *, trusted: bool) -> httpx2.Request:
        """Return the request for an address; one that is not trusted goes to the very host that was checked."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise FetchError(f"{shown(url)} is not an http(s) address")
        if trusted or self._allow_private:
            return self._client.build_request("GET", url)
        address = await self._public_address(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
        host = f"[{address}]" if ":" in address else address
        pinned = urlunsplit(parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host))
        headers = {"host": parts.netloc.rpartition("@")[2]}
        return self._client.build_request("GET", pinned, headers=headers, extensions={"sni_hostname": parts.hostname})

    async def _public_address(self, host: str, port: int) -> str:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(info[4][0]).partition("%")[0] for info in found]
        private = [a for a in addresses if not is_public(a)]
        if private or not addresses:
            raise FetchError(
                f"a redirect leads to {host}, a private address; allow it with --allow-private if you trust it"
            )
        return addresses[0]

    async def _save(self, response: httpx2.Response, url: str, path: Path) -> None:
        size = 0
        with path.open("wb") as file:
            async for chunk in response.aiter_bytes(_CHUNK):
                size += len(chunk)
                if size > self._max_bytes:
                    raise FetchError(f"{shown(url)} is larger than {self._max_bytes // 2**20} MiB")
                file.write(chunk)


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet."""
    parsed = ipaddress.ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_global and not parsed.is_multicast


def shown(url: str) -> str:
    """Return an address without user, password and query, for messages."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
