"""The supervisor, over real processes."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from deploy.local.console import LocalError
from deploy.local.home import Home
from deploy.local.process import ProcessSpec
from deploy.local.supervisor import Supervisor

_SERVES = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text('up'); time.sleep(600)"
_FAILS = "import sys; print('about to fail'); sys.exit('no such table: offers')"
_STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + _SERVES
_WITH_CHILD = (
    "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);" + _SERVES
)


def spec(folder: Path, name: str, code: str = _SERVES) -> ProcessSpec:
    marker = folder / f"{name}.up"

    async def probe() -> None:
        marker.read_text()

    command = [sys.executable, "-c", code, str(marker)]
    log = folder / f"{name}.log"
    return ProcessSpec(name=name, command=command, environment=dict(os.environ), log=log, probe=probe)


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(Home(tmp_path), start_timeout_s=20, stop_timeout_s=0.5, changed=lambda: None)
    yield supervisor
    await supervisor.kill()


async def until(truth) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(20):
        while not truth():  # noqa: ASYNC110 — watching another process
            await asyncio.sleep(0.02)


async def test_a_killed_process_is_started_again_and_the_others_are_left_alone(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    await supervisor.start(spec(tmp_path, "one"), spec(tmp_path, "two"))
    before = supervisor.pids
    os.kill(before["one"], signal.SIGKILL)
    await until(lambda: supervisor.pids.get("one", before["one"]) != before["one"])
    assert supervisor.pids["two"] == before["two"]


async def test_a_process_that_cannot_start_is_told_with_the_end_of_its_log(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        await supervisor.start(spec(tmp_path, "compute", _FAILS))
    (error,) = caught.value.exceptions
    assert isinstance(error, LocalError)
    assert "compute stopped while starting (exit code 1)" in str(error)
    assert "no such table: offers" in str(error)


async def test_a_stack_trace_in_the_log_is_cut_to_its_last_line(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        await supervisor.start(spec(tmp_path, "models", "def f(): 1 / 0\nf()"))
    told = str(caught.value.exceptions[0])
    assert "ZeroDivisionError: division by zero" in told
    assert "Traceback" not in told
    assert 'File "' not in told


async def test_a_program_that_does_not_exist_is_a_clear_error(supervisor: Supervisor, tmp_path: Path) -> None:
    missing = spec(tmp_path, "gateway")
    missing = ProcessSpec(**{**missing.__dict__, "command": ["/nowhere/envoy"]})
    with pytest.raises(ExceptionGroup) as caught:
        await supervisor.start(missing)
    assert "gateway cannot be started" in str(caught.value.exceptions[0])


async def test_stopping_leaves_no_process_behind_not_even_a_stubborn_one_or_a_grandchild(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    await supervisor.start(spec(tmp_path, "stubborn", _STUBBORN), spec(tmp_path, "parent", _WITH_CHILD))
    started = [psutil.Process(pid) for pid in supervisor.pids.values()]
    family = started + [child for process in started for child in process.children(recursive=True)]
    assert len(family) == 3
    await supervisor.stop()
    await until(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in family))
    assert supervisor.pids == {}
