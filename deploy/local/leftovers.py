"""Stops what a killed run left behind, where the kernel did not do it for us."""

import contextlib
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from deploy.local.console import say

_SAME_START_S = 2.0
"""A process with a recorded id is the recorded one only if it started within this of the recorded time."""


def describe(pids: dict[str, int]) -> dict[str, dict[str, float]]:
    """Return id and start time by name, to be recorded."""
    found = {}
    for name, pid in pids.items():
        try:
            found[name] = {"pid": pid, "created": psutil.Process(pid).create_time()}
        except psutil.Error:
            continue
    return found


def stop_leftovers(run: dict[str, Any], *, timeout_s: float) -> None:
    """Stop the processes that a run recorded and that still exist. The caller holds the lock, so that run is over."""
    left: list[psutil.Process] = []
    for facts in run.get("processes", {}).values():
        try:
            process = psutil.Process(int(facts["pid"]))
            if abs(process.create_time() - facts["created"]) < _SAME_START_S:
                left += [process, *process.children(recursive=True)]
        except (psutil.Error, KeyError, TypeError, ValueError):
            continue
    if not left:
        return
    say(f"Stopping {len(left)} processes that a killed run left behind")
    for process in left:
        _quietly(process.terminate)
    _, alive = psutil.wait_procs(left, timeout=timeout_s)
    for process in alive:
        _quietly(process.kill)
    psutil.wait_procs(alive, timeout=timeout_s)


def clear_database_lock(data: Path, *, timeout_s: float) -> None:
    """Make a database folder startable: stop a server that still serves it, remove lock files whose server is gone.

    PostgreSQL refuses to start while its lock file names a living process of the same user, whatever that process is:
    after a restart of the machine it may be any. The caller holds the state folder, so no other run uses the data.
    """
    lock = data / "postmaster.pid"
    try:
        server = psutil.Process(int(lock.read_text().split("\n", 1)[0]))
        if server.name() == "postgres" and str(data) in server.cmdline():
            say("Stopping the database that a killed run left behind")
            server.send_signal(signal.SIGINT)
            server.wait(timeout_s)
            return
    except FileNotFoundError:
        return
    except psutil.TimeoutExpired:
        _quietly(server.kill)
    except (psutil.Error, ValueError):
        pass
    for path in (lock, data / ".s.PGSQL.5432.lock"):
        path.unlink(missing_ok=True)


def _quietly(act: Callable[[], object]) -> None:
    with contextlib.suppress(psutil.Error):
        act()
