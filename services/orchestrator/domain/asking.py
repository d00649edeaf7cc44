"""What to do with a turn, and what to ask: at most three questions, only those whose answer would change the plan."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from services.orchestrator.domain.answers.topics import Topic, topics_of
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.question import Question
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.traps import traps
from services.orchestrator.domain.understanding.policy import Policy
from services.orchestrator.domain.understanding.types import Intent, OpenPoint, RevisionKind, Understanding

__all__ = ["Action", "Question", "decide_action", "enough_said", "next_questions", "traps"]

_MOST: Final = 3
_SUBJECT_FIRST: Final = 0.5
"""What a question must be worth while it is not known what the workload is."""
_SHORTEST_DEADLINE_HOURS: Final = 24.0
"""The tightest deadline that is suggested."""
_BUDGETS: Final = ("budget_usd_hour", "budget_usd_month", "budget_usd_total", "budget_amount")
_SUBJECT: Final = ("task_type", "domain", "model_task", "models", "model_params_b")
_MEASURES: Final = (
    *_BUDGETS,
    "gpu_models",
    "gpu_count_min",
    "vram_gb_min_per_gpu",
    "vram_gb_min_total",
    "concurrency",
    "requests_per_second",
    "tokens_per_second",
    "latency_ms_p95",
    "dataset_size_gb",
    "dataset_items",
    "deadline_hours",
    "context_tokens",
)
_NO_POLICY: Final = Policy()
_ANSWERED: Final = frozenset(
    {Intent.EXPLAIN, Intent.COMPARE, Intent.RENDER, Intent.LICENCE, Intent.PRICE, Intent.THANKS}
)


class Action(StrEnum):
    """What a turn ends in; the intent says about what."""

    CLARIFY = "clarify"
    """Ask, and plan nothing yet."""
    PLAN = "plan"
    """Make or revise a plan."""
    ANSWER = "answer"
    """Explain, compare, render, name a licence or a price, say you are welcome."""
    REFUSE = "refuse"
    """Decline: off topic kindly, an attack plainly."""


def decide_action(
    understanding: Understanding,
    spec: WorkloadSpec,
    *,
    asked: Sequence[str],
    pending: Sequence[Question] = (),
    policy: Policy = _NO_POLICY,
    restated: bool = False,
) -> Action:
    """Return what to do.

    spec: the spec after the message. asked: ids of the questions asked so far in the conversation. pending: the
    questions asked last. policy: whether the user wants to be asked. restated: the message tells of other software than
    before that is there, or not wanted.
    """
    intent = understanding.intent
    if intent is Intent.ATTACK:
        return Action.REFUSE
    topics = frozenset() if understanding.changes else topics_of(understanding.masked_text)
    if Topic.SECRETS in topics or (spec.models and topics & {Topic.COMMERCIAL, Topic.TERMS}):
        return Action.ANSWER
    if intent is Intent.OFF_TOPIC:
        return Action.REFUSE
    if understanding.wants_plan_now and understanding.changes and understanding.has_plan:
        return Action.PLAN  # "which model does fit then? give me a plan with it"
    if intent in _ANSWERED and (understanding.has_plan or intent is not Intent.RENDER):
        return Action.ANSWER
    if any(p.kind == "contradiction" for p in understanding.open_points):
        return Action.CLARIFY
    if understanding.wants_plan_now:
        return Action.PLAN if spec.stated() or asked else Action.CLARIFY
    if policy.kind == "silent" and not understanding.has_plan and _has_subject(spec):
        return Action.PLAN
    if policy.kind == "ask" and (policy.fresh or not (asked or understanding.has_plan)):
        return Action.CLARIFY if next_questions(spec, asked=asked, first=policy.about) else Action.PLAN
    if any(p.kind == "period" for p in understanding.open_points) and "budget_period" not in asked:
        return Action.CLARIFY
    if understanding.has_plan:
        return _with_plan(understanding, spec, pending, restated=restated)
    if intent in (Intent.GREETING, Intent.SMALL_TALK, Intent.UNCLEAR) and not asked:
        return Action.CLARIFY
    unheard = intent is Intent.UNCLEAR and not understanding.changes and _ends_in_question(understanding)
    if unheard and next_questions(spec, asked=asked):
        return Action.CLARIFY
    if enough_said(spec, asked=asked):
        return Action.PLAN
    return Action.CLARIFY if next_questions(spec, asked=asked) or not spec.stated() else Action.PLAN


def _with_plan(
    understanding: Understanding, spec: WorkloadSpec, pending: Sequence[Question], *, restated: bool
) -> Action:
    """Return what to do while a plan is on the table: revise it, unless the words ask for nothing of the kind."""
    revision = understanding.revision
    if revision is not None and revision.kind is RevisionKind.START_OVER and not _has_subject(spec):
        return Action.CLARIFY
    # Some suggestions, such as "no budget limit", leave the spec as it is.
    said = understanding.masked_text.strip().strip(".!").lower()
    suggested = any(said == s.lower() for question in pending for s in question.suggestions)
    if restated or understanding.changes or suggested:
        return Action.PLAN
    if understanding.intent in (Intent.GREETING, Intent.SMALL_TALK, Intent.UNCLEAR):
        return Action.ANSWER
    if revision is None:
        return Action.ANSWER  # talk that asks for nothing changes no plan
    if revision.kind is not RevisionKind.CHANGE:
        return Action.PLAN
    asks = _ends_in_question(understanding) and topics_of(understanding.masked_text)
    named = understanding.named.stated() or revision.target
    return Action.ANSWER if asks or not named else Action.PLAN


def _ends_in_question(understanding: Understanding) -> bool:
    return understanding.masked_text.rstrip().endswith(("?", "？", "؟"))


def enough_said(spec: WorkloadSpec, *, asked: Sequence[str] = ()) -> bool:
    """Say whether a plan made now would be about what the user means: the subject and one measure of it are known."""
    if not _has_subject(spec):
        return False
    return any(f in spec.stated() for f in _MEASURES) or bool(asked)


def _has_subject(spec: WorkloadSpec) -> bool:
    return any(f in spec.stated() for f in _SUBJECT)


@cache
def _catalogue() -> dict[str, Any]:
    text = files("services.orchestrator.domain").joinpath("questions.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def next_questions(
    spec: WorkloadSpec,
    *,
    asked: Sequence[str] = (),
    plan_spread: Mapping[str, float] | None = None,
    open_points: Sequence[OpenPoint] = (),
    first: Sequence[str] = (),
) -> tuple[Question, ...]:
    """Return the questions most worth asking, at most three, most valuable first; none is asked twice.

    plan_spread: by question id, how far the plan that was made differs with the answer (0: not at all), which weighs
    how far plans tend to differ. open_points: what has to be settled first. first: ids of the questions that the user
    wants to be asked, which come before the others.
    """
    settled = _settling(open_points, asked)
    settled_fields = {q.field for q in settled}
    kind = _kind_of(spec)
    ranked: list[tuple[float, int, Question]] = []
    for order, (id_, body) in enumerate(_catalogue()["question"].items()):
        if id_ in asked or body["field"] in settled_fields or not _applies(body, spec):
            continue
        prior = float(body["worth"].get(kind, body["worth"].get("any", 0.0)))
        worth = prior * plan_spread.get(id_, 1.0) if plan_spread else prior
        worth += id_ in first
        if worth > 0:
            ranked.append((-worth, order, _question(id_, body, kind)))
    ranked.sort(key=lambda r: (r[0], r[1]))
    if kind == "unknown":
        # What the workload is comes first; what else could be asked waits until something was said.
        subject = [r for r in ranked if -r[0] > _SUBJECT_FIRST]
        ranked = subject or (ranked if spec.stated() else [])
    return (*settled, *(q for _, _, q in ranked))[:_MOST]


def spread_of(plan: DeploymentPlan, spec: WorkloadSpec) -> dict[str, float]:
    """Return by question how far a plan would differ with its answers, as a share, where the plan itself tells.

    A budget changes the cheapest plan only where it is less than that costs; spot only where there is a spot price; a
    deadline only where the run takes longer.
    """
    cost, lead = plan.cost_estimate, plan.gpu_recommendations[:1]
    total = float(cost.run_total if cost.run_total is not None else cost.monthly_total)
    suggested = _question("budget", _catalogue()["question"]["budget"], _kind_of(spec)).suggestions
    least = min(float(amount) for suggestion in suggested for amount in re.findall(r"\d+", suggestion))
    spread = {"budget": 1.0 if plan.unmet or not total else max(0.0, 1 - least / total)}
    month, spot = cost.monthly_total, cost.spot_monthly_total
    spread["spot"] = float(1 - spot / month) if spot is not None and month else 0.0
    if lead and lead[0].run_hours is not None:
        spread["deadline"] = max(0.0, 1 - _SHORTEST_DEADLINE_HOURS / lead[0].run_hours)
    return spread


def _settling(open_points: Sequence[OpenPoint], asked: Sequence[str]) -> list[Question]:
    found: list[Question] = []
    for point in open_points:
        if point.kind == "period" and "budget_period" not in asked:
            text = f"Is {point.words} meant per month or for the whole job?"
            found.append(Question("budget_period", text, point.options, point.options[0], point.field))
        elif point.kind == "contradiction":
            name = point.options[0].removeprefix("use ")
            text = f"You said both: {point.words}. Which one holds?"
            if name != point.options[0]:
                text = f"You asked both to use {name} and to keep off {name} ({point.words}). Which one holds?"
            found.append(Question(f"settle_{point.field}", text, point.options, point.options[0], point.field))
    return found


def _kind_of(spec: WorkloadSpec) -> str:
    """Return what the priors are keyed by: nothing known yet, the task, or the domain where it says more."""
    if not _has_subject(spec):
        return "unknown"
    if spec.task_type is not None:
        return spec.task_type.value
    return "inference"


def _applies(body: Mapping[str, Any], spec: WorkloadSpec) -> bool:
    said = spec.stated()
    if any(f in said for f in body["answered_by"]):
        return False
    if "domains" in body and spec.domain not in body["domains"]:
        return False
    return all(f in said for f in body.get("needs", ()))


def _question(id_: str, body: Mapping[str, Any], kind: str) -> Question:
    special = body.get("for", {}).get(kind, {})
    merged = {**body, **special}
    return Question(id_, merged["text"], tuple(merged["suggestions"]), merged["default"], body["field"])
