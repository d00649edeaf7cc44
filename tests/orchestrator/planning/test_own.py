"""The user's own machines, as the words tell of them where no cluster is connected."""

from __future__ import annotations

from typing import Any

from services.orchestrator.domain.candidates import Candidates, OwnCluster
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.planning.own import stated
from services.orchestrator.domain.render import Format, render
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import GPU_TYPES, catalogue, memory, model
from tests.orchestrator.planning.plans import SMALL, plan_for

ABSENT = OwnCluster(note="no cluster is connected to stack8s yet")
OWN: dict[str, Any] = {
    "task_type": "inference",
    "domain": "llm",
    "gpu_models": ("A100",),
    "gpu_count_min": 8,
    "prefers_local_cluster": True,
}


def at_home(**more: Any) -> Candidates:
    """A catalogue with the machines that the spec tells of."""
    found = catalogue(cluster=ABSENT, **more)
    machines = stated(needs_of(WorkloadSpec(**OWN)), found.gpu_types, ABSENT)
    return catalogue(cluster=ABSENT, offers=(*found.offers, *machines), **more)


def test_machines_are_taken_as_stated_at_no_known_price():
    (machine,) = stated(needs_of(WorkloadSpec(**OWN)), GPU_TYPES, ABSENT)
    assert (machine.gpu_type, machine.gpu_count, machine.units) == ("A100-80GB-SXM", 8, 1)
    assert machine.price_per_hour is machine.vcpus is machine.memory_gib is None
    assert machine.provenance == GPU_TYPES["A100-80GB-SXM"].provenance


def test_more_than_a_machine_holds_are_several_machines():
    (machine,) = stated(needs_of(WorkloadSpec(**{**OWN, "gpu_count_min": 12})), GPU_TYPES, ABSENT)
    assert (machine.gpu_count, machine.units) == (4, 3)


def test_nothing_is_made_up_where_a_cluster_answers_or_type_or_count_was_not_said():
    assert not stated(needs_of(WorkloadSpec(**OWN)), GPU_TYPES, OwnCluster(cpus_free=8, memory_gib_free=64))
    for field in ("gpu_models", "gpu_count_min", "prefers_local_cluster"):
        less = {name: value for name, value in OWN.items() if name != field}
        assert not stated(needs_of(WorkloadSpec(**less)), GPU_TYPES, ABSENT)


def test_the_plan_is_for_the_own_machines_with_manifests_and_no_rent():
    plan = plan_for(at_home(), **OWN)
    lead = plan.gpu_recommendations[0]
    assert (lead.provider, lead.gpu_type, lead.gpu_count) == ("local", "A100-80GB-SXM", 8)
    assert lead.price_per_hour is None
    assert plan.cost_estimate.lines[0].monthly is None
    assert not plan.cost_estimate.complete
    assert plan.unmet == ()
    assert any("as you stated them" in text and "not known" in text for text in plan.warnings)
    assert b"nvidia.com/gpu" in render(plan, Format.KUBERNETES).content


def test_no_more_machines_are_planned_than_there_are():
    for option in plan_for(at_home(), **OWN, concurrency=2000).gpu_recommendations:
        assert option.provider != "local" or option.gpu_count <= 8


def test_own_machines_come_before_the_better_quality_of_rented_ones():
    large = model("org/large-70B", 70_000_000_000, wished_as="large 70b")
    sized = [memory(large.model_id, g, 700.0 if g.startswith("A100") else 150.0) for g in GPU_TYPES]
    sized += [memory(large.model_id, g, 46.0, "int4") for g in GPU_TYPES]
    found = at_home(models=(large,), memory=tuple(sized))
    lead = plan_for(found, **OWN, models=("large 70b",)).gpu_recommendations[0]
    assert (lead.provider, lead.precision) == ("local", "int4")


def test_own_machines_that_do_not_hold_the_model_are_told():
    giant = model("org/giant-2T", 2_000_000_000_000, wished_as="giant 2t")
    found = at_home(models=(giant, model(SMALL)), memory=(memory(giant.model_id, "A100-80GB-SXM", 4000.0, "int4"),))
    plan = plan_for(found, **OWN, models=("giant 2t",))
    told = [wish.conflict for wish in plan.unmet if wish.field == "prefers_local_cluster"]
    assert told
    assert "8 x A100-80GB-SXM as stated do not hold this workload" in told[0]
