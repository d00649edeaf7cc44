"""`python -m tests.bench.bench_compute [17000 100000 1000000]`: searches as ratios to a no-op call of the same server.

The no-op is grpc.health.v1.Health/Check: nothing to decode, no interceptor's work, no catalogue. Client and server are
processes of their own. Every call is another query, drawn anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from statistics import median
from typing import Any

import grpc
import numpy as np
from grpc_health.v1 import health_pb2, health_pb2_grpc

from libs.database import migrate, open_pool
from libs.rpc.server import running
from services.compute import app
from services.compute.app import wired
from services.compute.domain.index import MODEL_CODES, Part
from services.compute.domain.offer import Machine, Origin, Place, PriceModel, Source, offer_number
from services.compute.ingest.files import find_files
from services.compute.ingest.pipeline import import_all
from services.compute.ingest.table import TableImporter
from services.compute.reference import load_reference
from services.compute.settings import SCHEMA, ComputeSettings
from services.compute.store import CatalogueStore
from stack8s.compute.v1 import compute_service_pb2 as pb
from stack8s.compute.v1 import compute_service_pb2_grpc as pb_grpc
from stack8s.compute.v1 import offer_pb2
from tests.support.database import create_database, drop_database, postgres

SIZES = (17_000, 100_000, 1_000_000)
TARGETS = {17_000: 3.0, 100_000: 5.0, 1_000_000: 10.0}
SPOT = MODEL_CODES[PriceModel.SPOT]
PLACES_EACH = 24
COUNTS = (0, 1, 1, 2, 4, 8, 8)
"""GPUs of the machines, cycled."""
FAMILIES = ("H100", "A100-80GB", "L40S", "L4", "A10G", "T4", "H200", "MI300X", "RTX4090", "V100")
"""What the queries ask for."""


def generated(provider: str, size: int, seed: int) -> Part:
    """Return a provider of that many offers: machines of every GPU type in several regions, on demand and spot."""
    draw = random.Random(seed)
    types = list(load_reference().gpus.types.values())
    places = [Place(r) for p, r in sorted(load_reference().regions.table) if p == provider][:PLACES_EACH]
    models = (PriceModel.ON_DEMAND, PriceModel.SPOT)
    machines, rows = [], []
    while len(rows) < size:
        at = len(machines)
        gpu, count = types[draw.randrange(len(types))], COUNTS[at % len(COUNTS)]
        machine = Machine(
            provider=provider,
            instance_type=f"{gpu.name.lower()}-{count}-{at}",
            gpu_type=gpu.name if count else "",
            gpu_count=count,
            gpu_memory_gib=gpu.memory_gib if count else None,
            vcpus=float(draw.choice((4, 8, 16, 32, 96, 192))),
            memory_gib=float(draw.choice((16, 64, 128, 512, 1024))),
        )
        base = (count or 0.2) * gpu.memory_gib * draw.uniform(15_000, 60_000)
        for at_place in range(len(places)):
            for model in models:
                price = int(base * draw.uniform(0.9, 1.5) * (0.4 if model is PriceModel.SPOT else 1.0))
                number = offer_number(machine, places[at_place], model)
                rows.append((number, at, at_place, MODEL_CODES[model], price, 0))
        machines.append(machine)
    columns = list(zip(*sorted(rows[:size]), strict=True))
    kinds = (np.uint64, np.int32, np.int32, np.uint8, np.int64, np.int32)
    source = Source("generated for a bench", datetime(2026, 1, 1, tzinfo=UTC), Origin.PUBLISHED)
    arrays: Any = [np.array(c, k) for c, k in zip(columns, kinds, strict=True)]
    return Part(provider, machines, places, [source], *arrays)


def rows_of(part: Part) -> Iterator[tuple[int, int, int, int]]:
    """Yield machine, place, price model and price of each offer."""
    columns = (part.machine, part.place, part.price_model, part.price_micros)
    return zip(*(column.tolist() for column in columns), strict=True)


def searching(draw: random.Random) -> pb.SearchOffersRequest:
    """Return a query of six filters, grouped by instance, ten results."""
    asked = offer_pb2.OfferFilter(
        gpu_types=draw.sample(FAMILIES, 2),
        gpu_count_min=draw.choice((1, 2, 4)),
        gpu_memory_gib_min=draw.choice((16, 20, 24, 40)),
        vcpus_min=draw.choice((4, 8)),
        price_per_hour_max=draw.uniform(20, 60),
        continents=[draw.choice(("europe", "north-america"))],
    )
    return pb.SearchOffersRequest(filter=asked, grouping=offer_pb2.OFFER_GROUPING_INSTANCE, page_size=10)


def impossible(draw: random.Random) -> pb.SearchOffersRequest:
    """Return the same query with a price that nothing has."""
    request = searching(draw)
    request.filter.price_per_hour_max = draw.uniform(0.001, 0.002)
    return request


@dataclass(frozen=True)
class Rig:
    """A server under measurement."""

    health: health_pb2_grpc.HealthStub
    compute: Any
    memory_mib: Callable[[], float]

    async def noop(self, draw: random.Random) -> Any:
        return await self.health.Check(health_pb2.HealthCheckRequest(service="stack8s.compute.v1.ComputeService"))

    async def search(self, draw: random.Random) -> Any:
        return await self.compute.SearchOffers(searching(draw))

    async def relax(self, draw: random.Random) -> Any:
        return await self.compute.SearchOffers(impossible(draw))


def _serve(database_url: str, pipe: Connection) -> None:
    async def run() -> None:
        settings = ComputeSettings(database_url=database_url, port=0, load_starter=False, log_level="WARNING")  # type: ignore[arg-type]
        async with wired(settings) as (mounts, ready), running(settings, mounts, ready=ready) as port:
            pipe.send(port)
            while not await asyncio.to_thread(pipe.poll, 0.5):
                pass

    asyncio.run(run())
    pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


@contextlib.asynccontextmanager
async def rig(database_url: str) -> AsyncIterator[Rig]:
    """Start a server in a process of its own."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(database_url, there))
    process.start()
    port = await asyncio.to_thread(here.recv)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Rig(
            health_pb2_grpc.HealthStub(channel), pb_grpc.ComputeServiceStub(channel), lambda: _resident_mib(process.pid)
        )
    here.send("stop")
    print(f"  peak memory of the process {await asyncio.to_thread(here.recv):.0f} MiB")
    process.join()


