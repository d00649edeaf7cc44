"""The cheapest plan by brute force: plain loops over the records, written without the planner's own parts."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

from services.orchestrator.domain.candidates import Candidates, MemoryEstimate, ModelCandidate, Offer
from services.orchestrator.domain.spec import WorkloadSpec

COUNTRIES = {"US": {"US"}, "EU": {"NL", "RO", "DE", "FR", "FI", "SE"}}
PRECISIONS = ("bf16", "fp8", "int4")


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def storage(provider: str, model: ModelCandidate, candidates: Candidates) -> Decimal:
    block = {p.provider: p.unit_price for p in candidates.unit_prices if p.kind == "block"}
    known = sorted(price for price in block.values() if price is not None)
    if not known:
        return Decimal(0)
    own = block.get(provider)
    weights = math.ceil((model.parameters or 0) * 2 * 1.35 / 1e9)
    disk = math.ceil((40 + weights) / 10) * 10
    return cents((own if own is not None else known[len(known) // 2]) * disk)


def allowed(offer: Offer, spec: WorkloadSpec) -> bool:
    family = offer.gpu_type.split("-")[0]
    return (
        offer.gpu_count > 0
        and (not spec.providers or offer.provider in spec.providers)
        and offer.provider not in spec.providers_excluded
        and not (spec.high_availability and offer.provider == "vast" and "vast" not in spec.providers)
        and (not spec.regions or offer.region in spec.regions)
        and (not spec.geos or any(offer.country in COUNTRIES[geo] for geo in spec.geos))
        and (not spec.gpu_models or offer.gpu_type in spec.gpu_models or family in spec.gpu_models)
        and offer.gpu_type not in spec.gpu_models_excluded
        and family not in spec.gpu_models_excluded
        and offer.gpu_memory_gib >= (spec.vram_gb_min_per_gpu or 0) * 1e9 / 2**30
        and (offer.price_model != "spot" or spec.spot_ok is True)
    )


def nodes_needed(offer: Offer, estimate: MemoryEstimate, spec: WorkloadSpec) -> int | None:
    """Return the fewest machines that serve one copy (two with high availability), or None when it does not fit."""
    if estimate.gpus < 1 or estimate.per_gpu_gib > offer.gpu_memory_gib * 0.95:
        return None
    if offer.gpu_count >= estimate.gpus:
        span = 1
    else:
        full = offer.gpu_count >= 8 and offer.gpu_memory_gib >= 75 and offer.provider not in ("vast", "runpod")
        if not full or estimate.gpus % offer.gpu_count or estimate.tensor_parallel > offer.gpu_count:
            return None
        span = estimate.gpus // offer.gpu_count
    for nodes in range(1, 65):
        copies = nodes // span
        if nodes % span or copies < (2 if spec.high_availability else 1):
            continue
        if nodes * offer.gpu_count < (spec.gpu_count_min or 0):
            continue
        total = nodes * offer.gpu_count * offer.gpu_memory_gib
        if total + 1e-9 < (spec.vram_gb_min_total or 0) * 1e9 / 2**30:
            continue
        return nodes
    return None


def cheapest(spec: WorkloadSpec, candidates: Candidates) -> tuple[Decimal, str, str, int] | None:
    """Return the cheapest without machines of private hosts; with them only when nothing else meets the wishes."""
    steady = [o for o in candidates.offers if o.provider != "vast" or "vast" in spec.providers]
    return _cheapest(spec, candidates, steady) or _cheapest(spec, candidates, list(candidates.offers))


def _cheapest(spec: WorkloadSpec, candidates: Candidates, offers: list[Offer]) -> tuple[Decimal, str, str, int] | None:
    """Return cost a month, model, precision and nodes of the cheapest way to serve the best model that can be
    served."""
    for model in candidates.models:
        if spec.models and not model.wished_as:
            continue
        if spec.license == "open_source" and not model.open_source:
            continue
        for precision in PRECISIONS:
            found = []
            for offer in offers:
                if not allowed(offer, spec):
                    continue
                for estimate in candidates.memory:
                    if (estimate.model_id, estimate.precision, estimate.gpu_type) != (
                        model.model_id,
                        precision,
                        offer.gpu_type,
                    ):
                        continue
                    if precision == "fp8" and candidates.gpu_types[offer.gpu_type].compute_capability in ("7.5",):
                        continue
                    nodes = nodes_needed(offer, estimate, spec)
                    if nodes is None:
                        continue
                    hourly = offer.price_per_hour * nodes
                    cost = cents(hourly * 730) + storage(offer.provider, model, candidates)
                    if spec.budget_usd_month and cost > Decimal(str(spec.budget_usd_month)):
                        continue
                    if spec.budget_usd_hour and hourly > Decimal(str(spec.budget_usd_hour)):
                        continue
                    found.append((cost, model.model_id, precision, nodes))
            if found:
                return min(found)
    return None
