"""Imports find the database of the run that is up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deploy.local.console import LocalError
from deploy.local.home import Home
from deploy.local.ingest import ingest
from deploy.local.settings import LocalSettings


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, str]]]:
    """What the process would have become."""
    calls: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda _, command, environment: calls.append((command[1:], environment)))
    monkeypatch.delenv("STACK8S_COMPUTE_DATABASE_URL", raising=False)
    return calls


def test_the_database_of_the_run_is_handed_on(tmp_path: Path, became: list[tuple[list[str], dict[str, str]]]):
    home = Home(tmp_path)
    home.prepare()
    home.lock()
    home.database_url.write_text("postgresql://postgres@/stack8s?host=here")
    ingest(LocalSettings(home=tmp_path), ["compute", "--source", "csv", "--from", "a b.csv"])
    command, environment = became[0]
    assert command == ["-m", "services.compute.ingest", "--source", "csv", "--from", "a b.csv"]
    assert environment["STACK8S_COMPUTE_DATABASE_URL"] == "postgresql://postgres@/stack8s?host=here"


def test_a_database_that_is_set_is_kept(
    tmp_path: Path, became: list[tuple[list[str], dict[str, str]]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STACK8S_COMPUTE_DATABASE_URL", "postgresql://mine")
    ingest(LocalSettings(home=tmp_path), ["compute"])
    assert became[0][1]["STACK8S_COMPUTE_DATABASE_URL"] == "postgresql://mine"


def test_without_a_run_it_says_what_to_do(tmp_path: Path, became: list[tuple[list[str], dict[str, str]]]):
    with pytest.raises(LocalError, match=r"nothing runs in .*: type `make run` in another terminal, or set STACK8S_"):
        ingest(LocalSettings(home=tmp_path), ["compute"])
    assert became == []


def test_an_unknown_catalogue_is_named(tmp_path: Path):
    with pytest.raises(LocalError, match="unknown catalogue 'charts': say compute, models, packages"):
        ingest(LocalSettings(home=tmp_path), ["charts"])
