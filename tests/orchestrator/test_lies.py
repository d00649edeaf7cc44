"""Single lies about a plan that is otherwise sound: the verifier refuses each."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.mutations import lead
from tests.orchestrator.planning.builders import catalogue, chart, memory, model, offer


def test_more_copies_than_gpus_are_refused_where_nothing_was_sized():
    spec = WorkloadSpec(task_type="inference", model_task="tabular-classification", gpu_count_min=1)
    candidates = catalogue(models=(), memory=(), performance=())
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert verify(plan, spec, candidates) == ()
    lead = plan.gpu_recommendations[0]
    more = lead.model_copy(update={"replicas": lead.gpu_count + 1})
    false = plan.model_copy(update={"gpu_recommendations": (more, *plan.gpu_recommendations[1:])})
    assert any("do not hold" in fault for fault in verify(false, spec, candidates))


def test_a_conflict_between_charts_must_be_told(sound):
    plan, spec, candidates = sound
    assert verify(plan, spec, replace(candidates, conflicts=("two ingress controllers",))) != ()


def test_a_chart_that_is_not_among_the_answers_is_refused(sound):
    plan, spec, candidates = sound
    others = replace(candidates, charts=(chart("gpu_operator", "other-operator"),))
    assert verify(plan, spec, others) != ()


def test_a_relaxation_must_quote_a_real_price():
    spec = WorkloadSpec(task_type="inference", domain="llm", budget_usd_month=10)
    candidates = catalogue()
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    wish = plan.unmet[0]
    cheaper = wish.relaxations[0].model_copy(update={"price_per_hour": Decimal("0.0001")})
    changed = plan.model_copy(update={"unmet": (wish.model_copy(update={"relaxations": (cheaper,)}),)})
    assert verify(plan, spec, candidates) == ()
    assert verify(changed, spec, candidates) != ()


def test_a_way_out_that_breaks_another_wish_is_refused():
    spec = WorkloadSpec(task_type="inference", domain="llm", budget_usd_month=10, providers=("gcp",))
    candidates = catalogue()
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert verify(plan, spec, candidates) == ()
    elsewhere = WorkloadSpec(**{**spec.stated(), "providers": ("aws",)})
    assert any("way out" in fault and "breaks providers too" in fault for fault in verify(plan, elsewhere, candidates))


def test_an_equivalent_that_breaks_a_wish_is_refused():
    spec = WorkloadSpec(task_type="inference", domain="llm", gpu_models=("A100",))
    more = offer("coreweave", "A100-80GB-SXM", 1, "2.00")
    candidates = catalogue(offers=(*catalogue().offers, more), offers_elsewhere=(*catalogue().offers, more))
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert verify(plan, spec, candidates) == ()
    assert "coreweave" in {other.provider for rec in plan.gpu_recommendations for other in rec.equivalents}
    without = spec.with_fields({"providers_excluded": ("coreweave",)})
    faults = verify(plan, without, candidates)
    assert any("an equivalent" in fault and "breaks providers_excluded" in fault for fault in faults)


def test_a_split_of_copies_that_no_machine_holds_is_refused():
    named = model("org/model", wished_as="mine")
    sized = replace(memory(named.model_id, "A100-80GB-SXM", 130.0), gpus=2, per_gpu_gib=65.0, tensor_parallel=2)
    machines = (offer("aws", "A100-80GB-SXM", 3, "9.00"),)
    candidates = catalogue(models=(named,), memory=(sized,), performance=(), offers=machines, offers_elsewhere=machines)
    spec = WorkloadSpec(task_type="inference", model_task="text-generation", models=("mine",), high_availability=True)
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert verify(plan, spec, candidates) == ()
    # Six GPUs on two machines of three: two copies of two, not three, since no copy spans machines that do not join.
    assert (plan.gpu_recommendations[0].gpu_count, plan.gpu_recommendations[0].replicas) == (6, 2)
    assert any("do not hold 3 copies" in fault for fault in verify(lead(replicas=3)(plan), spec, candidates))


CHEAPER = {"instance_type": "same elsewhere", "offer_id": "aws/a10gx1/elsewhere", "region": "us-east-2"}


def test_what_is_called_cheapest_costs_no_more_than_a_machine_alike(sound):
    plan, spec, candidates = sound
    first = plan.gpu_recommendations[0]
    assert first.option == "cheapest"
    alike = next(o for o in candidates.offers if o.offer_id == first.offer_id)
    less = replace(alike, **CHEAPER, price_per_hour=alike.price_per_hour / 2)
    faults = verify(plan, spec, replace(candidates, offers=(*candidates.offers, less)))
    assert any("is called cheapest" in fault and less.offer_id in fault for fault in faults)
    barred = replace(less, provider="vast")
    assert verify(plan, spec, replace(candidates, offers=(*candidates.offers, barred))) == ()


@pytest.mark.parametrize("part", ["gpu_recommendations", "model_recommendations", "kubernetes_stack", "warnings"])
def test_nothing_stands_twice(part, sound):
    plan, spec, candidates = sound
    items = getattr(plan, part) or ("mind this",)
    assert any(
        "twice" in fault for fault in verify(plan.model_copy(update={part: (*items, items[-1])}), spec, candidates)
    )


def test_charts_are_installed_after_those_that_they_need():
    spec = WorkloadSpec(task_type="inference", domain="llm")
    charts = (
        chart("monitoring", "kube-prometheus-stack", needs=("gpu_operator",)),
        chart("gpu_operator", "gpu-operator"),
    )
    candidates = catalogue(charts=charts)
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert [part.role for part in plan.kubernetes_stack] == ["gpu_operator", "monitoring"]
    assert verify(plan, spec, candidates) == ()
    turned = plan.model_copy(update={"kubernetes_stack": plan.kubernetes_stack[::-1]})
    assert any("order" in fault for fault in verify(turned, spec, candidates))


def test_a_role_that_was_asked_for_is_not_left_out(sound):
    plan, spec, candidates = sound
    fewer = tuple(part for part in plan.kubernetes_stack if part.role != "monitoring")
    without = plan.model_copy(update={"kubernetes_stack": fewer})
    assert not any("lacks" in fault for fault in verify(without, spec, candidates))
    for wish in ({"component_roles": ("monitoring",)}, {"components": ("prometheus",)}):
        asked = spec.with_fields(wish)
        assert any("the stack lacks monitoring" in fault for fault in verify(without, asked, candidates))


@pytest.mark.parametrize("change", ["the last step left out", "another file", "another verb"])
def test_the_steps_start_what_the_files_hold(change, sound):
    plan, spec, candidates = sound
    steps = list(plan.deployment_steps)
    place = next(n for n, step in enumerate(steps) if "apply --filename" in step.command)
    if change == "the last step left out":
        steps = steps[:place]
    elif change == "another file":
        steps[place] = steps[place].model_copy(update={"command": "kubectl apply --filename kubernetes/other.yaml"})
    else:
        command = steps[place].command.replace("apply", "delete")
        steps[place] = steps[place].model_copy(update={"command": command})
    assert verify(plan.model_copy(update={"deployment_steps": tuple(steps)}), spec, candidates) != ()


def test_what_has_to_be_minded_is_told(sound):
    plan, spec, candidates = sound
    unclear = tuple(replace(m, license_class="unknown") for m in candidates.models)
    for records in (replace(candidates, missing=("packages",)), replace(candidates, models=unclear)):
        told = build_plan(spec, records, plan_id="p", conversation_id="c")
        assert verify(told, spec, records) == ()
        assert any("does not tell" in fault for fault in verify(plan, spec, records))


def test_a_wish_that_is_kept_is_not_told_as_broken():
    spec = WorkloadSpec(task_type="inference", domain="llm", providers=("azure",), gpu_models=("A100",))
    candidates = catalogue()
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert verify(plan, spec, candidates) == ()
    broken = plan.gpu_recommendations[0].breaks
    kept = next(field for field in ("gpu_models", "providers") if field not in broken)
    overstated = lead(breaks=(*broken, kept))(plan)
    assert any(f"does not break {kept}" in fault for fault in verify(overstated, spec, candidates))
    (wish, *_) = plan.unmet
    more = plan.model_copy(update={"unmet": (*plan.unmet, wish.model_copy(update={"field": kept}))})
    assert any("says that it does not meet" in fault for fault in verify(more, spec, candidates))


def test_a_way_out_names_every_budget_that_it_breaks():
    spec = WorkloadSpec(task_type="inference", domain="llm", budget_usd_month=10)
    candidates = catalogue()
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    (wish,) = plan.unmet
    way = next(w for w in wish.relaxations if w.fields == ("budget_usd_month",))
    for fields, said in ((("gpu_models",), "breaks budget_usd_month too"), ((), "no wish ''")):
        false = wish.model_copy(update={"relaxations": (way.model_copy(update={"fields": fields}),)})
        faults = verify(plan.model_copy(update={"unmet": (false,)}), spec, candidates)
        assert any(said in fault for fault in faults)


def test_private_hosts_are_no_place_for_what_must_not_go_to_strangers():
    spec = WorkloadSpec(task_type="inference", domain="llm")
    hosts = (offer("vast", "A10G", 1, "0.10"),)
    candidates = catalogue(offers=hosts, offers_elsewhere=hosts)
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert verify(plan, spec, candidates) == ()
    for wish in ({"compliance": ("gdpr",), "geos": ("US",)}, {"high_availability": True}):
        faults = verify(plan, spec.with_fields(wish), candidates)
        assert any("silently breaks providers_excluded" in fault for fault in faults)


def test_what_is_called_nearest_breaks_no_more_than_a_machine_alike():
    spec = WorkloadSpec(task_type="inference", domain="llm", gpu_models=("A10G",), providers=("azure",))
    candidates = catalogue()
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert verify(plan, spec, candidates) == ()
    first = plan.gpu_recommendations[0]
    assert first.option == "nearest"
    taken = next(o for o in candidates.offers if o.offer_id == first.offer_id)
    keeps = replace(taken, offer_id="azure/alike", provider="azure", price_per_hour=Decimal(90))
    faults = verify(plan, spec, replace(candidates, offers_elsewhere=(*candidates.offers, keeps)))
    assert any("is called nearest" in fault and "azure/alike" in fault for fault in faults)


def test_on_demand_is_not_called_cheapest_where_spot_may_be_taken_for_less(sound):
    plan, spec, candidates = sound
    taken = next(o for o in candidates.offers if o.offer_id == plan.gpu_recommendations[0].offer_id)
    spot = replace(taken, offer_id="spot/alike", price_model="spot", price_per_hour=taken.price_per_hour / 2)
    more = replace(candidates, offers=(*candidates.offers, spot))
    assert verify(plan, spec, more) == ()
    assert any("spot/alike is better" in fault for fault in verify(plan, spec.with_fields({"spot_ok": True}), more))


def test_nothing_is_not_all_that_can_be_had(sound):
    _, spec, candidates = sound
    empty = build_plan(spec, replace(candidates, offers=(), offers_elsewhere=()), plan_id="p", conversation_id="c")
    assert empty.gpu_recommendations == ()
    assert any("nothing can be had" in fault for fault in verify(empty, spec, candidates))


def test_a_cluster_that_is_wanted_and_not_used_is_told(sound):
    plan, spec, candidates = sound
    wanted = spec.with_fields({"prefers_local_cluster": True})
    assert any("prefers_local_cluster" in fault for fault in verify(plan, wanted, candidates))


@pytest.mark.parametrize("wish", [{"requests_per_second": 5}, {"latency_ms_p95": 500}])
def test_what_cannot_be_told_of_a_wish_is_told(wish, sound):
    _, spec, candidates = sound
    unknown = replace(candidates, performance=())
    plan = build_plan(spec, unknown, plan_id="p", conversation_id="c")
    asked = spec.with_fields(wish)
    honest = build_plan(asked, unknown, plan_id="p", conversation_id="c")
    assert verify(honest, asked, unknown) == ()
    assert any("does not tell: Whether" in fault for fault in verify(plan, asked, unknown))
    first, *others = honest.gpu_recommendations
    assert first.label.startswith("Cheapest that breaks no wish: ")
    sure = first.model_copy(update={"label": first.label.replace("breaks no wish", "meets everything")})
    claimed = honest.model_copy(update={"gpu_recommendations": (sure, *others)})
    assert any("the label" in fault for fault in verify(claimed, asked, unknown))


def test_another_option_over_the_budget_with_its_storage_is_refused():
    spec = WorkloadSpec(task_type="inference", domain="llm")
    candidates = catalogue()
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    second = max(plan.gpu_recommendations[1:], key=lambda rec: rec.price_per_month or Decimal(0))
    asked = spec.with_fields({"budget_usd_month": float(second.price_per_month) + 1})
    assert any(f"{second.offer_id} silently breaks budget_usd_month" in f for f in verify(plan, asked, candidates))


def test_one_chart_may_fill_two_roles():
    spec = WorkloadSpec(task_type="inference", domain="llm", component_roles=("api_gateway",))
    charts = (chart("api_gateway", "traefik"), chart("ingress", "traefik", values={"metrics": True}))
    candidates = catalogue(charts=charts)
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert [part.role for part in plan.kubernetes_stack] == ["api_gateway", "ingress"]
    assert verify(plan, spec, candidates) == ()
