"""The sentences of a plan on its options and models: what each is called, and why it is recommended."""

from __future__ import annotations

from collections.abc import Collection

from services.orchestrator.domain.candidates import ModelCandidate
from services.orchestrator.domain.plan import OptionKind, WorkloadKind
from services.orchestrator.domain.planning.choose import Choices
from services.orchestrator.domain.planning.constraints import untold
from services.orchestrator.domain.planning.engines import LANGUAGE_TASKS
from services.orchestrator.domain.planning.layouts import main_memory_gib
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import UPKEEP, Option
from services.orchestrator.domain.planning.own import is_stated
from services.orchestrator.domain.planning.places import NO_KUBERNETES
from services.orchestrator.domain.planning.shortlist import Choice, headroom
from services.orchestrator.domain.planning.tongues import ALL, OTHERS, language_names, place_of, states
from services.orchestrator.domain.planning.words import (
    gib,
    hours,
    join,
    machines,
    made,
    parameters,
    precision,
    rate,
    usd,
    wish,
)

_OF_JOBS = {OptionKind.MOST_HEADROOM: "Fastest"}
"""What an option of a run or batch is called, where it is not as of a service."""
_LABELS = {
    OptionKind.CHEAPEST: "Cheapest that meets everything",
    OptionKind.BEST_VALUE: "Best value",
    OptionKind.MOST_HEADROOM: "Most headroom",
    OptionKind.ALTERNATIVE: "Alternative",
    OptionKind.NEAREST: "Nearest",
}
_UNTOLD = "Cheapest that breaks no wish"
"""What the cheapest option is called where no speed tells whether all wishes are met."""
_HELPS = {"embedding": "It turns passages and questions into vectors to search by"}
"""What models beside the main one do, by their purpose."""


def name(choice: Choice, needs: Needs) -> str:
    """Return what an option is best at, in words."""
    return called(choice.kind, needs, unsure=_untold(choice.option, needs))


def called(kind: OptionKind, needs: Needs, *, unsure: bool) -> str:
    """Return what an option is called. unsure: no speed tells whether it meets all wishes."""
    if kind is OptionKind.CHEAPEST and unsure:
        return _UNTOLD
    return (_OF_JOBS if needs.kind is not WorkloadKind.SERVING else _LABELS).get(kind, _LABELS[kind])


def label(choice: Choice, needs: Needs) -> str:
    """Return the short name of an option."""
    memory, lesser = choice.option.memory, choice.option.rank[1] > 0
    at = f" at {precision(memory.precision)}" if memory and lesser else ""
    return f"{name(choice, needs)}: {machines(choice.option)}{at}"


def why(choice: Choice, choices: Choices, needs: Needs) -> str:
    """Return why an option is recommended, compared with the cheapest."""
    option, least = choice.option, cheapest(choices)
    sentences = [_fits(option, needs)]
    if choice.kind is OptionKind.NEAREST:
        broken = join([wish(b) for b in choice.breaks])
        sentences.append(f"It does not meet: {broken}." if broken else "It meets every wish.")
    elif option is least and is_stated(option.offer):
        sentences.append("These are your own machines as you stated them, which you prefer.")
    elif option is least and option.offer.provider == "local":
        sentences.append("It is free capacity of your own cluster, which you prefer.")
    elif option is least:
        unsure = _untold(option, needs)
        many = f"{len(choices.feasible):,} combinations that {'break no' if unsure else 'meet every'} wish"
        fewer = _fewer_machines(option, choices)
        counted = [
            *(["components"] if any(o.host.cost for o in choices.feasible) else []),
            *(["upkeep"] if fewer else []),
        ]
        grows = needs.requests_peak or (needs.copies_max or 0) > needs.copies_min
        between = ", in the middle between low and high load" if grows else ""
        included = f", {join(counted)} included" if counted else ""
        said = f"Of {many} it costs least{included}{between}."
        alone = f"It alone {'breaks no' if unsure else 'meets every'} wish."
        sentences += [said if len(choices.feasible) > 1 else alone, fewer]
    else:
        sentences += [against(option, least), _dearer_in_all(option, least)]
    sentences += [_components(option), _speed(option, needs)]
    return " ".join(s for s in sentences if s)


def _untold(option: Option, needs: Needs) -> bool:
    return bool(untold(option.speed, option.run_hours, needs))


def _components(option: Option) -> str:
    """Return what a machine for the components of an option adds to it; empty where they need none, or run in a cluster
    elsewhere."""
    host = option.host
    if not host.cost or option.offer.provider in NO_KUBERNETES:
        return ""
    if not host.known:
        return "Its components need a machine beside it, whose price is not known."
    left_out = ", for which the budget has no room" if host.homeless else ""
    period = "a month" if option.run_hours is None else "in all"
    return f"Its components need a machine beside it, {usd(host.cost)} {period} more{left_out}."


