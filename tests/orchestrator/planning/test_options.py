"""Which machines are offered, and which comes first."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from services.orchestrator.domain.plan import OptionKind
from tests.orchestrator.planning.builders import catalogue, memory, model, offer, speed
from tests.orchestrator.planning.plans import SMALL, plan_for


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


def test_what_is_called_the_most_headroom_is_the_fastest_that_the_budget_allows():
    machines = tuple(offer("gcp", "L4", gpus, price) for gpus, price in ((1, "1.00"), (2, "1.80"), (4, "1.95")))
    plan = plan_for(catalogue(offers=machines), task_type="inference", domain="llm", budget_usd_month=1500)
    gpus = {rec.option: rec.gpu_count for rec in reversed(plan.gpu_recommendations)}
    assert (gpus[OptionKind.BEST_VALUE], gpus[OptionKind.MOST_HEADROOM]) == (2, 4)


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


def test_weights_are_served_at_fewer_bits_only_when_16_do_not_meet_the_wishes():
    big = catalogue(models=(model("meta-llama/Llama-3.1-70B-Instruct", 70_000_000_000),))
    rich = plan_for(big, task_type="inference", domain="llm")
    poor = plan_for(big, task_type="inference", domain="llm", budget_usd_month=1500)
    assert rich.gpu_recommendations[0].precision == "bf16"
    assert poor.gpu_recommendations[0].precision in ("fp8", "int4")
    assert any("rather than 16 bit" in t for t in poor.tradeoffs)


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


def test_private_hosts_come_last_and_a_major_provider_is_among_the_options():
    cheap = offer("vast", "L4", 1, "0.10")
    more = catalogue(offers=(*catalogue().offers, cheap))
    plan = plan_for(more, task_type="inference", domain="llm")
    assert plan.gpu_recommendations[0].provider == "gcp"
    only = plan_for(catalogue(offers=(cheap,)), task_type="inference", domain="llm")
    assert only.gpu_recommendations[0].provider == "vast"
    assert any("private hosts" in w for w in only.warnings)


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


def test_models_that_may_not_be_used_for_money_are_refused_when_money_is_made():
    closed = model("org/research", license="cc-by-nc-4.0", license_class="research_only", open_source=False)
    found = replace(
        catalogue(models=(closed, model(SMALL))), memory=(*catalogue().memory, memory(closed.model_id, "L4", 5.0))
    )
    plan = plan_for(found, task_type="inference", domain="llm", license="commercial_ok")
    assert plan.gpu_recommendations[0].model_id == SMALL


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


def test_what_answers_from_documents_is_in_a_cluster_where_its_neighbours_are():
    bare, node = offer("runpod", "A10G", 1, "0.30"), offer("aws", "A10G", 1, "1.00")
    found = catalogue(offers=(bare, node), offers_elsewhere=(bare, node))
    for task, providers, first in (("rag", (), "aws"), ("inference", (), "runpod"), ("rag", ("runpod",), "runpod")):
        plan = plan_for(found, task_type=task, domain="llm", providers=providers)
        assert plan.gpu_recommendations[0].provider == first
    alone = plan_for(catalogue(offers=(bare,), offers_elsewhere=(bare,)), task_type="rag", domain="llm")
    assert alone.gpu_recommendations[0].provider == "runpod"
