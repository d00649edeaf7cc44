"""The plan of a turn: of one workload, of a run and the serving of its result, one as the other's part, or of services
side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from services.orchestrator.architect import UnsoundPlanError, draft_plan
from services.orchestrator.calls import CallReport, Calls
from services.orchestrator.catalogs import Catalogs
from services.orchestrator.domain import outflow
from services.orchestrator.domain.beside import may_be_several, services, within_budget
from services.orchestrator.domain.conversation import TurnInput
from services.orchestrator.domain.events import Event, Status, ToolFinished, ToolStarted
from services.orchestrator.domain.plan import DeploymentPlan, Workload, WorkloadKind
from services.orchestrator.domain.planning.asks import ModelAsk
from services.orchestrator.domain.planning.barred import barred_in
from services.orchestrator.domain.planning.combine import part_before, with_parts
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.planning.standing import standing_of
from services.orchestrator.domain.revision import limits
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.stages import of_trained, stages
from services.orchestrator.domain.traps import traps
from services.orchestrator.domain.understanding import Understanding
from services.orchestrator.domain.understanding.types import Revision
from services.orchestrator.domain.verify import verify_parts
from services.orchestrator.drafts import Draft
from services.orchestrator.reasoner import Meter, Reasoner
from services.orchestrator.reasoner.rules import LONG_CHARS
from services.orchestrator.turns import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One workload to plan."""

    spec: WorkloadSpec
    revision: Revision | None
    before: DeploymentPlan | None
    """Its plan in the turn before."""
    ending: str = ""
    """Of its id; a part of the plan of another workload has one."""
    after: Workload | None = None
    """The run whose result is served."""


