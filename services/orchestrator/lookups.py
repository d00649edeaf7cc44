"""Questions that only the catalogues can answer, and plans that are made only to compare with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from services.orchestrator.calls import Calls
from services.orchestrator.catalogs import Catalogs
from services.orchestrator.domain.answers.about import licence_of, what_if
from services.orchestrator.domain.answers.parts import bullets, paragraphs
from services.orchestrator.domain.candidates import Offer
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.asks import ModelAsk, OfferAsk
from services.orchestrator.domain.planning.gpus import is_any_of
from services.orchestrator.domain.planning.words import gib, join, provider, usd
from services.orchestrator.domain.render.text import md
from services.orchestrator.domain.spec import WorkloadSpec

MAX_COMPARED: Final = 3
_PRICES: Final = 3
"""Providers whose price of a GPU is told."""
_COMPARABLE: Final = ("gpu_models", "providers", "models", "regions", "geos", "precision")
"""Fields that a plan can be compared by when they are only asked about."""

Plan = Callable[[WorkloadSpec], Awaitable[DeploymentPlan]]


def compared(spec: WorkloadSpec, named: WorkloadSpec, plan: DeploymentPlan) -> list[tuple[str, WorkloadSpec]]:
    """Return, for each thing that a question names and the plan does not choose, its words and the spec to compare."""
    found: list[tuple[str, WorkloadSpec]] = []
    for field in _COMPARABLE:
        value = getattr(named, field)
        for each in value if isinstance(value, tuple) else (value,) if value else ():
            if _is_planned(field, str(each), plan):
                continue
            changes: dict[str, Any] = {field: (each,) if isinstance(value, tuple) else each}
            if field == "models":
                changes["model_params_b"] = named.model_params_b if len(named.models) == 1 else None
            if field == "providers":
                changes["providers_excluded"] = tuple(p for p in spec.providers_excluded if p != each)
            if field == "gpu_models":
                changes |= {
                    "gpu_count_min": named.gpu_count_min,
                    "gpu_needed": True,
                    "gpu_models_excluded": tuple(g for g in spec.gpu_models_excluded if g != each),
                }
            count = f"{named.gpu_count_min} x " if field == "gpu_models" and named.gpu_count_min else ""
            found.append((count + _words(field, str(each)), spec.with_fields(changes)))
    return found[:MAX_COMPARED]


async def compare(plan: DeploymentPlan, cases: list[tuple[str, WorkloadSpec]], make: Plan) -> str:
    """Return how the plan would come out with each of the cases."""
    told = [what_if(plan, await make(spec), words) for words, spec in cases]
    return paragraphs(*told, "The plan stays as it is; say “use it instead” with its name and I change it.")


async def gpu_prices(names: tuple[str, ...], catalogs: Catalogs) -> str:
    """Return what GPUs cost an hour, cheapest providers first."""
    calls = Calls(None)
    types = {t.name: t for t in await calls.ask("compute.ListGpuTypes", "", catalogs.list_gpu_types(), ())}
    offers = await calls.ask("compute.SearchOffers", "", catalogs.search_offers(OfferAsk(gpu=True)), ())
    calls.raise_if_all_failed()
    told = []
    for name in names[:MAX_COMPARED]:
        priced = [o for o in offers if o.price_per_hour and is_any_of(o.gpu_type, (name,), types)]
        best: dict[str, Offer] = {}
        for offer in sorted(priced, key=lambda o: (_each(o), o.offer_id)):
            best.setdefault(offer.provider, offer)
        lines = [_price(offer) for offer in list(best.values())[:_PRICES]]
        told.append(
            bullets(f"{md(name)}, on demand", lines) or f"No provider in the catalogue rents out {md(name)} now."
        )
    return paragraphs(*told, "Tell me what should run on it, and I plan it with everything around it.")


def _each(offer: Offer) -> Decimal:
    return (offer.price_per_hour or Decimal(0)) / max(1, offer.gpu_count)


def _price(offer: Offer) -> str:
    each = _each(offer).quantize(Decimal("0.0001"))
    whole = f" ({offer.gpu_count} of them: {usd(offer.price_per_hour)} an hour)" if offer.gpu_count > 1 else ""
    spot = f", {usd(offer.spot_price_per_hour)} on spot" if offer.spot_price_per_hour is not None else ""
    return md(
        f"{usd(each)} an hour for each GPU of {gib(offer.gpu_memory_gib)} at {provider(offer.provider)}, "
        f"{offer.region or 'any region'}{whole}{spot}"
    )


async def licences(names: tuple[str, ...], catalogs: Catalogs) -> str:
    """Return what the licences of models permit, by the names that the user gave them."""
    calls = Calls(None)
    told = []
    for name in names[:MAX_COMPARED]:
        found = (await calls.search(catalogs, ModelAsk(name=name, limit=1))).models
        told += [licence_of(m.model_id, m.license, m.license_note, gated=m.gated) for m in found[:1]]
        if not found:
            told.append(f"The catalogue has no model of the name {md(name)}.")
    calls.raise_if_all_failed()
    return paragraphs(*told)


def in_stack(named: WorkloadSpec, plan: DeploymentPlan) -> str:
    """Return what a plan says about the components that a question names; empty where it knows none of them."""
    told = []
    for name in named.components:
        for component in plan.kubernetes_stack:
            role = component.role.replace("_", " ")
            if name in (component.name, component.chart):
                told.append(f"**{md(name)}** is in the plan as its {role}. {md(component.why)}")
            told += [
                f"**{md(name)}** would do as well as {md(component.name)} for the {role}: {md(other.why)} "
                f"Say “use {md(name)}” and I take it."
                for other in component.alternatives
                if name in (other.name, other.chart) and other.name != component.name
            ]
    return paragraphs(*dict.fromkeys(told))


def _is_planned(field: str, value: str, plan: DeploymentPlan) -> bool:
    lead = plan.gpu_recommendations[0] if plan.gpu_recommendations else None
    if lead is None:
        return False
    planned: Mapping[str, str] = {
        "gpu_models": lead.gpu_type,
        "providers": lead.provider,
        "regions": lead.region,
        "models": lead.model_id,
        "precision": lead.precision,
        "geos": "",
    }
    flat = "".join(c for c in planned[field].lower() if c.isalnum())
    return bool(flat) and "".join(c for c in value.lower() if c.isalnum()) in flat


def _words(field: str, value: str) -> str:
    return provider(value) if field == "providers" else join([value])
