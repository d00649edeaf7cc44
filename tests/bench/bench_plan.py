"""`python -m tests.bench.bench_plan [rounds]`: a whole plan without a language model over the starter catalogues.

Prints latencies with their ratio to a no-op call of the same stack, the calls of one plan on one time line (those of a
round overlap), and what rendering costs. Targets: a plan p50 60 ms, p95 150 ms; all formats together 30 ms.
"""

from __future__ import annotations

import asyncio
import sys
import time
from statistics import median, quantiles

from grpc.aio import Channel
from grpc_health.v1 import health_pb2, health_pb2_grpc

from libs.rpc.client import open_channel
from services.orchestrator.architect import make_plan
from services.orchestrator.calls import CallReport
from services.orchestrator.catalogs import GrpcCatalogs
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.render import Format, render
from tests.evals.plan_scenarios import SCENARIOS, spec_of
from tests.support.database import create_database, drop_database, postgres
from tests.support.services import Services, running_services

NO_OPS = 300
RENDERS = 20


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
    catalogs = GrpcCatalogs(compute=compute, models=models, packages=packages)
    nothing = await no_op(compute)
    say(f"no-op call             {nothing:8.2f} ms")
    made: list[DeploymentPlan] = []
    took: list[float] = []
    for number in range(rounds + 1):
        for name in SCENARIOS:
            spec, words = spec_of(name)
            started = time.perf_counter()
            plan = await make_plan(spec, catalogs, plan_id="p", conversation_id="c", words=words)
            if number:
                took.append((time.perf_counter() - started) * 1000)
            else:
                made.append(plan)
    cuts = quantiles(took, n=20)
    say(f"whole plan             p50 {median(took):6.1f} ms   p95 {cuts[18]:6.1f} ms   over {len(took)} plans")
    say(f"as ratio to a no-op    p50 {median(took) / nothing:6.1f}x     p95 {cuts[18] / nothing:6.1f}x")
    line = TimeLine()
    spec, words = spec_of("llama-70b-budget")
    await make_plan(spec, catalogs, plan_id="p", conversation_id="c", words=words, on_call=line.note)
    say("\ncalls of one plan, ms from its begin")
    for began, ended, name in sorted(line.rows):
        say(f"  {began:7.1f} - {ended:7.1f}  {name}")
    for channel in channels:
        await channel.close()
    return made


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


async def main(rounds: int) -> None:
    """Run the bench."""
    with postgres() as server:
        url = await create_database(server)
        with running_services(url) as services:
            made = await plans(services, rounds)
        await drop_database(server, url)
    renders(made)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
