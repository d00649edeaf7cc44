"""Reads charts from Artifact Hub's API: search for the list, detail for versions; its rate limit is obeyed."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx2

from services.packages.domain.package import Dependency, Facts, Release
from services.packages.domain.snapshot import Revision, Source, revision_id
from services.packages.domain.version import newest, parse_version
from services.packages.ingest.entries import Refusals, text_of
from services.packages.ingest.fetch import FetchError
from services.packages.store import PostgresPackageStore

DEFAULT_URL: Final = "https://artifacthub.io"
PAGE: Final = 60
_ATTEMPTS: Final = 6
_CATEGORIES: Final = {
    1: "ai-ml", 2: "database", 3: "integration", 4: "monitoring", 5: "networking", 6: "security", 7: "storage",
    8: "messaging",
}  # fmt: skip


class ArtifactHub:
    """A client of the API. Waits as long as the server asks after 429, else twice as long each time."""

    def __init__(self, url: str = DEFAULT_URL, *, pause_s: float = 0.2, backoff_s: float = 2.0) -> None:
        self._client = httpx2.AsyncClient(base_url=url, timeout=30.0, headers={"user-agent": "stack8s-packages"})
        self._pause_s = pause_s
        self._backoff_s = backoff_s

    async def __aenter__(self) -> ArtifactHub:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, path: str, parameters: Mapping[str, str | int] | None = None) -> tuple[Any, httpx2.Headers]:
        """Return the JSON at a path, and the headers. Raises FetchError."""
        wait = self._backoff_s
        for _ in range(_ATTEMPTS):
            try:
                response = await self._client.get(path, params=dict(parameters or {}))
            except httpx2.HTTPError as error:
                raise FetchError(f"{path}: {type(error).__name__}") from None
            if response.status_code not in (429, 502, 503, 504):
                break
            asked = response.headers.get("retry-after", "")
            await asyncio.sleep(float(asked) if asked.isdigit() else wait)
            wait *= 2
        if response.status_code != 200:
            raise FetchError(f"{path} answered {response.status_code}")
        await asyncio.sleep(self._pause_s)
        try:
            return response.json(), response.headers
        except ValueError:
            raise FetchError(f"{path} did not answer JSON") from None

    async def rows(self, *, limit: int | None = None) -> AsyncIterator[dict[str, Any]]:
        """Yield the search rows of all Helm packages, deprecated ones too. Raises FetchError."""
        seen = 0
        total = 1
        while seen < total:
            query: dict[str, str | int] = {
                "kind": 0,
                "limit": PAGE,
                "offset": seen,
                "deprecated": "true",
                "sort": "stars",
            }
            body, headers = await self.get("/api/v1/packages/search", query)
            packages = body.get("packages") if isinstance(body, dict) else None
            if not isinstance(packages, list) or not packages:
                return
            count = headers.get("pagination-total-count", "")
            total = int(count) if count.isdigit() else seen + len(packages)
            for row in packages:
                seen += 1
                if isinstance(row, dict):
                    yield row
                if limit is not None and seen >= limit:
                    return

    async def detail(self, repository: str, name: str) -> dict[str, Any]:
        """Return the detail of one package. Raises FetchError."""
        body, _ = await self.get(f"/api/v1/packages/helm/{repository}/{name}")
        if not isinstance(body, dict):
            raise FetchError(f"the detail of {repository}/{name} is not an object")
        return body


async def list_repositories(hub: ArtifactHub, *, limit: int | None = None) -> dict[str, list[dict[str, Any]]]:
    """Return the search rows of each repository, by name. Raises FetchError when the list cannot be read."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    async for row in hub.rows(limit=limit):
        stated = row.get("repository")
        repository = text_of(stated.get("name")) if isinstance(stated, dict) else ""
        if repository and _name_of(row):
            found[repository].append(row)
    return dict(sorted(found.items()))


async def read_repository(
    hub: ArtifactHub, store: PostgresPackageStore, repository: str, rows: list[dict[str, Any]], *, details: bool
) -> Revision | Source:
    """Return a repository's packages; what its rows said before is not asked for again, so an import can be resumed.

    A package whose detail cannot be read stays with what its row says.
    """
    content = hashlib.sha256(json.dumps([details, rows], sort_keys=True).encode()).hexdigest()
    known = await store.find_source(revision_id(repository, content))
    if known is not None:
        return known
    refusals = Refusals()
    charts: dict[str, tuple[Facts, list[Release]]] = {}
    for row in rows:
        name = _name_of(row)
        body = row
        if details:
            try:
                body = {**row, **await hub.detail(repository, name)}
            except FetchError as error:
                refusals.add(name, f"has no detail: {error}")
        chart = package_of(repository, name, body, refusals)
        if chart is not None:
            charts.setdefault(name, chart)
    url = next((u for r in rows if (u := text_of(_object(r.get("repository")).get("url")))), "")
    now = datetime.now(UTC).replace(microsecond=0)
    ordered = [charts[name] for name in sorted(charts)]
    return Revision(repository, url, content, "Artifact Hub", now, ordered, refusals.kept, refusals.count)


