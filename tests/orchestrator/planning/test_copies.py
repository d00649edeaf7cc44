"""Copies of a server that the words ask for, from the words to the autoscaler and the cost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.orchestrator.domain.planning.copies import NOT_SAID, copies_of
from services.orchestrator.domain.planning.terms import changed_by
from services.orchestrator.domain.render import Format, render
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import catalogue
from tests.orchestrator.planning.plans import plan_for
from tests.orchestrator.render.validate import documents

SERVE = {"task_type": "inference", "domain": "llm"}


@pytest.mark.parametrize(
    ("words", "copies"),
    [
        ("autoscaling from 2 to 6 replicas", (2, 6)),
        ("2-6 replicas", (2, 6)),
        ("between 2 and 10 pods", (2, 10)),
        ("min 1 replica, max 4 replicas", (1, 4)),
        ("minimum 1 replica, maximum 4", (1, 4)),
        ("min 2, max 8 replicas", (2, 8)),
        ("minReplicas: 2\nmaxReplicas: 6", (2, 6)),
        ("three vLLM replicas", (3, 3)),
        ("replicas: 3", (3, 3)),
        ("at least 3 replicas", (3, None)),
        ("up to five replicas", (None, 5)),
        ("scale from 0 to 4 replicas", (0, 4)),
        ("scales automatically from 1 to 5 instances", (1, 5)),
        ("mit 2 bis 6 Replikaten", (2, 6)),
        ("de 2 à 6 répliques", (2, 6)),
        ("de 2 a 6 réplicas", (2, 6)),
        ("3 copies of the model", (3, 3)),
        ("2 replicas\nmake it 3 to 8 replicas", (3, 8)),
        ("2 to 6 replicas\nexactly 4 replicas", (4, 4)),
        ("6 replicas\nat most 3 replicas", (None, 3)),
    ],
)
def test_copies_are_read_from_the_words(words, copies):
    assert copies_of(words) == copies


@pytest.mark.parametrize(
    "words",
    [
        "",
        "PostgreSQL with 3 replicas",
        "a database with 2 read replicas",
        "3 replicas of Qdrant",
        "2 to 6 A100s",
        "2 copies of the data",
        "20 users and 8 GPUs",
        "we currently run 2 replicas",
        "8 to 2 replicas",
    ],
)
def test_other_copies_are_none_of_the_server(words):
    assert copies_of(words) == NOT_SAID


def test_the_autoscaler_follows_the_words():
    plan = plan_for(words="autoscaling from 2 to 6 replicas", **SERVE)
    assert plan.workload is not None
    assert (plan.workload.replicas_min, plan.workload.replicas_max) == (2, 6)
    objects = documents(render(plan, Format.KUBERNETES).content)
    (scaler,) = [o["spec"] for o in objects if o["kind"] == "ScaledObject"]
    assert (scaler["minReplicaCount"], scaler["maxReplicaCount"]) == (2, 6)
    assert "in 2 to 6 copies" in plan.understanding


def test_machines_hold_the_least_and_the_cost_ranges_to_the_most():
    one, few = plan_for(**SERVE), plan_for(words="2 to 6 replicas", **SERVE)
    lead = few.gpu_recommendations[0]
    assert lead.replicas >= 2
    machines = few.cost_estimate.lines[0]
    assert machines.monthly is not None
    assert machines.monthly_max is not None
    assert machines.monthly_max >= 6 * (one.cost_estimate.lines[0].monthly or 0)
    assert machines.monthly_max == pytest.approx(machines.monthly * Decimal(6) / lead.replicas, rel=Decimal("0.34"))


def test_a_stated_number_is_not_scaled():
    plan = plan_for(words="exactly 3 replicas", **SERVE)
    assert plan.workload is not None
    assert (plan.workload.replicas_min, plan.workload.replicas_max) == (3, 3)
    assert "keda" not in {c.name for c in plan.kubernetes_stack}


def test_none_at_all_is_planned_as_one_and_said():
    plan = plan_for(words="scale from 0 to 4 replicas", **SERVE)
    assert plan.workload is not None
    assert (plan.workload.replicas_min, plan.workload.replicas_max) == (1, 4)
    assert any("none could wake it" in said for said in plan.assumptions)


def test_fewer_copies_than_the_load_needs_are_told():
    plan = plan_for(words="at most 2 replicas", concurrency=400, **SERVE)
    assert plan.workload is not None
    assert plan.workload.replicas_min > 2
    assert any("more than the 2" in said for said in plan.warnings)


def test_a_budget_below_the_most_is_told():
    plan = plan_for(words="1 to 8 replicas", budget_usd_month=1500, **SERVE)
    assert any("more than the budget of $1,500.00" in said for said in plan.warnings)


def test_a_plan_with_other_copies_is_refused():
    words, spec = "2 to 6 replicas", WorkloadSpec(**SERVE)
    plan = plan_for(words=words, **SERVE)
    assert plan.workload is not None
    for changed in ({"replicas_min": 1}, {"replicas_max": 4}):
        false = plan.model_copy(update={"workload": plan.workload.model_copy(update=changed)})
        assert verify(false, spec, catalogue(), said=words)


def test_other_copies_in_a_later_message_change_the_plan():
    assert changed_by("serve it\nmake it 2 to 6 replicas", "make it 2 to 6 replicas")
    assert not changed_by("serve it with 2 replicas\nwhy that one?", "why that one?")
