"""What the user runs already is not installed, and what he refuses even less."""

from dataclasses import replace
from typing import Any

import pytest

from services.orchestrator.domain.candidates import Candidates, UnfilledRole
from services.orchestrator.domain.plan import DeploymentPlan, InstalledComponent, ValueNeed
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.components import roles_for
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.planning.standing import standing_of
from services.orchestrator.domain.render.bundle import files
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import catalogue, chart

WORDS = "We already run Prometheus, Grafana and KEDA. Serve Llama 3.1 8B, and no Milvus please."
PROMETHEUS = InstalledComponent(
    name="Prometheus", role="monitoring", chart="kube-prometheus-stack", namespace="monitoring", release="monitoring"
)
GRAFANA = InstalledComponent(name="Grafana", role="monitoring")
KEDA = InstalledComponent(name="KEDA", role="autoscaling", chart="keda", namespace="keda", release="keda")
LINK = ValueNeed(role="monitoring", path="metrics.url", value="prometheus.monitoring.svc:9090", secret="")


def names(words: str) -> tuple[set[str], set[str]]:
    standing = standing_of(words)
    return {h.name for h in standing.held}, {h.name for h in standing.refused}


@pytest.mark.parametrize(
    ("words", "held", "refused"),
    [
        ("We run Prometheus.\nactually we don't have Prometheus", set(), set()),
        ("We don't have Prometheus.\nwe do have Prometheus already", {"prometheus"}, set()),
        ("no Milvus\nMilvus is fine after all", set(), set()),
        ("use Milvus\nnot Milvus please", set(), {"milvus"}),
        ("We run Milvus.\nwe want to leave Milvus", set(), {"milvus"}),
        ("We run Prometheus.\nuse Prometheus for the metrics", {"prometheus"}, set()),
        ("We run Postgres.\ninstall a separate Postgres for this", set(), set()),
        ("no Milvus\nwe don't have Milvus", set(), {"milvus"}),
    ],
)
def test_what_is_said_last_holds(words: str, held: set[str], refused: set[str]) -> None:
    assert names(words) == (held, refused)


def test_a_role_is_dropped_and_taken_up_again() -> None:
    assert standing_of("drop the monitoring").dropped_roles == ("monitoring",)
    assert standing_of("drop the monitoring\nplease add monitoring").dropped_roles == ()
    assert standing_of("drop the monitoring\nadd Prometheus").dropped_roles == ()
    assert standing_of("we already have monitoring").held_roles == ("monitoring",)
    assert "ingress" in standing_of("we don't need a gateway").dropped_roles


def roles(words: str, **wishes: Any) -> dict[str, str]:
    spec = WorkloadSpec(task_type="rag", **wishes)
    return {r.role: r.wanted for r in roles_for(spec, needs_of(spec, words=words))}


def test_no_role_is_filled_that_the_user_does_without() -> None:
    assert "monitoring" in roles("")
    assert "monitoring" not in roles("no monitoring please")


def test_software_that_is_there_or_refused_is_not_asked_for() -> None:
    assert roles("", components=("milvus",))["vector_db"] == "milvus"
    assert roles("no Milvus", components=("milvus",))["vector_db"] == ""
    assert roles("we run Milvus", components=("milvus",))["vector_db"] == ""


def records(**more: Any) -> Candidates:
    charts = (chart("gpu_operator", "gpu-operator", links=(LINK,)),)
    defaults = {"charts": charts, "standing": standing_of(WORDS), "installed": (PROMETHEUS, GRAFANA, KEDA)}
    return catalogue(**(defaults | more))


SPEC = WorkloadSpec(task_type="inference", domain="llm", models=(), concurrency=200, context_tokens=8192)


def planned(candidates: Candidates, spec: WorkloadSpec = SPEC, words: str = WORDS) -> DeploymentPlan:
    return build_plan(spec, candidates, plan_id="p", conversation_id="c", words=words)


def test_the_plan_says_what_is_there_and_installs_none_of_it() -> None:
    candidates = records()
    plan = planned(candidates)
    assert verify(plan, SPEC, candidates, said=WORDS) == ()
    assert plan.installed == (PROMETHEUS, GRAFANA, KEDA)
    assert {p.role for p in plan.kubernetes_stack} == {"gpu_operator"}
    told = files(plan)
    assert "You already run Prometheus and Grafana: used for monitoring, not installed again." in told["plan.md"]
    assert "kube-prometheus-stack" not in told["helmfile.yaml"]
    assert "Prometheus, yours" in told["architecture.mmd"]


def test_the_manifests_work_with_what_is_there_and_the_readme_names_every_value_that_leads_to_it() -> None:
    told = files(planned(records()))
    (manifest,) = (text for path, text in told.items() if "kind: PodMonitor" in text and path.endswith(".yaml"))
    assert "serverAddress: http://prometheus-operated.monitoring.svc:9090" in manifest
    assert "kubernetes.io/metadata.name: monitoring" in manifest
    for value in ("`serverAddress`", "`kubernetes.io/metadata.name`", "`metrics.url` of release `gpu-operator`"):
        assert f"Value {value}" in told["README.md"]
    assert "as written `prometheus.monitoring.svc:9090`" in told["README.md"]


def test_software_that_nothing_of_the_plan_needs_stays_as_it_is() -> None:
    words = "We already run Vault. Serve Llama 3.1 8B."
    plan = planned(records(standing=standing_of(words), installed=()), words=words)
    assert plan.installed == (InstalledComponent(name="Vault"),)
    assert "You already run Vault: nothing of this plan takes its place." in files(plan)["plan.md"]


