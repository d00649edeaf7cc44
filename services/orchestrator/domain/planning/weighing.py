"""What was weighed against what, and what to mind."""

from __future__ import annotations

from services.orchestrator.domain.candidates import Candidates, ModelCandidate, PerformanceEstimate
from services.orchestrator.domain.plan import CostEstimate, OptionKind, StackComponent, Workload, WorkloadKind
from services.orchestrator.domain.planning import prose
from services.orchestrator.domain.planning.choose import Choices
from services.orchestrator.domain.planning.constraints import untold
from services.orchestrator.domain.planning.engines import LANGUAGE_TASKS, engine_of
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import Option
from services.orchestrator.domain.planning.own import is_stated, warning
from services.orchestrator.domain.planning.places import MARKETPLACES, NO_KUBERNETES
from services.orchestrator.domain.planning.prose import against, cheapest, name, spot_note, tokens_rate
from services.orchestrator.domain.planning.tongues import ALL, language_names, place_of
from services.orchestrator.domain.planning.words import (
    count,
    gib,
    hours,
    join,
    machines,
    parameters,
    precision,
    provider,
    rate,
    usd,
)


def tradeoffs(choices: Choices, needs: Needs) -> tuple[str, ...]:
    """Return what was weighed against what, each in one sentence or two."""
    first = choices.picks[0].option if choices.picks else None
    if first is None:
        return ()
    least = cheapest(choices)
    others = [c for c in choices.picks if c.kind in (OptionKind.BEST_VALUE, OptionKind.MOST_HEADROOM)]
    out = [f"{name(c, needs)} instead of cheapest: {against(c.option, least)}" for c in others]
    out += _larger_gpu(least, choices)
    if first.offer.spot_price_per_hour is not None and first.offer.price_model == "on_demand":
        out.append(f"On demand rather than spot: {spot_note(first, needs)}")
    if first.rank[1] > 0 and first.memory:
        out.append(
            f"Weights at {precision(first.memory.precision)} rather than 16 bit: it meets the wishes "
            "where 16 bit does not, at a small loss of quality. Test it on your own cases."
        )
    left = (needs.budget_month or first.paid) - first.paid
    chosen_here = first.model is not None and not first.model.wished_as and not needs.params_wished
    if needs.task in LANGUAGE_TASKS and chosen_here and needs.kind is WorkloadKind.SERVING and left >= first.paid > 0:
        out.append(
            f"A model of {parameters(first.model.parameters if first.model else None)} rather than a larger one: the "
            f"budget leaves {usd(left)} a month, so a larger one may be had too; name a size, such as 30B. Which of "
            "them answers better only your own cases tell."
        )
    if needs.kind is WorkloadKind.SERVING and first.copies == 1:
        out.append(
            "One copy rather than two: half the cost, but a failure or an update interrupts "
            "the service. Ask for high availability to get two."
        )
    if needs.method in ("lora", "qlora"):
        out.append(
            "LoRA rather than full training: far less memory and time; full training can "
            "learn more where the new data is large and unlike the old."
        )
    if first.offer.provider in NO_KUBERNETES:
        out.append(
            f"{provider(first.offer.provider)} rather than a cloud with managed Kubernetes: "
            "cheaper, but its machines are "
            "no nodes of a cluster, so the workload starts with SkyPilot, and what watches, scales or tracks pods is "
            "left out unless you ask for it."
        )
    if not first.gpu_count and needs.gpu:
        out.append(
            "CPUs rather than a GPU: they are fast enough for this model and load and cost less; a GPU answers many "
            "times faster and has room to grow."
        )
    if first.nodes > 1 and needs.kind is WorkloadKind.BATCH:
        out.append(
            "Several machines rather than one: each takes a share of the input and needs no fast network, but all of "
            "them have to read the volume with the data."
        )
    if first.nodes > 1 and needs.kind is WorkloadKind.TRAINING:
        out.append(
            "Several machines rather than one: they need a fast network between them, or the "
            "links become the bottleneck."
        )
    return tuple(out)


