"""What a change of cards or of our own sums leaves as it is: the vectors of passages whose text stays."""

from __future__ import annotations

from services.models.ingest import fill, pipeline, prepare, starter
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


async def test_other_sums_of_weights_have_models_weighed_anew_and_nothing_embedded_again(store, tmp_path, monkeypatch):
    pool, chosen = store
    source = jsonl_source(write(tmp_path / "hub.jsonl", [record(n, card=f"Song {n}.") for n in range(3)]))
    await pipeline.run(pool, source, fast=chosen.fast)
    fast, key = Noting(chosen.fast), starter.StarterSource().key
    await pool.execute("UPDATE models SET weight_gib = 1")
    for module in (prepare, starter):
        monkeypatch.setattr(module, "weighing", lambda: "others")
    outcome = await pipeline.run(pool, source, fast=fast)
    assert (outcome.progress.unchanged, fast.asked) == (0, [])
    assert await pool.fetchval("SELECT min(weight_gib) FROM models") > 13
    assert starter.StarterSource().key != key
