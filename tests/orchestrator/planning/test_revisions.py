"""What a revision says of the plan before."""

from __future__ import annotations

from decimal import Decimal

from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.revise import changes
from services.orchestrator.domain.revision import limits
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import Revision, RevisionKind
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import catalogue
from tests.orchestrator.planning.plans import plan_for


def test_a_revision_says_what_changed_and_by_how_much():
    first = plan_for(task_type="inference", domain="llm")
    second = plan_for(task_type="inference", domain="llm", providers=("aws",), previous=first)
    assert second.version == 2
    changed = {c.what: (c.before, c.after) for c in second.changes}
    assert "more" in changed["monthly cost"][1]
    assert changed["machines"][0].endswith("Google Cloud")
    assert changed["machines"][1].endswith("AWS")
    same = plan_for(task_type="inference", domain="llm", providers=("aws",), previous=second)
    assert same.changes == ()


def test_cheaper_is_told_as_cheaper_and_not_as_a_budget_that_nobody_named():
    wishes = {"task_type": "inference", "domain": "llm"}
    before = plan_for(**wishes)
    spec = limits(WorkloadSpec(**wishes), Revision(kind=RevisionKind.CHEAPER), before)
    plan = build_plan(spec, catalogue(), plan_id="p", conversation_id="c", previous=before)
    assert verify(plan, spec, catalogue()) == ()
    told = f"cheaper than the plan before (${before.cost_estimate.monthly_total:,.2f} a month)"
    assert f"You asked for {told}." in plan.understanding
    assert "at most" not in plan.understanding
    assert all("The budget is" not in wish.conflict for wish in plan.unmet)


def test_a_budget_that_was_named_stays_named_when_it_is_below_the_plan_before():
    wishes = {"task_type": "inference", "domain": "llm"}
    spec = WorkloadSpec(**wishes, budget_usd_month=100)
    plan = build_plan(
        limits(spec, Revision(kind=RevisionKind.CHEAPER), plan_for(**wishes)),
        catalogue(),
        plan_id="p",
        conversation_id="c",
    )
    assert "You asked for at most $100.00 a month." in plan.understanding


def test_machines_of_ones_own_are_not_told_to_cost_nothing():
    wishes = {"task_type": "inference", "domain": "llm"}
    rented = plan_for(**wishes)
    lines = (rented.cost_estimate.lines[0].model_copy(update={"monthly": None, "unit_price": None}),)
    cost = rented.cost_estimate.model_copy(update={"lines": lines, "monthly_total": Decimal("0.00")})
    lead = rented.gpu_recommendations[0].model_copy(update={"provider": "local", "region": ""})
    owned = rented.model_copy(update={"cost_estimate": cost, "gpu_recommendations": (lead,)})
    changed = {c.what: c.after for c in changes(rented, owned)}
    assert changed["monthly cost"].endswith("what your own machines cost, which is not known")
    assert changed["region"] == "your own site"