def _larger_gpu(cheapest: Option, choices: Choices) -> list[str]:
    """Return why the GPU that computes fastest is not taken, where all wait for the data."""
    known = [(o.speed.run_hours / o.nodes, o) for o in choices.feasible if o.speed and o.speed.run_hours and o.run_cost]
    alone = [(hours_, o) for hours_, o in known if o.gpu_count == 1 and o.waits_for_data]
    if not cheapest.waits_for_data or not alone:
        return []
    computing, fastest = min(alone, key=lambda pair: (pair[0], pair[1].key))
    if fastest.offer.gpu_type == cheapest.offer.gpu_type:
        return []
    return [
        f"A small GPU rather than the fastest: {machines(fastest)} would compute a run in {hours(computing)}, but it "
        f"reads the data no faster, so a run would still take {hours(fastest.run_hours or 0.0)} and cost "
        f"{usd(fastest.run_cost)} rather than {usd(cheapest.run_cost)}. Disks inside the machine or a smaller form of "
        "the data (cropped, resampled once) shorten runs; then a larger GPU pays."
    ]


def warnings(choices: Choices, needs: Needs, candidates: Candidates) -> list[str]:
    """Return what to mind about the choice and the catalogues."""
    out = [*(unanswered(name) for name in candidates.missing), *candidates.notes]
    if not choices.picks:
        return out
    option = choices.picks[0].option
    if is_stated(option.offer):
        out.append(warning(option.offer, needs))
    if option.offer.provider in MARKETPLACES:
        host = provider(option.offer.provider)
        out.append(
            f"{host} rents out machines of private hosts: uptime, network and security differ from host to host."
        )
    if option.model and option.memory is None and needs.gpu:
        out.append(
            f"The memory need of {option.model.model_id} could not be estimated; the machine "
            "is sized by a 16 GB minimum."
        )
    out += of_fit(option, choices, needs)
    out += of_model(option.model)
    out += of_languages(option.model, needs)
    out += of_speed(needs, option.model, option.speed, option.run_hours)
    each = tokens_rate(option, needs)
    if needs.kind is WorkloadKind.SERVING and each and each < needs.flowing_tokens_per_second:
        at_once = needs.in_flight_on(option.copies) or 1
        out.append(
            f"With {at_once} requests in flight each is answered at about "
            f"{each / at_once:.2g} tokens a second, slower than people read; the wishes leave no room "
            "for more."
        )
    return out


def unanswered(catalog: str) -> str:
    """Return what to mind where a catalogue did not answer."""
    return f"The {catalog} catalogue did not answer, so this plan was made without it."


def of_speed(
    needs: Needs, model: ModelCandidate | None, speed: PerformanceEstimate | None, run_hours: float | None
) -> list[str]:
    """Return what cannot be told of a wish on time or load, because no speed is known. speed: of one copy, or of a
    run."""
    out, unknown = [], untold(speed, run_hours, needs)
    if "deadline_hours" in unknown:
        out.append(
            f"Whether a run ends within {needs.deadline_hours:,.0f} hours cannot be told from "
            "what is known. Time a tenth of it first."
        )
    elif needs.kind is not WorkloadKind.SERVING and run_hours is None:
        named = model.model_id if model else "this job"
        out.append(
            f"How long a run takes is not known: there is no published or modelled speed for {named}. Time a "
            "hundredth of it before you commit to a machine."
        )
    if "latency_ms_p95" in unknown:
        out.append(
            f"Whether answers come within {needs.latency_ms:,.0f} ms cannot be estimated for "
            "this model. Measure before going live."
        )
    if "requests_per_second" in unknown:
        most = needs.requests_peak or needs.requests_per_second or 0
        out.append(f"Whether one copy carries {rate(most)} cannot be estimated. Measure before going live.")
    return out


