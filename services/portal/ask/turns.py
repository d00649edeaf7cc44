"""Carries one conversation over gRPC: sends a message, collects what its turn brings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

import grpc

from libs.errors import Stack8sError, UnavailableError
from libs.rpc.client import call
from libs.rpc.status import from_rpc_error
from stack8s.orchestrator.v1.architect_service_pb2 import (
    CreateConversationRequest,
    GetConversationRequest,
    RenderFormat,
    RenderPlanRequest,
    SendMessageRequest,
)
from stack8s.orchestrator.v1.architect_service_pb2_grpc import ArchitectServiceStub
from stack8s.orchestrator.v1.conversation_pb2 import Completed, Question, TurnEvent
from stack8s.orchestrator.v1.plan_pb2 import DeploymentPlan

if TYPE_CHECKING:
    from stack8s.orchestrator.v1.architect_service_pb2_grpc import ArchitectServiceAsyncStub

_AGAIN = 'Nothing is lost; go on in a moment: make ask Q="..." CONVERSATION='


async def require_listener(target: str) -> None:
    """Raise UnavailableError when nothing listens at host:port, in words for somebody who has not started the stack."""
    host, port = target.rsplit(":", 1)
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        message = f"nothing answers at {target}: start it with `make run` in another terminal"
        raise UnavailableError(message) from None
    writer.close()


class TurnFailedError(Stack8sError):
    """The architect could not finish the turn."""

    reason = "TURN_FAILED"


@dataclass
class Turn:
    """What a turn brought."""

    text: str = ""
    questions: list[Question] = field(default_factory=list)
    plan: DeploymentPlan | None = None
    completed: Completed | None = None


class Architect:
    """The orchestrator, as the terminal speaks with it."""

    def __init__(self, channel: grpc.aio.Channel, *, timeout_s: float) -> None:
        self._stub: ArchitectServiceAsyncStub = ArchitectServiceStub(channel)
        self._timeout_s = timeout_s

    async def begin(self) -> str:
        """Begin a conversation and return its id."""
        return (await call(self._stub.CreateConversation(CreateConversationRequest()))).conversation_id

    async def require(self, conversation_id: str) -> None:
        """Raise NotFoundError when there is no such conversation."""
        await call(self._stub.GetConversation(GetConversationRequest(conversation_id=conversation_id)))

    async def send(self, conversation_id: str, text: str, *, show: Callable[[TurnEvent], None]) -> Turn:
        """Send a message, show each event as it comes, and return what the turn brought. Raises Stack8sError."""
        request = SendMessageRequest(conversation_id=conversation_id, text=text, request_id=uuid4().hex)
        turn = Turn()
        try:
            async for event in self._stub.SendMessage(request, timeout=self._timeout_s):
                show(event)
                _collect(turn, event)
        except grpc.aio.AioRpcError as error:
            failure = from_rpc_error(error)
            if isinstance(failure, UnavailableError):
                raise UnavailableError(
                    f"the orchestrator went away ({failure.message}). {_AGAIN}{conversation_id}"
                ) from None
            raise failure from None
        if turn.completed is None:
            raise UnavailableError(f"the answer ended half-way. {_AGAIN}{conversation_id}")
        return turn

    async def markdown(self, plan: DeploymentPlan) -> str:
        """Return the plan as Markdown."""
        request = RenderPlanRequest(plan_id=plan.plan_id, format=RenderFormat.RENDER_FORMAT_MARKDOWN)
        return (await call(self._stub.RenderPlan(request))).content.decode()


def _collect(turn: Turn, event: TurnEvent) -> None:
    match event.WhichOneof("event"):
        case "text_delta":
            turn.text += event.text_delta.text
        case "questions":
            turn.questions = list(event.questions.questions)
        case "plan":
            turn.plan = event.plan
        case "completed":
            turn.completed = event.completed
        case "failed":
            raise TurnFailedError(event.failed.message)
