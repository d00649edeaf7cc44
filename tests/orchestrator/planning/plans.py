"""Plans for wishes over the made-up catalogue, verified."""

from __future__ import annotations

from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.render import Format, render
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import catalogue

SMALL = "meta-llama/Llama-3.1-8B-Instruct"


def render_markdown(plan: DeploymentPlan) -> str:
    return render(plan, Format.MARKDOWN).content.decode()


def plan_for(candidates=None, *, previous=None, words="", **wishes) -> DeploymentPlan:
    spec = WorkloadSpec(**wishes)
    found = candidates or catalogue()
    plan = build_plan(spec, found, plan_id="p", conversation_id="c", previous=previous, words=words)
    assert verify(plan, spec, found, said=words) == ()
    return plan
