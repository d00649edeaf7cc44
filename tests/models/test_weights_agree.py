"""One figure for the memory of weights: what GetModel lists, what a filter goes by, what EstimateMemory answers."""

from __future__ import annotations

import pytest

from services.models.ingest import pipeline, starter
from stack8s.models.v1.models_service_pb2 import (
    EstimateMemoryRequest,
    GetModelRequest,
    ModelFilter,
    SearchModelsRequest,
    SizingCase,
)
from stack8s.models.v1.sizing_pb2 import Usage
from tests.models.harness import service
from tests.models.importing import jsonl_source, record, write
from tests.models.test_weighing import WEIGHTS

CONFIG = {"model_type": "llama", "num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32,
          "num_key_value_heads": 8, "intermediate_size": 14_336, "vocab_size": 128_256}  # fmt: skip
BASE = record(1, id="org/nova", config=CONFIG)
PACKED = record(2, id="org/nova-awq", config={}, safetensors={}, tags=["base_model:quantized:ORG/Nova", "awq"])
TUNED = record(3, id="org/nova-tuned", config={}, tags=["base_model:finetune:org/nova"])


async def figures(running, model_id, precision):
    """Return GiB as listed and as estimated, and whether filters at that figure and just below let the model pass."""
    one = (await running.stub.GetModel(GetModelRequest(model_id=model_id))).model
    listed = next(w.memory_gib for w in one.weight_memory if w.precision == precision)
    case = SizingCase(model_id=model_id, usage=Usage(precision=precision))
    answer = await running.stub.EstimateMemory(EstimateMemoryRequest(cases=[case]))
    estimated = sum(term.memory_gib for term in answer.estimates[0].terms if term.name in WEIGHTS)
    passes = []
    for bound in (listed + 0.002, listed - 0.002):
        wanted = ModelFilter(memory_gib_max=bound, precision=precision)
        request = SearchModelsRequest(name=model_id, filter=wanted, keep_variants=True, page_size=100)
        passes.append(model_id in {r.model.model_id for r in (await running.stub.SearchModels(request)).results})
    return listed, estimated, passes


@pytest.mark.parametrize("scan_mib", [320, 0])
async def test_list_filter_and_estimate_agree(fresh_database_url, tmp_path, scan_mib):
    source = jsonl_source(write(tmp_path / "hub.jsonl", [BASE, PACKED, TUNED]))
    async with service(fresh_database_url, scan_mib=scan_mib) as running:
        await pipeline.run(running.pool, starter.StarterSource(), fast=running.embedders.fast)
        await pipeline.run(running.pool, source, fast=running.embedders.fast)
        for model_id in (
            *("org/nova", "org/nova-awq", "org/nova-tuned", "openai/gpt-oss-20b", "openai/whisper-medium"),
            *("black-forest-labs/FLUX.1-dev", "mistralai/Mixtral-8x7B-Instruct-v0.1", "google/vit-base-patch16-224"),
        ):
            for precision in ("bf16", "int8", "int4"):
                listed, estimated, passes = await figures(running, model_id, precision)
                assert listed == pytest.approx(estimated, abs=0.001), (model_id, precision)
                assert passes == [True, False], (model_id, precision)


@pytest.mark.parametrize("scan_mib", [320, 0])
async def test_weights_of_just_the_memory_asked_for_fit(fresh_database_url, tmp_path, scan_mib):
    size = {"safetensors": {"parameters": {"BF16": 2**33}, "total": 2**33}}
    source = jsonl_source(write(tmp_path / "hub.jsonl", [BASE | size]))
    async with service(fresh_database_url, scan_mib=scan_mib) as running:
        await pipeline.run(running.pool, source, fast=running.embedders.fast)
        for precision in ("", "bf16"):
            wanted = ModelFilter(memory_gib_max=16, precision=precision)
            answer = await running.stub.SearchModels(SearchModelsRequest(query="stories", filter=wanted))
            assert [r.model.model_id for r in answer.results] == ["org/nova"], precision


async def test_what_is_made_from_a_model_is_weighed_anew_as_that_comes_in_and_as_it_changes(
    fresh_database_url, tmp_path
):
    sizes = {"org/nova-awq": [], "org/nova-tuned": []}
    larger = {"safetensors": {"parameters": {"BF16": 9_000_000_000}, "total": 9_000_000_000}}
    async with service(fresh_database_url) as running:
        for number, records in enumerate(([PACKED, TUNED], [BASE], [BASE | larger])):
            source = jsonl_source(write(tmp_path / f"{number}.jsonl", records))
            await pipeline.run(running.pool, source, fast=running.embedders.fast)
            for model_id, seen in sizes.items():
                one = (await running.stub.GetModel(GetModelRequest(model_id=model_id))).model
                seen.append({w.precision: w.memory_gib for w in one.weight_memory})
        estimates = await running.stub.EstimateMemory(
            EstimateMemoryRequest(cases=[SizingCase(model_id=i, usage=Usage(precision="int4")) for i in sizes])
        )
        await running.pool.execute("UPDATE models SET weight_gib = 0 WHERE model_id = 'org/nova-awq'")
        source = jsonl_source(write(tmp_path / "liked.jsonl", [BASE | larger | {"likes": 7}]))
        await pipeline.run(running.pool, source, fast=running.embedders.fast)
        published = await running.pool.fetchval("SELECT weight_gib FROM models WHERE model_id = 'org/nova-awq'")
    assert published == pytest.approx(sizes["org/nova-awq"][-1]["int4"], abs=0.001)
    first, second, third = sizes["org/nova-awq"]
    assert first == {}
    assert second["bf16"] == pytest.approx(14e9 / 2**30, abs=0.001)
    assert third["bf16"] == pytest.approx(18e9 / 2**30, abs=0.001)
    guessed, told, _ = sizes["org/nova-tuned"]
    assert guessed["bf16"] == told["bf16"]
    assert guessed["int4"] != told["int4"]
    for seen, estimate in zip(sizes.values(), estimates.estimates, strict=True):
        assert seen[-1]["int4"] == pytest.approx(estimate.terms[0].memory_gib, abs=0.001)


async def test_what_a_model_needs_does_not_hang_on_what_else_is_asked(fresh_database_url, tmp_path):
    dims = {"model_type": "gemma2", "num_hidden_layers": 26, "hidden_size": 2304, "num_attention_heads": 8,
            "num_key_value_heads": 4, "head_dim": 256, "vocab_size": 256_000, "intermediate_size": 9_216}  # fmt: skip
    size = {"safetensors": {"parameters": {"BF16": 2_600_000_000}, "total": 2_600_000_000}}
    base = record(1, id="org/nova", config={**dims, "sliding_window": 4_096, "tie_word_embeddings": True}, **size)
    whole = record(2, id="org/nova-tuned", config=dims, tags=["base_model:finetune:org/nova"], **size)
    bare = record(3, id="org/nova-awq", config={}, safetensors={}, tags=["base_model:quantized:org/nova", "awq"])
    source = jsonl_source(write(tmp_path / "hub.jsonl", [base, whole, bare]))
    async with service(fresh_database_url) as running:
        await pipeline.run(running.pool, source, fast=running.embedders.fast)
        cases = [SizingCase(model_id=i, usage=Usage(precision="int4")) for i in ("org/nova-awq", "org/nova-tuned")]
        both = await running.stub.EstimateMemory(EstimateMemoryRequest(cases=cases))
        listed, estimated, _ = await figures(running, "org/nova-tuned", "int4")
    assert both.estimates[1].terms[0].memory_gib == pytest.approx(estimated)
    assert listed == pytest.approx(estimated, abs=0.001)
