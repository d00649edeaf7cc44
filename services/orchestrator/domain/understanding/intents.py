"""What the user wants from the turn."""

from __future__ import annotations

from collections.abc import Set
from typing import Final

from services.orchestrator.domain.understanding.doc import Doc
from services.orchestrator.domain.understanding.lexicon import words
from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.types import Intent, Revision

_REQUEST_VERBS: Final = words("intents.request_verbs")

_QUESTIONS: Final = (Intent.LICENCE, Intent.EXPLAIN, Intent.COMPARE, Intent.RENDER, Intent.PRICE)
_POLITE: Final = words("intents.polite")
_OUR_WORDS: Final = words("intents.our_words")
_SHORT: Final = 14
_ELLIPTIC: Final = 8
MACHINE: Final = frozenset({"gpu_models", "gpu_count_min", "providers", "regions", "geos", "spot_ok"})
"""Fields that name a machine, whose price may be asked without any workload."""
_MODEL: Final = frozenset({"models", "model_params_b", "license", "precision"})
"""Fields that name a model, whose licence may be asked without any workload."""
_AND: Final = words("intents.going_on")
_CHEAPEST: Final = words("intents.cheapest")
_COST: Final = words("intents.cost")
_ASKING: Final = words("intents.asking")
_ASKING_HOW: Final = words("intents.asking_how")
_TELLING: Final = frozenset({"tell", "give"})