def _resident_mib(pid: int | None) -> float:
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


async def timed(calls: Sequence[Callable[[random.Random], Awaitable[Any]]], rounds: int) -> list[list[float]]:
    """Return the seconds of each call; the calls take turns, so that noise falls on all alike."""
    draw, seconds = random.Random(1), [[] for _ in calls]  # type: ignore[var-annotated]
    for number in range(rounds + 20):
        for call, taken in zip(calls, seconds, strict=True):
            begin = time.perf_counter()
            await call(draw)
            if number >= 20:
                taken.append(time.perf_counter() - begin)
    return seconds


async def throughput(rig: Rig, seconds: float = 3.0, workers: int = 16) -> float:
    """Return searches a second with several callers at once."""
    end, done = time.perf_counter() + seconds, 0

    async def work(seed: int) -> None:
        nonlocal done
        draw = random.Random(seed)
        while time.perf_counter() < end:
            await rig.search(draw)
            done += 1

    await asyncio.gather(*(work(seed) for seed in range(workers)))
    return done / seconds


def gpuhunt_seconds(parts: Sequence[Part]) -> float | None:
    """Return the median seconds of gpuhunt's own matching over the same offers; None where it is not installed."""
    try:
        from gpuhunt import AcceleratorVendor, CatalogItem, QueryFilter, matches
    except ImportError:
        return None
    items = []
    for part in parts:
        for machine, place, model, price in rows_of(part):
            m = part.machines[machine]
            items.append(
                CatalogItem(
                    provider="aws",
                    instance_name=m.instance_type,
                    location=part.places[place].region,
                    price=price / 1e6,
                    cpu=int(m.vcpus or 0),
                    memory=m.memory_gib or 0.0,
                    gpu_count=m.gpu_count,
                    gpu_name=m.gpu_type or None,
                    gpu_memory=m.gpu_memory_gib,
                    spot=model == SPOT,
                    disk_size=None,
                    gpu_vendor=AcceleratorVendor.NVIDIA if m.gpu_count else None,
                )
            )
    query = QueryFilter(
        gpu_name=["H100-SXM", "A100-80GB-SXM"],
        min_gpu_count=1,
        min_gpu_memory=40,
        min_cpu=8,
        max_price=40,
        min_memory=16,
    )
    taken = []
    for _ in range(7):
        begin = time.perf_counter()
        found = [item for item in items if matches(item, query)]
        taken.append(time.perf_counter() - begin)
    assert found
    return median(taken)


