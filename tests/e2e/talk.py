"""Holds a conversation with the running stack, taking "you choose" for every question."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable

import httpx2

from stack8s.orchestrator.v1.architect_service_pb2 import (
    CreateConversationRequest,
    CreateConversationResponse,
    SendMessageRequest,
)
from stack8s.orchestrator.v1.architect_service_pb2_grpc import ArchitectServiceStub
from stack8s.orchestrator.v1.conversation_pb2 import TurnEvent
from stack8s.orchestrator.v1.plan_pb2 import DeploymentPlan
from tests.support.grpc_web import stream, unary

MRI = (
    "I have 2TB of MRI images and want to create a model to detect lung cancer. "
    "Please architect the best stack and find the right GPUs."
)
SERVICE = "stack8s.orchestrator.v1.ArchitectService"
Send = Callable[[SendMessageRequest], AsyncIterable[TurnEvent]]


async def begin(architect: ArchitectServiceStub) -> str:
    """Begin a conversation over gRPC and return its id."""
    return (await architect.CreateConversation(CreateConversationRequest())).conversation_id


async def begin_in_browser(browser: httpx2.AsyncClient) -> str:
    """Begin a conversation over gRPC-web and return its id."""
    method = f"{SERVICE}/CreateConversation"
    return (await unary(browser, method, CreateConversationRequest(), CreateConversationResponse)).conversation_id


def send_in_browser(browser: httpx2.AsyncClient) -> Send:
    """Return SendMessage over gRPC-web."""
    return lambda request: stream(browser, f"{SERVICE}/SendMessage", request, TurnEvent)


async def events(send: Send, conversation_id: str, text: str) -> list[TurnEvent]:
    """Return all events of a turn."""
    return [event async for event in send(SendMessageRequest(conversation_id=conversation_id, text=text))]


async def plan_for(send: Send, conversation_id: str, text: str) -> DeploymentPlan:
    """Return the plan for the words, after at most one round of questions."""
    for words in (text, "You choose."):
        turn = await events(send, conversation_id, words)
        kinds = [event.WhichOneof("event") for event in turn]
        assert kinds[0] == "accepted", kinds
        assert kinds[-1] == "completed", (kinds, turn[-1])
        assert [event.sequence for event in turn] == list(range(1, len(turn) + 1))
        asked = [q for event in turn if event.HasField("questions") for q in event.questions.questions]
        assert len(asked) <= 3
        if plans := [event.plan for event in turn if event.HasField("plan")]:
            return plans[-1]
        assert asked, kinds
    raise AssertionError("no plan after the questions were answered")
