"""Stops what a killed run left behind, where the kernel did not do it for us."""

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


def _quietly(act: Any) -> None:
    try:
        act()
    except psutil.Error:
        return