def _name_of(row: Mapping[str, Any]) -> str:
    return text_of(row.get("normalized_name") or row.get("name"))


def package_of(
    repository: str, name: str, row: Mapping[str, Any], refusals: Refusals
) -> tuple[Facts, list[Release]] | None:
    """Return a package of a search row, or of a row with its detail; None when no version of it can be used."""
    data = _object(row.get("data"))
    listed = row.get("available_versions")
    rows = [v for v in listed if isinstance(v, dict)] if isinstance(listed, list) else []
    rows.append({"version": row.get("version"), "app_version": row.get("app_version"), "ts": row.get("ts")})
    by_version: dict[str, Mapping[str, Any]] = {}
    for listed_version in rows:
        by_version.setdefault(text_of(listed_version.get("version")), listed_version)
    parsed = []
    for written in by_version:
        try:
            parsed.append(parse_version(written))
        except ValueError as error:
            refusals.add(name, str(error))
    if not parsed:
        return None
    latest = text_of(row.get("version"))
    best = newest(parsed)
    releases = []
    for version in sorted(parsed, reverse=True):
        stated = by_version[version.text]
        is_latest = version.text == latest
        releases.append(
            Release(
                version=version.text,
                app_version=text_of(stated.get("app_version")),
                published=_moment(stated.get("ts")),
                prerelease=version.prerelease or stated.get("prerelease") is True,
                deprecated=is_latest and row.get("deprecated") is True,
                kube_version=text_of(data.get("kubeVersion")) if is_latest else "",
                digest=text_of(row.get("digest")) if is_latest else "",
                url=text_of(row.get("content_url")) if is_latest else "",
                dependencies=_dependencies(data.get("dependencies")) if is_latest else (),
            )
        )
    chosen = next(r for r in releases if r.version == best.text)
    return _facts(repository, name, row, chosen, len(releases)), releases


def _facts(repository: str, name: str, row: Mapping[str, Any], release: Release, count: int) -> Facts:
    stated = _object(row.get("repository"))
    stars, number = row.get("stars"), row.get("category")
    keywords = row.get("keywords")
    images = row.get("containers_images")
    crds = row.get("crds")
    return Facts(
        repository=repository,
        name=name,
        release=release,
        version_count=count,
        description=text_of(row.get("description")),
        home=text_of(row.get("home_url")),
        keywords=tuple(k for v in keywords[:40] if (k := text_of(v))) if isinstance(keywords, list) else (),
        category=_CATEGORIES.get(number, "") if isinstance(number, int) else "",
        licence=text_of(row.get("license")),
        official=row.get("official") is True or stated.get("official") is True or None,
        verified=stated.get("verified_publisher") is True,
        cncf=row.get("cncf") is True or stated.get("cncf") is True or None,
        stars=stars if isinstance(stars, int) and stars >= 0 else None,
        has_values_schema=row.get("has_values_schema") is True,
        signed=row.get("signed") is True,
        crds=_names(crds, "name"),
        images=_names(images, "image"),
        source=f"artifacthub.io package {repository}/{name}",
    )


def _names(listed: object, key: str) -> tuple[str, ...]:
    rows = listed[:200] if isinstance(listed, list) else []
    return tuple(dict.fromkeys(n for r in rows if isinstance(r, dict) and (n := text_of(r.get(key)))))


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _dependencies(listed: object) -> tuple[Dependency, ...]:
    rows = [d for d in listed if isinstance(d, dict)] if isinstance(listed, list) else []
    return tuple(
        Dependency(text_of(d.get("name")), text_of(d.get("version")), text_of(d.get("repository")))
        for d in rows[:100]
        if text_of(d.get("name"))
    )


def _moment(stamp: object) -> datetime | None:
    if not isinstance(stamp, int) or not 0 < stamp < 10**11:
        return None
    return datetime.fromtimestamp(stamp, UTC)
