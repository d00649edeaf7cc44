"""A database that an earlier version filled: brought up to date as the service opens it, and what it holds answers."""

from __future__ import annotations

from services.models.domain.filters import ModelFilter
from services.models.ingest import pipeline
from services.models.search import Searcher
from services.models.wish import Wish
from tests.models.harness import database
from tests.models.importing import jsonl_source, record, write

BACK_TO_THE_FIRST = """
ALTER TABLE chunks DROP COLUMN described;
DROP INDEX models_id_in_any_case;
ALTER TABLE models ADD COLUMN precision text NOT NULL DEFAULT '';
ALTER TABLE models DROP COLUMN weight_groups;
ALTER TABLE staged DROP COLUMN weight_groups;
DELETE FROM schema_migrations WHERE name > '0002';
"""


async def test_a_database_of_the_first_version_answers_with_what_it_holds(fresh_database_url, tmp_path):
    card = "It writes long and winding stories about ships, harbours and people who live by the sea."
    source = jsonl_source(write(tmp_path / "hub.jsonl", [record(n, card=f"{card} Number {n}.") for n in range(3)]))
    async with database(fresh_database_url) as (pool, chosen):
        await pipeline.run(pool, source, fast=chosen.fast)
        await pool.execute(BACK_TO_THE_FIRST)
    async with database(fresh_database_url) as (pool, chosen):
        searcher = Searcher(pool, chosen)
        hits = (await searcher.search(Wish("stories about ships"))).hits
        fitting = [ModelFilter(memory_gib_max=gib, precision="int4") for gib in (3.5, 3.0)]
        found = [len((await searcher.search(Wish("stories about ships", wanted=wanted))).hits) for wanted in fitting]
        await searcher.close()
        again = await pipeline.run(pool, source, fast=chosen.fast)
    assert {(h.model.model_id, h.passage.described) for h in hits} == {(f"org/model-{n}", False) for n in range(3)}
    assert all(card in hit.passage.text for hit in hits)
    assert found == [3, 0], "seven billion parameters at 4.156 bits, as that version counted them"
    assert again.progress.unchanged == 3
