"""When wishes cannot all be met: the conflict in one sentence, and the smallest changes that resolve it, priced."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from libs.money import per_month, to_cents
from services.orchestrator.domain.candidates import Candidates, ModelCandidate
from services.orchestrator.domain.plan import Relaxation, UnmetWish, WorkloadKind
from services.orchestrator.domain.planning.beyond import beyond
from services.orchestrator.domain.planning.choose import Choices
from services.orchestrator.domain.planning.constraints import SOFT
from services.orchestrator.domain.planning.gpus import is_any_of, maker_of
from services.orchestrator.domain.planning.market import Verdict, seriousness
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import Option
from services.orchestrator.domain.planning.own import without
from services.orchestrator.domain.planning.ranking import family
from services.orchestrator.domain.planning.whereabouts import allowed, in_country
from services.orchestrator.domain.planning.words import (
    FEW_NAMES,
    gib,
    gpu_types,
    join,
    machines,
    precision,
    provider,
    usd,
    wish,
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
        return (UnmetWish(field="gpu_models" if needs.gpu_types else "task_type", conflict=_nothing(needs)),)
    nearest, option = found[0]
    smallest, alike = _smallest(found)
    relaxations = [relaxation(fields, o, needs) for fields, o in smallest]
    dear = next((o for fields, o in smallest if fields == ("budget_usd_month",)), None)
    part_time = _part_time(dear, needs) if dear else None
    if part_time:
        relaxations.insert(0 if nearest == ("budget_usd_month",) else len(relaxations), part_time)
    relaxations += (relaxation(fields, o, needs) for fields, o in alike if not needs.own_alone)
    # Each keeps every wish that it does not name, so each is a way out of all conflicts.
    if needs.own_alone:
        relaxations.insert(0, _of_own(option))
    ways = tuple(relaxations[:MAX_RELAXATIONS])
    wishes = []
    for field in nearest:
        best = next((o for fields, o in found if fields == (field,)), option)
        wishes.append(
            UnmetWish(
                field=field,
                conflict=_conflict(field, best, needs, candidates, choices),
                relaxations=ways,
            )
        )
    return tuple(wishes)


def relaxation(fields: tuple[str, ...], option: Option, needs: Needs) -> Relaxation:
    """Return the change of wishes that an option stands for, with its price."""
    text = " and ".join(_change(field, option, needs) for field in fields)
    described = f"{text[0].upper()}{text[1:]}: {machines(option)}{_model(option)}."
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
        (offer.gpu_type, {"gpu_models", "gpu_models_excluded", "vram_gb_min_per_gpu"}),
    )
    return tuple(what for what, wishes in allowing if broken & wishes) or (offer.gpu_type,)


def _part_time(option: Option, needs: Needs) -> Relaxation | None:
    """Return the hours a day that the budget pays for, when a service costs too much around the clock."""
    if needs.kind is not WorkloadKind.SERVING or needs.budget_month is None or not option.per_hour:
        return None
    machines_month = per_month(option.per_hour)
    left = needs.budget_month - (option.cost - machines_month)
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


def _conflict(field: str, option: Option, needs: Needs, candidates: Candidates, choices: Choices) -> str:
    """Return the conflict in one sentence; option is the best that breaks this wish."""
    what = f"{machines(option)}{_model(option)}"
    match field:
        case "budget_usd_month" if needs.cheaper_than:
            return (
                f"Nothing that meets the other wishes is {needs.cheaper_than}; the nearest to them is "
                f"{what} at {usd(option.cost)} {_period(option)}."
            )
        case "budget_usd_month":
            return (
                f"The budget is {usd(needs.budget_month)} a month; the nearest to the "
                f"other wishes is {what} at {usd(option.cost)} {_period(option)}."
            )
        case "budget_usd_hour":
            return (
                f"The budget is {usd(needs.budget_hour)} an hour; the nearest to the "
                f"other wishes is {what} at {usd(option.per_hour)} an hour."
            )
        case "budget_usd_total":
            return (
                f"The budget is {usd(needs.budget_total)} in all; the nearest to the "
                f"other wishes is {what} at {usd(option.run_cost or option.cost)}."
            )
        case "gpu_models":
            return _too_small(option, choices, needs, candidates)
        case "models" if not any(m.wished_as for m in candidates.models):
            if "models" in candidates.missing:
                return "The models catalogue did not answer, so the model that was named could not be sized."
            return "The catalogue has no model of the name given; the nearest by description is planned instead."
        case "models":
            return _too_large(option, choices, needs, candidates)
        case "model_params_b":
            return f"No machine that the other wishes allow holds a model of that size; the nearest is {what}."
        case "providers" if needs.own_alone:
            return f"Only machines of your own may be used, and {without(candidates)}; the nearest to rent is {what}."
        case "providers" if maker_of(needs.gpu_types) and not _offered(needs, candidates):
            where = join([provider(p) for p in needs.providers], "and")
            return f"The catalogue has no {gpu_types(needs.gpu_types)} at {where}; the nearest is {what}."
        case "providers" | "regions" | "geos" | "providers_excluded" | "compliance":
            where = allowed(needs) or "within the places and providers allowed"
            return f"No machine {where} meets the other wishes; the nearest is {what}{in_country(option)}."
        case "license":
            return (
                "No model found has the licence asked for; the nearest is "
                f"{option.model.model_id if option.model else 'unknown'}."
            )
        case "deadline_hours":
            return (
                f"One run takes about {option.run_hours or 0:,.0f} hours on {what}, more than the "
                f"{needs.deadline_hours:,.0f} allowed."
            )
        case "latency_ms_p95":
            return f"The expected delay on {what} is above {needs.latency_ms:,.0f} ms."
        case "spot_ok":
            wanted = "spot machine" if needs.spot_alone else "machine that is not spot"
            return f"No {wanted} meets the other wishes; the nearest is {what}."
        case "vram_gb_min_per_gpu":
            return (
                f"No GPU with {gib(needs.gpu_memory_gib_min)} or more meets the other wishes; "
                f"{option.offer.gpu_type} has {gib(option.offer.gpu_memory_gib)}."
            )
    return f"{field} does not go together with the other wishes; the nearest is {what}."


def _offered(needs: Needs, candidates: Candidates) -> bool:
    """Tell whether a provider that was named has any of the GPU types that were named."""
    machines_ = (*candidates.offers, *candidates.offers_elsewhere)
    types = {o.gpu_type for o in machines_ if o.provider in needs.providers and o.gpu_count}
    return any(is_any_of(gpu_type, needs.gpu_types, candidates.gpu_types) for gpu_type in types)


def _named_types(needs: Needs, candidates: Candidates) -> str:
    if len(needs.gpu_types) > FEW_NAMES:
        return gpu_types(needs.gpu_types)
    sizes = {g.name: g.memory_gib for g in candidates.gpu_types.values()}
    return join([f"{name} ({gib(sizes[name])} each)" if name in sizes else name for name in needs.gpu_types], "or")


def _least(model: ModelCandidate | None, candidates: Candidates) -> str:
    """Return what a model needs at the least, in words; empty when that is not known."""
    needed = [(e.total_gib, e.precision) for e in candidates.memory if model and e.model_id == model.model_id]
    if not needed or model is None:
        return ""
    least, lowest = min(needed)
    return f"{model.model_id} needs {gib(least)} even at {precision(lowest)}"


def _too_small(option: Option, choices: Choices, needs: Needs, candidates: Candidates) -> str:
    """Return why the GPU types that were named do not do."""
    named = _named_types(needs, candidates)
    model = next((m for m in candidates.models if m.wished_as), option.model)
    need = "" if _held(choices) else _least(model, candidates)
    if need:
        return f"{need} and does not fit on {named} as asked for; the nearest machine has {option.offer.gpu_type}."
    return f"No machine with {named} meets the other wishes; the nearest has {option.offer.gpu_type}."


def _too_large(option: Option, choices: Choices, needs: Needs, candidates: Candidates) -> str:
    """Return why the model that was named cannot be had: what it needs, and what machines for it cost that break the
    least of the other wishes."""
    model = next(m for m in candidates.models if m.wished_as)
    need = _least(model, candidates) or f"{model.model_id} cannot be sized"
    broken, holder = next(((f, o) for f, o in choices.broken if "models" not in f), ((), None))
    held = "no machine holds it"
    if holder:
        at = f"{machines(holder)} at {usd(holder.cost)} {_period(holder)}"
        held = f"the nearest machines that hold it are {at}, which do not meet {join([wish(f) for f in broken])}"
    small = f"; it does not fit on {_named_types(needs, candidates)}" if needs.gpu_types and not _held(choices) else ""
    return f"{need}{small}; {held}."


def _held(choices: Choices) -> bool:
    """Tell whether any machine has GPUs that were named and holds the model that was named."""
    return any(not {"models", "gpu_models"}.intersection(fields) for fields, _ in choices.broken)


def _nothing(needs: Needs) -> str:
    wanted = f"{needs.gpu_count_min} or more GPUs" if needs.gpu_count_min else "a machine"
    return f"The catalogue has no offer of {wanted} that holds this workload, with or without the other wishes."


def _period(option: Option) -> str:
    """Return what the cost of an option is for, in words: a job whose length is known is charged for its runs."""
    return "a month" if option.run_hours is None else "in all"


def _model(option: Option) -> str:
    if option.model is None:
        return ""
    at = f" at {precision(option.memory.precision)}" if option.memory else ""
    return f" for {option.model.model_id}{at}"
