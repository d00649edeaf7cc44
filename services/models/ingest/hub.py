"""The Hugging Face Hub, or any server that speaks its API: the listing page by page, and the cards of what changed."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

from services.models.domain.model import Model
from services.models.ingest.card import MAX_CARD_CHARS
from services.models.ingest.hub_client import Answer, HubClient, Say, Sleep
from services.models.ingest.hub_record import RecordReader
from services.models.ingest.source import Batch, CardUnavailableError, Raw, SourceError, digest, digest_json, read_json

EXPAND: Final = (
    "author", "cardData", "config", "createdAt", "disabled", "downloads", "gated", "gguf", "lastModified",
    "library_name", "likes", "pipeline_tag", "private", "safetensors", "sha", "tags",
)  # fmt: skip
"""Every field by name: with expand, the Hub returns no other."""

_PAGE: Final = 500
_END: Final = "end"
"""Cursor after the last page."""
_GIVEN: Final = "#"
"""Before how many records were given, in the cursor of a source with a limit: no address that is sent holds it."""
_FORGOTTEN: Final = (400, 404, 410, 422)
"""What a cursor that has expired may be answered with."""
_AT_ONCE: Final = 8
_FAILED_CARDS: Final = 8
"""So many in a row that the server fails to give mean that it is ill, not a repository."""
_NEXT: Final = re.compile(r'<([^<>]+)>\s*;[^<]*?rel="?next"?')


class HubSource:
    """A listing of models. Its cursor is the address of the next page, as the server gave it.

    Private and disabled repositories are left out and counted; a gated one is kept, with its card where it can be read.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        token: str | None,
        filters: Sequence[str],
        reader: RecordReader,
        limit: int | None = None,
        say: Say = lambda line: None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._client = HubClient(self._endpoint, token=token, say=say, sleep=sleep)
        self._with_token = bool(token)
        self._say = say
        self._filters = tuple(filters)
        self._reader = reader
        self._limit = limit
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._failed_cards = 0
        self.name = urlsplit(self._endpoint).netloc or self._endpoint
        self.key = f"hub {self._endpoint} {json.dumps(sorted(self._filters))} {limit or ''}"

    async def batches(self, cursor: str) -> AsyncGenerator[Batch]:
        """Yield one page of the listing at a time, from the beginning where the server has forgotten the cursor."""
        if cursor == _END:
            return
        start = f"{self._endpoint}/api/models"
        cursor, _, before = cursor.partition(_GIVEN)
        url, given, read = cursor or start, int(before or 0), set[str]()
        async with self._client:
            while url:
                answer = await self._client.get(url, params=self._query() if url == start else ())
                if url == cursor and not read and answer.status in _FORGOTTEN:
                    self._say(f"{self._endpoint} no longer knows where the last run stopped: reads from the beginning")
                    url, given = start, 0
                    continue
                read.add(url)
                page, following = self._page(answer), self._next(answer.headers.get("Link", ""))
                if following in read:
                    raise SourceError(f"the listing of {self._endpoint} leads back to a page that was read")
                given += len(page)
                url = "" if self._limit and given >= self._limit else following
                left = f"{url}{_GIVEN}{given}" if url and self._limit else url
                yield self._batch(page, left, position=given / self._limit if self._limit else None)

    def convert(self, raw: Raw, card: str) -> Model:
        """Return the model of a listed repository."""
        source = f"{self._endpoint}/{raw.model_id}"
        return self._reader.model(raw.data, card=card, source=source, as_of=datetime.now(UTC))

    def _query(self) -> list[tuple[str, str]]:
        named = [(k, v) for k, _, v in (f.partition("=") for f in self._filters) if v]
        tags = [("filter", f) for f in self._filters if "=" not in f]
        limit = min(self._limit or _PAGE, _PAGE)
        return [("limit", str(limit)), *(("expand", name) for name in EXPAND), *named, *tags]

    def _page(self, answer: Answer) -> list[Any]:
        """Return the records of a page. Raises SourceError: what is no listing must not end an import as if it did."""
        if answer.status != 200:
            raise SourceError(f"{self._endpoint} does not give its listing: {answer.problem}")
        try:
            page = read_json(answer.body)
        except (ValueError, RecursionError):
            page = None
        if not isinstance(page, list):
            shown = answer.body[:80].decode("utf-8", "replace")
            raise SourceError(f"{self._endpoint} does not give its listing: no JSON array, but {shown!r}")
        return page

    def _batch(self, page: Sequence[Any], cursor: str, *, position: float | None) -> Batch:
        records: list[Raw] = []
        refused: list[tuple[str, str]] = []
        skipped = 0
        for item in page:
            model_id = item.get("id") if isinstance(item, dict) else None
            if not isinstance(model_id, str):
                refused.append((f"{self.name} {str(item)[:80]}", "has no id"))
            elif item.get("private") is True or item.get("disabled") is True:
                skipped += 1
            else:
                records.append(self._raw(model_id, item))
        return Batch(tuple(records), cursor or _END, position=position, skipped=skipped, refused=tuple(refused))

    def _raw(self, model_id: str, item: dict[str, Any]) -> Raw:
        revision = str(item.get("sha") or "main")
        # A token that is given later may open what was closed without one.
        opened = self._with_token and bool(item.get("gated"))
        version = digest_json([item.get("sha"), item.get("lastModified"), *(["token"] if opened else [])])

        async def load() -> str:
            async with self._slots:
                return await self._card(model_id, revision)

        return Raw(model_id, model_id, item, digest(version), load)

    async def _card(self, model_id: str, revision: str) -> str:
        """Return a card, empty where there is none.

        Raises CardUnavailableError where this one cannot be had, SourceError where the server gives none at all.
        """
        url = f"{self._endpoint}/{quote(model_id)}/resolve/{quote(revision, safe='')}/README.md"
        answer = await self._client.get(url, most_bytes=4 * MAX_CARD_CHARS)
        if answer.status >= 500:
            self._failed_cards += 1
            if self._failed_cards >= _FAILED_CARDS:
                raise SourceError(f"{self._endpoint} does not give cards: {answer.problem}")
            raise CardUnavailableError(f"{model_id}: {answer.problem}", lasting=False)
        self._failed_cards = 0
        if answer.headers.get("X-Error-Message", "").startswith("Invalid credentials"):
            raise SourceError(f"{self._endpoint} does not take the token: {answer.problem}")
        if answer.status == 404:
            return ""
        if answer.status != 200:
            raise CardUnavailableError(f"{model_id}: {answer.problem}", lasting=True)
        return answer.body.decode("utf-8", "replace")[:MAX_CARD_CHARS]

    def _next(self, link: str) -> str:
        match = _NEXT.search(link)
        return self._client.following(match.group(1)) if match else ""
