"""Nothing false leaves: every figure of a plan is read again from the records it cites, every wish is checked again.

The checks rest on the spec and the catalogue records alone, not on the planner's reasoning, so that a plan by a
language model is held to the same as one of our own. Each check yields sentences; a plan without any is sound.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from libs.money import HOURS_PER_MONTH, per_month, to_cents
from services.orchestrator.domain.billed import billed
from services.orchestrator.domain.broken import broken
from services.orchestrator.domain.candidates import Candidates, Offer
from services.orchestrator.domain.deployed import deployed
from services.orchestrator.domain.picks import OPTIONAL_ROLES
from services.orchestrator.domain.plan import (
    SCHEMA_VERSION,
    DeploymentPlan,
    GpuRecommendation,
    OptionKind,
    Relaxation,
    WorkloadKind,
)
from services.orchestrator.domain.planning import storage, words
from services.orchestrator.domain.planning.constraints import SOFT
from services.orchestrator.domain.planning.layouts import MARGIN, computing_hours
from services.orchestrator.domain.planning.needs import Needs, needs_of
from services.orchestrator.domain.planning.options import charged_hours, stored_by
from services.orchestrator.domain.planning.prose import LABELS, OF_JOBS
from services.orchestrator.domain.planning.runs import reading_hours
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.stands import stands

_COMMAND: Final = re.compile(r"(?:kubectl|helmfile|sky|pip) (?:[\w ./:=@,\"\[\]-]|&& (?=kubectl |sky ))*")
_Where = tuple[str, str, str]
"""Provider, instance type and region."""
_PLACE: Final = ("provider", "instance_type", "region", "country", "price_model", "provenance")
_OFFER: Final = (*_PLACE, "gpu_type", "gpu_memory_gib", "vcpus", "memory_gib")
_LICENSE: Final = ("license", "license_note", "gated", "provenance")
_MODEL: Final = (*_LICENSE, "task", "parameters", "downloads", "likes", "relevance", "purpose")
_CHART: Final = (
    "role",
    "name",
    "repository_url",
    "namespace",
    "connection",
    "warnings",
    "secrets",
    "needs",
    "release",
    "links",
    "provenance",
)


def verify(plan: DeploymentPlan, spec: WorkloadSpec, candidates: Candidates, *, said: str = "") -> tuple[str, ...]:
    """Return what is wrong with a plan, in sentences; empty when nothing is. said: the user's own words."""
    needs = needs_of(spec, words=said)
    offers = {o.offer_id: o for o in (*candidates.offers_elsewhere, *candidates.offers)}
    at: dict[_Where, list[Offer]] = {}
    for offer in offers.values():
        at.setdefault((offer.provider, offer.instance_type, offer.region), []).append(offer)
    found: list[str] = []
    for rec in plan.gpu_recommendations:
        found += (f"{rec.offer_id}: {fault}" for fault in _machine(rec, offers, at))
        found += (f"{rec.offer_id}: {fault}" for fault in _sizing(rec, plan, needs, candidates))
        silent = broken(rec, plan, spec, candidates, said=said) - set(rec.breaks)
        found += (f"{rec.offer_id} silently breaks {field}" for field in sorted(silent))
        found += (f"there is no wish {field}" for field in rec.breaks if field not in WorkloadSpec.model_fields)
    found += [*_models(plan, candidates), *_charts(plan, candidates), *billed(plan, spec, needs, offers, candidates)]
    found += [*_unmet(plan, spec, needs, candidates, offers), *_frame(plan, candidates)]
    found += stands(plan, spec, candidates, needs.standing)
    return (*found, *deployed(plan, spec, needs, candidates, offers))


def verify_parts(plan: DeploymentPlan) -> tuple[str, ...]:
    """Return what is wrong between a plan and its parts, each of which was verified by itself."""
    plans = (plan, *plan.parts)
    if not plan.parts:
        return () if plan.combined_cost is None else ("a plan without parts combines costs",)
    found = [f"{part.plan_id} has parts of its own" for part in plan.parts if part.parts]
    names = [each.workload.name for each in plans if each.workload]
    if len(set(names)) < len(names):
        found.append(f"two workloads have one name: {', '.join(names)}")
    found += (
        f"there is no run {run}"
        for each in plans
        if each.workload and (run := each.workload.result_of) and run not in names
    )
    cost, totals = plan.combined_cost, [each.cost_estimate.monthly_total for each in plans]
    if cost is None or cost.once + cost.monthly != sum(totals, Decimal(0)):
        found.append("the costs of the parts do not add up")
    elif cost.complete != all(each.cost_estimate.complete for each in plans):
        found.append(f"that the combined cost is complete is {not cost.complete}")
    return tuple(found)


