"""Figures of the whole stack: `make bench` prints ready time, memory, and latencies as ratios to a no-op RPC.

It runs a stack of its own, on free ports and in a temporary folder; nothing else should be busy meanwhile.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from statistics import quantiles

import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

from libs.rpc.client import open_channel
from stack8s.compute.v1.compute_service_pb2 import SearchOffersRequest
from stack8s.compute.v1.compute_service_pb2_grpc import ComputeServiceStub
from stack8s.compute.v1.offer_pb2 import OfferFilter
from stack8s.models.v1.models_service_pb2 import SearchModelsRequest
from stack8s.models.v1.models_service_pb2_grpc import ModelsServiceStub
from stack8s.orchestrator.v1.architect_service_pb2_grpc import ArchitectServiceStub
from stack8s.packages.v1.packages_service_pb2 import SearchPackagesRequest
from stack8s.packages.v1.packages_service_pb2_grpc import PackagesServiceStub
from tests.e2e.talk import MRI, begin, plan_for
from tests.support.folders import open_folder
from tests.support.stack import Stack

_MEMORY_LIMIT_MIB = 1.2 * 1024
_NO_OPS, _SEARCHES, _PLANS = 300, 60, 20
_WARM_UP = 3


def say(line: str) -> None:
    """Print one line of the report."""
    sys.stdout.write(line + "\n")


def memory_mib(pid: int) -> float:
    """Return the memory of a process with its children, in MiB: its proportional share where the system tells it."""
    process = psutil.Process(pid)
    total = 0
    for member in (process, *process.children(recursive=True)):
        full = member.memory_full_info()
        total += getattr(full, "pss", full.rss)
    return float(total) / 2**20


def report_memory(stack: Stack) -> None:
    """Print the memory of each process and of all together."""
    supervisor = psutil.Process(stack.run["pid"]).memory_full_info()
    rows = {name: memory_mib(pid) for name, pid in stack.pids().items()}
    rows["supervisor"] = float(getattr(supervisor, "pss", supervisor.rss)) / 2**20
    say("\nmemory, MiB (proportional set size; postgres with its children)")
    for name, mib in rows.items():
        say(f"  {name:<24}{mib:8.0f}")
    say(f"  {'together':<24}{sum(rows.values()):8.0f}  (limit {_MEMORY_LIMIT_MIB:.0f})")


async def timed(call: Callable[[], Awaitable[object]], *, count: int) -> tuple[float, float]:
    """Return the median and the 95th percentile of a call, in milliseconds."""
    for _ in range(_WARM_UP):
        await call()
    times = []
    for _ in range(count):
        started = time.perf_counter()
        await call()
        times.append((time.perf_counter() - started) * 1000)
    cuts = quantiles(times, n=20, method="inclusive")
    return cuts[9], cuts[18]


async def report_latency(stack: Stack) -> None:
    """Print the latencies over the running stack, one client, one call at a time."""
    say("\nlatency, ms                        p50       p95   p50 / no-op")
    async with (
        open_channel(stack.target("compute")) as compute_channel,
        open_channel(stack.target("models")) as models_channel,
        open_channel(stack.target("packages")) as packages_channel,
        open_channel(stack.target("orchestrator")) as architect_channel,
    ):
        health = health_pb2_grpc.HealthStub(compute_channel)
        compute, models = ComputeServiceStub(compute_channel), ModelsServiceStub(models_channel)
        packages, architect = PackagesServiceStub(packages_channel), ArchitectServiceStub(architect_channel)
        offers = SearchOffersRequest(filter=OfferFilter(gpu_memory_gib_min=24, has_gpu=True), page_size=10)
        wanted = SearchModelsRequest(query="detect lung cancer in MRI scans", page_size=5)
        charts = SearchPackagesRequest(query="experiment tracking", page_size=5)

        async def plan() -> object:
            return await plan_for(architect.SendMessage, await begin(architect), MRI)

        no_op = 0.0
        rows: list[tuple[str, Callable[[], Awaitable[object]], int]] = [
            ("no-op RPC (health)", lambda: health.Check(health_pb2.HealthCheckRequest()), _NO_OPS),
            ("compute.SearchOffers", lambda: compute.SearchOffers(offers), _SEARCHES),
            ("models.SearchModels", lambda: models.SearchModels(wanted), _SEARCHES),
            ("packages.SearchPackages", lambda: packages.SearchPackages(charts), _SEARCHES),
            ("a whole plan, from words", plan, _PLANS),
        ]
        for name, call, count in rows:
            middle, high = await timed(call, count=count)
            no_op = no_op or middle
            say(f"  {name:<28}{middle:10.1f}{high:10.1f}{middle / no_op:12.0f}x")


def main() -> None:
    """Run the benchmark and print the report."""
    with open_folder() as folder:
        stack = Stack(folder / "home")
        try:
            stack.start()
            say(f"ready, first run (database and catalogues are made)  {stack.ready_s:6.1f} s")
            stack.stop()
            stack.start()
            say(f"ready, second run                                    {stack.ready_s:6.1f} s  (limit 5)")
            asyncio.run(report_latency(stack))
            report_memory(stack)
        finally:
            stack.close()


if __name__ == "__main__":
    main()
