"""A model of the catalogue as sizing sees it: its own dimensions, those of its base, its family, and stated needs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.models import tables
from services.models.domain.model import Architecture, Component, Model, Relation, Requirement
from services.models.domain.shaping import shape_of_model, shape_of_name
from services.models.domain.sizing import Case, Usage, size, text_encoders
from services.models.domain.sizing.architecture import complete
from services.models.domain.sizing.kv_cache import kv_layout
from services.models.domain.sizing.operations import forward_operations
from services.models.domain.traits import published
from services.models.ingest import starter
from services.models.ingest.hub_record import RecordReader
from tests.evals.sizing_catalogue import Catalogue

LLAMA = Architecture(
    attention="gqa", layers=32, hidden_size=4096, intermediate_size=14336, heads=32, kv_heads=8, head_dim=128
)


@pytest.mark.parametrize(
    ("name", "task", "arch"),
    [
        ("facebook/esmfold_v1", "other", "pair"),
        ("boltz-community/boltz-2", "", "pair"),
        ("facebook/esm2_t33_650M_UR50D", "fill-mask", "encoder"),
        ("meta-llama/Llama-3.1-8B", "", "decoder"),
        ("facebook/musicgen-large", "text-to-audio", "decoder"),
        ("cvssp/audioldm2", "text-to-audio", "diffusion"),
    ],
)
def test_kinds_that_a_task_does_not_tell_are_known_by_name(name: str, task: str, arch: str) -> None:
    shape = shape_of_name(f"{name}-1B", task=task)
    assert shape is not None
    assert shape.arch == arch


def _model(model_id: str = "owner/name", **fields: Any) -> Model:
    return Model(
        **{"model_id": model_id, "task": "text-generation", "as_of": datetime(2026, 11, 1, tzinfo=UTC), **fields}
    )


def test_a_repackaging_without_dimensions_has_those_of_its_base_and_says_so() -> None:
    base = _model("owner/base", parameters=8_030_000_000, architecture=LLAMA)
    packed = _model("other/base-GGUF", base_model="owner/base", relation=Relation.QUANTIZED)
    shape = shape_of_model(packed, base)
    assert (shape.parameters, shape.layers, shape.inherited) == (8.03e9, 32, "owner/base")
    notes = size(Case(shape, Usage())).estimate.assumptions
    assert any(note.value == "as owner/base" for note in notes)


def test_a_copy_whose_record_does_not_tell_what_layers_keep_has_those_of_its_base() -> None:
    own = LLAMA.model_copy(update={"model_type": "nemotron_h"})
    base = _model("owner/base", parameters=8_030_000_000, architecture=own.model_copy(update={"kv_layers_full": 4}))
    packed = _model("other/base-AWQ", base_model="owner/base", parameters=7_000_000_000, architecture=own)
    shape = shape_of_model(packed, base)
    assert (shape.kv_layers_full, shape.inherited, shape.parameters) == (4, "owner/base", 7e9)


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({}, 4),
        ({"safetensors": {"total": 8_050_000_000}}, 4),
        ({"safetensors": {"total": 9_000_000_000}}, None),
        ({"safetensors": {"total": 5_000_000_000}, "config": {"quantization_config": {"quant_method": "awq"}}}, 4),
        ({"config": {"num_hidden_layers": 28}}, None),
        ({"config": {"model_type": "llama"}}, None),
    ],
)
def test_a_copy_of_a_known_network_keeps_what_that_keeps_whatever_its_id(
    changed: dict[str, Any], kept: int | None
) -> None:
    own = LLAMA.model_copy(update={"model_type": "nemotron_h", "kv_layers_full": 4})
    base = _model("owner/base", parameters=8_030_000_000, architecture=own, source="a table")
    config = {"model_type": "nemotron_h", "num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32}
    record = {"id": "other/copy", **changed, "config": {**config, **changed.get("config", {})}}
    reader = RecordReader(tables.licenses(), frozenset(), {"owner/base": base})
    came = reader.model(record, card="", source="s", as_of=base.as_of)
    assert came.architecture.kv_layers_full == kept
    assert came.source == ("s; architecture: a table" if kept else "s")


def test_known_models_keep_their_cache_when_records_in_the_hubs_shape_come_in(shared_data: Path) -> None:
    known, checked = starter.models(), 0
    reader = RecordReader(tables.licenses(), frozenset(), known)
    with (shared_data / "data/models/models_core.jsonl").open(encoding="utf-8") as file:
        for record in map(json.loads, file):
            own = known.get(record["id"])
            if own is None or not own.architecture.tells_layers:
                continue
            came = reader.model(record, card="", source="s", as_of=own.as_of)
            before, after = (kv_layout(complete(shape_of_model(m))) for m in (own, came))
            assert after.full_per_token == pytest.approx(before.full_per_token, rel=0.01), record["id"]
            checked += 1
    assert checked > 100


def test_an_adapter_is_sized_with_the_weights_of_its_base() -> None:
    base = _model("owner/base", parameters=8_030_000_000, architecture=LLAMA)
    adapter = _model("o/lora", parameters=20_000_000, base_model="owner/base", relation=Relation.ADAPTER)
    assert shape_of_model(adapter, base).parameters == 8.03e9


@pytest.mark.parametrize(
    ("model_id", "billions"),
    [
        ("Qwen/Qwen3-ASR-1.7B", 1.7),
        ("owner/bert-330m", 0.33),
        ("mistralai/Mixtral-8x7B-v0.1", 46),
        ("o/Qwen3-30B-A3B", 30),
        ("o/net-1B-trained-on-150B", 1),
        ("owner-24B/net", None),
    ],
)
def test_a_size_in_the_name_stands_in_for_a_count(model_id: str, billions: float | None) -> None:
    shape = shape_of_model(_model(model_id))
    assert shape.parameters == (None if billions is None else pytest.approx(billions * 1e9, rel=0.02))
    if billions:
        notes = size(Case(shape, Usage())).estimate.assumptions
        assert any(note.field == "parameters" and "name" in note.why for note in notes)


def test_own_dimensions_are_kept() -> None:
    own = LLAMA.model_copy(update={"layers": 16})
    tuned = _model(parameters=4_000_000_000, architecture=own, base_model="owner/base", relation=Relation.FINE_TUNE)
    shape = shape_of_model(tuned, _model("owner/base", parameters=8_030_000_000, architecture=LLAMA))
    assert (shape.parameters, shape.layers, shape.inherited) == (4e9, 16, "")


@pytest.mark.parametrize(
    ("model_id", "kind"),
    [("EleutherAI/gpt-j-6b", "mha"), ("facebook/opt-13b", "mha"), ("o/falcon-7b-x", "mqa"), ("owner/newest-8b", "")],
)
def test_the_attention_of_an_older_family_is_known_by_its_name(model_id: str, kind: str) -> None:
    assert shape_of_model(_model(model_id, parameters=6_000_000_000)).attention == kind


@pytest.mark.parametrize(("component", "transformer"), [("transformer", True), ("unet", False), ("vae", None)])
def test_the_kind_of_a_denoiser_is_told_by_its_component(component: str, *, transformer: bool | None) -> None:
    architecture = Architecture(kind="diffusion", components=(Component(name=component, parameters=10**9),))
    model = _model(task="text-to-image", parameters=10**9, architecture=architecture)
    assert shape_of_model(model).transformer is transformer


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("zai-org/CogView4-6B", 9.4),
        ("o/my_Hunyuan-Video-1.5", 8.29),
        ("tencent/HunyuanVideo-I2V", 8.15),
        ("black-forest-labs/FLUX.2-klein-4B", 4.02),
        ("o/Wan2.2-tune", 5.68),
        ("o/swan2-art", 4.76),
    ],
)
def test_what_reads_the_prompts_of_a_generator_without_parts_is_known_by_its_name(name: str, billions: float) -> None:
    model = _model(name, task="text-to-image", parameters=6_000_000_000)
    estimate = size(Case(shape_of_model(model), Usage(precision="bf16"))).estimate
    assert estimate.term("text_encoder") == pytest.approx(2e9 * billions)
    assert estimate.term("denoiser") == pytest.approx(12e9)
    assert [note.value for note in estimate.assumptions if note.field == "text_encoder_parameters"] == [
        f"{billions * 1e9:.3g}"
    ]
    parts = (Component(name="transformer", parameters=5_000_000_000), Component(name="vae", parameters=1_000_000_000))
    whole = model.model_copy(update={"architecture": Architecture(kind="diffusion", components=parts)})
    assert size(Case(shape_of_model(whole), Usage(precision="bf16"))).estimate.term("text_encoder") == 0


def test_every_family_of_generators_has_an_encoder_that_is_known() -> None:
    assert {encoder for _, encoder in text_encoders._FAMILIES} == set(text_encoders.PARAMETERS)


def test_a_generator_is_the_sum_of_its_components() -> None:
    parts = (
        Component(name="transformer", parameters=12_000_000_000),
        Component(name="text_encoder_t5", parameters=4_800_000_000),
        Component(name="vae", parameters=84_000_000),
    )
    whole = sum(part.parameters or 0 for part in parts)
    model = _model(
        task="text-to-image", parameters=whole, architecture=Architecture(kind="diffusion", components=parts)
    )
    estimate = size(Case(shape_of_model(model), Usage(precision="bf16"))).estimate
    weights = sum(estimate.term(name) for name in ("denoiser", "text_encoder", "vae"))
    assert weights == pytest.approx(2 * whole)


@pytest.mark.parametrize(
    ("usage", "figure"),
    [
        (Usage(), None),
        (Usage(offload="parameters"), 11),
        (Usage(workload="lora"), 20),
        (Usage(workload="full"), 40),
        (Usage(workload="lora", checkpointing=True), 12),
        (Usage(workload="full", batch_size=4), None),
    ],
)
def test_a_published_figure_answers_only_the_use_it_is_for(usage: Usage, figure: float | None) -> None:
    def stated(gib: float, scope: str, conditions: str) -> Requirement:
        return Requirement(figure_gib=gib, scope=scope, basis="measured", conditions=conditions, source="s")

    needs = (
        stated(11, "inference", "with model CPU offload"),
        stated(40, "training", "all weights"),
        stated(20, "training", "LoRA"),
        stated(12, "training", "LoRA and gradient checkpointing"),
    )
    model = _model(task="text-to-image", parameters=10**9, requirements=needs)
    found = published(model.requirements, shape_of_model(model), usage)
    assert (found.bytes / 2**30 if found else None) == figure


@pytest.mark.parametrize(("precision", "answers"), [("fp16", True), ("bf16", True), ("fp32", False), ("int8", False)])
def test_a_figure_at_one_sixteen_bit_format_answers_for_the_other(*, precision: str, answers: bool) -> None:
    need = Requirement(figure_gib=32, scope="training", basis="published", precision="fp16", source="s")
    model = _model(task="image-segmentation", parameters=62_000_000, requirements=(need,))
    found = published(model.requirements, shape_of_model(model), Usage(workload="full", precision=precision))
    assert (found is not None) == answers


def test_the_starters_dimensions_agree_with_published_configurations(shared_data: Path) -> None:
    """Where both know a model by the same name, the cache and each dimension of the layers are the same."""
    records = {record["model"].lower(): record for record in Catalogue(shared_data / "data").records}
    compared, differ = 0, []
    names = {"layers": "layers", "hidden": "hidden_size", "heads": "heads", "kv_heads": "kv_heads"}
    names |= {"head_dim": "head_dim", "vocab": "vocab_size", "kv_lora_rank": "kv_lora_rank", "experts": "experts"}
    for model in starter.models().values():
        record = records.get(model.model_id.split("/")[1].lower())
        if record is None:
            continue
        for theirs, ours in names.items():
            value = getattr(model.architecture, ours)
            if record[theirs] and value is not None:
                compared += 1
                differ += [(model.model_id, ours, value, record[theirs])] if float(record[theirs]) != value else []
        if record["kv_bytes_per_token_16bit"]:
            layout = kv_layout(complete(shape_of_model(model)))
            within_window = 0 if record["kv_layers_window"] else layout.window_per_token
            cache = (layout.full_per_token + within_window) * 2
            if cache != pytest.approx(float(record["kv_bytes_per_token_16bit"]), rel=0.01):
                differ.append((model.model_id, "cache", cache, record["kv_bytes_per_token_16bit"]))
    assert compared > 400
    assert differ == []


@pytest.mark.parametrize(
    ("name", "parameters", "counted"),
    [
        ("Wan-AI/Wan2.2-T2V-A14B", None, 28e9),  # 2 x 14e9
        ("owner/Wan2.2-I2V-A14B-GGUF", 14_300_000_000, 28.6e9),  # the count of one
        ("owner/Wan2.2-I2V-A14B-GGUF", 28_600_000_000, 28.6e9),
    ],
)
def test_a_name_tells_two_denoisers_that_take_turns(name: str, parameters: int | None, counted: float) -> None:
    shape = shape_of_model(_model(name, task="text-to-video", parameters=parameters))
    assert (shape.parameters, shape.denoisers) == (counted, 2)
    whole, offloaded = (
        size(Case(shape, Usage(precision="bf16", image_size=632, frames=81, batch_size=1, offload=offload))).estimate
        for offload in ("", "parameters")
    )
    assert whole.term("denoiser") == pytest.approx(counted * 2)
    assert offloaded.term("denoiser") == pytest.approx(counted)
    one = shape_of_model(_model("Wan-AI/Wan2.1-T2V-14B", task="text-to-video", parameters=int(counted) // 2))
    assert one.denoisers == 1
    assert forward_operations(shape, size=592) == forward_operations(one, size=592)


def test_components_tell_how_many_denoisers_take_turns() -> None:
    names = ("transformer", "transformer_2", "text_encoder", "vae")
    parts = tuple(Component(name=name, parameters=10**9) for name in names)
    record = _model(
        task="text-to-video", parameters=4 * 10**9, architecture=Architecture(kind="diffusion", components=parts)
    )
    assert shape_of_model(record).denoisers == 2
