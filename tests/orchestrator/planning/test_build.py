"""What a whole plan says: options, cost, stack, steps, conflicts, revisions."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from services.orchestrator.domain.candidates import OwnCluster
from services.orchestrator.domain.plan import DeploymentPlan, OptionKind
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.render import Format, render
from services.orchestrator.domain.revision import limits
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import Revision, RevisionKind
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import catalogue, chart, memory, model, offer, speed

SMALL = "meta-llama/Llama-3.1-8B-Instruct"


def render_markdown(plan: DeploymentPlan) -> str:
    return render(plan, Format.MARKDOWN).content.decode()


def plan_for(candidates=None, *, previous=None, words="", **wishes) -> DeploymentPlan:
    spec = WorkloadSpec(**wishes)
    found = candidates or catalogue()
    plan = build_plan(spec, found, plan_id="p", conversation_id="c", previous=previous, words=words)
    assert verify(plan, spec, found) == ()
    return plan


def test_there_are_three_options_of_two_providers_where_wishes_allow_them():
    plan = plan_for(task_type="inference", domain="llm")
    assert len(plan.gpu_recommendations) >= 3
    assert len({rec.provider for rec in plan.gpu_recommendations}) >= 2
    assert plan.gpu_recommendations[0].option is OptionKind.CHEAPEST
    assert plan.gpu_recommendations[0].price_per_hour == Decimal("0.7068")


def test_best_value_gives_more_speed_for_the_money():
    plan = plan_for(task_type="inference", domain="llm")
    first = plan.gpu_recommendations[0]
    value = next(rec for rec in plan.gpu_recommendations if rec.option is OptionKind.BEST_VALUE)
    assert first.tokens_per_second is not None
    assert value.tokens_per_second is not None
    assert value.price_per_hour <= 2 * first.price_per_hour
    assert value.tokens_per_second / float(value.price_per_hour) > first.tokens_per_second / float(first.price_per_hour)


def test_lines_add_up_and_unknown_is_not_zero():
    cost = plan_for(task_type="inference", domain="llm").cost_estimate
    assert cost.monthly_total == sum(x.monthly for x in cost.lines if x.monthly is not None)
    unknown = [x for x in cost.lines if x.monthly is None]
    assert {x.description for x in unknown} == {
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


def test_spot_is_shown_with_its_risk_and_planned_with_only_when_it_is_fine():
    spot = offer("aws", "A10G", 1, "0.30", price_model="spot")
    more = catalogue(offers=(*catalogue().offers, spot), offers_elsewhere=())
    quiet = plan_for(more, task_type="inference", domain="llm", gpu_models=("A10G",))
    fine = plan_for(more, task_type="inference", domain="llm", gpu_models=("A10G",), spot_ok=True)
    assert quiet.gpu_recommendations[0].price_model == "on_demand"
    assert "taken back" in quiet.gpu_recommendations[0].spot_note
    assert fine.gpu_recommendations[0].price_model == "spot"
    assert fine.workload is not None
    assert fine.workload.spot


def test_own_machines_come_first_when_they_are_wished_and_fit():
    local = offer("local", "A100-80GB-SXM", 4, "3.00", price_model="owned", region="", country="")
    plan = plan_for(
        catalogue(offers=(*catalogue().offers, local)), task_type="inference", domain="llm", prefers_local_cluster=True
    )
    assert plan.gpu_recommendations[0].provider == "local"
    assert plan.unmet == ()


def test_a_cluster_that_is_not_there_is_told_and_rented_machines_are_planned():
    found = catalogue(cluster=OwnCluster(note="no cluster is connected to stack8s yet"))
    plan = plan_for(found, task_type="inference", domain="llm", prefers_local_cluster=True)
    assert plan.gpu_recommendations[0].provider != "local"
    assert [wish.field for wish in plan.unmet] == ["prefers_local_cluster"]
    assert "no cluster is connected" in plan.unmet[0].conflict


def test_a_large_model_on_a_small_gpu_is_named_with_ways_out():
    giant = model("meta-llama/Llama-3.1-405B-Instruct", 405_000_000_000, wished_as="llama 3.1 405b")
    sized = tuple(memory(giant.model_id, g, 250.0, "int4") for g in ("T4", "A100-80GB-SXM"))
    found = catalogue(models=(giant,), memory=sized)
    plan = plan_for(found, task_type="inference", domain="llm", models=("llama 3.1 405b",), gpu_models=("T4",))
    (wish,) = plan.unmet
    assert wish.field == "gpu_models"
    assert "405B" in wish.conflict
    assert "T4 (16 GiB each)" in wish.conflict
    assert 1 <= len(wish.relaxations) <= 3


def test_a_service_over_budget_may_run_part_of_the_day():
    plan = plan_for(task_type="inference", domain="llm", budget_usd_month=300)
    ways = [r.description for r in plan.unmet[0].relaxations]
    assert any("hours a day" in way for way in ways)
    assert any(way.startswith("Raise the monthly budget") for way in ways)


def test_weights_are_served_at_fewer_bits_only_when_16_do_not_meet_the_wishes():
    big = catalogue(models=(model("meta-llama/Llama-3.1-70B-Instruct", 70_000_000_000),))
    rich = plan_for(big, task_type="inference", domain="llm")
    poor = plan_for(big, task_type="inference", domain="llm", budget_usd_month=1500)
    assert rich.gpu_recommendations[0].precision == "bf16"
    assert poor.gpu_recommendations[0].precision in ("fp8", "int4")
    assert any("rather than 16 bit" in t for t in poor.tradeoffs)


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


def test_a_training_run_should_end_within_a_week():
    slow, fast = (speed("org/vision", g, 1, run_hours=h) for g, h in (("L4", 400.0), ("A100-80GB-SXM", 90.0)))
    found = catalogue(
        models=(model("org/vision", 10**8, task="image-classification"),),
        memory=tuple(memory("org/vision", g, 8.0) for g in ("L4", "A100-80GB-SXM")),
        performance=(slow, fast),
    )
    plan = plan_for(found, task_type="training", model_task="image-classification", dataset_items=10**6)
    assert plan.gpu_recommendations[0].gpu_type == "A100-80GB-SXM"
    assert any("within a week" in a for a in plan.assumptions)


def test_the_size_of_a_run_is_assumed_from_the_data_and_told():
    plan = plan_for(task_type="training", domain="computer_vision", dataset_modality="image", dataset_size_gb=30)
    assert any("about 100,000 items of 0.3 MB" in a for a in plan.assumptions)


def test_private_hosts_come_last_and_a_major_provider_is_among_the_options():
    cheap = offer("vast", "L4", 1, "0.10")
    more = catalogue(offers=(*catalogue().offers, cheap))
    plan = plan_for(more, task_type="inference", domain="llm")
    assert plan.gpu_recommendations[0].provider == "gcp"
    only = plan_for(catalogue(offers=(cheap,)), task_type="inference", domain="llm")
    assert only.gpu_recommendations[0].provider == "vast"
    assert any("private hosts" in w for w in only.warnings)


def test_the_budget_is_kept_before_the_model_and_the_machine():
    giant = model("meta-llama/Llama-3.1-405B-Instruct", 405_000_000_000, wished_as="llama 3.1 405b")
    sized = (memory(giant.model_id, "A100-80GB-SXM", 250.0, "int4"), *catalogue().memory)
    found = catalogue(models=(giant, model(SMALL)), memory=sized)
    plan = plan_for(
        found, task_type="inference", domain="llm", models=("llama 3.1 405b",), gpu_models=("T4",), budget_usd_month=600
    )
    assert plan.cost_estimate.monthly_total <= 600
    assert {wish.field for wish in plan.unmet} == {"models", "gpu_models"}
    told = next(wish.conflict for wish in plan.unmet if wish.field == "models")
    assert "250 GiB even at 4 bit" in told


def test_a_deadline_takes_more_machines():
    found = catalogue(
        models=(model("org/language", 7 * 10**9, wished_as="mine"),),
        memory=(memory("org/language", "H100-80GB-SXM", 130.0),),
        performance=tuple(
            speed("org/language", "H100-80GB-SXM", n, run_hours=2400.0 / n) for n in (8, 16, 24, 32, 48, 64)
        ),
        offers=(offer("aws", "H100-80GB-SXM", 8, "55.04"),),
    )
    wishes = {"task_type": "training", "model_task": "text-generation", "models": ("mine",), "dataset_size_gb": 1000}
    plan = plan_for(found, **wishes, deadline_hours=101)
    assert plan.gpu_recommendations[0].gpu_count == 24
    assert plan.gpu_recommendations[0].run_hours == 100.0


def test_load_takes_more_copies():
    plan = plan_for(task_type="inference", domain="llm", tokens_per_second=1000, providers=("gcp",), gpu_models=("L4",))
    assert plan.gpu_recommendations[0].replicas >= 4
    assert plan.workload is not None
    assert plan.workload.replicas_min == 4


def test_components_are_few_and_each_has_a_reason():
    plan = plan_for(task_type="inference", domain="llm")
    assert len(plan.kubernetes_stack) <= 5
    assert all(len(part.why) > 20 for part in plan.kubernetes_stack)


def test_software_that_was_asked_for_and_not_found_is_told():
    plan = plan_for(task_type="fine_tuning", domain="llm", components=("mlflow",))
    assert any("mlflow" in w for w in plan.warnings)
    found = catalogue(charts=(chart("experiment_tracking", "mlflow"),))
    plan = plan_for(found, task_type="fine_tuning", domain="llm", components=("mlflow",))
    assert [c.name for c in plan.kubernetes_stack] == ["mlflow"]
    assert "asked for" in plan.kubernetes_stack[0].why


def test_a_catalogue_that_did_not_answer_is_named():
    plan = plan_for(catalogue(charts=(), missing=("packages",)), task_type="inference", domain="llm")
    assert any("packages catalogue did not answer" in w for w in plan.warnings)


def test_without_offers_nothing_is_planned_and_that_is_said():
    plan = plan_for(catalogue(offers=(), offers_elsewhere=()), task_type="inference", domain="llm")
    assert plan.gpu_recommendations == ()
    assert plan.workload is None
    assert plan.cost_estimate.monthly_total == 0
    assert "no offer" in plan.unmet[0].conflict


def test_places_are_relaxed_with_machines_elsewhere():
    all_offers = catalogue().offers
    here = tuple(o for o in all_offers if o.country == "DE")
    plan = plan_for(
        catalogue(offers=here, offers_elsewhere=all_offers), task_type="inference", domain="llm", geos=("germany",)
    )
    assert [wish.field for wish in plan.unmet] == ["geos"]
    assert plan.unmet[0].relaxations[0].description.startswith("Allow a machine in ")


def test_a_revision_says_what_changed_and_by_how_much():
    first = plan_for(task_type="inference", domain="llm")
    second = plan_for(task_type="inference", domain="llm", providers=("aws",), previous=first)
    assert second.version == 2
    changed = {c.what: (c.before, c.after) for c in second.changes}
    assert "more" in changed["monthly cost"][1]
    assert changed["machines"][0].endswith("Google Cloud")
    assert changed["machines"][1].endswith("AWS")
    same = plan_for(task_type="inference", domain="llm", providers=("aws",), previous=second)
    assert same.changes == ()


def test_the_same_records_give_the_same_plan():
    assert plan_for(task_type="inference", domain="llm") == plan_for(task_type="inference", domain="llm")


def test_models_that_may_not_be_used_for_money_are_refused_when_money_is_made():
    closed = model("org/research", license="cc-by-nc-4.0", license_class="research_only", open_source=False)
    found = replace(
        catalogue(models=(closed, model(SMALL))), memory=(*catalogue().memory, memory(closed.model_id, "L4", 5.0))
    )
    plan = plan_for(found, task_type="inference", domain="llm", license="commercial_ok")
    assert plan.gpu_recommendations[0].model_id == SMALL


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


def test_cheaper_is_told_as_cheaper_and_not_as_a_budget_that_nobody_named():
    wishes = {"task_type": "inference", "domain": "llm"}
    before = plan_for(**wishes)
    spec = limits(WorkloadSpec(**wishes), Revision(kind=RevisionKind.CHEAPER), before)
    plan = build_plan(spec, catalogue(), plan_id="p", conversation_id="c", previous=before)
    assert verify(plan, spec, catalogue()) == ()
    told = f"cheaper than the plan before (${before.cost_estimate.monthly_total:,.2f} a month)"
    assert f"You asked for {told}." in plan.understanding
    assert "at most" not in plan.understanding
    assert all("The budget is" not in wish.conflict for wish in plan.unmet)


def test_a_budget_that_was_named_stays_named_when_it_is_below_the_plan_before():
    wishes = {"task_type": "inference", "domain": "llm"}
    spec = WorkloadSpec(**wishes, budget_usd_month=100)
    plan = build_plan(
        limits(spec, Revision(kind=RevisionKind.CHEAPER), plan_for(**wishes)),
        catalogue(),
        plan_id="p",
        conversation_id="c",
    )
    assert "You asked for at most $100.00 a month." in plan.understanding


def test_the_embedding_model_of_a_retrieval_system_is_served_too():
    embedder = model("org/em bed", 300_000_000, task="feature-extraction", purpose="embedding")
    found = catalogue(models=(*catalogue().models, embedder))
    plan = plan_for(found, task_type="rag", domain="llm")
    step = next(s for s in plan.deployment_steps if s.title == "Serve the embedding model")
    assert step.command == "kubectl apply --filename kubernetes/embedding.yaml"
    assert plan.workload is not None
    (helper,) = plan.workload.helpers
    assert (helper.model_id, helper.engine, helper.gpus_per_node) == ("org/em bed", "tei", 0)
    alone = plan_for(found, task_type="inference", domain="llm").workload
    assert alone is not None
    assert alone.helpers == ()
    assert plan.workload.memory_request_gib <= alone.memory_request_gib - helper.memory_request_gib
    assert step.number < next(s.number for s in plan.deployment_steps if s.title == "Deploy the server")
    assert all(s.title != step.title for s in plan_for(task_type="inference", domain="llm").deployment_steps)


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


def test_a_small_model_is_served_on_cpus_where_they_are_fast_enough_and_cheapest():
    cpu = offer("aws", "", 0, "0.05", vcpus=8.0, memory_gib=32.0)
    quick = speed("org/small", "", 8, 80.0, time_to_first_token_ms=900.0)
    found = catalogue(
        models=(model("org/small", 600_000_000),),
        memory=(memory("org/small", "L4", 3.0), memory("org/small", "", 3.0)),
        performance=(quick, speed("org/small", "L4", 1, 900.0)),
        offers=(cpu, offer("gcp", "L4", 1, "0.70")),
    )
    plan = plan_for(found, task_type="inference", domain="llm")
    assert [rec.gpu_count for rec in plan.gpu_recommendations] == [0, 1]
    assert "gpu_operator" not in {part.role for part in plan.kubernetes_stack}
    assert any("CPUs rather than a GPU" in t for t in plan.tradeoffs)
    wished = plan_for(found, task_type="inference", domain="llm", gpu_needed=True)
    slow = replace(found, performance=(replace(quick, tokens_per_second=20.0), speed("org/small", "L4", 1, 900.0)))
    for other in (wished, plan_for(slow, task_type="inference", domain="llm")):
        assert all(rec.gpu_count for rec in other.gpu_recommendations)


def test_weights_are_not_served_above_the_precision_they_are_published_at():
    found = catalogue(
        models=(model("org/eight", precision="fp8"),),
        memory=(memory("org/eight", "L4", 16.0), memory("org/eight", "L4", 9.0, "fp8")),
    )
    assert plan_for(found, task_type="inference", domain="llm").gpu_recommendations[0].precision == "fp8"


@pytest.mark.parametrize(
    ("words", "wishes", "task"),
    [
        ("summarise notes", {"model_task": "summarization"}, "text-generation"),
        ("label tickets", {"model_task": "text-classification", "model_params_b": 8}, "text-generation"),
        ("OCR of scanned pages", {"model_task": "image-to-text"}, "image-text-to-text"),
        ("captions for photos", {"model_task": "image-to-text"}, "image-to-text"),
        ("named", {"model_task": "summarization", "models": ("small",)}, "summarization"),
    ],
)
def test_a_language_model_does_what_was_once_done_by_models_of_their_own(words, wishes, task):
    named = catalogue(models=(model(SMALL, wished_as="small"),))
    plan = plan_for(named, task_type="inference", concurrency=2, words=words, **wishes)
    assert plan.workload is not None
    assert plan.workload.model_task == task
