"""The start of a run, over real processes in place of the services."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from deploy.local import run
from deploy.local.console import LocalError
from deploy.local.home import Home
from deploy.local.settings import load_settings
from deploy.local.supervisor import Supervisor
from tests.deploy.test_supervisor import _FAILS, spec, supervisor

__all__ = ["supervisor"]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, supervisor: Supervisor) -> Callable[[], Awaitable[None]]:
    """Start a database that is up and a service that fails."""

    async def prepare(_: Home) -> SimpleNamespace:
        return SimpleNamespace(url=lambda: "postgresql://nobody")

    monkeypatch.setattr(run, "prepare", prepare)
    monkeypatch.setattr(run, "database_spec", lambda *_: spec(tmp_path, "postgres"))
    monkeypatch.setattr(run, "service_specs", lambda *_: [spec(tmp_path, "compute", _FAILS)])
    monkeypatch.setattr(run, "gateway_spec", lambda *_: None)
    home = Home(tmp_path)
    home.prepare()
    return lambda: run._start(load_settings(), home, supervisor, started=time.monotonic())


async def test_a_service_that_cannot_start_is_told_in_a_line_and_not_as_a_group(
    start: Callable[[], Awaitable[None]],
) -> None:
    with pytest.raises(LocalError, match="compute stopped while starting"):
        await start()


async def test_a_fault_of_ours_beside_it_is_not_hidden(
    start: Callable[[], Awaitable[None]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def fault(_: Supervisor, *specs: object) -> None:
        raise KeyError("fault")

    monkeypatch.setattr(Supervisor, "start", fault)
    with pytest.raises(ExceptionGroup) as caught:
        await start()
    assert caught.value.subgroup(KeyError) is not None
