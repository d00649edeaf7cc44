"""What happens between a message and its answer: understand, decide, ask or plan, tell."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Final

from services.orchestrator.answering import Answers
from services.orchestrator.catalogs import Catalogs
from services.orchestrator.domain import asking
from services.orchestrator.domain.answers import replies
from services.orchestrator.domain.answers.parts import paragraphs
from services.orchestrator.domain.answers.phrases import asked_in, language_of, phrase, plan_phrase, reason_phrase
from services.orchestrator.domain.answers.plans import plan_answer, sharpen
from services.orchestrator.domain.conversation import Answer, TurnInput
from services.orchestrator.domain.events import (
    Event,
    PlanMade,
    QuestionsAsked,
    SpecUpdated,
    Status,
)
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning import stated
from services.orchestrator.domain.planning.barred import rebars
from services.orchestrator.domain.planning.standing import restates
from services.orchestrator.domain.planning.terms import changed_by
from services.orchestrator.domain.question import Question
from services.orchestrator.domain.traps import traps
from services.orchestrator.domain.understanding import (
    CatalogueNames,
    Intent,
    RevisionKind,
    Understanding,
    asking_policy,
)
from services.orchestrator.planner import Planner
from services.orchestrator.reasoner import Meter, Reasoner
from services.orchestrator.reasoner.rules import LONG_CHARS
from services.orchestrator.turns import Journal

log = logging.getLogger(__name__)

_PLANNED_AT_ONCE: Final = 2
"""Plans that are made at once: one computes while the other waits for the catalogues. More are not done earlier, but
each trip to the database, and so the first sign of life, waits for a step of every one of them."""


class Agent:
    """Answers turns: the requirements agent first, then the architect where a plan is wanted."""

    def __init__(self, reasoner: Reasoner, catalogs: Catalogs, *, names: CatalogueNames | None = None) -> None:
        """names: names beyond those of the lexicon, for resolving what the user names."""
        self._reasoner, self._catalogs, self._answers = reasoner, catalogs, Answers(catalogs)
        self._slots = asyncio.Semaphore(_PLANNED_AT_ONCE)
        self._names = names

    async def work(self, turn: TurnInput, journal: Journal) -> None:
        """Answer one turn, writing what happens to its journal. Raises UnavailableError when no catalogue answers."""
        planner = Planner(turn, journal, reasoner=self._reasoner, catalogs=self._catalogs, slots=self._slots)
        try:
            await self._work(turn, journal, planner)
        finally:
            planner.give_up()

    async def _work(self, turn: TurnInput, journal: Journal, planner: Planner) -> None:
        meter = Meter()
        journal.usage = meter.usage
        journal.note(Status(text="Reading your message"))
        # What the spec has no field for is known all the same.
        measured = stated.stated_in(turn.description)
        asked = (*(question.id for question in turn.asked), *(("dataset",) if measured else ()))
        policy = asking_policy([*(m.text for m in turn.history if m.role == "user"), turn.text])
        restated = bool(turn.plans) and (changed_by(turn.description, turn.text) or await _restated(turn))

        def decide(understood: Understanding) -> asking.Action:
            return asking.decide_action(
                understood, understood.spec, asked=asked, pending=turn.pending, policy=policy, restated=restated
            )

        def early(understood: Understanding) -> None:
            if decide(understood) is asking.Action.PLAN:
                planner.begin(understood)

        understood = await self._reasoner.understand(turn, names=self._names, meter=meter, early=early)
        journal.note(
            SpecUpdated(
                spec=understood.spec,
                changed_fields=tuple(understood.changes),
                intent=understood.intent.value,
            )
        )
        action = decide(understood)
        if action is not asking.Action.PLAN:
            planner.give_up()
        plan: DeploymentPlan | None = None
        questions: tuple[Question, ...] = ()
        language = language_of(turn)
        closing: tuple[Event, ...] = ()
        match action:
            case asking.Action.PLAN:
                plan = await planner.plan(understood, meter)
                draft, closing = (
                    plan_answer(plan, before=_read_before(turn, understood), chosen_for=understood.wants_plan_now),
                    (PlanMade(plan_id=plan.plan_id, plan=plan),),
                )
                if not turn.plans and not understood.wants_plan_now and policy.kind != "silent":
                    questions = asking.next_questions(
                        understood.spec, asked=asked, plan_spread=asking.spread_of(plan, understood.spec)
                    )
                    questions = asked_in(questions, language)
                if questions:
                    draft = f"{draft}\n\n{sharpen(questions)}"
                    closing = (*closing, QuestionsAsked(questions=questions))
            case asking.Action.CLARIFY:
                questions = asking.next_questions(
                    understood.spec, asked=asked, open_points=understood.open_points, first=policy.about
                )
                questions = asked_in(questions, language)
                draft = replies.clarify(understood, questions, notes=_new_traps(turn, understood))
                closing = (QuestionsAsked(questions=questions),) if questions else ()
            case asking.Action.ANSWER:
                draft = await self._answers.answer(turn, understood)
            case asking.Action.REFUSE:
                draft = replies.refuse(understood)
        key_sentences = _in_own_words(turn, understood, action, plan, language=language)
        draft = paragraphs(*meter.notes, *replies.notices(understood), *key_sentences, draft)
        text = ""
        async for piece in self._reasoner.tell(turn, draft, meter=meter):
            text += piece
            if piece != draft:
                journal.tell(piece)
        answer = Answer(
            action=action.value,
            text=text,
            spec=understood.spec,
            questions=tuple(replace(question, turn=turn.turn.number) for question in questions),
            plan=plan,
            reasoner=meter.reasoner,
            prompt_version=meter.prompt_version,
            usage=meter.usage(),
        )
        if meter.prompt_version:
            used = {"input_tokens": meter.input_tokens, "output_tokens": meter.output_tokens}
            log.info("llm used", extra={**used, "cost_usd": str(meter.cost_usd), "llm_ms": round(meter.llm_ms)})
        await journal.complete(answer, *closing)


async def _restated(turn: TurnInput) -> bool:
    """Tell whether a message says anything new of what is there, not wanted, or where nothing may run. What is long is
    read beside the event loop, which others wait for."""
    long = len(turn.description) >= LONG_CHARS
    return await asyncio.to_thread(_says_anew, turn) if long else _says_anew(turn)


def _says_anew(turn: TurnInput) -> bool:
    return restates(turn.description, turn.text) or rebars(turn.description, turn.text)


def _read_before(turn: TurnInput, understood: Understanding) -> DeploymentPlan | None:
    """Return the plan that the user compares the new one with; none for one that starts afresh."""
    revision = understood.revision
    afresh = revision is not None and revision.kind is RevisionKind.START_OVER
    return turn.plans[0] if turn.plans and not afresh else None


def _in_own_words(
    turn: TurnInput,
    understood: Understanding,
    action: asking.Action,
    plan: DeploymentPlan | None,
    *,
    language: str,
) -> tuple[str, ...]:
    """Return the key sentences of an answer in the user's language; none in English."""
    said = [phrase("note", language) if not turn.history else ""]
    if understood.secrets:
        said.append(phrase("secret", language))
    match action:
        case asking.Action.PLAN if plan is not None:
            said.append(plan_phrase(plan, language, new=not turn.plans or bool(plan.changes)))
        case asking.Action.CLARIFY:
            said.append(phrase("choose", language))
        case asking.Action.REFUSE:
            said.append(phrase("attack" if understood.intent is Intent.ATTACK else "off_topic", language))
        case asking.Action.ANSWER if understood.intent is Intent.THANKS:
            said.append(phrase("welcome", language))
        case asking.Action.ANSWER if understood.intent is Intent.EXPLAIN and not understood.named.stated():
            said.append(reason_phrase(turn.plans, turn.text, language))
    return tuple(sentence for sentence in said if sentence)


def _new_traps(turn: TurnInput, understood: Understanding) -> tuple[str, ...]:
    """Return what has to be pointed out since this message; what was pointed out before is not repeated."""
    said = turn.description
    before = traps(turn.spec, said[: -len(turn.text)]) if turn.history else ()
    return tuple(trap for trap in traps(understood.spec, said) if trap not in before)
