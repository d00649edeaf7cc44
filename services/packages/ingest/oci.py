"""Reads the versions of a chart from an OCI registry: its tags, and the Chart.yaml that is a manifest's config."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx2

from services.packages.domain.snapshot import Revision
from services.packages.domain.version import newest, parse_version
from services.packages.ingest.entries import Refusals, chart_of, text_of
from services.packages.ingest.fetch import FetchError, shown

MAX_TAG_PAGES: Final = 50
_CONFIG_TYPE: Final = "application/vnd.cncf.helm.config.v1+json"
_MANIFEST_TYPES: Final = "application/vnd.oci.image.manifest.v1+json"
_CHALLENGE: Final = re.compile(r'(\w+)="([^"]*)"')
_LINK: Final = re.compile(r"<([^>]+)>\s*;\s*rel=\"?next\"?")


class OciRegistry:
    """Anonymous reader of one registry. plain_http is for registries on this machine."""

    def __init__(self, host: str, *, plain_http: bool = False) -> None:
        scheme = "http" if plain_http else "https"
        self._client = httpx2.AsyncClient(base_url=f"{scheme}://{host}", timeout=30.0)
        self._token = ""

    async def __aenter__(self) -> OciRegistry:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, path: str, *, accept: str = "application/json") -> httpx2.Response:
        """Return an answer, after asking for an anonymous token where the registry wants one. Raises FetchError."""
        try:
            response = await self._client.get(path, headers=self._headers(accept))
            if response.status_code == 401 and not self._token:
                await self._log_in(response.headers.get("www-authenticate", ""))
                response = await self._client.get(path, headers=self._headers(accept))
        except httpx2.HTTPError as error:
            raise FetchError(f"{path}: {type(error).__name__}") from None
        if response.status_code == 307:
            response = await self._follow(response)
        if response.status_code != 200:
            raise FetchError(f"{path} answered {response.status_code}")
        return response

    def _headers(self, accept: str) -> dict[str, str]:
        return {"accept": accept, **({"authorization": f"Bearer {self._token}"} if self._token else {})}

    async def _follow(self, response: httpx2.Response) -> httpx2.Response:
        """Follow a blob's redirect on the same host only, without the token."""
        target = urljoin(str(response.request.url), response.headers.get("location", ""))
        if urlsplit(target).netloc != urlsplit(str(response.request.url)).netloc:
            raise FetchError(
                f"a blob is redirected to another host, {urlsplit(target).hostname}, which is not followed"
            )
        return await self._client.get(target)

    async def _log_in(self, challenge: str) -> None:
        parts = dict(_CHALLENGE.findall(challenge))
        realm = parts.pop("realm", "")
        if not realm.startswith(("https://", "http://")):
            raise FetchError("the registry asks for a login that is not anonymous")
        response = await self._client.get(realm, params=parts)
        body = response.json() if response.status_code == 200 else {}
        self._token = text_of(body.get("token") or body.get("access_token"), limit=20_000)

    async def tags(self, name: str) -> list[str]:
        """Return the tags of a repository. Raises FetchError."""
        found: list[str] = []
        path = f"/v2/{name}/tags/list"
        for _ in range(MAX_TAG_PAGES):
            response = await self.get(path)
            listed = response.json().get("tags")
            found += [t for t in listed if isinstance(t, str)] if isinstance(listed, list) else []
            following = _LINK.search(response.headers.get("link", ""))
            if following is None:
                break
            path = following[1]
        return found

    async def chart(self, name: str, tag: str) -> tuple[dict[str, Any], str]:
        """Return the Chart.yaml of a tag as an object, and the manifest's digest. Raises FetchError."""
        response = await self.get(f"/v2/{name}/manifests/{tag}", accept=_MANIFEST_TYPES)
        manifest: Mapping[str, Any] = response.json()
        config = manifest.get("config")
        if not isinstance(config, dict) or config.get("mediaType") != _CONFIG_TYPE:
            raise FetchError(f"{name}:{tag} is not a Helm chart")
        blob = await self.get(f"/v2/{name}/blobs/{config.get('digest')}")
        body = blob.json()
        if not isinstance(body, dict):
            raise FetchError(f"{name}:{tag} has a config that is not an object")
        digest = response.headers.get("docker-content-digest") or hashlib.sha256(response.content).hexdigest()
        return body, digest.removeprefix("sha256:")


async def read_oci(reference: str, *, repository: str, plain_http: bool = False) -> Revision:
    """Return a chart and its versions from oci://host/path/chart. Raises FetchError.

    Only the newest version's Chart.yaml is read; of the others the tag is the version (Helm writes + as _).
    """
    parts = urlsplit(reference)
    name = parts.path.strip("/")
    if parts.scheme != "oci" or not parts.netloc or not name:
        raise FetchError(f"{shown(reference)} is not an address such as oci://registry.example/charts/name")
    refusals = Refusals()
    async with OciRegistry(parts.netloc, plain_http=plain_http) as registry:
        tags = await registry.tags(name)
        versions = {}
        for tag in tags:
            try:
                version = parse_version(tag.replace("_", "+"))
            except ValueError:
                refusals.add(f"{name}:{tag}", "is a tag that is no version")
                continue
            versions[version] = tag
        if not versions:
            raise FetchError(f"{shown(reference)} has no tag that is a version")
        best = newest(versions)
        body, digest = await registry.chart(name, versions[best])
    chart = name.rpartition("/")[2]
    entries = [{**_texts(body), "version": best.text, "digest": digest, "urls": [f"{reference}:{versions[best]}"]}]
    entries += [{"version": v.text, "urls": [f"{reference}:{tag}"]} for v, tag in versions.items() if v != best]
    found = chart_of(repository, chart, entries, refusals)
    if found is None:
        raise FetchError(f"{shown(reference)} holds no usable version")
    content = hashlib.sha256(json.dumps([sorted(tags), digest]).encode()).hexdigest()
    parent = reference.rstrip("/").rpartition("/")[0]
    now = datetime.now(UTC).replace(microsecond=0)
    return Revision(repository, parent, content, shown(reference), now, [found], refusals.kept, refusals.count)


def _texts(value: Any) -> Any:
    """Return JSON with its scalars as text, as entries are read."""
    if isinstance(value, dict):
        return {str(k): _texts(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_texts(v) for v in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None else str(value)
