"""The client at the terminal, against a server that says what each test scripts."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from libs.errors import InvalidInputError, Stack8sError, UnavailableError
from libs.rpc.server import Mount, running
from libs.settings import ServerSettings
from services.portal.ask.__main__ import converse
from services.portal.ask.screen import Screen
from services.portal.ask.settings import AskSettings, StackSettings
from stack8s.orchestrator.v1.architect_service_pb2 import (
    CreateConversationRequest,
    CreateConversationResponse,
    RenderPlanRequest,
    RenderPlanResponse,
    SendMessageRequest,
)
from stack8s.orchestrator.v1.architect_service_pb2_grpc import (
    ArchitectServiceServicer,
    add_ArchitectServiceServicer_to_server,
)
from stack8s.orchestrator.v1.conversation_pb2 import (
    Accepted,
    Completed,
    Failed,
    Question,
    Questions,
    Status,
    TextDelta,
    ToolFinished,
    TurnEvent,
)
from stack8s.orchestrator.v1.plan_pb2 import DeploymentPlan

COMPLETED = TurnEvent(completed=Completed(reasoner="rules", elapsed=Duration(seconds=1)))
PLAN = [
    TurnEvent(accepted=Accepted(conversation_id="c-1")),
    TurnEvent(status=Status(text="Comparing machines")),
    TurnEvent(tool_finished=ToolFinished(name="compute.SearchOffers", summary="24 offers", elapsed=Duration())),
    TurnEvent(plan=DeploymentPlan(plan_id="p-1", understanding="Detect lung cancer")),
    COMPLETED,
]
QUESTION = Questions(questions=[Question(text="What may it cost?", suggestions=["$500 a month", "$3,000 a month"])])
ASKS = [TurnEvent(text_delta=TextDelta(text="One thing first.")), TurnEvent(questions=QUESTION), COMPLETED]


class Scripted(ArchitectServiceServicer):
    """Answers each message with the next script and remembers what it was told."""

    def __init__(self, scripts: Sequence[Sequence[TurnEvent]]) -> None:
        self.scripts = list(scripts)
        self.heard: list[str] = []

    async def CreateConversation(
        self, request: CreateConversationRequest, context: grpc.aio.ServicerContext
    ) -> CreateConversationResponse:
        return CreateConversationResponse(conversation_id="c-1")

    async def SendMessage(
        self, request: SendMessageRequest, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[TurnEvent]:
        self.heard.append(request.text)
        for event in self.scripts.pop(0):
            yield event

    async def RenderPlan(self, request: RenderPlanRequest, context: grpc.aio.ServicerContext) -> RenderPlanResponse:
        return RenderPlanResponse(content=f"# Plan {request.plan_id}\n".encode())


async def asked(server: Scripted, *, interactive: bool = False, **settings: str) -> None:
    """Ask the scripted server."""

    async def ready() -> None:
        return None

    full_name = "stack8s.orchestrator.v1.ArchitectService"
    mount = Mount(full_name, add_ArchitectServiceServicer_to_server, server)
    async with running(ServerSettings(port=0, drain_s=0), [mount], ready=ready) as port:
        ask = AskSettings(text=settings.pop("text", "I have MRI images"), **settings)
        await converse(ask, StackSettings(orchestrator_port=port), Screen(), interactive=interactive)


async def test_progress_goes_to_standard_error_and_the_plan_to_standard_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    server = Scripted([PLAN])
    await asked(server)
    said = capsys.readouterr()
    assert said.out == "# Plan p-1\n"
    assert "Comparing machines" in said.err
    assert "compute.SearchOffers (0 ms)  24 offers" in said.err
    assert "CONVERSATION=c-1" in said.err
    assert server.heard == ["I have MRI images"]


async def test_a_plan_as_json_has_the_contracts_names(capsys: pytest.CaptureFixture[str]) -> None:
    await asked(Scripted([PLAN]), format="json")
    assert capsys.readouterr().out == '{\n  "plan_id": "p-1",\n  "understanding": "Detect lung cancer"\n}\n'


async def test_questions_are_asked_at_the_terminal_and_the_answer_is_sent_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda *_: "2")
    server = Scripted([ASKS, PLAN])
    await asked(server, interactive=True)
    assert server.heard == ["I have MRI images", "$3,000 a month."]
    said = capsys.readouterr()
    assert "2) $3,000 a month" in said.err
    assert said.out == "# Plan p-1\n"


async def test_the_architect_chooses_where_nobody_is_at_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    server = Scripted([ASKS, PLAN])
    await asked(server)
    assert server.heard == ["I have MRI images", "You choose."]
    assert "What may it cost?" in capsys.readouterr().err


async def test_an_answer_in_words_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    await asked(Scripted([[TurnEvent(text_delta=TextDelta(text="Because ")), COMPLETED]]))
    assert capsys.readouterr().out == "Because\n"


async def test_an_answer_in_words_is_json_too_where_json_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    await asked(Scripted([[TurnEvent(text_delta=TextDelta(text="Because")), COMPLETED]]), format="json")
    assert json.loads(capsys.readouterr().out) == {"text": "Because"}


async def test_a_turn_that_failed_says_why() -> None:
    script = [TurnEvent(failed=Failed(reason="CATALOG_UNAVAILABLE", message="No catalogue answers; try again."))]
    with pytest.raises(Stack8sError, match="No catalogue answers; try again"):
        await asked(Scripted([script]))


async def test_an_answer_that_ends_half_way_says_how_to_go_on() -> None:
    with pytest.raises(UnavailableError, match=r"Nothing is lost.*CONVERSATION=c-1"):
        await asked(Scripted([PLAN[:2]]))


async def test_no_words_and_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="say what you want to run"):
        await asked(Scripted([]), text=" ")
    with pytest.raises(InvalidInputError, match="UTF-8"):
        await asked(Scripted([]), text="MRI \udcff")


async def test_it_says_so_when_nothing_runs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with asyncio.timeout(20):
        with pytest.raises(UnavailableError, match=f"nothing answers at 127.0.0.1:{port}: start it with `make run`"):
            await converse(AskSettings(text="x"), StackSettings(orchestrator_port=port), Screen(), interactive=False)
