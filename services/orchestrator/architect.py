"""The architect agent: spec -> candidates from the catalogues, asked in parallel -> a verified plan. One pass."""

from __future__ import annotations

from functools import partial

from services.orchestrator.calls import CallReport as CallReport
from services.orchestrator.calls import Calls, OnCall
from services.orchestrator.catalogs.protocol import Catalogs
from services.orchestrator.domain.plan import DeploymentPlan, Workload
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from services.orchestrator.drafts import Draft
from services.orchestrator.gathering import gather


class UnsoundPlanError(Exception):
    """The verifier refused a plan of our own making: a defect here, not a fault of the user's."""


async def draft_plan(
    spec: WorkloadSpec,
    catalogs: Catalogs,
    *,
    plan_id: str,
    conversation_id: str,
    previous: DeploymentPlan | None = None,
    words: str = "",
    traps: tuple[str, ...] = (),
    after: Workload | None = None,
    hosted: frozenset[tuple[str, str]] = frozenset(),
    on_call: OnCall | None = None,
) -> Draft:
    """Return the plan for a spec, as a draft.

    words: the user's own description of the job, for the search by meaning. traps: warnings found in the words. after:
    the run whose result is served. hosted: provider and region where the components of another part of the plan run
    already. A catalogue that does not answer is named in the plan's warnings. Raises UnavailableError when none
    answers.
    """
    calls = Calls(on_call)
    try:
        candidates, choices = await gather(spec, catalogs, calls=calls, words=words, hosted=hosted)
    except ExceptionGroup as group:
        # The calls of a round fail together; the first failure says it all.
        raise group.exceptions[0] from None
    build = partial(
        build_plan,
        plan_id=plan_id,
        conversation_id=conversation_id,
        traps=traps,
        previous=previous,
        words=words,
        after=after,
    )
    plan = build(spec, candidates, choices=choices)
    if violations := verify(plan, spec, candidates, said=words):
        raise UnsoundPlanError("; ".join(violations))
    return Draft(
        spec=spec,
        words=words,
        catalogs=catalogs,
        calls=calls,
        candidates=candidates,
        choices=choices,
        plan=plan,
        build=build,
    )


async def make_plan(
    spec: WorkloadSpec,
    catalogs: Catalogs,
    *,
    plan_id: str,
    conversation_id: str,
    previous: DeploymentPlan | None = None,
    words: str = "",
    traps: tuple[str, ...] = (),
    after: Workload | None = None,
    on_call: OnCall | None = None,
) -> DeploymentPlan:
    """Return the plan of draft_plan."""
    draft = await draft_plan(
        spec,
        catalogs,
        plan_id=plan_id,
        conversation_id=conversation_id,
        previous=previous,
        words=words,
        traps=traps,
        after=after,
        on_call=on_call,
    )
    return draft.plan