def _differences(part: Any, record: Any, fields: tuple[str, ...]) -> Iterator[str]:
    for field in fields:
        if getattr(part, field) != getattr(record, field):
            yield f"{field} is {getattr(record, field)!r}, not {getattr(part, field)!r}"


def _times(price: Decimal | None, machines: int) -> Decimal | None:
    """Return the price of machines; an unknown price stays unknown."""
    return None if price is None else price * machines


def _machine(rec: GpuRecommendation, offers: dict[str, Offer], at: dict[_Where, list[Offer]]) -> Iterator[str]:
    """The machine is as its offer says, and its price is the offer's times the nodes."""
    offer = offers.get(rec.offer_id)
    if offer is None:
        yield "there is no such offer"
        return
    yield from _differences(rec, offer, _OFFER)
    if rec.node_count < 1 or (rec.gpus_per_node, rec.gpu_count) != (offer.gpu_count, rec.node_count * offer.gpu_count):
        yield f"{rec.node_count} nodes do not have {rec.gpu_count} GPUs"
    if not math.isclose(rec.gpu_memory_total_gib, rec.gpu_count * rec.gpu_memory_gib):
        yield f"the GPUs do not have {rec.gpu_memory_total_gib} GiB together"
    hourly, spot = _times(offer.price_per_hour, rec.node_count), offer.spot_price_per_hour
    if (rec.price_per_hour, rec.price_per_month) != (hourly, None if hourly is None else per_month(hourly)):
        yield f"the price is not {rec.price_per_hour} an hour and {rec.price_per_month} a month"
    if rec.spot_price_per_hour != (None if spot is None else spot * rec.node_count):
        yield f"the spot price is not {rec.spot_price_per_hour}"
    for other in rec.equivalents:
        there = at.get((other.provider, other.instance_type, other.region), [])
        kind = (other.gpu_type, other.price_model, other.provenance)
        like = [o for o in there if (o.gpu_type, o.price_model, o.provenance) == kind]
        prices = {
            (_times(o.price_per_hour, n), _times(o.spot_price_per_hour, n)) for o in like for n in [other.node_count]
        }
        if (other.price_per_hour, other.spot_price_per_hour) not in prices:
            yield f"no offer is like its equivalent {other.instance_type} at {other.provider}"
        if (other.gpu_type, other.gpu_count) != (rec.gpu_type, rec.gpu_count):
            yield f"{other.instance_type} at {other.provider} is not equivalent"
    named = words.machines_of(offer, rec.node_count)
    kinds = {LABELS[rec.option], OF_JOBS.get(rec.option, "")}
    if rec.label not in {f"{k}: {named}{at}" for k in kinds for at in ("", f" at {words.precision(rec.precision)}")}:
        yield f"the label {rec.label!r} is not of {named}"
    if (rec.option is OptionKind.NEAREST) < bool(set(rec.breaks) - SOFT):
        yield f"it is called {rec.option.value} and breaks wishes"


