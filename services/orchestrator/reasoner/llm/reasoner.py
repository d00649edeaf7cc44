"""The reasoner that asks a language model and believes only what stands in the words it was given."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, Final

from pydantic import ValidationError

from services.orchestrator.domain.conversation import TurnInput
from services.orchestrator.domain.grounding import Ground, keep_grounded
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.spec import Origin, WorkloadSpec
from services.orchestrator.domain.understanding import CatalogueNames, Intent, Understanding
from services.orchestrator.drafts import Draft
from services.orchestrator.reasoner.llm.breaker import Breaker
from services.orchestrator.reasoner.llm.client import LlmClient, LlmError
from services.orchestrator.reasoner.llm.designer import design
from services.orchestrator.reasoner.llm.prompting import data, prompt, prompt_version, summarised
from services.orchestrator.reasoner.llm.prose import SENTENCE_END, may_be_told
from services.orchestrator.reasoner.llm.schema import (
    PROPOSAL_SCHEMA,
    Proposal,
    read_proposal,
)
from services.orchestrator.reasoner.protocol import Early, Meter
from services.orchestrator.reasoner.rules import RuleReasoner

log = logging.getLogger(__name__)

_AWAY: Final = "The language model gave no answer that I could use, so I went by my own rules for this message."
_SPENT: Final = "This conversation has used up its budget for the language model, so I go by my own rules."
_OPENING_CHARS: Final = 1_500
"""A rambling opening is cut off here."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a language model may cost; beyond it the rules answer."""

    answer_s: float
    """Seconds for one of its answers."""
    turn_s: float
    """Seconds for all its answers of one turn."""
    turn_tokens: int
    """Tokens in and out for one turn."""
    conversation_tokens: int
    """Tokens in and out for a conversation."""
    conversation_usd: Decimal
    """USD for a conversation."""

    def left_s(self, meter: Meter) -> float:
        """Return the seconds that the next answer of a turn may take; 0 when the turn has used up its time."""
        return max(0.0, min(self.answer_s, self.turn_s - meter.llm_ms / 1000))

    def allows(self, turn: TurnInput, meter: Meter) -> bool:
        """Whether a turn may ask the model once more."""
        used = meter.input_tokens + meter.output_tokens
        return (
            used < self.turn_tokens
            and turn.llm_tokens + used < self.conversation_tokens
            and turn.llm_cost_usd + (meter.cost_usd or 0) < self.conversation_usd
            and self.left_s(meter) > 0
        )


