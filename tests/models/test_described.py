"""Models whose card says little: found by what their record states, and said to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.domain.model import Architecture, Model, Relation
from services.models.ingest import pipeline, prepare
from services.models.ingest.card import PASSAGE_CHARS
from services.models.ingest.described import described, says_little
from services.models.ingest.prepare import cut
from stack8s.models.v1.models_service_pb2 import SearchModelsRequest
from tests.models.builders import model
from tests.models.harness import database, service
from tests.models.importing import jsonl_source, write

TELLING = "This model sorts letters of tenants to a housing office by what they complain of, in two languages."


def letters(**more) -> Model:
    return model(model_id="org/rentBERT-triage_v1.5b", **more)


def test_a_record_is_put_in_words_with_nothing_that_it_does_not_state():
    found = described(
        letters(
            task="text-classification", library="spacy", languages=("de", "xx"), base_model="org/bert",
            relation=Relation.FINE_TUNE, architecture=Architecture(model_type="bert"),
            tags=("bert", "text-classification", "de", "dataset:rents", "real-estate", "region:us", "license:mit"),
        ),
        "",
    )  # fmt: skip
    assert found == (
        "org/rentBERT-triage_v1.5b\nrentBERT triage v1.5b: text classification model for German and xx, fine-tuned "
        "from org/bert. Trained on rents. real estate. Architecture bert. Library spacy."
    )
    assert described(letters(), "") == "org/rentBERT-triage_v1.5b\nrentBERT triage v1.5b: model."


@pytest.mark.parametrize(
    ("body", "little"),
    [
        ("", True),
        ("# Model card\n\n## Training data\n\nMore information needed\n\n## Usage\n\n[More Information Needed]", True),
        ("# A title that is long enough to hold more than sixty characters of text", True),
        ("```python\n" + "print('code is no text')\n" * 9 + "```", True),
        (TELLING, False),
    ],
)
def test_placeholders_headings_and_code_say_little(body, little):
    assert says_little(body) is little
    assert cut(letters(), body).described is little


def test_what_little_a_card_says_is_kept():
    found = described(letters(), "# Triage of letters\n\n## Usage\n\nTBA\n\nFor housing offices.")
    assert "Triage of letters. For housing offices" in found
    assert "TBA" not in found
    assert "Usage" not in found


@given(st.text(max_size=3_000))
def test_any_record_and_card_make_one_bounded_passage_that_begins_with_the_id(text):
    found = described(letters(summary=text[:600], tags=tuple(text.split()[:60])), text)
    assert found.startswith("org/rentBERT-triage_v1.5b\n")
    assert len(found) <= PASSAGE_CHARS


async def test_a_model_without_a_card_is_found_by_its_record_and_the_answer_says_so(fresh_database_url, tmp_path):
    records = [
        {"id": "org/nbc-9", "pipeline_tag": "text-classification", "tags": ["dataset:tenant_letters", "housing", "fi"]},
        {"id": "org/carded", "pipeline_tag": "text-classification", "card": TELLING},
        {"id": "org/other", "pipeline_tag": "text-classification", "tags": ["astronomy"]},
    ]
    source = jsonl_source(write(tmp_path / "hub.jsonl", records))
    async with database(fresh_database_url) as (pool, chosen):
        await pipeline.run(pool, source, fast=chosen.fast)
    async with service(fresh_database_url) as models:
        answer = await models.stub.SearchModels(SearchModelsRequest(query="sort Finnish letters about housing"))
    results = {r.model.model_id: r for r in answer.results}
    assert answer.results[0].model.model_id == "org/nbc-9"
    assert results["org/nbc-9"].passage_from_record
    assert "Finnish" in results["org/nbc-9"].passage
    assert "record" in results["org/nbc-9"].why
    assert not results["org/carded"].passage_from_record
    assert "its card" in results["org/carded"].why.lower()


async def test_a_new_way_of_making_passages_makes_all_anew(fresh_database_url, tmp_path, monkeypatch):
    file = write(tmp_path / "hub.jsonl", [{"id": "org/a", "tags": ["housing"]}])

    async def run(pool, chosen):
        outcome = await pipeline.run(pool, jsonl_source(file), fast=chosen.fast)
        return outcome.progress.unchanged, await pool.fetchval("SELECT string_agg(passage, '|') FROM chunks")

    async with database(fresh_database_url) as (pool, chosen):
        before = await run(pool, chosen)
        assert await run(pool, chosen) == (1, before[1])
        monkeypatch.setattr(prepare, "CHUNKER", "another")
        monkeypatch.setattr(prepare, "described", lambda model, body: f"{model.model_id}\nanew")
        assert await run(pool, chosen) == (0, "org/a\nanew")
        assert await run(pool, chosen) == (1, "org/a\nanew")


def test_a_long_record_is_cut_at_a_word_to_what_a_passage_holds():
    found = described(letters(tags=tuple(f"about-subject-{n}" * 6 for n in range(60))), "")
    assert PASSAGE_CHARS - 200 < len(found) <= PASSAGE_CHARS
