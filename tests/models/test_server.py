"""The other calls of ModelsService: one model, its variants, tasks, what the catalogue holds, sizing in bulk."""

from __future__ import annotations

import re
from collections import defaultdict

import grpc
import pytest

from services.models.domain.filters import ModelFilter
from services.models.store import catalog, search
from services.models.store.filtering import Where
from stack8s.models.v1 import model_pb2
from stack8s.models.v1.models_service_pb2 import (
    EstimateMemoryRequest,
    EstimatePerformanceRequest,
    GetCatalogInfoRequest,
    GetModelRequest,
    ListTasksRequest,
    ListVariantsRequest,
    SizingCase,
)
from stack8s.models.v1.sizing_pb2 import FIGURE_BASIS_MODELLED, WORKLOAD_TRAIN_LORA, GpuShape, Usage
from tests.models.conftest import MODELS, Generated
from tests.models.refusals import bad_fields

pytestmark = pytest.mark.asyncio(loop_scope="session")

H100 = GpuShape(gpu_type="H100", memory_gib=80, memory_bandwidth_gbps=3350, fp16_tflops=989)


async def test_a_model_comes_with_its_card_and_its_weights_at_common_precisions(generated: Generated):
    writers = (m for m in generated.models.values() if m.task == "text-generation")
    model = next(m for m in writers if m.parameters and not m.quantization)
    answer = await generated.running.stub.GetModel(GetModelRequest(model_id=model.model_id))
    assert answer.card.startswith("# ")
    weights = {w.precision: w.memory_gib for w in answer.model.weight_memory}
    assert weights["bf16"] == pytest.approx(model.parameters * 2 / 2**30, abs=0.001)
    assert list(weights) == ["fp32", "bf16", "fp8", "int8", "int4"]


