"""Holds a conversation with a running orchestrator and keeps what it said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import grpc

from stack8s.compute.v1.compute_service_pb2_grpc import ComputeServiceStub
from stack8s.models.v1.models_service_pb2_grpc import ModelsServiceStub
from stack8s.orchestrator.v1.architect_service_pb2 import CreateConversationRequest, SendMessageRequest
from stack8s.orchestrator.v1.architect_service_pb2_grpc import ArchitectServiceStub
from stack8s.orchestrator.v1.conversation_pb2 import Completed, Question, TurnEvent
from stack8s.orchestrator.v1.plan_pb2 import DeploymentPlan
from stack8s.orchestrator.v1.spec_pb2 import WorkloadSpec
from stack8s.packages.v1.packages_service_pb2_grpc import PackagesServiceStub


@dataclass(frozen=True)
class Product:
    """The four services as a client sees them."""

    architect: ArchitectServiceStub
    compute: ComputeServiceStub
    models: ModelsServiceStub
    packages: PackagesServiceStub


@dataclass(frozen=True)
class Reply:
    """All events of one turn."""

    events: Sequence[TurnEvent]

    @cached_property
    def kinds(self) -> list[str]:
        """What happened, in order."""
        return [event.WhichOneof("event") or "" for event in self.events]

    @property
    def last(self) -> str:
        """How the turn ended: completed or failed."""
        return self.kinds[-1]

    @property
    def text(self) -> str:
        """The answer, as a client puts it together."""
        text = ""
        for event in self.events:
            if event.HasField("text_delta"):
                text = event.text_delta.text if event.text_delta.reset else text + event.text_delta.text
        return text

    @property
    def plan(self) -> DeploymentPlan | None:
        """The plan, when there is one."""
        plans = [event.plan for event in self.events if event.HasField("plan")]
        assert len(plans) <= 1, f"{len(plans)} plans in one turn"
        return plans[0] if plans else None

    @property
    def spec(self) -> WorkloadSpec:
        """What was understood after the turn."""
        (spec,) = [event.spec_updated.spec for event in self.events if event.HasField("spec_updated")]
        return spec

    @property
    def intent(self) -> str:
        """What the turn wants."""
        (intent,) = [event.spec_updated.intent for event in self.events if event.HasField("spec_updated")]
        return intent

    @property
    def questions(self) -> list[Question]:
        """What is asked."""
        return [question for event in self.events for question in event.questions.questions]

    @property
    def completed(self) -> Completed:
        """What the turn came to."""
        last: TurnEvent = self.events[-1]
        assert last.HasField("completed"), last
        return last.completed

    @property
    def turn_id(self) -> str:
        """Id of the turn."""
        turn_id: str = self.events[0].turn_id
        return turn_id

    def require_sound(self) -> None:
        """Assert that the events begin and end as they must, without gap or repeat."""
        assert self.kinds[0] == "accepted", self.kinds
        assert self.last in ("completed", "failed"), self.kinds
        assert not {"completed", "failed"} & set(self.kinds[:-1]), self.kinds
        if "tool_started" in self.kinds:
            assert self.kinds.index("spec_updated") < self.kinds.index("tool_started"), self.kinds
        numbers = [event.sequence for event in self.events]
        assert numbers == list(range(1, len(self.events) + 1)), [*zip(numbers, self.kinds, strict=True)]
        assert len({event.turn_id for event in self.events}) == 1


class Conversation:
    """One conversation."""

    def __init__(self, architect: ArchitectServiceStub, conversation_id: str) -> None:
        self.architect, self.id = architect, conversation_id

    @classmethod
    async def begin(cls, architect: ArchitectServiceStub, *, owner: str = "") -> Conversation:
        """Begin a conversation."""
        created = await architect.CreateConversation(CreateConversationRequest(owner=owner))
        return cls(architect, created.conversation_id)

    async def say(self, text: str, *, request_id: str = "") -> Reply:
        """Send a message and return the whole reply."""
        request = SendMessageRequest(conversation_id=self.id, text=text, request_id=request_id)
        reply = Reply([event async for event in self.architect.SendMessage(request)])
        reply.require_sound()
        return reply


def product_at(
    orchestrator: grpc.aio.Channel, compute: grpc.aio.Channel, models: grpc.aio.Channel, packages: grpc.aio.Channel
) -> Product:
    """Return the stubs of the four services, given their channels."""
    return Product(
        architect=ArchitectServiceStub(orchestrator),
        compute=ComputeServiceStub(compute),
        models=ModelsServiceStub(models),
        packages=PackagesServiceStub(packages),
    )
