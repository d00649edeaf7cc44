"""Importing: whole snapshots or nothing, going on after an interruption, no work for what has not changed."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from libs.database import Pool
from libs.errors import ConflictError
from services.models.domain.filters import ModelFilter
from services.models.domain.model import Model, Relation
from services.models.domain.scan import BYTES_BESIDE
from services.models.embed.base import Embedder, EmbedderError, Vectors
from services.models.embed.choose import Embedders
from services.models.ingest import fill, pipeline, starter
from services.models.ingest.__main__ import known_tasks, shard_of
from services.models.ingest.hub import HubSource
from services.models.ingest.jsonl import JsonlSource
from services.models.ingest.progress import Meter
from services.models.ingest.source import SourceError
from services.models.search import Searcher, Wish
from services.models.store import catalog, holdings, imports, near, search, spaces
from stack8s.models.v1.models_service_pb2 import EstimateMemoryRequest, SizingCase
from stack8s.models.v1.sizing_pb2 import Usage
from tests.models.harness import database, service
from tests.models.hub_server import FakeHub, serving


@pytest_asyncio.fixture
async def store(fresh_database_url: str) -> AsyncIterator[tuple[Pool, Embedders]]:
    """An empty catalogue."""
    async with database(fresh_database_url) as opened:
        yield opened


def record(number: int, **more: object) -> dict[str, object]:
    return {
        "id": f"org/model-{number}",
        "sha": f"{number:040x}",
        "pipeline_tag": "text-generation",
        "library_name": "transformers",
        "tags": ["text-generation", "license:apache-2.0", "en"],
        "downloads": number * 10,
        "likes": number,
        "gated": False,
        "private": False,
        "safetensors": {"total": 7_000_000_000, "parameters": {"BF16": 7_000_000_000}},
        "config": {"model_type": "llama", "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8},
        **more,
    }


def cards(count: int) -> dict[str, str]:
    return {
        f"org/model-{n}": f"---\nlicense: mit\n---\n# Model {n}\n\nIt writes stories about subject {n}."
        for n in range(count)
    }


def hub_source(hub: FakeHub, **more: object) -> HubSource:
    options = {"token": None, "filters": (), "licenses": starter.licenses(), "tasks": known_tasks(), **more}
    return HubSource(hub.url, **options)


def jsonl_source(file: Path, folder: Path | None = None) -> JsonlSource:
    return JsonlSource(file, cards=folder, licenses=starter.licenses(), tasks=known_tasks())


def write(file: Path, records: list[dict[str, object]]) -> Path:
    file.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return file


async def ids(pool: Pool) -> set[str]:
    return {r["model_id"] for r in await pool.fetch("SELECT model_id FROM models")}


async def test_the_hub_is_read_page_by_page_with_its_cards(store):
    pool, chosen = store
    models = [record(n) for n in range(12)]
    models += [record(90, private=True), record(91, disabled=True), record(92, gated="manual")]
    with serving(FakeHub(models, cards(12), gated=frozenset({"org/model-92"}))) as hub:
        outcome = await pipeline.run(pool, hub_source(hub, token="hf_secret"), fast=chosen.fast)
    assert hub.pages_read() == 3
    assert hub.tokens == {"Bearer hf_secret"}
    assert outcome.progress.seen == 13
    assert outcome.progress.skipped == 3
    assert await ids(pool) == {f"org/model-{n}" for n in (*range(12), 92)}
    stored, card = await catalog.find(pool, "org/model-3") or pytest.fail("not stored")
    assert stored.model.parameters == 7_000_000_000
    assert stored.model.precision == "bf16"
    assert stored.model.license.license_id == "mit"
    assert stored.model.architecture.attention == "gqa"
    assert stored.model.languages == ("en",)
    assert stored.model.summary == "It writes stories about subject 3."
    assert "stories" in card
    gated, _ = await catalog.find(pool, "org/model-92") or pytest.fail("not stored")
    assert gated.model.gated is True


async def test_unchanged_models_are_neither_fetched_nor_embedded_again(store):
    pool, chosen = store
    models = [record(n) for n in range(10)]
    with serving(FakeHub(models, cards(10))) as hub:
        first = await pipeline.run(pool, hub_source(hub), fast=chosen.fast)
        chunks = await pool.fetch("SELECT chunk_no, doc_no FROM chunks ORDER BY 1")
        hub.asked.clear()
        hub.models = [*models[:8], record(8, downloads=5_000), record(9, sha="f" * 40)]
        hub.cards = {**hub.cards, "org/model-9": "# Model 9\n\nIt paints pictures now."}
        second = await pipeline.run(pool, hub_source(hub), fast=chosen.fast)
    assert (second.progress.unchanged, second.progress.seen) == (8, 10)
    assert hub.cards_read() == ["org/model-9"]
    assert second.snapshot_id != first.snapshot_id
    now = await pool.fetch("SELECT chunk_no, doc_no FROM chunks ORDER BY 1")
    assert len(set(now) & set(chunks)) == 9
    assert len(now) == 10
    popular, _ = await catalog.find(pool, "org/model-8") or pytest.fail("not stored")
    assert popular.model.downloads == 5_000


async def test_an_import_of_nothing_new_keeps_the_snapshot(store, tmp_path):
    pool, chosen = store
    file = write(tmp_path / "a.jsonl", [record(n, card="A card.") for n in range(5)])
    first = await pipeline.run(pool, jsonl_source(file), fast=chosen.fast)
    second = await pipeline.run(pool, jsonl_source(file), fast=chosen.fast)
    assert second.progress.unchanged == 5
    assert second.snapshot_id == first.snapshot_id


async def test_a_model_is_sized_as_the_catalogue_says_now(fresh_database_url, tmp_path):
    case = SizingCase(model_id="org/model-1", usage=Usage(precision="bf16"))
    sizes = []
    async with service(fresh_database_url) as running:
        for total in (7_000_000_000, 9_000_000_000):
            changed = record(1) | {"safetensors": {"parameters": {"BF16": total}, "total": total}}
            source = jsonl_source(write(tmp_path / "hub.jsonl", [changed, record(2)]))
            await pipeline.run(running.pool, source, fast=running.embedders.fast)
            for _ in range(2):
                answer = await running.stub.EstimateMemory(EstimateMemoryRequest(cases=[case]))
                sizes.append(answer.estimates[0].terms[0].memory_gib * 2**30)
    assert sizes == pytest.approx([14e9, 14e9, 18e9, 18e9])


async def test_readers_see_nothing_of_an_import_that_broke_and_it_goes_on_where_it_stopped(store):
    pool, chosen = store
    hub = FakeHub([record(n) for n in range(20)], cards(20), broken_after=2)
    with serving(hub):
        with pytest.raises(SourceError, match="does not give its listing"):
            await pipeline.run(pool, hub_source(hub), fast=chosen.fast)
        assert await ids(pool) == set()
        assert (await catalog.read_state(pool)).snapshot_id == ""
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
    task = asyncio.create_task(pipeline.run(pool, jsonl_source(after), fast=chosen.fast))
    async with asyncio.timeout(30):
        while not await pool.fetchval("SELECT count(*) FROM staged"):  # noqa: ASYNC110 - it happens in the database
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await ids(pool) == {f"org/model-{n}" for n in range(3)}
    outcome = await pipeline.run(pool, jsonl_source(after), fast=chosen.fast)
    assert outcome.progress.seen == 2_000
    assert len(await ids(pool)) == 2_000
    assert await pool.fetchval("SELECT count(*) FROM documents") == 2_000


async def index_of(pool: Pool) -> int:
    return await pool.fetchval("SELECT 'vectors_1_near'::regclass::oid")


async def test_an_index_is_built_anew_where_an_import_more_than_doubles_it(store, tmp_path):
    pool, chosen = store
    few = write(tmp_path / "few.jsonl", [record(n, card="Old.") for n in range(30)])
    await pipeline.run(pool, jsonl_source(few), fast=chosen.fast)
    first = await index_of(pool)
    some = write(tmp_path / "some.jsonl", [record(n, card=f"Card {n}.") for n in range(30, 90)])
    await pipeline.run(pool, jsonl_source(some), fast=chosen.fast)
    assert await index_of(pool) == first
    many = write(tmp_path / "many.jsonl", [record(n, card=f"Card {n}.") for n in range(90, 90 + pipeline.INLINE + 1)])
    await pipeline.run(pool, jsonl_source(many), fast=chosen.fast)
    assert await index_of(pool) != first


async def test_what_an_import_has_written_hides_nothing_before_it_is_published(store, tmp_path):
    pool, chosen = store
    published = write(tmp_path / "a.jsonl", [record(n, card=f"It writes stories, part {n}.") for n in range(1_200)])
    await pipeline.run(pool, jsonl_source(published), fast=chosen.fast)
    unseen = [record(n, pipeline_tag="text-to-audio", card=f"It plays the piano {n}.") for n in range(2_000, 3_500)]
    task = asyncio.create_task(pipeline.run(pool, jsonl_source(write(tmp_path / "b.jsonl", unseen)), fast=chosen.fast))
    async with asyncio.timeout(30):
        while not await pool.fetchval("SELECT count(*) FROM staged"):  # noqa: ASYNC110 - it happens in the database
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (vector,) = await chosen.fast.embed(["plays the piano"])
    state = await catalog.read_state(pool)
    sizes = {"counts": state.stated.tasks, "chunk_count": near.FEW_IN_ALL + 1}
    wish = {
        "table": "vectors_1",
        "query": "plays the piano",
        "vector": vector,
        "wanted": ModelFilter(),
        "tasks": (),
        "languages": (),
        "nearest": None,
    }
    found = await search.candidates(pool, **wish, **sizes, limit=10)
    assert len(found.candidates) == search.NEAR_LEAST
    key = chosen.fast.space.key
    size = state.chunk_count * (key[1] + BYTES_BESIDE)
    seen = await catalog.read_state(pool, known=[key], most_scan_bytes=size)
    assert len(seen.scan.codes) == state.chunk_count < await pool.fetchval("SELECT count(*) FROM vectors_1")
    nearest = seen.scan.nearest(vector, wanted=ModelFilter(), tasks=(), width=search.NEAR_LEAST)
    again = await search.candidates(pool, **wish | {"nearest": nearest}, **sizes, limit=10)
    exact = await search.candidates(pool, **wish, **sizes, limit=10, exact=True)
    assert [c.model_id for c in again.candidates] == [c.model_id for c in exact.candidates]
    assert (await catalog.read_state(pool, known=[key], most_scan_bytes=size - 1)).scan is None


async def test_shards_fill_one_database_and_the_last_one_publishes(store, tmp_path):
    pool, chosen = store
    file = write(tmp_path / "hub.jsonl", [record(n, card=f"Card {n}.") for n in range(60)])
    outcomes = await asyncio.gather(
        *(pipeline.run(pool, jsonl_source(file), fast=chosen.fast, shard=i, shards=3) for i in range(3))
    )
    assert sum(o.progress.seen for o in outcomes) == 60
    assert sum(bool(o.snapshot_id) for o in outcomes) == 1
    assert len(await ids(pool)) == 60


async def test_json_lines_come_plain_or_packed_with_cards_inside_or_beside(store, tmp_path):
    pool, chosen = store
    folder = tmp_path / "cards"
    folder.mkdir()
    (folder / "org__model-1.md").write_text("# Model 1\n\nIt lies beside.", encoding="utf-8")
    file = tmp_path / "hub.jsonl.gz"
    lines = [
        json.dumps(record(0, card="It lies inside.")),
        json.dumps(record(1)),
        "no json",
        "[1]",
        json.dumps({"id": ""}),
    ]
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    outcome = await pipeline.run(pool, jsonl_source(file, folder), fast=chosen.fast)
    assert outcome.progress.refused == 3
    held = await holdings.holdings(pool)
    assert [r.location for r in held.refused] == ["line 3", "line 4", "line 5"]
    for number, text in ((0, "It lies inside."), (1, "It lies beside.")):
        stored, _ = await catalog.find(pool, f"org/model-{number}") or pytest.fail("not stored")
        assert stored.model.summary == text


async def test_real_records_become_models_with_their_lineage(store, shared_data, tmp_path):
    pool, chosen = store
    source = shared_data / "data" / "models"
    lines = (source / "models_core.jsonl").read_text(encoding="utf-8").splitlines()
    some = [line for line in lines if '"base_model"' in line][:40] + lines[:160]
    file = tmp_path / "core.jsonl"
    file.write_text("\n".join(dict.fromkeys(some)) + "\n", encoding="utf-8")
    outcome = await pipeline.run(pool, jsonl_source(file, source / "cards"), fast=chosen.fast)
    assert outcome.progress.refused == 0
    stored = await catalog.find_many(pool, [json.loads(line)["id"] for line in some])
    quantised = [s.model for s in stored.values() if s.model.relation is Relation.QUANTIZED]
    assert quantised
    assert all(m.base_model for m in quantised)
    assert any(m.quantization for m in quantised)


async def test_a_better_space_answers_once_it_is_complete(store, tmp_path, monkeypatch):
    pool, chosen = store
    monkeypatch.setattr(pipeline, "INLINE", 3)
    file = write(tmp_path / "hub.jsonl", [record(n, card=f"It sings song {n}.") for n in range(6)])
    await pipeline.run(pool, jsonl_source(file), fast=chosen.fast, better=chosen.better)
    state = await catalog.read_state(pool)
    assert [(s.preference, s.complete) for s in state.spaces] == [(20, False), (10, True)]
    assert await fill.fill(pool, chosen.better[0]) == 6
    filled = await catalog.read_state(pool)
    assert filled.version > state.version
    assert [s.complete for s in filled.spaces] == [True, True]
    await pipeline.run(
        pool,
        jsonl_source(write(tmp_path / "b.jsonl", [record(9, card="It hums.")])),
        fast=chosen.fast,
        better=chosen.better,
    )
    assert [s.complete for s in (await catalog.read_state(pool)).spaces] == [True, True]


async def test_a_change_of_embedder_fills_a_space_beside_the_old_one(store, tmp_path):
    pool, chosen = store
    file = write(tmp_path / "hub.jsonl", [record(n, card=f"Song {n}.") for n in range(4)])
    await pipeline.run(pool, jsonl_source(file), fast=chosen.fast)

    class Newer:
        space = replace(chosen.fast.space, version="2", preference=15)
        embed = staticmethod(chosen.fast.embed)

    async with pool.acquire() as other:
        space_no = await spaces.ensure(other, Newer.space)
        assert await spaces.claim(other, space_no)
        assert await fill.fill(pool, Newer()) is None, "another worker fills it"
        await spaces.release(other, space_no)
    assert await fill.fill(pool, Newer()) == 4
    state = await catalog.read_state(pool)
    assert [(s.key[2], s.complete) for s in state.spaces] == [("2", True), ("1", True)]


async def test_a_passage_said_before_is_not_embedded_again_and_one_that_is_gone_has_no_vector(store, tmp_path):
    pool, chosen = store
    asked: list[str] = []

    class Counting:
        space = replace(chosen.fast.space, version="counting", preference=15)

        async def embed(self, texts):
            asked.extend(texts)
            return await chosen.fast.embed(texts)

    for last in ("second", "third"):
        card = "\n\n".join(f"{word} " * 150 for word in ("first", last))
        file = write(tmp_path / f"{last}.jsonl", [record(1, card=card)])
        await pipeline.run(pool, jsonl_source(file), fast=chosen.fast, better=[Counting()])
    assert len(asked) == len(set(asked)) > 2
    assert sum("second" in text for text in asked) == sum("third" in text for text in asked) > 0
    kept = await pool.fetch("SELECT passage FROM vectors_2 JOIN chunks USING (chunk_no)")
    assert {r["passage"] for r in kept} == {text for text in asked if "second" not in text}
    assert await pool.fetchval("SELECT count(*) FROM vectors_2") == len(kept)


class Ailing:
    """An embedder of a better space that fails as long as it is told to."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.space = replace(embedder.space, embedder="ailing", preference=30, remote=True)
        self.away = True
        self.asked = 0

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += 1
        if self.away:
            raise EmbedderError("it is away")
        return await self._embedder.embed(texts)


