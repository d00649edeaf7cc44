"""Answers that show a file of a plan."""

from __future__ import annotations

from typing import Final

from services.orchestrator.domain.answers.plans import FORMATS
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.render import Format, render
from services.orchestrator.domain.render.notes import of_manifests
from services.orchestrator.domain.render.text import md

_SHOWN_CHARS: Final = 24_000
"""Of a file in an answer; a longer one is only named."""
_FENCE: Final = {
    Format.KUBERNETES: "yaml",
    Format.HELMFILE: "yaml",
    Format.SKYPILOT: "yaml",
    Format.MERMAID: "mermaid",
    Format.JSON: "json",
    Format.MARKDOWN: "markdown",
}


def render_answer(plan: DeploymentPlan, form: Format | None) -> str:
    """Return the file that was asked for, or how to get it; which forms there are when none was named."""
    if plan.workload is None:
        return "The plan deploys nothing yet, so there are no files. Choose one of the ways out first."
    fetch = "Fetch it with RenderPlan, which gives every form as a file."
    if form is None or form is Format.BUNDLE:
        return (
            f"The plan {plan.plan_id} can be had as {FORMATS}. The bundle is one .tar.gz with every file and a README "
            f"that lists what you have to fill in. {fetch}"
        )
    rendered = render(plan, form)
    text = rendered.content.decode()
    said = f" {md(' '.join(of_manifests(plan)))}" if form is Format.KUBERNETES and of_manifests(plan) else ""
    if len(text) > _SHOWN_CHARS or "```" in text:
        return f"{rendered.file_name} is too long to show here.{said} {fetch}"
    return f"This is {rendered.file_name} of {plan.plan_id}.{said} {fetch}\n\n```{_FENCE[form]}\n{text.rstrip()}\n```"
