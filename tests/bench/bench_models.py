"""`make bench-models`: ingestion, search, sizing and memory of the models service on a generated Hub.

Latencies are a client's over gRPC; those of searches come after the wish's vector is known, which is stated apart, and
each stands beside a call that does nothing (the health check) in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import asyncpg
from grpc_health.v1 import health_pb2, health_pb2_grpc

from libs.rpc.client import open_channel
from services.models.ingest import pipeline, starter
from services.models.ingest.jsonl import JsonlSource
from services.models.understanding.train import read_wishes
from stack8s.models.v1 import model_pb2, sizing_pb2
from stack8s.models.v1.models_service_pb2 import (
    EstimateMemoryRequest,
    GetCatalogInfoRequest,
    ModelFilter,
    SearchModelsRequest,
    SizingCase,
)
from stack8s.models.v1.models_service_pb2_grpc import ModelsServiceStub
from stack8s.models.v1.sizing_pb2 import GpuShape
from tests.bench import models_corpus
from tests.models.harness import database
from tests.support.database import create_database, drop_database, postgres
from tests.support.folders import open_folder
from tests.support.ports import free_ports

FILTERS = {
    "unfiltered": ModelFilter(),
    "task": ModelFilter(tasks=["text-generation"]),
    "licence class": ModelFilter(license_classes=[model_pb2.LICENSE_CLASS_COMMERCIAL]),
    "language and size": ModelFilter(languages=["de"], parameters_b_max=8),
    "memory at int4": ModelFilter(memory_gib_max=6, precision="int4", gated=False),
    "rare": ModelFilter(tasks=["time-series-forecasting"], licenses=["mit"], languages=["fi"]),
}


_WRITERS = "SELECT model_id FROM models.models WHERE task = 'text-generation' ORDER BY model_id LIMIT $1"
_ANY = "SELECT model_id FROM models.models ORDER BY md5(model_id) LIMIT $1"
_TRAINED = {
    "in full": sizing_pb2.WORKLOAD_TRAIN_FULL,
    "with LoRA": sizing_pb2.WORKLOAD_TRAIN_LORA,
    "with QLoRA": sizing_pb2.WORKLOAD_TRAIN_QLORA,
}


async def timed(call: Callable[[], Awaitable[object]]) -> float:
    """Return how long a call takes, in milliseconds."""
    began = time.perf_counter()
    await call()
    return (time.perf_counter() - began) * 1000


def line(name: str, times: Sequence[float], base: float = 0.0) -> str:
    """Return p50 and p95, and how many times the base p50 is."""
    ordered = sorted(times)
    p50, p95 = statistics.median(ordered), ordered[int(len(ordered) * 0.95)]
    return f"{name:<50} p50 {p50:7.2f} ms  p95 {p95:7.2f} ms" + (f"  {p50 / base:5.1f} x no-op" if base else "")


async def ingest(url: str, folder: Path, models: int, passages: int) -> None:
    """Print the time of the first ingestion and of one of unchanged data."""
    file = folder / "hub.jsonl"
    models_corpus.write(file, models, passages=passages)
    async with database(url) as (pool, chosen):
        for name in ("first ingestion", "again, unchanged"):
            source = JsonlSource(file, cards=None, reader=starter.record_reader())
            began = time.perf_counter()
            outcome = await pipeline.run(pool, source, fast=chosen.fast, better=chosen.better)
            took = time.perf_counter() - began
            count = await pool.fetchval("SELECT chunk_count FROM catalog")
            print(
                f"{name:<50} {took:6.1f} s  {outcome.progress.seen:,} models, {count:,} passages, {count / took:,.0f}/s"
            )
        sizes = await pool.fetch(
            "SELECT relname, pg_size_pretty(pg_relation_size(oid)) AS size FROM pg_class "
            "WHERE relname ~ '^(vectors_[0-9]+(_near)?|chunks(_words)?|models)$' ORDER BY relname"
        )
        print("sizes: " + ", ".join(f"{r['relname']} {r['size']}" for r in sizes))


async def busy_ms(url: str) -> float:
    """Return the CPU time that the database has spent for the service, in ms; 0 where the system does not tell."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT pid FROM pg_stat_activity WHERE application_name = 'stack8s-models'")
    finally:
        await connection.close()
    files = [Path(f"/proc/{r['pid']}/schedstat") for r in rows]
    return sum(int(file.read_text().split()[0]) / 1e6 for file in files if file.exists())


async def search(stub: ModelsServiceStub, wishes: Sequence[str], base: float, url: str) -> None:
    """Print latencies, CPU time of the database, and the share of the exact answer that the index finds."""
    for wish in wishes:  # so that vectors are known
        await stub.SearchModels(SearchModelsRequest(query=wish))
    for name, wanted in FILTERS.items():
        times, found, expected = [], 0, 0
        before = await busy_ms(url)
        for wish in wishes:
            request = SearchModelsRequest(query=wish, filter=wanted, page_size=10, keep_variants=True)
            times.append(await timed(lambda request=request: stub.SearchModels(request)))
        busy = (await busy_ms(url) - before) / len(wishes)
        for wish in wishes[:60]:
            request = SearchModelsRequest(query=wish, filter=wanted, page_size=10, keep_variants=True)
            ours = {r.model.model_id for r in (await stub.SearchModels(request)).results}
            request.exact = True
            exact = {r.model.model_id for r in (await stub.SearchModels(request)).results}
            found, expected = found + len(ours & exact), expected + len(exact)
        recall = f"recall {found / expected:.4f}" if expected else "nothing to recall"
        print(line(f"SearchModels, {name}", times, base) + f"  database {busy:.1f} ms of CPU  {recall}")


