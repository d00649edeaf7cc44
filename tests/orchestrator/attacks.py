"""Lies about a plan that keep their own sums right, as a hostile writer of plans would tell them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from libs.money import HOURS_PER_MONTH, per_month, to_cents
from services.orchestrator.domain.candidates import Candidates
from services.orchestrator.domain.plan import CostLine, DeploymentPlan, GpuRecommendation
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.choose import choose
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.planning.options import charged_hours
from services.orchestrator.domain.spec import WorkloadSpec

Attack = Callable[[DeploymentPlan, Candidates], DeploymentPlan | None]
"""Returns the false plan; None where a plan gives no hold for the lie."""


def with_lead(plan: DeploymentPlan, **changes: Any) -> DeploymentPlan:
    lead = plan.gpu_recommendations[0].model_copy(update=changes)
    return plan.model_copy(update={"gpu_recommendations": (lead, *plan.gpu_recommendations[1:])})


def with_lines(plan: DeploymentPlan, lines: tuple[CostLine, ...], **changes: Any) -> DeploymentPlan:
    """Return a plan with other cost lines and the totals that follow from them."""
    total = sum((x.monthly for x in lines if x.monthly is not None), Decimal(0))
    most = sum((x.monthly or Decimal(0) if x.monthly_max is None else x.monthly_max for x in lines), Decimal(0))
    update = {
        "lines": lines,
        "monthly_total": total,
        "monthly_total_max": most if any(x.monthly_max is not None for x in lines) else None,
        "complete": all(x.monthly is not None for x in lines),
        **changes,
    }
    return plan.model_copy(update={"cost_estimate": plan.cost_estimate.model_copy(update=update)})


def priced(line: CostLine, *, price: Decimal | None = None, quantity: Decimal | None = None) -> CostLine:
    price, quantity = line.unit_price if price is None else price, line.quantity if quantity is None else quantity
    most = line.quantity_max
    return line.model_copy(
        update={
            "unit_price": price,
            "quantity": quantity,
            "monthly": None if price is None or quantity is None else to_cents(price * quantity),
            "monthly_max": None if most is None or price is None else to_cents(price * most),
        }
    )


def at_half_price(plan: DeploymentPlan, _: Candidates) -> DeploymentPlan | None:
    lead = plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    if lead is None or not lead.price_per_hour:
        return None
    hourly = lead.price_per_hour / 2
    run = None if lead.run_hours is None else to_cents(hourly * charged_hours(lead.run_hours))
    false = with_lead(plan, price_per_hour=hourly, price_per_month=per_month(hourly), run_cost=run)
    first, *rest = plan.cost_estimate.lines
    return with_lines(false, (priced(first, price=hourly / lead.node_count), *rest), run_total=run)


def for_half_the_time(plan: DeploymentPlan, _: Candidates) -> DeploymentPlan | None:
    first, *rest = plan.cost_estimate.lines or (None,)
    if first is None or not first.quantity or first.quantity % HOURS_PER_MONTH:
        return None
    return with_lines(plan, (priced(first, quantity=first.quantity / 2), *rest))


def in_half_the_time(plan: DeploymentPlan, _: Candidates) -> DeploymentPlan | None:
    lead = plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    if lead is None or not lead.run_hours or lead.price_per_hour is None:
        return None
    hours = lead.run_hours / 2
    return with_lead(plan, run_hours=hours, run_cost=to_cents(lead.price_per_hour * charged_hours(hours)))


def without_a_line(plan: DeploymentPlan, _: Candidates) -> DeploymentPlan | None:
    lines = plan.cost_estimate.lines
    dropped = next((n for n, x in enumerate(lines) if n and x.monthly), None)
    return None if dropped is None else with_lines(plan, (*lines[:dropped], *lines[dropped + 1 :]))


def with_less_storage(plan: DeploymentPlan, _: Candidates) -> DeploymentPlan | None:
    lines = plan.cost_estimate.lines
    place = next((n for n, x in enumerate(lines) if x.unit == "GB-month" and x.monthly), None)
    if place is None:
        return None
    return with_lines(plan, (*lines[:place], priced(lines[place], quantity=Decimal(1)), *lines[place + 1 :]))


def unknown_as_free(plan: DeploymentPlan, _: Candidates) -> DeploymentPlan | None:
    lines = plan.cost_estimate.lines
    place = next((n for n, x in enumerate(lines) if x.unit_price is None and x.quantity is not None), None)
    if place is None:
        return None
    free = priced(lines[place], price=Decimal(0)).model_copy(update={"unknown_reason": ""})
    return with_lines(plan, (*lines[:place], free, *lines[place + 1 :]))


def at_the_price_of_another_region(plan: DeploymentPlan, records: Candidates) -> DeploymentPlan | None:
    lines = plan.cost_estimate.lines
    for place, line in enumerate(lines):
        kind = line.description.split()[0].lower()
        for other in records.unit_prices.records if line.unit == "GB-month" and line.monthly else ():
            if other.kind == kind and other.unit_price != line.unit_price:
                false = priced(line, price=other.unit_price).model_copy(update={"provenance": other.provenance})
                return with_lines(plan, (*lines[:place], false, *lines[place + 1 :]))
    return None


def of_another_place(plan: DeploymentPlan, records: Candidates) -> DeploymentPlan | None:
    lead = plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    other = next((o for o in records.offers if lead and (o.region, o.country) != (lead.region, lead.country)), None)
    return with_lead(plan, region=other.region, country=other.country) if other else None


def of_another_model(plan: DeploymentPlan, records: Candidates) -> DeploymentPlan | None:
    lead = plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    other = next((m for m in records.models if lead and m.purpose == "main" and m.model_id != lead.model_id), None)
    if other is None or plan.workload is None:
        return None
    models = tuple(m.model_copy(update={"chosen": m.model_id == other.model_id}) for m in plan.model_recommendations)
    false = with_lead(plan, model_id=other.model_id)
    work = plan.workload.model_copy(update={"model_id": other.model_id})
    return false.model_copy(update={"model_recommendations": models, "workload": work})


def with_more_copies(plan: DeploymentPlan, _: Candidates) -> DeploymentPlan | None:
    lead: GpuRecommendation | None = plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    if lead is None or not lead.gpu_count or plan.workload is None or plan.workload.kind != "serving":
        return None
    return with_lead(plan, replicas=lead.gpu_count + 1, tokens_per_second=None)


def on_machines_half_as_large(plan: DeploymentPlan, _: Candidates) -> DeploymentPlan | None:
    lead = plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    if lead is None or lead.gpu_count < 2 or lead.node_count < 2:
        return None
    return with_lead(plan, node_count=1, gpu_count=lead.gpus_per_node)


def with_its_length_left_out(plan: DeploymentPlan, _: Candidates) -> DeploymentPlan | None:
    lead = plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    if lead is None or lead.run_hours is None:
        return None
    first, *rest = plan.cost_estimate.lines
    month = priced(first, quantity=HOURS_PER_MONTH * lead.node_count)
    return with_lines(with_lead(plan, run_hours=None, run_cost=None), (month, *rest), run_total=None)


def with_its_speed_left_out(plan: DeploymentPlan, _: Candidates) -> DeploymentPlan | None:
    lead = plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    if lead is None or not lead.performance_basis:
        return None
    return with_lead(plan, tokens_per_second=None, performance_basis="")


def without_the_endpoint(plan: DeploymentPlan, _: Candidates) -> DeploymentPlan | None:
    lines = tuple(line for line in plan.cost_estimate.lines if line.unit != "month")
    return with_lines(plan, lines) if len(lines) < len(plan.cost_estimate.lines) else None


def with_a_smaller_range(plan: DeploymentPlan, _: Candidates) -> DeploymentPlan | None:
    lines = plan.cost_estimate.lines
    place = next((n for n, x in enumerate(lines) if x.quantity_max is not None), None)
    if place is None:
        return None
    small = priced(lines[place].model_copy(update={"quantity_max": Decimal(1)}))
    return with_lines(plan, (*lines[:place], small, *lines[place + 1 :]))


def with_a_way_out_at_half_price(plan: DeploymentPlan, _: Candidates) -> DeploymentPlan | None:
    wish = next((w for w in plan.unmet if any(way.price_per_month for way in w.relaxations)), None)
    if wish is None:
        return None
    way, *rest = wish.relaxations
    if way.price_per_hour is None or way.hours_per_month is None or way.beside_per_month is None:
        return None
    hourly = way.price_per_hour / 2
    month = to_cents(hourly * way.hours_per_month) + way.beside_per_month
    false = wish.model_copy(
        update={"relaxations": (way.model_copy(update={"price_per_hour": hourly, "price_per_month": month}), *rest)}
    )
    return plan.model_copy(update={"unmet": tuple(false if w is wish else w for w in plan.unmet)})


def with_its_faults_left_out(plan: DeploymentPlan, _: Candidates) -> DeploymentPlan | None:
    lead = plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    if lead is None or set(lead.breaks) <= {"prefers_local_cluster"}:
        return None
    return with_lead(plan, breaks=()).model_copy(update={"unmet": ()})


def cheapest_without_hosts(spec: WorkloadSpec, records: Candidates) -> DeploymentPlan | None:
    """Return a plan that calls cheapest what is so only as long as nothing is paid for a machine for its components;
    None where that is cheapest all the same, or there are no machines alike to tell it by."""
    needs, wished = needs_of(spec), bool(spec.models)
    without = choose(needs, replace(records, hosts=()), wished=wished)
    true = choose(needs, records, wished=wished)
    if not true.feasible or not without.feasible:
        return None
    told, best = without.picks[0].option, true.picks[0].option
    alone = replace(records, offers=(told.offer,), offers_elsewhere=(told.offer,))
    paid = choose(needs, alone, wished=wished).picks[0].option.key[:2]
    alike = [(o.offer.provider, o.offer.gpu_type, o.offer.gpu_count, o.nodes, o.rank) for o in (told, best)]
    if paid <= best.key[:2] or alike[0] != alike[1] or not best.offer.gpu_count or told.offer.provider == "local":
        return None
    return build_plan(spec, records, plan_id="p", conversation_id="c", choices=without)


ATTACKS: tuple[Attack, ...] = (
    at_half_price,
    for_half_the_time,
    in_half_the_time,
    without_a_line,
    with_less_storage,
    unknown_as_free,
    at_the_price_of_another_region,
    of_another_place,
    of_another_model,
    with_more_copies,
    on_machines_half_as_large,
    with_its_length_left_out,
    with_its_speed_left_out,
    without_the_endpoint,
    with_a_smaller_range,
    with_a_way_out_at_half_price,
    with_its_faults_left_out,
)


def lies(plan: DeploymentPlan, records: Candidates) -> Iterator[tuple[str, DeploymentPlan]]:
    """Yield every lie that a plan gives a hold for, by name."""
    for attack in ATTACKS:
        false = attack(plan, records)
        if false is not None and false != plan:
            yield attack.__name__, false
