import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from services.packages.domain.knowledge import Knowledge
from services.packages.domain.snapshot import Snapshot
from services.packages.ingest.fetch import Fetcher, FetchError, is_public, shown
from services.packages.ingest.importer import HelmReader, Read, import_all
from services.packages.ingest.report import Report
from services.packages.ingest.sources import HelmSource, find_sources
from services.packages.knowledge import load_knowledge
from services.packages.starter import load_starter
from services.packages.store import PostgresPackageStore
from tests.packages.servers import Answer, http_server

ROOT = Path(__file__).resolve().parents[2]


def index(*versions: str, chart: str = "web") -> str:
    return f"entries:\n  {chart}:\n" + "".join(f"  - version: {v}\n" for v in versions)


@pytest.fixture
async def reader(store: PostgresPackageStore) -> AsyncIterator[HelmReader]:
    with ThreadPoolExecutor(2) as pool:
        async with Fetcher(timeout_s=5.0) as fetcher:
            yield HelmReader(store, fetcher, pool)


async def bring(
    store: PostgresPackageStore, reader: HelmReader, sources: list[HelmSource], *, replace_all: bool = False
) -> tuple[Snapshot, Report]:
    reads: list[tuple[str, Read]] = [(s.repository, partial(reader.read, s)) for s in sources]
    report = Report(len(reads), io.StringIO())
    snapshot = await import_all(store, reads, report, replace_all=replace_all)
    assert snapshot is not None
    return snapshot, report


def folder_of(root: Path, **indexes: str) -> list[HelmSource]:
    for name, text in indexes.items():
        (root / name).mkdir(exist_ok=True)
        (root / name / "index.yaml").write_text(text)
    return find_sources(str(root))


async def test_a_folder_of_repositories_becomes_a_snapshot(
    store: PostgresPackageStore, reader: HelmReader, tmp_path: Path
) -> None:
    snapshot, report = await bring(store, reader, folder_of(tmp_path, a=index("1.0.0", "1.1.0"), b=index("2.0.0")))
    assert (snapshot.package_count, snapshot.version_count) == (2, 3)
    facts = await store.packages(snapshot.snapshot_id)
    assert [(f.repository, f.release.version, f.version_count) for f in facts] == [("a", "1.1.0", 2), ("b", "2.0.0", 1)]
    assert await store.find_release(snapshot.snapshot_id, "a", "web", "1.0.0") is not None
    assert await store.find_release(snapshot.snapshot_id, "a", "web", "9.9.9") is None
    assert not report.failed


async def test_one_bad_repository_fails_alone_and_keeps_its_older_content(
    store: PostgresPackageStore, reader: HelmReader, tmp_path: Path
) -> None:
    await bring(store, reader, folder_of(tmp_path, a=index("1.0.0"), b=index("1.0.0")))
    sources = folder_of(tmp_path, a="entries: {", b=index("1.0.0", "2.0.0"), c="text")
    snapshot, report = await bring(store, reader, sources)
    assert {o.repository: o.state for o in report.outcomes} == {"a": "kept", "b": "ok", "c": "failed"}
    assert sorted((f.repository, f.release.version) for f in await store.packages(snapshot.snapshot_id)) == [
        ("a", "1.0.0"),
        ("b", "2.0.0"),
    ]
    listed = {s.repository: s for s in await store.sources(snapshot.snapshot_id)}
    assert listed["a"].state == "kept"
    assert "YAML" in listed["a"].message
    assert listed["c"].revision_id is None
    assert "not read: c" in report.summary(snapshot.snapshot_id)


async def test_an_unchanged_import_is_the_same_snapshot(
    store: PostgresPackageStore, reader: HelmReader, tmp_path: Path
) -> None:
    sources = folder_of(tmp_path, a=index("1.0.0"), b=index("1.0.0"))
    first, _ = await bring(store, reader, sources)
    second, report = await bring(store, reader, sources)
    assert second == first
    assert {o.state for o in report.outcomes} == {"unchanged"}


