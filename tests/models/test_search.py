"""SearchModels against a real database: what it promises, not which model is best."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.models.convert import wish_from_proto
from services.models.domain.model import Model
from services.models.domain.names import before_purpose
from stack8s.models.v1 import model_pb2
from stack8s.models.v1.models_service_pb2 import ModelFilter, SearchModelsRequest
from tests.bench.models_corpus import LANGUAGES, LIBRARIES, LICENSES
from tests.models.conftest import Generated

pytestmark = pytest.mark.asyncio(loop_scope="session")

WISHES = (
    "Transcribe phone calls in German",
    "Generate illustrations for a children's book",
    "A small coding model for a laptop",
    "Find and draw boxes around cars in camera images",
    "Forecast daily sales for the next month",
    "Which reviews are positive?",
    "Cut out the person from the background",
    "Read articles aloud in a natural voice",
    "Rerank search results",
    "Answer questions about scanned invoices",
    "Uncensored roleplay",
    "Function calling agent",
)


def some(values):
    return st.lists(st.sampled_from([v for v in values if v]), max_size=2, unique=True)


filters = st.builds(
    ModelFilter,
    tasks=some(("text-generation", "text-to-image", "translation", "object-detection", "summarization")),
    licenses=some(LICENSES),
    license_classes=some((model_pb2.LICENSE_CLASS_COMMERCIAL, model_pb2.LICENSE_CLASS_RESEARCH_ONLY)),
    parameters_b_min=st.one_of(st.none(), st.sampled_from([0.3, 1.0, 7.0])),
    parameters_b_max=st.one_of(st.none(), st.sampled_from([8.0, 14.0, 70.0])),
    memory_gib_max=st.one_of(st.none(), st.sampled_from([1.0, 8.0, 24.0])),
    precision=st.sampled_from(["", "bf16", "int4", "Q4_K_M"]),
    languages=some(LANGUAGES),
    libraries=some(LIBRARIES),
    gated=st.one_of(st.none(), st.booleans()),
    downloads_min=st.one_of(st.none(), st.sampled_from([1, 10_000, 1_000_000])),
    open_source_only=st.booleans(),
)


@given(
    query=st.one_of(st.just(""), st.sampled_from(WISHES), st.text(max_size=40)),
    wanted=filters,
    keep_variants=st.booleans(),
    name=st.sampled_from(["", "", "", "7b", "text 7b"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_result_breaks_a_constraint_and_none_that_fits_is_withheld(
    generated: Generated, query, wanted, keep_variants, name
):
    request = SearchModelsRequest(
        query=query.replace("\x00", ""), filter=wanted, keep_variants=keep_variants, name=name, page_size=100
    )
    if not request.query.strip() and not request.name and wanted == ModelFilter():
        return
    answer = await generated.running.stub.SearchModels(request)
    oracle = wish_from_proto(request, await generated.running.searcher.values()).wanted
    fitting = generated.accepted(oracle)
    found = [r.model.model_id for r in answer.results]
    assert set(found) <= fitting
    assert len(found) == len(set(found))
    if not request.name and keep_variants and len(fitting) <= 20:
        assert set(found) == fitting
    assert [r.score for r in answer.results] == sorted((r.score for r in answer.results), reverse=True) or request.name


@given(wanted=filters)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_columns_in_memory_pass_what_the_filter_accepts(generated: Generated, wanted):
    values = await generated.running.searcher.values()
    constraint = wish_from_proto(SearchModelsRequest(query="a model", filter=wanted), values).wanted
    scan = (await generated.running.searcher.state()).scan
    rows = await generated.running.pool.fetch("SELECT model_id FROM models ORDER BY doc_no")
    passing = {
        row["model_id"] for row, passes in zip(rows, scan.directory.columns.passing(constraint), strict=True) if passes
    }
    assert passing == generated.accepted(constraint)


@pytest.mark.parametrize("by_index", [False, True])
async def test_what_is_near_is_found_with_and_without_filters(generated: Generated, by_index):
    stub = (generated.by_index if by_index else generated.running).stub
    wanted = (
        ModelFilter(),
        ModelFilter(gated=False),
        ModelFilter(downloads_min=100),
        ModelFilter(languages=["de"], parameters_b_max=8),
        ModelFilter(license_classes=[model_pb2.LICENSE_CLASS_COMMERCIAL]),
    )
    found, expected = 0, 0
    for wish in WISHES:
        for constraint in wanted:
            request = SearchModelsRequest(query=wish, filter=constraint, keep_variants=True, relevance_weight=1)
            ours = {r.model.model_id for r in (await stub.SearchModels(request)).results}
            request.exact = True
            exact = {r.model.model_id for r in (await stub.SearchModels(request)).results}
            found, expected = found + len(ours & exact), expected + len(exact)
    assert expected == len(WISHES) * len(wanted) * 10
    assert found / expected >= (0.98 if by_index else 0.999)


async def test_the_same_question_has_the_same_answer(generated: Generated):
    request = SearchModelsRequest(query=WISHES[0], page_size=50)
    first = await generated.running.stub.SearchModels(request)
    second = await generated.running.stub.SearchModels(request)
    assert first.SerializeToString(deterministic=True) == second.SerializeToString(deterministic=True)


async def test_a_result_says_why_it_matched_and_where_its_facts_come_from(generated: Generated):
    answer = await generated.running.stub.SearchModels(SearchModelsRequest(query=WISHES[1], page_size=3))
    assert answer.understood_tasks[0] == "text-to-image"
    for result in answer.results:
        assert result.passage
        assert result.why
        assert result.model.license.note
        assert result.model.provenance.catalog == "models"
        assert result.model.provenance.record_id == result.model.model_id
        assert result.model.provenance.snapshot_id == answer.snapshot_id
        assert result.score == pytest.approx(0.6 * result.relevance + 0.4 * result.popularity)


def _same_task(model: Model, models: dict[str, Model]) -> bool:
    return model.task == models[model.base_model].task


async def test_repackagings_stand_under_the_model_that_they_repackage(generated: Generated):
    models = generated.models
    task = next(m.task for m in models.values() if m.repackaged and m.base_model in models and _same_task(m, models))
    request = SearchModelsRequest(query=WISHES[2], filter=ModelFilter(tasks=[task]), page_size=100)
    together = await generated.running.stub.SearchModels(request)
    shown = {r.model.model_id: {v.model_id for v in r.variants} for r in together.results}
    under = set().union(*shown.values())
    assert under
    assert under.isdisjoint(shown)
    for first, variants in shown.items():
        root = models[first].base_model if models[first].repackaged else first
        assert {models[v].base_model for v in variants} <= {root}
    request.keep_variants = True
    apart = await generated.running.stub.SearchModels(request)
    assert not any(r.variants for r in apart.results)
    assert under & {r.model.model_id for r in apart.results}


async def test_an_exact_id_comes_first(generated: Generated):
    for model_id in sorted(generated.models)[::300]:
        request = SearchModelsRequest(name=model_id, keep_variants=True)
        answer = await generated.running.stub.SearchModels(request)
        assert answer.results[0].model.model_id == model_id


async def test_a_sized_name_at_the_start_of_a_wish_comes_first(generated: Generated):
    names = sorted({i.split("/")[1] for i, m in generated.models.items() if not m.repackaged})
    name = next(n for n in names if before_purpose(f"{n} for our chats") == n)
    answer = await generated.running.stub.SearchModels(SearchModelsRequest(query=f"{name} for our chats"))
    assert answer.results[0].model.model_id.split("/")[1] == name
    assert "name" in answer.results[0].why
