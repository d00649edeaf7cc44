"""Software that is named is installed, or the plan says that it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.standing import standing_of
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import catalogue, chart
from tests.orchestrator.planning.plans import plan_for

SERVE = {"task_type": "inference", "domain": "llm"}


def told(plan: DeploymentPlan) -> list[str]:
    return [wish.conflict for wish in plan.unmet if wish.field == "components"]


def test_software_without_a_chart_is_told_and_so_is_what_does_its_work():
    plan = plan_for(**SERVE, components=("cassandra", "datadog"))
    cassandra, datadog = plan.unmet
    assert "cassandra" in cassandra.conflict
    assert "no chart of that name" in cassandra.conflict
    assert "kube-prometheus-stack does the monitoring here" in datadog.conflict
    assert [way.description for way in datadog.relaxations] == [
        "Take kube-prometheus-stack for the monitoring, as this plan does."
    ]


def test_software_that_is_installed_is_not_missed():
    found = catalogue(charts=(*catalogue().charts, chart("database", "cassandra")))
    assert told(plan_for(found, **SERVE, components=("cassandra", "keda"))) == []
    brings = replace(chart("monitoring", "kube-prometheus-stack"), why="It brings Prometheus and Grafana.")
    brings = catalogue(charts=(brings,))
    assert told(plan_for(brings, **SERVE, components=("prometheus", "grafana"))) == []


def test_what_a_stack_has_no_work_for_is_told_among_what_to_mind():
    plan = plan_for(**SERVE, components=("langchain", "open-webui", "kubernetes"))
    assert plan.unmet == ()
    assert any(said.startswith("You named langchain, open-webui: no file") for said in plan.warnings)


@pytest.mark.parametrize("words", ["We already run Cassandra", "no Cassandra please"])
def test_software_that_is_there_or_refused_is_not_missed(words):
    found = catalogue(standing=standing_of(words))
    assert told(plan_for(found, **SERVE, components=("cassandra",), words=words)) == []


def test_nothing_is_missed_where_the_catalogue_of_charts_did_not_answer():
    found = catalogue(charts=(), missing=("packages",))
    assert told(plan_for(found, **SERVE, components=("cassandra",))) == []


def test_a_plan_that_hides_what_is_missing_is_refused():
    spec = WorkloadSpec(**SERVE, components=("cassandra",))
    silent = plan_for(**SERVE, components=("cassandra",)).model_copy(update={"unmet": ()})
    assert any("cassandra" in fault for fault in verify(silent, spec, catalogue()))
