"""Put the plan together: needs and candidates in, a whole DeploymentPlan out. Pure: the same input gives the same
plan."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from services.orchestrator.domain.candidates import Candidates, ModelCandidate, Offer
from services.orchestrator.domain.plan import (
    CatalogSnapshot,
    CostEstimate,
    DeploymentPlan,
    StackComponent,
    UnmetWish,
    Workload,
)
from services.orchestrator.domain.planning import components, costs, hosting, kept, kubernetes, weighing
from services.orchestrator.domain.planning.algorithms import hub_names
from services.orchestrator.domain.planning.choose import Choices, choose
from services.orchestrator.domain.planning.hosting import Hosting, hosting_of
from services.orchestrator.domain.planning.named import unused_software
from services.orchestrator.domain.planning.needs import Needs, needs_of
from services.orchestrator.domain.planning.own import without
from services.orchestrator.domain.planning.recommended import models_of, recommendation
from services.orchestrator.domain.planning.relax import unmet_wishes
from services.orchestrator.domain.planning.revise import changes
from services.orchestrator.domain.planning.runs import READ_MB_PER_SECOND
from services.orchestrator.domain.planning.steps import steps_of
from services.orchestrator.domain.planning.understood import understanding
from services.orchestrator.domain.planning.whereabouts import transfers
from services.orchestrator.domain.planning.workload import replicas, workload_of
from services.orchestrator.domain.spec import WorkloadSpec


def build_plan(
    spec: WorkloadSpec,
    candidates: Candidates,
    *,
    plan_id: str,
    conversation_id: str,
    traps: tuple[str, ...] = (),
    previous: DeploymentPlan | None = None,
    words: str = "",
    choices: Choices | None = None,
    after: Workload | None = None,
) -> DeploymentPlan:
    """Return the plan for a spec, made only of candidates.

    traps: warnings that understanding found in the words. words: the user's own description of the job. choices: what
    was chosen already; without them it is chosen here. after: the run whose result is served.
    """
    needs = needs_of(spec, words=words)
    choices = choices or choose(needs, candidates, wished=bool(hub_names(spec)))
    lead = choices.picks[0].option if choices.picks else None
    workload = workload_of(needs, lead, candidates, after=after) if lead else None
    roles = components.roles_for(spec, needs)
    scales = workload is not None and workload.replicas_max > workload.replicas_min
    scales = scales and not components.lacking_to_scale(candidates)
    gpu, together = bool(lead and lead.gpu_count), bool(lead and lead.nodes > 1)
    idle = components.idle_roles(scales=scales, gpu=gpu, together=together)
    stack = components.stack_of(roles, candidates, idle=idle)
    installed = kept.installed_of(candidates, roles, idle=idle)
    clashing = kubernetes.clashes(stack, needs.standing.kube_version)
    home = hosting_of(lead.offer, lead.nodes, stack, candidates) if lead else None
    cost, crowded = _no_cost(), tuple[str, ...]()
    if lead and workload and home:
        price = partial(costs.estimate, needs, lead, candidates, by_run=choices.by_run, workload=workload)
        cost = price(home=home)
        others, hours = cost.monthly_total - hosting.cost_of(cost), hosting.hours_of(cost, lead.nodes)
        home = hosting.affordable(home, others=others, hours=hours, needs=needs)
        cost = price(home=home) if home.left_out else cost
        own = candidates.cluster if lead.offer.provider == "local" else None
        crowded = hosting.warnings(workload, home, cluster=own)
        crowded += weighing.of_copies(cost, needs, lead, workload)
        crowded += hosting.on_demand(home) if needs.spot_alone else ()
        crowded += weighing.of_offline(workload, stack) if needs.offline else ()
        low, high = replicas(needs, lead)
        crowded += kept.warnings_of(candidates, grows=high > low and lead.gpu_count > 0)
    plan = DeploymentPlan(
        plan_id=plan_id,
        conversation_id=conversation_id,
        version=previous.version + 1 if previous else 1,
        understanding=understanding(spec, needs, lead.model if lead else None, after=after is not None),
        assumptions=_assumptions(needs, choices, home, stack),
        gpu_recommendations=tuple(recommendation(c, choices, needs) for c in choices.picks),
        model_recommendations=models_of(needs, candidates, lead, after=after is not None),
        kubernetes_stack=stack,
        installed=installed,
        deployment_steps=steps_of(
            lead,
            workload,
            stack,
            there=installed,
            dataset_gb=needs.dataset_gb,
            after=after,
            host=home.host if home else None,
        )
        if lead and workload
        else (),
        cost_estimate=cost,
        tradeoffs=weighing.tradeoffs(choices, needs),
        warnings=_warnings(spec, needs, candidates, choices, (*traps, *clashing, *crowded)),
        unmet=(*_unmet(needs, candidates, choices), *kept.unmet_of(spec, candidates, workload)),
        workload=workload,
        snapshots=_snapshots(candidates),
    )
    return plan.model_copy(update={"changes": changes(previous, plan)}) if previous else plan


def _unmet(needs: Needs, candidates: Candidates, choices: Choices) -> tuple[UnmetWish, ...]:
    wishes = () if choices.feasible else unmet_wishes(needs, candidates, choices)
    wishes += transfers(needs, choices.picks[0].option) if choices.picks else ()
    if (
        needs.prefers_local
        and not needs.own_alone
        and not any(c.option.offer.provider == "local" for c in choices.picks)
    ):
        wishes += (
            UnmetWish(
                field="prefers_local_cluster",
                conflict=f"Your own cluster cannot be used: {without(candidates)}; the plan takes rented machines.",
            ),
        )
    return wishes


def _assumptions(
    needs: Needs, choices: Choices, home: Hosting | None, stack: tuple[StackComponent, ...]
) -> tuple[str, ...]:
    said = list(needs.assumptions)
    lead = choices.picks[0].option if choices.picks else None
    if choices.by_run and lead and lead.run_hours is not None:
        said.append("Machines are released when a run ends.")
    if lead and lead.waits_for_data:
        said.append(
            f"Volumes deliver {READ_MB_PER_SECOND:g} MB/s to each machine, and every pass reads the whole of its share."
        )
    if lead and not lead.gpu_count and needs.gpu:
        said.append(
            "CPUs are planned with 4 GB/s of memory bandwidth and 0.06 TFLOPS each; servers differ, so measure first."
        )
    if lead and lead.memory:
        said += [a for a in lead.memory.assumptions if a not in said]
    if lead and home and home.requests.cpus:
        said.append(hosting.said_of(home, lead.offer))
    said += kubernetes.assumed(stack, needs.standing.kube_version)
    said.append("A month has 730 hours; prices are without tax and as of the dates given with each record.")
    return tuple(said)


def _warnings(
    spec: WorkloadSpec, needs: Needs, candidates: Candidates, choices: Choices, traps: tuple[str, ...]
) -> tuple[str, ...]:
    found = weighing.warnings(choices, needs, candidates)
    said = (
        *traps,
        *found,
        *candidates.conflicts,
        *_missing_roles(spec, components.roles_for(spec, needs), candidates),
        *unused_software(spec, candidates),
    )
    return tuple(dict.fromkeys(said))


def _missing_roles(spec: WorkloadSpec, roles: tuple[components.RoleNeed, ...], candidates: Candidates) -> list[str]:
    """Return the roles that were asked for without a name and that nothing fills."""
    found = {c.role for c in candidates.charts} | {i.role for i in candidates.installed}
    found |= {u.role for u in candidates.unfilled}
    asked = [r for r in roles if r.reason == components.ASKED and r.role not in found and not r.wanted]
    return (
        [f"No chart was found for {r.role.replace('_', ' ')}, so it is not in the stack." for r in asked]
        if candidates.charts
        else []
    )


def _snapshots(candidates: Candidates) -> tuple[CatalogSnapshot, ...]:
    records: list[Offer | ModelCandidate] = [*candidates.offers, *candidates.offers_elsewhere, *candidates.models]
    seen = {(r.provenance.catalog, r.provenance.snapshot_id) for r in records}
    seen |= {(c.provenance.catalog, c.provenance.snapshot_id) for c in candidates.charts}
    return tuple(CatalogSnapshot(catalog=catalog, snapshot_id=snapshot) for catalog, snapshot in sorted(seen))


def _no_cost() -> CostEstimate:
    return CostEstimate(
        lines=(), monthly_total=Decimal("0.00"), complete=False, note="Nothing can be deployed, so nothing is priced."
    )
