"""Which wishes an option breaks."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from libs.money import per_month
from services.orchestrator.domain.candidates import Candidates, GpuType, ModelCandidate, Offer, PerformanceEstimate
from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning import gpus
from services.orchestrator.domain.planning.ceilings import NONE as NO_CEILINGS
from services.orchestrator.domain.planning.engines import LANGUAGE_TASKS
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import Option
from services.orchestrator.domain.planning.places import may_stand_in

WEIGHTS: Final = {
    "prefers_local_cluster": 1,
    "models": 2,
    "model_params_b": 2,
    "gpu_models": 3,
    "gpu_count_min": 3,
    "vram_gb_min_per_gpu": 3,
    "vram_gb_min_total": 3,
    "latency_ms_p95": 5,
    "deadline_hours": 5,
    "regions": 6,
    "spot_ok": 7,
    "providers": 8,
    "budget_usd_hour": 12,
    "budget_usd_month": 12,
    "budget_usd_total": 12,
    "gpu_models_excluded": 30,
    "providers_excluded": 30,
    "license": 60,
    "compliance": 60,
    "geos": 60,
}
"""How much breaking a wish counts when no option keeps them all: first what the law or a contract may demand is
kept, then what was ruled out, then the budget; the exact machine and model are given up first."""

SOFT: Final = frozenset({"prefers_local_cluster"})
"""Preferences: they order options, and are told when they cannot be had, but never make a plan infeasible."""


class Judge:
    """Tells which wishes options break; what depends on the offer, GPU type or model alone is found once."""

    def __init__(self, needs: Needs, candidates: Candidates, *, wished: bool) -> None:
        self._needs = needs
        self._types = candidates.gpu_types
        self._wished = wished
        self._budgeted = any(b is not None for b in (needs.budget_hour, needs.budget_month, needs.budget_total))
        self._bounded = needs.ceilings != NO_CEILINGS
        self._refused: Final = refused_prices(spot=needs.spot, alone=needs.spot_alone)
        self.has_deadline: Final = needs.deadline_hours is not None
        self._of_offer: dict[str, frozenset[str]] = {}
        self._ordered: dict[tuple[Any, ...], tuple[str, ...]] = {}
        self._of_place: dict[tuple[str, str, str], frozenset[str]] = {}
        self._of_type: dict[str, frozenset[str]] = {}
        self._of_model: dict[str, frozenset[str]] = {}

    def broken(self, option: Option) -> tuple[str, ...]:
        """Return the spec fields that an option does not meet, most serious last."""
        slow = self.broken_by_speed(option.speed, option.run_hours)
        return self.broken_at(option, self.broken_by_model(option.model), slow)

    def broken_at(self, option: Option, of_model: frozenset[str], slow: tuple[str, ...]) -> tuple[str, ...]:
        """Return what broken does. of_model, slow: the fields that its model and its speed do not meet."""
        over = tuple(_budget(option, self._needs)) if self._budgeted else ()
        more = above(option, self._needs) if self._bounded else frozenset[str]()
        parts = (self.broken_by_offer(option.offer), of_model, slow, over, more)
        known = self._ordered.get(parts)
        if known is None:
            found = frozenset().union(*parts)
            known = self._ordered[parts] = tuple(sorted(found, key=lambda name: (WEIGHTS[name], name)))
        return known

    def broken_by_offer(self, offer: Offer) -> frozenset[str]:
        """Return the fields that the machine, its place or its price model does not meet."""
        known = self._of_offer.get(offer.offer_id)
        if known is None:
            known = self._type(offer)
            where = (offer.provider, offer.region, offer.country)
            if where not in self._of_place:
                self._of_place[where] = frozenset(place(offer, self._needs))
            if more := self._of_place[where]:
                known = known | more
            if offer.price_model in self._refused:
                known = known | {"spot_ok"}
            self._of_offer[offer.offer_id] = known
        return known

    def broken_by_model(self, model: ModelCandidate | None) -> frozenset[str]:
        """Return the fields that the model does not meet."""
        key = model.model_id if model else ""
        if key not in self._of_model:
            self._of_model[key] = frozenset(_model(model, self._needs, wished=self._wished))
        return self._of_model[key]

    def broken_by_speed(self, speed: PerformanceEstimate | None, run_hours: float | None) -> tuple[str, ...]:
        """Return the fields that the speed of a copy, or the length of a run, does not meet."""
        return tuple(_load(speed, run_hours, self._needs))

    def is_late(self, run_hours: float | None) -> bool:
        """Tell whether a run is known to end after the deadline."""
        return _late(run_hours, self._needs)

    def lateness(self, run_hours: float | None) -> int:
        """Return how often the deadline would have to be doubled for a run; 0 where it is not known to be late."""
        if not self.is_late(run_hours):
            return 0
        return math.ceil(math.log2((run_hours or 0) / (self._needs.deadline_hours or 1)))

    def too_dear(self, offer: Offer) -> bool:
        """Tell whether one machine alone breaks a budget, whatever runs on it and for how long."""
        needs, price = self._needs, offer.price_per_hour
        if price is None or not self._budgeted:
            return False
        if needs.budget_hour is not None and price > needs.budget_hour:
            return True
        # A run may be over before the month is.
        month = needs.budget_month if needs.kind is WorkloadKind.SERVING else None
        return month is not None and per_month(price) > month

    def _type(self, offer: Offer) -> frozenset[str]:
        if not self._needs.gpu:
            return frozenset()
        if offer.gpu_type not in self._of_type:
            self._of_type[offer.gpu_type] = frozenset(_gpu_type(offer.gpu_type, self._needs, self._types))
        known = self._of_type[offer.gpu_type]
        return known | {"vram_gb_min_per_gpu"} if offer.gpu_memory_gib < self._needs.gpu_memory_gib_min else known


def refused_prices(*, spot: bool, alone: bool) -> tuple[str, ...]:
    """Return the price models that a wish on spot machines rules out. spot: they may be taken; alone: nothing else."""
    return () if spot and not alone else ("on_demand",) if spot else ("spot",)


def place(offer: Offer, needs: Needs) -> list[str]:
    """Return the fields on providers and places that an offer does not meet. The user's own cluster stands where the
    user wants it."""
    if offer.provider == "local":
        return []
    out = []
    if needs.providers and offer.provider not in needs.providers:
        out.append("providers")
    if offer.provider in needs.providers_excluded:
        out.append("providers_excluded")
    if needs.attested is not None and offer.provider not in needs.attested:
        out.append("compliance")
    if needs.regions and offer.region not in needs.regions:
        out.append("regions")
    if not may_stand_in(offer.country, needs.countries, needs.barred.countries):
        out.append("geos")
    return out


GENERAL_LICENSES: Final = frozenset({"commercial_ok", "open_source"})
"""Wishes on what licences permit, whichever they are."""


def license_ok(model: ModelCandidate, wish: str | None) -> bool:
    """Tell whether a model's licence meets the wish: commercial_ok, open_source or a licence as people call it.

    What the catalogue found by a licence has it: the catalogue alone knows titles, families and versions.
    """
    if wish is None:
        return True
    if wish == "commercial_ok":
        return model.license_class in ("commercial", "attribution")
    if wish == "open_source":
        return model.open_source
    return wish == model.license_asked or _plain_license(model.license) == _plain_license(wish)


def _plain_license(name: str) -> str:
    """Return what spellings of a licence share, for models that were not found by it."""
    return re.sub(r"[^a-z0-9.+]+|licen[cs]e|version|v(?=\d)|\.0(?!\d)", "", name.lower())


def _gpu_type(gpu_type: str, needs: Needs, types: Mapping[str, GpuType]) -> list[str]:
    out = []
    if needs.gpu_types and not gpus.is_any_of(gpu_type, needs.gpu_types, types):
        out.append("gpu_models")
    if gpus.is_any_of(gpu_type, needs.gpu_types_excluded, types):
        out.append("gpu_models_excluded")
    return out


def _model(model: ModelCandidate | None, needs: Needs, *, wished: bool) -> list[str]:
    if model is None:
        return ["models"] if wished else []
    out = []
    if wished and not model.wished_as:
        out.append("models")
    if needs.params_wished and needs.params_b and model.parameters is not None:
        low, high = needs.params_b
        if not low * 1e9 <= model.parameters <= high * 1e9:
            out.append("model_params_b")
    if not license_ok(model, needs.license):
        out.append("license")
    return out


def _load(speed: PerformanceEstimate | None, run_hours: float | None, needs: Needs) -> list[str]:
    """Return broken fields on speed and time; what cannot be estimated breaks nothing, and is told as a warning."""
    if needs.kind is not WorkloadKind.SERVING:
        return ["deadline_hours"] if _late(run_hours, needs) else []
    if speed is None:
        return []
    out = []
    delay = speed.time_to_first_token_ms if needs.task in LANGUAGE_TASKS else speed.request_latency_ms
    if needs.latency_ms and delay is not None and delay > needs.latency_ms:
        out.append("latency_ms_p95")
    return out


def untold(speed: PerformanceEstimate | None, run_hours: float | None, needs: Needs) -> frozenset[str]:
    """Return the fields on speed and time of which nobody can tell whether they are met, since no speed is known.
    speed: of one copy, or of a run."""
    most = needs.requests_peak or needs.requests_per_second
    told = {
        "deadline_hours": not needs.deadline_hours or run_hours is not None,
        "latency_ms_p95": not needs.latency_ms or speed is not None,
        "requests_per_second": not most or bool(speed and speed.requests_per_second),
    }
    return frozenset(field for field, known in told.items() if not known)


def above(option: Option, needs: Needs) -> frozenset[str]:
    """Return the fields whose most the GPUs of an option exceed."""
    copy = option.memory.gpus if option.memory and needs.kind is WorkloadKind.SERVING else option.gpu_count
    return needs.ceilings.exceeded(gpus=option.gpu_count, card_gib=option.offer.gpu_memory_gib, of_copy=copy)


def _late(run_hours: float | None, needs: Needs) -> bool:
    return bool(needs.deadline_hours) and run_hours is not None and run_hours > (needs.deadline_hours or 0)


def _budget(option: Option, needs: Needs) -> list[str]:
    out = []
    if needs.budget_hour is not None and option.per_hour > needs.budget_hour:
        out.append("budget_usd_hour")
    # What is to be cheaper than the plan before is so with the components, which that plan counts too.
    month = option.cost + option.host.stated if needs.cheaper_than else option.cost
    if needs.budget_month is not None and month > needs.budget_month:
        out.append("budget_usd_month")
    if needs.budget_total is not None and total_cost(option) > needs.budget_total:
        out.append("budget_usd_total")
    return out


def total_cost(option: Option) -> Decimal:
    """Return what a budget for the whole is compared with: one run where its length is known, else one month."""
    return option.cost if option.run_cost is None else option.run_cost
