"""Artifact Hub and OCI registries, stood in for by local servers that speak their protocols."""

import hashlib
import io
import json
from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest

from services.packages.domain.package import Facts
from services.packages.domain.snapshot import Snapshot
from services.packages.ingest.artifacthub import ArtifactHub, list_repositories, package_of, read_repository
from services.packages.ingest.entries import Refusals
from services.packages.ingest.fetch import FetchError
from services.packages.ingest.importer import Read, import_all
from services.packages.ingest.oci import read_oci
from services.packages.ingest.report import Report
from services.packages.store import PostgresPackageStore
from tests.packages.servers import Answer, http_server


def row(number: int, **fields: object) -> dict[str, object]:
    repository = {"name": f"repo{number % 3}", "url": f"https://example.test/{number % 3}", "verified_publisher": True}
    return {
        "package_id": str(number), "name": f"chart{number}", "normalized_name": f"chart{number}", "stars": number,
        "version": "1.0.0", "ts": 1_700_000_000, "category": 2, "repository": repository, **fields,
    }  # fmt: skip


DETAIL = {
    "available_versions": [
        {"version": "1.0.0", "ts": 1_700_000_000},
        {"version": "2.0.0-rc.1", "ts": 1_710_000_000, "prerelease": True},
        {"version": "0.9.0", "ts": 1_600_000_000, "app_version": "9"},
        {"version": "junk"},
        "text",
    ],
    "data": {"kubeVersion": ">=1.25", "dependencies": [{"name": "redis", "version": "1", "repository": "r"}, {}]},
    "containers_images": [{"image": "registry.example/a:1"}],
    "crds": [{"name": "as.example.test", "kind": "A"}],
    "official": True,
    "signed": True,
    "license": "MIT",
}


def hub(calls: list[str], *, total: int = 130, limited: int = 0) -> Callable[[object], Answer]:
    left = [limited]

    def answer(request: object) -> Answer:
        path = urlsplit(request.path)  # type: ignore[attr-defined]
        calls.append(path.path)
        if left[0] > 0:
            left[0] -= 1
            return 429, {"retry-after": "0"}, b""
        if path.path == "/api/v1/packages/search":
            query = {k: int(v[0]) for k, v in parse_qs(path.query).items() if v[0].isdigit()}
            if not 0 < query["limit"] <= 60:
                return 400, {}, b'{"message": "invalid input"}'
            rows = [row(i) for i in range(query["offset"], min(total, query["offset"] + query["limit"]))]
            return 200, {"pagination-total-count": str(total)}, json.dumps({"packages": rows}).encode()
        if path.path.endswith("/chart5"):
            return 404, {}, b'{"message": ""}'
        return 200, {}, json.dumps(DETAIL).encode()

    return answer


async def bring(client: ArtifactHub, store: PostgresPackageStore) -> tuple[Snapshot, Report]:
    listed = await list_repositories(client)
    reads: list[tuple[str, Read]] = [
        (name, partial(read_repository, client, store, name, rows, details=True)) for name, rows in listed.items()
    ]
    report = Report(len(reads), io.StringIO())
    snapshot = await import_all(store, reads, report)
    assert snapshot is not None
    return snapshot, report


async def test_pages_and_details_become_packages_and_are_asked_for_once(
    store: PostgresPackageStore,
) -> None:
    calls: list[str] = []
    with http_server(hub(calls, limited=3)) as address:
        async with ArtifactHub(address, pause_s=0, backoff_s=0.01) as client:
            snapshot, report = await bring(client, store)
            assert snapshot.package_count == 130
            details = [c for c in calls if "/helm/" in c]
            assert len(details) == 130
            again, second = await bring(client, store)
    assert again == snapshot
    assert {o.state for o in second.outcomes} == {"unchanged"}
    assert len([c for c in calls if "/helm/" in c]) == 130
    facts = {f.name: f for f in await store.packages(snapshot.snapshot_id)}
    first = facts["chart0"]
    assert (first.release.version, first.version_count, first.stars, first.licence) == ("1.0.0", 3, 0, "MIT")
    assert (first.official, first.verified, first.signed, first.category) == (True, True, True, "database")
    assert first.release.kube_version == ">=1.25"
    assert [d.name for d in first.release.dependencies] == ["redis"]
    assert (first.images, first.crds) == (("registry.example/a:1",), ("as.example.test",))
    assert facts["chart5"].version_count == 1
    refused = {r.reason for o in report.outcomes for r in o.refused}
    assert any("has no detail" in r for r in refused)
    assert any("not a semantic version" in r for r in refused)


