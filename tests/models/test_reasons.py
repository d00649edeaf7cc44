"""Why a model was found, in words: what counted, and nothing that did not."""

from __future__ import annotations

import pytest

from services.models.domain.model import Relation
from services.models.domain.ranking import Candidate, Ranked
from services.models.domain.reasons import why


def ranked(*, popularity: float = 0.0, **facts) -> Ranked:
    plain = {"task": "", "cosine": 0.0, "words": 0.0, "downloads": None, "likes": None, "chunk_no": 1}
    found = Candidate(model_no=1, model_id="org/m", base_model="", relation=Relation.UNKNOWN, **{**plain, **facts})
    return Ranked(found, 0.5, 0.5, popularity)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({}, "It passes the filter."),
        ({"task": "translation"}, "Its task is translation, as the wish was understood."),
        ({"task": "summarization"}, "Its task is summarization."),
        ({"cosine": 0.456}, "Its card is near the wish in meaning (cosine 0.46)."),
        ({"words": 0.2}, "It shares telling words with the wish."),
        ({"words": 0.19}, "It passes the filter."),
        ({"downloads": 1_234, "popularity": 0.5}, "1,234 downloads in the last 30 days counted."),
        ({"downloads": 1_234, "popularity": 0.49}, "It passes the filter."),
        ({"popularity": 0.9}, "It passes the filter."),
        (
            {"task": "translation", "cosine": 0.5, "words": 1.0},
            "Its task is translation, as the wish was understood; its card is near the wish in meaning (cosine 0.50); "
            "it shares telling words with the wish.",
        ),
    ],
)
def test_what_counted_is_said(facts, says):
    fit = {"translation": 0.3, "summarization": 0.29}
    assert why(ranked(**facts), fit, described=False, by_name=False) == says


def test_a_passage_of_a_record_and_a_name_are_said():
    found = ranked(cosine=0.5, task="translation")
    assert "what its record states" in why(found, {}, described=True, by_name=False)
    assert why(found, {}, described=False, by_name=True) == "Its name is what was asked for."
