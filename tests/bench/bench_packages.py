"""`python -m tests.bench.bench_packages [13500 150000]`: import, search and recommendation at the size of Artifact Hub.

The no-op is grpc.health.v1.Health/Check of the same server. Client, server and importer are processes of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

import grpc
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

from libs.rpc.server import running
from services.packages.app import assembled
from services.packages.knowledge import load_knowledge
from services.packages.roles import load_roles
from services.packages.server import FULL_NAME
from services.packages.settings import PackagesSettings
from stack8s.packages.v1 import component_pb2
from stack8s.packages.v1 import packages_service_pb2 as pb
from stack8s.packages.v1 import packages_service_pb2_grpc as pb_grpc
from tests.support.database import create_database, drop_database, postgres

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = 13_500
VERSIONS: Final = 150_000
REPOSITORIES: Final = 900
QUERIES: Final = Path(__file__).resolve().parents[1] / "evals" / "packages_queries.jsonl"
ENTRY: Final = """  - apiVersion: v2
    name: {name}
    version: {version}
    appVersion: "{version}"
    description: {about}
    home: https://example.test/{name}
    keywords: [{keywords}]
    kubeVersion: '>=1.25.0-0'
    created: '2026-0{month}-1{day}T20:59:44.568904645Z'
    digest: {digest}
    urls:
    - https://example.test/charts/{name}-{version}.tgz
    sources:
    - https://example.test/git/{name}
    dependencies:
    - name: postgresql
      version: 12.x.x
      repository: https://example.test/charts
      condition: postgresql.enabled
    annotations:
      artifacthub.io/category: database
      artifacthub.io/changes: |
        - kind: added
          description: {about}
        - kind: fixed
          description: {about}
"""


def write_indexes(folder: Path, *, packages: int, versions: int) -> int:
    """Write an index for each of REPOSITORIES repositories; return their size in bytes."""
    draw = random.Random(1)
    names = sorted({n.rpartition("/")[2] for n in load_knowledge().software})
    words = sorted(
        {w for s in load_knowledge().software.values() for w in s.about.lower().strip(".").split() if w.isalpha()}
    )
    per_package, size = max(1, round(versions / packages)), 0
    for number in range(REPOSITORIES):
        lines = ["apiVersion: v1\nentries:\n"]
        for at in range(number, packages, REPOSITORIES):
            name = names[at // 20 % len(names)] if at % 20 == 0 else f"{draw.choice(words)}-{draw.choice(words)}-{at}"
            about, keywords = " ".join(draw.choices(words, k=14)), ", ".join(draw.choices(words, k=4))
            lines.append(f"  {name}-{number}:\n" if at % 20 else f"  {name}:\n")
            for minor in range(per_package):
                version, digest = f"1.{minor}.{at % 9}", f"{draw.getrandbits(256):064x}"
                fields = {"name": name, "version": version, "about": about, "keywords": keywords, "digest": digest}
                lines.append(ENTRY.format(month=1 + minor % 8, day=minor % 9, **fields))
        path = folder / f"repository-{number}" / "index.yaml"
        path.parent.mkdir()
        path.write_text("".join(lines), encoding="utf-8")
        size += path.stat().st_size
    return size


def run_import(folder: Path, database_url: str) -> tuple[float, float]:
    """Import a folder in a process of its own; return seconds and the peak memory of it and its workers, in MiB."""
    environment = {
        **os.environ,
        "STACK8S_PACKAGES_DATABASE_URL": database_url,
        "PYTHONPATH": f"{ROOT}:{ROOT}/protos/gen",
    }
    command = [sys.executable, "-m", "services.packages.ingest", "--source", "helm", "--from", str(folder), "--replace"]
    begin, peak = time.perf_counter(), 0
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            with contextlib.suppress(psutil.Error):
                family = (watched, *watched.children(recursive=True))
                peak = max(peak, sum(p.memory_info().rss for p in family))
            time.sleep(0.05)
    if process.returncode:
        raise RuntimeError(f"the import ended with status {process.returncode}")
    return time.perf_counter() - begin, peak / 2**20


def _serve(database_url: str, pipe: Connection) -> None:
    async def run() -> None:
        settings = PackagesSettings(database_url=database_url, port=0, log_level="WARNING")  # type: ignore[arg-type]
        async with assembled(settings) as (mount, ready, _), running(settings, [mount], ready=ready) as port:
            pipe.send(port)
            while not await asyncio.to_thread(pipe.poll, 0.5):
                pass

    asyncio.run(run())
    pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


@contextlib.asynccontextmanager
async def serving(database_url: str) -> AsyncIterator[grpc.aio.Channel]:
    """Start a server in a process of its own, and print how long it takes and its memory."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(database_url, there))
    begin = time.perf_counter()
    process.start()
    port = await asyncio.to_thread(here.recv)
    print(f"  ready after {time.perf_counter() - begin:.1f} s")
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    resident = psutil.Process(process.pid).memory_info().rss / 2**20
    here.send("stop")
    print(f"  memory {resident:.0f} MiB, peak {await asyncio.to_thread(here.recv):.0f} MiB")
    process.join()


