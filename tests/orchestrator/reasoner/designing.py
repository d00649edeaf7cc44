"""One architect step over catalogues in memory, with a scripted model."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from services.orchestrator.architect import draft_plan
from services.orchestrator.calls import CallReport
from services.orchestrator.domain.candidates import Candidates
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.drafts import Draft
from services.orchestrator.reasoner.protocol import Meter
from tests.orchestrator.planning.builders import catalogue, memory, model
from tests.orchestrator.reasoner.test_llm import reasoner_for, turn_of
from tests.orchestrator.test_architect import Shelf
from tests.support.llm import Say, Script, language_model

SMALL, LARGER = "meta-llama/Llama-3.1-8B-Instruct", "org/larger-9b"
DEAR = "lambda/h100-80gb-sxmx4/us-east-1/on_demand"
"""An option that costs more than the cheapest."""
WISHES = "Serve a language model; I want the most headroom, not the lowest price"
SERVE: dict[str, Any] = {"task_type": "inference", "domain": "llm", "model_task": "text-generation"}


@dataclass
class Told:
    """What came of a script."""

    plan: DeploymentPlan
    draft: Draft
    requests: list[dict[str, Any]]
    meter: Meter
    reports: list[CallReport]
    shelf: Shelf

    @property
    def lead(self) -> str:
        return self.plan.gpu_recommendations[0].offer_id

    @property
    def unchanged(self) -> bool:
        return self.plan == self.draft.plan

    def designs(self) -> list[str]:
        """Return what was asked when picks were wanted."""
        return [r["messages"][-1]["content"] for r in self.requests if "tools" not in r]


def with_larger() -> Candidates:
    """The catalogue with a second model that needs more memory."""
    held = catalogue()
    sized = tuple(memory(LARGER, gpu, 60.0) for gpu in held.gpu_types)
    return replace(held, models=(*held.models, model(LARGER, 9_000_000_000)), memory=(*held.memory, *sized))


def picks(**values: Any) -> Say:
    pick = {"id": "", "why": "", "quote": ""}
    for name in ("model", "machine"):
        values[name] = pick | values.get(name, {})
    return Say(json.dumps({"understanding": "", "components": [], "tradeoffs": []} | values))


def scripted(*answers: Say, calls: Say | None = None) -> Script:
    """Look up once, if at all, then answer with each design in turn, the last one again and again."""
    left = list(answers)

    def script(request: dict[str, Any]) -> Say:
        if "tools" in request:
            return calls if calls and request["messages"][-1]["role"] == "user" else Say("done")
        return left.pop(0) if len(left) > 1 else left[0]

    return script


async def told(
    script: Script, held: Candidates | None = None, *, words: str = WISHES, turn_s: float = 5.0, **wishes: Any
) -> Told:
    reports: list[CallReport] = []
    shelf = Shelf(held or catalogue())
    draft = await draft_plan(
        WorkloadSpec(**{**SERVE, **wishes}),
        shelf,
        plan_id="p",
        conversation_id="c",
        words=words,
        on_call=reports.append,
    )
    del reports[:], shelf.asked[:]
    shelf.most_running = 0
    meter = Meter(prompt_version="v")
    with language_model(script) as server:
        async with reasoner_for(server, turn_s=turn_s) as reasoner:
            plan = await reasoner.design(turn_of(words), draft, meter=meter)
    return Told(plan, draft, server.requests, meter, reports, shelf)
