"""`python -m tests.bench.bench_plan [--rounds N] [--large | --starter]`: a whole plan without a language model.

Prints latencies with their ratio to a no-op call of the same stack and the CPU time that planning itself takes, the
calls of one plan on one time line (those of a round overlap), and what rendering costs. First over the starter
catalogues (targets: a plan p50 60 ms, p95 150 ms; all formats together 30 ms), then over generated ones of 100,000
offers, 30,000 models and 13,500 packages (target: a plan within 250 ms). Each with every question about models asked of
the service, and with the answers kept that the same plan had before, as in a revision.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable
from statistics import median, quantiles

from grpc.aio import Channel
from grpc_health.v1 import health_pb2, health_pb2_grpc

from libs.heap import settle
from libs.rpc.client import open_channel
from services.orchestrator.architect import make_plan
from services.orchestrator.calls import CallReport
from services.orchestrator.catalogs import GrpcCatalogs
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.render import Format, render
from tests.bench import bench_compute, bench_models, bench_packages
from tests.evals.plan_scenarios import SCENARIOS, spec_of
from tests.support.database import create_database, drop_database, postgres
from tests.support.folders import open_folder
from tests.support.services import Services, running_services

NO_OPS = 300
RENDERS = 20
OFFERS, MODELS, PACKAGES = 100_000, 30_000, 13_500
"""Size of the large catalogues; each model has one passage, each package one version."""


def say(line: str) -> None:
    """Print one line of the report."""
    sys.stdout.write(line + "\n")


async def no_op(channel: Channel) -> float:
    """Return the median time of a call that does nothing, in milliseconds."""
    stub = health_pb2_grpc.HealthStub(channel)
    took = []
    for _ in range(NO_OPS):
        started = time.perf_counter()
        await stub.Check(health_pb2.HealthCheckRequest())
        took.append((time.perf_counter() - started) * 1000)
    return median(took)


class TimeLine:
    """When the calls of one plan began and ended."""

    def __init__(self) -> None:
        self._zero = time.perf_counter()
        self._began: dict[str, float] = {}
        self.rows: list[tuple[float, float, str]] = []

    def note(self, report: CallReport) -> None:
        """Take down the begin or the end of a call."""
        now = (time.perf_counter() - self._zero) * 1000
        if report.elapsed_ms is None:
            self._began[report.call_id] = now
        else:
            self.rows.append((self._began[report.call_id], now, f"{report.name} ({report.summary[:40]})"))


async def plans(services: Services, rounds: int) -> list[DeploymentPlan]:
    """Time plans of all scenarios, and return them."""
    targets = (services.compute.target, services.models.target, services.packages.target)
    channels = [open_channel(target, timeout_s=60.0) for target in targets]
    compute, models, packages = channels
    asking = GrpcCatalogs(compute=compute, models=models, packages=packages, kept_of_models=0)
    keeping = GrpcCatalogs(compute=compute, models=models, packages=packages)
    nothing = await no_op(compute)
    say(f"no-op call             {nothing:8.2f} ms")
    made = [await planned(asking, name) for name in SCENARIOS]
    for name in SCENARIOS:
        await planned(keeping, name)
    settle()  # as the service does when it is warm
    for catalogs, what in ((asking, "asked anew"), (keeping, "answers kept")):
        took: list[float] = []
        worked: list[float] = []
        for name in [*SCENARIOS] * rounds:
            started, began = time.perf_counter(), time.process_time()
            await planned(catalogs, name)
            took.append((time.perf_counter() - started) * 1000)
            worked.append((time.process_time() - began) * 1000)
        high = quantiles(took, n=20)[18]
        say(f"whole plan, {what:12} p50 {median(took):6.1f} ms   p95 {high:6.1f} ms   over {len(took)} plans")
        say(f"  CPU of planning itself p50 {median(worked):6.1f} ms   p95 {quantiles(worked, n=20)[18]:6.1f} ms")
        say(f"  as ratio to a no-op    p50 {median(took) / nothing:6.1f}x     p95 {high / nothing:6.1f}x")
    line = TimeLine()
    await planned(asking, "llama-70b-budget", line.note)
    say("\ncalls of one plan, ms from its begin")
    for began, ended, name in sorted(line.rows):
        say(f"  {began:7.1f} - {ended:7.1f}  {name}")
    for channel in channels:
        await channel.close()
    return made


async def planned(
    catalogs: GrpcCatalogs, name: str, on_call: Callable[[CallReport], None] | None = None
) -> DeploymentPlan:
    """Return the plan of a scenario."""
    spec, words = spec_of(name)
    return await make_plan(spec, catalogs, plan_id="p", conversation_id="c", words=words, on_call=on_call)


def renders(made: list[DeploymentPlan]) -> None:
    """Time all formats of each plan together."""
    deployable = [plan for plan in made if plan.workload is not None]
    for form in Format:
        render(deployable[0], form)
    took = []
    for plan in (deployable * RENDERS)[: RENDERS * 10]:
        started = time.perf_counter()
        for form in Format:
            render(plan, form)
        took.append((time.perf_counter() - started) * 1000)
    say(f"\nrender of all formats  p50 {median(took):6.1f} ms   p95 {quantiles(took, n=20)[18]:6.1f} ms")


async def over_starter(rounds: int) -> None:
    """Measure over the starter catalogues, and rendering."""
    with postgres() as server:
        url = await create_database(server)
        with running_services(url) as services:
            made = await plans(services, rounds)
        await drop_database(server, url)
    renders(made)


async def over_large(rounds: int) -> None:
    """Measure over generated catalogues."""
    say(f"\n--- {OFFERS:,} offers, {MODELS:,} models, {PACKAGES:,} packages")
    with postgres() as server, open_folder() as folder:
        url = await create_database(server)
        await bench_compute.fill(url, OFFERS)
        await bench_models.ingest(url, folder, MODELS, MODELS)
        indexes = folder / "indexes"
        indexes.mkdir()
        bench_packages.write_indexes(indexes, packages=PACKAGES, versions=PACKAGES)
        await asyncio.to_thread(bench_packages.run_import, indexes, url)
        with running_services(url) as services:
            await plans(services, rounds)
        await drop_database(server, url)


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--starter", action="store_true", help="only over the starter catalogues")
    parser.add_argument("--large", action="store_true", help="only over the large catalogues")
    arguments = parser.parse_args()
    if not arguments.large:
        asyncio.run(over_starter(arguments.rounds))
    if not arguments.starter:
        asyncio.run(over_large(arguments.rounds))


if __name__ == "__main__":
    main()
