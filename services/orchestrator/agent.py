"""What happens between a message and its answer: understand, decide, ask or plan, tell."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from services.orchestrator.answering import Answers
from services.orchestrator.architect import UnsoundPlanError, draft_plan
from services.orchestrator.calls import CallReport, Calls
from services.orchestrator.catalogs import Catalogs
from services.orchestrator.domain import asking, outflow
from services.orchestrator.domain.answers import replies
from services.orchestrator.domain.answers.parts import paragraphs
from services.orchestrator.domain.answers.phrases import asked_in, language_of, phrase, plan_phrase, reason_phrase
from services.orchestrator.domain.answers.plans import plan_answer, sharpen
from services.orchestrator.domain.beside import may_be_several, services, within_budget
from services.orchestrator.domain.conversation import Answer, TurnInput
from services.orchestrator.domain.events import (
    Event,
    PlanMade,
    QuestionsAsked,
    SpecUpdated,
    Status,
    ToolFinished,
    ToolStarted,
)
from services.orchestrator.domain.plan import DeploymentPlan, Workload, WorkloadKind
from services.orchestrator.domain.planning import stated
from services.orchestrator.domain.planning.asks import ModelAsk
from services.orchestrator.domain.planning.barred import barred_in, rebars
from services.orchestrator.domain.planning.combine import part_before, with_parts
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.planning.standing import restates, standing_of
from services.orchestrator.domain.planning.terms import changed_by
from services.orchestrator.domain.question import Question
from services.orchestrator.domain.revision import limits
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.stages import of_trained, stages
from services.orchestrator.domain.traps import traps
from services.orchestrator.domain.understanding import (
    CatalogueNames,
    Intent,
    RevisionKind,
    Understanding,
    asking_policy,
)
from services.orchestrator.domain.verify import verify_parts
from services.orchestrator.drafts import Draft
from services.orchestrator.reasoner import Meter, Reasoner
from services.orchestrator.reasoner.rules import LONG_CHARS
from services.orchestrator.turns import Journal

log = logging.getLogger(__name__)

_PLANNED_AT_ONCE = 2
"""Plans that are made at once: one computes while the other waits for the catalogues. More are not done earlier, but
each trip to the database, and so the first sign of life, waits for a step of every one of them."""


class Agent:
    """Answers turns: the requirements agent first, then the architect where a plan is wanted."""

    def __init__(self, reasoner: Reasoner, catalogs: Catalogs, *, names: CatalogueNames | None = None) -> None:
        """names: names beyond those of the lexicon, for resolving what the user names."""
        self._reasoner, self._catalogs, self._answers = reasoner, catalogs, Answers(catalogs)
        self._planning = asyncio.Semaphore(_PLANNED_AT_ONCE)
        self._names = names

    async def work(self, turn: TurnInput, journal: Journal) -> None:
        """Answer one turn, writing what happens to its journal. Raises UnavailableError when no catalogue answers."""
        meter = Meter()
        journal.usage = meter.usage
        journal.note(Status(text="Reading your message"))
        understood = await self._reasoner.understand(turn, names=self._names, meter=meter)
        journal.note(
            SpecUpdated(
                spec=understood.spec,
                changed_fields=tuple(understood.changes),
                intent=understood.intent.value,
            )
        )
        # What the spec has no field for is known all the same.
        measured = stated.stated_in(turn.description)
        asked = (*(question.id for question in turn.asked), *(("dataset",) if measured else ()))
        policy = asking_policy([*(m.text for m in turn.history if m.role == "user"), turn.text])
        action = asking.decide_action(
            understood,
            understood.spec,
            asked=asked,
            pending=turn.pending,
            policy=policy,
            restated=bool(turn.plans) and (changed_by(turn.description, turn.text) or await _restated(turn)),
        )
        plan: DeploymentPlan | None = None
        questions: tuple[Question, ...] = ()
        language = language_of(turn)
        closing: tuple[Event, ...] = ()
        match action:
            case asking.Action.PLAN:
                plan = await self._plan(turn, understood, journal, meter)
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

    async def _plan(self, turn: TurnInput, understood: Understanding, journal: Journal, meter: Meter) -> DeploymentPlan:
        """Return the plan of a turn: of one workload, of a run and the serving of its result, one as the other's part,
        or of services side by side."""
        previous, words = turn.plans[0] if turn.plans else None, turn.description
        if len(words) >= LONG_CHARS:
            await asyncio.to_thread(lambda: (standing_of(words), barred_in(words)))  # kept: planning reads neither
        journal.note(Status(text="Comparing models, machines and prices"))
        hosted: set[tuple[str, str]] = set()

        async def draft(
            spec: WorkloadSpec, before: DeploymentPlan | None, *, ending: str = "", after: Workload | None = None
        ) -> Draft:
            async with self._planning:
                made = await draft_plan(
                    limits(spec, understood.revision, before),
                    self._catalogs,
                    # The id follows from the turn, so that a turn that is worked on twice makes one plan.
                    plan_id=f"plan-{turn.turn.turn_id}{ending}",
                    conversation_id=turn.turn.conversation_id,
                    previous=before,
                    # What leaves the cloud each month is charged once, with the plan that leads.
                    words=outflow.without(words) if ending else words,
                    traps=traps(spec, words),
                    after=after,
                    hosted=frozenset(hosted),
                    on_call=lambda report: journal.note(_tool_event(report)),
                )
            hosted.update((lead.provider, lead.region) for lead in made.plan.gpu_recommendations[:1])
            return made

        first, *then = stages(understood.spec, words)
        if not then:
            several = services(first, await self._tasks(first, words, journal), words)
            return await self._services(turn, several, draft, meter)
        run_leads = first.task_type is understood.spec.task_type
        made = await draft(first, part_before(previous, WorkloadKind.TRAINING), ending="" if run_leads else "-run")
        run = await self._reasoner.design(turn, made, meter=meter) if run_leads else made.plan
        serving_before = part_before(previous, WorkloadKind.SERVING)
        made = await draft(
            of_trained(then[0], run), serving_before, ending="-serving" if run_leads else "", after=run.workload
        )
        serving = made.plan if run_leads else await self._reasoner.design(turn, made, meter=meter)
        lead, part = (run, serving) if run_leads else (serving, run)
        plan = with_parts(lead, (part,), previous=previous)
        if violations := verify_parts(plan):
            raise UnsoundPlanError("; ".join(violations))
        return plan

    async def _tasks(self, spec: WorkloadSpec, words: str, journal: Journal) -> dict[str, str]:
        """Return the task of each model that is named, where there may be several services."""
        if not may_be_several(spec, words):
            return {}
        calls = Calls(lambda report: journal.note(_tool_event(report)))
        found = await asyncio.gather(
            *(calls.search(self._catalogs, ModelAsk(name=name, limit=1)) for name in spec.models)
        )
        return {name: models[0].task for name, models in zip(spec.models, found, strict=True) if models}

    async def _services(
        self, turn: TurnInput, specs: tuple[WorkloadSpec, ...], draft: Drafting, meter: Meter
    ) -> DeploymentPlan:
        """Return the plan of one service, or of several side by side, the later ones as parts of the first. A monthly
        budget is for all of them."""
        previous = turn.plans[0] if turn.plans else None
        if len(specs) == 1:
            return await self._reasoner.design(turn, await draft(specs[0], previous), meter=meter)
        plans: list[DeploymentPlan] = []
        for number, spec in enumerate(specs):
            spent = sum((p.cost_estimate.monthly_total for p in plans), Decimal(0))
            task = needs_of(spec).task
            before = part_before(previous, WorkloadKind.SERVING, task)
            made = await draft(within_budget(spec, spent), before, ending=f"-{number}" if number else "")
            plans.append(made.plan if number else await self._reasoner.design(turn, made, meter=meter))
        plan = with_parts(plans[0], tuple(plans[1:]), previous=previous)
        if violations := verify_parts(plan):
            raise UnsoundPlanError("; ".join(violations))
        return plan


class Drafting(Protocol):
    """Makes the draft of one workload of a turn."""

    async def __call__(
        self, spec: WorkloadSpec, before: DeploymentPlan | None, *, ending: str = "", after: Workload | None = None
    ) -> Draft:
        """Return the draft for a spec. before: its plan in the turn before. ending: of its id. after: the run whose
        result is served."""


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


def _tool_event(report: CallReport) -> Event:
    if report.elapsed_ms is None:
        return ToolStarted(call_id=report.call_id, name=report.name, summary=report.summary)
    return ToolFinished(
        call_id=report.call_id,
        name=report.name,
        summary=report.summary,
        elapsed_ms=round(report.elapsed_ms, 3),
        failed=report.failed,
    )