@pytest.mark.parametrize("content", ["entries: [", "entries: {}", "entries: {web: [{version: newest}]}"])
@pytest.mark.parametrize("replace_all", [False, True])
async def test_an_import_that_reads_no_chart_publishes_nothing_and_says_so(
    store: PostgresPackageStore, reader: HelmReader, tmp_path: Path, content: str, replace_all: bool
) -> None:
    report = Report(1, io.StringIO())
    (source,) = folder_of(tmp_path, a=content)
    assert await import_all(store, [("a", partial(reader.read, source))], report) is None
    assert "none gave a chart; there is no snapshot yet" in report.summary(None)
    before, _ = await bring(store, reader, folder_of(tmp_path, a=index("1.0.0"), b=index("1.0.0")))
    for _ in range(2):  # the second time the empty content is known already
        after, report = await bring(store, reader, folder_of(tmp_path, a=content)[:1], replace_all=replace_all)
        assert after == before == await store.current()
        assert len(await store.packages(after.snapshot_id)) == 2
        assert "nothing was imported: of 1 repositories" in report.summary(after.snapshot_id)
        assert json.loads(report.as_json(after.snapshot_id))["nothing_read"]


async def test_other_repositories_stay_unless_all_are_replaced(
    store: PostgresPackageStore, reader: HelmReader, tmp_path: Path
) -> None:
    both = folder_of(tmp_path, a=index("1.0.0"), b=index("1.0.0"))
    await bring(store, reader, both)
    kept, _ = await bring(store, reader, both[:1])
    assert kept.package_count == 2
    replaced, _ = await bring(store, reader, both[:1], replace_all=True)
    assert replaced.package_count == 1


async def test_an_interrupted_import_is_resumed_without_reading_again(
    store: PostgresPackageStore, reader: HelmReader, tmp_path: Path
) -> None:
    sources = folder_of(tmp_path, a=index("1.0.0"), b=index("1.0.0"))
    got = await reader.read(sources[0])
    await store.add_revision(got)  # type: ignore[arg-type]
    assert await store.current() is None
    snapshot, report = await bring(store, reader, sources)
    assert {o.repository: o.state for o in report.outcomes} == {"a": "unchanged", "b": "ok"}
    assert snapshot.package_count == 2


async def test_refused_entries_are_kept_with_their_reason(
    store: PostgresPackageStore, reader: HelmReader, tmp_path: Path
) -> None:
    snapshot, report = await bring(store, reader, folder_of(tmp_path, a=index("1.0.0", "newest", "1.0.0")))
    (source,) = await store.sources(snapshot.snapshot_id)
    assert source.refused_count == 2
    assert source.refused[0].location == "entries.web[1]"
    assert "refused: a: entries.web[1]: 'newest' is not a semantic version" in report.summary(snapshot.snapshot_id)


async def test_hundreds_of_repositories_come_in_one_run(store: PostgresPackageStore, reader: HelmReader) -> None:
    def answer(request: object) -> Answer:
        path: str = request.path  # type: ignore[attr-defined]
        number = int(path.split("/")[1])
        return (404, {}, b"") if number % 50 == 0 else (200, {}, index(f"1.{number}.0").encode())

    with http_server(answer) as address:
        sources = [HelmSource(f"r{i}", url=f"{address}/{i}") for i in range(200)]
        snapshot, report = await bring(store, reader, sources)
    assert snapshot.package_count == 196
    assert {o.message for o in report.failed} == {f"{address}/{i}/index.yaml answered 404" for i in (0, 50, 100, 150)}


async def test_a_redirect_to_a_private_address_is_refused_unless_allowed(tmp_path: Path) -> None:
    with http_server(lambda _: (200, {}, b"secret")) as inner:

        def answer(request: object) -> Answer:
            return 302, {"location": f"{inner}/admin"}, b""

        with http_server(answer) as outer:
            async with Fetcher() as careful:
                with pytest.raises(FetchError, match="private address"):
                    await careful.to_file(f"{outer}/index.yaml", tmp_path / "a")
            async with Fetcher(allow_private=True) as trusting:
                await trusting.to_file(f"{outer}/index.yaml", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"secret"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "gopher://example.test/"])
async def test_a_redirect_to_something_else_is_refused(tmp_path: Path, target: str) -> None:
    with http_server(lambda _: (302, {"location": target}, b"")) as address:
        async with Fetcher(allow_private=True) as fetcher:
            with pytest.raises(FetchError, match="not an http"):
                await fetcher.to_file(address, tmp_path / "a")