async def timed(calls: dict[str, Callable[[int], Awaitable[Any]]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each call; the calls take turns, so that noise falls on all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 10):
        for name, call in calls.items():
            begin = time.perf_counter()
            await call(number)
            if number >= 10:
                seconds[name].append(time.perf_counter() - begin)
    return seconds


async def measure(channel: grpc.aio.Channel, rounds: int) -> None:
    """Print p50 and p95 of each call, and their ratio to the no-op."""
    stub, health = pb_grpc.PackagesServiceStub(channel), health_pb2_grpc.HealthStub(channel)
    queries = [json.loads(line)["query"] for line in QUERIES.read_text(encoding="utf-8").splitlines()]
    random.Random(2).shuffle(queries)
    roles = [component_pb2.RoleRequest(role=r) for r in sorted(load_roles())[:12]]
    context = component_pb2.StackContext(task_type="rag", domain="llm", gpu_vendor="nvidia", concurrency=50)
    check = health_pb2.HealthCheckRequest(service=FULL_NAME)
    calls: dict[str, Callable[[int], Awaitable[Any]]] = {
        "no-op": lambda _: health.Check(check),
        "search": lambda i: stub.SearchPackages(pb.SearchPackagesRequest(query=queries[i % len(queries)])),
        "recommend 12 roles": lambda _: stub.RecommendComponents(
            pb.RecommendComponentsRequest(roles=roles, context=context)
        ),
    }
    seconds = await timed(calls, rounds)
    base = median(seconds["no-op"])
    print(f"  {'call':<20}{'p50 ms':>9}{'p95 ms':>9}{'p50 / no-op':>13}")
    for name, taken in seconds.items():
        p95 = quantiles(taken, n=20)[18]
        print(f"  {name:<20}{median(taken) * 1e3:>9.2f}{p95 * 1e3:>9.2f}{median(taken) / base:>13.1f}")


async def main(packages: int, versions: int) -> None:
    """Import, import again unchanged, then ask."""
    with postgres() as server, tempfile.TemporaryDirectory(prefix="bench-packages-") as name:
        folder = Path(name)
        size = write_indexes(folder, packages=packages, versions=versions)
        print(
            f"{packages} packages, {versions} versions, {REPOSITORIES} repositories, {size / 2**20:.0f} MiB of indexes"
        )
        url = await create_database(server)
        try:
            for what in ("import", "unchanged"):
                seconds, peak = await asyncio.to_thread(run_import, folder, url)
                print(f"  {what:<10}{seconds:>8.1f} s, peak memory {peak:.0f} MiB")
            async with serving(url) as channel:
                await measure(channel, rounds=300)
        finally:
            await drop_database(server, url)


def _sizes(argv: Sequence[str]) -> tuple[int, int]:
    given = [int(a) for a in argv]
    return (given[0], given[1]) if len(given) == 2 else (PACKAGES, VERSIONS)


if __name__ == "__main__":
    asyncio.run(main(*_sizes(sys.argv[1:])))
