"""The embedded PostgreSQL, in awkward places."""

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from deploy.local.console import LocalError
from deploy.local.home import Home
from deploy.local.postgres import prepare
from deploy.local.process import ProcessSpec
from deploy.local.stack import database_spec
from deploy.local.supervisor import Supervisor
from tests.support.folders import open_folder


@contextmanager
def closed_folder(folder: Path) -> Iterator[Callable[[], int]]:
    """Close a folder to all but its owner and yield what tells its mode."""
    folder.chmod(0o700)
    yield lambda: folder.stat().st_mode


async def remembers(home: Home) -> None:
    """Start the database twice and find in the second run what the first one wrote."""
    home.prepare()
    for expected in ([], ["kept"]):
        supervisor = Supervisor(home, start_timeout_s=60, stop_timeout_s=20, changed=lambda: None)
        postgres = await prepare(home)
        try:
            await supervisor.start(database_spec(home, postgres))
            connection = await asyncpg.connect(postgres.url())
            await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            await connection.execute("CREATE TABLE IF NOT EXISTS memory (text text)")
            assert [row["text"] for row in await connection.fetch("SELECT text FROM memory")] == expected
            await connection.execute("INSERT INTO memory VALUES ('kept')")
            await connection.close()
        finally:
            await supervisor.stop()


async def test_it_works_in_a_folder_whose_path_is_too_long_for_a_socket() -> None:
    with open_folder() as folder:
        home = Home(folder / ("long" * 30) / "späce and, comma")
        await remembers(home)
        assert home.database.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's folders are closed to PostgreSQL's user")
async def test_root_may_keep_state_in_a_folder_closed_to_all_others_and_it_stays_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_folder() as shared, closed_folder(tmp_path) as mode:
        monkeypatch.setattr("deploy.local.postgres._SHARED", shared)
        home = Home(tmp_path / "home")
        await remembers(home)
        assert home.database.resolve().parent == shared
        assert mode() & 0o077 == 0


async def test_a_stale_lock_that_names_some_living_process_does_not_stop_it() -> None:
    with open_folder() as folder:
        home = Home(folder / "home")
        await remembers(home)
        server = await prepare(home)
        (home.database / "postmaster.pid").write_text(f"{os.getppid()}\n{home.database}\n")
        if server.account is not None:
            os.chown(home.database / "postmaster.pid", server.account.uid, server.account.gid)
        supervisor = Supervisor(home, start_timeout_s=60, stop_timeout_s=20, changed=lambda: None)
        try:
            await supervisor.start(database_spec(home, await prepare(home)))
            assert "postgres" in supervisor.pids
        finally:
            await supervisor.stop()


def left_behind(server: ProcessSpec) -> subprocess.Popen[bytes]:
    """Start the server outside of any supervisor, below a shell that waits for it."""
    command = ["sh", "-c", '"$@" & wait', "sh", *server.command]
    account = server.account.popen if server.account else {}
    return subprocess.Popen(command, env=server.environment, cwd="/", stderr=subprocess.DEVNULL, **account)


async def until_it_answers(server: ProcessSpec) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                return await server.probe()
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.05)


async def test_a_server_that_a_killed_run_left_behind_makes_way() -> None:
    with open_folder() as folder:
        home = Home(folder / "home")
        home.prepare()
        server = database_spec(home, await prepare(home))
        left = left_behind(server)
        await until_it_answers(server)
        supervisor = Supervisor(home, start_timeout_s=60, stop_timeout_s=20, changed=lambda: None)
        try:
            await supervisor.start(database_spec(home, await prepare(home)))
            assert left.wait(60) == 0
        finally:
            await supervisor.stop()


async def test_data_of_another_version_is_refused_by_name() -> None:
    with open_folder() as folder:
        home = Home(folder / "home")
        home.prepare()
        home.database.mkdir()
        (home.database / "PG_VERSION").write_text("16\n")
        with pytest.raises(LocalError, match=r"is of PostgreSQL 16, this is 18|belongs to another user"):
            await prepare(home)
