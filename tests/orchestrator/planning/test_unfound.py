"""Why a search for models found nothing is told in the words of what was asked for."""

from __future__ import annotations

import pytest

from services.orchestrator.domain.candidates import FoundModels
from services.orchestrator.domain.planning.asks import ModelAsk
from services.orchestrator.domain.planning.constraints import license_ok
from services.orchestrator.domain.planning.unfound import why_unfound
from tests.orchestrator.planning.builders import model

CHAT = ModelAsk(query="chat", tasks=("text-generation",), parameters_b=(6, 15), license="eupl-1.2")
NAMED = ModelAsk(name="llama 3.1 8b")
WHY = "No model here states the licence eupl-1.2."
SOME = (model("a/b"),)


def test_a_search_that_found_nothing_tells_what_was_asked_for_and_why():
    assert why_unfound((CHAT,), (FoundModels(notes=(WHY,)),)) == (
        "Asked for models for text generation of 6 to 15 billion parameters under the licence eupl-1.2, the models "
        f"catalogue found none. {WHY}",
    )


@pytest.mark.parametrize(
    ("license_id", "found", "told"),
    [("eupl-1.2", SOME, 1), ("commercial_ok", SOME, 0), (None, SOME, 0), (None, (), 1), ("open_source", (), 1)],
)
def test_what_a_wish_of_the_user_left_out_is_told_and_no_more(license_id, found, told):
    ask = ModelAsk(query="chat", license=license_id)
    assert len(why_unfound((ask,), (FoundModels(models=found, notes=(WHY,)),))) == told


def test_where_the_model_was_named_only_a_licence_matters_to_what_its_description_finds():
    named, nothing = FoundModels(models=SOME), FoundModels(notes=(WHY,))
    assert why_unfound((NAMED, ModelAsk(query="chat")), (named, nothing)) == ()
    assert len(why_unfound((NAMED, CHAT), (named, nothing))) == 1


def test_a_family_of_many_licences_is_told_in_few_words():
    notes = tuple(f"No model here states the licence cc-{n}." for n in range(20))
    (told,) = why_unfound((CHAT,), (FoundModels(models=SOME, notes=notes),))
    assert "cc-2." in told
    assert "cc-3." not in told
    assert told.endswith("So it says of 17 other values.")


def test_what_the_catalogue_found_by_a_family_of_licences_has_it():
    assert license_ok(model("a/b", license="llama3.1", license_asked="llama"), "llama")
    assert not license_ok(model("a/b", license="llama3.1"), "llama")
    assert not license_ok(model("a/b", license="llama3.1", license_asked="llama"), "apache")
