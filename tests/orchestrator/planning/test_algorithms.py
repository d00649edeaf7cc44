"""Algorithms and libraries that were named are trained themselves: they are no models of the Hub."""

from __future__ import annotations

from typing import Any

import pytest

from services.orchestrator.domain.planning.algorithms import hub_names
from services.orchestrator.domain.planning.asks import model_asks
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.render import Format, render
from services.orchestrator.domain.render.readme import supplies
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import catalogue, offer
from tests.orchestrator.render.validate import documents

TABLE: dict[str, Any] = {"task_type": "training", "domain": "tabular", "dataset_size_gb": 200}
CPUS = (
    offer("gcp", "", 0, "0.20", instance_type="small", vcpus=4.0, memory_gib=16.0, region="us-east4"),
    offer("gcp", "", 0, "0.80", instance_type="middle", vcpus=16.0, memory_gib=64.0),
    offer("aws", "", 0, "1.70", instance_type="large", vcpus=32.0, memory_gib=256.0),
)


def planned(**fields: Any):
    spec = WorkloadSpec(**{**TABLE, **fields})
    candidates = catalogue(models=(), memory=(), performance=(), offers=CPUS, offers_elsewhere=CPUS)
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert verify(plan, spec, candidates) == ()
    return plan


@pytest.mark.parametrize(
    ("named", "engine", "machine", "timed"),
    [
        ((), "lightgbm", "middle", True),
        (("lightgbm",), "lightgbm", "middle", True),
        (("xgboost",), "xgboost", "middle", True),
        (("catboost",), "catboost", "large", False),
        (("random forest",), "scikit-learn", "large", False),
    ],
)
def test_the_library_that_was_named_is_trained_on_cpus_that_hold_the_table(named, engine, machine, timed):
    plan = planned(models=named)
    lead, work = plan.gpu_recommendations[0], plan.workload
    assert work is not None
    assert (work.engine, work.model_id, lead.instance_type) == (engine, "", machine)
    assert not plan.unmet
    assert not plan.model_recommendations
    assert (lead.run_hours is not None) == timed
    assert work.memory_request_gib >= 200 * (0.25 if timed else 0.75) * 1e9 / 2**30 - 1


def test_what_is_trained_is_what_the_manifests_run():
    manifests = list(documents(render(planned(models=("xgboost",)), Format.KUBERNETES).content))
    (job,) = [item for item in manifests if item["kind"] == "Job"]
    pod = job["spec"]["template"]["spec"]
    run, install = pod["containers"][0], pod["initContainers"][0]
    assert run["args"][1:3] == ["--library", "xgboost"]
    assert any(package.startswith("xgboost==") for package in install["args"])
    assert not any(package.startswith("lightgbm") for package in install["args"])


def test_more_cpus_grow_trees_in_less_time():
    hours = {o.instance_type: o.run_hours for o in planned().gpu_recommendations}
    # 25 billion values x 500 trees over 11.3 million a second of each of 16 CPUs.
    assert hours["middle"] == pytest.approx(25e9 * 500 / (11.3e6 * 16) / 3600, abs=0.01)
    assert hours["large"] == pytest.approx(hours["middle"] / 2, abs=0.01)


def test_a_table_that_no_machine_holds_is_told():
    plan = planned(dataset_size_gb=20_000)
    assert plan.unmet
    assert plan.workload is None


def test_names_of_the_hub_stay_wishes():
    assert hub_names(WorkloadSpec(models=("xgboost", "tabpfn"))) == ("tabpfn",)
    assert needs_of(WorkloadSpec(**TABLE, models=("tabpfn",))).algorithm is None
    assert not model_asks(WorkloadSpec(**TABLE), needs_of(WorkloadSpec(**TABLE)))


def test_trained_trees_are_served_by_their_library():
    plan = planned(task_type="inference", models=("catboost",), dataset_size_gb=None)
    assert plan.workload is not None
    assert (plan.workload.engine, plan.workload.gpus_per_node) == ("catboost", 0)
    assert any("model.joblib" in line for line in supplies(plan))


def test_statistics_run_on_cpus_and_an_agent_has_no_dataset():
    prophet = needs_of(WorkloadSpec(task_type="training", models=("prophet",), domain="time_series"))
    assert (prophet.gpu, prophet.algorithm.engine if prophet.algorithm else "") == (False, "python")
    agent = needs_of(WorkloadSpec(task_type="training", domain="reinforcement_learning"))
    assert (agent.gpu, agent.run, agent.dataset_gb) == (True, None, 0.0)
    assert any("nothing tells how long" in a for a in agent.assumptions)
