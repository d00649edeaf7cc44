"""What a search may ask: every spelling of a value, empty answers that say why, and each bad field by its name."""

from __future__ import annotations

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stack8s.models.v1.models_service_pb2 import ModelFilter, SearchModelsRequest
from tests.models.conftest import Generated
from tests.models.refusals import bad_fields

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_bad_field_is_named_at_once(generated: Generated):
    request = SearchModelsRequest(
        query="x" * 5_000,
        page_size=-1,
        relevance_weight=float("nan"),
        filter=ModelFilter(
            tasks=[" "],
            license_classes=[0],
            parameters_b_min=5,
            parameters_b_max=1,
            memory_gib_max=-1,
            precision="no",
            languages=["de", "klingonese"],
        ),
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await generated.running.stub.SearchModels(request)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert bad_fields(caught.value) == {
        "query",
        "page_size",
        "relevance_weight",
        "filter.tasks[0]",
        "filter.license_classes[0]",
        "filter.parameters_b_min",
        "filter.memory_gib_max",
        "filter.precision",
        "filter.languages[1]",
    }


async def refused(generated: Generated, **wanted) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await generated.running.stub.SearchModels(SearchModelsRequest(query="a model", filter=ModelFilter(**wanted)))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    return caught.value


async def test_a_value_that_nothing_is_called_is_refused_with_what_is_near(generated: Generated):
    error = await refused(generated, tasks=["text-generatoin"], licenses=["apache-3.0"], precision="b16")
    assert bad_fields(error) == {"filter.tasks[0]", "filter.licenses[0]", "filter.precision"}
    assert all(near in (error.details() or "") for near in ("text-generation", "apache-2.0", "bf16"))


@pytest.mark.parametrize(
    ("bounds", "says"),
    [
        ({"parameters_b_min": 5, "parameters_b_max": 1}, "at most parameters_b_max, 1"),
        ({"memory_gib_max": float("inf")}, "0 or more and below 1,000,000,000"),
        ({"downloads_min": -1}, "must be 0 or more"),
    ],
)
async def test_a_wrong_bound_says_what_is_right(generated: Generated, bounds, says):
    assert says in ((await refused(generated, **bounds)).details() or "")


async def test_spellings_of_a_filter_find_what_its_values_find(generated: Generated):
    async def found(wanted: ModelFilter) -> list[str]:
        answer = await generated.running.stub.SearchModels(SearchModelsRequest(query="write text", filter=wanted))
        return [r.model.model_id for r in answer.results]

    one = next(m for m in generated.models.values() if m.task and m.license.license_id and m.library and m.languages)
    values = ([one.task], [one.license.license_id], [one.languages[0]], [one.library])
    tasks, licenses, languages, libraries = values
    plain = ModelFilter(tasks=tasks, licenses=licenses, languages=languages, libraries=libraries)
    tasks, licenses, languages, libraries = ([v.upper().replace("-", " ") for v in written] for written in values)
    spelled = ModelFilter(tasks=tasks, licenses=licenses, languages=languages, libraries=libraries)
    assert await found(spelled) == await found(plain) != []


async def test_a_known_value_that_no_model_has_gives_an_empty_answer_that_says_so(generated: Generated):
    request = SearchModelsRequest(query="a model", filter=ModelFilter(licenses=["lppl-1.3c"]))
    answer = await generated.running.stub.SearchModels(request)
    assert not answer.results
    assert ["lppl-1.3c" in note for note in answer.notes] == [True]


async def test_an_empty_answer_says_that_nothing_satisfies_the_whole_filter(generated: Generated):
    request = SearchModelsRequest(query="a model", filter=ModelFilter(tasks=["translation"], parameters_b_min=90_000))
    answer = await generated.running.stub.SearchModels(request)
    assert not answer.results
    assert len(answer.notes) == 1
    request = SearchModelsRequest(query="a model", filter=ModelFilter(tasks=["translation"]))
    assert not (await generated.running.stub.SearchModels(request)).notes


async def test_an_empty_answer_says_that_no_model_bears_the_name(generated: Generated):
    answer = await generated.running.stub.SearchModels(SearchModelsRequest(name="zzqqxx 99b"))
    assert not answer.results
    assert ["name" in note for note in answer.notes] == [True]


async def test_a_base_is_found_by_its_name_in_any_case_and_none_is_refused(generated: Generated):
    base = next(m.base_model for m in generated.models.values() if m.base_model)

    async def found(name: str) -> set[str]:
        request = SearchModelsRequest(filter=ModelFilter(base_model=name), keep_variants=True, page_size=100)
        return {r.model.model_id for r in (await generated.running.stub.SearchModels(request)).results}

    expected = {m.model_id for m in generated.models.values() if m.base_model == base}
    assert await found(base) == expected
    assert await found(base.upper().replace("-", "_")) == expected
    assert await found(f"https://huggingface.co/{base}") == expected
    error = await refused(generated, base_model=f"{base}-nothing-of-that-name")
    assert bad_fields(error) == {"filter.base_model"}
    assert base in (error.details() or "")


numbers = st.one_of(st.none(), st.floats(width=64))


@given(
    query=st.text(max_size=100),
    name=st.text(max_size=60),
    page_size=st.integers(-5, 2**31 - 1),
    weight=numbers,
    low=numbers,
    high=numbers,
    memory=numbers,
    precision=st.text(max_size=10),
    classes=st.lists(st.integers(-3, 9), max_size=3),
    words=st.lists(st.text(max_size=30), max_size=3),
)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_asked_the_answer_is_a_result_or_names_the_bad_fields(
    generated: Generated, query, name, page_size, weight, low, high, memory, precision, classes, words
):
    request = SearchModelsRequest(
        query=query,
        name=name,
        page_size=page_size,
        relevance_weight=weight,
        filter=ModelFilter(
            tasks=words,
            languages=words,
            license_classes=classes,
            parameters_b_min=low,
            parameters_b_max=high,
            memory_gib_max=memory,
            precision=precision,
        ),
    )
    try:
        answer = await generated.running.stub.SearchModels(request)
    except grpc.aio.AioRpcError as error:
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT  # noqa: PT017 - either outcome is right
        assert bad_fields(error)  # noqa: PT017
    else:
        assert len(answer.results) <= 100
