"""The plan as text for people: what cannot be met comes first, then what to rent and what it costs."""

from __future__ import annotations

from collections.abc import Iterable

from libs.money import HOURS_PER_MONTH
from services.orchestrator.domain.plan import (
    CostLine,
    DeploymentPlan,
    GpuRecommendation,
    ModelRecommendation,
    StackComponent,
)
from services.orchestrator.domain.planning.combine import doing, in_order
from services.orchestrator.domain.planning.components import in_order as charts_in_order
from services.orchestrator.domain.planning.kept import said_of
from services.orchestrator.domain.planning.options import charged_hours
from services.orchestrator.domain.planning.words import gib, hours, parameters, precision, provider, usd
from services.orchestrator.domain.render.text import code, md, table


def markdown(plan: DeploymentPlan) -> str:
    """Return the plan as Markdown; what concerns all its workloads comes first."""
    parts = in_order(plan)
    said = [
        f"# Deployment plan, version {plan.version}",
        " ".join(md(p.understanding) for p in parts),
        _section("##", "What changed", _changes(plan)),
        _section("##", "What cannot be met", "\n".join(filter(None, map(_unmet, parts)))),
        _section("##", "Please note", _bullets(dict.fromkeys(w for p in parts for w in p.warnings))),
        _section("##", "In short", _short(plan)),
    ]
    if not plan.parts:
        said += _body(plan, "##")
    for number, part in enumerate(parts if plan.parts else (), 1):
        said += [f"## {number}. {md(_heading(doing(part, among=parts)))}", *_body(part, "###")]
    return "\n\n".join(text for text in said if text) + "\n"


def _heading(text: str) -> str:
    return text[:1].upper() + text[1:]


def _body(plan: DeploymentPlan, level: str) -> list[str]:
    """Return the sections on one workload under headings of a level."""
    return [
        _section(level, "Machines", _machines(plan.gpu_recommendations)),
        _section(level, "Models", _models(plan.model_recommendations)),
        _section(level, "Components", _parts(plan)),
        _section(level, "Cost", _cost(plan)),
        _section(level, "Steps", _steps(plan)),
        _section(level, "What was weighed", _bullets(plan.tradeoffs)),
        _section(level, "What is assumed", _bullets(plan.assumptions)),
        _section(level, "Sources", _sources(plan)),
    ]


def _section(level: str, title: str, body: str) -> str:
    return f"{level} {title}\n\n{body}" if body else ""


def _short(plan: DeploymentPlan) -> str:
    """Return what is planned and what it costs, in a sentence for each workload."""
    if not plan.parts:
        return _summary(plan)
    lines = [f"- {text}" for part in in_order(plan) if (text := _summary(part))]
    return "\n".join([*lines, *([f"- {md(plan.combined_cost.note)}"] if plan.combined_cost else [])])


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {md(item)}" for item in items)


def _changes(plan: DeploymentPlan) -> str:
    return "\n".join(f"- **{md(c.what)}**: {md(c.before)} → {md(c.after)}" for c in plan.changes)


def _unmet(plan: DeploymentPlan) -> str:
    period = "in all" if plan.paid_by_run else "a month"
    lines = []
    told: set[str] = set()
    for wish in plan.unmet:
        lines.append(f"- {md(wish.conflict)}")
        for r in wish.relaxations:
            if r.description not in told:
                told.add(r.description)
                lines.append(
                    f"  - {md(r.description)}"
                    + (f" {usd(r.price_per_month)} {period} with storage." if r.price_per_month is not None else "")
                )
    return "\n".join(lines)