def _sizing(rec: GpuRecommendation, plan: DeploymentPlan, needs: Needs, candidates: Candidates) -> Iterator[str]:
    """The model fits on every GPU with margin, in as many copies as promised; speed and time are as estimated."""
    key = (rec.model_id, rec.precision, rec.gpu_type)
    speeds = [s for s in candidates.performance if (s.model_id, s.precision, s.gpu_type) == key]
    rates = {s.tokens_per_second * rec.replicas for s in speeds if s.tokens_per_second is not None}
    if rec.tokens_per_second is not None and rec.tokens_per_second not in rates:
        yield f"no estimate says {rec.tokens_per_second} tokens a second"
    count = rec.gpu_count or int(rec.vcpus or 0) * rec.node_count
    read = _reading(plan, needs, rec.memory_gib, rec.node_count)
    computing = {s.run_hours for s in speeds if s.gpus == count} | {computing_hours(needs, vcpus=rec.vcpus)}
    runs = {None, *(max(hours, read) for hours in computing if hours is not None)}
    if rec.run_hours not in runs:
        yield f"no estimate says that a run takes {rec.run_hours} hours"
    if rec.performance_basis not in {"", *(words.basis(s) for s in speeds)}:
        yield f"no estimate is {rec.performance_basis!r}"
    known = rec.run_hours is not None and rec.price_per_hour is not None
    cost = to_cents((rec.price_per_hour or 0) * charged_hours(rec.run_hours or 0)) if known else None
    if rec.run_cost != cost:
        yield f"a run of {rec.run_hours} hours does not cost {rec.run_cost}"
    need = next((e for e in candidates.memory if (e.model_id, e.precision, e.gpu_type) == key), None)
    if need is None:
        sized = any(e.model_id == rec.model_id for e in candidates.memory)
        bare = (rec.precision, rec.memory_required_gib, rec.headroom, rec.tensor_parallel, rec.pipeline_parallel)
        if bare != ("", 0, 0, 1, 1) or (rec.model_id and (sized or needs.algorithm)):
            yield f"no estimate says what {rec.model_id} at {rec.precision} needs on {rec.gpu_type or 'CPUs'}"
        if rec.gpu_count and rec.replicas > rec.gpu_count:
            yield f"{rec.gpu_count} GPUs do not hold {rec.replicas} copies"
        return
    yield from _differences(rec, need, ("tensor_parallel", "pipeline_parallel"))
    if rec.memory_required_gib != need.total_gib:
        yield f"{rec.model_id} needs {need.total_gib} GiB, not {rec.memory_required_gib}"
    if not rec.gpu_count:
        if (rec.memory_gib or 0) < need.total_gib or rec.headroom:
            yield f"{need.total_gib} GiB do not fit in main memory, or {rec.headroom:.0%} of no GPU stay free"
        return
    if need.gpus < 1 or need.per_gpu_gib > rec.gpu_memory_gib * (1 - MARGIN):
        yield f"{rec.model_id} at {rec.precision} does not fit on {rec.gpu_type} with margin"
        return
    serving = plan.workload is None or plan.workload.kind is WorkloadKind.SERVING
    if rec.gpu_count < need.gpus * (rec.replicas if serving else 1):
        yield f"{rec.gpu_count} GPUs do not hold {rec.replicas} copies of {need.gpus} GPUs"
    if not math.isclose(rec.headroom, 1 - need.per_gpu_gib / rec.gpu_memory_gib, abs_tol=1e-9):
        yield f"{rec.headroom:.0%} of memory does not stay free"


def _reading(plan: DeploymentPlan, needs: Needs, memory_gib: float | None, machines: int) -> float:
    passes = (plan.workload.epochs if plan.workload else None) or 1.0
    return reading_hours(needs.dataset_gb, passes, memory_gib=memory_gib, machines=machines)


def _models(plan: DeploymentPlan, candidates: Candidates) -> Iterator[str]:
    """Every model is a record and stands as its record says; the one chosen is the one the machines are for."""
    records = {m.model_id: m for m in candidates.models}
    for rec in plan.model_recommendations:
        if rec.model_id not in records:
            yield f"there is no model {rec.model_id}"
            continue
        yield from (f"{rec.model_id}: {fault}" for fault in _differences(rec, records[rec.model_id], _MODEL))
        sized = {(e.precision, e.total_gib) for e in candidates.memory if e.model_id == rec.model_id}
        if (rec.precision, rec.memory_gib) not in {("", None), *sized}:
            yield f"{rec.model_id}: no estimate says {rec.memory_gib} GiB at {rec.precision}"
    chosen = [m.model_id for m in plan.model_recommendations if m.chosen]
    if chosen != [rec.model_id for rec in plan.gpu_recommendations[:1] if rec.model_id]:
        yield f"the models chosen are {chosen}, which the machines are not for"


def _charts(plan: DeploymentPlan, candidates: Candidates) -> Iterator[str]:
    """Every chart exists in the version named, alternatives too, and conflicts are told."""
    known = {(c.repository, c.chart, c.version): c for c in candidates.charts}
    for part in plan.kubernetes_stack:
        record = known.get((part.repository, part.chart, part.version))
        if record is None:
            yield f"there is no chart {part.repository}/{part.chart} {part.version}"
            continue
        yield from (f"{part.chart}: {fault}" for fault in _differences(part, record, _CHART))
        others = {_alternative(a) for a in record.alternatives}
        if part.values != record.values or not others.issuperset(map(_alternative, part.alternatives)):
            yield f"{part.chart}: values or an alternative are not of the catalogue"
        if part.companions != record.companions:
            yield f"{part.chart}: what is installed with it is not of the catalogue"
    yield from (f"the plan does not tell: {c}" for c in candidates.conflicts if c not in plan.warnings)
    lead = plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    needless = OPTIONAL_ROLES | {p.role for p in plan.kubernetes_stack}
    needless |= {"gpu_operator"} if lead is None or not lead.gpu_count else set()
    needless |= {"distributed_training"} if lead is None or lead.node_count == 1 else set()
    yield from (f"the stack lacks {role}" for role in sorted({c.role for c in candidates.charts} - needless))


