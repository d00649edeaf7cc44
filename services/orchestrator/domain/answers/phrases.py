"""Key sentences in the user's own language; everything else is said in English, and the first answer says so."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files

from services.orchestrator.domain.answers.parts import machine
from services.orchestrator.domain.answers.topics import Topic, topics_of
from services.orchestrator.domain.conversation import TurnInput
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.words import gib, usd
from services.orchestrator.domain.question import Question
from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.language import detect

_TELLING_CHARS = 40
"""A message of fewer letters, such as "2" or "ok", is read with those before it."""


@cache
def _phrases() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("services.orchestrator.domain.answers").joinpath("phrases.toml").read_text("utf-8"))


def language_of(turn: TurnInput) -> str:
    """Return the ISO 639-1 code of the language that the user writes in: that of the newest messages."""
    text = turn.text
    for message in reversed(turn.history):
        if sum(c.isalpha() for c in text) >= _TELLING_CHARS:
            break
        if message.role == "user":
            text = f"{message.text}\n{text}"
    return detect(fold(text), text)


def phrase(key: str, language: str) -> str:
    """Return a sentence in a language; empty in English and where the language is not known."""
    return _phrases().get(language, {}).get(key, "")


def asked_in(questions: Sequence[Question], language: str) -> tuple[Question, ...]:
    """Return questions in a language, with suggestions that are understood when they are sent back."""
    return tuple(replace(q, text=phrase(q.id, language) or q.text) for q in questions)


def plan_phrase(plan: DeploymentPlan, language: str, *, new: bool) -> str:
    """Return the plan in a sentence; empty in English and for a plan without a machine."""
    if not plan.gpu_recommendations:
        return ""
    lead = plan.gpu_recommendations[0]
    run = plan.cost_estimate.run_total
    key = "run" if run is not None else "unmet" if lead.breaks else "plan" if new else "unchanged"
    price = usd(plan.cost_estimate.monthly_total if run is None else run)
    wording = phrase(key, language)
    return wording.format(machine=machine(lead), price=price) if wording else ""


def reason_phrase(plans: Sequence[DeploymentPlan], text: str, language: str) -> str:
    """Return in a sentence how long a run takes, or what the machine costs and holds where only why is asked.

    Of the newest of the plans. Empty in English, for other topics, and where the plan does not know.
    """
    if not plans or not plans[0].gpu_recommendations:
        return ""
    plan, topics = plans[0], topics_of(text)
    lead = plan.gpu_recommendations[0]
    if Topic.SPEED in topics and lead.run_hours is not None:
        return phrase("takes", language).format(machine=machine(lead), hours=f"{lead.run_hours:,.2g}")
    if topics - {Topic.GPU} or not lead.gpu_count:
        return ""
    price, memory = usd(plan.cost_estimate.monthly_total), gib(lead.gpu_memory_total_gib)
    return phrase("why", language).format(machine=machine(lead), price=price, memory=memory)