def spot_note(option: Option, needs: Needs) -> str:
    """Return what spot would mean for a workload on an option; empty when there is no spot price."""
    offer = option.offer
    if offer.price_model == "spot":
        risk = "This is a spot price: the provider may take the machine back at any time."
    elif offer.spot_price_per_hour is not None:
        saved = 1 - offer.spot_price_per_hour / offer.price_per_hour if offer.price_per_hour else 0
        risk = (
            f"Spot costs {usd(offer.spot_price_per_hour * option.nodes)} an hour, {saved:.0%} "
            "less, and may be taken back at any time."
        )
    else:
        return ""
    match needs.kind:
        case WorkloadKind.SERVING:
            return f"{risk} Users would see an outage until it is replaced, so use it only for extra copies."
        case WorkloadKind.TRAINING:
            if needs.algorithm:
                return f"{risk} An interrupted run begins anew."
            return f"{risk} The run resumes from its last checkpoint, so at most half an hour of work is lost."
        case WorkloadKind.BATCH:
            return f"{risk} Finished parts are kept, so only the part in hand is done again."


def why_model(
    model: ModelCandidate,
    *,
    task: str,
    chosen: bool,
    sized: str,
    instead: bool = False,
    after: bool = False,
    from_scratch: bool = False,
    languages: Collection[str] = (),
) -> str:
    """Return why a model is recommended. task: what is planned. instead: another one was named. after: it is the one
    that a run before it trains. from_scratch: only its architecture is wanted. languages: that it has to know."""
    if after and chosen:
        start = "It is the model that the run trains"
    elif model.wished_as:
        start = f"It is the model that you named ({model.wished_as})"
    elif chosen and instead:
        start = "It stands in for what was named, for which the wishes leave no room"
    elif chosen:
        start = "It ranks first for the task among those that meet the wishes"
    elif model.purpose != "main":
        start = _HELPS.get(model.purpose, "It helps the model")
    elif task and model.task != task:
        start = f"It is of the same field but does another task, {model.task.replace('-', ' ')}"
    else:
        start = "It fits the task as well"
    known = f", {parameters(model.parameters)} parameters" if model.parameters else ""
    needs = f"; {sized}" if sized else ""
    anew = " Training starts from new weights; the model lends its architecture." if from_scratch and chosen else ""
    gate = " The owner must grant access first." if model.gated else ""
    return f"{start}{known}{needs}.{spoken(model, languages)}{anew}{gate}"


def spoken(model: ModelCandidate, languages: Collection[str]) -> str:
    """Return what the record of a model states of the languages that it has to know; empty where none was named."""
    if not languages:
        return ""
    names = join(language_names(languages))
    if place_of(model.languages, languages) == ALL:
        return f" Its record states {names}."
    lacking = language_names([code for code in languages if not states(model.languages, code)])
    others = place_of(model.languages, languages) == OTHERS
    return (
        f" Its record states other languages and not {join(lacking, 'or')}."
        if others
        else (f" Its record states no languages, so whether it knows {names} is not known.")
    )


def _fewer_machines(option: Option, choices: Choices) -> str:
    """Return what costs less and is not taken because it is more machines to keep running; empty where nothing is."""
    less = min((o for o in choices.feasible if o.nodes > option.nodes), key=lambda o: (o.paid, o.key), default=None)
    if less is None or less.paid >= option.paid or less.host.homeless > option.host.homeless:
        return ""
    return (
        f"{machines(less)} would cost {usd(less.paid)} a month rather than {usd(option.paid)}, but more machines are "
        f"more to keep running: each after the first is reckoned as {usd(UPKEEP)} a month."
    )


def cheapest(choices: Choices) -> Option:
    """Return the cheapest option that meets everything: the first one, unless another was preferred to it."""
    return next((c.option for c in choices.picks if c.kind is OptionKind.CHEAPEST), choices.picks[0].option)