async def _until_complete(pool: Pool) -> None:
    while await pool.fetchval("SELECT count(*) FROM spaces WHERE NOT complete"):  # noqa: ASYNC110 - another task works
        await asyncio.sleep(0.01)


async def test_an_import_is_published_without_an_embedder_that_is_away_which_is_caught_up_with_later(store, tmp_path):
    pool, chosen = store
    ailing = Ailing(chosen.fast)
    file = write(tmp_path / "hub.jsonl", [record(n, card=f"Song {n}.") for n in range(4)])
    outcome = await pipeline.run(pool, jsonl_source(file), fast=chosen.fast, better=[ailing])
    assert outcome.snapshot_id
    assert [s.complete for s in (await catalog.read_state(pool)).spaces] == [False, True]
    filling = asyncio.create_task(fill.keep_filled(pool, ailing, every_s=0.01))
    asked = ailing.asked
    async with asyncio.timeout(60):
        while ailing.asked < asked + 2:  # noqa: ASYNC110 - another task works on it
            await asyncio.sleep(0.01)
        ailing.away = False
        await _until_complete(pool)
        more = write(tmp_path / "more.jsonl", [record(n, card=f"Song {n}.") for n in range(4, 8)])
        await pipeline.run(pool, jsonl_source(more), fast=chosen.fast)
        await _until_complete(pool)
    filling.cancel()
    assert (await catalog.read_state(pool)).model_count == 8


