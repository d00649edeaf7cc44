"""Nothing false leaves: every figure of a plan is read again from the records it cites, every wish is checked again.

The checks rest on the spec and the catalogue records alone, not on the planner's reasoning, so that a plan by a
language model
is held to the same as one of our own. Each check yields sentences; a plan without any is sound.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from libs.money import HOURS_PER_MONTH, per_month, to_cents
from services.orchestrator.domain.candidates import Candidates, MemoryEstimate, ModelCandidate, Offer
from services.orchestrator.domain.plan import DeploymentPlan, GpuRecommendation, WorkloadKind
from services.orchestrator.domain.planning.constraints import SOFT, license_ok
from services.orchestrator.domain.planning.exchange import find_rate, from_usd, to_usd
from services.orchestrator.domain.planning.gpus import is_any_of
from services.orchestrator.domain.planning.options import MARGIN, charged_hours
from services.orchestrator.domain.planning.places import allowed_countries, allowed_providers
from services.orchestrator.domain.spec import BudgetPeriod, WorkloadSpec

GIB_PER_GB: Final = 1e9 / 2**30
_PLACE: Final = ("provider", "instance_type", "region", "country", "price_model", "provenance")
_OFFER_FIELDS: Final = (*_PLACE, "gpu_type", "gpu_memory_gib", "vcpus", "memory_gib")
_LICENSE: Final = ("license", "license_note", "gated", "provenance")
_MODEL_FIELDS: Final = (*_LICENSE, "task", "parameters", "downloads", "likes", "relevance", "purpose")


def verify(plan: DeploymentPlan, spec: WorkloadSpec, candidates: Candidates) -> tuple[str, ...]:
    """Return what is wrong with a plan, in sentences; empty when nothing is."""
    offers = {o.offer_id: o for o in (*candidates.offers_elsewhere, *candidates.offers)}
    return (
        *(f for rec in plan.gpu_recommendations for f in _machine(rec, offers)),
        *(f for rec in plan.gpu_recommendations for f in _memory(rec, plan, candidates)),
        *_models(plan, candidates),
        *_charts(plan, candidates),
        *_costs(plan, offers, candidates),
        *_currency(plan, spec),
        *(f for rec in plan.gpu_recommendations for f in _wishes(rec, plan, spec, candidates)),
        *_unmet(plan, offers),
        *_workload(plan, candidates),
    )


def _machine(rec: GpuRecommendation, offers: dict[str, Offer]) -> Iterator[str]:
    """The machine is as its offer says, and its price is the offer's times the nodes."""
    offer = offers.get(rec.offer_id)
    if offer is None:
        yield f"there is no offer {rec.offer_id}"
        return
    for field in _OFFER_FIELDS:
        if getattr(rec, field) != getattr(offer, field):
            yield f"{rec.offer_id}: {field} is {getattr(offer, field)}, not {getattr(rec, field)}"
    if rec.node_count < 1 or rec.gpus_per_node != offer.gpu_count or rec.gpu_count != rec.node_count * offer.gpu_count:
        yield f"{rec.offer_id}: {rec.node_count} nodes do not have {rec.gpu_count} GPUs"
    if not math.isclose(rec.gpu_memory_total_gib, rec.gpu_count * rec.gpu_memory_gib):
        yield f"{rec.offer_id}: the GPUs do not have {rec.gpu_memory_total_gib} GiB together"
    if rec.price_per_hour != offer.price_per_hour * rec.node_count or rec.price_per_month != per_month(
        rec.price_per_hour
    ):
        yield f"{rec.offer_id}: the price is not {rec.price_per_hour} an hour and {rec.price_per_month} a month"
    spot = offer.spot_price_per_hour
    if rec.spot_price_per_hour != (None if spot is None else spot * rec.node_count):
        yield f"{rec.offer_id}: the spot price is not {rec.spot_price_per_hour}"
    if rec.run_hours is not None and rec.run_cost != to_cents(rec.price_per_hour * charged_hours(rec.run_hours)):
        yield f"{rec.offer_id}: a run of {rec.run_hours} hours does not cost {rec.run_cost}"
    for other in rec.equivalents:
        same = [
            o for o in offers.values() if o.provenance == other.provenance and o.instance_type == other.instance_type
        ]
        right = [
            o for o in same if (o.provider, o.region, o.gpu_type) == (other.provider, other.region, other.gpu_type)
        ]
        if not any(o.price_per_hour * other.node_count == other.price_per_hour for o in right):
            yield f"{rec.offer_id}: no offer is like its equivalent {other.instance_type} at {other.provider}"
        if other.gpu_type != rec.gpu_type or other.gpu_count != rec.gpu_count:
            yield f"{rec.offer_id}: {other.instance_type} at {other.provider} is not equivalent"


