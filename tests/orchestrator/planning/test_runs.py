"""A run takes as long as reading its data, however fast it computes."""

from __future__ import annotations

import pytest

from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.runs import reading_hours, run_size
from services.orchestrator.domain.render import Format, render
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import catalogue, memory, model, offer, speed

SPEC = WorkloadSpec(
    task_type="training", domain="computer_vision", model_task="image-segmentation", dataset_size_gb=2000
)
WORDS = "outline tumours in CT volumes"
NAME = "org/outliner"


def scans(*offers, **hours):
    """A catalogue of one small model for scans; hours: what a run computes on one GPU of a type, L4 for L4."""
    types = {"L4": "L4", "A100": "A100-80GB-SXM", "H100": "H100-80GB-SXM"}
    return catalogue(
        models=(model(NAME, 60_000_000, task="image-segmentation"),),
        memory=tuple(memory(NAME, types[name], 10.0) for name in hours),
        performance=tuple(speed(NAME, types[name], 1, run_hours=length) for name, length in hours.items()),
        offers=offers,
        offers_elsewhere=offers,
    )


def test_every_pass_reads_the_data_unless_main_memory_keeps_it():
    assert reading_hours(1800, 10, memory_gib=64, machines=1) == 10.0
    assert reading_hours(1800, 10, memory_gib=None, machines=1) == 10.0
    assert reading_hours(1800, 10, memory_gib=64, machines=5) == 2.0
    assert reading_hours(1800, 10, memory_gib=4096, machines=1) == 1.0
    assert reading_hours(0, 30, memory_gib=None, machines=1) == 0.0


def test_where_all_wait_for_the_data_the_fastest_gpu_is_not_rented_and_the_plan_says_why():
    small, large = offer("lambda", "A100-80GB-SXM", 1, "1.00"), offer("aws", "H100-80GB-SXM", 1, "4.00")
    candidates = scans(small, large, A100=12.0, H100=2.0)
    plan = build_plan(SPEC, candidates, plan_id="p", conversation_id="c", words=WORDS)
    lead = plan.gpu_recommendations[0]
    # 2,000 GB twenty times at 500 MB/s; the H100 alone would cost 3 x $4 a run if reading took no time.
    assert (lead.gpu_type, lead.run_hours) == ("A100-80GB-SXM", 22.22)
    assert any("H100-80GB-SXM" in said and "reads the data no faster" in said for said in plan.tradeoffs)
    assert any("500 MB/s" in said for said in plan.assumptions)
    assert "computing alone would take 12.0 hours" in lead.why
    assert verify(plan, SPEC, candidates, said=WORDS) == ()


def test_a_run_that_computes_longer_than_it_reads_is_not_said_to_wait():
    candidates = scans(offer("lambda", "A100-80GB-SXM", 1, "1.00"), A100=90.0)
    plan = build_plan(SPEC, candidates, plan_id="p", conversation_id="c", words=WORDS)
    assert plan.gpu_recommendations[0].run_hours == 90.0
    assert not any("MB/s" in said for said in plan.assumptions)


@pytest.mark.parametrize("hours", [12.0, 2.0, 22.21])
def test_a_length_without_the_reading_is_refused(hours):
    candidates = scans(offer("lambda", "A100-80GB-SXM", 1, "1.00"), A100=12.0)
    plan = build_plan(SPEC, candidates, plan_id="p", conversation_id="c", words=WORDS)
    lead = plan.gpu_recommendations[0].model_copy(update={"run_hours": hours})
    forged = plan.model_copy(update={"gpu_recommendations": (lead,)})
    assert any("hours" in fault for fault in verify(forged, SPEC, candidates, said=WORDS))


def test_a_deadline_counts_the_reading():
    candidates = scans(offer("lambda", "A100-80GB-SXM", 1, "1.00"), A100=2.0)
    late = SPEC.with_fields({"deadline_hours": 20})
    plan = build_plan(late, candidates, plan_id="p", conversation_id="c", words=WORDS)
    assert plan.gpu_recommendations[0].breaks == ("deadline_hours",)


def test_a_dearer_machine_that_keeps_the_data_in_memory_is_taken_where_its_run_costs_less():
    bare = offer("lambda", "H100-80GB-SXM", 1, "2.00")
    roomy = offer("lambda", "H100-80GB-SXM", 1, "3.00", memory_gib=4096.0, offer_id="roomy", instance_type="roomy")
    candidates = scans(bare, roomy, H100=2.0)
    plan = build_plan(SPEC, candidates, plan_id="p", conversation_id="c", words=WORDS)
    lead = plan.gpu_recommendations[0]
    # Read once it takes 1.11 hours, less than computing; twenty times 22.22 hours.
    assert (lead.instance_type, lead.run_hours) == ("roomy", 2.0)
    assert verify(plan, SPEC, candidates, said=WORDS) == ()


@pytest.mark.parametrize(("task", "said"), [("training", "for 5 runs with a month of"), ("fine_tuning", "for one run")])
def test_the_summary_says_how_many_runs_it_charges(task, said):
    candidates = scans(offer("lambda", "A100-80GB-SXM", 1, "1.00"), A100=30.0)
    spec = SPEC.with_fields({"task_type": task})
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c", words=WORDS)
    assert said in render(plan, Format.MARKDOWN).content.decode()


@pytest.mark.parametrize(
    ("words", "samples"),
    [
        ("Fine-tune Whisper large v3 on 300 hours of Swiss German", 36_000),
        ("on 1,500 h of call centre audio", 180_000),
        ("done within 24 hours, no data said", 100_000),
        ("at most 100 hours of training", 100_000),
    ],
)
def test_hours_of_speech_to_train_on_are_samples_of_thirty_seconds(words, samples):
    spec = WorkloadSpec(task_type="fine_tuning", model_task="automatic-speech-recognition")
    said: list[str] = []
    task = "automatic-speech-recognition"
    assert run_size(spec, words, task, language=False, volumes=False, said=said).samples == samples
    assert f"{samples:,}" in said[0]
