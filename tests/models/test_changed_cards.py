"""A changed card keeps the vectors of the passages whose text stays, in whatever space."""

from __future__ import annotations

from services.models.ingest import fill, pipeline
from services.models.store import spaces, versions
from tests.models.importing import Noting, jsonl_source, record, write


async def test_passages_that_stay_are_not_embedded_again_in_the_background_either(store, tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "INLINE", 0)
    pool, chosen = store
    slow = Noting(chosen.fast)
    for last, known_to_the_import in (("second", [slow]), ("third", [slow]), ("fourth", [])):
        slow.asked.clear()
        card = "\n\n".join(f"{word} " * 150 for word in ("first", last))
        file = write(tmp_path / f"{last}.jsonl", [record(1, card=card)])
        await pipeline.run(pool, jsonl_source(file), fast=chosen.fast, better=known_to_the_import)
        assert slow.asked == [], "left to the background"
        await fill.fill(pool, slow)
        assert any(last in text for text in slow.asked)
        assert (last == "second") == any("first" in text and last not in text for text in slow.asked)
    passages = await pool.fetchval("SELECT count(*) FROM models JOIN chunks USING (doc_no)")
    for space in (await versions.read_state(pool)).spaces:
        async with pool.acquire() as connection:
            assert await spaces.size(connection, space.space_no) == passages