def _memory(rec: GpuRecommendation, plan: DeploymentPlan, candidates: Candidates) -> Iterator[str]:
    """The model fits on every GPU with margin, as its estimate says, in as many copies as the plan promises."""
    estimate = _estimate(rec, candidates)
    if estimate is None:
        sized = any(e.model_id == rec.model_id for e in candidates.memory)
        if rec.memory_required_gib or rec.tensor_parallel > 1 or (rec.model_id and sized):
            yield (
                f"{rec.offer_id}: no estimate says what {rec.model_id} at {rec.precision} needs on "
                f"{rec.gpu_type or 'CPU'}"
            )
        return
    if rec.memory_required_gib != estimate.total_gib:
        yield f"{rec.offer_id}: {rec.model_id} needs {estimate.total_gib} GiB, not {rec.memory_required_gib}"
    if not rec.gpu_count:
        if (rec.memory_gib or 0) < estimate.total_gib:
            yield f"{rec.offer_id}: {estimate.total_gib} GiB do not fit in main memory"
        return
    if estimate.gpus < 1 or estimate.per_gpu_gib > rec.gpu_memory_gib * (1 - MARGIN):
        yield f"{rec.offer_id}: {rec.model_id} at {rec.precision} does not fit on {rec.gpu_type} with margin"
    copies = rec.replicas if plan.workload is None or plan.workload.kind is WorkloadKind.SERVING else 1
    if rec.gpu_count < estimate.gpus * copies:
        yield f"{rec.offer_id}: {rec.gpu_count} GPUs do not hold {copies} copies of {estimate.gpus} GPUs"
    if (rec.tensor_parallel, rec.pipeline_parallel) != (estimate.tensor_parallel, estimate.pipeline_parallel):
        yield (
            f"{rec.offer_id}: the estimate is not for tensor parallel {rec.tensor_parallel}, "
            f"pipeline {rec.pipeline_parallel}"
        )
    if not math.isclose(rec.headroom, 1 - estimate.per_gpu_gib / rec.gpu_memory_gib, abs_tol=1e-9):
        yield f"{rec.offer_id}: {rec.headroom:.0%} of memory does not stay free"


def _models(plan: DeploymentPlan, candidates: Candidates) -> Iterator[str]:
    """Every model is a record, and stands as its record says."""
    records = {m.model_id: m for m in candidates.models}
    for rec in plan.model_recommendations:
        record = records.get(rec.model_id)
        if record is None:
            yield f"there is no model {rec.model_id}"
            continue
        for field in _MODEL_FIELDS:
            if getattr(rec, field) != getattr(record, field):
                yield f"{rec.model_id}: {field} is {getattr(record, field)}, not {getattr(rec, field)}"
        sized = {(e.precision, e.total_gib) for e in candidates.memory if e.model_id == rec.model_id}
        if rec.memory_gib is not None and (rec.precision, rec.memory_gib) not in sized:
            yield f"{rec.model_id}: no estimate says {rec.memory_gib} GiB at {rec.precision}"
    chosen = [m.model_id for m in plan.model_recommendations if m.chosen]
    planned = [plan.gpu_recommendations[0].model_id] if plan.gpu_recommendations else []
    if chosen != [m for m in planned if m]:
        yield f"the models chosen are {chosen}, but the machines are for {planned}"


def _charts(plan: DeploymentPlan, candidates: Candidates) -> Iterator[str]:
    """Every chart exists in the version named, alternatives too."""
    known = {(c.repository, c.chart, c.version): c for c in candidates.charts}
    for part in plan.kubernetes_stack:
        record = known.get((part.repository, part.chart, part.version))
        if record is None or (record.role, record.repository_url, record.provenance) != (
            part.role,
            part.repository_url,
            part.provenance,
        ):
            yield f"there is no chart {part.repository}/{part.chart} {part.version} for {part.role}"
            continue
        others = {(a.repository, a.chart, a.version) for a in record.alternatives}
        if not others.issuperset((a.repository, a.chart, a.version) for a in part.alternatives):
            yield f"{part.chart}: an alternative is not in the catalogue"
    for conflict in candidates.conflicts:
        if conflict not in plan.warnings:
            yield f"the plan does not tell: {conflict}"


