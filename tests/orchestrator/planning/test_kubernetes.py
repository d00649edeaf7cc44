"""The charts of a stack go together with the cluster's Kubernetes, and with one another."""

from __future__ import annotations

import pytest

from services.orchestrator.catalogs.convert.packages import components_request
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.standing import restates, standing_of
from services.orchestrator.domain.render.markdown import markdown
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import catalogue, chart, companion

SPEC = WorkloadSpec(task_type="rag", domain="llm")


@pytest.mark.parametrize(
    ("words", "version"),
    [
        ("our cluster runs Kubernetes 1.27", "1.27"),
        ("We are on k8s v1.31.4.", "1.31"),
        ("EKS cluster on 1.30 with Prometheus", "1.30"),
        ("Kubernetes version: 1.29", "1.29"),
        ("GKE (1.33) is there\nsorry, GKE is on 1.32", "1.32"),
        ("EKS at 1.50 per hour is too dear", ""),
        ("GKE 1.20$ an hour", ""),
        ("Kubernetes with 1.5 TB of data", ""),
        ("Kubernetes 1.10.", "1.10"),
        ("Llama 3.1 on Kubernetes", ""),
    ],
)
def test_the_release_that_a_cluster_runs_is_read_where_it_is_said(words: str, version: str) -> None:
    assert standing_of(words).kube_version == version


def test_another_release_changes_what_a_plan_stands_on() -> None:
    assert restates("Serve a model\nwe run Kubernetes 1.27", "we run Kubernetes 1.27")
    assert not restates("we run Kubernetes 1.27\nit is Kubernetes 1.27", "it is Kubernetes 1.27")


def planned(words: str, qdrant: str, monitoring: str, beside: str = "") -> DeploymentPlan:
    charts = (
        chart("vector_db", "qdrant", kube_version=qdrant, companions=(companion("qdrant-ui", kube_version=beside),)),
        chart("monitoring", "prometheus", kube_version=monitoring),
    )
    records = catalogue(charts=charts, standing=standing_of(words))
    plan = build_plan(SPEC, records, plan_id="p", conversation_id="c", words=words)
    assert verify(plan, SPEC, records, said=words) == ()
    untold = plan.model_copy(update={"warnings": ()})
    faults = [f for f in verify(untold, SPEC, records, said=words) if "Kubernetes" in f]
    assert len(faults) == sum("Kubernetes" in w and "takes" in w for w in plan.warnings)
    return plan


def said(plan: DeploymentPlan, part: str) -> list[str]:
    return [text for text in (*plan.assumptions, *plan.warnings) if part in text]


def test_what_charts_ask_for_is_assumed_of_a_cluster_that_is_not_known() -> None:
    plan = planned("", ">=1.25.0-0", ">=1.27.0-0")
    assert said(plan, "The cluster runs") == ["The cluster runs Kubernetes 1.27 or newer, as prometheus 1.2.3 asks."]
    assert "for Kubernetes `>=1.27.0-0`" in markdown(plan)
    assert said(planned("", "", ""), "The cluster runs") == []
    (upper,) = said(planned("", "<1.33", ">=1.25"), "The cluster runs")
    assert "1.25 or newer and 1.32 or older" in upper


def test_charts_that_no_version_suits_together_are_told() -> None:
    plan = planned("", ">=1.30", "<1.28")
    assert said(plan, "No Kubernetes version")
    assert not said(plan, "The cluster runs")


def test_a_chart_that_the_cluster_is_too_old_for_is_told_and_the_catalogue_asked_for_one_that_suits() -> None:
    words = "our cluster runs Kubernetes 1.24"
    plan = planned(words, ">=1.25.0-0", ">=1.16", beside=">=1.26")
    told = said(plan, "your cluster runs 1.24")
    assert [text.split(" ")[0] for text in told] == ["qdrant", "qdrant-ui"]
    assert not said(plan, "The cluster runs")
    asked = components_request((), SPEC, gpu_vendor="nvidia", standing=standing_of(words))
    assert asked.context.kube_version == "1.24"


def test_a_range_that_is_not_the_charts_own_is_refused() -> None:
    records = catalogue(charts=(chart("vector_db", "qdrant", kube_version=">=1.25"),))
    plan = build_plan(SPEC, records, plan_id="p", conversation_id="c")
    part = plan.kubernetes_stack[0].model_copy(update={"kube_version": ">=1.19"})
    forged = plan.model_copy(update={"kubernetes_stack": (part, *plan.kubernetes_stack[1:])})
    assert any("kube_version" in fault for fault in verify(forged, SPEC, records))