async def test_a_wish_is_answered_in_the_next_space_while_the_embedder_of_the_first_is_away(store, tmp_path):
    pool, chosen = store
    ailing = Ailing(chosen.fast)
    ailing.away = False
    file = write(tmp_path / "hub.jsonl", [record(n, card=f"It writes song {n}.") for n in range(4)])
    await pipeline.run(pool, jsonl_source(file), fast=chosen.fast, better=[ailing])
    searcher = Searcher(pool, replace(chosen, better=(ailing,)))
    first = await searcher.search(Wish("songs that it writes"))
    asked, ailing.away = ailing.asked, True
    away = await searcher.search(Wish("it writes a song"))
    await searcher.search(Wish("it writes another song"))
    assert searcher.space_name(await searcher.state()).startswith("ailing")
    assert len(first.hits) == len(away.hits) == 4
    assert ailing.asked == asked + 1, "it is left alone for a while"


async def test_the_same_is_not_imported_by_two_at_once(store, tmp_path):
    pool, chosen = store
    source = jsonl_source(write(tmp_path / "hub.jsonl", [record(1, card="One.")]))
    async with pool.acquire() as other, imports.alone(other, source.key, shard=0, shards=2):
        with pytest.raises(ConflictError, match="another process"):
            await pipeline.run(pool, source, fast=chosen.fast, shard=0, shards=2)
        await pipeline.run(pool, source, fast=chosen.fast, shard=1, shards=2)
    outcome = await pipeline.run(pool, source, fast=chosen.fast, shard=0, shards=2)
    assert outcome.snapshot_id