def _costs(plan: DeploymentPlan, offers: dict[str, Offer], candidates: Candidates) -> Iterator[str]:
    """Lines multiply out, prices are those of the records, and the total is the sum to the cent."""
    cost = plan.cost_estimate
    prices = {(p.provenance, p.unit_price) for p in candidates.unit_prices}
    lead = plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    for number, line in enumerate(cost.lines):
        if line.monthly is None:
            if not line.unknown_reason:
                yield f"cost line {line.description!r} is unknown without a reason"
        elif line.quantity is None or line.unit_price is None:
            if line.unit_price != 0 or line.monthly != 0:
                yield f"cost line {line.description!r} has an amount without quantity and price"
        elif line.monthly != to_cents(line.quantity * line.unit_price):
            yield f"cost line {line.description!r} does not multiply out"
        machine = lead is not None and number == 0
        if line.unit_price is not None and not machine and (line.provenance, line.unit_price) not in prices:
            yield f"no record states the price of {line.description!r}"
    if cost.monthly_total != sum((x.monthly for x in cost.lines if x.monthly is not None), Decimal(0)):
        yield f"the lines do not add up to {cost.monthly_total}"
    if lead is None:
        return
    first, offer = cost.lines[0] if cost.lines else None, offers.get(lead.offer_id)
    if (
        first is None
        or offer is None
        or (first.unit_price, first.provenance) != (offer.price_per_hour, offer.provenance)
    ):
        yield "the first cost line is not the machine that is recommended first"
        return
    hours = HOURS_PER_MONTH if lead.run_hours is None else charged_hours(lead.run_hours)
    if first.quantity not in (HOURS_PER_MONTH * lead.node_count, hours * lead.node_count):
        yield f"{first.quantity} hours are neither a month nor a run of {lead.node_count} machines"
    if cost.complete != all(line.monthly is not None for line in cost.lines):
        yield "the estimate is not complete" if cost.complete else "the estimate is complete"
    spot = offer.spot_price_per_hour
    expected = (
        None
        if spot is None or first.quantity is None
        else cost.monthly_total - (first.monthly or 0) + to_cents(spot * first.quantity)
    )
    if cost.spot_monthly_total != expected:
        yield f"on spot the month does not cost {cost.spot_monthly_total}"


def _currency(plan: DeploymentPlan, spec: WorkloadSpec) -> Iterator[str]:
    """Another currency comes by the dated table, and only where the user named one."""
    cost, rate = plan.cost_estimate, find_rate(spec.budget_currency) if spec.budget_currency else None
    if cost.exchange_rate is not None and cost.exchange_rate != rate:
        yield "the exchange rate is not that of the table"
    shown = from_usd(cost.monthly_total, cost.exchange_rate) if cost.exchange_rate else None
    if cost.monthly_total_in_currency != shown:
        yield f"the total is not {cost.monthly_total_in_currency} in the user's currency"


def _wishes(rec: GpuRecommendation, plan: DeploymentPlan, spec: WorkloadSpec, candidates: Candidates) -> Iterator[str]:
    """Every wish of the spec holds, or the recommendation says that it breaks it."""
    model = next((m for m in candidates.models if m.model_id == rec.model_id), None)
    broken = (
        set(_broken_by_machine(rec, spec, candidates))
        | set(_broken_by_price(rec, plan, spec))
        | set(_broken_by_model(model, spec))
    )
    if spec.deadline_hours and rec.run_hours is not None and rec.run_hours > spec.deadline_hours:
        broken.add("deadline_hours")
    for field in sorted(broken - set(rec.breaks)):
        yield f"{rec.offer_id} silently breaks {field}"


def _broken_by_machine(rec: GpuRecommendation, spec: WorkloadSpec, candidates: Candidates) -> Iterator[str]:
    if spec.gpu_needed is False and rec.gpu_count:
        yield "gpu_needed"
    if rec.gpu_count:
        if spec.gpu_models and not is_any_of(rec.gpu_type, spec.gpu_models, candidates.gpu_types):
            yield "gpu_models"
        if is_any_of(rec.gpu_type, spec.gpu_models_excluded, candidates.gpu_types):
            yield "gpu_models_excluded"
        if rec.gpu_count < (spec.gpu_count_min or 0):
            yield "gpu_count_min"
        if rec.gpu_memory_gib < (spec.vram_gb_min_per_gpu or 0) * GIB_PER_GB:
            yield "vram_gb_min_per_gpu"
        if rec.gpu_memory_total_gib < (spec.vram_gb_min_total or 0) * GIB_PER_GB:
            yield "vram_gb_min_total"
    if rec.price_model == "spot" and not spec.spot_ok:
        yield "spot_ok"
    if rec.provider == "local":
        return
    if spec.providers and rec.provider not in spec.providers:
        yield "providers"
    if rec.provider in spec.providers_excluded:
        yield "providers_excluded"
    if spec.regions and rec.region not in spec.regions:
        yield "regions"
    countries = allowed_countries(spec.geos, spec.compliance, regions=spec.regions)
    if countries is not None and rec.country not in countries:
        yield "geos"
    attested = allowed_providers(spec.compliance)
    if attested is not None and rec.provider not in attested:
        yield "compliance"


