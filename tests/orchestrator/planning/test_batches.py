"""A batch is shared among as many machines as its deadline asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.orchestrator.domain.planning.batches import batch_speeds, shelves_of
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.render import Format, render
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import catalogue, memory, model, offer, speed
from tests.orchestrator.render.validate import documents

NAME = "org/vectors"
SPEC = WorkloadSpec(
    task_type="batch_inference", domain="embeddings", model_task="feature-extraction", dataset_items=36_000_000
)


def planned(**wishes):
    """One machine with a GPU works through the batch in 100 hours. No machines for components are known, for which
    several machines would have room."""
    spec, machine = SPEC.with_fields(wishes), offer("gcp", "L4", 1, "1.00")
    candidates = catalogue(
        models=(model(NAME, 300_000_000, task="feature-extraction"),),
        memory=(memory(NAME, "L4", 2.0),),
        performance=(speed(NAME, "L4", 1, requests_per_second=100.0),),
        offers=(machine,),
        offers_elsewhere=(machine,),
        hosts=(),
    )
    needs = needs_of(spec)
    timed = replace(candidates, performance=batch_speeds(needs, candidates, shelves_of(needs, candidates.offers)))
    plan = build_plan(spec, timed, plan_id="p", conversation_id="c")
    assert verify(plan, spec, timed) == ()
    return plan


@pytest.mark.parametrize(("deadline", "machines"), [(None, 1), (120, 1), (60, 2), (30, 4), (13, 8)])
def test_machines_are_as_many_as_the_deadline_asks_for(deadline, machines):
    lead = planned(deadline_hours=deadline).gpu_recommendations[0]
    assert (lead.node_count, lead.run_hours, lead.breaks) == (machines, 100 / machines, ())


def test_each_machine_takes_a_share_of_the_input():
    plan = planned(deadline_hours=30)
    (job,) = [d for d in documents(render(plan, Format.KUBERNETES).content) if d["kind"] == "Job"]
    assert (job["spec"]["parallelism"], job["spec"]["completionMode"]) == (4, "Indexed")
    assert any("share of the input" in said for said in plan.tradeoffs)


def test_a_deadline_that_no_number_of_machines_keeps_is_said():
    plan = planned(deadline_hours=1)
    assert plan.gpu_recommendations[0].breaks == ("deadline_hours",)


def test_a_batch_whose_length_is_not_known_is_not_spread():
    machines = offer("gcp", "L4", 1, "1.00"), offer("aws", "L4", 1, "1.00")
    candidates = catalogue(
        models=(model(NAME, 300_000_000, task="feature-extraction"),),
        memory=(memory(NAME, "L4", 2.0),),
        performance=(),
        offers=machines,
        offers_elsewhere=machines,
    )
    plan = build_plan(SPEC, candidates, plan_id="p", conversation_id="c")
    assert {rec.node_count for rec in plan.gpu_recommendations} == {1}


@pytest.mark.parametrize("best", ["org/folds", "org/embeds"])
def test_the_best_model_is_not_left_for_one_whose_speed_is_known(best):
    machine = offer("gcp", "L4", 1, "1.00")
    names = sorted(("org/embeds", "org/folds"), key=lambda name: name != best)
    candidates = catalogue(
        models=tuple(model(name, 300_000_000, task="other") for name in names),
        memory=tuple(memory(name, "L4", 2.0) for name in names),
        performance=(speed("org/embeds", "L4", 1, run_hours=2.0),),
        offers=(machine,),
        offers_elsewhere=(machine,),
    )
    spec = WorkloadSpec(task_type="batch_inference", domain="biology", dataset_items=10_000)
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert plan.model_recommendations[0].model_id == best
    assert plan.gpu_recommendations[0].run_hours == (2.0 if best == "org/embeds" else None)
    assert any("not known" in said for said in plan.warnings) == (best == "org/folds")