async def test_a_hub_that_does_not_answer_is_an_error() -> None:
    for answer in ((500, {}, b""), (200, {}, b"<html>"), (429, {"retry-after": "0"}, b"")):
        with http_server(lambda _, a=answer: a) as address:  # type: ignore[misc]
            async with ArtifactHub(address, pause_s=0, backoff_s=0.001) as client:
                with pytest.raises(FetchError):
                    await list_repositories(client)
    async with ArtifactHub("http://127.0.0.1:1") as client:
        with pytest.raises(FetchError, match="ConnectError"):
            await list_repositories(client)


@pytest.mark.parametrize(
    "broken",
    [{"version": None}, {"version": 5}, {"available_versions": 7, "version": "x"}],
)
def test_rows_without_a_usable_version_are_refused(broken: dict[str, object]) -> None:
    refusals = Refusals()
    assert package_of("r", "n", row(1, **broken), refusals) is None
    assert refusals.count >= 1


def test_fields_of_a_wrong_type_count_as_absent() -> None:
    odd = row(
        1, stars="many", keywords=5, category="x", data=[], crds=[1, {"name": 5}], repository=7, ts="now", license={}
    )
    found = package_of("r", "n", odd, Refusals())
    assert found is not None
    facts: Facts = found[0]
    assert (facts.stars, facts.keywords, facts.category, facts.crds, facts.release.published) == (
        None,
        (),
        "",
        (),
        None,
    )


def registry(*, tags: list[str], token: bool) -> Callable[[object], Answer]:
    chart = json.dumps(
        {"name": "web", "version": "1.1.0", "appVersion": 7, "description": "Serves", "keywords": ["web"]}
    ).encode()
    digest = "sha256:" + hashlib.sha256(chart).hexdigest()
    config = {"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": digest}
    manifest = json.dumps({"schemaVersion": 2, "config": config}).encode()

    def answer(request: object) -> Answer:
        path: str = request.path  # type: ignore[attr-defined]
        headers = request.headers  # type: ignore[attr-defined]
        if path.startswith("/token"):
            return 200, {}, b'{"token": "anonymous"}'
        if token and headers.get("authorization") != "Bearer anonymous":
            realm = f"http://{headers['host']}/token"
            return (
                401,
                {"www-authenticate": f'Bearer realm="{realm}",service="s",scope="repository:charts/web:pull"'},
                b"",
            )
        if path == "/v2/charts/web/tags/list":
            return (
                200,
                {"link": '</v2/charts/web/tags/list?last=x>; rel="next"'},
                json.dumps({"tags": tags[:2]}).encode(),
            )
        if path == "/v2/charts/web/tags/list?last=x":
            return 200, {}, json.dumps({"tags": tags[2:]}).encode()
        if path == "/v2/charts/web/manifests/1.1.0_b1":
            return 200, {"docker-content-digest": "sha256:abc"}, manifest
        return (200, {}, chart) if path == f"/v2/charts/web/blobs/{digest}" else (404, {}, b"")

    return answer


@pytest.mark.parametrize("token", [True, False])
async def test_a_chart_in_an_oci_registry_is_read_with_all_its_versions(token: bool) -> None:
    with http_server(registry(tags=["1.0.0", "1.1.0_b1", "latest", "2.0.0-rc.1"], token=token)) as address:
        reference = f"oci://{urlsplit(address).netloc}/charts/web"
        revision = await read_oci(reference, repository="mine", plain_http=True)
    ((facts, releases),) = revision.packages
    assert [r.version for r in releases] == ["2.0.0-rc.1", "1.1.0+b1", "1.0.0"]
    assert (facts.release.app_version, facts.description, facts.release.digest) == ("7", "Serves", "abc")
    assert releases[1].url == f"{reference}:1.1.0_b1"
    assert revision.refused_count == 1


@pytest.mark.parametrize("tags", [[], ["latest"], ["9.9.9"]])
async def test_an_oci_repository_without_a_chart_is_an_error(tags: list[str]) -> None:
    with http_server(registry(tags=tags, token=False)) as address, pytest.raises(FetchError):
        await read_oci(f"oci://{urlsplit(address).netloc}/charts/web", repository="mine", plain_http=True)


@pytest.mark.parametrize("reference", ["https://example.test/a", "oci://", "oci://host"])
async def test_what_is_no_oci_reference_is_an_error(reference: str) -> None:
    with pytest.raises(FetchError, match="is not an address"):
        await read_oci(reference, repository="mine")
