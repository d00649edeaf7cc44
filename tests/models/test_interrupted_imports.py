"""Imports that break, are stopped or run side by side: whole snapshots or nothing, and none begins anew."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

import pytest

from libs.errors import ConflictError
from services.models.domain.filters import ModelFilter
from services.models.domain.gathering import NEAR_LEAST, candidates, gather
from services.models.domain.scan import BYTES_BESIDE
from services.models.ingest import pipeline
from services.models.ingest.source import SourceError
from services.models.store import imports, near, publishing, search, spaces, versions
from tests.models.harness import database
from tests.models.hub_server import FakeHub, serving
from tests.models.importing import cards, hub_source, ids, jsonl_source, record, stop_midway, write


async def test_readers_see_nothing_of_an_import_that_broke_and_it_goes_on_where_it_stopped(store):
    pool, chosen = store
    hub = FakeHub([record(n) for n in range(20)], cards(20), broken_after=2)
    with serving(hub):
        with pytest.raises(SourceError, match="does not give its listing"):
            await pipeline.run(pool, hub_source(hub), fast=chosen.fast)
        assert await ids(pool) == set()
        assert (await versions.read_state(pool)).snapshot_id == ""
        hub.broken_after = None
        hub.asked.clear()
        outcome = await pipeline.run(pool, hub_source(hub), fast=chosen.fast)
    assert await ids(pool) == {f"org/model-{n}" for n in range(20)}
    assert outcome.progress.seen == 20
    assert hub.pages_read() < 4
    assert len(set(hub.cards_read())) < 20


async def test_a_cancelled_import_leaves_what_answers_and_can_be_taken_up(store, tmp_path):
    pool, chosen = store
    before = write(tmp_path / "before.jsonl", [record(n, card="Old.") for n in range(3)])
    await pipeline.run(pool, jsonl_source(before), fast=chosen.fast)
    after = write(tmp_path / "after.jsonl", [record(n, card=f"New card {n}.") for n in range(2_000)])
    await stop_midway(pool, pipeline.run(pool, jsonl_source(after), fast=chosen.fast))
    assert await ids(pool) == {f"org/model-{n}" for n in range(3)}
    outcome = await pipeline.run(pool, jsonl_source(after), fast=chosen.fast)
    assert outcome.progress.seen == 2_000
    assert len(await ids(pool)) == 2_000
    assert await pool.fetchval("SELECT count(*) FROM documents") == 2_000


async def test_what_an_import_has_written_hides_nothing_before_it_is_published(store, tmp_path):
    pool, chosen = store
    published = write(tmp_path / "a.jsonl", [record(n, card=f"It writes stories, part {n}.") for n in range(1_200)])
    await pipeline.run(pool, jsonl_source(published), fast=chosen.fast)
    unseen = [record(n, pipeline_tag="text-to-audio", card=f"It plays the piano {n}.") for n in range(2_000, 3_500)]
    source = jsonl_source(write(tmp_path / "b.jsonl", unseen))
    await stop_midway(pool, pipeline.run(pool, source, fast=chosen.fast))
    (vector,) = await chosen.fast.embed(["plays the piano"])
    state = await versions.read_state(pool)
    sizes = {"counts": state.stated.tasks, "chunk_count": near.FEW_IN_ALL + 1}
    wish = {
        "table": "vectors_1",
        "query": "plays the piano",
        "vector": vector,
        "wanted": ModelFilter(),
        "said": ModelFilter(),
        "tasks": (),
        "languages": (),
    }
    found = await search.candidates(pool, **wish, **sizes, limit=10)
    assert len(found.candidates) == NEAR_LEAST
    key = chosen.fast.space.key
    size = state.chunk_count * (2 * key[1] + BYTES_BESIDE)
    seen = await versions.read_state(pool, known=[key], most_scan_bytes=size)
    assert len(seen.scan.passages.codes) == state.chunk_count < await pool.fetchval("SELECT count(*) FROM vectors_1")
    nothing = ModelFilter()
    gathered = gather(seen.scan, vector, wanted=nothing, said=nothing, tasks=(), languages=(), limit=10)
    exact = await search.candidates(pool, **wish, **sizes, limit=10, exact=True)
    assert {c.model_id for c in candidates(seen.scan, vector, gathered, {})} == {c.model_id for c in exact.candidates}
    assert (await versions.read_state(pool, known=[key], most_scan_bytes=size - 1)).scan is None


async def test_shards_fill_one_database_and_the_last_one_publishes(store, tmp_path):
    pool, chosen = store
    file = write(tmp_path / "hub.jsonl", [record(n, card=f"Card {n}.") for n in range(60)])
    outcomes = await asyncio.gather(
        *(pipeline.run(pool, jsonl_source(file), fast=chosen.fast, shard=i, shards=3) for i in range(3))
    )
    assert sum(o.progress.seen for o in outcomes) == 60
    assert sum(bool(o.snapshot_id) for o in outcomes) == 1
    assert len(await ids(pool)) == 60


async def test_the_same_is_not_imported_by_two_at_once(store, tmp_path):
    pool, chosen = store
    source = jsonl_source(write(tmp_path / "hub.jsonl", [record(1, card="One.")]))
    async with pool.acquire() as other, imports.alone(other, source.key, shard=0, shards=2):
        with pytest.raises(ConflictError, match="another process"):
            await pipeline.run(pool, source, fast=chosen.fast, shard=0, shards=2)
        await pipeline.run(pool, source, fast=chosen.fast, shard=1, shards=2)
    outcome = await pipeline.run(pool, source, fast=chosen.fast, shard=0, shards=2)
    assert outcome.snapshot_id


async def test_imports_of_different_sources_end_at_the_same_time(store, tmp_path):
    pool, chosen = store
    await pipeline.run(pool, jsonl_source(write(tmp_path / "a.jsonl", [record(1, card="One.")])), fast=chosen.fast)
    await pool.execute("DELETE FROM words")
    async with pool.acquire() as one, pool.acquire() as two:
        space_no = await spaces.ensure(one, chosen.fast.space)
        await spaces.drop_index(one, space_no)
        async with asyncio.TaskGroup() as tasks, one.transaction():
            await publishing.refresh_words(one)
            await spaces.build_index(one, space_no)
            tasks.create_task(publishing.refresh_words(two))
            await asyncio.sleep(0.1)
        await spaces.build_index(two, space_no)
    assert await pool.fetchval("SELECT count(*) FROM words WHERE word = ''") == 1


async def test_what_a_killed_process_still_holds_is_waited_for(store, tmp_path):
    pool, chosen = store
    source = jsonl_source(write(tmp_path / "hub.jsonl", [record(1, card="One.")]))
    async with pool.acquire() as other, contextlib.AsyncExitStack() as held:
        await held.enter_async_context(imports.alone(other, source.key, shard=0, shards=1))
        again = asyncio.create_task(pipeline.run(pool, source, fast=chosen.fast))
        await asyncio.sleep(0.3)
        assert not again.done()
        await held.aclose()
        assert (await again).snapshot_id


async def test_a_killed_import_goes_on_after_its_last_batch(fresh_database_url, tmp_path):
    file = write(tmp_path / "hub.jsonl", [record(n, card=f"Card {n}. " * 40) for n in range(6_000)])
    async with database(fresh_database_url) as (pool, chosen):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.models.ingest", "--source", "jsonl", "--from", str(file),
            env=os.environ | {"STACK8S_MODELS_DATABASE_URL": fresh_database_url},
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(60):
            while not await pool.fetchval("SELECT sum(seen) FROM import_shards"):  # noqa: ASYNC110 - it happens in the database
                await asyncio.sleep(0.01)
        process.kill()
        await process.wait()
        assert await ids(pool) == set()
        written = await pool.fetchval("SELECT max(chunk_no) FROM chunks")
        outcome = await pipeline.run(pool, jsonl_source(file), fast=chosen.fast)
        assert outcome.progress.seen == 6_000
        assert await ids(pool) == {f"org/model-{n}" for n in range(6_000)}
        assert await pool.fetchval("SELECT count(*) FROM chunks WHERE chunk_no <= $1", written) > 0
        assert await pool.fetchval("SELECT count(*) FROM documents") == 6_000
        assert await pool.fetchval("SELECT count(*) - count(DISTINCT doc_no) FROM chunks WHERE ordinal = 0") == 0
