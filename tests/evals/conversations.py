"""Score whole conversations as a client sees them: actions, specs, what replies say, what plans show.

python -m tests.evals.conversations [--conversations FILE] [--errors] [--show ID]: each conversation is held with the
real services over the starter catalogues, without a language model.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from libs.rpc.client import open_channel
from stack8s.orchestrator.v1.architect_service_pb2 import RenderPlanRequest
from stack8s.orchestrator.v1.architect_service_pb2_grpc import ArchitectServiceStub
from stack8s.orchestrator.v1.plan_pb2 import DeploymentPlan
from tests.acceptance.plan_rules import places, usd
from tests.acceptance.scenario import fields
from tests.evals import understanding
from tests.evals.understanding import CASES, load_scorer, read_lines, write_lines
from tests.support.conversation import Conversation, Reply
from tests.support.database import create_database, drop_database, postgres
from tests.support.services import running_services


def action_of(reply: Reply) -> str:
    """Return what a turn came to, from the events as a client sees them."""
    if reply.plan is not None:
        return "plan"
    if reply.questions:
        return "clarify"
    return "refuse" if reply.last == "completed" and reply.completed.action == "refuse" else "answer"


async def shown(architect: ArchitectServiceStub, reply: Reply) -> str:
    """Return all that a client shows of a turn: the text, the questions with their suggestions, the plan."""
    parts = [reply.text, *(f"{q.text} {' / '.join(q.suggestions)}" for q in reply.questions)]
    if reply.plan is not None:
        rendered = await architect.RenderPlan(RenderPlanRequest(plan_id=reply.plan.plan_id))
        parts.append(rendered.content.decode())
    return "\n".join(parts)


def plan_facts(plan: DeploymentPlan, wished_places: list[str]) -> dict[str, Any]:
    """Return the facts of a plan that the reference scorer checks; machines are those of its first recommendation."""
    found: dict[str, Any] = {
        "usd_month": float(usd(plan.cost_estimate.monthly_total)),
        "components": sorted({n.lower() for c in plan.kubernetes_stack for n in (c.name, c.chart)}),
        "model_licenses": [m.license for m in plan.model_recommendations if m.chosen],
    }
    if plan.cost_estimate.HasField("run_total"):
        found["usd_total"] = float(usd(plan.cost_estimate.run_total))
    if plan.gpu_recommendations:
        lead = plan.gpu_recommendations[0]
        within = [place for place in wished_places if lead.country in places(place)]
        found |= {
            "gpu_count": lead.gpu_count,
            "gpu_models": [lead.gpu_type] if lead.gpu_type else [],
            "vram_gb_per_gpu": lead.gpu_memory_gib,
            "replicas": lead.replicas,
            "spot": lead.price_model == "spot",
            "providers": [lead.provider],
            "regions": [lead.region] if lead.region else [],
            "geos": within[:1] or [lead.country or "unknown"],
        }
    return found


async def hold(architect: ArchitectServiceStub, case: dict[str, Any]) -> list[dict[str, Any]]:
    """Hold one conversation; return its turns in the form that the reference scorer reads."""
    conversation, predicted = await Conversation.begin(architect), list[dict[str, Any]]()
    for turn in case["turns"]:
        reply = await conversation.say(turn["user"])
        spec = fields(reply.spec)
        predicted.append(
            {
                "action": action_of(reply),
                "spec": spec,
                "reply": await shown(architect, reply),
                "plan": plan_facts(reply.plan, spec.get("geos", [])) if reply.plan is not None else None,
                "text": reply.text,
            }
        )
    return predicted


async def hold_all(target: str, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Hold every conversation, one after the other."""
    async with open_channel(target, timeout_s=120.0) as channel:
        architect = ArchitectServiceStub(channel)
        return [{"id": case["id"], "turns": await hold(architect, case)} for case in cases]


def turn_errors(expect: dict[str, Any], got: dict[str, Any], before: float | None, scorer: ModuleType) -> list[str]:
    """Return what is wrong with one turn. before: USD a month of the plan before."""
    wrong = understanding.turn_errors(expect, got, scorer)
    wrong += [f"no mention of {p!r}" for p in expect["must_mention"] if not re.search(p, got["reply"], re.I)]
    wrong += [f"says {p!r}" for p in expect["must_not"] if re.search(p, got["reply"], re.I | re.S)]
    plan, checks = got["plan"], expect.get("plan_checks") or {}
    if plan is not None:
        wrong += [f"plan {k} {v}" for k, v in checks.items() if not scorer.plan_ok(k, v, plan, before)]
    return wrong


def print_errors(cases: list[dict[str, Any]], held: list[dict[str, Any]], scorer: ModuleType) -> None:
    """Print every turn that is wrong in something."""
    for case, row in zip(cases, held, strict=True):
        before: float | None = None
        for turn, got in zip(case["turns"], row["turns"], strict=True):
            if wrong := turn_errors(turn["expect"], got, before, scorer):
                print(f"\n{case['id']}: {turn['user'][:200]!r}\n  {wrong}\n  {got['spec']}\n  {got['plan']}")
                print("  > " + got["text"][:400].replace("\n", "\n  > "))
            if got["plan"]:
                before = got["plan"]["usd_month"]


def main() -> int:
    """Run the eval; say so and skip where there are no cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=Path, default=CASES / "conversations.jsonl")
    parser.add_argument("--scorer", type=Path, default=CASES / "score.py")
    parser.add_argument("--errors", action="store_true", help="print every wrong turn")
    parser.add_argument("--text", action="store_true", help="score the text and the questions, without the plan's file")
    parser.add_argument("--show", metavar="ID", help="hold one conversation only and print its replies")
    options = parser.parse_args()
    if not (options.scorer.exists() and options.conversations.exists()):
        print(f"skipped: no cases at {options.conversations} or no reference scorer at {options.scorer}")
        return 0
    scorer, cases = load_scorer(options.scorer), read_lines(options.conversations)
    if options.show:
        cases = [case for case in cases if case["id"] == options.show]
    with postgres() as server_url:
        database_url = asyncio.run(create_database(server_url))
        try:
            with running_services(database_url) as services:
                held = asyncio.run(hold_all(services.orchestrator.target, cases))
        finally:
            asyncio.run(drop_database(server_url, database_url))
    if options.text:
        for turn in (turn for row in held for turn in row["turns"]):
            turn["reply"] = turn["text"]
    if options.show:
        for turn, got in zip(cases[0]["turns"], held[0]["turns"], strict=True):
            print(f"\n=== {turn['user']}\n--- {got['action']} {json.dumps(got['spec'])}\n{got['text']}")
    if options.errors:
        print_errors(cases, held, scorer)
    scorer.main("c", str(options.conversations), write_lines(held))
    return 0


if __name__ == "__main__":
    sys.exit(main())
