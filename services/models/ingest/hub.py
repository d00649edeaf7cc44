"""The Hugging Face Hub, or any server that speaks its API: the listing page by page, and the cards of what changed."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx2
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils._http import hf_raise_for_status, http_backoff

from services.models.domain.licenses import LicenseTable
from services.models.domain.model import Model
from services.models.ingest.card import MAX_CARD_CHARS, split_front_matter
from services.models.ingest.hub_record import model_from_hub
from services.models.ingest.source import Batch, CardUnavailableError, Raw, SourceError, digest, digest_json

EXPAND: Final = (
    "author", "cardData", "config", "createdAt", "disabled", "downloads", "gated", "gguf", "lastModified",
    "library_name", "likes", "pipeline_tag", "private", "safetensors", "sha", "tags",
)  # fmt: skip
"""Every field by name: with expand, the Hub returns no other."""

_PAGE: Final = 500
_END: Final = "end"
"""Cursor after the last page."""
_RETRIES: Final = 12
_TIMEOUT_S: Final = 30.0
_AT_ONCE: Final = 8
_TRANSIENT: Final = (408, 429, 500, 502, 503, 504)
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
        licenses: LicenseTable,
        tasks: frozenset[str],
        known: Mapping[str, Model] | None = None,
        limit: int | None = None,
    ) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._headers = build_hf_headers(token=token or False, library_name="stack8s-architect")
        self._filters = tuple(filters)
        self._licenses = licenses
        self._tasks = tasks
        self._known = known or {}
        self._limit = limit
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self.name = urlsplit(self._endpoint).netloc or self._endpoint
        self.key = f"hub {self._endpoint} {json.dumps(sorted(self._filters))} {limit or ''}"

    async def batches(self, cursor: str) -> AsyncIterator[Batch]:
        """Yield one page of the listing at a time. The token never leaves the configured host."""
        url: str | None = None if cursor == _END else cursor or f"{self._endpoint}/api/models"
        given = 0
        while url:
            params = None if cursor else self._query()
            try:
                response = await asyncio.to_thread(self._get, url, params)
            except httpx2.HTTPError as error:
                raise SourceError(f"{self._endpoint} does not give its listing: {error}") from error
            cursor = self._next(response.headers.get("Link", ""))
            batch = self._batch(self._page(response), cursor)
            given += len(batch.records)
            yield batch
            url = None if self._limit and given >= self._limit else cursor or None

    def convert(self, raw: Raw, card: str) -> Model:
        """Return the model of a listed repository."""
        front, body = split_front_matter(card)
        model = model_from_hub(
            raw.data,
            front=front,
            body=body,
            licenses=self._licenses,
            tasks=self._tasks,
            source=f"{self._endpoint}/{raw.model_id}",
            as_of=datetime.now(UTC),
        )
        known = self._known.get(model.model_id)
        return model.completed_by(known) if known else model

    def _query(self) -> list[tuple[str, str]]:
        named = [(k, v) for k, _, v in (f.partition("=") for f in self._filters) if v]
        tags = [("filter", f) for f in self._filters if "=" not in f]
        limit = min(self._limit or _PAGE, _PAGE)
        return [("limit", str(limit)), *(("expand", name) for name in EXPAND), *named, *tags]

    def _page(self, response: Any) -> list[Any]:
        """Return the records of a page. Raises SourceError for what is none: to skip it would lose models unseen."""
        try:
            page = response.json()
        except ValueError:
            page = None
        if not isinstance(page, list):
            raise SourceError(f"{self._endpoint} gives a page of its listing that is no JSON list: is it a Hub?")
        return page

    def _batch(self, page: Sequence[Any], cursor: str) -> Batch:
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
        return Batch(tuple(records), cursor=cursor or _END, skipped=skipped, refused=tuple(refused))

    def _raw(self, model_id: str, item: dict[str, Any]) -> Raw:
        revision = str(item.get("sha") or "main")
        version = digest_json([item.get("sha"), item.get("lastModified")])

        async def load() -> str:
            async with self._slots:
                return await asyncio.to_thread(self._card, model_id, revision)

        return Raw(model_id, model_id, item, digest(version), load)

    def _card(self, model_id: str, revision: str) -> str:
        url = f"{self._endpoint}/{quote(model_id)}/resolve/{quote(revision, safe='')}/README.md"
        try:
            response = self._get(url, None)
        except httpx2.HTTPError as error:  # what the server says, and lost connections
            response = error.response if isinstance(error, HfHubHTTPError) else None
            status = response.status_code if response is not None else 0
            if status == 404:
                return ""
            if status in (401, 403):
                raise CardUnavailableError(f"{model_id}: {status}") from None
            raise SourceError(f"{self._endpoint} does not give the card of {model_id}: {error}") from error
        return str(response.text[:MAX_CARD_CHARS])

    def _get(self, url: str, params: list[tuple[str, str]] | None) -> Any:
        """Return the answer; waits and tries again as the server's rate-limit headers say."""
        response = http_backoff(
            "GET",
            url,
            params=params,
            headers=self._headers,
            timeout=_TIMEOUT_S,
            max_retries=_RETRIES,
            retry_on_status_codes=_TRANSIENT,
            follow_redirects=True,
        )
        hf_raise_for_status(response)
        return response

    def _next(self, link: str) -> str:
        match = _NEXT.search(link)
        if match is None:
            return ""
        if urlsplit(match.group(1)).netloc != urlsplit(self._endpoint).netloc:
            raise SourceError(f"the listing points to another host than {self._endpoint}: not followed")
        return match.group(1)