class OpenAIReasoner:
    """Asks a model, checks it against the rules, and falls back to them."""

    def __init__(self, client: LlmClient, *, budget: Budget, breaker: Breaker) -> None:
        self._client, self._budget, self._breaker = client, budget, breaker
        self._rules = RuleReasoner()

    async def close(self) -> None:
        """Close the connections to the model."""
        await self._client.close()

    async def understand(
        self, turn: TurnInput, *, names: CatalogueNames | None, meter: Meter, early: Early | None = None
    ) -> Understanding:
        """Return what the message says: what the rules read, and what the model read that stands in its words."""
        by_rule = await self._rules.understand(turn, names=names, meter=meter)
        if by_rule.intent is Intent.ATTACK:
            return by_rule
        if refusal := self._refusal(turn):
            meter.notes.append(refusal)
            return by_rule
        if early is not None:
            early(by_rule)
        given = data(spec=turn.spec.stated(), history=summarised(turn.history), message=turn.text)
        try:
            answer = await self._json("understand", given, PROPOSAL_SCHEMA, meter)
            proposal = read_proposal(answer)
            self._breaker.succeeded()
        except LlmError as error:
            self._fell_back(error, meter)
            return by_rule
        meter.reasoner, meter.prompt_version = self._client.model, prompt_version()
        return merge(turn, by_rule, proposal)

    async def design(self, turn: TurnInput, draft: Draft, *, meter: Meter) -> DeploymentPlan:
        """Return the plan with the model's picks and prose, as far as verifier and grounding let them pass."""
        if not draft.choices.picks or not self._may_go_on(turn, meter):
            return draft.plan
        try:
            plan = await design(self._client, turn, draft, limit_s=lambda: self._budget.left_s(meter), meter=meter)
        except LlmError as error:
            self._breaker.failed()
            log.warning("llm design refused, the planner's plan stands", extra={"cause": str(error)})
            return draft.plan
        self._breaker.succeeded()
        return plan

    async def tell(self, turn: TurnInput, draft: str, *, meter: Meter) -> AsyncIterator[str]:
        """Yield the model's opening, sentence by sentence as far as it is grounded, then the draft with all facts."""
        if self._may_go_on(turn, meter):
            told = False
            async for sentence in self._opening(turn, draft, meter):
                told = True
                yield f"{sentence} "
            if told:
                yield "\n\n"
        yield draft

    async def _opening(self, turn: TurnInput, draft: str, meter: Meter) -> AsyncIterator[str]:
        ground, held, length = Ground(f"{draft} {turn.text}"), "", 0
        given = data(answer=draft, message=turn.text)
        try:
            async with asyncio.timeout(self._budget.left_s(meter)):
                async for piece in self._client.text(prompt("tell"), given, meter=meter):
                    *whole, held = SENTENCE_END.split(held + piece)
                    for sentence in whole:
                        length += len(sentence)
                        if may_be_told(sentence, ground):
                            yield sentence
                        else:
                            log.info("llm sentence dropped", extra={"chars": len(sentence)})
                    if length > _OPENING_CHARS:
                        return
            if held.strip() and may_be_told(held, ground):
                yield held.strip()
            self._breaker.succeeded()
        except (LlmError, TimeoutError) as error:
            self._breaker.failed()
            log.info("llm opening cut", extra={"cause": str(error) or type(error).__name__})

    async def _json(self, name: str, given: str, schema: dict[str, Any], meter: Meter) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._budget.left_s(meter)):
                return await self._client.json(prompt(name), given, schema=schema, meter=meter, closes=True)
        except TimeoutError as error:
            raise LlmError("out of time") from error

    def _refusal(self, turn: TurnInput) -> str:
        """Return why the model is not asked; empty when it may be."""
        if not self._budget.allows(turn, Meter()):
            return _SPENT
        return "" if self._breaker.admits() else _AWAY

    def _may_go_on(self, turn: TurnInput, meter: Meter) -> bool:
        """Whether the model is asked again within a turn: it understood it, and neither it nor the budget gave out."""
        return bool(meter.prompt_version) and self._budget.allows(turn, meter) and self._breaker.admits()

    def _fell_back(self, error: LlmError, meter: Meter) -> None:
        self._breaker.failed()
        meter.notes.append(_AWAY)
        log.warning("llm fell back to rules", extra={"cause": str(error)})


def merge(turn: TurnInput, by_rule: Understanding, proposal: Proposal) -> Understanding:
    """Return the rules' understanding with the model's grounded changes added.

    Where the rules read a field in the user's own words their reading stands: they never take one number for another.
    """
    message = turn.text
    proposed = [change.model_dump() for change in proposal.changes]
    kept, dropped = keep_grounded(proposed, message, by_rule=by_rule.changes)
    if dropped:
        log.info("llm changes dropped", extra={"fields": sorted(set(dropped))})
    spec, changes, origins = by_rule.spec, dict(by_rule.changes), dict(by_rule.origins)
    for field, (value, words) in sorted(kept.items()):
        origin = by_rule.origins.get(field)
        if (origin is not None and origin.kind == "explicit") or getattr(spec, field) == value:
            continue
        given = Origin(kind="explicit", turn=turn.turn.number, words=words)
        try:
            spec = spec.with_fields({field: value}, origins={} if value is None else {field: given})
        except ValidationError:
            continue
        changes[field], origins[field] = value, given
    intent = by_rule.intent
    if intent is Intent.UNCLEAR and proposal.intent in Intent.__members__.values():
        intent = Intent(proposal.intent)
    return dataclasses.replace(
        by_rule,
        spec=spec,
        changes=changes,
        origins=origins,
        intent=intent,
        wants_plan_now=by_rule.wants_plan_now or (proposal.wants_plan_now and _has_job(spec)),
    )


def _has_job(spec: WorkloadSpec) -> bool:
    return bool(spec.task_type or spec.domain or spec.model_task or spec.models)
