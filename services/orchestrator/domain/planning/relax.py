"""When wishes cannot all be met: the smallest changes that resolve the conflict, priced."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from libs.money import per_month, to_cents
from services.orchestrator.domain.candidates import Candidates
from services.orchestrator.domain.plan import Relaxation, UnmetWish, WorkloadKind
from services.orchestrator.domain.planning.beyond import beyond
from services.orchestrator.domain.planning.choose import Choices
from services.orchestrator.domain.planning.conflicts import conflict, model_of, nothing
from services.orchestrator.domain.planning.constraints import SOFT
from services.orchestrator.domain.planning.market import Verdict, seriousness
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import Option
from services.orchestrator.domain.planning.own import stated_among
from services.orchestrator.domain.planning.ranking import family
from services.orchestrator.domain.planning.whereabouts import in_country
from services.orchestrator.domain.planning.words import (
    gib,
    gpu_types,
    machines,
    provider,
    usd,
)

MAX_RELAXATIONS: Final = 3
MUCH_DEARER: Final = 2
"""Times the cost from which giving up something besides the budget is a smaller way out."""
_DAYS_PER_MONTH: Final = Decimal(730) / 24


def unmet_wishes(needs: Needs, candidates: Candidates, choices: Choices) -> tuple[UnmetWish, ...]:
    """Return the wishes that the nearest option breaks, each with its conflict and relaxations; for use when no option
    keeps them all.
    """
    found: Sequence[tuple[tuple[str, ...], Option]] = choices.broken
    if any(SOFT.intersection(fields) for fields in {fields for fields, _ in found}):
        found = [(tuple(f for f in fields if f not in SOFT), option) for fields, option in found]
    if not found and (load := beyond(needs, candidates)):
        return (load,)
    if not found:
        return (UnmetWish(field="gpu_models" if needs.gpu_types else "task_type", conflict=nothing(needs)),)
    nearest, option = found[0]
    smallest, alike = _smallest(found)
    relaxations = [relaxation(fields, o, needs) for fields, o in smallest]
    dear = next((o for fields, o in smallest if fields == ("budget_usd_month",)), None)
    part_time = _part_time(dear, needs) if dear else None
    if part_time:
        relaxations.insert(0 if nearest == ("budget_usd_month",) else len(relaxations), part_time)
    relaxations += (relaxation(fields, o, needs) for fields, o in alike if not needs.own_alone)
    # Each keeps every wish that it does not name, so each is a way out of all conflicts.
    if needs.own_alone and stated_among(candidates) is None:
        relaxations.insert(0, _of_own(option))
    ways = tuple(relaxations[:MAX_RELAXATIONS])
    wishes = []
    for field in nearest:
        best = next((o for fields, o in found if fields == (field,)), option)
        wishes.append(
            UnmetWish(
                field=field,
                conflict=conflict(field, best, needs, candidates, choices),
                relaxations=ways,
            )
        )
    return tuple(wishes)


def relaxation(fields: tuple[str, ...], option: Option, needs: Needs) -> Relaxation:
    """Return the change of wishes that an option stands for, with its price."""
    text = " and ".join(_change(field, option, needs) for field in fields)
    host = option.host.stated
    more = f"; a machine for its components would be {usd(host)} more" if host else ""
    described = f"{text[0].upper()}{text[1:]}: {machines(option)}{model_of(option)}{more}."
    return _priced(fields, described, option, hours=option.hours_per_month(needs), needs=needs)


def _priced(fields: tuple[str, ...], description: str, option: Option, *, hours: Decimal, needs: Needs) -> Relaxation:
    """Return a way out with what a month of it costs, its machines paid for so many hours each."""
    beside = option.cost - to_cents(option.per_hour * option.hours_per_month(needs))
    return Relaxation(
        fields=fields,
        description=description,
        price_per_hour=option.price,
        price_per_month=None if option.price is None else to_cents(option.price * hours) + beside,
        provenance=option.offer.provenance,
        node_count=option.nodes,
        hours_per_month=hours,
        beside_per_month=beside,
        model_id=option.model.model_id if option.model else "",
        volumes=option.volumes,
    )


def _smallest(found: Sequence[Verdict]) -> tuple[list[Verdict], list[Verdict]]:
    """Return the first option of each set of broken wishes, smallest sets first, and others that break as much.

    No set contains another, unless that one is over the budget and costs twice as much. Others are of another kind in
    something else; where the budget is broken they cost more or the same, so they have to be of a better precision.
    """
    best: dict[tuple[str, ...], Option] = {}
    for fields, option in found:
        if fields:
            best.setdefault(fields, option)
    kept: list[Verdict] = []
    for fields, option in sorted(best.items(), key=lambda item: (len(item[0]), seriousness(item[0]), item[1].key)):
        within = [(smaller, o) for smaller, o in kept if set(smaller) < set(fields)]
        if all(_over_budget(smaller) and o.weighed >= MUCH_DEARER * option.weighed for smaller, o in within):
            kept.append((fields, option))
    kept = kept[:MAX_RELAXATIONS]
    sets, shown, alike = dict(kept), {_what(*pair) for pair in kept}, list[Verdict]()
    for fields, option in found:
        if len(kept) + len(alike) >= MAX_RELAXATIONS:
            break
        first = sets.get(fields)
        if first is None or _what(fields, option) in shown:
            continue
        if not _over_budget(fields) or (option.model == first.model and option.rank[1] < first.rank[1]):
            alike.append((fields, option))
            shown.add(_what(fields, option))
    return kept, alike


def _over_budget(fields: tuple[str, ...]) -> bool:
    return any(field.startswith("budget") for field in fields)


def _what(fields: tuple[str, ...], option: Option) -> tuple[str, ...]:
    """Return by what ways out of the same conflict differ: by what has to be allowed, and where that is no machine and
    no place, by the GPU. A model and its tuned versions are the same."""
    offer, broken = option.offer, set(fields)
    if broken & {"models", "model_params_b"}:
        return (family(option.model.model_id) if option.model else "",)
    allowing = (
        (offer.provider, {"providers", "providers_excluded", "compliance"}),
        (offer.country, {"geos"}),
        (offer.region, {"regions"}),
        (offer.gpu_type, {"gpu_models", "gpu_models_excluded", "gpu_count_min", "vram_gb_min_per_gpu"}),
    )
    return tuple(what for what, wishes in allowing if broken & wishes) or (offer.gpu_type,)


def _part_time(option: Option, needs: Needs) -> Relaxation | None:
    """Return the hours a day that the budget pays for, when a service costs too much around the clock."""
    if needs.kind is not WorkloadKind.SERVING or needs.budget_month is None or not option.per_hour:
        return None
    machines_month = per_month(option.per_hour)
    # What is to be cheaper than before is so with its components, which run around the clock.
    components = option.host.stated if needs.cheaper_than else Decimal(0)
    left = needs.budget_month - (option.cost - machines_month) - components
    hours = int(left / option.per_hour / _DAYS_PER_MONTH)
    if hours < 1:
        return None
    described = f"Keep the budget and run {machines(option)} for {hours} hours a day instead of around the clock."
    return _priced(("budget_usd_month",), described, option, hours=hours * _DAYS_PER_MONTH, needs=needs)


def _of_own(option: Option) -> Relaxation:
    """Return the way out that rents nothing. option: what holds the workload."""
    needed = f"{gib(option.memory.total_gib)} of GPU memory for a copy" if option.memory and option.gpu_count else ""
    return Relaxation(
        fields=("prefers_local_cluster",),
        description="Name your machines, with the type and number of their GPUs, or connect the cluster"
        f"{f'; the workload needs {needed}' if needed else ''}.",
    )


def _change(field: str, option: Option, needs: Needs) -> str:
    offer = option.offer
    match field:
        case "budget_usd_month":
            return "accept a higher cost" if needs.cheaper_than else "raise the monthly budget"
        case "budget_usd_hour":
            return "raise the budget an hour"
        case "budget_usd_total":
            return "raise the budget"
        case "gpu_models":
            return f"take {offer.gpu_type} instead of {gpu_types(needs.gpu_types)}"
        case "gpu_models_excluded":
            return f"accept {offer.gpu_type} after all"
        case "gpu_count_min":
            return f"allow {option.gpu_count} GPUs"
        case "vram_gb_min_total":
            return f"allow {gib(option.memory_total_gib)} of GPU memory"
        case "vram_gb_min_per_gpu":
            return f"accept {gib(offer.gpu_memory_gib)} of memory on each GPU"
        case "providers" if needs.own_alone:
            return "rent machines after all"
        case "providers" | "providers_excluded":
            return f"allow {provider(offer.provider)}"
        case "regions":
            return f"allow the region {offer.region}"
        case "geos":
            return f"allow a machine{in_country(option) or ' whose country is not stated'}"
        case "compliance":
            return f"check the attestations of {provider(offer.provider)} yourself"
        case "models" | "model_params_b":
            return f"run {option.model.model_id} instead" if option.model else "name another model"
        case "license":
            return (
                f"accept the licence {option.model.license or 'that is not stated'}"
                if option.model
                else "relax the licence"
            )
        case "deadline_hours":
            return f"allow {option.run_hours or 0:,.0f} hours"
        case "latency_ms_p95":
            return "accept slower answers"
        case "spot_ok":
            return f"accept {'on-demand' if needs.spot_alone else 'spot'} machines"
    return f"relax {field}"
