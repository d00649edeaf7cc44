"""Wishes for what language models can do beyond their task, in the words of users."""

from __future__ import annotations

import pytest

from services.models.domain.capabilities import TASK, asked_of_language_model
from services.models.domain.tasks import fits, informed, likely_tasks
from services.models.ingest import pipeline
from services.models.ingest.starter import StarterSource
from stack8s.models.v1.models_service_pb2 import ModelFilter, SearchModelsRequest
from tests.models.harness import database, service
from tests.support.database import create_database, drop_database


@pytest.mark.parametrize(
    "wish",
    [
        "function calling agent", "Tool use model", "a bot that calls our APIs", "agentic model with MCP",
        "uncensored roleplay", "a model which doesn't refuse", "LLM that will not moralise", "without any censorship",
        "story writing companion", "write long fantasy novels", "role-play partner", "AI girlfriend", "JSON mode",
    ],
)  # fmt: skip
def test_what_only_a_language_model_can_do_decides_the_task(wish: str) -> None:
    told = informed({"reinforcement-learning": 0.7, "text-classification": 0.2, TASK: 0.1}, wish)
    assert likely_tasks(fits(told))[0] == TASK
    assert sum(told.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    "wish",
    [
        "uncensored image generator", "classify whether a chatbot refuses", "detect jailbroken prompts",
        "a voice for role-play", "illustrate a story", "reinforcement learning agent", "an agent that plays chess",
        "translate fiction", "forecast sales", "sort the tools in this picture", "no filters on size",
        "I teach English. Give my class a creative writing exercise in which moon, rabbit and forest all occur.",
    ],
)  # fmt: skip
def test_other_tasks_and_media_are_left_to_the_head(wish: str) -> None:
    assert not asked_of_language_model(wish)
    read = {"reinforcement-learning": 0.7, TASK: 0.3}
    assert informed(read, wish) == read


async def test_cards_are_found_by_what_they_say_instead_and_filters_hold(postgres_url: str) -> None:
    url = await create_database(postgres_url)
    async with database(url) as (pool, chosen):
        await pipeline.run(pool, StarterSource(), fast=chosen.fast, better=chosen.better)
    async with service(url) as models:
        for wish, card in (
            ("a model which doesn't refuse", "steerable"),
            ("uncensored roleplay", "role"),
            ("function calling agent", "function calling"),
            ("tool use model", "tool"),
        ):
            answer = await models.stub.SearchModels(SearchModelsRequest(query=wish, page_size=3))
            assert answer.understood_tasks[0] == TASK
            assert {r.model.task for r in answer.results} == {TASK}
            assert any(card in r.passage.lower() for r in answer.results), wish
            small = ModelFilter(parameters_b_max=2, licenses=["apache-2.0"])
            held = await models.stub.SearchModels(SearchModelsRequest(query=wish, filter=small, page_size=20))
            assert held.results
            assert all(r.model.parameters <= 2e9 for r in held.results)
            assert {r.model.license.license_id for r in held.results} == {"apache-2.0"}
    await drop_database(postgres_url, url)