def test_software_that_the_catalogue_does_not_know_is_told_as_connected_to_nothing() -> None:
    words = "We have our own metrics stack, FooMon. Serve Llama 3.1 8B."
    there = InstalledComponent(name="FooMon", role="monitoring")
    candidates = records(standing=standing_of(words), installed=(there,))
    plan = planned(candidates, words=words)
    assert verify(plan, SPEC, candidates, said=words) == ()
    told = files(plan)["plan.md"]
    assert "You already run FooMon, which the catalogue does not know as something for monitoring" in told
    assert "victoria-metrics is installed, and something does its work already" in verify(
        installing(plan, "monitoring", "victoria-metrics"), SPEC, replace(candidates, installed=()), said=words
    )


@pytest.mark.parametrize(
    ("words", "others", "lacking"),
    [
        ("no monitoring", (("autoscaling", "keda"),), "Prometheus"),
        ("no KEDA", (("monitoring", "kube-prometheus-stack"), ("autoscaling", "cluster-autoscaler")), "KEDA"),
    ],
)
def test_what_adds_no_copies_by_itself_is_left_out(
    words: str, others: tuple[tuple[str, str], ...], lacking: str
) -> None:
    charts = (chart("gpu_operator", "gpu-operator"), *(chart(*other) for other in others))
    plan = planned(records(charts=charts, standing=standing_of(words), installed=()), words=words)
    assert "autoscaling" not in {p.role for p in plan.kubernetes_stack}
    assert any(f"Without {lacking} no copies" in w for w in plan.warnings)


def test_a_role_that_only_refused_software_fills_is_a_conflict_with_ways_out() -> None:
    unfilled = (UnfilledRole(role="vector_db", refused=("qdrant", "milvus")),)
    candidates = records(unfilled=unfilled)
    plan = planned(candidates)
    assert verify(plan, SPEC, candidates, said=WORDS) == ()
    (wish,) = plan.unmet
    assert "You do not want qdrant or milvus" in wish.conflict
    assert [r.description for r in wish.relaxations] == ["Take qdrant after all.", "Take milvus after all."]
    silent = plan.model_copy(update={"unmet": ()})
    assert any("does not tell" in fault for fault in verify(silent, SPEC, candidates, said=WORDS))


def test_a_refused_server_of_the_manifests_is_a_conflict() -> None:
    words = "Serve Llama 3.1 8B, but no vLLM."
    plan = planned(records(standing=standing_of(words), installed=()), words=words)
    assert ["You do not want vllm" in wish.conflict for wish in plan.unmet] == [True]


def installing(plan: DeploymentPlan, role: str, name: str) -> DeploymentPlan:
    """Return a plan that installs one chart more."""
    part = plan.kubernetes_stack[0].model_copy(update={"role": role, "name": name, "chart": name})
    return plan.model_copy(update={"kubernetes_stack": (*plan.kubernetes_stack, part)})


@pytest.mark.parametrize(
    ("role", "name", "fault"),
    [
        ("vector_db", "milvus", "milvus is installed, which is refused"),
        ("monitoring", "victoria-metrics", "victoria-metrics is installed, and something does its work already"),
        ("logging", "keda", "keda is installed, and something does its work already"),
    ],
)
def test_the_verifier_refuses_what_is_refused_or_there_already(role: str, name: str, fault: str) -> None:
    candidates = records()
    assert fault in verify(installing(planned(candidates), role, name), SPEC, candidates, said=WORDS)


@pytest.mark.parametrize(
    ("role", "name", "fault"),
    [
        ("vector_db", "milvus", "milvus is installed, which is refused"),
        ("monitoring", "victoria-metrics", "victoria-metrics is installed, and something does its work already"),
        ("logging", "keda", "keda is installed, and something does its work already"),
    ],
)
def test_records_that_hide_what_the_words_say_help_no_plan(role: str, name: str, fault: str) -> None:
    hiding = records(standing=standing_of(""), installed=())
    found = verify(installing(planned(hiding), role, name), SPEC, hiding, said=WORDS)
    assert fault in found
    assert "the records are not of what the user runs already and refuses" in found


def test_records_that_invent_what_is_there_help_no_plan() -> None:
    inventing = records()
    words = "Serve Llama 3.1 8B."
    found = verify(planned(inventing, words=words), SPEC, inventing, said=words)
    assert "the records are not of what the user runs already and refuses" in found


def test_what_is_asked_for_beside_what_fills_its_role_may_be_installed() -> None:
    words = "We run Postgres. Serve Llama 3.1 8B and install MongoDB."
    spec = SPEC.model_copy(update={"components": ("mongodb",)})
    charts = (chart("gpu_operator", "gpu-operator"), chart("database", "mongodb"))
    candidates = records(charts=charts, standing=standing_of(words), installed=())
    assert verify(planned(candidates, spec, words), spec, candidates, said=words) == ()
    without = verify(planned(candidates, spec, words), SPEC, candidates, said=words)
    assert "mongodb is installed, and something does its work already" in without


def test_the_verifier_knows_software_by_all_its_names() -> None:
    candidates = records()
    other = replace(chart("vector_db", "vectors"), names=("vectors", "Milvus"))
    plan = planned(replace(candidates, charts=(*candidates.charts, other)))
    assert "vectors is installed, which is refused" in verify(
        plan, SPEC, replace(candidates, charts=(*candidates.charts, other)), said=WORDS
    )


def test_the_verifier_sees_what_is_told_falsely_of_what_is_there() -> None:
    candidates = records()
    plan = planned(candidates)
    assert verify(plan, SPEC, candidates, said=WORDS) == ()
    for installed in ((PROMETHEUS, GRAFANA), (*plan.installed, InstalledComponent(name="Vault")), ()):
        assert verify(plan.model_copy(update={"installed": installed}), SPEC, candidates, said=WORDS)