def _alternative(chart: Any) -> tuple[str, ...]:
    return (chart.name, chart.repository, chart.chart, chart.version, chart.why)


def _unmet(
    plan: DeploymentPlan, spec: WorkloadSpec, needs: Needs, candidates: Candidates, offers: dict[str, Offer]
) -> Iterator[str]:
    """What the first recommendation breaks is said, and relaxations quote whole multiples of real prices."""
    told, stated = {wish.field for wish in plan.unmet}, {*WorkloadSpec.model_fields, *spec.stated()}
    lead = plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    missing = {f for f in lead.breaks if f not in SOFT} - told if lead else set()
    if missing or (lead is None and not told):
        yield f"the plan does not say that it does not meet {', '.join(sorted(missing)) or 'the wishes'}"
    relaxations = list(dict.fromkeys(r for wish in plan.unmet for r in wish.relaxations))
    yield from (f"there is no wish {f}" for f in sorted({*told, *(f for r in relaxations for f in r.fields)} - stated))
    for relaxation in relaxations:
        price = relaxation.price_per_hour
        real = [o.price_per_hour for o in offers.values() if o.provenance == relaxation.provenance]
        if not real and relaxation.provenance is not None:
            yield f"there is no offer that the relaxation {relaxation.description!r} cites"
        if price is not None and not any(unit == price or (unit and price % unit == 0) for unit in real):
            yield f"no offer has the price of the relaxation {relaxation.description!r}"
        if not _is_month(relaxation, plan, needs, candidates, offers):
            yield f"no month of the relaxation {relaxation.description!r} costs {relaxation.price_per_month}"


def _is_month(
    relaxation: Relaxation,
    plan: DeploymentPlan,
    needs: Needs,
    candidates: Candidates,
    offers: dict[str, Offer],
) -> bool:
    """Tell whether a month of a relaxation costs what it says: whole or of runs, with storage and the traffic
    that was stated; or some hours of each day."""
    month, price = relaxation.price_per_month, relaxation.price_per_hour
    offer = next((o for o in offers.values() if o.provenance == relaxation.provenance), None)
    if price is None or offer is None or month is None:
        return month is None and (price is None or offer is None)
    nodes = int(price / offer.price_per_hour) if offer.price_per_hour else 1
    read = _reading(plan, needs, offer.memory_gib, nodes)
    computing = {s.run_hours for s in candidates.performance} | {computing_hours(needs, vcpus=offer.vcpus)}
    lengths = {max(hours, read) for hours in computing if hours is not None}
    runs = {charged_hours(hours) * needs.runs for hours in lengths}
    machines = {to_cents(price * hours) for hours in {HOURS_PER_MONTH, *runs}}
    named = [m for m in candidates.models if f" for {m.model_id} at " in relaxation.description]
    kept = {
        storage.monthly(offer, stored_by(needs, m, candidates, nodes=nodes, volumes=n), candidates.unit_prices)
        for m in (None, *(named or candidates.models))
        for n in range(1, nodes * max(offer.gpu_count, 1) + 1)
    }
    part_time = (to_cents(price * hours * HOURS_PER_MONTH / 24) for hours in range(1, 24))
    sent = candidates.unit_prices.traffic(offer, needs.egress_gb or 0)
    return any(month - k - sent in machines for k in kept) or month in part_time


def _frame(plan: DeploymentPlan, candidates: Candidates) -> Iterator[str]:
    """Version, snapshots and steps: steps are numbered and run nothing but the tools of a deployment."""
    records: list[Any] = [*candidates.offers, *candidates.offers_elsewhere, *candidates.models, *candidates.charts]
    known = {(r.provenance.catalog, r.provenance.snapshot_id) for r in records}
    if plan.schema_version != SCHEMA_VERSION or {(s.catalog, s.snapshot_id) for s in plan.snapshots} != known:
        yield "the snapshots are not those that the records are of"
    if [step.number for step in plan.deployment_steps] != list(range(1, len(plan.deployment_steps) + 1)):
        yield "the steps are not numbered in order"
    for step in plan.deployment_steps:
        if step.command and not _COMMAND.fullmatch(step.command):
            yield f"step {step.number} runs {step.command!r}"
