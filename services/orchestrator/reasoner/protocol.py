"""What a reasoner does, whoever it asks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from services.orchestrator.domain.conversation import LlmUsage, TurnInput
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.understanding import CatalogueNames, Understanding
from services.orchestrator.drafts import Draft


@dataclass(slots=True)
class Meter:
    """What one turn has used, filled in as it goes."""

    reasoner: str = "rules"
    """Who answered: rules, or the language model's name."""
    prompt_version: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    tokens_estimated: bool = False
    """Some of the tokens, and their cost, are estimates: the model's server does not report them."""
    cost_usd: Decimal | None = None
    llm_ms: float = 0.0
    """Milliseconds waited for the model, retries included; of a stream until it begins."""
    notes: list[str] = field(default_factory=list)
    """Sentences that the answer must say, such as that the language model was away."""

    def usage(self) -> LlmUsage:
        """Return the totals."""
        return LlmUsage(
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            tokens_estimated=self.tokens_estimated,
            cost_usd=self.cost_usd,
        )


Early = Callable[[Understanding], None]
"""Takes what is understood so far."""


class Reasoner(Protocol):
    """Understands what a user says and writes what the user reads; it never supplies a number, a name or a version."""

    async def close(self) -> None:
        """Give up what it holds open."""
        ...

    async def understand(
        self, turn: TurnInput, *, names: CatalogueNames | None, meter: Meter, early: Early | None = None
    ) -> Understanding:
        """Return what the message says, given the spec before it; by rules where a model does not answer.

        early: takes what the rules read, before a model that takes longer is asked.
        """
        ...

    async def design(self, turn: TurnInput, draft: Draft, *, meter: Meter) -> DeploymentPlan:
        """Return the plan of a draft, or one with other picks among its candidates, verified, and with better prose."""
        ...

    def tell(self, turn: TurnInput, draft: str, *, meter: Meter) -> AsyncIterator[str]:
        """Yield the answer in pieces, from a draft that holds all its facts."""
        ...
