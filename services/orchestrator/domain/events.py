"""What happens in a turn, as it is stored and streamed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.question import Question
from services.orchestrator.domain.spec import WorkloadSpec


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Accepted(_Event):
    """The turn is stored and will be worked on."""

    kind: Literal["accepted"] = "accepted"
    conversation_id: str
    message_id: str


class Status(_Event):
    """What is being done now, in words."""

    kind: Literal["status"] = "status"
    text: str


class SpecUpdated(_Event):
    """What is understood after this turn."""

    kind: Literal["spec_updated"] = "spec_updated"
    spec: WorkloadSpec
    changed_fields: tuple[str, ...]
    intent: str


class ToolStarted(_Event):
    """A catalogue is being asked."""

    kind: Literal["tool_started"] = "tool_started"
    call_id: str
    name: str
    summary: str


class ToolFinished(_Event):
    """A catalogue has answered."""

    kind: Literal["tool_finished"] = "tool_finished"
    call_id: str
    name: str
    summary: str
    elapsed_ms: float
    failed: bool = False


class TextDelta(_Event):
    """A piece of the answer. reset: what came before is void, because the turn was taken over after a crash."""

    kind: Literal["text_delta"] = "text_delta"
    text: str
    reset: bool = False


class QuestionsAsked(_Event):
    """Questions to the user, at most three."""

    kind: Literal["questions"] = "questions"
    questions: tuple[Question, ...]


class PlanMade(_Event):
    """A plan; the plan itself is stored beside the event."""

    kind: Literal["plan"] = "plan"
    plan_id: str
    plan: DeploymentPlan | None = Field(default=None, exclude=True, repr=False)
    """The plan itself, for who watches where it was made; None where the event is read from the store."""


class Completed(_Event):
    """The turn is done."""

    kind: Literal["completed"] = "completed"
    input_tokens: int = 0
    output_tokens: int = 0
    tokens_estimated: bool = False
    llm_cost_usd: Decimal | None = None
    elapsed_ms: float
    first_event_ms: float
    reasoner: str
    action: str
    message_id: str
    prompt_version: str = ""


class Failed(_Event):
    """The turn failed or was cancelled."""

    kind: Literal["failed"] = "failed"
    reason: str
    message: str
    retryable: bool


Event = Annotated[
    Accepted
    | Status
    | SpecUpdated
    | ToolStarted
    | ToolFinished
    | TextDelta
    | QuestionsAsked
    | PlanMade
    | Completed
    | Failed,
    Field(discriminator="kind"),
]
EVENT: Final[TypeAdapter[Event]] = TypeAdapter(Event)


class StoredEvent(BaseModel):
    """An event with its place in the turn."""

    model_config = ConfigDict(frozen=True)

    turn_id: str
    sequence: int
    """From 1, without gaps."""
    time: datetime
    event: Event

    @property
    def last(self) -> bool:
        """Whether nothing comes after it."""
        return self.event.kind in ("completed", "failed")