async def some_ids(url: str, statement: str, count: int) -> list[str]:
    """Return ids of so many models."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(statement, count)
    finally:
        await connection.close()
    return [row["model_id"] for row in rows]


async def size(stub: ModelsServiceStub, base: float, writers: Sequence[str], others: Sequence[str]) -> None:
    """Print the latency of sizing 1,000 pairs in one call: other models of the catalogue each time, 50 and 500 that
    write text, 50 shapes that a request states, 1,000 shapes never seen before, and as many training runs.
    """
    dice, untouched = random.Random(1), iter(others)

    def catalogued(ids: Iterable[str], gpus: Sequence[GpuShape]) -> EstimateMemoryRequest:
        return EstimateMemoryRequest(cases=[SizingCase(model_id=i, gpu=gpu) for i in ids for gpu in gpus])

    def some(count: int, gpus: Sequence[GpuShape]) -> EstimateMemoryRequest:
        return catalogued(dice.sample(writers, min(count, len(writers))), gpus)

    def unseen(count: int, gpus: Sequence[GpuShape], usage: sizing_pb2.Usage | None = None) -> EstimateMemoryRequest:
        sizes = [int(dice.uniform(1e8, 7e10)) for _ in range(count)]
        return EstimateMemoryRequest(
            cases=[SizingCase(parameters=n, task="text-generation", gpu=g, usage=usage) for n in sizes for g in gpus]
        )

    types = [GpuShape(gpu_type=f"GPU {gib}", memory_gib=gib) for gib in range(16, 96, 4)]
    asked: dict[str, Callable[[], EstimateMemoryRequest]] = {
        "1,000 models, each for the first time": lambda: catalogued(islice(untouched, 1000), types[-1:]),
        "50 models on 20 GPUs": lambda: some(50, types),
        "500 models on 2 GPUs": lambda: some(500, types[-2:]),
        "50 shapes on 20 GPUs": lambda: unseen(50, types),
        "1,000 unseen shapes": lambda: unseen(1000, types[-1:]),
    }
    for words, workload in _TRAINED.items():
        usage = sizing_pb2.Usage(workload=workload)
        asked[f"50 shapes trained {words} on 20 GPUs"] = lambda usage=usage: unseen(50, types, usage)
        asked[f"1,000 unseen runs {words}"] = lambda usage=usage: unseen(1000, types[-1:], usage)
    for name, request in asked.items():
        times = [await timed(partial(stub.EstimateMemory, request())) for _ in range(10)]
        print(line(f"EstimateMemory, {name}", times, base))


async def measure(url: str, queries: int) -> None:
    """Print what a running service does."""
    (port,) = free_ports(1)
    environment = os.environ | {
        "STACK8S_MODELS_DATABASE_URL": url,
        "STACK8S_MODELS_PORT": str(port),
        "STACK8S_MODELS_LOG_LEVEL": "WARNING",
        "STACK8S_MODELS_LOAD_STARTER": "false",
        "STACK8S_MODELS_FILL": "false",
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.models", env=environment)
    try:
        async with open_channel(f"127.0.0.1:{port}", timeout_s=60) as channel:
            stub, health = ModelsServiceStub(channel), health_pb2_grpc.HealthStub(channel)
            await _until_ready(stub)
            no_op = [await timed(lambda: health.Check(health_pb2.HealthCheckRequest())) for _ in range(200)]
            base = statistics.median(no_op)
            print(line("no-op (health check)", no_op))
            wishes = [w for _, w in random.Random(2).sample(read_wishes(), queries)]
            fresh = [
                await timed(lambda w=w: stub.SearchModels(SearchModelsRequest(query=f"{w} please"))) for w in wishes
            ]
            print(line("SearchModels, wish not seen before", fresh, base))
            await search(stub, wishes, base, url)
            await size(stub, base, await some_ids(url, _WRITERS, 2_000), await some_ids(url, _ANY, 10_000))
            print(_memory(process.pid))
    finally:
        process.terminate()
        await process.wait()


def _memory(pid: int) -> str:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return "memory of the service: this system does not tell"
    rows = dict(row.split(":", 1) for row in status.read_text().splitlines() if ":" in row)
    now, most = (int(rows[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return f"memory of the service: {now:.0f} MiB, at most {most:.0f} MiB"


async def _until_ready(stub: ModelsServiceStub) -> None:
    for _ in range(200):
        try:
            await stub.GetCatalogInfo(GetCatalogInfoRequest())
            await stub.SearchModels(SearchModelsRequest(query="a model"))
        except Exception:
            await asyncio.sleep(0.1)
        else:
            return
    raise SystemExit("the service did not become ready")


async def run(models: int, passages: int, queries: int) -> None:
    """Ingest and measure one size."""
    print(f"--- {models:,} models, about {passages:,} passages")
    with postgres() as server, open_folder() as folder:
        url = await create_database(server)
        try:
            await ingest(url, folder, models, passages)
            await measure(url, queries)
        finally:
            await drop_database(server, url)


def main() -> None:
    """Read the sizes and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=30_000)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=150)
    parser.add_argument("--curve", action="store_true", help="from 10,000 passages to a million")
    arguments = parser.parse_args()
    sizes = [(3_000, 10_000), (30_000, 100_000), (300_000, 1_000_000)] if arguments.curve else []
    for models, passages in sizes or [(arguments.models, arguments.passages)]:
        asyncio.run(run(models, passages, arguments.queries))


if __name__ == "__main__":
    main()
