"""Conflicts between wishes, each in one sentence."""

from __future__ import annotations

from services.orchestrator.domain.candidates import Candidates, ModelCandidate
from services.orchestrator.domain.planning.choose import Choices
from services.orchestrator.domain.planning.constraints import above
from services.orchestrator.domain.planning.gpus import is_any_of, maker_of
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import Option
from services.orchestrator.domain.planning.own import without
from services.orchestrator.domain.planning.whereabouts import allowed, in_country
from services.orchestrator.domain.planning.words import (
    FEW_NAMES,
    count,
    gib,
    gpu_types,
    join,
    machines,
    precision,
    provider,
    usd,
    wish,
)


def conflict(field: str, option: Option, needs: Needs, candidates: Candidates, choices: Choices) -> str:
    """Return the conflict in one sentence; option is the best that breaks this wish."""
    what = f"{machines(option)}{model_of(option)}"
    match field:
        case "budget_usd_month" if needs.cheaper_than:
            return (
                f"Nothing that meets the other wishes is {needs.cheaper_than}; the nearest to them is "
                f"{what} at {usd(option.cost + option.host.stated)} {_period(option)}."
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
        case "gpu_count_min" | "vram_gb_min_per_gpu" | "vram_gb_min_total" if field in above(option, needs):
            return _too_few(field, option, choices, needs, candidates)
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


def _too_few(field: str, option: Option, choices: Choices, needs: Needs, candidates: Candidates) -> str:
    """Return why no more GPUs than were allowed do not do."""
    most, what = needs.ceilings, f"{machines(option)}{model_of(option)}"
    allowed_ = (
        f"at most {count(most.gpus or 0, 'GPU')}"
        if field == "gpu_count_min"
        else f"at most {most.total_gb or most.copy_gb or most.card_gb:g} GB of GPU memory"
        if most.total_gb or most.copy_gb
        else f"a GPU of {most.card_gb:g} GB"
    )
    if any(field not in fields for fields, _ in choices.broken):
        needed = f", which takes {gib(option.memory.per_gpu_gib)} of each" if option.memory else ""
        return f"No machine with {allowed_} meets the other wishes; the nearest is {what}{needed}."
    need = _least(next((m for m in candidates.models if m.wished_as), option.model), candidates)
    return f"{need or 'The workload'}{' and' if need else ''} does not fit on {allowed_}; the nearest is {what}."


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


def nothing(needs: Needs) -> str:
    """Return that no machine holds the workload at all."""
    wanted = f"{needs.gpu_count_min} or more GPUs" if needs.gpu_count_min else "a machine"
    return f"The catalogue has no offer of {wanted} that holds this workload, with or without the other wishes."


def _period(option: Option) -> str:
    """Return what the cost of an option is for, in words: a job whose length is known is charged for its runs."""
    return "a month" if option.run_hours is None else "in all"


def model_of(option: Option) -> str:
    """Return the model that an option runs, after "for"; empty where it runs none."""
    if option.model is None:
        return ""
    at = f" at {precision(option.memory.precision)}" if option.memory else ""
    return f" for {option.model.model_id}{at}"
