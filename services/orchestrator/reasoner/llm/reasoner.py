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
from services.orchestrator.domain.grounding import keep_grounded
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.spec import Origin, WorkloadSpec
from services.orchestrator.domain.understanding import CatalogueNames, Intent, Understanding
from services.orchestrator.drafts import Draft
from services.orchestrator.reasoner.llm.breaker import Breaker
from services.orchestrator.reasoner.llm.client import LlmClient, LlmError
from services.orchestrator.reasoner.llm.designer import design
from services.orchestrator.reasoner.llm.prompting import data, prompt, prompt_version, tail
from services.orchestrator.reasoner.llm.prose import SENTENCE_END, may_be_told
from services.orchestrator.reasoner.llm.schema import (
    PROPOSAL_SCHEMA,
    Proposal,
    read_proposal,
)
from services.orchestrator.reasoner.protocol import Meter
from services.orchestrator.reasoner.rules import RuleReasoner

log = logging.getLogger(__name__)

_AWAY: Final = "The language model did not answer in time, so I went by my own rules for this message."
_SPENT: Final = "This conversation has used up its budget for the language model, so I go by my own rules."
_OPENING_CHARS: Final = 1_500
"""A rambling opening is cut off here."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a language model may cost."""

    turn_s: float
    """Seconds for all its answers of one turn."""
    conversation_usd: Decimal
    """USD for a conversation; beyond it the rules answer."""


class OpenAIReasoner:
    """Asks a model, checks it against the rules, and falls back to them."""

    def __init__(self, client: LlmClient, *, budget: Budget, breaker: Breaker) -> None:
        self._client, self._budget, self._breaker = client, budget, breaker
        self._rules = RuleReasoner()

    async def close(self) -> None:
        """Close the connections to the model."""
        await self._client.close()

    async def understand(self, turn: TurnInput, *, names: CatalogueNames, meter: Meter) -> Understanding:
        """Return what the message says: what the rules read, and what the model read that stands in its words."""
        by_rule = await self._rules.understand(turn, names=names, meter=meter)
        if by_rule.intent is Intent.ATTACK:
            return by_rule
        if refusal := self._refusal(turn):
            meter.notes.append(refusal)
            return by_rule
        given = data(spec=turn.spec.stated(), history=tail(turn.history), message=turn.text)
        try:
            answer = await self._json("understand", given, PROPOSAL_SCHEMA, meter)
            proposal = read_proposal(answer)
        except LlmError as error:
            self._fell_back(error, meter)
            return by_rule
        meter.reasoner, meter.prompt_version = self._client.model, prompt_version()
        return merge(turn, by_rule, proposal)

    async def design(self, turn: TurnInput, draft: Draft, *, meter: Meter) -> DeploymentPlan:
        """Return the plan with the model's picks and prose, as far as verifier and grounding let them pass."""
        spent = turn.llm_cost_usd + (meter.cost_usd or 0) >= self._budget.conversation_usd
        if spent or not self._answered(meter) or not draft.choices.picks:
            return draft.plan
        try:
            plan = await design(self._client, turn, draft, limit_s=self._budget.turn_s, meter=meter)
        except LlmError as error:
            self._breaker.failed()
            log.warning("llm design refused, the planner's plan stands", extra={"cause": str(error)})
            return draft.plan
        self._breaker.succeeded()
        return plan

    async def tell(self, turn: TurnInput, draft: str, *, meter: Meter) -> AsyncIterator[str]:
        """Yield the model's opening, sentence by sentence as far as it is grounded, then the draft with all facts."""
        if self._answered(meter):
            told = False
            async for sentence in self._opening(turn, draft, meter):
                told = True
                yield f"{sentence} "
            if told:
                yield "\n\n"
        yield draft

    async def _opening(self, turn: TurnInput, draft: str, meter: Meter) -> AsyncIterator[str]:
        ground, held, length = f"{draft} {turn.text}", "", 0
        given = data(answer=draft, message=turn.text)
        try:
            async with asyncio.timeout(self._budget.turn_s):
                async for piece in self._client.text(prompt("tell"), given, meter=meter):
                    *whole, held = SENTENCE_END.split(held + piece)
                    for sentence in whole:
                        length += len(sentence)
                        if may_be_told(sentence, ground):
                            yield sentence
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
            async with asyncio.timeout(self._budget.turn_s):
                answer = await self._client.json(prompt(name), given, schema=schema, meter=meter)
        except TimeoutError as error:
            raise LlmError("out of time") from error
        self._breaker.succeeded()
        return answer

    def _refusal(self, turn: TurnInput) -> str:
        """Return why the model is not asked; empty when it may be."""
        if turn.llm_cost_usd >= self._budget.conversation_usd:
            return _SPENT
        return "" if self._breaker.allows else _AWAY

    def _answered(self, meter: Meter) -> bool:
        """Whether the model understood this turn; one that did not is not asked again within it."""
        return bool(meter.prompt_version) and self._breaker.allows

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
