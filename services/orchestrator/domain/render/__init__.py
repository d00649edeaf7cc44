"""A plan as files: text for people, JSON, manifests, a helmfile, a SkyPilot task, a diagram, and all of them in one
archive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from libs.errors import FailedPreconditionError
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.render.bundle import bundle
from services.orchestrator.domain.render.helmfile import helmfile
from services.orchestrator.domain.render.json import to_json
from services.orchestrator.domain.render.kubernetes import manifests
from services.orchestrator.domain.render.markdown import markdown
from services.orchestrator.domain.render.mermaid import mermaid
from services.orchestrator.domain.render.skypilot import skypilot

__all__ = ["Format", "NothingToDeployError", "Rendered", "render"]


class Format(StrEnum):
    """What a plan can be rendered as."""

    MARKDOWN = "markdown"
    JSON = "json"
    KUBERNETES = "kubernetes"
    HELMFILE = "helmfile"
    MERMAID = "mermaid"
    SKYPILOT = "skypilot"
    BUNDLE = "bundle"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered plan."""

    content: bytes
    """UTF-8 text, or an archive."""
    media_type: str
    file_name: str


class NothingToDeployError(FailedPreconditionError):
    """The plan found no machine, so there is nothing to write manifests for."""

    reason = "PLAN_DEPLOYS_NOTHING"


_FORMS: Final[dict[Format, tuple[Callable[[DeploymentPlan], str], str, str]]] = {
    Format.MARKDOWN: (markdown, "text/markdown", "plan.md"),
    Format.JSON: (to_json, "application/json", "plan.json"),
    Format.KUBERNETES: (manifests, "application/yaml", "kubernetes.yaml"),
    Format.HELMFILE: (helmfile, "application/yaml", "helmfile.yaml"),
    Format.MERMAID: (mermaid, "text/vnd.mermaid", "architecture.mmd"),
    Format.SKYPILOT: (skypilot, "application/yaml", "skypilot.yaml"),
}
_NEED_NO_WORKLOAD: Final = frozenset({Format.MARKDOWN, Format.JSON, Format.MERMAID})


def render(plan: DeploymentPlan, form: Format) -> Rendered:
    """Return a plan in a form. Raises NothingToDeployError where the form needs a workload and the plan has none."""
    if plan.workload is None and form not in _NEED_NO_WORKLOAD:
        raise NothingToDeployError(
            f"the plan deploys nothing, so it cannot be rendered as {form}", plan_id=plan.plan_id
        )
    if form is Format.BUNDLE:
        return Rendered(bundle(plan), "application/gzip", f"plan-{plan.version}.tar.gz")
    write, media_type, file_name = _FORMS[form]
    return Rendered(write(plan).encode(), media_type, file_name)