def of_fit(option: Option, choices: Choices, needs: Needs) -> list[str]:
    """Return that an option may turn out too small, where its fit is borderline, and what leaves room.

    vLLM keeps of a cache what there is room for, so that a need which is higher than estimated makes requests wait.
    """
    memory = option.memory
    if memory is None or not memory.borderline or not option.gpu_count:
        return []
    if engine_of(needs.task, needs.kind, gpu=needs.gpu) == "vllm":
        return []
    alike = (o for o in choices.feasible if o.model == option.model and o.rank == option.rank and o.gpu_count)
    roomy = min((o for o in alike if o.memory and not o.memory.borderline), key=lambda o: o.key, default=None)
    tried = "with your largest inputs" if memory.method == "inference" else "for a few steps with your longest samples"
    prices = f", {usd(roomy.price)} an hour rather than {usd(option.price)}" if roomy else ""
    room = f" The cheapest that leaves room for this is {machines(roomy)}{prices}." if roomy else ""
    return [
        f"It may turn out that {memory.model_id} does not fit: it is estimated to need {gib(memory.per_gpu_gib)} of "
        f"the {gib(option.offer.gpu_memory_gib)} of each GPU, give or take {memory.error:.0%}"
        f"{f', and {memory.risk}' if memory.risk else ''}. Run it {tried} before you commit to the machine.{room}"
    ]


def of_model(model: ModelCandidate | None) -> list[str]:
    """Return what to mind of a model: adapters alone, a gate, a licence that may not permit the use."""
    if model is None:
        return []
    out = []
    if model.adapter:
        out.append(
            f"{model.model_id} holds adapters, which run only on top of the model that they were made from: "
            "the files load it by itself, so merge the two first."
        )
    if model.gated:
        out.append(f"{model.model_id} is gated: accept its terms on the Hub and supply a token before deploying.")
    if model.license_class in ("research_only", "unknown"):
        named = model.license or "not stated"
        out.append(f"The licence of {model.model_id} ({named}) may not permit commercial use. Read it first.")
    return out


def of_languages(model: ModelCandidate | None, needs: Needs) -> list[str]:
    """Return that a model may not know the languages that were asked for."""
    if model is None or place_of(model.languages, needs.languages) == ALL:
        return []
    names = join(language_names(needs.languages))
    told = prose.spoken(model, needs.languages).strip().replace("Its record", f"The record of {model.model_id}")
    return [f"{told} Try it with your own texts in {names} before you commit."]


def of_copies(cost: CostEstimate, needs: Needs, option: Option, workload: Workload) -> tuple[str, ...]:
    """Return what to mind of the number of copies: what the budget does not pay for, what the load asks for beyond what
    was named, and that none are added."""
    out = list(_over_budget(cost, needs, workload))
    most, low = needs.copies_max, workload.replicas_min
    if most is not None and low > most:
        out.append(
            f"The load needs {count(low, 'copy')} by what is known of their speed, more than the {most} you named."
        )
    elif most is not None and workload.replicas_max < most and option.offer.provider in NO_KUBERNETES:
        out.append(
            f"Machines of {provider(option.offer.provider)} are no nodes of a cluster, so nothing adds copies up to "
            f"{most}: {low} run."
        )
    return tuple(out)


def of_offline(workload: Workload, stack: tuple[StackComponent, ...]) -> tuple[str, ...]:
    """Return what has to be copied to machines without the internet first."""
    charts = ", the charts of the components with their images" if stack else ""
    weights = f", and the weights of {workload.model_id}" if workload.model_id else ""
    return (
        f"The machines have no internet: copy the image {workload.image}{charts}{weights} to a registry and volumes of "
        "your own first and name these in the files, which fetch them from public places as they are written.",
    )


def _over_budget(cost: CostEstimate, needs: Needs, workload: Workload) -> tuple[str, ...]:
    """Return that the high load or the most copies would cost more than the budget, and how much of it the budget pays
    for."""
    low, most, budget = cost.monthly_total, cost.monthly_total_max, needs.budget_month
    named = needs.requests_peak or needs.copies_max
    if not (named and most and budget) or most <= budget or low > budget:
        return ()
    hours_ = (budget - low) / (most - low) * 24
    at = f"At {rate(needs.requests_peak)}" if needs.requests_peak else f"With {count(workload.replicas_max, 'copy')}"
    return (
        f"{at} around the clock a month costs {usd(most)}, more than the budget of "
        f"{usd(budget)}: it pays for about {hours_:.1f} hours a day at that load. How long it lasts was not said.",
    )