async def test_a_model_that_is_not_there_is_named(generated: Generated):
    for call in (
        generated.running.stub.GetModel(GetModelRequest(model_id="no/such")),
        generated.running.stub.ListVariants(ListVariantsRequest(model_id="no/such")),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND
        assert "no/such" in (caught.value.details() or "")


async def test_an_id_with_a_slip_is_answered_with_the_ids_that_are_near(generated: Generated):
    model_id = next(m.model_id for m in generated.models.values() if m.parameters and not m.quantization)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await generated.running.stub.GetModel(GetModelRequest(model_id=f"{model_id}x"))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert model_id in (caught.value.details() or "").partition("near it")[2]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await generated.running.stub.GetModel(GetModelRequest(model_id=model_id.partition("/")[2]))
    assert model_id in (caught.value.details() or "").partition("near it")[2]


async def test_the_address_of_a_models_page_is_its_id(generated: Generated):
    stub = generated.running.stub
    model_id = next(m.model_id for m in generated.models.values() if m.parameters)
    page = f"https://huggingface.co/{model_id}/blob/main/README.md?download=true"
    assert (await stub.GetModel(GetModelRequest(model_id=page))).model.model_id == model_id
    cases = [SizingCase(model_id=i, gpu=H100, gpu_count=1) for i in (page, model_id)]
    memory = await stub.EstimateMemory(EstimateMemoryRequest(cases=cases))
    assert memory.estimates[0] == memory.estimates[1]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetModel(GetModelRequest(model_id="huggingface.co/no/such"))
    assert "no model 'no/such' in the catalogue" in (caught.value.details() or "")


async def test_an_id_is_found_in_any_case_and_answered_as_it_is_written(generated: Generated):
    stub = generated.running.stub
    model = next(m for m in generated.models.values() if m.parameters and m.base_model)
    model_id, typed = model.model_id, f" {model.model_id.upper()}"
    assert (await stub.GetModel(GetModelRequest(model_id=typed))).model.model_id == model_id
    base = model.base_model
    asked, exact = [await stub.ListVariants(ListVariantsRequest(model_id=i)) for i in (base.upper(), base)]
    assert model_id in {v.model_id for v in asked.variants}
    assert asked == exact
    cases = [SizingCase(model_id=i, gpu=H100, gpu_count=1) for i in (typed, model_id)]
    memory = await stub.EstimateMemory(EstimateMemoryRequest(cases=cases))
    assert memory.estimates[0] == memory.estimates[1]
    assert memory.estimates[0].provenance.record_id == model_id


async def test_a_name_without_an_owner_is_sized_as_the_model_of_that_name_that_most_came_from_and_says_so(
    generated: Generated,
):
    stub = generated.running.stub
    bases = [m.base_model for m in generated.models.values()]
    alike = defaultdict(list)
    for model in generated.models.values():
        alike[model.model_id.partition("/")[2]].append(model)
    name, models = next((n, of) for n, of in alike.items() if any(m.parameters and m.model_id in bases for m in of))
    meant = max(models, key=lambda m: (bases.count(m.model_id), m.downloads or 0)).model_id
    typed = name.replace("-", " ").upper()
    cases = [SizingCase(model_id=i, gpu=H100, gpu_count=1) for i in (typed, meant)]
    cases.append(SizingCase(model_id=typed, parameters=3_000_000_000, gpu=H100, gpu_count=1))
    by_name, by_id, labelled = (await stub.EstimateMemory(EstimateMemoryRequest(cases=cases))).estimates
    assert by_name.provenance.record_id == meant
    assert by_name.total_gib == by_id.total_gib
    assert ("model_id", meant) in [(note.field, note.value) for note in by_name.assumptions]
    assert not labelled.provenance.record_id
    assert labelled.total_gib != by_id.total_gib


async def test_variants_come_page_by_page_each_once_and_most_downloaded_first(generated: Generated):
    bases = [m.base_model for m in generated.models.values() if m.base_model]
    base = max(sorted(set(bases)), key=bases.count)
    expected = sorted(
        (m for m in generated.models.values() if m.base_model == base), key=lambda m: (-(m.downloads or 0), m.model_id)
    )
    found, token = [], ""
    for _ in expected:
        request = ListVariantsRequest(model_id=base, page_size=1, page_token=token)
        page = await generated.running.stub.ListVariants(request)
        found += [v.model_id for v in page.variants]
        token = page.next_page_token
        assert page.total_size == len(expected)
        if not token:
            break
    assert not token
    assert found == [m.model_id for m in expected]


async def test_a_page_token_of_another_query_is_refused(generated: Generated):
    first = await generated.running.stub.ListTasks(ListTasksRequest(page_size=1))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await generated.running.stub.ListVariants(ListVariantsRequest(model_id="a/b", page_token=first.next_page_token))
    assert bad_fields(caught.value) == {"page_token"}


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (catalog._EXISTS, "models_base"),
        (catalog._STATED_VARIANTS, "models_base"),
        (catalog._VARIANT_COUNTS, "models_base"),
        (catalog._BEARERS, "records_names"),
        (search._LISTED.format(where=Where(ModelFilter(base_model="any")).sql, limit=10), "models_base"),
        (search._LISTED.format(where=Where(ModelFilter(tasks=("any",))).sql, limit=10), "models_task"),
    ],
    ids=["exists", "variants", "counts", "bearers", "base", "task"],
)
async def test_plans_for_any_value_go_by_an_index(generated: Generated, statement: str, index: str):
    async with generated.running.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")  # so few models are read whole otherwise
        await connection.execute(f"PREPARE asked AS {statement}")
        values = ", ".join(["NULL"] * len(set(re.findall(r"\$\d", statement))))
        plan = await connection.fetch(f"EXPLAIN EXECUTE asked{f'({values})' if values else ''}")
        await connection.execute("DEALLOCATE asked")
    assert index in "\n".join(row[0] for row in plan)


async def test_variants_can_be_asked_by_relation(generated: Generated):
    model = next(m for m in generated.models.values() if m.repackaged)
    request = ListVariantsRequest(model_id=model.base_model, relation=model_pb2.RELATION_QUANTIZED)
    page = await generated.running.stub.ListVariants(request)
    assert model.model_id in {v.model_id for v in page.variants}
    assert {v.relation for v in page.variants} == {model_pb2.RELATION_QUANTIZED}


async def test_every_task_is_listed_with_its_models(generated: Generated):
    listed, token = [], ""
    for _ in range(20):
        page = await generated.running.stub.ListTasks(ListTasksRequest(page_size=20, page_token=token))
        listed += page.tasks
        token = page.next_page_token
        if not token:
            break
    assert [t.task for t in listed] == sorted({t.task for t in listed})
    assert sum(t.model_count for t in listed) == sum(bool(m.task) for m in generated.models.values())
    assert next(t for t in listed if t.task == "text-generation").description


