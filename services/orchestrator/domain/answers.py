"""What the architect says about a plan, as Markdown for the conversation. The plan itself comes beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.orchestrator.domain.plan import (
    Change,
    DeploymentPlan,
    GpuRecommendation,
    ModelRecommendation,
    UnmetWish,
)
from services.orchestrator.domain.planning.combine import in_order
from services.orchestrator.domain.planning.words import gib, hardware, parameters, provider, usd
from services.orchestrator.domain.question import Question
from services.orchestrator.domain.render.text import md, table

_FORMATS: Final = (
    "Markdown, JSON, Kubernetes manifests, a helmfile, a Mermaid diagram, a SkyPilot task, or all in one bundle"
)


_UNCHANGED: Final = "**Nothing changes.** The plan before is still the best for what you want."
_UNSTATED: Final = "What it permits, for commercial use too, is not stated in the catalogue; ask its owner."


def plan_answer(plan: DeploymentPlan) -> str:
    """Return the answer that comes with a plan: what cannot be met first, then machines, model, stack, cost; of a plan
    in parts each part so, and the costs of all first."""
    return "\n\n".join(
        part
        for part in (
            _bullets("What changed", [_change(c) for c in plan.changes]),
            _UNCHANGED if plan.version > 1 and not plan.changes else "",
            f"**Together.** {md(plan.combined_cost.note)}" if plan.combined_cost else "",
            *(_workload(each) for each in in_order(plan)),
            f"Ask “why?”, say what to change, or have it rendered as {_FORMATS}." if plan.workload else "",
        )
        if part
    )


def _workload(plan: DeploymentPlan) -> str:
    """Return what is planned for one workload."""
    parts = [
        md(plan.understanding),
        _bullets("What cannot be met", [_unmet(wish) for wish in plan.unmet]),
        _options(plan.gpu_recommendations),
        _models(plan.model_recommendations),
        _stack(plan),
        _cost(plan),
        _bullets("What I assumed", [md(a) for a in plan.assumptions]),
        _bullets("Mind", [md(w) for w in plan.warnings]),
    ]
    return "\n\n".join(part for part in parts if part)


def sharpen(questions: Sequence[Question]) -> str:
    """Return the questions whose answers would change a plan that was made with assumptions."""
    lines = [f"{n}. {q.text} ({' / '.join(q.suggestions)})" for n, q in enumerate(questions, 1)]
    return "\n".join(["**To sharpen this plan, tell me**", "", *lines])


def explanation(plan: DeploymentPlan) -> str:
    """Return why the plan is as it is."""
    lead, *others = plan.gpu_recommendations or (None,)
    if lead is None:
        return "\n\n".join(["No machine meets every wish.", *(_unmet(wish) for wish in plan.unmet)])
    model = _chosen(plan)
    parts = [
        f"**{md(lead.label)}.** {md(lead.why)}",
        f"One copy needs {gib(lead.memory_required_gib)} of GPU memory; the machine has "
        f"{gib(lead.gpu_memory_total_gib)} over {lead.gpu_count} x {lead.gpu_type}, so {lead.headroom:.0%} stays free."
        if lead.gpu_count
        else f"The workload runs without GPUs on {hardware('', 0, lead.node_count, lead.instance_type)}.",
        f"**Model: {md(model.model_id)}.** {md(model.why)}" if model else "",
        _bullets("The other options", [md(f"{o.label}: {o.why}") for o in others if o]),
        _bullets("What was weighed", [md(t) for t in plan.tradeoffs]),
    ]
    return "\n\n".join(part for part in parts if part)


def licence_answer(plan: DeploymentPlan) -> str:
    """Return what the licences of the plan's models permit."""
    if not plan.model_recommendations:
        return "The plan names no model, so there is no model licence to go by."
    lines = [
        f"**{md(m.model_id)}**{' (planned)' if m.chosen else ''}: licence {md(m.license or 'not stated')}. "
        f"{md(m.license_note) or _UNSTATED}"
        f"{' Access has to be granted by its owner first.' if m.gated else ''}"
        for m in plan.model_recommendations
    ]
    return _bullets("What the licences permit", lines)


