"""The same conversations with a language model beside the rules, one that behaves and some that do not.

Whatever a model says, the facts of the plans are those that the rules and the catalogues give.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from libs.rpc.client import open_channel
from stack8s.orchestrator.v1.architect_service_pb2 import GetConversationRequest
from stack8s.orchestrator.v1.architect_service_pb2_grpc import ArchitectServiceStub
from tests.acceptance.plan_rules import differences
from tests.acceptance.scenario import Scenario, Told, Turn, fields, said_wrong, scenarios, talk
from tests.support.conversation import Conversation, Product, Reply
from tests.support.llm import Say, Script, language_model
from tests.support.services import Services

MODEL = "gpt-4o-mini"
TALKS = tuple(scenario for scenario in scenarios() if len(scenario.turns) > 1)
TURNS = {turn.says: turn for scenario in TALKS for turn in scenario.turns}
OPENING = "Here is what I understood and what I would do."


@dataclass
class Model:
    """A language model whose script a test sets."""

    script: Script


@pytest.fixture(scope="session")
def model() -> Model:
    return Model(lambda request: Say(status=500))


@pytest.fixture(scope="session")
def orchestrator(services: Services, model: Model) -> Iterator[str]:
    """Address of an orchestrator that asks the model."""
    with language_model(lambda request: model.script(request)) as server:
        process = services.another("orchestrator")
        process.start(
            OPENAI_API_KEY="sk-test",
            OPENAI_BASE_URL=server.base_url,
            llm_answer_s="1",
            llm_attempts="2",
            llm_breaker_failures="1000000",
            llm_conversation_usd="1000",
        )
        yield process.target
        process.end()


@pytest.fixture
async def with_model(orchestrator: str) -> AsyncIterator[ArchitectServiceStub]:
    async with open_channel(orchestrator, timeout_s=30.0) as channel:
        yield ArchitectServiceStub(channel)


async def require_same_facts(product: Product, by_rules: Told, scenario: Scenario, replies: list[Reply]) -> None:
    """Assert that specs, actions and plans are those by rules alone."""
    for reply, rules in zip(replies, await by_rules.replies(product.architect, scenario), strict=True):
        assert reply.last == "completed", reply.events[-1]
        assert fields(reply.spec) == fields(rules.spec)
        assert reply.completed.action == rules.completed.action
        assert not differences(reply.plan, rules.plan)


def message_of(request: dict[str, Any]) -> str:
    """Return the person's message in a request to the model."""
    (text,) = re.findall(r"<data name='message'>\n(.*)\n</data>", request["messages"][-1]["content"], re.DOTALL)
    return str(text)


def behaves(request: dict[str, Any]) -> Say:
    """Reads each message as the scenario says it should be read, and writes modest prose."""
    if request.get("stream"):
        return Say(f"{OPENING} ")
    if "<data name='plan'>" in request["messages"][-1]["content"]:
        return Say(json.dumps({"understanding": "You want what you asked for.", "tradeoffs": ["Price against speed."]}))
    turn: Turn | None = TURNS.get(message_of(request))
    stated = turn.spec if turn else {}
    changes = [{"field": field, "value": value, "words": message_of(request)} for field, value in stated.items()]
    return Say(json.dumps({"changes": changes, "intent": "plan", "wants_plan_now": False}))


@pytest.mark.parametrize("scenario", TALKS, ids=lambda scenario: scenario.name)
async def test_a_conversation_goes_as_it_should_with_a_model(
    product: Product,
    with_model: ArchitectServiceStub,
    model: Model,
    by_rules: Told,
    scenario: Scenario,
):
    model.script = behaves
    replies = await talk(with_model, scenario)
    wrong = [
        f"turn {n}: {said}"
        for n, (t, r) in enumerate(zip(scenario.turns, replies, strict=True), 1)
        for said in said_wrong(t, r)
    ]
    assert not wrong, "\n".join(wrong)
    await require_same_facts(product, by_rules, scenario, replies)
    assert {reply.completed.reasoner for reply in replies} <= {MODEL, "rules"}
    assert any(OPENING in reply.text for reply in replies)
    assert all(reply.completed.prompt_version for reply in replies if reply.completed.reasoner == MODEL)


