"""The shortlist: the few of the options that meet the wishes that are shown, and what each is best at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from services.orchestrator.domain.candidates import Candidates, GpuType
from services.orchestrator.domain.plan import OptionKind, WorkloadKind
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import Option, charged_hours
from services.orchestrator.domain.planning.places import MAJOR

VALUE_LIMIT: Final = 2
HEADROOM_LIMIT: Final = 4
"""Times the cheapest cost that a better option may cost, each with its components."""
WORKDAY_HOURS: Final = 8.0
"""A run that ends within this is no better value for ending sooner."""
AT_ONCE_HOURS: Final = 2.0
"""A run that ends within this, its hour to set up included, is no faster for ending sooner."""
MIN_CHOICES: Final = 3
NOTABLY: Final = 1.05
"""Times the speed from which a run is worth calling faster."""
MAX_CHOICES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An option and what it is best at."""

    kind: OptionKind
    option: Option
    breaks: tuple[str, ...] = ()


def has_headroom_price(option: Option, cheapest: Decimal, needs: Needs) -> bool:
    """Tell whether an option may be the one with most headroom by its cost: within the budget where there is one, else
    of at most a multiple of what the cheapest costs with its components."""
    if needs.budget_month:
        return option.cost <= needs.budget_month
    return option.paid <= cheapest * HEADROOM_LIMIT


def performance(option: Option, gpu_types: dict[str, GpuType], *, metric: str, soon: float = 0.0) -> float:
    """Return speed in the unit of the metric; higher is better. 0 when unknown. soon: hours within which a run is as
    good as over."""
    if metric == "tokens":
        return (option.speed.tokens_per_second or 0.0) * option.copies if option.speed else 0.0
    if metric == "requests":
        return (option.speed.requests_per_second or 0.0) * option.copies if option.speed else 0.0
    if metric == "runs":
        return 1 / max(float(charged_hours(option.run_hours)), soon) if option.run_hours is not None else 0.0
    gpu = gpu_types.get(option.offer.gpu_type)
    if gpu is None:
        return float(option.offer.vcpus or 0) * option.nodes
    return (gpu.tflops.get("bf16") or gpu.tflops.get("fp16") or 0.0) * option.gpu_count


def metric_of(options: Sequence[Option]) -> str:
    """Return the one measure of speed that all options have: runs, tokens, requests or raw throughput."""
    if all(o.run_hours is not None for o in options):
        return "runs"
    speeds = [o.speed for o in options]
    if all(s and s.tokens_per_second for s in speeds):
        return "tokens"
    if all(s and s.requests_per_second for s in speeds):
        return "requests"
    return "throughput"


def headroom(option: Option) -> float:
    """Return the share of GPU memory that a copy leaves free, 0 to 1."""
    if option.memory is None or not option.offer.gpu_memory_gib:
        return 0.0
    return 1 - option.memory.per_gpu_gib / option.offer.gpu_memory_gib


def pick(feasible: list[Option], lesser: list[Option], needs: Needs, candidates: Candidates) -> list[Choice]:
    """Choose from options sorted by key: the three kinds, then the cheapest at other providers and of other machines.

    lesser: options of lower quality, for when those of the best are too few to choose from.
    """
    gpu_types = dict(candidates.gpu_types)
    serves = needs.kind is WorkloadKind.SERVING
    # Runs of known length are told apart by it, whatever others there are; raw throughput is no speed of a run.
    metric = "runs" if not serves and any(o.run_hours is not None for o in feasible) else metric_of(feasible)
    local = [o for o in feasible if o.offer.provider == "local"] if needs.prefers_local else []
    cheapest = (local or feasible)[0]
    limit = (feasible[0] if feasible[0].cost else cheapest).paid
    # Where the budget pays for the components too, it does so with every option that is said to be better.
    housed = [o for o in feasible if o.host.homeless <= cheapest.host.homeless]

    def speed(option: Option, soon: float = 0.0) -> float:
        return performance(option, gpu_types, metric=metric, soon=soon)

    def value(option: Option) -> Any:
        return (option.weighed / Decimal(repr(speed(option, WORKDAY_HOURS))), option.key)

    def most(option: Option) -> Any:
        free = -headroom(option) if serves else 0.0
        return (-speed(option, AT_ONCE_HOURS), free, option.key)

    picks = [Choice(kind=OptionKind.CHEAPEST, option=cheapest)]

    def add(kind: OptionKind, options: list[Option], order: Callable[[Option], Any]) -> None:
        taken = {machine_of(p.option) for p in picks}
        fresh = [o for o in options if machine_of(o) not in taken]
        if fresh:
            picks.append(Choice(kind=kind, option=min(fresh, key=order)))

    least = speed(cheapest)
    roomier = ((speed(o), o) for o in housed if has_headroom_price(o, limit, needs))

    def gains(fast: float, option: Option) -> bool:
        """Tell whether an option brings something: a run that is not known to end sooner has no use for more memory."""
        if not serves:
            return metric != "throughput" and fast > least * NOTABLY > 0
        larger = (option.memory_total_gib, headroom(option)) > (cheapest.memory_total_gib, headroom(cheapest))
        return fast > least or (fast == least and larger)

    add(OptionKind.MOST_HEADROOM, [o for fast, o in roomier if gains(fast, o)], most)
    # The best value is looked for beside it, lest what is called the most headroom have less; it has to cost less.
    most_costs = picks[-1].option.weighed if len(picks) > 1 else None
    least = speed(cheapest, WORKDAY_HOURS)
    add(
        OptionKind.BEST_VALUE,
        [
            o
            for o in feasible
            if o.paid <= limit * VALUE_LIMIT
            and o.host.homeless <= cheapest.host.homeless
            and (most_costs is None or o.weighed < most_costs)
            and speed(o, WORKDAY_HOURS) > least
        ],
        value,
    )
    picks[1:] = sorted(picks[1:], key=lambda choice: choice.kind is not OptionKind.BEST_VALUE)
    if not cheapest.gpu_count and needs.gpu and not any(p.option.gpu_count for p in picks):
        add(OptionKind.ALTERNATIVE, [o for o in feasible if o.gpu_count], _by_quality)
    if not any(p.option.offer.provider in MAJOR for p in picks):
        add(OptionKind.ALTERNATIVE, [o for o in feasible if o.offer.provider in MAJOR], _by_quality)
    while len(picks) < MAX_CHOICES:
        used = {p.option.offer.provider for p in picks}
        before = len(picks)
        few = len(picks) < MIN_CHOICES
        shown = {(p.option.offer.gpu_type, p.option.gpu_count) for p in picks}
        elsewhere = [o for o in feasible if o.offer.provider not in used]
        # The same hardware elsewhere is named as an equivalent already.
        other = [o for o in elsewhere if (o.offer.gpu_type, o.gpu_count) not in shown]
        add(OptionKind.ALTERNATIVE, other or elsewhere, _by_quality)
        if len(picks) == before and few:
            add(OptionKind.ALTERNATIVE, [o for o in lesser if o.offer.provider not in used] or feasible, _by_quality)
        if len(picks) == before and few:
            add(OptionKind.ALTERNATIVE, lesser, _by_quality)
        if len(picks) == before:
            break
    return picks


def _by_quality(option: Option) -> Any:
    return (option.rank, option.key)


def machine_of(option: Option) -> tuple[str, str, str]:
    return (option.offer.provider, option.offer.instance_type, option.offer.price_model)
