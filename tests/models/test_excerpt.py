"""What of a passage is shown for why it was found."""

from __future__ import annotations

import pytest

from services.models.domain.excerpt import excerpt

CARD = """org/name
automatic speech recognition. transformers. languages en
🚀 News: transcribe calls, see https://example.org/calls and our blog!
[A. Author](x) · B. Writer et al. Transcribing phone calls, 2024
model = Model.from_pretrained("org/name"); model.transcribe(calls)
It was trained on a corpus of radio plays. The model transcribes phone calls in noise. It can be used without a network.
"""


def test_the_sentence_that_says_so_is_shown_rather_than_links_authors_code_and_facts_of_the_record():
    told = excerpt(
        CARD,
        wish="Transcribe our phone calls",
        task="automatic-speech-recognition",
        own_task="automatic-speech-recognition",
    )
    assert told == "The model transcribes phone calls in noise."


def test_what_is_near_only_by_its_task_is_told_and_nothing_where_no_sentence_says_any_of_it():
    card = "org/name\nWe thank everybody who helped us.\nThis model is for image classification on phones."
    assert (
        excerpt(card, wish="sort apples", task="image-classification")
        == "This model is for image classification on phones."
    )
    assert not excerpt(card, wish="forecast demand", task="time-series-forecasting")
    assert not excerpt("org/name", wish="forecast demand", task="")


@pytest.mark.parametrize("length", [10, 2_000])
def test_an_excerpt_is_short_and_ends_at_a_word(length):
    told = excerpt(f"org/name\nThe model translates {'words ' * length}", wish="translate", task="translation")
    assert len(told) <= 320
    assert told.endswith(("words", "words…"))


def _of(*sentences: str, wish: str, task: str = "") -> str:
    return excerpt("\n".join(["owner/model", " ".join(sentences)]), wish=wish, task=task)


def test_a_word_of_the_wish_says_more_than_one_of_its_task():
    task, wish = "It was made for detection of things.", "It was made for pictures of tumours."
    assert _of(task, wish, wish="tumours", task="object-detection") == wish


def test_a_sentence_with_a_link_says_less():
    linked, plain = "See https://a.b for how it finds tumours.", "This model finds tumours in pictures."
    assert _of(linked, plain, wish="tumours").startswith(plain)


def test_a_second_sentence_is_told_where_both_are_short():
    first = "It finds tumours in the lungs of patients."
    assert _of(first, "It marks tumours too, in red.", wish="tumours") == f"{first} It marks tumours too, in red."
    assert _of(first, f"It marks tumours {'here and there ' * 20}too.", wish="tumours") == first
