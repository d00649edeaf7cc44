"""The starter catalogue of models is complete, consistent and in the project's own words."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

STARTER = Path(__file__).parents[2] / "services" / "models" / "starter"
LICENSE_CLASSES = {"commercial", "attribution", "research_only", "unknown"}
PRECISIONS = {"fp32", "fp16", "bf16", "fp8", "int8", "int4", "mxfp4", "nvfp4"}
RELATIONS = {"quantized", "fine_tune", "adapter", "distilled", "merge", "converted"}
ATTENTIONS = {"mha", "gqa", "mqa", "mla", "hybrid", "encoder", "ssm", "none"}
REQUIRED = ("model_id", "task", "library", "license", "card", "source", "as_of")
SHARED_WORDS_MAX = 8

Record = dict[str, Any]


def _table(name: str) -> list[dict[str, str]]:
    with (STARTER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def models() -> list[Record]:
    lines = (STARTER / "models.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def licenses() -> dict[str, dict[str, str]]:
    return {row["license_id"]: row for row in _table("licenses.csv")}


@pytest.fixture(scope="module")
def tasks() -> dict[str, dict[str, str]]:
    return {row["task"]: row for row in _table("tasks.csv")}


def test_the_catalogue_is_large_and_covers_many_tasks(models: list[Record]) -> None:
    assert len(models) >= 600
    assert len({model["task"] for model in models}) >= 45


def test_ids_are_unique_and_in_order(models: list[Record]) -> None:
    ids = [model["model_id"] for model in models]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids, key=str.lower)
    assert [i for i in ids if not re.fullmatch(r"[\w.-]+/[\w.-]+", i)] == []


def test_every_model_states_what_is_required(models: list[Record]) -> None:
    lacking = [(m["model_id"], field) for m in models for field in REQUIRED if not m.get(field)]
    assert lacking == []
    for model in models:
        date.fromisoformat(model["as_of"])
        date.fromisoformat(model.get("created", model["as_of"]))


def test_licences_tasks_and_enumerations_are_known(
    models: list[Record], licenses: dict[str, dict[str, str]], tasks: dict[str, dict[str, str]]
) -> None:
    for model in models:
        name = model["model_id"]
        assert model["license"] in licenses, name
        assert {model["task"], *model.get("extra_tasks", ())} <= tasks.keys(), name
        assert model.get("precision", "bf16") in PRECISIONS, name
        assert model.get("relation", "merge") in RELATIONS, name
        assert model.get("architecture", {}).get("attention", "none") in ATTENTIONS, name


def test_popularity_always_carries_its_month(models: list[Record]) -> None:
    for model in models:
        popular = "downloads" in model or "likes" in model
        assert popular == ("popularity_as_of" in model), model["model_id"]
        assert re.fullmatch(r"20\d\d-\d\d", model.get("popularity_as_of", "2026-01"))


def test_a_quantised_model_names_its_base_and_repeats_its_shape(models: list[Record]) -> None:
    by_id = {model["model_id"]: model for model in models}
    quantised = [model for model in models if model.get("relation") == "quantized"]
    assert len(quantised) >= 40
    for model in quantised:
        base = by_id[model["base_model"]]
        assert model["quantization"]["method"], model["model_id"]
        assert model["task"] == base["task"], model["model_id"]
        assert model.get("parameters", 0) == pytest.approx(base.get("parameters", 0), rel=0.02), model["model_id"]


def test_memory_requirements_cite_their_source(models: list[Record]) -> None:
    stated = [(m["model_id"], entry) for m in models for entry in m.get("memory", ())]
    assert len(stated) >= 20
    for name, entry in stated:
        assert 0 < entry["figure_gib"] < 2000, name
        assert entry["basis"] in {"published", "measured"}, name
        assert entry["scope"] in {"inference", "training"}, name
        assert all((entry["source"], entry["conditions"])), name


def test_the_heads_of_every_decoder_agree(models: list[Record]) -> None:
    for model in models:
        shape = model.get("architecture", {})
        if "heads" not in shape or "kv_heads" not in shape:
            continue
        name = model["model_id"]
        assert shape["heads"] % shape["kv_heads"] == 0, name
        if shape.get("attention") in {"mha", "gqa", "mqa"} and "head_dim" in shape:
            assert 0.4 <= shape["heads"] * shape["head_dim"] / shape["hidden_size"] <= 3.2, name
        expected = {1: "mqa", shape["heads"]: "mha"}.get(shape["kv_heads"], "gqa")
        if shape.get("attention") in {"mha", "gqa", "mqa"}:
            assert shape["attention"] == expected, name


def test_layers_with_a_cache_never_outnumber_the_layers(models: list[Record]) -> None:
    for model in models:
        shape = model.get("architecture", {})
        cached = shape.get("kv_layers_full", 0) + shape.get("kv_layers_window", 0)
        assert cached <= shape.get("layers", cached), model["model_id"]
        assert ("kv_layers_window" in shape) <= ("window_tokens" in shape), model["model_id"]


def _decoder_parameters(shape: Record, *, gated: bool) -> int:
    hidden, heads, kv_heads, head_dim = (shape[k] for k in ("hidden_size", "heads", "kv_heads", "head_dim"))
    attention = 2 * hidden * heads * head_dim + 2 * hidden * kv_heads * head_dim
    feed_forward = (3 if gated else 2) * hidden * shape["intermediate_size"]
    embeddings = shape["vocab_size"] * hidden * (1 if shape.get("tied_embeddings") else 2)
    return int(shape["layers"] * (attention + feed_forward) + embeddings)


def test_parameters_of_dense_text_decoders_follow_from_their_dimensions(models: list[Record]) -> None:
    needed = {"layers", "hidden_size", "heads", "kv_heads", "head_dim", "intermediate_size", "vocab_size"}
    checked = 0
    for model in models:
        shape = model.get("architecture", {})
        dense = "experts" not in shape and shape.get("attention") in {"mha", "gqa", "mqa"}
        if model["task"] != "text-generation" or not dense or not needed <= shape.keys():
            continue
        checked += 1
        tied = {**shape, "tied_embeddings": True}
        ratios = [
            _decoder_parameters(candidate, gated=gated) / model["parameters"]
            for candidate in ((shape,) if "tied_embeddings" in shape else (shape, tied))
            for gated in (True, False)
        ]
        assert min(abs(ratio - 1) for ratio in ratios) <= 0.06, (model["model_id"], ratios)
    assert checked >= 100


def test_mixtures_of_experts_state_how_many_weights_work(models: list[Record]) -> None:
    mixtures = [m for m in models if m["task"] == "text-generation" and "experts" in m.get("architecture", {})]
    assert len(mixtures) >= 20
    for model in mixtures:
        if "active_parameters" in model and "parameters" in model:
            assert model["active_parameters"] < model["parameters"], model["model_id"]


def test_cards_have_the_agreed_length_and_are_all_different(models: list[Record]) -> None:
    wrong = [(m["model_id"], len(m["card"])) for m in models if not 120 <= len(m["card"]) <= 900]
    assert wrong == []
    assert [card for card, count in Counter(m["card"] for m in models).items() if count > 1] == []


def test_every_licence_has_a_class_and_a_plain_note(licenses: dict[str, dict[str, str]]) -> None:
    assert len(licenses) == len(_table("licenses.csv"))
    for name, row in licenses.items():
        assert row["class"] in LICENSE_CLASSES, name
        assert row["open_source"] in {"true", "false"}, name
        assert row["note"].endswith("."), name
        assert all((row["name"], row["source"])), name
        date.fromisoformat(row["as_of"])


def test_every_task_is_described_with_words_that_people_use(tasks: dict[str, dict[str, str]]) -> None:
    assert len(tasks) == len(_table("tasks.csv"))
    for name, row in tasks.items():
        assert row["description"].endswith("."), name
        assert len(row["synonyms"].split(",")) >= 2, name


def test_tasks_cover_the_hub(tasks: dict[str, dict[str, str]], shared_data: Path) -> None:
    text = (shared_data / "data" / "models" / "README.md").read_text(encoding="utf-8")
    table = text.split("## Per task")[1].split("##")[0]
    tags = set(re.findall(r"^\| ([a-z0-9-]+) \| \d+ \|", table, re.MULTILINE))
    assert len(tags) > 40
    assert tags - tasks.keys() == set()


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {tuple(words[i : i + SHARED_WORDS_MAX + 1]) for i in range(len(words) - SHARED_WORDS_MAX)}


def test_cards_are_in_our_own_words(models: list[Record], shared_data: Path) -> None:
    compared, copied = 0, []
    for model in models:
        page = shared_data / "data" / "models" / "cards" / (model["model_id"].replace("/", "__") + ".md")
        if page.is_file():
            compared += 1
            if _runs(model["card"]) & _runs(page.read_text(encoding="utf-8")):
                copied.append(model["model_id"])
    assert compared >= 100
    assert copied == []


def _of_hub(record: Record) -> dict[str, str]:
    """Return what a record of the Hub says of what both know."""
    card = record.get("cardData") or {}
    licences = card.get("license") or []
    total = (record.get("safetensors") or {}).get("total")
    said = {
        "task": record.get("pipeline_tag"),
        "license": licences if isinstance(licences, str) else next(iter(licences), None),
        "parameters": str(total) if total else None,
    }
    return {field: value for field, value in said.items() if value}


def test_every_difference_from_the_hub_has_its_reason(models: list[Record], shared_data: Path) -> None:
    own = {model["model_id"]: model for model in models}
    found, compared = {}, 0
    with gzip.open(shared_data / "data" / "models" / "models_all.jsonl.gz", "rt", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            model = own.get(record["id"])
            if model is None:
                continue
            compared += 1
            for field, theirs in _of_hub(record).items():
                if field in model and str(model[field]) != theirs:
                    found[record["id"], field] = theirs
    rows = _table("differences.csv")
    assert compared >= 700
    assert {(row["model_id"], row["field"]): row["hub"] for row in rows} == found
    assert all(len(row["reason"]) > 20 for row in rows)