def invents(request: dict[str, Any]) -> Say:
    if request.get("stream"):
        return Say("It costs only $1.2357 a month. You get 4096 GPUs of type B999. All is well.")
    if "<data name='plan'>" in request["messages"][-1]["content"]:
        return Say(json.dumps({"understanding": "You want 77777 GPUs for $5.", "tradeoffs": ["It saves 99.9%."]}))
    invented = {
        "budget_usd_month": 99999,
        "gpu_models": ["B200"],
        "concurrency": 777,
        "providers": ["runpod"],
        "geos": ["JP"],
        "license": "mit",
        "spot_ok": None,
        "no_such_field": 1,
        "gpu_count_min": -4,
    }
    words = message_of(request)[:40]
    changes = [{"field": field, "value": value, "words": words} for field, value in invented.items()]
    return Say(json.dumps({"changes": changes, "intent": "plan", "wants_plan_now": False}))


def recites(request: dict[str, Any]) -> Say:
    prompt = request["messages"][0]["content"]
    if request.get("stream"):
        return Say(prompt)
    return Say(json.dumps({"understanding": prompt, "tradeoffs": [prompt], "changes": [], "intent": prompt}))


def cuts(request: dict[str, Any]) -> Say:
    whole = behaves(request)
    return Say(whole.content, cut_after=20) if request.get("stream") else Say(whole.content[: len(whole.content) // 2])


HOSTILE: dict[str, Callable[[dict[str, Any]], Say]] = {
    "invents": invents,
    "another schema": lambda request: Say(json.dumps({"budget": "lots", "changes": {"a": [1, {"b": None}]}})),
    "recites its prompt": recites,
    "too many requests": lambda request: Say(status=429, headers={"retry-after": "0"}),
    "down": lambda request: Say(status=503),
    "hangs": lambda request: Say("too late", delay_s=1.5),
    "cuts streams": cuts,
    "refuses": lambda request: Say("I'm sorry, but I can't help with that."),
    "rambles": lambda request: Say("blah " * 20_000),
}
TRIED = tuple(s for s in TALKS if s.name in ("seeds-object_detection", "revisions-other_cloud"))


@pytest.mark.parametrize("scenario", TRIED, ids=lambda scenario: scenario.name)
@pytest.mark.parametrize("misbehaviour", HOSTILE)
async def test_a_model_that_misbehaves_changes_no_fact(
    product: Product,
    with_model: ArchitectServiceStub,
    model: Model,
    by_rules: Told,
    scenario: Scenario,
    misbehaviour: str,
):
    model.script = HOSTILE[misbehaviour]
    replies = await talk(with_model, scenario)
    await require_same_facts(product, by_rules, scenario, replies)
    told = "\n".join([*(r.text for r in replies), *(str(r.plan) for r in replies)])
    for lie in ("1.2357", "B999", "77777", "99.9%", "never an instruction", "thrown away", "blah blah"):
        assert lie not in told


async def test_the_turn_after_an_outage_asks_the_model_again(with_model: ArchitectServiceStub, model: Model):
    conversation = await Conversation.begin(with_model)
    model.script = HOSTILE["down"]
    without = await conversation.say("Serve Llama 3.1 8B for 10 concurrent users, $2000 a month, just do it")
    assert without.completed.reasoner == "rules"
    assert "language model gave no answer" in without.text
    model.script = behaves
    again = await conversation.say("on AWS please")
    assert again.completed.reasoner == MODEL
    assert "language model gave no answer" not in again.text


async def test_what_a_model_used_is_recorded(product: Product, with_model: ArchitectServiceStub, model: Model):
    model.script = behaves
    conversation = await Conversation.begin(with_model)
    reply = await conversation.say("hello")
    assert reply.completed.input_tokens >= 1000
    assert reply.completed.output_tokens >= 100
    assert reply.completed.llm_cost.nanos > 0
    again = await conversation.say("hello again")
    found = await with_model.GetConversation(GetConversationRequest(conversation_id=conversation.id))
    used = found.conversation
    assert used.llm_input_tokens == reply.completed.input_tokens + again.completed.input_tokens
    assert used.llm_output_tokens == reply.completed.output_tokens + again.completed.output_tokens
    assert used.llm_cost.nanos == reply.completed.llm_cost.nanos + again.completed.llm_cost.nanos
