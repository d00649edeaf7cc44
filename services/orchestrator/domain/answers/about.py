"""Answers to questions about a plan: why, how fast, at what price, under which licence, in which form."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from services.orchestrator.domain.answers.parts import (
    MONTHS,
    bullets,
    chosen_model,
    cost_table,
    headline,
    machine,
    paragraphs,
    unmet_list,
)
from services.orchestrator.domain.answers.topics import Topic
from services.orchestrator.domain.plan import DeploymentPlan, GpuRecommendation, WorkloadKind
from services.orchestrator.domain.planning.combine import in_order
from services.orchestrator.domain.planning.revise import changes
from services.orchestrator.domain.planning.words import gib, hours, provider, usd
from services.orchestrator.domain.render.text import md

_UNSTATED: Final = "What it permits, for commercial use too, is not stated in the catalogue; ask its owner."
_FORBIDS: Final = ("non-commercial", "no commercial", "research", "not be used commercially", "personal use only")
_DAYS: Final = Decimal(365)


def explanation(plan: DeploymentPlan, topics: Collection[Topic] = ()) -> str:
    """Return why the plan is as it is, of what was asked about; of everything when nothing was named."""
    if not plan.gpu_recommendations:
        return paragraphs(headline(plan), unmet_list(plan))
    lead, *others = plan.gpu_recommendations
    told = [
        (Topic.GUESSES, bullets("What I assumed, as it was not said", [md(a) for a in plan.assumptions])),
        (Topic.GPU, _gpu(lead)),
        (Topic.FREE, _free(plan)),
        (Topic.FAILURE, _failure(plan)),
        (Topic.SPEED, _speed(lead)),
        (Topic.FIT, _fit(lead)),
        (Topic.PROVIDER, _provider(lead, others)),
        (
            Topic.REGION,
            f"**Region.** {md(lead.region or 'The provider places it where it has room')}: {_cheapest(lead)}",
        ),
        (Topic.MODEL, _model(plan)),
        (Topic.COST, _drivers(plan)),
    ]
    if chosen := [text for topic, text in told if topic in topics and text]:
        return paragraphs(*chosen)
    return paragraphs(
        f"**{md(lead.label)}.** {md(lead.why)}",
        _model(plan),
        bullets("What was weighed", [md(t) for t in plan.tradeoffs]),
        unmet_list(plan),
    )


def _speed(lead: GpuRecommendation) -> str:
    if lead.run_hours is not None:
        return (
            f"**Time.** One run takes about {hours(lead.run_hours)} on {machine(lead)} ({md(lead.performance_basis)})."
        )
    if lead.tokens_per_second is None and lead.performance_basis:
        return f"**Speed.** {md(lead.why)} ({md(lead.performance_basis)})"
    if lead.tokens_per_second is None:
        return (
            "**Speed.** It cannot be estimated for this model from what the catalogues hold; measure it on one machine "
            "before you go live."
        )
    return (
        f"**Speed.** About {lead.tokens_per_second:,.0f} tokens a second in all on {machine(lead)} "
        f"({md(lead.performance_basis)})."
    )


def _failure(plan: DeploymentPlan) -> str:
    run = plan.workload
    if run is None:
        return ""
    if run.kind is not WorkloadKind.SERVING:
        return "**When a machine fails.** What is finished is kept; the run goes on from its last checkpoint elsewhere."
    if run.replicas_min > 1:
        return (
            f"**When a machine fails.** {run.replicas_min} copies run, so the others go on answering until it is back."
        )
    return (
        "**When a machine fails.** One copy runs, so it is an outage until the machine is replaced. Say “high "
        "availability” and I plan two copies on separate machines."
    )


def _fit(lead: GpuRecommendation) -> str:
    if not lead.gpu_count:
        return f"**Memory.** It runs in main memory, without a GPU. {md(lead.why)}"
    fits = lead.memory_required_gib <= lead.gpu_memory_gib * lead.gpus_per_node * lead.node_count
    verdict = "Yes, it fits" if fits and not lead.breaks else "Of what was wished for, the nearest"
    return (
        f"**Memory.** {verdict}: one copy needs {gib(lead.memory_required_gib)} of GPU memory, and {machine(lead)} has "
        f"{gib(lead.gpu_memory_total_gib)}; {lead.headroom:.0%} stays free."
    )


def _gpu(lead: GpuRecommendation) -> str:
    if lead.gpu_count:
        return _fit(lead)
    return (
        f"**A GPU.** The plan does without one: {md(lead.why)} Say “with a GPU” and I plan one, so that you can "
        "compare time and price."
    )


def _provider(lead: GpuRecommendation, others: list[GpuRecommendation]) -> str:
    elsewhere = {o.provider: o for o in reversed(others) if o.provider != lead.provider}
    rest = [f"{machine(o)}: {usd(o.price_per_hour)} an hour" for o in reversed(elsewhere.values())]
    return paragraphs(
        f"**Why {provider(lead.provider)}.** {_cheapest(lead)} {usd(lead.price_per_hour)} an hour.",
        bullets("At other providers", rest),
    )


def _cheapest(lead: GpuRecommendation) -> str:
    return (
        "It comes nearest to your wishes; no offer in the catalogue meets them all."
        if lead.breaks
        else "It has the lowest price of all offers in the catalogue that meet your wishes."
    )


def _model(plan: DeploymentPlan) -> str:
    model = chosen_model(plan)
    return f"**Model: {md(model.model_id)}.** {md(model.why)}" if model else ""


def _drivers(plan: DeploymentPlan) -> str:
    cost = plan.cost_estimate
    known = sorted((x for x in cost.lines if x.monthly), key=lambda x: -(x.monthly or 0))
    if not known or not cost.monthly_total:
        return ""
    first = known[0]
    share = (first.monthly or Decimal(0)) / cost.monthly_total
    said = f"**What it costs and why.** {md(first.description)} makes {share:.0%} of {usd(cost.monthly_total)}."
    lead = plan.gpu_recommendations[0]
    cheaper = [o for o in plan.gpu_recommendations[1:] if (o.price_per_hour or 0) < (lead.price_per_hour or 0)]
    ways = [f"Spot machines: {usd(cost.spot_monthly_total)} a month."] if cost.spot_monthly_total is not None else []
    ways += [f"{machine(o)}: {usd(o.price_per_hour)} an hour. {md(o.why)}" for o in cheaper]
    return paragraphs(said, bullets("What would cost less", ways) or f"{_cheapest(lead)}")


def _free(plan: DeploymentPlan) -> str:
    cost = plan.cost_estimate
    least = usd(cost.run_total) if cost.run_total is not None else f"{usd(cost.monthly_total)} a month"
    return (
        f"Nothing in the catalogue is free. The least is {machine(plan.gpu_recommendations[0])} for {least}. "
        "A GPU of your own or of your school costs no rent: say which one you have, and I plan for it."
    )


def licence_answer(plan: DeploymentPlan, topics: Collection[Topic] = (), *, named: Collection[str] = ()) -> str:
    """Return what the licences permit: of the planned models first, the others only by name. named: model ids."""
    if not plan.model_recommendations:
        return "The plan names no model, so there is no model licence to go by."
    planned = [m for m in plan.model_recommendations if m.model_id in named or m.chosen or m.purpose != "main"]
    planned = planned or list(plan.model_recommendations[:1])
    rest = [
        f"{md(m.model_id)} ({md(m.license or 'not stated')})" for m in plan.model_recommendations if m not in planned
    ]
    return paragraphs(
        *(licence_of(m.model_id, m.license, m.license_note, gated=m.gated) for m in planned),
        f"Licences of the others that fit: {', '.join(rest)}." if rest and Topic.TERMS not in topics else "",
    )


def licence_of(model_id: str, license_id: str, note: str, *, gated: bool) -> str:
    """Return what one licence permits, its answer on commercial use first."""
    if not note or not license_id:
        verdict = "unknown"
    elif any(word in note.lower() for word in _FORBIDS):
        verdict = "no, not without an agreement"
    else:
        verdict = "yes" if "freely" in note else "yes, on conditions"
    gate = (
        " Its weights are gated: accept the owner's terms on the model's page at Hugging Face, then give the "
        "deployment a token of that account."
        if gated
        else " No terms have to be accepted before the download."
    )
    return (
        f"**{md(model_id)}** is under the licence {md(license_id or 'not stated')}. Commercial use: {verdict}. "
        f"{md(note) or _UNSTATED}{gate}"
    )


def price_answer(plan: DeploymentPlan, topics: Collection[Topic] = ()) -> str:
    """Return what the plan costs: the sum that was asked for first, then line by line."""
    return paragraphs(*(_price(each, topics) for each in in_order(plan)))


def _price(plan: DeploymentPlan, topics: Collection[Topic]) -> str:
    cost = plan.cost_estimate
    if not plan.gpu_recommendations or not cost.lines:
        return headline(plan)
    lead, month = plan.gpu_recommendations[0], cost.monthly_total
    known = "" if cost.complete else ", of what is known"
    said = [headline(plan)]
    if Topic.YEAR in topics:
        said.append(f"**{usd(month * MONTHS)} a year**{known}.")
    if Topic.DAY in topics:
        said.append(f"{usd((month * MONTHS / _DAYS).quantize(Decimal('0.01')))} a day{known}.")
    if Topic.HOUR in topics or Topic.ITEM in topics:
        said.append(f"The machines cost {usd(lead.price_per_hour)} an hour.")
    if (
        lead.tokens_per_second
        and lead.price_per_hour
        and not {Topic.TOKENS, Topic.ITEM, Topic.SPEED}.isdisjoint(topics)
    ):
        million = lead.price_per_hour / Decimal(str(lead.tokens_per_second * 3600 / 1e6))
        said.append(f"At full load that is about {usd(million.quantize(Decimal('0.01')))} for a million output tokens.")
    elif Topic.ITEM in topics:
        said.append(_per_item(lead))
    return paragraphs(" ".join(said), cost_table(plan))


def _per_item(lead: GpuRecommendation) -> str:
    if lead.run_cost is not None:
        return f"Divide the {usd(lead.run_cost)} of a run by the number of items in it."
    return (
        "How many items an hour it does is not in the catalogues: time a few on one machine and divide the price of an "
        "hour by that number."
    )


def comparison(plan: DeploymentPlan, before: DeploymentPlan | None, made: Mapping[str, date]) -> str:
    """Return how a plan differs from an earlier one; its own options when there is none before. Which versions these
    are is said, and whether any is older: people ask for yesterday's plan where there was none.

    made: the days on which plans were made, by their ids.
    """
    if before is None:
        options = [
            f"{md(o.label)}: {usd(o.price_per_hour)} an hour, {usd(o.price_per_month)} a month. {md(o.why)}"
            for o in plan.gpu_recommendations
        ]
        lead = (
            f"There is one plan so far, {_dated(plan, made)}, and none older to compare it with; these are its options."
        )
        return paragraphs(lead, bullets("Options", options))
    rows = [md(f"{c.what}: from {c.before} to {c.after}") for c in changes(before, plan)]
    older = (
        "there is no older plan in this conversation."
        if before.version == 1
        else "there are older plans: say “compare with the first plan” for version 1."
    )
    return paragraphs(
        bullets(
            f"Version {plan.version} against version {before.version}", rows or ["Nothing: both plans choose the same."]
        ),
        f"This is {_dated(plan, made)} against {_dated(before, made)}; {older}",
    )


def _dated(plan: DeploymentPlan, made: Mapping[str, date]) -> str:
    day = made.get(plan.plan_id)
    return f"version {plan.version}" + (f" of {day.isoformat()}" if day else "")


def what_if(plan: DeploymentPlan, other: DeploymentPlan, asked: str) -> str:
    """Return how a plan would come out with something else that was only asked about. asked: it, in words."""
    if not other.gpu_recommendations:
        return paragraphs(f"**With {md(asked)}**: no machine.", unmet_list(other))
    lead, now = other.gpu_recommendations[0], plan.gpu_recommendations[:1]
    said = f"**With {md(asked)}**: {headline(other)}"
    if now and lead.price_per_hour is not None and now[0].price_per_hour is not None:
        said += f" {_difference(lead, now[0])}"
    return paragraphs(said, unmet_list(other))


def _difference(lead: GpuRecommendation, now: GpuRecommendation) -> str:
    more = (lead.price_per_hour or Decimal(0)) - (now.price_per_hour or Decimal(0))
    price = f"{usd(abs(more))} an hour {'more' if more > 0 else 'less'} than" if more else "The same price as"
    speed = ""
    if lead.tokens_per_second and now.tokens_per_second:
        speed = f", at {lead.tokens_per_second / now.tokens_per_second:.1f} times the speed"
    elif lead.run_hours and now.run_hours:
        speed = f", at {now.run_hours / lead.run_hours:.1f} times the speed"
    memory = f" It has {gib(lead.gpu_memory_total_gib)} of GPU memory, the planned one {gib(now.gpu_memory_total_gib)}."
    return f"{price} the planned {machine(now)}{speed}.{memory if lead.gpu_count and now.gpu_count else ''}"
