"""Conditions in the words of a wish: which are read, what they ask of models, and what is no condition."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from services.models.convert import wish_from_proto
from services.models.domain.conditions.filtering import beside, in_words
from services.models.domain.conditions.reading import read_conditions, without_conditions
from services.models.domain.filters import ModelFilter
from services.models.domain.model import LicenseClass
from services.models.store.filtering import Where
from stack8s.models.v1.models_service_pb2 import ModelFilter as WireFilter
from stack8s.models.v1.models_service_pb2 import SearchModelsRequest
from tests.models.conftest import Generated
from tests.models.test_search import filters

SAID = filters.map(
    lambda f: WireFilter(
        licenses=f.licenses,
        license_classes=f.license_classes,
        parameters_b_min=f.parameters_b_min or None,
        parameters_b_max=f.parameters_b_max or None,
        memory_gib_max=f.memory_gib_max or None,
        precision=f.precision,
        gated=f.gated if f.HasField("gated") else None,
        open_source_only=f.open_source_only,
    )
)
"""Filters of what words can state."""
SIZED, MIT = "at most 8.4 billion parameters", "licence MIT"


@pytest.mark.parametrize(
    ("wish", "conditions"),
    [
        ("chat model, at most 8B, MIT", (SIZED, MIT)),
        ("a chat model with no more than 8 billion parameters", (SIZED,)),
        ("chatbot po polsku, do 8 miliardów parametrów", (SIZED,)),
        ("Assistent mit höchstens 8 Milliarden Parametern", (SIZED,)),
        ("对话模型,不超过80亿参数", (SIZED,)),
        ("reranker below half a billion parameters", ("at most 0.525 billion parameters",)),
        ("chat model under eight B parameters", ("at most 8.4 billion parameters",)),
        ("embedding model of up to two milliards", ("at most 2.1 billion parameters",)),
        ("coder between 7 and 13B", ("at least 6.65 billion parameters", "at most 13.7 billion parameters")),
        ("a chat model of about 8B", ("at least 6 billion parameters", "at most 10 billion parameters")),
        ("OCR over 20B parameters", ("at least 19 billion parameters",)),
        ("embeddings, mit or apache", ("licence mit or apache",)),
        ("ASR under an Apache 2.0 licence", ("licence Apache 2.0",)),
        ("séries temporelles, licence MIT ou Apache", ("licence MIT or Apache",)),
        ("vision model for a 24 GB card in 8 bit", ("weights within 24 GiB at int8",)),
        ("text to video that runs in 12 GiB", ("weights within 12 GiB at their published precision",)),
        ("voices that we may use commercially", ("licence for commercial use or commercial use with attribution",)),
        ("可商用的语音模型", ("licence for commercial use or commercial use with attribution",)),
        ("translation, permissive licence, not gated", ("licence for commercial use", "not gated")),
        ("anything with an OSI approved licence", ("open-source licence",)),
        ("rewrite notes, the licence must allow closed source use", ("licence for commercial use",)),
        ("voices for commercial use under a permissive licence", ("licence for commercial use",)),
        ("agents, MIT licence or Apache-2.0 licence", ("licence MIT or Apache-2.0",)),
        ("at least 3B, over 2B, at most 9B or up to 8B", ("at least 2.85 billion parameters", SIZED)),
        ("chat, below 8B apache licensed", (SIZED, "licence apache")),
        ("modelo para clientes, sin acceso restringido", ("not gated",)),
    ],
)
def test_conditions_are_read_in_the_words(wish, conditions):
    assert in_words(read_conditions(wish).wanted) == conditions


@pytest.mark.parametrize(
    "wish",
    [
        "llama 3.1 8B",
        "train on 10B tokens",
        "classify up to 5 million rows a day",
        "a budget under $2 billion",
        "sort emails that reach MIT or Harvard",
        "find errors in Apache Kafka logs",
        "summarise 500 GB of documents",
        "chat over two cards with 80 GB",
        "read commercial contracts",
        "any licence but MIT, not for commercial use",
        "Texte mit Bildern",
    ],
)
def test_what_is_no_condition_of_models_is_read_as_none(wish):
    assert read_conditions(wish).wanted == ModelFilter()


@pytest.mark.parametrize(
    ("wish", "bare"),
    [
        ("chatbot po polsku, do 8 miliardów parametrów", "chatbot po polsku"),
        ("subtitles in Portuguese, MIT or Apache", "subtitles in Portuguese"),
        ("multimodal chat for photos, between 7B and 12B, no gate", "multimodal chat for photos"),
        ("reasoning LLM for one 48 GB card at 8 bit, and it has to be MIT licensed", "reasoning LLM"),
        ("a tool calling agent of 3 to 5 billion, free for commercial work", "a tool calling agent"),
        ("sort mails with a 7B parameters model", "sort mails model"),
        ("find errors in Apache Kafka logs", "find errors in Apache Kafka logs"),
        ("show a chart and ask about it, apache 2.0", "show a chart and ask about it"),
        ("at most 8B", "at most 8B"),
    ],
)
def test_conditions_say_nothing_of_the_task(wish, bare):
    assert without_conditions(wish) == bare


def test_a_kind_of_condition_in_the_filter_counts_before_the_words():
    said = read_conditions("at most 8B, MIT licence, not gated, fits in 16 GB at int4").wanted
    wanted = ModelFilter(parameters_max=10**9, license_classes=(LicenseClass.RESEARCH_ONLY,))
    assert in_words(beside(wanted, said)) == ("weights within 16 GiB at int4", "not gated")


_JUDGED = """SELECT model_id, coalesce({where.sql}, false) AS allowed, {where.satisfied} AS satisfied
FROM models m ORDER BY doc_no"""
pytest_session = pytest.mark.asyncio(loop_scope="session")


@pytest_session
@given(said=SAID)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_memory_and_database_agree_on_which_models_break_a_condition(generated: Generated, said):
    searcher = generated.running.searcher
    request = SearchModelsRequest(query="a model", filter=said)
    said = wish_from_proto(request, await searcher.values()).wanted
    where = Where(ModelFilter(), said)
    rows = await generated.running.pool.fetch(_JUDGED.format(where=where), *where.parameters)
    allowed = (await searcher.state()).scan.directory.columns.allowing(said)
    assert [row["allowed"] for row in rows] == allowed.tolist()
    satisfying = generated.accepted(said)
    assert {row["model_id"] for row in rows if row["satisfied"]} == satisfying
    assert satisfying <= {row["model_id"] for row in rows if row["allowed"]}


@pytest_session
async def test_no_result_breaks_a_condition_in_the_words_and_the_filter_has_the_first_word(generated: Generated):
    stub = generated.running.stub
    wish = "Generate illustrations for a children's book, at most 3B parameters, apache-2.0"
    read = await stub.SearchModels(SearchModelsRequest(query=wish, page_size=50))
    assert list(read.understood_conditions) == ["at most 3.15 billion parameters", "licence apache-2.0"]
    models = [generated.models[r.model.model_id] for r in read.results]
    assert models
    assert all(m.parameters is None or m.parameters <= 3.15e9 for m in models)
    assert {m.license.license_id for m in models} <= {"", "apache-2.0"}
    unread = await stub.SearchModels(SearchModelsRequest(query=wish, page_size=50, conditions_in_filter=True))
    assert not unread.understood_conditions
    assert {r.model.license.license_id for r in unread.results} > {"", "apache-2.0"}
