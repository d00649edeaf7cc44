"""What the user runs already and refuses, against what a plan installs: part of the verifier."""

from __future__ import annotations

from collections.abc import Iterator

from services.orchestrator.domain.candidates import Candidates
from services.orchestrator.domain.plan import DeploymentPlan, InstalledComponent, Workload
from services.orchestrator.domain.planning.kept import unmet_of
from services.orchestrator.domain.planning.standing import ROLE_OF_SOFTWARE, Standing
from services.orchestrator.domain.spec import WorkloadSpec


def stands(plan: DeploymentPlan, spec: WorkloadSpec, candidates: Candidates, standing: Standing) -> Iterator[str]:
    """Yield what a plan installs although it is refused, or there already, and what it does not tell of either.

    standing: what the user's own words say, so that records which hide or invent any of it are of no help.
    """
    if candidates.standing != standing:
        yield "the records are not of what the user runs already and refuses"
    asked = {ROLE_OF_SOFTWARE.get(name.lower(), "") for name in spec.components if not standing.holds(name)}
    filled = {*standing.held_roles, *(h.role for h in standing.held)} - asked | {i.role for i in candidates.installed}
    filled -= {""}
    records = {(c.repository, c.chart): c.names for c in candidates.charts}
    for part in plan.kubernetes_stack:
        names = (part.name, part.chart, *records.get((part.repository, part.chart), ()))
        companions = (name for c in part.companions for name in (c.name, c.chart))
        if any(h.is_any((*names, *companions)) for h in standing.refused):
            yield f"{part.chart} is installed, which is refused"
        if part.role in filled or any(h.is_any(names) for h in standing.held):
            yield f"{part.chart} is installed, and something does its work already"
    known = {*candidates.installed, *(InstalledComponent(name=h.said) for h in standing.held)}
    yield from (f"{i.name} is not there as the plan says" for i in plan.installed if i not in known)
    untold = {h.said for h in standing.held} - {i.name for i in plan.installed}
    yield from (f"the plan does not tell that {name} is there" for name in sorted(untold))
    workload = plan.workload if isinstance(plan.workload, Workload) else None
    conflicts = (w.conflict for w in unmet_of(spec, candidates, workload) if w not in plan.unmet)
    yield from (f"the plan does not tell: {conflict}" for conflict in conflicts)
