"""Which model a name means."""

from __future__ import annotations

from services.orchestrator.domain.planning.wished import meant, whole
from tests.orchestrator.planning.builders import model

BASE, TURBO = "stabilityai/stable-diffusion-xl-base-1.0", "stabilityai/sdxl-turbo"


def answers(name, *found):
    return meant([model(model_id, wished_as=name, license_class=license_class) for model_id, license_class in found])


def test_a_name_does_not_mean_a_variant_that_permits_less():
    first, second = answers("sdxl", (BASE, "attribution"), (TURBO, "research_only"))
    assert (first.model_id, first.wished_as) == (BASE, "sdxl")
    assert (second.model_id, second.wished_as) == (TURBO, "")


def test_of_models_that_bear_a_name_alike_the_more_permissive_is_meant():
    found = answers("flux", ("bfl/FLUX.1-dev", "research_only"), ("bfl/FLUX.1-schnell", "commercial"))
    assert [m.model_id for m in found if m.wished_as] == ["bfl/FLUX.1-schnell"]


def test_the_exact_name_is_meant_whatever_it_permits():
    found = answers("flux.1 dev", ("bfl/FLUX.1-schnell", "commercial"), ("bfl/FLUX.1-dev", "research_only"))
    assert found[0].model_id == "bfl/FLUX.1-dev"
    found = answers("sdxl turbo", (TURBO, "research_only"), (BASE, "attribution"))
    assert (found[0].model_id, found[0].wished_as) == (TURBO, "sdxl turbo")


def test_a_name_that_is_an_id_means_no_model_that_is_called_more():
    large, turbo = "openai/whisper-large-v3", "openai/whisper-large-v3-turbo"
    found = answers("whisper large v3", (turbo, "commercial"), (large, "commercial"))
    assert [(m.model_id, m.wished_as) for m in found] == [(large, "whisper large v3"), (turbo, "")]
    ids = ("meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-8B-Instruct")
    assert all(m.wished_as for m in answers("llama 3.1 8b", *((i, "attribution") for i in ids)))


def test_another_owner_with_a_freer_licence_does_not_take_a_name():
    found = answers("command r", ("cohere/command-r-v01", "research_only"), ("other/command-r-copy", "commercial"))
    assert found[0].model_id == "cohere/command-r-v01"


def test_equal_answers_keep_the_order_of_the_catalogue():
    ids = ["meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B-Other"]
    assert [m.model_id for m in answers("llama 3.1 8b", *((i, "attribution") for i in ids))] == ids
    assert meant([]) == ()


def test_an_adapter_is_planned_only_where_it_was_named_itself():
    name = "ByteDance/SDXL-Lightning"
    for said, planned in (("sdxl", False), ("", False), ("sdxl lightning", True), (name, True)):
        assert whole(model(name, wished_as=said, adapter=True)) is planned
        assert whole(model(name, wished_as=said))


def test_a_bare_name_means_what_others_were_made_from():
    derived, base = "openvla/openvla-7b-finetuned-libero", "openvla/openvla-7b"
    assert answers("openvla", (derived, "commercial"), (base, "commercial"))[0].model_id == base
    assert answers(derived, (derived, "commercial"), (base, "commercial"))[0].model_id == derived
