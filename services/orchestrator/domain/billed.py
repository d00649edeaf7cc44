"""What a plan is said to cost is what its machines, disks and traffic cost by the records. The part of verification
that concerns money."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from libs.money import HOURS_PER_MONTH, to_cents
from services.orchestrator.domain.candidates import Candidates, Offer
from services.orchestrator.domain.plan import CostLine, DeploymentPlan, WorkloadKind
from services.orchestrator.domain.planning import hosting, storage, words
from services.orchestrator.domain.planning.exchange import find_rate, from_usd
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import charged_hours
from services.orchestrator.domain.planning.places import NO_KUBERNETES
from services.orchestrator.domain.priced import charged, elsewhere
from services.orchestrator.domain.spec import WorkloadSpec

MAX_RUNS: Final = 5
"""How often a job is paid for at the most."""


def billed(
    plan: DeploymentPlan, spec: WorkloadSpec, needs: Needs, offers: dict[str, Offer], candidates: Candidates
) -> Iterator[str]:
    """Yield what is wrong with the cost of a plan, in sentences: lines multiply out, prices are those of the records,
    the total is the sum to the cent, in dated currencies."""
    cost, lead = plan.cost_estimate, plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    for line in cost.lines:
        yield from (f"cost line {line.description!r} {fault}" for fault in _line(line))
    if cost.monthly_total != sum((x.monthly for x in cost.lines if x.monthly is not None), Decimal(0)):
        yield f"the lines do not add up to {cost.monthly_total}"
    ranged = any(line.monthly_max is not None for line in cost.lines)
    tops = (line.monthly if line.monthly_max is None else line.monthly_max for line in cost.lines)
    if cost.monthly_total_max != (sum((top for top in tops if top is not None), Decimal(0)) if ranged else None):
        yield f"at the most a month does not cost {cost.monthly_total_max}"
    rate = find_rate(spec.budget_currency) if spec.budget_currency else None
    shown = from_usd(cost.monthly_total, rate) if cost.exchange_rate and rate else None
    if cost.exchange_rate not in (None, rate) or cost.monthly_total_in_currency != shown:
        yield f"the total is not {cost.monthly_total_in_currency} in the user's currency"
    if lead is None:
        if cost.lines or cost.complete or (cost.spot_monthly_total, cost.run_total) != (None, None):
            yield "nothing is deployed, yet it has a cost"
        return
    first, offer = cost.lines[0] if cost.lines else None, offers.get(lead.offer_id)
    if (
        first is None
        or offer is None
        or (first.unit_price, first.provenance) != (offer.price_per_hour, offer.provenance)
    ):
        yield "the first cost line is not the machine that is recommended first"
        return
    if (first.description, first.unit) != (words.machine_line(offer, lead.node_count), "hour"):
        yield f"the first cost line is {first.description!r}"
    if cost.run_total != lead.run_cost:
        yield f"a run does not cost {cost.run_total}"
    hours = HOURS_PER_MONTH if lead.run_hours is None else charged_hours(lead.run_hours)
    runs = {hours * lead.node_count * times for times in range(1, MAX_RUNS + 1)}
    if first.quantity is None or first.quantity not in {HOURS_PER_MONTH * lead.node_count} | runs:
        yield f"{first.quantity} hours are neither a month nor a run of {lead.node_count} machines"
        return
    yield from _stored(plan, needs, offer, candidates)
    serves = needs.kind is WorkloadKind.SERVING
    yield from charged(cost.lines[1:], offer, candidates, serves=serves, sent_gb=needs.egress_gb or 0.0)
    yield from _hosted(plan, needs, candidates, offer)
    if cost.complete != all(line.monthly is not None for line in cost.lines):
        yield f"that the estimate is complete is {not cost.complete}"
    spot = offer.spot_price_per_hour
    rest = cost.monthly_total - (first.monthly or 0)
    if cost.spot_monthly_total != (None if spot is None else rest + to_cents(spot * first.quantity)):
        yield f"on spot the month does not cost {cost.spot_monthly_total}"


def _stored(plan: DeploymentPlan, needs: Needs, offer: Offer, candidates: Candidates) -> Iterator[str]:
    """What is stored is what the workload mounts, the disks of its machines and the dataset, each in its amount."""
    work = plan.workload
    if work is None:
        return
    shared = work.kind is not WorkloadKind.SERVING or work.node_count > 1
    kept = storage.kept(
        work.kind,
        dataset_gb=needs.dataset_gb,
        weights_gib=work.weights_gib,
        checkpoint_gib=work.checkpoint_gib,
        machines=plan.gpu_recommendations[0].node_count,
        volumes=1 if shared else work.replicas_min,
        helpers_gib=sum(helper.weights_gib for helper in work.helpers),
    )
    stored = [line for line in plan.cost_estimate.lines if line.unit == "GB-month"]
    lines = [line for line in stored if line.quantity is not None]
    made = [(line.description, line.monthly) for line in stored if line.quantity is None]
    block, of_object = (elsewhere(offer, kind, candidates) for kind in ("block", "object"))
    components = storage.OF_COMPONENTS + ("" if offer.provider in NO_KUBERNETES else block)
    if made != ([(components, None)] if plan.kubernetes_stack else []):
        yield f"what components store is not {made}"
    if [(line.description, line.quantity) for line in lines] != [
        (storage.line_of(k) + (block if k.kind == "block" else of_object), Decimal(k.size_gb)) for k in kept
    ]:
        yield f"what is stored is not {[line.description for line in lines]}"
        return
    for line, item in zip(lines, kept, strict=True):
        added = 0 if shared else (work.replicas_max - work.replicas_min) * item.each_copy_gb
        if line.quantity_max != (item.size_gb + added if added and line.unit_price else None):
            yield f"cost line {line.description!r} is not of {line.quantity_max} at the most"


def _hosted(plan: DeploymentPlan, needs: Needs, candidates: Candidates, offer: Offer) -> Iterator[str]:
    """Components have a machine of their own where the others leave them no room: the cheapest at the place, for as
    long; that the budget has no room for it is told."""
    cost, nodes = plan.cost_estimate, plan.gpu_recommendations[0].node_count
    others, hours = cost.monthly_total - hosting.cost_of(cost), hosting.hours_of(cost, nodes)
    home = hosting.hosting_of(offer, nodes, plan.kubernetes_stack, candidates)
    home = hosting.affordable(home, others=others, hours=hours, budget=needs.budget_month)
    host = home.host
    found = [
        (x.description, x.quantity, x.unit, x.unit_price, x.quantity_max, x.provenance)
        for x in cost.lines
        if x.description.startswith(hosting.TITLE)
    ]
    price, source = (host.price_per_hour, host.provenance) if host else (None, None)
    line = (hosting.description(host, home.requests), hours, "hour", price, None, source)
    if found != ([line] if home.own and not home.left_out else []):
        yield f"the machine for the components is not {line[0]!r} for {hours} hours"
    if plan.workload:
        told = hosting.warnings(plan.workload, home, cluster=None)
        yield from (f"the plan does not tell: {text}" for text in told if text not in plan.warnings)


def _line(line: CostLine) -> Iterator[str]:
    if line.monthly is None:
        if not line.unknown_reason:
            yield "is unknown without a reason"
    elif line.quantity is None or line.unit_price is None:
        yield "has an amount without quantity and price"
    elif line.monthly != to_cents(line.quantity * line.unit_price):
        yield "does not multiply out"
    most, unit = line.quantity_max, line.unit_price or Decimal(0)
    if line.monthly_max != (None if most is None else to_cents(most * unit)) or (most or 0) % 1:
        yield "does not multiply out at the most"
