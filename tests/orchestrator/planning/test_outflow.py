"""Traffic that the user's words state is charged in that amount, once, and counts for the budget."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.orchestrator.domain import outflow
from services.orchestrator.domain.plan import CostLine, DeploymentPlan
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.attacks import with_lines
from tests.orchestrator.planning.test_unit_prices import SPEC, machine, records

WORDS = "Answers from our documents; 3 TB a month leave the cloud."


@pytest.mark.parametrize(
    ("words", "gigabytes"),
    [
        ("3 TB a month leave the cloud", 3000),
        ("egress about 500 GB/month", 500),
        ("Data egress, about 500 GB a month, on one L4", 500),
        ("we download 2 TB of results each month", 2000),
        ("monthly egress: 10,000 GB", 10_000),
        ("users download 12 GB per day", 365),
        ("1.5 TB of outbound traffic monthly", 1500),
        ("egress 1 TB a month. No, egress 2 TB a month", 2000),
        ("egress 500 GB", 500),
        ("about 2 TB of outbound traffic", 2000),
        ("2 TB leave the cloud", None),
        ("pro Monat verlassen 5 TB die Cloud", 5000),
        ("5 TB ausgehender Datenverkehr im Monat", 5000),
        ("3 To de trafic sortant par mois", 3000),
        ("12 GB de tráfico de salida al día", 365),
        ("200 GB di traffico in uscita al mese", 200),
        ("200 GB de dados de saída por mês", 200),
        ("300 GB neue Daten pro Monat", None),
        ("we download 2 TB of training data each month", None),
        ("we add 200 GB of data a month, no egress fees", None),
        ("500 GB of data a month, no egress costs and egress of what remains", None),
        ("train on 3 TB of images", None),
        ("egress " + "9" * 400 + " TB a month", None),
    ],
)
def test_what_leaves_is_read_in_gigabytes_a_month(words, gigabytes):
    assert outflow.gb_a_month(words) == gigabytes
    assert outflow.gb_a_month(outflow.without(words)) is None


def test_a_period_that_was_not_said_is_assumed_and_told():
    assert any("500 GB of traffic leave each month" in said for said in planned("egress 500 GB").assumptions)
    assert not any("how often" in said for said in planned("egress 500 GB a month").assumptions)


def planned(words: str, spec: WorkloadSpec = SPEC, **where: str) -> DeploymentPlan:
    found = records(machine(where.get("region", "us-east-1"), where.get("continent", "north-america")))
    plan = build_plan(spec, found, plan_id="p", conversation_id="c", words=words)
    assert verify(plan, spec, found, said=words) == ()
    return plan


def traffic(plan: DeploymentPlan) -> list[CostLine]:
    return [line for line in plan.cost_estimate.lines if line.unit == "GB"]


def test_each_part_of_the_traffic_is_charged_at_its_price():
    free, rest = traffic(planned(WORDS))
    assert (free.quantity, free.monthly) == (100, 0)
    assert (rest.quantity, rest.unit_price, rest.monthly) == (2900, Decimal("0.09"), Decimal("261.00"))
    assert rest.unknown_reason == ""


def test_traffic_that_was_not_stated_stays_unknown():
    lines = traffic(planned("Answers from our documents."))
    assert {(line.quantity, line.monthly) for line in lines} == {(None, None)}


def test_a_batch_has_the_traffic_that_was_stated_and_no_other():
    batch = WorkloadSpec(task_type="batch_inference", domain="llm", dataset_items=1000)
    words = "Summarise 1,000 reports; we download 2 TB of results each month."
    assert sum(line.monthly for line in traffic(planned(words, batch))) == Decimal("171.00")
    assert traffic(planned("Summarise 1,000 reports.", batch)) == []


def test_the_traffic_counts_for_the_budget():
    quiet = planned("Answers from our documents.").cost_estimate.monthly_total
    tight = SPEC.with_fields({"budget_usd_month": float(quiet) + 100})
    assert planned("Answers from our documents.", tight).unmet == ()
    assert [wish.field for wish in planned(WORDS, tight).unmet] == ["budget_usd_month"]


@pytest.mark.parametrize(
    "forged", [{"quantity": Decimal(1), "monthly": Decimal("0.09")}, {"quantity": None, "monthly": None}]
)
def test_another_amount_than_the_stated_one_is_found(forged):
    found, plan = records(machine("us-east-1", "north-america")), planned(WORDS)
    rest = traffic(plan)[1]
    lines = tuple(line if line != rest else line.model_copy(update=forged) for line in plan.cost_estimate.lines)
    for faults in (verify(with_lines(plan, lines), SPEC, found, said=WORDS), verify(plan, SPEC, found)):
        assert any("the bill says" in fault and "Traffic" in fault for fault in faults)
