"""What a plan costs, line by line."""

from __future__ import annotations

from decimal import Decimal

from tests.orchestrator.planning.builders import catalogue, memory, model, offer, speed
from tests.orchestrator.planning.plans import plan_for, render_markdown


def test_lines_add_up_and_unknown_is_not_zero():
    cost = plan_for(task_type="inference", domain="llm").cost_estimate
    assert cost.monthly_total == sum(x.monthly for x in cost.lines if x.monthly is not None)
    unknown = [x for x in cost.lines if x.monthly is None]
    assert {x.description for x in unknown} == {
        "Block storage: volumes that the components make",
        "Traffic to the internet",
        "Load balancer for the endpoint",
        "Control plane of the managed Kubernetes cluster",
    }
    assert all(x.unknown_reason for x in unknown)
    assert not cost.complete


def test_a_budget_in_another_currency_shows_the_rate_and_the_total_in_it():
    plan = plan_for(
        task_type="inference", domain="llm", budget_currency="EUR", budget_amount=900, budget_period="month"
    )
    cost = plan.cost_estimate
    assert cost.exchange_rate is not None
    assert cost.monthly_total_in_currency is not None
    assert cost.monthly_total_in_currency < cost.monthly_total
    assert cost.monthly_total_in_currency <= 900


def test_a_run_of_known_length_is_paid_by_the_hour_when_it_is_made_once():
    found = catalogue(
        models=(model("org/language"),),
        memory=(memory("org/language", "L4", 18.0),),
        performance=(speed("org/language", "L4", 1, run_hours=9.0),),
    )
    wishes = {"task_type": "fine_tuning", "model_task": "text-generation", "dataset_items": 10000}
    for once in (plan_for(found, **wishes), plan_for(found, **wishes, budget_usd_month=3000)):
        assert once.cost_estimate.lines[0].quantity == 10
        assert once.cost_estimate.run_total == Decimal("7.07")


def test_training_from_the_ground_up_is_paid_for_five_runs_where_it_is_not_to_be_done_but_once():
    found = catalogue(
        models=(model("org/vision"),),
        memory=(memory("org/vision", "L4", 18.0),),
        performance=(speed("org/vision", "L4", 1, run_hours=9.0),),
    )
    wishes = {"task_type": "training", "model_task": "image-classification", "dataset_items": 10000}
    several, once = plan_for(found, **wishes), plan_for(found, **wishes, budget_usd_total=100)
    assert several.cost_estimate.lines[0].quantity == 50
    assert "5 runs" in several.cost_estimate.note
    assert once.cost_estimate.lines[0].quantity == 10


def test_own_machines_without_a_stated_price_are_planned_with_and_their_cost_is_unknown_not_zero():
    local = offer("local", "A100-80GB-SXM", 4, None, price_model="owned", region="", country="")
    found = catalogue(offers=(local, *catalogue().offers))
    plan = plan_for(found, task_type="inference", domain="llm", prefers_local_cluster=True)
    lead, machines = plan.gpu_recommendations[0], plan.cost_estimate.lines[0]
    assert lead.provider == "local"
    assert (lead.price_per_hour, lead.price_per_month, lead.run_cost) == (None, None, None)
    assert (machines.unit_price, machines.monthly) == (None, None)
    assert "not stated" in machines.unknown_reason
    assert not plan.cost_estimate.complete
    assert "what an hour of your own machines costs was not stated" in render_markdown(plan)


def test_usage_that_is_not_known_has_a_range_and_copies_under_load_a_price():
    found = catalogue(
        models=(model("org/language"),),
        memory=(memory("org/language", "L4", 18.0),),
        performance=(speed("org/language", "L4", 1, 200.0),),
    )
    cost = plan_for(found, task_type="inference", domain="llm").cost_estimate
    traffic = next(line for line in cost.lines if "Traffic" in line.description)
    assert (traffic.quantity, traffic.monthly) == (None, None)
    # 200 tokens of 250 bytes a second, 730 hours a month.
    assert traffic.quantity_max == 132
    machines = cost.lines[0]
    assert machines.quantity_max == 2 * (machines.quantity or 0)
    tops = [line.monthly if line.monthly_max is None else line.monthly_max for line in cost.lines]
    assert cost.monthly_total_max == sum(top for top in tops if top is not None)
    assert cost.monthly_total_max > cost.monthly_total
    assert not cost.complete


def test_what_a_run_costs_has_no_range():
    found = catalogue(
        models=(model("org/language"),),
        memory=(memory("org/language", "L4", 18.0),),
        performance=(speed("org/language", "L4", 1, run_hours=9.0),),
    )
    cost = plan_for(found, task_type="fine_tuning", model_task="text-generation", dataset_items=10000).cost_estimate
    assert cost.monthly_total_max is None
