"""A store, a conversation with the real product, one that has a plan, and a sound plan with its spec and records."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from libs.database import Pool, migrate, open_pool
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import catalogue, model
from tests.orchestrator.replicas import MIGRATIONS
from tests.support.conversation import Conversation, Product, Reply

PLANNED = "Serve Llama 3.1 8B for 20 concurrent users, at most $2000 a month. Just do it."


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database_url, schema="orchestrator")
    await migrate(pool, MIGRATIONS, schema="orchestrator")
    yield pool
    await pool.close()


@pytest.fixture
async def conversation(product: Product) -> Conversation:
    return await Conversation.begin(product.architect)


@pytest.fixture
async def planned(conversation: Conversation) -> Reply:
    reply = await conversation.say(PLANNED)
    assert reply.plan is not None, reply.text
    return reply


@pytest.fixture(scope="module")
def sound() -> tuple[DeploymentPlan, WorkloadSpec, Any]:
    spec = WorkloadSpec(
        task_type="inference",
        domain="llm",
        models=("llama 3.1 8b",),
        budget_currency="EUR",
        budget_amount=900,
        budget_period="month",
    )
    named = model("meta-llama/Llama-3.1-8B-Instruct", wished_as="llama 3.1 8b", license="llama3.1")
    speeds = tuple(replace(s, time_to_first_token_ms=200.0, requests_per_second=2.0) for s in catalogue().performance)
    candidates = catalogue(
        models=(named, model("meta-llama/Llama-3.1-70B-Instruct", 70_000_000_000)), performance=speeds
    )
    return build_plan(spec, candidates, plan_id="p", conversation_id="c"), spec, candidates