def _broken_by_price(rec: GpuRecommendation, plan: DeploymentPlan, spec: WorkloadSpec) -> Iterator[str]:
    """A month is compared with what the plan charges: the first with its storage, the others by machines alone."""
    first = rec is plan.gpu_recommendations[0]
    charged = (
        plan.cost_estimate.monthly_total if first else min(rec.price_per_month, rec.run_cost or rec.price_per_month)
    )
    in_all = rec.run_cost if rec.run_cost is not None else charged
    limits = {
        BudgetPeriod.HOUR: spec.budget_usd_hour,
        BudgetPeriod.MONTH: spec.budget_usd_month,
        BudgetPeriod.TOTAL: spec.budget_usd_total,
    }
    budgets = {period: Decimal(str(limit)) for period, limit in limits.items() if limit}
    rate = find_rate(spec.budget_currency) if spec.budget_currency else None
    if rate and spec.budget_amount and spec.budget_period:
        budgets[spec.budget_period] = to_usd(Decimal(str(spec.budget_amount)), rate)
    spent = {BudgetPeriod.HOUR: rec.price_per_hour, BudgetPeriod.MONTH: charged, BudgetPeriod.TOTAL: in_all}
    for period, budget in budgets.items():
        if spent[period] > budget:
            yield f"budget_usd_{period.value}"


def _broken_by_model(model: ModelCandidate | None, spec: WorkloadSpec) -> Iterator[str]:
    if spec.models and (model is None or not model.wished_as):
        yield "models"
    if spec.license and model is not None and not license_ok(model, spec.license):
        yield "license"


def _unmet(plan: DeploymentPlan, offers: dict[str, Offer]) -> Iterator[str]:
    """What the first recommendation breaks is said first, and relaxations quote real prices."""
    told = {wish.field for wish in plan.unmet}
    lead = plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    missing = {f for f in lead.breaks if f not in SOFT} - told if lead else set()
    if missing or (lead is None and not told):
        yield f"the plan does not say that it does not meet {', '.join(sorted(missing)) or 'the wishes'}"
    priced = {(o.provenance, o.price_per_hour) for o in offers.values()}
    for relaxation in (r for wish in plan.unmet for r in wish.relaxations):
        price = relaxation.price_per_hour
        quoted = [unit for source, unit in priced if source == relaxation.provenance]
        if price is not None and not any((unit and price % unit == 0) or unit == price for unit in quoted):
            yield f"no offer has the price of the relaxation {relaxation.description!r}"


def _workload(plan: DeploymentPlan, candidates: Candidates) -> Iterator[str]:
    """What is deployed is what was chosen."""
    work, lead = plan.workload, plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    if (work is None) != (lead is None):
        yield "machines and workload do not belong together"
    if work is None or lead is None:
        return
    model = next((m for m in candidates.models if m.model_id == work.model_id), None)
    if (
        work.model_id != lead.model_id
        or bool(work.gpus_per_node) != bool(lead.gpu_count)
        or work.spot != (lead.price_model == "spot")
    ):
        yield "the workload is not the one that the machines were chosen for"
    if model is not None and work.gated != model.gated:
        yield f"{model.model_id}: gated is {model.gated}"
    if work.gpus_per_node > lead.gpus_per_node or work.node_count > lead.node_count:
        yield "the workload asks for more than the machines have"
    if not 1 <= work.replicas_min <= work.replicas_max:
        yield f"{work.replicas_min} to {work.replicas_max} copies are not a range"


def _estimate(rec: GpuRecommendation, candidates: Candidates) -> MemoryEstimate | None:
    key = (rec.model_id, rec.precision, rec.gpu_type)
    return next((e for e in candidates.memory if (e.model_id, e.precision, e.gpu_type) == key), None)
