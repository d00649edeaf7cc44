"""`python -m services.orchestrator`: wire the parts together and serve until SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from libs.database import migrate, open_pool, ping
from libs.errors import DeadlineError, UnavailableError
from libs.heap import settle
from libs.logging import configure_logging
from libs.rpc.client import open_channel
from libs.rpc.server import Mount, serve
from services.orchestrator.agent import Agent
from services.orchestrator.catalogs import GrpcCatalogs
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import understand
from services.orchestrator.reasoner import build_reasoner
from services.orchestrator.server import ArchitectServicer
from services.orchestrator.settings import OrchestratorSettings
from services.orchestrator.store import ConversationStore, PlanStore, TurnStore
from services.orchestrator.turns import Turns
from services.orchestrator.turns.journal import Step
from stack8s.orchestrator.v1.architect_service_pb2_grpc import add_ArchitectServiceServicer_to_server

SCHEMA = "orchestrator"
FULL_NAME = "stack8s.orchestrator.v1.ArchitectService"


async def run(settings: OrchestratorSettings) -> None:
    """Serve until SIGTERM or SIGINT."""
    # The lexicon takes half a second to read; the first user should not wait for it.
    await asyncio.to_thread(understand, "Serve an 8B model for $3000 a month", spec=WorkloadSpec(), turn=1)
    settle()
    pool = await open_pool(settings.database_url.get_secret_value(), schema=SCHEMA)
    await migrate(pool, Path(__file__).parent / "migrations", schema=SCHEMA)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(pool.close)
        compute, models, packages = [
            await stack.enter_async_context(open_channel(target, timeout_s=settings.catalog_timeout_s))
            for target in (settings.compute_target, settings.models_target, settings.packages_target)
        ]
        catalogs = GrpcCatalogs(compute=compute, models=models, packages=packages)
        warming = asyncio.create_task(_warm(catalogs))
        stack.callback(warming.cancel)
        reasoner = build_reasoner(settings)
        stack.push_async_callback(reasoner.close)
        agent = Agent(reasoner, catalogs)
        turns = Turns(
            TurnStore(pool),
            agent.work,
            lease_s=settings.lease_s,
            timeout_s=settings.turn_timeout_s,
            max_running=settings.max_running_turns,
            step=_crash_at(settings.crash_at) if settings.crash_at else lambda _: None,
        )
        await stack.enter_async_context(turns.running())
        servicer = ArchitectServicer(ConversationStore(pool), PlanStore(pool), turns)
        mount = Mount(FULL_NAME, add_ArchitectServiceServicer_to_server, servicer)
        await serve(settings, [mount], ready=lambda: ping(pool))


async def _warm(catalogs: GrpcCatalogs) -> None:
    """Ask ahead for what most plans need, as soon as the catalogue answers: the first user should not wait for it."""
    while True:
        with contextlib.suppress(UnavailableError, DeadlineError):
            await catalogs.warm()
            settle()
            return
        await asyncio.sleep(1)


def _crash_at(wanted: str) -> Step:
    """Return a step hook that kills this process, as a power cut would, at one step; for tests of crash safety."""

    def step(name: str) -> None:
        if name == wanted:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


if __name__ == "__main__":
    given = OrchestratorSettings()
    configure_logging(given.log_level)
    asyncio.run(run(given))
