"""Spaces of vectors: filled beside one another, one of them answering, none embedded twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from libs.database import Pool
from services.models.embed.base import Embedder, EmbedderError, Vectors
from services.models.ingest import fill, pipeline
from services.models.ingest.progress import Meter
from services.models.search import Searcher
from services.models.store import spaces, versions
from services.models.wish import Wish
from tests.models.importing import Noting, jsonl_source, record, write


async def index_of(pool: Pool, space_no: int = 1) -> int:
    return await pool.fetchval(f"SELECT 'vectors_{space_no}_near'::regclass::oid")


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


async def test_a_better_space_answers_once_it_is_complete(store, tmp_path, monkeypatch):
    pool, chosen = store
    monkeypatch.setattr(pipeline, "INLINE", 3)
    file = write(tmp_path / "hub.jsonl", [record(n, card=f"It sings song {n}.") for n in range(6)])
    await pipeline.run(pool, jsonl_source(file), fast=chosen.fast, better=chosen.better)
    state = await versions.read_state(pool)
    assert [(s.preference, s.complete) for s in state.spaces] == [(20, False), (10, True)]
    assert await fill.fill(pool, chosen.better[0]) == 6
    filled = await versions.read_state(pool)
    assert filled.version > state.version
    assert [s.complete for s in filled.spaces] == [True, True]
    await pipeline.run(
        pool,
        jsonl_source(write(tmp_path / "b.jsonl", [record(9, card="It hums.")])),
        fast=chosen.fast,
        better=chosen.better,
    )
    assert [s.complete for s in (await versions.read_state(pool)).spaces] == [True, True]


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
    state = await versions.read_state(pool)
    assert [(s.key[2], s.complete) for s in state.spaces] == [("2", True), ("1", True)]


async def test_a_passage_said_before_is_not_embedded_again_and_one_that_is_gone_has_no_vector(store, tmp_path):
    pool, chosen = store
    noting = Noting(chosen.fast)
    for last in ("second", "third"):
        card = "\n\n".join(f"{word} " * 150 for word in ("first", last))
        file = write(tmp_path / f"{last}.jsonl", [record(1, card=card)])
        await pipeline.run(pool, jsonl_source(file), fast=chosen.fast, better=[noting])
    assert len(noting.asked) == len(set(noting.asked)) > 2
    assert sum("second" in text for text in noting.asked) == sum("third" in text for text in noting.asked) > 0
    kept = await pool.fetch("SELECT passage FROM vectors_2 JOIN chunks USING (chunk_no)")
    assert {r["passage"] for r in kept} == {text for text in noting.asked if "second" not in text}
    assert await pool.fetchval("SELECT count(*) FROM vectors_2") == len(kept)


async def test_a_space_is_filled_with_the_most_downloaded_models_first(store, tmp_path):
    pool, chosen = store
    file = write(tmp_path / "hub.jsonl", [record(n, card=f"Song {n}.") for n in range(40)])
    await pipeline.run(pool, jsonl_source(file), fast=chosen.fast)
    noting = Noting(chosen.fast)
    await fill.fill(pool, noting)
    assert [text.partition("\n")[0] for text in noting.asked] == [f"org/model-{n}" for n in reversed(range(40))]


async def test_an_index_is_built_anew_where_a_space_is_filled_with_more_than_it_has(store, tmp_path, monkeypatch):
    pool, chosen = store
    noting, built = Noting(chosen.fast), []
    for first, last in ((0, 10), (10, 15), (15, 40)):
        file = write(tmp_path / f"{last}.jsonl", [record(n, card=f"Song {n}.") for n in range(first, last)])
        await pipeline.run(pool, jsonl_source(file), fast=chosen.fast, better=[noting])
        monkeypatch.setattr(pipeline, "INLINE", 0)
        await fill.fill(pool, noting)
        built.append(await index_of(pool, 2))
    assert built[0] == built[1] != built[2]


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
    assert [s.complete for s in (await versions.read_state(pool)).spaces] == [False, True]
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
    assert (await versions.read_state(pool)).model_count == 8


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


def test_embedding_is_told_with_its_rate_and_the_time_to_go():
    moments = iter([0.0, 0.0, 4.0])
    lines: list[str] = []
    meter = Meter(lines.append, clock=lambda: next(moments))
    meter.embedded(40, 200, space="slow", began=meter.now())
    assert lines == ["40 of 200 passages embedded by slow, 10/s, about 16 s to go"]
