"""Conversations, turns and messages as the store keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.question import Question
from services.orchestrator.domain.spec import WorkloadSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation and what is understood so far."""

    conversation_id: str
    owner: str
    title: str
    spec: WorkloadSpec
    asked: tuple[Question, ...]
    """Questions asked so far, oldest first."""
    latest_plan_id: str
    turn_count: int
    active_turn_id: str
    """The turn being worked on; empty when none is."""
    llm_cost_usd: Decimal
    llm_input_tokens: int
    llm_output_tokens: int
    create_time: datetime
    update_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What the user or the architect said."""

    message_id: str
    turn_id: str
    position: int
    role: Literal["user", "assistant"]
    text: str
    plan_id: str
    create_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A message of the user's and the work on its answer."""

    turn_id: str
    conversation_id: str
    number: int
    """From 1 within the conversation."""
    state: Literal["running", "completed", "failed", "cancelled"]
    attempts: int
    """How many processes have worked on it, crashes included."""
    create_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnInput:
    """Everything that the answer to a turn depends on."""

    turn: Turn
    text: str
    """The user's message, secrets masked."""
    spec: WorkloadSpec
    """The spec before the turn."""
    asked: tuple[Question, ...]
    history: tuple[Message, ...]
    """Messages before this one, oldest first."""
    plans: tuple[DeploymentPlan, ...]
    """The newest two plans and the first one, newest first."""
    llm_cost_usd: Decimal = Decimal(0)
    """What language models have cost in the conversation before this turn."""
    llm_tokens: int = 0
    """Tokens in and out that they have used before this turn."""

    @property
    def pending(self) -> tuple[Question, ...]:
        """The questions asked last, which a bare "2" or "yes" answers."""
        latest = max((question.turn for question in self.asked), default=0)
        return tuple(question for question in self.asked if question.turn == latest)

    @property
    def description(self) -> str:
        """The user's own description of the job: the messages so far, one a line."""
        return "\n".join([*(m.text for m in self.history if m.role == "user"), self.text])


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmUsage:
    """What language models did for a turn."""

    input_tokens: int = 0
    output_tokens: int = 0
    tokens_estimated: bool = False
    """Some of the tokens, and their cost, are estimates."""
    cost_usd: Decimal | None = None
    """None where no price is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a turn comes to."""

    action: str
    text: str
    """The whole answer as Markdown."""
    spec: WorkloadSpec
    questions: tuple[Question, ...] = ()
    plan: DeploymentPlan | None = None
    reasoner: str = "rules"
    prompt_version: str = ""
    usage: LlmUsage = LlmUsage()
