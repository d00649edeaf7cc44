"""The pieces that answers about plans are made of."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from services.orchestrator.domain.plan import (
    DeploymentPlan,
    GpuRecommendation,
    InstalledComponent,
    ModelRecommendation,
    StackComponent,
)
from services.orchestrator.domain.planning.kept import said_of
from services.orchestrator.domain.planning.words import gib, hardware, hours, parameters, precision, provider, usd
from services.orchestrator.domain.render.text import md, table

MONTHS: Final = 12


def paragraphs(*parts: str) -> str:
    """Return the parts that are not empty, a blank line between them."""
    return "\n\n".join(part for part in parts if part)


def bullets(title: str, lines: Sequence[str]) -> str:
    """Return a titled list of Markdown lines; empty without lines."""
    return "\n".join([f"**{title}**", "", *(f"- {line}" for line in lines)]) if lines else ""


def headline(plan: DeploymentPlan) -> str:
    """Return the plan in a sentence or two: the machine, the model and the price."""
    if not plan.gpu_recommendations:
        return "No machine in the catalogue comes near what you want."
    lead, cost = plan.gpu_recommendations[0], plan.cost_estimate
    run = f" at {precision(lead.precision)}" if lead.precision and lead.model_id else ""
    runs = f" runs {md(lead.model_id)}{run}" if lead.model_id else ""
    open_lines = "" if cost.complete else " (what is known of it)"
    if lead.run_hours is not None and cost.run_total is not None:
        price = f"one run of about {hours(lead.run_hours)} costs **{usd(cost.run_total)}**, all that the cost table "
        price += f"counts {usd(cost.monthly_total)}{open_lines}"
    else:
        price = f"**{usd(cost.monthly_total)} a month**{open_lines}"
        if lead.price_per_hour is None and not cost.monthly_total:
            price = "what your own machines cost **is not known**"
        elif (rate := cost.exchange_rate) and cost.monthly_total_in_currency is not None:
            price += f", {cost.monthly_total_in_currency:,} {rate.currency}"
    nearest = "Nothing meets every wish; the nearest: " if lead.breaks else ""
    return f"{nearest}**{machine(lead)}**{runs}: {price}."


def machine(option: GpuRecommendation) -> str:
    """Return an option's machines and where they stand, such as "2 x L40S at RunPod (US)"."""
    what = hardware(option.gpu_type, option.gpu_count, option.node_count, option.instance_type)
    spot = " on spot" if option.price_model == "spot" else ""
    place = f" ({option.region})" if option.region else ""
    return md(f"{what} at {provider(option.provider)}{place}{spot}")


def options_table(options: Sequence[GpuRecommendation]) -> str:
    """Return the machines to choose from."""
    if not options:
        return ""
    runs = any(o.run_hours is not None for o in options)
    length = ("One run", "Its cost") if runs else ("Per month",)
    head = ("Option", "Machine", "Region", "Per hour", *length, "Spot per hour")
    rows = [
        (
            md(o.label),
            md(o.instance_type or provider(o.provider)) + (f" ({gib(o.gpu_memory_gib)} a GPU)" if o.gpu_count else ""),
            md(o.region or "any"),
            usd(o.price_per_hour),
            *(_run(o) if runs else (usd(o.price_per_month),)),
            usd(o.spot_price_per_hour) if o.spot_price_per_hour is not None else "–",
        )
        for o in options
    ]
    return "\n".join([f"**Machines.** {md(options[0].why)}", "", table(head, rows, right=tuple(range(3, len(head))))])


def _run(option: GpuRecommendation) -> tuple[str, str]:
    """Return the length and the cost of one run."""
    return ("unknown" if option.run_hours is None else hours(option.run_hours), usd(option.run_cost))


def models_list(models: Sequence[ModelRecommendation]) -> str:
    """Return the planned models with their licences, and the others that fit in one line."""
    planned = [m for m in models if m.chosen or m.purpose != "main"] or list(models[:1])
    lines = [
        f"{md(m.model_id)} ({'planned' if m.purpose == 'main' else 'for ' + md(m.purpose)}): "
        f"{parameters(m.parameters)}, licence {md(m.license or 'not stated')}. {md(m.why)}"
        for m in planned
    ]
    others = [
        f"{md(m.model_id)} ({parameters(m.parameters)}, {md(m.license or 'licence not stated')})"
        for m in models
        if m not in planned
    ]
    return bullets("Models", [*lines, f"Others that fit: {', '.join(others)}."] if others else lines)


def components_list(stack: Sequence[StackComponent]) -> str:
    """Return what is installed beside the workload, each with its first reason."""
    return bullets(
        "Components",
        [
            md(f"{c.role.replace('_', ' ')}: {c.repository}/{c.chart} {c.version}. {_first_sentence(c.why)}")
            for c in stack
        ],
    )


def installed_list(installed: Sequence[InstalledComponent]) -> str:
    """Return what is there already and what it does in the plan."""
    return bullets("What you have", [md(sentence) for sentence in said_of(installed)])


def _first_sentence(text: str) -> str:
    head, stop, _ = text.partition(". ")
    return f"{head}." if stop else text


def cost_table(plan: DeploymentPlan) -> str:
    """Return what the plan costs, line by line."""
    cost = plan.cost_estimate
    if not cost.lines:
        return ""
    rows = []
    for line in cost.lines:
        quantity = "unknown" if line.quantity is None else f"{line.quantity:,f} {line.unit}"
        monthly = usd(line.monthly) if line.monthly is not None else md(line.unknown_reason or "unknown")
        rows.append((md(line.description), quantity, usd(line.unit_price), monthly))
    known = "" if cost.complete else " of what is known"
    rows.append((f"**Total{known}**", "", "", f"**{usd(cost.monthly_total)}**"))
    said = [f"**Cost.** {md(cost.note)}".strip()]
    if cost.run_total is not None:
        said.append(f"One run costs {usd(cost.run_total)}.")
    if cost.spot_monthly_total is not None and plan.gpu_recommendations[0].price_model != "spot":
        period = "in all" if plan.paid_by_run else "a month"
        said.append(f"On spot it would be {usd(cost.spot_monthly_total)} {period}.")
    if (rate := cost.exchange_rate) and cost.monthly_total_in_currency is not None:
        said.append(
            f"That is {cost.monthly_total_in_currency:,} {rate.currency} a month at {rate.usd_per_unit} USD per "
            f"{rate.currency} ({md(rate.source)}, {rate.as_of})."
        )
    costs = table(("Cost", "Quantity", "Unit price", "Per month"), rows, right=(1, 2, 3))
    return "\n".join([" ".join(said), "", costs])


def unmet_list(plan: DeploymentPlan) -> str:
    """Return what cannot be met and, each once, what would help."""
    conflicts, ways = list[str](), dict[str, Decimal | None]()
    for wish in plan.unmet:
        conflicts.append(md(wish.conflict))
        for relaxation in wish.relaxations:
            ways.setdefault(relaxation.description, relaxation.price_per_month)
    period = "in all" if plan.paid_by_run else "a month"
    lines = [
        md(way.rstrip(".") + (f" ({usd(price)} {period})." if price is not None else "."))
        for way, price in ways.items()
    ]
    return paragraphs(bullets("What cannot be met", list(dict.fromkeys(conflicts))), bullets("What would help", lines))


def chosen_model(plan: DeploymentPlan) -> ModelRecommendation | None:
    """Return the model that the plan deploys."""
    return next((m for m in plan.model_recommendations if m.chosen), None)
