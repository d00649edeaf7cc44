"""In which order models are considered that a search found."""

from __future__ import annotations

from datetime import date

from services.orchestrator.domain.planning.ranking import ranked
from tests.orchestrator.planning.builders import model

OLD, NEW = date(2024, 9, 1), date(2025, 4, 1)


def order(*models, from_scratch: bool = False) -> list[str]:
    return [m.model_id for m in ranked(models, from_scratch=from_scratch)]


def test_a_newer_model_of_the_maker_that_is_used_as_much_takes_the_place_of_the_older():
    old = model("maker/gen2-7b", 7_600_000_000, published=OLD, downloads=8, relevance=0.8)
    other = model("other/chat-8b", published=OLD, downloads=9, relevance=0.79)
    new = model("maker/gen3-8b", 8_200_000_000, published=NEW, downloads=10, relevance=0.7)
    assert order(old, other, new) == ["maker/gen3-8b", "maker/gen2-7b", "other/chat-8b"]


def test_a_model_that_fits_less_or_is_hardly_used_succeeds_no_other():
    coder = model("maker/coder-7b", 7_600_000_000, published=OLD, downloads=8, relevance=0.8)
    general = model("maker/gen3-8b", 8_200_000_000, published=NEW, downloads=10, relevance=0.5)
    unused = model("maker/gen3-guard-8b", 8_200_000_000, published=NEW, downloads=1, relevance=0.8)
    larger = model("maker/gen3-32b", 32_000_000_000, published=NEW, downloads=99, relevance=0.8)
    assert order(coder, general, unused, larger)[0] == "maker/coder-7b"


def test_what_may_not_be_used_commercially_comes_after_what_may():
    assert order(model("a/a", license_class="research_only"), model("b/b")) == ["b/b", "a/a"]


def test_training_from_scratch_takes_an_untuned_architecture_first():
    tuned, base = model("maker/gen3-8b-Instruct"), model("other/base-8b")
    assert order(tuned, base, from_scratch=True) == ["other/base-8b", "maker/gen3-8b-Instruct"]
    assert order(tuned, base) == ["maker/gen3-8b-Instruct", "other/base-8b"]
