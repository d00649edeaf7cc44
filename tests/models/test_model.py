"""A record of a model, completed by another record of the same one."""

from __future__ import annotations

from typing import Any

import pytest

from services.models.domain.model import Architecture, Component, License, Relation
from tests.models.builders import model

KNOWN = model(
    task="text-generation",
    license=License(license_id="mit"),
    parameters=7,
    architecture=Architecture(model_type="llama", layers=32),
    base_model="owner/base",
    relation=Relation.FINE_TUNE,
    downloads=1_000,
    likes=50,
    source="the starter",
)


def test_what_a_record_lacks_is_taken_and_its_source_said():
    whole = model(downloads=5).completed_by(KNOWN)
    for name in ("task", "license", "parameters", "architecture", "base_model", "relation"):
        assert getattr(whole, name) == getattr(KNOWN, name)
        assert name in whole.source
    assert whole.source.endswith(": the starter")
    assert (whole.downloads, whole.likes) == (5, None), "counts of two dates are not mixed"


def test_what_a_record_states_is_kept():
    own = model(
        task="translation",
        license=License(license_id="apache-2.0"),
        parameters=8,
        architecture=Architecture(model_type="own", layers=16),
        base_model="other/base",
        relation=Relation.QUANTIZED,
    )
    assert own.completed_by(KNOWN) == own


def test_parts_are_taken_with_the_count_that_they_make_up():
    parts = (Component(name="transformer", parameters=2), Component(name="text_encoder_t5_xxl", parameters=5))
    known = KNOWN.model_copy(update={"architecture": Architecture(kind="diffusion", components=parts)})
    whole = model(parameters=2).completed_by(known)
    assert whole.architecture.components == parts
    assert whole.parameters == known.parameters
    own = model(architecture=Architecture(components=parts[:1]), parameters=2)
    assert own.completed_by(known).architecture == own.architecture


def test_dimensions_are_taken_whole_under_the_records_own_name_for_the_kind():
    mixed = model(architecture=Architecture(model_type="llama4", heads=8)).completed_by(KNOWN)
    assert mixed.architecture == Architecture(model_type="llama4", layers=32)


WHOLE = Architecture(model_type="deepseek_v3", layers=61, hidden_size=7168, kv_layers_full=61, kv_lora_rank=512)
EXCERPT = Architecture(model_type="own", layers=61, hidden_size=7168, heads=128, kv_heads=128)


def test_an_excerpt_that_does_not_tell_what_layers_keep_gives_way_to_a_record_of_the_same_network_that_does():
    assert EXCERPT.completed_by(WHOLE) == WHOLE.model_copy(update={"model_type": "own"})
    halves = WHOLE.model_copy(update={"layers": 12, "encoder_layers": 49})
    assert EXCERPT.completed_by(halves).layers == 12, "the excerpt counts the layers of both halves"


@pytest.mark.parametrize("change", [{"layers": 60}, {"hidden_size": 4096}, {"kv_layers_full": 61}])
def test_dimensions_of_another_network_and_those_that_tell_all_are_kept(change: dict[str, Any]):
    own = EXCERPT.model_copy(update=change)
    assert own.completed_by(WHOLE) == own
    assert WHOLE.completed_by(EXCERPT) == WHOLE
