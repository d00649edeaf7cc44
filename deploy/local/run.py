"""The run: checks, starts, announces, waits for a signal, stops."""

import asyncio
import contextlib
import os
import signal
import time

from deploy.local.banner import banner
from deploy.local.console import LocalError, say
from deploy.local.home import Home
from deploy.local.leftovers import describe, stop_leftovers
from deploy.local.ports import require_free
from deploy.local.postgres import prepare
from deploy.local.settings import LocalSettings
from deploy.local.stack import database_spec, gateway_spec, service_specs
from deploy.local.supervisor import Supervisor

_PARENT_CHECK_S = 0.5


async def run(settings: LocalSettings) -> None:
    """Run everything in the foreground until SIGINT, SIGTERM or SIGHUP. Raises LocalError when it cannot start."""
    started = time.monotonic()
    stop_asked = _on_signals()
    home = Home(settings.home)
    home.prepare()
    home.lock()
    stop_leftovers(home.read_run(), timeout_s=settings.stop_timeout_s)
    require_free(settings.ports)

    def record() -> None:
        home.write_run({"pid": os.getpid(), "ports": settings.ports, "processes": describe(supervisor.pids)})

    supervisor = Supervisor(
        home, start_timeout_s=settings.start_timeout_s, stop_timeout_s=settings.stop_timeout_s, changed=record
    )
    starting = asyncio.create_task(_start(settings, home, supervisor, started=started))
    stopping = asyncio.create_task(stop_asked.wait())
    parent = asyncio.create_task(_parent_gone(enabled=settings.stop_with_parent))
    try:
        await asyncio.wait({starting, stopping, parent}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            await asyncio.wait({stopping, parent}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        stop_asked.clear()
        await _stop(supervisor, stop_asked)
        home.forget_run()


async def _start(settings: LocalSettings, home: Home, supervisor: Supervisor, *, started: float) -> None:
    first = not home.database.exists()
    say(
        "Starting (the first time also makes the database and loads the starter catalogues) ..."
        if first
        else "Starting ..."
    )
    try:
        postgres = await prepare(home)
        home.database_url.write_text(postgres.url())
        gateway = gateway_spec(settings, home)
        services = [*service_specs(settings, home, postgres), *([gateway] if gateway else [])]
        async with asyncio.TaskGroup() as group:
            database = group.create_task(supervisor.start(database_spec(home, postgres)))
            if first:
                await database  # it makes the services' database; later runs start all at once, and services wait
            group.create_task(supervisor.start(*services))
    except ExceptionGroup as failed:  # Python 3.11.2 groups again what is raised under `except*`
        raise _told(failed) from None
    say(banner(settings, home, seconds=time.monotonic() - started, gateway=gateway is not None))


async def _stop(supervisor: Supervisor, again: asyncio.Event) -> None:
    """Stop in order; a second signal kills at once."""
    say("Stopping ...")
    orderly = asyncio.create_task(supervisor.stop())
    impatient = asyncio.create_task(again.wait())
    await asyncio.wait({orderly, impatient}, return_when=asyncio.FIRST_COMPLETED)
    if not orderly.done():
        await supervisor.kill()
    await orderly
    impatient.cancel()
    say("Stopped; conversations are kept")


def _on_signals() -> asyncio.Event:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup asks to outlive the terminal
        loop.add_signal_handler(signal.SIGHUP, asked.set)
    return asked


async def _parent_gone(*, enabled: bool) -> None:
    """Return when the process that started us is gone; never when not enabled."""
    parent = os.getppid()
    while not enabled or os.getppid() == parent:  # noqa: ASYNC110 — no event tells it on every system
        await asyncio.sleep(_PARENT_CHECK_S)


def _told(group: ExceptionGroup[Exception]) -> Exception:
    """Return the first of what could not start, or all where something else went wrong too."""
    if group.split(LocalError)[1] is not None:
        return group
    error: Exception = group
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


async def stop_other(settings: LocalSettings) -> None:
    """Stop the run that holds the state folder, from another terminal. Raises LocalError if it does not end."""
    home = Home(settings.home)
    pid = home.read_run().get("pid")
    if not home.locked_by_other() or not isinstance(pid, int):
        say(f"Nothing runs in {home.root}")
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    for _ in range(int(settings.stop_timeout_s * 3 / _PARENT_CHECK_S)):
        if not home.locked_by_other():
            say("Stopped")
            return
        await asyncio.sleep(_PARENT_CHECK_S)
    raise LocalError(f"process {pid} is still stopping: wait, or kill it with `kill -9 {pid}`")
