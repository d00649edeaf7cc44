"""Importing: what a source becomes, and no work for what has not changed."""

from __future__ import annotations

import gzip
import json
import os

import pytest

from services.models import tables
from services.models.domain.model import Model, Relation
from services.models.ingest import pipeline, starter
from services.models.ingest.progress import Meter
from services.models.ingest.source import SourceError
from services.models.store import catalog, holdings
from stack8s.models.v1.models_service_pb2 import EstimateMemoryRequest, SizingCase
from stack8s.models.v1.sizing_pb2 import Usage
from tests.models.harness import service
from tests.models.hub_server import FakeHub, serving
from tests.models.importing import cards, entry, hub_source, ids, jsonl_source, record, write


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
    stored = await entry(pool, "org/model-3")
    assert stored.model.parameters == 7_000_000_000
    assert stored.model.precision == "bf16"
    assert stored.model.license.license_id == "mit"
    assert stored.model.architecture.attention == "gqa"
    assert stored.model.languages == ("en",)
    assert stored.model.summary == "It writes stories about subject 3."
    assert "stories" in stored.card
    gated = await entry(pool, "org/model-92")
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
    popular = await entry(pool, "org/model-8")
    assert popular.model.downloads == 5_000


async def test_an_import_of_nothing_new_keeps_the_snapshot(store, tmp_path):
    pool, chosen = store
    file = write(tmp_path / "a.jsonl", [record(n, card="A card.") for n in range(5)])
    first = await pipeline.run(pool, jsonl_source(file), fast=chosen.fast)
    second = await pipeline.run(pool, jsonl_source(file), fast=chosen.fast)
    assert second.progress.unchanged == 5
    assert second.snapshot_id == first.snapshot_id


async def test_words_are_counted_anew_once_the_passages_have_grown_by_a_tenth(store, tmp_path):
    pool, chosen = store
    counted = []
    for models in (20, 22, 23):
        file = write(tmp_path / f"{models}.jsonl", [record(n, card=f"It sings song {n}.") for n in range(models)])
        await pipeline.run(pool, jsonl_source(file), fast=chosen.fast)
        counted.append(await pool.fetchval("SELECT chunk_count FROM words WHERE word = 'sing'"))
    assert counted == [20, 20, 23]


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
        stored = await entry(pool, f"org/model-{number}")
        assert stored.model.summary == text


async def test_a_packed_file_that_is_cut_off_is_told_with_the_line(store, tmp_path):
    pool, chosen = store
    file = tmp_path / "hub.jsonl.gz"
    packed = gzip.compress(b"\n".join(json.dumps(record(n)).encode() for n in range(200)))
    file.write_bytes(packed[:-20])
    with pytest.raises(SourceError, match=r"hub\.jsonl\.gz is cut off or damaged after line \d+"):
        await pipeline.run(pool, jsonl_source(file), fast=chosen.fast)
    assert await ids(pool) == set()


ODD = ["a/" + "字" * 120, "a/\x00b", "a/\ud800b", "../../etc/passwd", "..", "a/" + "b" * 300, ""]


async def test_what_no_file_can_be_called_and_no_database_holds_loses_no_import(store, tmp_path):
    pool, chosen = store
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "org__model-1.md").write_text("# Model 1\n\nIt lies beside.", encoding="utf-8")
    records = [record(n, id=odd, tags=["x\x00", "y\udfff", "z"], library_name=odd) for n, odd in enumerate(ODD)]
    file = write(tmp_path / "hub.jsonl", [*records, record(1), record(2, card="It holds \x00 and \ud800.")])
    outcome = await pipeline.run(pool, jsonl_source(file, tmp_path / "cards"), fast=chosen.fast)
    assert outcome.progress.seen == len(ODD) + 2
    assert outcome.progress.refused == 2, "one too long, one empty"
    stored = await entry(pool, "org/model-1")
    assert stored.model.summary == "It lies beside."
    card = (await entry(pool, "org/model-2")).card
    assert card == "It holds  and ?."


async def test_a_line_that_is_too_long_is_refused_and_those_after_it_are_read(store, tmp_path, monkeypatch):
    pool, chosen = store
    monkeypatch.setattr("services.models.ingest.jsonl._MAX_LINE", 2_000)
    file = write(tmp_path / "hub.jsonl", [record(0), record(1, card="long " * 2_000), record(2)])
    outcome = await pipeline.run(pool, jsonl_source(file), fast=chosen.fast)
    assert (outcome.progress.seen, outcome.progress.refused) == (2, 1)
    assert await ids(pool) == {"org/model-0", "org/model-2"}
    assert [r.location for r in (await holdings.holdings(pool)).refused] == ["line 2"]


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


def test_what_a_listing_does_not_state_is_taken_from_the_record_that_is_known():
    known = starter.models()["CompVis/stable-diffusion-v1-4"]
    bare = Model(model_id=known.model_id, downloads=5, source="a listing", as_of=known.as_of)
    whole = bare.completed_by(known)
    assert whole.license == known.license
    assert (whole.task, whole.gated, whole.downloads) == (known.task, known.gated, 5)
    assert "license" in whole.source
    stated = bare.model_copy(update={"license": tables.licenses().find("mit"), "task": "image-to-image"})
    assert stated.completed_by(known).license.license_id == "mit"
    assert stated.completed_by(known).task == "image-to-image"


async def test_of_ids_that_differ_in_case_alone_the_one_that_was_asked_for_is_found_first(store, tmp_path):
    pool, chosen = store
    records = [{"id": "Org/Name", "downloads": 5}, {"id": "org/name", "downloads": 9}, {"id": "org/names"}]
    await pipeline.run(pool, jsonl_source(write(tmp_path / "hub.jsonl", records)), fast=chosen.fast)
    found = await catalog.ids_of(pool, ["Org/Name", "org/name", "ORG/NAME", "org/nam"])
    assert found == {"Org/Name": "Org/Name", "org/name": "org/name", "ORG/NAME": "org/name"}


async def test_a_source_is_as_old_as_its_oldest_record_and_as_new_as_its_newest(store, tmp_path):
    pool, chosen = store
    file = write(tmp_path / "hub.jsonl", [record(n, card="It sings.") for n in range(2)])
    os.utime(file, (1_000, 1_000))
    await pipeline.run(pool, jsonl_source(file), fast=chosen.fast)
    write(file, [record(1, card="It hums.")])
    os.utime(file, (2_000, 2_000))
    await pipeline.run(pool, jsonl_source(file), fast=chosen.fast)
    (source,) = (await holdings.holdings(pool)).sources
    assert (source.oldest.timestamp(), source.newest.timestamp()) == (1_000, 2_000)
