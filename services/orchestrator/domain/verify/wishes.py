"""Wishes are kept, or told as broken with real ways out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from libs.money import HOURS_PER_MONTH
from services.orchestrator.domain.candidates import Offer
from services.orchestrator.domain.plan import GpuRecommendation, Relaxation
from services.orchestrator.domain.plan import OptionKind as Kind
from services.orchestrator.domain.planning import constraints, places, words
from services.orchestrator.domain.planning.algorithms import hub_names
from services.orchestrator.domain.planning.engines import LANGUAGE_TASKS
from services.orchestrator.domain.planning.gpus import is_any_of
from services.orchestrator.domain.planning.layouts import devices
from services.orchestrator.domain.planning.needs import GIB_PER_GB
from services.orchestrator.domain.planning.options import charged_hours, paid_hours
from services.orchestrator.domain.planning.servers import FIELD as SOFTWARE
from services.orchestrator.domain.rivals import alike, holder
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify.case import Case, differences, times

_UNSURE: Final = constraints.SOFT | {"budget_usd_month", "budget_usd_total"}
"""What may be broken unseen: storage without a known price counts for a budget at a usual one."""
_SIZES: Final = ("gpu_count_min", "vram_gb_min_per_gpu", "vram_gb_min_total")


def wishes(case: Case) -> Iterator[str]:
    """Every wish is kept, or listed among those that a recommendation breaks; what the first one breaks is told, with
    ways out that are real offers at their price and break nothing else."""
    told = {wish.field for wish in case.plan.unmet}
    ways = dict.fromkeys(way for wish in case.plan.unmet for way in wish.relaxations)
    for rec in case.machines:
        offer, breaks = case.offers.get(rec.offer_id), {*rec.breaks}
        broken = {*_broken(case, rec, offer)} if offer else breaks
        yield from (f"{rec.offer_id} silently breaks {field}" for field in sorted(broken - breaks))
        yield from (f"{rec.offer_id} does not break {field}" for field in sorted(breaks - broken - _UNSURE))
        elsewhere = [(o, e.node_count, e.price_per_hour) for e in rec.equivalents if (o := case.cited(e.provenance))]
        worse = {f for o, n, price in elsewhere for f in _broken_by(case, o, n, rec.model_id, None, price)} - breaks
        yield from (f"an equivalent of {rec.offer_id} silently breaks {field}" for field in sorted(worse))
        if (rec.option is Kind.NEAREST) < bool(breaks - constraints.SOFT):
            yield f"{rec.offer_id} is called {rec.option.value} and breaks wishes"
    if case.deployed and case.deployed[0].option in (Kind.CHEAPEST, Kind.NEAREST):
        lead, (first, *others) = case.deployed[0], [*alike(case, *case.deployed)]
        sets = [({*_broken_by(case, o, lead.node_count, lead.model_id, None, *usd)}, o) for o, *usd in (first, *others)]
        better = [
            o.offer_id for fields, o in sets[1:] if (fields < sets[0][0] if lead.option is Kind.NEAREST else not fields)
        ]
        yield from (f"{lead.offer_id} is called {lead.option.value}, and {other} is better" for other in better)
    unmet = ({*case.lead.breaks} if case.lead else {*told}) | {*case.unmet_beside(case.plan)}
    if not (case.lead or told) or told - {SOFTWARE} != unmet - {SOFTWARE}:
        yield f"the plan says that it does not meet {sorted(told) or 'nothing'}, but it is {sorted(unmet)}"
    if case.lead is None and (other := holder(case)):
        yield f"the plan says that nothing can be had, and {other.offer_id} can"
    named = {*told, *(f for rec in case.machines for f in rec.breaks), *(f for way in ways for f in way.fields or [""])}
    yield from (f"there is no wish {field!r}" for field in sorted(named - {*WorkloadSpec.model_fields}))
    yield from (f"the way out {way.description!r}: {fault}" for way in ways for fault in _way_out(case, way))


def _broken(case: Case, rec: GpuRecommendation, offer: Offer) -> Iterator[str]:
    """Yield the fields of the spec that a recommendation does not meet."""
    spec, needs, speed, run, price = case.spec, case.needs, case.speed(rec), rec.run_cost, rec.price_per_hour
    rent = times(price, paid_hours(rec.run_hours, needs))
    month = (rent or 0) + case.beside(offer, rec.model_id, nodes=rec.node_count)
    month = case.plan.cost_estimate.monthly_total if rec is case.lead else month
    written = needs.task in LANGUAGE_TASKS
    wait = (speed.time_to_first_token_ms if written else speed.request_latency_ms) if speed and case.serves else None
    checks = {
        "latency_ms_p95": (wait or 0) > (spec.latency_ms_p95 or math.inf),
        "precision": spec.precision and rec.precision not in ("", spec.precision),
        "high_availability": spec.high_availability and case.serves and min(rec.replicas, rec.node_count) < 2,
    } | {field: rec.replicas < case.copies(asked, field, rec) for field, asked in case.loads.items()}
    yield from (field for field, breaks in checks.items() if breaks)
    size, whole = case.size(rec), rec.gpu_count
    yield from needs.ceilings.exceeded(
        gpus=whole, card_gib=offer.gpu_memory_gib, of_copy=size.gpus if size and case.serves else whole
    )
    total = month if run is None else run
    yield from _broken_by(case, offer, rec.node_count, rec.model_id, rec.run_hours, price, month, total)


def _broken_by(
    case: Case, offer: Offer, nodes: int, model_id: str, run_hours: float | None, *spent: Decimal | None
) -> Iterator[str]:
    """Yield the fields that so many machines of an offer do not meet, with a model and a run of so many hours. spent:
    USD an hour, a month and in all, as far as it is known."""
    spec, needs, model, rented = case.spec, case.needs, case.models.get(model_id), offer.provider != "local"
    types, gpu, wished = case.records.gpu_types, offer.gpu_count > 0, (spec.gpu_needed, spec.gpu_models)
    gpus, sized = nodes * offer.gpu_count, (spec.gpu_count_min, spec.vram_gb_min_per_gpu, spec.vram_gb_min_total)
    fewest, *least = (needs.ceilings.floor(spec, f) or 0 for f in _SIZES)
    above = needs.ceilings.exceeded(gpus=gpus, card_gib=offer.gpu_memory_gib, of_copy=1 if case.serves else gpus)
    size = model.parameters if model and spec.model_params_b and not spec.models else None
    budgets = {"hour": needs.budget_hour, "month": needs.budget_month, "total": needs.budget_total}
    checks = {
        "gpu_needed": gpu if spec.gpu_needed is False else not gpu and any((*wished, *sized)),
        "gpu_models": gpu and spec.gpu_models and not is_any_of(offer.gpu_type, spec.gpu_models, types),
        "gpu_models_excluded": gpu and is_any_of(offer.gpu_type, spec.gpu_models_excluded, types),
        "gpu_count_min": gpu and gpus < fewest,
        "vram_gb_min_per_gpu": gpu and offer.gpu_memory_gib < least[0] * GIB_PER_GB,
        "vram_gb_min_total": gpu and gpus * offer.gpu_memory_gib < least[1] * GIB_PER_GB,
        "spot_ok": offer.price_model in constraints.refused_prices(spot=needs.spot, alone=needs.spot_alone),
        "providers": rented and needs.providers and offer.provider not in needs.providers,
        "providers_excluded": offer.provider in needs.providers_excluded,
        "regions": rented and spec.regions and offer.region not in spec.regions,
        "geos": rented and not places.may_stand_in(offer.country, needs.countries, needs.barred.countries),
        "compliance": rented and needs.attested is not None and offer.provider not in needs.attested,
        "deadline_hours": (run_hours or 0) > (spec.deadline_hours or math.inf),
        "models": hub_names(spec) and not (model and model.wished_as),
        "model_params_b": size is not None and not 0.7 <= size / ((spec.model_params_b or 1) * 1e9) <= 1.3,
        "license": model and not constraints.license_ok(model, spec.license),
    }
    yield from (field for field, breaks in checks.items() if breaks or field in above)
    over = [period for period, usd in zip(budgets, spent, strict=False) if (usd or 0) > (budgets[period] or math.inf)]
    yield from (f"budget_usd_{period}" for period in over)


def _way_out(case: Case, way: Relaxation) -> Iterator[str]:
    """A way out is an offer taken so many times for hours that a month or a run has, with what is stored and sent; it
    breaks no wish but those that it names."""
    offer, nodes = case.cited(way.provenance), way.node_count
    if offer is None or (way.model_id and way.model_id not in case.models):
        if any(value for field, value in way if field not in ("fields", "description")):
            yield "there is no such offer or model"
        return
    key, hours = (way.model_id, offer.gpu_type, nodes * devices(offer)), way.hours_per_month
    speeds = [s for (model, _, gpu_type, count), s in case.speeds.items() if (model, gpu_type, count) == key]
    lengths = {case.run_hours(offer, speed, nodes) for speed in (*speeds, None)}
    run = next((length for length in lengths if length is not None and paid_hours(length, case.needs) == hours), None)
    parts = {HOURS_PER_MONTH / 24 * n for n in range(1, 24)} if case.serves else set()
    if nodes < 1 or (run is None and hours not in {HOURS_PER_MONTH, *parts}):
        yield f"{nodes} machines are not paid for {hours} hours"
    yield from differences(way, case.way_out(way, offer))
    named, copies = words.machines_of(offer, nodes), nodes * max(offer.gpu_count, 1) if case.serves else 1
    if not 1 <= way.volumes <= copies or named not in way.description:
        yield f"it is not {named} with {way.volumes} volumes"
    spent = way.price_per_hour, way.price_per_month
    total = way.price_per_month if run is None else times(way.price_per_hour, charged_hours(run))
    broken = {*_broken_by(case, offer, nodes, way.model_id, run, *spent, total)} - {*way.fields}
    yield from (f"it breaks {field} too" for field in sorted(broken))
