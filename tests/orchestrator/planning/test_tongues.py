"""Languages that a model has to know: heard in the words, told to the search, kept to in the order, and owned up to."""

from __future__ import annotations

import pytest

from services.orchestrator.domain.planning.asks import model_asks
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.planning.ranking import ranked
from services.orchestrator.domain.planning.tongues import languages_in
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import catalogue, model
from tests.orchestrator.planning.plans import SMALL, plan_for

ARABIC = "Serve a chatbot that must speak Arabic"
SERVING = WorkloadSpec(task_type="inference", domain="llm", model_task="text-generation")


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (ARABIC, ("ar",)),
        ("classify German call transcripts", ("de",)),
        ("20 million German and English product descriptions", ("de", "en")),
        ("translate from japanese to english", ("ja", "en")),
        ("Ein Chatbot, der Arabisch und Deutsch spricht", ("ar", "de")),
        ("deutsche Kundenanrufe transkribieren", ("de",)),
        ("un chatbot en arabe pour 200 utilisateurs", ("ar",)),
        ("бот на русском языке", ("ru",)),
        ("日本語のチャットボット", ("ja",)),
        ("we are a French hospital with notes in Dutch", ("nl",)),
    ],
)
def test_languages_are_heard(words, codes):
    assert set(languages_in(words)) == set(codes)


@pytest.mark.parametrize(
    "words",
    [
        "on a German cloud provider",
        "polish the text of our adverts",
        "an English chatbot",
        "a licence that lets us sell it; pools and fins for our shop, says Gregory",
        "Please answer in German. I need a chatbot",
        "serve Llama in Finland or Thailand",
    ],
)
def test_places_and_other_words_are_no_languages(words):
    assert languages_in(words) == ()


def test_the_search_is_told_the_language():
    asks = model_asks(SERVING, needs_of(SERVING, words=ARABIC), words=ARABIC)
    assert any("Arabic" in ask.query for ask in asks)


def test_what_states_the_language_comes_first_and_what_states_others_alone_last():
    english, silent = model("a/english", languages=("en",)), model("b/silent")
    both, research = (
        model("c/both", languages=("en", "ar-SA")),
        model("d/research", languages=("ar",), license_class="research_only"),
    )
    found = [english, silent, both, research]
    assert [m.model_id for m in ranked(found, languages=("ar",))] == ["c/both", "b/silent", "d/research", "a/english"]
    assert ranked(found)[0] is english


def test_languages_are_no_match_for_what_does_the_task():
    fits, speaks = model("a/sentiment", relevance=0.8, languages=("en",)), model("b/detects", relevance=0.3)
    assert ranked([fits, speaks], languages=("ja",))[0] is fits


def test_norwegian_is_stated_by_any_of_its_codes():
    found = catalogue(models=(model(SMALL, languages=("en", "nn")),))
    plan = plan_for(found, words="a chatbot in Norwegian", task_type="inference", domain="llm")
    assert not any("Norwegian" in w for w in plan.warnings)


@pytest.mark.parametrize(
    ("languages", "told"),
    [(("en", "ar"), ""), ((), "states no languages"), (("en",), "states other languages and not Arabic")],
)
def test_a_model_that_may_not_know_the_language_is_told(languages, told):
    found = catalogue(models=(model(SMALL, languages=languages),))
    plan = plan_for(found, words=ARABIC, task_type="inference", domain="llm")
    warned = [w for w in plan.warnings if "Arabic" in w]
    assert bool(warned) is bool(told)
    assert all(told in w for w in warned)
    assert (told or "Its record states Arabic") in plan.model_recommendations[0].why


def test_languages_matter_to_words_alone():
    assert needs_of(WorkloadSpec(model_task="image-segmentation"), words="scans with French labels").languages == ()