def _summary(plan: DeploymentPlan) -> str:
    if not plan.gpu_recommendations:
        return ""
    lead, cost = plan.gpu_recommendations[0], plan.cost_estimate
    total = usd(cost.monthly_total)
    if cost.exchange_rate and cost.monthly_total_in_currency is not None:
        total += f" ({cost.monthly_total_in_currency:,} {cost.exchange_rate.currency})"
    open_lines = "" if cost.complete else ", plus what is listed as unknown"
    model = f" runs {code(lead.model_id)} at {precision(lead.precision)}" if lead.model_id and lead.precision else ""
    price = f", {usd(lead.run_cost)} of machines" if lead.run_cost is not None else ""
    run = f" One run takes about {hours(lead.run_hours)}{price}." if lead.run_hours is not None else ""
    name = lead.label.split(": ", 1)[-1]
    month = cost.lines[0].quantity == HOURS_PER_MONTH * lead.node_count if cost.lines else True
    period = "a month"
    if not month and lead.run_hours is not None and cost.lines[0].quantity:
        runs = round(cost.lines[0].quantity / (charged_hours(lead.run_hours) * lead.node_count))
        period = "for one run with its storage of a month" if runs == 1 else f"for {runs} runs with a month of storage"
    return f"**{md(name)}**{model}: **{total} {period}**{open_lines}.{run}"


def _machines(options: tuple[GpuRecommendation, ...]) -> str:
    if not options:
        return ""
    runs = any(o.run_hours is not None for o in options)
    rows = [
        [
            md(o.label),
            code(o.instance_type) + (f" in {md(o.region)}" if o.region else ""),
            f"{o.gpu_count} x {md(o.gpu_type)}, {gib(o.gpu_memory_gib)} each, {gib(o.gpu_memory_total_gib)} in all"
            if o.gpu_count
            else "no GPU",
            (f"{o.vcpus:g} vCPU" if o.vcpus is not None else "CPUs not stated")
            + (f", {gib(o.memory_gib)}" if o.memory_gib is not None else ", memory not stated")
            + (f", {o.node_count} machines" if o.node_count > 1 else ""),
            usd(o.price_per_hour),
            *(_run(o) if runs else (usd(o.price_per_month),)),
            usd(o.spot_price_per_hour) if o.spot_price_per_hour is not None else "none known",
        ]
        for o in options
    ]
    length = ["One run", "Its cost"] if runs else ["A month"]
    head = ["Option", "Machine", "GPUs", "Each machine", "An hour", *length, "Spot, an hour"]
    why = [f"- **{md(o.label)}**: {md(o.why)}{_spot(o)}{_equivalents(o)}" for o in options]
    return table(head, rows, right=tuple(range(4, len(head)))) + "\n\n" + "\n".join(why)


def _run(option: GpuRecommendation) -> tuple[str, str]:
    """Return the length and the cost of one run."""
    return ("unknown" if option.run_hours is None else hours(option.run_hours), usd(option.run_cost))


def _spot(option: GpuRecommendation) -> str:
    return f" {md(option.spot_note)}" if option.spot_note else ""


def _equivalents(option: GpuRecommendation) -> str:
    if not option.equivalents:
        return ""
    named = [
        f"{code(e.instance_type)} at {md(provider(e.provider))} ({usd(e.price_per_hour)} an hour"
        f"{' on spot' if e.price_model == 'spot' else ''})"
        for e in option.equivalents
    ]
    return f" The same hardware: {', '.join(named)}."


def _models(models: tuple[ModelRecommendation, ...]) -> str:
    if not models:
        return ""
    rows = [
        [
            code(m.model_id) + (" (planned)" if m.chosen else f" ({md(m.purpose)})" if m.purpose != "main" else ""),
            parameters(m.parameters) if m.parameters else "unknown",
            f"{gib(m.memory_gib)} at {precision(m.precision)}" if m.memory_gib is not None else "unknown",
            md(m.license or "not stated"),
            "unknown" if m.downloads is None else f"{m.downloads:,}",
        ]
        for m in models
    ]
    notes = [
        f"- {code(m.model_id)}: {md(m.why)}" + (f" Licence: {md(m.license_note)}" if m.license_note else "")
        for m in models
    ]
    return (
        table(["Model", "Parameters", "Memory", "Licence", "Downloads a month"], rows, right=(1, 2, 4))
        + "\n\n"
        + "\n".join(notes)
    )


def _parts(plan: DeploymentPlan) -> str:
    """Return what is there already, then what is installed."""
    there = _bullets(said_of(plan.installed))
    return "\n".join(text for text in (there, _components(plan.kubernetes_stack)) if text)