def whole_say(doc: Doc) -> Intent | None:
    """Return greeting, thanks or small talk where the message says nothing else."""
    covered: dict[int, str] = {}
    for match in doc.all("say"):
        for k in range(match.i, match.j):
            covered.setdefault(k, match.id)
    spoken = [k for k, t in enumerate(doc.tokens) if t.text.isalnum() or t.text[0].isalpha()]
    if not spoken:
        return Intent.SMALL_TALK if doc.tokens else Intent.UNCLEAR
    uncovered = [k for k in spoken if k not in covered and doc.text(k) not in _POLITE]
    if len(uncovered) > max(0, len(spoken) // 5) or not covered:
        return None
    kinds = set(covered.values())
    for kind, intent in (("thanks", Intent.THANKS), ("greeting", Intent.GREETING), ("small_talk", Intent.SMALL_TALK)):
        if kind in kinds:
            return intent
    return Intent.SMALL_TALK


def question_intent(doc: Doc, *, has_plan: bool, stated: Set[str]) -> Intent | None:
    """Return what a question is about, where the message is a question rather than a wish.

    stated: the fields that the message states explicitly.
    """
    for intent in _QUESTIONS:
        for match in doc.all("intent", intent.value):
            if _asks(doc, match, intent, has_plan=has_plan, stated=stated):
                return intent
    if (not has_plan and _goes_on_asking(doc, stated, MACHINE)) or _asks_cost(doc, stated):
        return Intent.PRICE
    if not has_plan and doc.all_names("family") and _goes_on_asking(doc, stated, _MODEL):
        return Intent.LICENCE
    if has_plan and _asks_how_many(doc):
        return Intent.EXPLAIN
    return Intent.LICENCE if _asks_terms(doc, stated) else None


def _asks_terms(doc: Doc, stated: Set[str]) -> bool:
    """Say whether it reads "is Gemma open source?", "darf ich Mixtral kommerziell nutzen?": a model's terms."""
    of_model = bool(doc.all_names("family")) and stated <= _MODEL
    return of_model and doc.text(len(doc.tokens) - 1) == "?" and bool(doc.all("license"))


def _asks_cost(doc: Doc, stated: Set[str]) -> bool:
    """Say whether it reads "what's the cheapest A100?", "what would 2 L4 cost?": the price of a machine alone."""
    machine = "gpu_models" in stated and stated <= MACHINE
    return machine and doc.text(len(doc.tokens) - 1) == "?" and not doc.spoken.isdisjoint(_CHEAPEST | _COST)


def _goes_on_asking(doc: Doc, stated: Set[str], fields: Set[str]) -> bool:
    """Say whether it reads "and a B200?": the question before, about another machine or model of these fields."""
    asked = doc.text(len(doc.tokens) - 1) == "?" and len(doc.tokens) <= _ELLIPTIC
    return asked and bool(stated) and stated <= fields and doc.text(0) in _AND


def _asks_how_many(doc: Doc) -> bool:
    """Say whether it reads "how many images per minute?": what the plan can do, which names no number itself."""
    asked = doc.text(len(doc.tokens) - 1) == "?" and any(m.i == 0 for m in doc.all("how_many"))
    return asked and not doc.numbers


def _asks(doc: Doc, match: Match, intent: Intent, *, has_plan: bool, stated: Set[str]) -> bool:
    named = MACHINE if intent is Intent.PRICE else _MODEL if intent is Intent.LICENCE else frozenset[str]()
    states = 0 if stated <= named else len(stated)
    if not has_plan and states >= 2:
        return False
    question = _is_question(doc, match)
    short = len(doc.tokens) <= _SHORT
    if intent is Intent.LICENCE:
        return question
    if intent is Intent.EXPLAIN:
        return (
            (question or match.i <= 2) and doc.text(match.i + 1) != "not"
            if doc.text(match.i) == "why" and not has_plan
            else question or match.i <= 2
        )
    if intent is Intent.COMPARE:
        return question or match.i <= 2 or (short and has_plan)
    if intent is Intent.RENDER:
        return has_plan and (short or question) and states <= 1
    return (question or short) and (has_plan or states == 0)


def _is_question(doc: Doc, match: Match) -> bool:
    inside = doc.sentence_span(match.i)
    told_to = doc.text(match.i) in _TELLING  # "I don't want operators, just tell me a price for one H100"
    return told_to or doc.text(inside[-1]) == "?" or doc.text(inside[0]) in _ASKING


def off_topic(doc: Doc, *, about_workloads: bool) -> bool:
    """Say whether the message is about something else altogether."""
    return bool(doc.all("off_topic")) and not about_workloads


def of(
    doc: Doc,
    *,
    attack: bool,
    about_workloads: bool,
    knowledge: bool,
    has_plan: bool,
    changed: bool,
    stated: Set[str],
    revision: Revision | None,
    delegates: bool,
) -> Intent:
    """Return the intent of a message."""
    if attack and not about_workloads:
        return Intent.ATTACK
    if off_topic(doc, about_workloads=about_workloads):
        return Intent.OFF_TOPIC
    asked = question_intent(doc, has_plan=has_plan, stated=stated)
    if asked is not None:
        return asked
    if knowledge:
        return Intent.EXPLAIN
    if revision is not None:
        return Intent.REVISE
    if has_plan and not changed and not delegates and _asks_about_it(doc):
        return Intent.EXPLAIN
    if changed or delegates or about_workloads:
        return Intent.REVISE if has_plan and changed else Intent.PLAN
    said = whole_say(doc)
    if said is not None:
        return said
    if not _long_question(doc) or not doc.spoken.isdisjoint(_OUR_WORDS):
        return Intent.UNCLEAR
    return Intent.EXPLAIN if has_plan and doc.text(len(doc.tokens) - 1) == "?" else Intent.OFF_TOPIC


def _asks_about_it(doc: Doc) -> bool:
    """Say whether it reads "what happens when all 20 write at once?": a question that wishes for nothing new."""
    return doc.text(len(doc.tokens) - 1) == "?" and doc.text(0) in _ASKING_HOW


def _long_question(doc: Doc) -> bool:
    """Say whether it is a full question or request that holds nothing of what the product knows."""
    return len(doc.tokens) >= 5 and (doc.text(len(doc.tokens) - 1) == "?" or doc.text(0) in _REQUEST_VERBS)
