"""The architect step of a language model: look things up, pick among candidates, be corrected once, say why."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from openai.types.chat import ChatCompletionMessage, ChatCompletionMessageParam

from services.orchestrator.domain.conversation import TurnInput
from services.orchestrator.domain.picks import Pick, Picks, PicksRefusedError
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.drafts import Draft
from services.orchestrator.reasoner.llm.client import LlmClient, LlmError, NoToolsError
from services.orchestrator.reasoner.llm.prompting import data, prompt, summarised
from services.orchestrator.reasoner.llm.prose import facts, written
from services.orchestrator.reasoner.llm.schema import DESIGN_SCHEMA, Design, ProposedPick, read_design
from services.orchestrator.reasoner.llm.tools import MAX_CALLS, TOOLS, Tools, model_row
from services.orchestrator.reasoner.protocol import Meter

log = logging.getLogger(__name__)

MAX_ROUNDS: Final = 3
"""Answers of the model that may hold calls."""
MAX_PROPOSALS: Final = 2
"""A proposal, and one more when it was refused."""
_ARGUMENT_CHARS: Final = 4_000
_VIOLATIONS: Final = 10


async def design(
    client: LlmClient, turn: TurnInput, draft: Draft, *, limit_s: Callable[[], float], meter: Meter
) -> DeploymentPlan:
    """Return the plan with the model's picks and prose; the draft's own where its picks are refused twice.

    limit_s: gives the seconds for all look-ups, then for all proposals. Raises LlmError when the model does
    not answer in time or answers something else.
    """
    tools = Tools(draft)
    given = data(
        plan=facts(draft.plan),
        models=[model_row(m) for m in draft.candidates.models],
        history=summarised(turn.history),
        message=turn.text,
    )
    try:
        async with asyncio.timeout(limit_s()):
            looked_up = await _look_up(client, given, tools, meter)
        async with asyncio.timeout(limit_s()):
            return await _propose(client, "\n".join([given, *looked_up]), draft, tools, meter)
    except TimeoutError as error:
        raise LlmError("out of time") from error


async def _look_up(client: LlmClient, given: str, tools: Tools, meter: Meter) -> list[str]:
    """Return the answers to the calls that the model wants made, in rounds."""
    messages: list[ChatCompletionMessageParam] = [
        {"role": "system", "content": prompt("research")},
        {"role": "user", "content": given},
    ]
    found: list[str] = []
    for _ in range(MAX_ROUNDS):
        try:
            message = await client.call_tools(messages, tools=TOOLS, meter=meter)
        except NoToolsError as error:
            log.info("llm takes no tools", extra={"cause": str(error)})
            break
        calls = _calls(message)
        if not calls:
            break
        answers = await tools.answer_all([(name, arguments) for _, name, arguments in calls])
        messages.append({"role": "assistant", "tool_calls": [_echo(*call) for call in calls]})
        messages += [
            {"role": "tool", "tool_call_id": call_id, "content": answer}
            for (call_id, _, _), answer in zip(calls, answers, strict=True)
        ]
        found += answers
    return found


def _calls(message: ChatCompletionMessage) -> list[tuple[str, str, str]]:
    """Return id, name and arguments of the calls, as many as are made."""
    wanted = [c for c in message.tool_calls or () if c.type == "function"]
    return [(c.id, c.function.name, c.function.arguments[:_ARGUMENT_CHARS]) for c in wanted[:MAX_CALLS]]


def _echo(call_id: str, name: str, arguments: str) -> Any:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


async def _propose(client: LlmClient, given: str, draft: Draft, tools: Tools, meter: Meter) -> DeploymentPlan:
    violations: tuple[str, ...] = ()
    for _ in range(MAX_PROPOSALS):
        asked = f"{given}\n{data(violations=violations[:_VIOLATIONS])}" if violations else given
        answer = read_design(await client.json(prompt("design"), asked, schema=DESIGN_SCHEMA, meter=meter))
        try:
            chosen = await draft.redraft(_picks(answer), tools.found)
        except PicksRefusedError as refused:
            violations = refused.violations
            log.info("llm picks refused", extra={"violations": list(violations[:_VIOLATIONS])})
            continue
        return written(chosen.plan, answer, before=draft.plan, words=draft.words)
    log.warning("llm picks refused again, the planner's plan stands")
    return draft.plan


def _picks(answer: Design) -> Picks:
    return Picks(
        model=_pick(answer.model),
        machine=_pick(answer.machine),
        roles=tuple(dict.fromkeys(c.role for c in answer.components)),
    )


def _pick(proposed: ProposedPick) -> Pick:
    return Pick(id=proposed.id.strip(), quote=proposed.quote)