async def fill(database_url: str, size: int) -> list[Part]:
    """Publish a generated catalogue of five providers."""
    providers = ("aws", "azure", "gcp", "oci", "vultr")
    parts = [generated(p, size // len(providers), seed) for seed, p in enumerate(providers)]
    pool = await open_pool(database_url, schema=SCHEMA)
    await migrate(pool, app.MIGRATIONS, schema=SCHEMA)
    store = CatalogueStore(pool)
    infos = [await store.add_part(part, importer="bench", content_hash=str(size)) for part in parts]
    await store.publish(infos, keep=2)
    await pool.close()
    return parts


async def measure(url: str, size: int, rounds: int) -> None:
    """Print the figures of one size."""
    database = await create_database(url)
    try:
        parts = await fill(database, size)
        print(f"{size} offers, {sum(len(p.machines) for p in parts)} machines")
        async with rig(database) as server:
            noop, search, relax = await timed((server.noop, server.search, server.relax), rounds)
            base = median(noop)
            print(f"  no-op p50 {base * 1e6:.0f} us")
            for name, taken, limit in (("search", search, TARGETS.get(size)), ("relaxation", relax, 20.0)):
                p95 = sorted(taken)[int(len(taken) * 0.95)]
                ratios = f"p50 {median(taken) / base:.2f} x no-op, p95 {p95 / base:.2f} x"
                print(f"  {name}: {ratios}" + (f" (aim: p50 at most {limit:g} x)" if limit else ""))
            print(f"  {await throughput(server):.0f} searches a second, {server.memory_mib():.0f} MiB resident")
            if size == 100_000 and (peer := gpuhunt_seconds(parts)) is not None:
                print(f"  gpuhunt's query over the same offers takes {peer / median(search):.1f} x as long (aim: 15 x)")
    finally:
        await drop_database(url, database)


def write_table(part: Part, path: str) -> None:
    """Write offers in the documented CSV form."""
    columns = ("instance_type", "region", "price_model", "price_per_hour", "vcpus", "memory_gib", "gpu", "gpu_count")
    with open(path, "w", newline="", encoding="utf-8") as out:
        table = csv.writer(out)
        table.writerow(("provider", *columns))
        for machine, place, model, price in rows_of(part):
            kind, region = "spot" if model == SPOT else "on_demand", part.places[place].region
            m = part.machines[machine]
            figures = (price / 1e6, m.vcpus, m.memory_gib, m.gpu_type, m.gpu_count)
            table.writerow((m.provider, m.instance_type, region, kind, *figures))


async def importing(url: str, rows: int = 100_000) -> None:
    """Print how long an import takes, and one of unchanged data."""
    database = await create_database(url)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "offers.csv")
        write_table(generated("aws", rows, 7), path)
        pool = await open_pool(database, schema=SCHEMA)
        await migrate(pool, app.MIGRATIONS, schema=SCHEMA)
        store = CatalogueStore(pool)
        for label in ("import", "import of unchanged data"):
            begin = time.perf_counter()
            report = await import_all(store, TableImporter(find_files(path)), name="csv", keep_snapshots=2)
            print(f"{label}, {rows} rows: {time.perf_counter() - begin:.1f} s, {report.providers[0].state}")
        await pool.close()
    await drop_database(url, database)


async def main(sizes: Sequence[int]) -> None:
    """Print all figures."""
    with postgres() as url:
        for size in sizes:
            await measure(url, size, rounds=300 if size <= 100_000 else 150)
        await importing(url)


if __name__ == "__main__":
    asyncio.run(main([int(a) for a in sys.argv[1:]] or SIZES))