async def test_endless_redirects_slow_servers_and_floods_are_given_up(tmp_path: Path) -> None:
    def slow(request: object) -> None:
        request.send_response(200)  # type: ignore[attr-defined]
        request.end_headers()  # type: ignore[attr-defined]
        for _ in range(200):
            request.wfile.write(b"x")  # type: ignore[attr-defined]
            request.wfile.flush()  # type: ignore[attr-defined]
            waiting.wait(0.02)

    waiting = threading.Event()
    async with Fetcher(allow_private=True, max_bytes=1000) as fetcher:
        with (
            http_server(lambda _: (302, {"location": "/again"}, b"")) as address,
            pytest.raises(FetchError, match="redir"),
        ):
            await fetcher.to_file(address, tmp_path / "a")
        with http_server(lambda _: (200, {}, b"x" * 2000)) as address, pytest.raises(FetchError, match="larger than"):
            await fetcher.to_file(address, tmp_path / "a")
        with pytest.raises(FetchError, match="ConnectError"):
            await fetcher.to_file("http://127.0.0.1:1/", tmp_path / "a")
    async with Fetcher(allow_private=True, timeout_s=0.3) as impatient:
        with http_server(slow) as address:
            with pytest.raises(FetchError, match=r"longer than 0\.3 s"):
                await impatient.to_file(address, tmp_path / "a")
            waiting.set()


def test_addresses_are_told_apart() -> None:
    private = [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "::1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "100.64.0.1",
    ]
    assert [a for a in private if is_public(a)] == []
    assert is_public("93.184.216.34")


def test_messages_hold_no_credentials() -> None:
    assert shown("https://user:secret@example.test/charts?token=x#y") == "https://example.test/charts"


def test_places_are_understood(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "index.yaml").write_text(index("1.0.0"))
    (tmp_path / "list.yaml").write_text("repositories:\n- {name: x, url: https://example.test/x/}\n- {name: 5}\n")
    assert [s.repository for s in find_sources(str(tmp_path))] == ["one"]
    assert find_sources(str(tmp_path / "one"))[0].repository == "one"
    assert find_sources(str(tmp_path / "one" / "index.yaml"))[0].path == tmp_path / "one" / "index.yaml"
    assert find_sources(str(tmp_path / "list.yaml")) == [HelmSource("x", url="https://example.test/x")]
    assert find_sources("https://qdrant.github.io/qdrant-helm")[0].repository == "qdrant"
    with pytest.raises(ValueError, match="neither a folder"):
        find_sources(str(tmp_path / "nothing"))
    with pytest.raises(ValueError, match="holds neither"):
        (tmp_path / "empty").mkdir()
        find_sources(str(tmp_path / "empty"))


async def test_the_starter_is_loaded_once_and_never_over_an_import(
    store: PostgresPackageStore, reader: HelmReader, tmp_path: Path
) -> None:
    knowledge: Knowledge = load_knowledge()
    assert await load_starter(store, knowledge)
    assert not await load_starter(store, knowledge)
    snapshot, _ = await bring(store, reader, folder_of(tmp_path, a=index("1.0.0")))
    assert not await load_starter(store, knowledge)
    assert await store.current() == snapshot


def test_the_command_imports_reports_and_tells_failure_by_its_status(fresh_database_url: str, tmp_path: Path) -> None:
    folder_of(tmp_path, good=index("1.0.0", "x"), bad="entries: [")
    environment = {
        **os.environ,
        "STACK8S_PACKAGES_DATABASE_URL": fresh_database_url,
        "PYTHONPATH": f"{ROOT}:{ROOT}/protos/gen",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "services.packages.ingest", "--source", "helm", *arguments]
        return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120)

    done = run("--from", str(tmp_path), "--json")
    assert done.returncode == 1, done.stderr
    report = {r["repository"]: r for r in json.loads(done.stdout)["repositories"]}
    assert (report["good"]["versions"], report["good"]["refused_count"], report["bad"]["state"]) == (1, 1, "failed")
    assert "[2/2]" in done.stderr
    (tmp_path / "good" / "index.yaml").write_text("entries: {}")
    empty = run("--from", str(tmp_path))
    assert empty.returncode == 2
    assert "nothing was imported" in empty.stdout
    nothing = run("--from", str(tmp_path / "absent"))
    assert nothing.returncode == 2
    assert "neither a folder" in nothing.stderr
    assert "Traceback" not in nothing.stderr