async def test_the_catalogue_tells_what_it_holds(generated: Generated):
    answer = await generated.running.stub.GetCatalogInfo(GetCatalogInfoRequest())
    assert answer.info.record_count == MODELS
    assert answer.info.snapshot_id
    (source,) = answer.info.sources
    assert source.record_count == MODELS
    assert answer.info.oldest_as_of.seconds == answer.info.newest_as_of.seconds == source.as_of.seconds
    assert source.as_of.seconds <= answer.info.publish_time.seconds
    (snapshot,) = answer.info.snapshots
    assert (snapshot.snapshot_id, snapshot.record_count) == (answer.info.snapshot_id, MODELS)
    assert answer.embedding_space.startswith("wordllama")
    assert answer.chunk_count >= MODELS


async def test_memory_is_estimated_in_the_order_asked_and_an_unknown_model_in_its_place(generated: Generated):
    known = next(m for m in generated.models.values() if m.parameters == 7_000_000_000 and m.task == "text-generation")
    cases = [
        SizingCase(model_id=known.model_id, gpu=H100),
        SizingCase(model_id="no/such", gpu=H100),
        SizingCase(parameters=70_000_000_000, task="text-generation", gpu=H100, usage=Usage(precision="bf16")),
    ]
    answer = await generated.running.stub.EstimateMemory(EstimateMemoryRequest(cases=cases))
    small, unknown, large = answer.estimates
    assert small.fits
    assert small.gpus_needed == 1
    assert small.total_gib == pytest.approx(sum(t.memory_gib for t in small.terms))
    assert all(t.formula and t.source for t in small.terms)
    assert {a.field for a in small.assumptions} >= {"context_tokens", "concurrency"}
    assert small.provenance.record_id == known.model_id
    assert "no/such" in unknown.error
    assert large.gpus_needed >= 2
    assert large.basis == FIGURE_BASIS_MODELLED


async def test_speed_of_serving_and_of_training_is_estimated(generated: Generated):
    serve = SizingCase(parameters=7_000_000_000, task="text-generation", gpu=H100, gpu_count=1)
    train = SizingCase(
        parameters=7_000_000_000,
        task="text-generation",
        gpu=H100,
        gpu_count=8,
        usage=Usage(workload=WORKLOAD_TRAIN_LORA, tokens=10**8),
    )
    answer = await generated.running.stub.EstimatePerformance(EstimatePerformanceRequest(cases=[serve, train]))
    serving, training = answer.estimates
    assert serving.tokens_per_second > 10
    assert serving.time_to_first_token_ms > 0
    assert serving.formula
    assert training.training_hours > 0
    assert not training.HasField("time_to_first_token_ms")


async def test_every_bad_field_of_every_case_is_named(generated: Generated):
    cases = [
        SizingCase(),
        SizingCase(
            parameters=-1,
            gpu=GpuShape(memory_gib=0, fp16_tflops=float("inf")),
            gpu_count=-2,
            usage=Usage(workload=99, precision="x", optimizer="none", context_tokens=0, zero_stage=4),
        ),
    ]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await generated.running.stub.EstimateMemory(EstimateMemoryRequest(cases=cases))
    assert bad_fields(caught.value) == {
        "cases[0].model_id",
        "cases[1].parameters",
        "cases[1].gpu.memory_gib",
        "cases[1].gpu.fp16_tflops",
        "cases[1].gpu_count",
        "cases[1].usage.workload",
        "cases[1].usage.precision",
        "cases[1].usage.optimizer",
        "cases[1].usage.context_tokens",
        "cases[1].usage.zero_stage",
    }


async def test_no_cases_and_no_gpu_are_refused(generated: Generated):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await generated.running.stub.EstimateMemory(EstimateMemoryRequest())
    assert bad_fields(caught.value) == {"cases"}
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        request = EstimatePerformanceRequest(cases=[SizingCase(parameters=10**9)])
        await generated.running.stub.EstimatePerformance(request)
    assert bad_fields(caught.value) == {"cases[0].gpu"}
