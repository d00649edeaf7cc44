"""A small server that speaks the Hub's API: listing by cursor, cards by revision, rate limits, gated ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.http import Handler, served


@dataclass(frozen=True)
class Reply:
    """An answer out of the ordinary; status 200 without a body means the ordinary one."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class FakeHub:
    """What the server gives, and what it was asked."""

    models: Sequence[Mapping[str, Any]]
    cards: Mapping[str, str] = field(default_factory=dict)
    gated: frozenset[str] = frozenset()
    page: int = 5
    first: dict[str, list[Reply]] = field(default_factory=dict)
    """What each kind of address, list or card, answers first, one a call."""
    times: Mapping[str, int] = field(default_factory=dict)
    """How many times over the cards of some models are sent."""
    card_status: Mapping[str, int] = field(default_factory=dict)
    """With what the cards of some models are refused."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """Where the cards of some models are instead."""
    link: str = ""
    """Where every page says that the next one is, instead of where it is."""
    relative: bool = False
    """Whether links leave out the host."""
    sent: int = 0
    """Bytes of cards that were sent."""
    broken_after: int | None = None
    """Listing pages after which every further one answers 400."""
    torn: bool = False
    """Whether connections for cards are closed without an answer."""
    asked: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    agents: set[str] = field(default_factory=set)
    url: str = ""

    def cards_read(self) -> list[str]:
        """Return the models whose cards were asked for."""
        return [p.split("/resolve/")[0].strip("/") for p in self.asked if "/resolve/" in p]

    def pages_read(self) -> int:
        """Return how many pages of the listing were asked for."""
        return sum(p.startswith("/api/models") for p in self.asked)


class _HubHandler(Handler):
    """Answers as the hub of a subclass has it."""

    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        hub = self.hub
        hub.asked.append(self.path)
        hub.tokens.add(self.headers.get("Authorization", ""))
        hub.agents.add(self.headers.get("User-Agent", ""))
        kind = "list" if self.path.startswith("/api/models") else "card"
        planned = hub.first.get(kind)
        reply = planned.pop(0) if planned else Reply(200)
        if reply != Reply(200):
            self.answer(reply.status, reply.body, reply.headers)
        elif kind == "list":
            self._list()
        else:
            self._card()

    def _list(self) -> None:
        hub = self.hub
        query = parse_qs(urlsplit(self.path).query)
        start = int(query.get("cursor", ["0"])[0])
        if hub.broken_after is not None and start >= hub.broken_after * hub.page:
            self.answer(400, b"{}", {"X-Error-Message": "broken"})
            return
        size = min(int(query.get("limit", ["1000"])[0]), hub.page)
        page = hub.models[start : start + size]
        more = start + size < len(hub.models)
        host = "" if hub.relative else hub.url
        link = f'<{hub.link or f"{host}/api/models?limit={size}&cursor={start + size}"}>; rel="next"'
        self.answer(200, json.dumps(page).encode(), {"Link": link} if more else {})

    def _card(self) -> None:
        hub, model_id = self.hub, unquote(self.path.split("/resolve/")[0].strip("/"))
        if hub.torn:
            self.close_connection = True
        elif model_id in hub.gated:
            self.answer(403, b"", {"X-Error-Code": "GatedRepo"})
        elif model_id in hub.card_status:
            self.answer(hub.card_status[model_id])
        elif model_id in hub.moved:
            self.answer(302, b"", {"Location": hub.moved[model_id]})
        elif model_id in hub.cards:
            self._send(hub.cards[model_id].encode(), times=hub.times.get(model_id, 1))
        else:
            self.answer(404, b"", {"X-Error-Code": "EntryNotFound"})

    def _send(self, card: bytes, *, times: int) -> None:
        """Send a card so many times over, and count what the client takes."""
        self.answer(200, b"", {"content-length": str(times * len(card))})
        with suppress(ConnectionError):  # the client has read enough
            for _ in range(times):
                self.wfile.write(card)
                self.hub.sent += len(card)


@contextmanager
def serving(hub: FakeHub) -> Iterator[FakeHub]:
    """Serve the hub on a free port."""
    with served(type("_OfThisHub", (_HubHandler,), {"hub": hub})) as hub.url:
        yield hub
