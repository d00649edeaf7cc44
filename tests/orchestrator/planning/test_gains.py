"""An option that is called faster or roomier is: the same machine at a higher price is an alternative at the most."""

from __future__ import annotations

import pytest

from services.orchestrator.domain.answers.parts import cost_table
from services.orchestrator.domain.plan import DeploymentPlan, OptionKind
from services.orchestrator.domain.planning.words import parameters
from tests.orchestrator.planning.builders import GPU_TYPES, catalogue, model, offer, speed
from tests.orchestrator.planning.plans import SMALL, plan_for, render_markdown

SAME = (offer("aws", "L4", 1, "0.80"), offer("gcp", "L4", 1, "1.60"))


def kinds(plan: DeploymentPlan) -> set[OptionKind]:
    return {rec.option for rec in plan.gpu_recommendations}


def test_the_same_gpus_elsewhere_are_no_more_headroom():
    plan = plan_for(catalogue(offers=SAME, offers_elsewhere=SAME), task_type="inference", domain="llm")
    assert OptionKind.MOST_HEADROOM not in kinds(plan)
    more = (*SAME, offer("gcp", "L4", 2, "3.20"))
    plan = plan_for(catalogue(offers=more, offers_elsewhere=more), task_type="inference", domain="llm")
    assert OptionKind.MOST_HEADROOM in kinds(plan)


@pytest.mark.parametrize(("hours", "faster"), [(19.8, False), (10.0, True)])
def test_a_run_that_ends_hardly_sooner_is_not_called_fastest(hours, faster):
    runs = tuple(speed(SMALL, g, n, run_hours=hours if g == "A10G" else 20.0) for g in GPU_TYPES for n in range(1, 65))
    offers = (offer("aws", "L4", 1, "0.80"), offer("gcp", "A10G", 1, "2.00"))
    found = catalogue(models=(model(SMALL),), performance=runs, offers=offers, offers_elsewhere=offers)
    plan = plan_for(found, task_type="fine_tuning", domain="llm", dataset_items=1_000_000)
    assert (OptionKind.MOST_HEADROOM in kinds(plan)) is faster


def test_a_run_on_spot_is_priced_in_all():
    runs = tuple(speed(SMALL, g, n, run_hours=20.0) for g in GPU_TYPES for n in range(1, 65))
    found = catalogue(models=(model(SMALL),), performance=runs)
    plan = plan_for(found, task_type="fine_tuning", domain="llm", dataset_items=50_000, gpu_models=("A10G",))
    told = render_markdown(plan)
    assert "With the machines on spot: $" in told
    assert " in all." in told.partition("With the machines on spot: ")[2].partition("\n")[0]
    assert " in all." in cost_table(plan)


def test_what_takes_an_unknown_time_is_not_called_fastest():
    offers = (offer("aws", "L4", 1, "0.80"), offer("gcp", "A10G", 1, "2.00"), offer("gcp", "H100-80GB-SXM", 1, "3.00"))
    known = tuple(speed(SMALL, "A10G", n, run_hours=10.0) for n in range(1, 65))
    none = catalogue(models=(model(SMALL),), performance=(), offers=offers, offers_elsewhere=offers)
    some = catalogue(models=(model(SMALL),), performance=known, offers=offers, offers_elsewhere=offers)
    for found in (none, some):
        plan = plan_for(found, task_type="fine_tuning", domain="llm", dataset_items=1_000_000)
        fastest = [r for r in plan.gpu_recommendations if r.option is OptionKind.MOST_HEADROOM]
        assert all(rec.run_hours is not None for rec in fastest)


def test_a_figure_of_one_gpu_is_told_as_that_of_one():
    words = "full fine-tuning on two GPUs"
    offers = (offer("aws", "A100-80GB-SXM", 2, "3.00"),)
    wishes = {"task_type": "fine_tuning", "domain": "llm", "dataset_items": 50_000}
    found = catalogue(models=(model(SMALL),), offers=offers, offers_elsewhere=offers)
    told = plan_for(found, words=words, **wishes).gpu_recommendations[0].why
    assert "On one GPU the run would need" in told
    assert "The run needs" in plan_for(found, **wishes).gpu_recommendations[0].why


def test_sizes_are_rounded_into_the_next_unit():
    assert parameters(999_885_952) == "1B"
    assert parameters(999_000_000) == "999M"
