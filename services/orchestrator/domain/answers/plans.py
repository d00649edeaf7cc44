"""What is said when a plan is made or revised. The plan itself comes beside it, so a revision tells what is new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.orchestrator.domain.answers.parts import (
    bullets,
    components_list,
    cost_table,
    headline,
    installed_list,
    models_list,
    options_table,
    paragraphs,
    unmet_list,
)
from services.orchestrator.domain.plan import Change, DeploymentPlan
from services.orchestrator.domain.planning.combine import in_order, part_before
from services.orchestrator.domain.planning.servers import server_name
from services.orchestrator.domain.question import Question
from services.orchestrator.domain.render.text import md

FORMATS: Final = (
    "Markdown, JSON, Kubernetes manifests, a helmfile, a Mermaid diagram, a SkyPilot task, or all in one bundle"
)
_NEXT: Final = f"Ask “why?”, say what to change, or ask for it as {FORMATS}."


def plan_answer(plan: DeploymentPlan, *, before: DeploymentPlan | None = None, chosen_for: bool = False) -> str:
    """Return the answer that comes with a plan: the plan in a sentence, what cannot be met, then machines, model,
    stack, cost. before: the plan that the user has read; then only what is new is told. chosen_for: the
    user left the rest to us, so what is assumed is named in any case."""
    workloads = in_order(plan)
    together = f"**Together.** {md(plan.combined_cost.note)}" if plan.combined_cost else ""
    if before is None:
        return paragraphs(together, *(_whole(each) for each in workloads), _NEXT if plan.workload else "")
    if not plan.changes:
        kept = " ".join(headline(each) for each in workloads)
        news = [_news(each, None if chosen_for else _counterpart(before, each)) for each in workloads]
        said = [md(each.understanding) for each in workloads]
        return paragraphs(f"**Nothing changes.** {kept}", *said, together, *news)
    return paragraphs(
        bullets("What changed", [_change(c) for c in plan.changes]),
        together,
        *(_revised(each, _counterpart(before, each)) for each in workloads),
    )


def sharpen(questions: Sequence[Question]) -> str:
    """Return the questions whose answers would change a plan that was made with assumptions."""
    lines = [f"{n}. {q.text} ({' / '.join(q.suggestions)})" for n, q in enumerate(questions, 1)]
    return "\n".join(["**To sharpen this plan, tell me**", "", *lines])


def _whole(plan: DeploymentPlan) -> str:
    """Return all that is planned for one workload."""
    return paragraphs(
        md(plan.understanding),
        unmet_list(plan),
        headline(plan),
        options_table(plan.gpu_recommendations),
        models_list(plan.model_recommendations),
        _engine(plan),
        installed_list(plan.installed),
        components_list(plan.kubernetes_stack),
        cost_table(plan),
        _assumed(plan),
        _mind(plan),
    )


def _revised(plan: DeploymentPlan, before: DeploymentPlan | None) -> str:
    """Return what is planned for one workload now, less what stands as it was."""
    if before is None:
        return _whole(plan)
    models = [m.model_id for m in plan.model_recommendations]
    stack = {c.name for c in plan.kubernetes_stack} - {c.name for c in before.kubernetes_stack}
    return paragraphs(
        md(plan.understanding),
        unmet_list(plan),
        headline(plan),
        options_table(plan.gpu_recommendations),
        models_list(plan.model_recommendations) if models != [m.model_id for m in before.model_recommendations] else "",
        installed_list(plan.installed) if plan.installed != before.installed else "",
        components_list([c for c in plan.kubernetes_stack if c.name in stack]),
        cost_table(plan),
        _fresh("What I assume now", plan.assumptions, before.assumptions),
        _fresh("Mind as well", plan.warnings, before.warnings),
    )


def _news(plan: DeploymentPlan, before: DeploymentPlan | None) -> str:
    """Return what a plan that chooses as before still has to tell."""
    if before is None:
        return paragraphs(unmet_list(plan), _assumed(plan), _mind(plan))
    return paragraphs(
        unmet_list(plan) if plan.unmet != before.unmet else "",
        _fresh("What I assume now", plan.assumptions, before.assumptions),
        _fresh("Mind as well", plan.warnings, before.warnings),
    )


def _assumed(plan: DeploymentPlan) -> str:
    return bullets("What I assumed", [md(a) for a in plan.assumptions])


def _mind(plan: DeploymentPlan) -> str:
    return bullets("Mind", [md(w) for w in plan.warnings])


def _fresh(title: str, now: Sequence[str], before: Sequence[str]) -> str:
    return bullets(title, [md(line) for line in now if line not in before])


def _counterpart(before: DeploymentPlan, plan: DeploymentPlan) -> DeploymentPlan | None:
    """Return what the plan before had for the same kind of workload."""
    if plan.workload is None:
        return before
    kind, task = plan.workload.kind, plan.workload.model_task
    return part_before(before, kind, task) or (None if before.parts else part_before(before, kind))


def _engine(plan: DeploymentPlan) -> str:
    run = plan.workload
    return f"**How it runs.** {md(server_name(run.engine))} in the image {md(run.image)}." if run else ""


def _change(change: Change) -> str:
    return md(f"{change.what}: from {change.before} to {change.after}")
