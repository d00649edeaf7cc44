"""Wishes for several things: which parts they have, and that each part is answered."""

from __future__ import annotations

import pytest

from services.models.domain.parts import of_different_tasks, parts_of
from stack8s.models.v1.models_service_pb2 import SearchModelsRequest
from tests.models.conftest import Generated


@pytest.mark.parametrize(
    ("wish", "parts"),
    [
        ("transcribe our meetings and summarise them", ["transcribe our meetings", "summarise them"]),
        ("Summarise papers, then translate the summary", ["Summarise papers", "translate the summary"]),
        (
            "transcribe a podcast, tell the speakers apart and write show notes",
            ["transcribe a podcast", "tell the speakers apart", "write show notes"],
        ),
        ("transcribe calls in German and French", []),
        ("detect and count cars", []),
        ("Classify letters by topic. We have ten years of them and sort them by hand.", []),
        ("a chatbot that is kind and quick", []),
    ],
)
def test_a_wish_has_parts_where_it_tells_of_different_things_to_do(wish, parts):
    assert [part.text for part in parts_of(wish)] == parts


def test_parts_count_where_their_tasks_differ_and_none_does_for_another():
    speech, short, chat = {"automatic-speech-recognition": 0.9}, {"summarization": 0.9}, {"text-generation": 0.9}
    assert of_different_tasks([speech, short])
    assert not of_different_tasks([short, chat])
    assert not of_different_tasks([speech, {"summarization": 0.2}])


@pytest.mark.asyncio(loop_scope="session")
async def test_models_for_each_part_of_a_wish_come_by_turns(generated: Generated):
    request = SearchModelsRequest(query="Transcribe phone calls and summarise them", page_size=6)
    answer = await generated.running.stub.SearchModels(request)
    assert [r.model.task for r in answer.results[:2]] == ["automatic-speech-recognition", "summarization"]
    assert set(answer.understood_tasks) >= {"automatic-speech-recognition", "summarization"}
    assert [r.score for r in answer.results] == sorted((r.score for r in answer.results), reverse=True)