async def test_a_source_that_does_not_tell_its_size_is_timed_by_what_it_had_before(store, monkeypatch):
    pool, chosen = store
    monkeypatch.setattr("services.models.ingest.progress._EVERY_S", 0.0)
    lines: list[str] = []
    with serving(FakeHub([record(n) for n in range(20)], cards(20))) as hub:
        await pipeline.run(pool, hub_source(hub), fast=chosen.fast, meter=Meter(lines.append))
        first = [line for line in lines if "to go" in line]
        lines.clear()
        await pipeline.run(pool, hub_source(hub), fast=chosen.fast, meter=Meter(lines.append))
        again = list(lines)
        lines.clear()
        await pipeline.run(pool, hub_source(hub, limit=15), fast=chosen.fast, meter=Meter(lines.append))
    assert first == []
    assert ["50%" in line for line in again] == [False, True, False, False]
    assert any("67%" in line and "to go" in line for line in lines)


def test_embedding_is_told_with_its_rate_and_the_time_to_go():
    moments = iter([0.0, 0.0, 4.0])
    lines: list[str] = []
    meter = Meter(lines.append, clock=lambda: next(moments))
    meter.embedded(40, 200, space="slow", began=meter.now())
    assert lines == ["40 of 200 passages embedded by slow, 10/s, about 16 s to go"]


@pytest.mark.parametrize(("text", "found"), [("1/1", (0, 1)), ("2/4", (1, 4)), ("4/4", (3, 4))])
def test_shards_are_written_as_people_count(text, found):
    assert shard_of(text) == found


@pytest.mark.parametrize("text", ["0/4", "5/4", "x", "1/0"])
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(ValueError):
        shard_of(text)


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


def test_what_a_listing_does_not_state_is_taken_from_the_record_that_is_known():
    known = starter.models()["CompVis/stable-diffusion-v1-4"]
    bare = Model(model_id=known.model_id, downloads=5, source="a listing", as_of=known.as_of)
    whole = bare.completed_by(known)
    assert whole.license == known.license
    assert (whole.task, whole.gated, whole.downloads) == (known.task, known.gated, 5)
    assert "license" in whole.source
    stated = bare.model_copy(update={"license": starter.licenses().find("mit"), "task": "image-to-image"})
    assert stated.completed_by(known).license.license_id == "mit"
    assert stated.completed_by(known).task == "image-to-image"
