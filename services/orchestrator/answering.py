"""Answers to turns that ask for no plan: about the plan on the table, about a GPU's price, about a model's licence."""

from __future__ import annotations

from services.orchestrator import lookups
from services.orchestrator.architect import make_plan
from services.orchestrator.catalogs import Catalogs
from services.orchestrator.domain.answers import about, files, replies
from services.orchestrator.domain.answers.parts import headline, paragraphs
from services.orchestrator.domain.answers.regimes import regimes_answer
from services.orchestrator.domain.answers.topics import PRICES, REASONS, Topic, form_of, topics_of
from services.orchestrator.domain.conversation import TurnInput
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import Intent, Understanding


def _by_topic(plan: DeploymentPlan, text: str, topics: frozenset[Topic]) -> str:
    """Return the answer to words that tell by their subject alone what they want; empty where they do not."""
    if topics & {Topic.COMMERCIAL, Topic.TERMS}:
        return about.licence_answer(plan, topics)
    if topics & REASONS:
        return about.explanation(plan, topics)
    if topics & PRICES:
        return about.price_answer(plan, topics)
    return files.render_answer(plan, form) if (form := form_of(text)) else ""


class Answers:
    """Answers by what is planned and by what the catalogues say."""

    def __init__(self, catalogs: Catalogs) -> None:
        self._catalogs = catalogs

    async def answer(self, turn: TurnInput, understood: Understanding) -> str:
        """Return the answer. Raises UnavailableError where only a catalogue knows it and none answers."""
        topics = topics_of(turn.text)
        if Topic.SECRETS in topics and not understood.changes:
            return replies.about_secrets()
        if not turn.plans:
            return await self._without_plan(understood, topics)
        return await self._about_plan(turn, understood, topics)

    async def _without_plan(self, understood: Understanding, topics: frozenset[Topic]) -> str:
        named = understood.named
        licence = understood.intent is Intent.LICENCE or topics & {Topic.COMMERCIAL, Topic.TERMS}
        if licence and (models := named.models or understood.spec.models):
            return await lookups.licences(models, self._catalogs)
        if understood.intent is Intent.PRICE and named.gpu_models:
            return await lookups.gpu_prices(named.gpu_models, self._catalogs)
        return replies.without_plan(understood)

    async def _about_plan(self, turn: TurnInput, understood: Understanding, topics: frozenset[Topic]) -> str:
        plan = turn.plans[0]
        match understood.intent:
            case Intent.LICENCE:
                return await self._licence(plan, understood, topics)
            case Intent.RENDER:
                if not topics.isdisjoint({Topic.TERMS}):
                    return about.licence_answer(plan, topics)
                return files.render_answer(plan, form_of(turn.text))
            case Intent.EXPLAIN | Intent.COMPARE | Intent.PRICE:
                if told := await self._what_if(turn, understood):
                    return told
        match understood.intent:
            case Intent.EXPLAIN if asked := understood.named.compliance:
                return regimes_answer(plan, asked)
            case Intent.EXPLAIN:
                return about.explanation(plan, topics)
            case Intent.COMPARE:
                earlier = turn.plans[-1] if Topic.FIRST in topics else turn.plans[min(1, len(turn.plans) - 1)]
                return about.comparison(
                    plan,
                    earlier if earlier.version < plan.version else None,
                    {message.plan_id: message.create_time.date() for message in turn.history if message.plan_id},
                )
            case Intent.PRICE:
                return about.price_answer(plan, topics)
            case Intent.THANKS:
                return replies.without_plan(understood)
            case Intent.GREETING | Intent.SMALL_TALK:
                return replies.without_plan(understood)
        return _by_topic(plan, turn.text, topics) or replies.unclear(headline(plan))

    async def _licence(self, plan: DeploymentPlan, understood: Understanding, topics: frozenset[Topic]) -> str:
        planned = {m.model_id for m in plan.model_recommendations}
        asked = [case for case in lookups.compared(understood.spec, understood.named, plan) if case[1].models]
        names = tuple(words for words, spec in asked if words in understood.named.models and words not in planned)
        if names:
            return await lookups.licences(names, self._catalogs)
        return about.licence_answer(plan, topics)

    async def _what_if(self, turn: TurnInput, understood: Understanding) -> str:
        """Return how the plan compares with what the question names; empty where it names nothing else."""
        plan, told = turn.plans[0], ""
        if understood.named.components:
            told = lookups.in_stack(understood.named, plan)
        cases = lookups.compared(understood.spec, understood.named, plan)
        if not cases:
            return told

        async def make(spec: WorkloadSpec) -> DeploymentPlan:
            return await make_plan(spec, self._catalogs, plan_id="what-if", conversation_id="", words=turn.description)

        return paragraphs(told, await lookups.compare(plan, cases, make))