def _fits(option: Option, needs: Needs) -> str:
    if option.memory is None:
        if needs.learns_tables and needs.kind is WorkloadKind.TRAINING and not option.gpu_count:
            held, has = main_memory_gib(None, needs), option.offer.memory_gib or 0
            return f"Trees over the data need {gib(held)} of main memory; the machine has {gib(has)}."
        return f"{machines(option)}."
    if not option.offer.gpu_count:
        return (
            f"{option.memory.total_gib:,.1f} GiB of main memory hold the model; the machine has "
            f"{gib(option.offer.memory_gib or 0)}."
        )
    if needs.kind is WorkloadKind.TRAINING and option.memory.gpus == 1:
        each = f"{gib(option.memory.per_gpu_gib)} of the {gib(option.offer.gpu_memory_gib)} of each GPU"
        if needs.method == "full" and needs.task in LANGUAGE_TASKS and option.gpu_count > 1:
            # FSDP keeps 32-bit weights, 16 bytes a parameter in all, where one GPU keeps 8 (engines.py).
            return (
                f"On one GPU the run would need {each}; {option.gpu_count} share weights, gradients and optimizer at "
                "32 bit, so that each holds about as much over two and less over more."
            )
        return f"The run needs {each}, {headroom(option):.0%} stays free."
    split = f", split over {option.memory.gpus} GPUs" if option.memory.gpus > 1 else ""
    total = option.offer.gpu_memory_gib * option.memory.gpus
    return (
        f"One copy needs {gib(option.memory.total_gib)}{split}; the GPUs have {gib(total)}, "
        f"{headroom(option):.0%} stays free."
    )


def against(option: Option, first: Option) -> str:
    """Return what an option costs and brings beside another."""
    difference = option.per_hour - first.per_hour
    more = f"{usd(abs(difference))} an hour {'more' if difference > 0 else 'less'} than"
    change = more if difference else "The same price as"
    if option.price is None or first.price is None:
        change = "Its price cannot be compared with that of"
    gains = []
    speed, base = _rate(option), _rate(first)
    if option.run_hours and first.run_hours:
        times = round(first.run_hours / option.run_hours, 1)
        spent = f" (a run {usd(option.run_cost)} rather than {usd(first.run_cost)})" if option.run_cost else ""
        gains.append(f"{f'{times:.1f} times the' if times != 1 else 'the same'} speed{spent}")
    elif speed and base:
        times = round(speed / base, 1)
        gains.append(f"{times:.1f} times the speed" if times != 1 else "the same speed")
    if option.memory_total_gib != first.memory_total_gib:
        gains.append(f"{gib(option.memory_total_gib)} of GPU memory rather than {gib(first.memory_total_gib)}")
    return f"{change} {machines(first)}{' for ' + join(gains) if gains else ''}."


def _dearer_in_all(option: Option, least: Option) -> str:
    """Return why the cheapest is another than an option whose machines cost less; empty where they do not."""
    rent, other = (o.price if o.run_cost is None else o.run_cost for o in (option, least))
    alike = option.rank == least.rank and option.weighed >= least.weighed
    if not alike or rent is None or other is None or rent >= other:
        return ""
    upkeep = ", and upkeep" if option.run_cost is None else ""
    components = "" if option.host.cost == least.host.cost else " and a machine for the components"
    return (
        f"Its machines cost less, but not with what is stored{components}, at a usual price where its own is not "
        f"known{upkeep}."
    )


def tokens_rate(option: Option, needs: Needs) -> float | None:
    """Return tokens a second over all copies; None where the model writes none, or its speed is not known."""
    writes = needs.task in LANGUAGE_TASKS or needs.kind is WorkloadKind.TRAINING
    each = option.speed.tokens_per_second if option.speed and writes else None
    return each * option.copies if each else None


def _rate(option: Option) -> float | None:
    """Return what all copies make in a second, in tokens or in the model's own units, for comparing options."""
    speed = option.speed
    each = (speed.tokens_per_second or speed.units_per_second) if speed else None
    return each * option.copies if each else None


def _speed(option: Option, needs: Needs) -> str:
    tokens, speed = tokens_rate(option, needs), option.speed
    if needs.kind is WorkloadKind.SERVING and tokens:
        at_once = needs.in_flight_on(option.copies)
        users = f" for {at_once:,} requests at once" if at_once else ""
        return f"Expected output: about {tokens:,.0f} tokens a second{users}."
    if needs.kind is WorkloadKind.SERVING and speed and speed.units_per_second:
        return f"Expected output: {made(speed.units_per_second * option.copies, speed.unit)} in all."
    if needs.kind is WorkloadKind.SERVING and speed and speed.requests_per_second:
        return f"Expected: {rate(speed.requests_per_second * option.copies)} in all."
    if option.run_hours is not None and option.waits_for_data and speed and speed.run_hours is not None:
        cost = f" and costs {usd(option.run_cost)}, an hour to set up included" if option.run_cost is not None else ""
        return (
            f"One run takes about {hours(option.run_hours)}{cost}. Reading the data takes that long; computing alone "
            f"would take {hours(speed.run_hours)}."
        )
    if option.run_hours is not None:
        return (
            f"One run takes about {hours(option.run_hours)} and costs {usd(option.run_cost)}, "
            "an hour to set up included."
            if option.run_cost is not None
            else f"One run takes about {hours(option.run_hours)}."
        )
    return ""
