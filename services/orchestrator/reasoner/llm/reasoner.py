"""The reasoner that asks a language model and believes only what stands in the words it was given."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import logging
import re
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from services.orchestrator.domain.conversation import Message, TurnInput
from services.orchestrator.domain.grounding import folded, keep_grounded, sentence_grounded
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.spec import Origin, WorkloadSpec
from services.orchestrator.domain.understanding import CatalogueNames, Intent, Understanding
from services.orchestrator.reasoner.llm.breaker import Breaker
from services.orchestrator.reasoner.llm.client import LlmClient, LlmError
from services.orchestrator.reasoner.llm.schema import (
    PROPOSAL_SCHEMA,
    PROSE_SCHEMA,
    Proposal,
    read_proposal,
    read_prose,
)
from services.orchestrator.reasoner.protocol import Meter
from services.orchestrator.reasoner.rules import RuleReasoner

log = logging.getLogger(__name__)

_PROMPTS: Final = Path(__file__).parent / "prompts"
_SENTENCE_END: Final = re.compile(r"(?<=[.!?。])\s+")
_MARK: Final = re.compile(r"</?\s*data\b[^>]*>", re.IGNORECASE)
_AWAY: Final = "The language model did not answer in time, so I went by my own rules for this message."
_SPENT: Final = "This conversation has used up its budget for the language model, so I go by my own rules."
_HISTORY_CHARS: Final = 12_000
"""What a prompt holds of earlier messages; the store keeps them all."""
_RECITED_CHARS: Final = 24
"""A sentence of a prompt shorter than this could be anybody's."""
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
        data = _data(spec=turn.spec.stated(), history=_tail(turn.history), message=turn.text)
        try:
            answer = await self._json("understand", data, PROPOSAL_SCHEMA, meter)
            proposal = read_proposal(answer)
        except LlmError as error:
            self._fell_back(error, meter)
            return by_rule
        meter.reasoner, meter.prompt_version = self._client.model, prompt_version()
        return merge(turn, by_rule, proposal)

    async def polish(self, turn: TurnInput, plan: DeploymentPlan, *, meter: Meter) -> DeploymentPlan:
        """Return the plan with the model's prose where every number in it stands in the plan."""
        if not self._answered(meter):
            return plan
        facts = plan.model_dump_json(exclude={"snapshots", "workload"})
        try:
            prose = read_prose(await self._json("polish", _data(plan=facts, message=turn.text), PROSE_SCHEMA, meter))
        except LlmError as error:
            log.info("llm prose refused", extra={"cause": str(error)})
            return plan
        ground = f"{facts} {turn.text}"
        tradeoffs = tuple(t for t in prose.tradeoffs if t.strip() and _may_be_told(t, ground))
        keeps = prose.understanding.strip() and _may_be_told(prose.understanding, ground)
        return plan.model_copy(
            update={
                "understanding": prose.understanding.strip() if keeps else plan.understanding,
                "tradeoffs": tradeoffs or plan.tradeoffs,
            }
        )

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
        prompt = _data(answer=draft, message=turn.text)
        try:
            async with asyncio.timeout(self._budget.turn_s):
                async for piece in self._client.text(_prompt("tell"), prompt, meter=meter):
                    *whole, held = _SENTENCE_END.split(held + piece)
                    for sentence in whole:
                        length += len(sentence)
                        if _may_be_told(sentence, ground):
                            yield sentence
                    if length > _OPENING_CHARS:
                        return
            if held.strip() and _may_be_told(held, ground):
                yield held.strip()
            self._breaker.succeeded()
        except (LlmError, TimeoutError) as error:
            self._breaker.failed()
            log.info("llm opening cut", extra={"cause": str(error) or type(error).__name__})

    async def _json(self, prompt: str, data: str, schema: dict[str, Any], meter: Meter) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._budget.turn_s):
                answer = await self._client.json(_prompt(prompt), data, schema=schema, meter=meter)
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
        if origin is not None and origin.kind == "explicit":
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


def _may_be_told(text: str, ground: str) -> bool:
    """Tell whether a text of the model's may reach the user: its figures stand in the ground, and it recites no
    prompt."""
    own = _folded_prompts()
    recites = any(len(part) >= _RECITED_CHARS and part in own for part in map(folded, _SENTENCE_END.split(text)))
    return not recites and sentence_grounded(text, ground)


@cache
def _folded_prompts() -> str:
    return " ".join(folded(_prompt(path.stem)) for path in sorted(_PROMPTS.glob("*.md")))


def _has_job(spec: WorkloadSpec) -> bool:
    return bool(spec.task_type or spec.domain or spec.model_task or spec.models)


@cache
def _prompt(name: str) -> str:
    return (_PROMPTS / f"{name}.md").read_text(encoding="utf-8")


@cache
def prompt_version() -> str:
    """Return the version of the prompts: a hash of their texts, so that no change goes unnoticed."""
    texts = "".join(path.read_text(encoding="utf-8") for path in sorted(_PROMPTS.glob("*.md")))
    return hashlib.sha256(texts.encode()).hexdigest()[:12]


def _data(**parts: Any) -> str:
    """Return the data of a prompt in marked blocks; a mark within the data is taken out."""
    blocks = []
    for name, value in parts.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        blocks.append(f"<data name={name!r}>\n{_MARK.sub('[data]', text)}\n</data>")
    return "\n".join(blocks)


def _tail(history: Sequence[Message]) -> list[dict[str, str]]:
    """Return the newest messages that fit the budget, oldest first."""
    kept: list[dict[str, str]] = []
    left = _HISTORY_CHARS
    for message in reversed(history):
        text = message.text[: _HISTORY_CHARS // 4]
        left -= len(text)
        if left < 0:
            break
        kept.append({"role": message.role, "text": text})
    return kept[::-1]