def _kube(chart: StackComponent) -> str:
    return f" for Kubernetes {code(chart.kube_version)}" if chart.kube_version else ""


def _components(stack: tuple[StackComponent, ...]) -> str:
    lines = []
    for c in stack:
        lines.append(
            f"- **{md(c.role.replace('_', ' '))}**: {md(c.name)}, chart "
            f"{code(f'{c.repository}/{c.chart}')} {md(c.version)}{_kube(c)}. {md(c.why)}"
        )
        lines += [
            f"  - With it: {code(f'{x.repository}/{x.chart}')} {md(x.version)}, release {code(x.release)}. {md(x.why)}"
            for x in c.companions
        ]
        if c.connection:
            lines.append(f"  - Connects: {md(c.connection)}")
        if c.alternatives:
            others = "; ".join(
                f"{code(f'{a.repository}/{a.chart}')} {md(a.version)}: {md(a.why)}" for a in c.alternatives
            )
            lines.append(f"  - Instead: {others}")
        lines += [f"  - Note: {md(w)}" for w in c.warnings]
    return "\n".join(lines)


def _cost(plan: DeploymentPlan) -> str:
    cost = plan.cost_estimate
    if not cost.lines:
        return md(cost.note)
    rows = [
        [md(x.description), _quantity(x), usd(x.unit_price) if x.unit_price is not None else "unknown", _monthly(x)]
        for x in cost.lines
    ]
    rows.append(
        [
            "**Total a month**" + ("" if cost.complete else " (of what is known)"),
            "",
            "",
            f"**{usd(cost.monthly_total)}**",
        ]
    )
    after = [md(cost.note)]
    after += [f"Unknown: {md(x.description)}, because {md(x.unknown_reason)}." for x in cost.lines if x.monthly is None]
    if cost.spot_monthly_total is not None and plan.gpu_recommendations[0].price_model != "spot":
        period = "in all" if plan.paid_by_run else "a month"
        after.append(f"With the machines on spot: {usd(cost.spot_monthly_total)} {period}.")
    if cost.run_total is not None:
        after.append(f"One run with an hour to set up, machines only: {usd(cost.run_total)}.")
    rate = cost.exchange_rate
    if rate and cost.monthly_total_in_currency is not None:
        shown = (
            f"{cost.monthly_total_in_currency:,} {rate.currency} a month at "
            f"{rate.usd_per_unit.normalize():f} USD for 1 {rate.currency}"
        )
        after.append(f"In your currency: {shown} ({md(rate.source)}, {rate.as_of.isoformat()}).")
    body = table(["What", "Quantity", "Unit price", "A month"], rows, right=(1, 2, 3))
    return body + "\n\n" + "\n".join(f"- {line}" for line in after if line)


def _quantity(line: CostLine) -> str:
    return (
        "unknown" if line.quantity is None else f"{line.quantity:,} {md(line.unit)}{'s' if line.quantity != 1 else ''}"
    )


def _monthly(line: CostLine) -> str:
    return "unknown" if line.monthly is None else usd(line.monthly)


def _steps(plan: DeploymentPlan) -> str:
    steps = [(s, f" {code(s.command)}" if s.command else "") for s in plan.deployment_steps]
    return "\n".join(f"{s.number}. **{md(s.title)}.** {md(s.detail)}{command}" for s, command in steps)


def _sources(plan: DeploymentPlan) -> str:
    cited = [(o.provenance, f"price of {o.instance_type}") for o in plan.gpu_recommendations]
    cited += [(m.provenance, f"facts of {m.model_id}") for m in plan.model_recommendations]
    cited += [(c.provenance, f"chart {c.chart} {c.version}") for c in charts_in_order(plan.kubernetes_stack)]
    cited += [
        (x.provenance, x.description) for x in plan.cost_estimate.lines[1:] if x.provenance and x.unit_price is not None
    ]
    rows = [
        f"- {md(what)}: {md(p.source)}, as of {p.as_of.date().isoformat()} ({md(p.catalog)} {code(p.record_id)})"
        for p, what in cited
    ]
    return "\n".join(dict.fromkeys(rows))
