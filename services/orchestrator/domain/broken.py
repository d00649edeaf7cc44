"""Which wishes of the spec a recommended machine does not meet, read again from the spec and the records. The part of
verification that concerns wishes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from services.orchestrator.domain.candidates import Candidates, ModelCandidate
from services.orchestrator.domain.plan import DeploymentPlan, GpuRecommendation, WorkloadKind
from services.orchestrator.domain.planning.algorithms import hub_names
from services.orchestrator.domain.planning.alone import own_alone
from services.orchestrator.domain.planning.barred import barred_in
from services.orchestrator.domain.planning.constraints import license_ok, refused_prices
from services.orchestrator.domain.planning.exchange import find_rate, to_usd
from services.orchestrator.domain.planning.gpus import is_any_of
from services.orchestrator.domain.planning.needs import GIB_PER_GB
from services.orchestrator.domain.planning.places import allowed_countries, allowed_providers, may_stand_in
from services.orchestrator.domain.planning.terms import spot_alone
from services.orchestrator.domain.spec import BudgetPeriod, WorkloadSpec


def broken(
    rec: GpuRecommendation, plan: DeploymentPlan, spec: WorkloadSpec, candidates: Candidates, *, said: str
) -> frozenset[str]:
    """Return the fields of the spec that a recommendation does not meet. said: the user's own words."""
    machine = _machine_breaks(rec, spec, candidates, said)
    return frozenset((*machine, *_price_breaks(rec, plan, spec), *_model_breaks(rec, spec, candidates)))


def _machine_breaks(rec: GpuRecommendation, spec: WorkloadSpec, candidates: Candidates, said: str) -> Iterator[str]:
    """Wishes on the machine and its place that the spec has and the recommendation does not meet."""
    types, barred = candidates.gpu_types, barred_in(said).countries
    countries = allowed_countries(spec.geos, spec.compliance, regions=spec.regions, barred=barred)
    attested, gpu, rented = allowed_providers(spec.compliance), rec.gpu_count > 0, rec.provider != "local"
    refused = frozenset(refused_prices(spot=bool(spec.spot_ok), alone=spot_alone(spec, said)))
    checks = {
        "gpu_needed": (spec.gpu_needed is False and gpu) or (not gpu and _gpu_wished(spec)),
        "gpu_models": gpu and spec.gpu_models and not is_any_of(rec.gpu_type, spec.gpu_models, types),
        "gpu_models_excluded": gpu and is_any_of(rec.gpu_type, spec.gpu_models_excluded, types),
        "gpu_count_min": gpu and rec.gpu_count < (spec.gpu_count_min or 0),
        "vram_gb_min_per_gpu": gpu and rec.gpu_memory_gib < (spec.vram_gb_min_per_gpu or 0) * GIB_PER_GB,
        "vram_gb_min_total": gpu and rec.gpu_memory_total_gib < (spec.vram_gb_min_total or 0) * GIB_PER_GB,
        "spot_ok": not refused.isdisjoint((rec.price_model, *(other.price_model for other in rec.equivalents))),
        "providers": rented and ((spec.providers and rec.provider not in spec.providers) or own_alone(spec, said)),
        "providers_excluded": rec.provider in spec.providers_excluded,
        "regions": rented and spec.regions and rec.region not in spec.regions,
        "geos": rented and not may_stand_in(rec.country, countries, barred),
        "compliance": rented and attested is not None and rec.provider not in attested,
        "deadline_hours": spec.deadline_hours and rec.run_hours is not None and rec.run_hours > spec.deadline_hours,
    }
    yield from (field for field, breaks in checks.items() if breaks)


def _gpu_wished(spec: WorkloadSpec) -> bool:
    wishes = (spec.gpu_needed, spec.gpu_models, spec.gpu_count_min, spec.vram_gb_min_per_gpu, spec.vram_gb_min_total)
    return spec.gpu_needed is not False and any(wishes)


def _price_breaks(rec: GpuRecommendation, plan: DeploymentPlan, spec: WorkloadSpec) -> Iterator[str]:
    """High availability and budgets. A month is what the plan charges, for the first with its storage, for the others
    by machines alone."""
    serving = plan.workload is not None and plan.workload.kind is WorkloadKind.SERVING
    if spec.high_availability and serving and min(rec.replicas, rec.node_count) < 2:
        yield "high_availability"
    first, rent = rec is plan.gpu_recommendations[0], rec.price_per_month or Decimal(0)
    month = plan.cost_estimate.monthly_total if first else min(rent, rec.run_cost or rent)
    spent = {
        "hour": rec.price_per_hour or Decimal(0),
        "month": month,
        "total": rec.run_cost if rec.run_cost is not None else month,
    }
    limits = {"hour": spec.budget_usd_hour, "month": spec.budget_usd_month, "total": spec.budget_usd_total}
    budgets = {period: Decimal(str(limit)) for period, limit in limits.items() if limit}
    rate = find_rate(spec.budget_currency) if spec.budget_currency else None
    if rate and spec.budget_amount and spec.budget_period:
        budgets[BudgetPeriod(spec.budget_period).value] = to_usd(Decimal(str(spec.budget_amount)), rate)
    yield from (f"budget_usd_{period}" for period, budget in budgets.items() if spent[period] > budget)


def _model_breaks(rec: GpuRecommendation, spec: WorkloadSpec, candidates: Candidates) -> Iterator[str]:
    model: ModelCandidate | None = next((m for m in candidates.models if m.model_id == rec.model_id), None)
    if hub_names(spec) and (model is None or not model.wished_as):
        yield "models"
    size = model.parameters if model is not None and spec.model_params_b and not spec.models else None
    if size is not None and not 0.7 <= size / ((spec.model_params_b or 1) * 1e9) <= 1.3:
        yield "model_params_b"
    if model is not None and not license_ok(model, spec.license):
        yield "license"