@dataclass(slots=True)
class _Teller:
    """Where the events of a draft go."""

    tell: Callable[[Event], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ahead:
    """A draft that is made before it is known to be wanted; its events are held until then."""

    part: _Part
    draft: asyncio.Task[Draft]
    held: list[Event]
    teller: _Teller


class Planner:
    """Makes the plan of one turn."""

    def __init__(
        self, turn: TurnInput, journal: Journal, *, reasoner: Reasoner, catalogs: Catalogs, slots: asyncio.Semaphore
    ) -> None:
        """slots: how many drafts are made at once."""
        self._turn, self._words, self._journal = turn, turn.description, journal
        self._reasoner, self._catalogs, self._slots = reasoner, catalogs, slots
        self._previous = turn.plans[0] if turn.plans else None
        self._hosted: set[tuple[str, str]] = set()
        self._ahead: _Ahead | None = None

    def begin(self, understood: Understanding) -> None:
        """Begin the draft of what the rules understood while a language model still reads, which mostly agrees.

        Only of one workload in a short conversation: that it is one is told quickly.
        """
        if len(self._words) >= LONG_CHARS:
            return
        spec, *then = stages(understood.spec, self._words)
        if then or may_be_several(spec, self._words):
            return
        part, held = _Part(spec=spec, revision=understood.revision, before=self._previous), list[Event]()
        teller = _Teller(held.append)
        draft = asyncio.create_task(self._make(part, teller))
        draft.add_done_callback(lambda done: done.cancelled() or done.exception())  # whoever wants it hears of it
        self._ahead = _Ahead(part=part, draft=draft, held=held, teller=teller)

    def give_up(self) -> None:
        """Stop what was begun and is not wanted."""
        if self._ahead is not None:
            self._ahead.draft.cancel()
            self._ahead = None

    async def plan(self, understood: Understanding, meter: Meter) -> DeploymentPlan:
        """Return the plan. Raises UnavailableError when no catalogue answers, UnsoundPlanError."""
        words, previous = self._words, self._previous
        if len(words) >= LONG_CHARS:
            await asyncio.to_thread(lambda: (standing_of(words), barred_in(words)))  # kept: planning reads neither
        self._journal.note(Status(text="Comparing models, machines and prices"))
        first, *then = stages(understood.spec, words)
        if not then:
            several = services(first, await self._tasks(first), words)
            return await self._services(several, understood.revision, meter)
        run_leads = first.task_type is understood.spec.task_type
        part = partial(_Part, revision=understood.revision)
        before = part_before(previous, WorkloadKind.TRAINING)
        made = await self._draft(part(spec=first, before=before, ending="" if run_leads else "-run"))
        run = await self._reasoner.design(self._turn, made, meter=meter) if run_leads else made.plan
        trained, before = of_trained(then[0], run), part_before(previous, WorkloadKind.SERVING)
        ending = "-serving" if run_leads else ""
        made = await self._draft(part(spec=trained, before=before, ending=ending, after=run.workload))
        serving = made.plan if run_leads else await self._reasoner.design(self._turn, made, meter=meter)
        return self._whole(run, serving) if run_leads else self._whole(serving, run)

    async def _tasks(self, spec: WorkloadSpec) -> dict[str, str]:
        """Return the task of each model that is named, where there may be several services."""
        if not may_be_several(spec, self._words):
            return {}
        calls = Calls(lambda report: self._journal.note(_tool_event(report)))
        found = await asyncio.gather(
            *(calls.search(self._catalogs, ModelAsk(name=name, limit=1)) for name in spec.models)
        )
        return {name: f.models[0].task for name, f in zip(spec.models, found, strict=True) if f.models}

    async def _services(
        self, specs: tuple[WorkloadSpec, ...], revision: Revision | None, meter: Meter
    ) -> DeploymentPlan:
        """Return the plan of one service, or of several side by side, the later ones as parts of the first. A monthly
        budget is for all of them."""
        if len(specs) == 1:
            made = await self._draft(_Part(spec=specs[0], revision=revision, before=self._previous))
            return await self._reasoner.design(self._turn, made, meter=meter)
        plans: list[DeploymentPlan] = []
        for number, spec in enumerate(specs):
            spent = sum((p.cost_estimate.monthly_total for p in plans), Decimal(0))
            before = part_before(self._previous, WorkloadKind.SERVING, needs_of(spec).task)
            part = _Part(spec=within_budget(spec, spent), revision=revision, before=before)
            made = await self._draft(replace(part, ending=f"-{number}") if number else part)
            plans.append(made.plan if number else await self._reasoner.design(self._turn, made, meter=meter))
        return self._whole(*plans)

    def _whole(self, lead: DeploymentPlan, *parts: DeploymentPlan) -> DeploymentPlan:
        plan = with_parts(lead, parts, previous=self._previous)
        if violations := verify_parts(plan):
            raise UnsoundPlanError("; ".join(violations))
        return plan

    async def _draft(self, part: _Part) -> Draft:
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead.part == part:
            self._journal.note(*ahead.held)
            ahead.teller.tell = self._journal.note
            made = await ahead.draft
        else:
            if ahead is not None:
                ahead.draft.cancel()
            made = await self._make(part, _Teller(self._journal.note))
        self._hosted.update((lead.provider, lead.region) for lead in made.plan.gpu_recommendations[:1])
        return made

    async def _make(self, part: _Part, teller: _Teller) -> Draft:
        async with self._slots:
            return await draft_plan(
                limits(part.spec, part.revision, part.before),
                self._catalogs,
                # The id follows from the turn, so that a turn that is worked on twice makes one plan.
                plan_id=f"plan-{self._turn.turn.turn_id}{part.ending}",
                conversation_id=self._turn.turn.conversation_id,
                previous=part.before,
                # What leaves the cloud each month is charged once, with the plan that leads.
                words=outflow.without(self._words) if part.ending else self._words,
                traps=traps(part.spec, self._words),
                after=part.after,
                hosted=frozenset(self._hosted),
                on_call=lambda report: teller.tell(_tool_event(report)),
            )


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
