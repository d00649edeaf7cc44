"""What charts request, found by rendering: each known trap of the renderer on a small chart made here."""

import asyncio
import hashlib
import io
import json
import os
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from services.packages.domain.package import Basis, Facts, Release
from services.packages.ingest.archive import BadArchiveError, cleaned
from services.packages.ingest.fetch import Fetcher
from services.packages.ingest.requirements import RequirementsFinder, render_archive
from services.packages.store import PostgresPackageStore
from tests.packages.servers import Answer, http_server

helm_python = pytest.importorskip("helm_python", reason="the extra [render] is not installed")

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}"}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers:
      - name: main
        image: "registry.example/web:{{ .Chart.AppVersion }}"
        resources: {{ toJson .Values.resources }}
"""
VALUES = {"replicas": 2, "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}}


def archive(
    *,
    values: object = None,
    template: str = DEPLOYMENT,
    files: dict[str, str | bytes] | None = None,
    meta: dict[str, object] | None = None,
) -> bytes:
    """Return a chart as a .tgz."""
    chart = {"apiVersion": "v2", "name": "web", "version": "1.0.0", "appVersion": "7", **(meta or {})}
    contents: dict[str, str | bytes] = {
        "web/Chart.yaml": yaml.safe_dump(chart),
        "web/values.yaml": yaml.safe_dump(VALUES if values is None else values),
        "web/templates/web.yaml": template,
        **(files or {}),
    }
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in contents.items():
            data = content if isinstance(content, bytes) else content.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


async def render(content: bytes, tmp_path: Path, **options: float) -> dict[str, object]:
    path = tmp_path / "chart.tgz"
    path.write_bytes(content)
    return await render_archive(path, **options)


async def test_defaults_are_rendered_and_summed(tmp_path: Path) -> None:
    crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: webs.example.test}\n"
    result = await render(archive(files={"web/crds/web.yaml": crd, "web/values.schema.json": "{}"}), tmp_path)
    assert result == {
        "requirements": {"cpus": 1.0, "memory_gib": 2.0, "gpus": None, "storage_gib": None, "basis": "rendered"},
        "crds": ["webs.example.test"],
        "images": ["registry.example/web:7"],
        "has_values_schema": True,
        "problem": "",
    }


async def test_two_renders_of_one_chart_are_the_same_as_no_handle_is_used_twice(tmp_path: Path) -> None:
    content = archive(template='{{- $_ := set .Values "replicas" (add .Values.replicas 1) }}\n' + DEPLOYMENT)
    first = await render(content, tmp_path)
    assert first == await render(content, tmp_path)
    assert first["requirements"]["cpus"] == 1.5  # type: ignore[index]


async def test_a_values_schema_that_points_elsewhere_is_never_read(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(request: object) -> Answer:
        asked.append(request.path)  # type: ignore[attr-defined]
        return 200, {}, b'{"not": {}}'

    local = tmp_path / "local.json"
    local.write_text('{"not": {}}')
    with http_server(answer) as address:
        for target in (f"{address}/schema.json", local.as_uri()):
            schema = json.dumps({"$ref": target})
            result = await render(archive(files={"web/values.schema.json": schema}), tmp_path)
            assert result["problem"] == ""
            assert result["has_values_schema"] is True
            part = {"web/Chart.yaml": "{apiVersion: v2, name: part, version: 1.0.0}", "web/values.schema.json": schema}
            result = await render(archive(files={"web/charts/part-1.0.0.tgz": archive(files=part)}), tmp_path)
            assert (result["problem"], result["has_values_schema"]) == ("", False)
    assert asked == []


def test_charts_packed_too_deep_are_refused() -> None:
    content = archive()
    for _ in range(10):
        content = archive(files={"web/charts/web-1.0.0.tgz": content})
    with pytest.raises(BadArchiveError, match="deep"):
        cleaned(content)


async def test_a_chart_that_never_ends_is_killed_with_its_process(tmp_path: Path) -> None:
    rounds = "{{- range until 20000 }}"
    endless = f'{rounds}{rounds}{{{{ $x := sha256sum "x" }}}}{{{{ end }}}}{{{{ end }}}}'
    result = await render(archive(template=endless), tmp_path, timeout_s=2.0)
    assert result == {"problem": "rendering took longer than 2 s"}
    for _ in range(50):
        running = await asyncio.to_thread(_running_with, str(tmp_path / "chart.tgz"))
        if not running:
            break
        await asyncio.sleep(0.05)
    assert running == []


def _running_with(argument: str) -> list[Path]:
    """Return the processes that were started with an argument."""
    return [p for p in Path("/proc").glob("[0-9]*/cmdline") if argument.encode() in _read(p)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


async def test_a_missing_dependency_is_noticed_though_the_renderer_does_not_mind(tmp_path: Path) -> None:
    needs = {
        "dependencies": [
            {"name": "redis", "version": "1.x", "repository": "https://example.test", "condition": "redis.enabled"}
        ]
    }
    result = await render(archive(meta=needs), tmp_path)
    assert "redis" in str(result["problem"])
    assert result["requirements"]["basis"] == "stated"  # type: ignore[index]
    off = await render(archive(meta=needs, values={**VALUES, "redis": {"enabled": False}}), tmp_path)
    assert off["problem"] == ""
    assert off["requirements"]["basis"] == "rendered"  # type: ignore[index]


async def test_a_part_that_only_a_tag_switches_off_is_not_missing(tmp_path: Path) -> None:
    needs = {"dependencies": [{"name": "redis", "version": "1.x", "repository": "https://x.test", "tags": ["cache"]}]}
    on = await render(archive(meta=needs, values={**VALUES, "tags": {"cache": True}}), tmp_path)
    off = await render(archive(meta=needs, values={**VALUES, "tags": {"cache": False}}), tmp_path)
    assert ("redis" in str(on["problem"]), off["problem"]) == (True, "")


async def test_a_part_under_other_names_is_rendered_for_each_and_none_is_missing(tmp_path: Path) -> None:
    part = {"name": "part", "version": "1.x", "repository": "https://x.test"}
    needs = {"dependencies": [{**part, "alias": "one"}, {**part, "alias": "two", "condition": "two.enabled"}]}
    files = {
        "web/charts/part/Chart.yaml": "{apiVersion: v2, name: part, version: 1.0.0}",
        "web/charts/part/values.yaml": yaml.safe_dump(VALUES),
        "web/charts/part/templates/part.yaml": DEPLOYMENT,
    }
    result = await render(archive(meta=needs, files=files), tmp_path)
    assert (result["problem"], result["requirements"]["cpus"]) == ("", 3.0)  # type: ignore[index]
    off = await render(archive(meta=needs, files=files, values={**VALUES, "two": {"enabled": False}}), tmp_path)
    assert off["requirements"]["cpus"] == 2.0  # type: ignore[index]


async def test_templates_of_a_library_chart_are_used_and_nothing_of_it_is_installed(tmp_path: Path) -> None:
    files = {
        "web/charts/common/Chart.yaml": "{apiVersion: v2, name: common, version: 1.0.0, type: library}",
        "web/charts/common/templates/_web.tpl": f'{{{{ define "common.web" }}}}{DEPLOYMENT}{{{{ end }}}}',
        "web/charts/common/templates/web.yaml": DEPLOYMENT,
    }
    needs = {"dependencies": [{"name": "common", "version": "1.x", "repository": "https://x.test"}]}
    result = await render(archive(meta=needs, files=files, template='{{ include "common.web" . }}'), tmp_path)
    assert (result["problem"], result["requirements"]["cpus"]) == ("", 1.0)  # type: ignore[index]


async def test_a_template_that_looks_for_what_is_in_the_cluster_finds_nothing(tmp_path: Path) -> None:
    looking = '{{ if lookup "v1" "Secret" "default" "web" }}{{ fail "there" }}{{ end }}\n'
    assert (await render(archive(template=looking + DEPLOYMENT), tmp_path))["problem"] == ""


async def test_notes_for_people_are_no_manifest(tmp_path: Path) -> None:
    notes = {"web/templates/NOTES.txt": "Run `kubectl get pods`: then open {{ .Release.Name }}: {unbalanced"}
    result = await render(archive(files=notes), tmp_path)
    assert (result["problem"], result["requirements"]["cpus"]) == ("", 1.0)  # type: ignore[index]


@pytest.mark.parametrize(
    ("schema", "known"),
    [("{enum: ['!=', =, =~]}", ["webs.example.test"]), ("{description: a `tick: b}: c", [])],
    ids=["bare equals sign", "no YAML"],
)
async def test_definitions_that_are_hard_to_read_do_not_hinder_the_sum(
    tmp_path: Path, schema: str, known: list[str]
) -> None:
    crd = f"kind: CustomResourceDefinition\nmetadata: {{name: webs.example.test}}\nspec: {schema}\n"
    result = await render(archive(files={"web/crds/web.yaml": crd}), tmp_path)
    assert (result["crds"], result["problem"], result["requirements"]["cpus"]) == (known, "", 1.0)  # type: ignore[index]


async def test_a_kube_version_that_is_not_met_does_not_hinder_the_sum(tmp_path: Path) -> None:
    result = await render(archive(meta={"kubeVersion": ">=99.0.0"}), tmp_path)
    assert result["requirements"] is not None


async def test_defaults_that_do_not_render_fall_back_to_the_stated_values(tmp_path: Path) -> None:
    result = await render(archive(template='{{ required "a password is needed" .Values.password }}'), tmp_path)
    assert "do not render" in str(result["problem"])
    assert result["requirements"] == {
        "cpus": 0.5,
        "memory_gib": 1.0,
        "gpus": None,
        "storage_gib": None,
        "basis": "stated",
    }
    bare = await render(archive(template='{{ fail "no" }}', values={}), tmp_path)
    assert bare["requirements"]["basis"] == "unknown"  # type: ignore[index]


def tar_of(*members: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"\0" * member.size) if member.isreg() else None)
    return out.getvalue()


def member(name: str, *, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, target, size
    return info


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (tar_of(member("../../etc/cron.d/x")), "leads out"),
        (tar_of(member("/etc/passwd")), "leads out"),
        (tar_of(member("web/..\\..\\x")), "leads out"),
        (tar_of(member("web/values.yaml", kind=tarfile.SYMTYPE, target="/etc/passwd")), "link"),
        (tar_of(member("web/values.yaml", kind=tarfile.LNKTYPE, target="/etc/passwd")), "link"),
        (tar_of(member("web/null", kind=tarfile.CHRTYPE)), "link or a device"),
        (tar_of(member("web/zeros", size=101 * 2**20)), "unpacks to more"),
        (b"not an archive", "cannot be unpacked"),
        (archive()[:-40], "cannot be unpacked"),
        (b"x" * (21 * 2**20), "more than 20 MiB"),
    ],
    ids=["parent", "root", "backslash", "symlink", "hard link", "device", "swelling", "no archive", "cut off", "large"],
)
def test_archives_that_lead_out_link_or_swell_are_refused(content: bytes, reason: str) -> None:
    with pytest.raises(BadArchiveError, match=reason):
        cleaned(content)


async def test_a_refused_archive_is_a_problem_not_a_crash(tmp_path: Path) -> None:
    result = await render(tar_of(member("../x")), tmp_path)
    assert "leads out" in str(result["problem"])
    assert "requirements" not in result


@pytest.fixture
async def finder(store: PostgresPackageStore) -> AsyncIterator[RequirementsFinder]:
    async with Fetcher(allow_private=True) as fetcher:
        yield RequirementsFinder(store, fetcher)


async def test_an_archive_is_rendered_once_for_each_digest(finder: RequirementsFinder, tmp_path: Path) -> None:
    content = archive()
    digest = hashlib.sha256(content).hexdigest()
    (tmp_path / "web-1.0.0.tgz").write_bytes(content)
    facts = Facts("r", "web", Release("1.0.0", digest=digest, url="web-1.0.0.tgz"))
    found = await finder(facts, base=str(tmp_path))
    assert (found.requirements.cpus, found.requirements.basis) == (1.0, Basis.RENDERED)
    os.remove(tmp_path / "web-1.0.0.tgz")
    assert await finder(facts, base=str(tmp_path)) == found


async def test_an_archive_of_another_digest_or_place_is_not_used(finder: RequirementsFinder, tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "outside.tgz").write_bytes(archive())
    (tmp_path / "repo" / "web.tgz").write_bytes(archive())
    for release in (
        Release("1.0.0", digest="0" * 64, url="web.tgz"),
        Release("1.0.0", url="../outside.tgz"),
        Release("1.0.0"),
    ):
        facts = Facts("r", "web", release)
        assert await finder(facts, base=str(tmp_path / "repo")) == facts


async def test_archives_are_fetched_relative_to_the_repository(finder: RequirementsFinder) -> None:
    content = archive()
    with http_server(lambda r: (200, {}, content) if r.path == "/charts/web.tgz" else (404, {}, b"")) as address:
        facts = Facts("r", "web", Release("1.0.0", url="web.tgz"))
        found = await finder(facts, base=f"{address}/charts")
        assert found.images == ("registry.example/web:7",)
        assert await asyncio.gather(finder(facts, base=f"{address}/other")) == [facts]