def price_answer(plan: DeploymentPlan) -> str:
    """Return what the plan costs, line by line."""
    return "\n\n".join(part for part in (_cost(plan), _options(plan.gpu_recommendations)) if part)


def comparison(plan: DeploymentPlan, before: DeploymentPlan | None) -> str:
    """Return how the newest plan differs from the one before; its own options when there is none before."""
    if before is None:
        return "\n\n".join(["There is one plan so far; these are its options.", _options(plan.gpu_recommendations)])
    rows = [_change(c) for c in plan.changes] or ["Nothing: both plans choose the same."]
    return _bullets(f"Version {plan.version} against version {before.version}", rows)


def render_answer(plan: DeploymentPlan) -> str:
    """Return how to get the plan's files."""
    if plan.workload is None:
        return "The plan deploys nothing yet, so there are no files. Choose one of its relaxations first."
    return (
        f"The plan {plan.plan_id} can be rendered as {_FORMATS}. The bundle holds every file with a README that lists "
        "what you have to fill in. Your client fetches it with RenderPlan."
    )


def _options(options: Sequence[GpuRecommendation]) -> str:
    if not options:
        return ""
    head = ("Option", "Machine", "Region", "Per hour", "Per month", "Spot per hour")
    rows = [
        (
            md(o.label),
            md(o.instance_type or provider(o.provider)) + (f" ({gib(o.gpu_memory_gib)} a GPU)" if o.gpu_count else ""),
            md(o.region or "any"),
            usd(o.price_per_hour),
            usd(o.price_per_month),
            usd(o.spot_price_per_hour) if o.spot_price_per_hour is not None else "–",
        )
        for o in options
    ]
    return "\n".join([f"**Machines.** {md(options[0].why)}", "", table(head, rows, right=(3, 4, 5))])


def _models(models: Sequence[ModelRecommendation]) -> str:
    lines = []
    for m in models:
        memory = f", {gib(m.memory_gib)} at {m.precision}" if m.memory_gib else ""
        said = f"{parameters(m.parameters)}, licence {m.license or 'not stated'}{memory}. {m.why}"
        lines.append(f"{md(m.model_id)}{' (planned)' if m.chosen else ''}: {md(said)}")
    return _bullets("Models", lines)


def _stack(plan: DeploymentPlan) -> str:
    lines = [
        md(f"{c.role.replace('_', ' ')}: {c.repository}/{c.chart} {c.version}. {c.why}") for c in plan.kubernetes_stack
    ]
    run = plan.workload
    served = f"**How it runs.** {md(run.engine)} in the image {md(run.image)}." if run else ""
    return "\n\n".join(part for part in (served, _bullets("Components", lines)) if part)


def _cost(plan: DeploymentPlan) -> str:
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
    if cost.spot_monthly_total is not None:
        said.append(f"On spot it would be {usd(cost.spot_monthly_total)} a month.")
    if (rate := cost.exchange_rate) and cost.monthly_total_in_currency is not None:
        said.append(
            f"That is {cost.monthly_total_in_currency:,} {rate.currency} a month at {rate.usd_per_unit} USD per "
            f"{rate.currency} ({md(rate.source)}, {rate.as_of})."
        )
    costs = table(("Cost", "Quantity", "Unit price", "Per month"), rows, right=(1, 2, 3))
    return "\n".join([" ".join(said), "", costs])


def _unmet(wish: UnmetWish) -> str:
    ways = [
        r.description + (f" ({usd(r.price_per_month)} a month)" if r.price_per_month is not None else "")
        for r in wish.relaxations
    ]
    helps = " ".join(f"{n}) {way}" for n, way in enumerate(ways, 1))
    return md(f"{wish.conflict} What would help: {helps}" if ways else wish.conflict)


def _change(change: Change) -> str:
    return md(f"{change.what}: from {change.before} to {change.after}")


def _chosen(plan: DeploymentPlan) -> ModelRecommendation | None:
    return next((m for m in plan.model_recommendations if m.chosen), None)


def _bullets(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"**{title}**", "", *(f"- {line}" for line in lines)]) if lines else ""
