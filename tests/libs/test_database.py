"""Pools and migrations against a real PostgreSQL."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from libs.database import is_outage, migrate, open_pool, ping


def folder_with(path: Path, **files: str) -> Path:
    for name, sql in files.items():
        (path / f"{name}.sql").write_text(sql)
    return path


async def test_two_starters_at_once_apply_a_migration_once(fresh_database_url: str, tmp_path: Path):
    files = folder_with(tmp_path, **{"0001_rows": "CREATE TABLE rows (n int); INSERT INTO rows VALUES (1)"})
    pools = [await open_pool(fresh_database_url, schema="compute") for _ in range(2)]
    await asyncio.gather(*(migrate(pool, files, schema="compute") for pool in pools))
    assert await ping(pools[0], "SELECT count(*) FROM compute.rows") == 1
    for pool in pools:
        await pool.close()


async def test_an_applied_migration_that_was_changed_is_refused(fresh_database_url: str, tmp_path: Path):
    files = folder_with(tmp_path, **{"0001_rows": "CREATE TABLE rows (n int)"})
    pool = await open_pool(fresh_database_url, schema="compute")
    await migrate(pool, files, schema="compute")
    folder_with(files, **{"0001_rows": "CREATE TABLE rows (n bigint)"})
    with pytest.raises(RuntimeError, match=r"0001_rows\.sql was changed after it was applied"):
        await migrate(pool, files, schema="compute")
    await pool.close()


async def test_a_migration_that_fails_leaves_nothing_behind(fresh_database_url: str, tmp_path: Path):
    files = folder_with(tmp_path, **{"0001_a": "CREATE TABLE a (n int)", "0002_b": "CREATE TABLE b (n nonsense)"})
    pool = await open_pool(fresh_database_url, schema="compute")
    with pytest.raises(Exception, match="nonsense"):
        await migrate(pool, files, schema="compute")
    assert await ping(pool, "SELECT to_regclass('compute.a')") is None
    await pool.close()


async def test_a_misnamed_migration_is_refused(fresh_database_url: str, tmp_path: Path):
    pool = await open_pool(fresh_database_url, schema="compute")
    with pytest.raises(RuntimeError, match="0001_words"):
        await migrate(pool, folder_with(tmp_path, first="SELECT 1"), schema="compute")
    await pool.close()


async def test_json_comes_back_as_python_values(fresh_database_url: str):
    pool = await open_pool(fresh_database_url, schema="compute")
    assert await pool.fetchval("SELECT $1::jsonb", {"a": [1, None]}) == {"a": [1, None]}
    await pool.close()


async def test_a_database_that_never_answers_is_an_outage(tmp_path: Path):
    with pytest.raises(OSError) as caught:
        await open_pool(f"postgresql://nobody@/x?host={tmp_path}", schema="compute", wait_s=0.2)
    assert is_outage(caught.value)


async def test_a_schema_name_that_is_no_name_is_refused():
    with pytest.raises(ValueError, match="is not a schema name"):
        await open_pool("postgresql://x@/x", schema='a"; DROP')
