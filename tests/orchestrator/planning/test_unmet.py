"""What cannot be met is said first, with ways out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.orchestrator.domain.answers.parts import unmet_list
from services.orchestrator.domain.candidates import OwnCluster
from services.orchestrator.domain.planning.words import rate, usd
from services.orchestrator.domain.understanding.lexicon import rows
from tests.orchestrator.planning.builders import GPU_TYPES, catalogue, memory, model, offer, speed
from tests.orchestrator.planning.plans import SMALL, plan_for, render_markdown


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


def test_a_model_of_unknown_size_is_no_smaller_one_that_would_keep_the_budget():
    known = model("org/known", 110_000_000, task="text-classification", relevance=0.9)
    other = model("org/unknown", None, task="text-classification", relevance=0.3)
    sized = tuple(memory(m.model_id, g, 1.0) for m in (known, other) for g in ("T4", "L4"))
    timed = tuple(speed(known.model_id, gpu, 1, requests_per_second=100.0) for gpu in ("T4", "L4"))
    found = catalogue(models=(known, other), memory=sized, performance=timed)
    plan = plan_for(
        found, task_type="inference", model_task="text-classification", requests_per_second=500, budget_usd_month=20
    )
    assert {wish.field for wish in plan.unmet} == {"budget_usd_month"}
    assert plan.gpu_recommendations
    assert plan.model_recommendations[0].model_id == known.model_id


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
    assert "compute" in {snapshot.catalog for snapshot in plan.snapshots}, "what is elsewhere is of a snapshot too"


def test_a_way_out_by_another_model_is_named_once_for_each_model():
    giant = model("org/giant", 400_000_000_000, wished_as="giant")
    others = (model("org/middle", 30_000_000_000), model("org/little", 4_000_000_000))
    sizes = tuple(memory(m.model_id, g, (m.parameters or 0) / 4e9) for m in (giant, *others) for g in ("L4", "A10G"))
    plan = plan_for(
        catalogue(models=(giant, *others), memory=sizes, performance=()),
        task_type="inference", domain="llm", models=("giant",), budget_usd_month=3000,
    )  # fmt: skip
    ways = [way.description for wish in plan.unmet for way in wish.relaxations]
    assert sum("org/middle" in way for way in ways) == sum("org/little" in way for way in ways) == 1
    assert "It stands in for what was named" in next(m.why for m in plan.model_recommendations if m.chosen)


AMD = tuple(row["name"] for row in rows("gpus") if row["vendor"] == "amd")


def test_a_maker_that_is_asked_for_is_kept_to():
    plan = plan_for(task_type="inference", domain="llm", gpu_models=AMD)
    assert {m.gpu_type for m in plan.gpu_recommendations} == {"MI300X"}
    assert plan.unmet == ()
    assert "GPUs of AMD" in plan.understanding


def test_a_provider_without_the_maker_gives_way_to_one_that_has_it():
    plan = plan_for(task_type="inference", domain="llm", gpu_models=AMD, providers=("gcp",))
    assert {m.gpu_type for m in plan.gpu_recommendations} == {"MI300X"}
    (wish,) = plan.unmet
    assert wish.field == "providers"
    assert "no GPUs of AMD at Google Cloud" in wish.conflict
    assert wish.relaxations[0].description.startswith("Allow RunPod")
    assert len(wish.relaxations) == 1, "another model on the same machine is no other way out"
    assert wish.relaxations[0].price_per_month is not None


def test_another_gpu_at_the_provider_that_has_to_be_allowed_is_no_other_way_out():
    there = (offer("gcp", "T4", 1, "0.50"),)
    elsewhere = (offer("aws", "L4", 1, "0.80"), offer("aws", "A10G", 1, "1.00"), offer("azure", "A10G", 1, "1.20"))
    found = catalogue(offers=(), offers_elsewhere=(*there, *elsewhere))
    plan = plan_for(found, task_type="inference", domain="llm", providers=("lambda",), gpu_models=("L4", "A10G"))
    ways = [way.description.partition(":")[0] for way in plan.unmet[0].relaxations if way.fields == ("providers",)]
    assert ways == ["Allow AWS", "Allow Azure"]


def test_gpus_of_a_maker_that_its_images_do_not_run_on_are_not_planned():
    old = replace(GPU_TYPES["MI300X"], name="V520", memory_gib=32.0, compute_capability="gfx1011")
    cheap = replace(offer("aws", "MI300X", 1, "0.10"), gpu_type="V520", gpu_memory_gib=32.0)
    sized = replace(memory(SMALL, "MI300X", 20.0), gpu_type="V520")
    base = catalogue()
    found = catalogue(gpu_types={**GPU_TYPES, "V520": old}, offers=(*base.offers, cheap), memory=(*base.memory, sized))
    assert {
        m.gpu_type for m in plan_for(found, task_type="inference", domain="llm", gpu_models=AMD).gpu_recommendations
    } == {"MI300X"}


def test_a_deadline_that_an_algorithm_misses_is_told_where_the_budget_is_missed_too():
    wishes = {"task_type": "training", "model_task": "tabular-regression", "dataset_size_gb": 100.0}
    large = offer("aws", "", 0, "1.00", vcpus=8.0, memory_gib=512.0)
    plan = plan_for(catalogue(offers=(large,)), **wishes, deadline_hours=1.0, budget_usd_month=10.0)
    assert "deadline_hours" in {wish.field for wish in plan.unmet}


def test_the_one_wish_that_would_keep_all_others_is_among_the_ways_out():
    giant = model("meta-llama/Llama-3.1-70B-Instruct", 70_000_000_000, wished_as="llama 3.1 70b")
    plan = plan_for(
        catalogue(models=(giant, model(SMALL))),
        task_type="inference", domain="llm", models=("llama 3.1 70b",), gpu_models=("A100",), budget_usd_month=600,
    )  # fmt: skip
    assert {wish.field for wish in plan.unmet} == {"models", "gpu_models"}
    for wish in plan.unmet:
        assert wish.relaxations[0].fields == ("budget_usd_month",)
        assert "A100-80GB-SXM" in wish.relaxations[0].description
        assert "does not fit" not in wish.conflict, "an A100 holds it, the budget does not"


def test_of_runs_that_all_end_too_late_the_nearest_is_the_cheapest_of_the_least_late():
    """Once doubled the deadline holds on the fastest GPUs only; there cost decides, not the last hour."""
    hours = {"H100-80GB-SXM": 9.0, "A100-80GB-SXM": 11.0}
    plan = plan_for(
        catalogue(
            models=(model(SMALL),),
            performance=tuple(
                speed(SMALL, g, n, run_hours=hours.get(g, 20.0)) for g in GPU_TYPES for n in range(1, 65)
            ),
        ),
        task_type="fine_tuning", domain="llm", dataset_items=1_000_000, deadline_hours=6,
    )  # fmt: skip
    assert [wish.field for wish in plan.unmet] == ["deadline_hours"]
    lead = plan.gpu_recommendations[0]
    assert (lead.gpu_type, lead.run_hours) == ("A100-80GB-SXM", 11.0)
    assert plan.unmet[0].relaxations[0].description.startswith("Allow 11 hours")


def test_a_model_and_its_tuned_version_are_one_way_out():
    giant = model("meta-llama/Llama-3.1-405B-Instruct", 405_000_000_000, wished_as="llama 3.1 405b")
    others = [model(f"org/Large-70B{tuned}", 70_000_000_000) for tuned in ("", "-Instruct", "-Chat")]
    sized = (
        memory(giant.model_id, "A100-80GB-SXM", 250.0, "int4"),
        *(memory(m.model_id, "A100-80GB-SXM", 45.0, "int4") for m in others),
    )
    found = catalogue(models=(giant, *others), memory=sized)
    plan = plan_for(found, task_type="inference", domain="llm", models=("llama 3.1 405b",), budget_usd_month=2000)
    ways = [way for way in plan.unmet[0].relaxations if "models" in way.fields]
    assert len(ways) == 1
    assert "org/Large-70B" in ways[0].description


def test_ways_out_of_a_run_are_priced_in_all_and_those_of_a_service_a_month():
    for words, wishes in (
        ("in all", {"task_type": "fine_tuning", "dataset_items": 50_000, "budget_usd_total": 1}),
        ("a month", {"task_type": "inference", "budget_usd_month": 1}),
    ):
        found = catalogue(
            models=(model(SMALL),),
            performance=tuple(speed(SMALL, g, n, run_hours=20.0) for g in GPU_TYPES for n in range(1, 65)),
        )
        plan = plan_for(found, domain="llm", **wishes)
        ways = [r for r in plan.unmet[0].relaxations if r.price_per_month is not None]
        assert ways
        for way in ways:
            assert f"({usd(way.price_per_month)} {words})" in unmet_list(plan)
            assert f"{usd(way.price_per_month)} {words} with storage" in render_markdown(plan)


def test_where_the_model_is_given_up_first_the_budget_may_be_kept_by_the_hours_of_a_day():
    giant = model("org/giant", 400_000_000_000, wished_as="giant")
    others = (model("org/middle", 30_000_000_000), model("org/little", 4_000_000_000))
    sized = (
        memory(giant.model_id, "A100-80GB-SXM", 250.0),
        *(memory(m.model_id, g, (m.parameters or 0) / 4e9) for m in others for g in ("L4", "A10G")),
    )
    plan = plan_for(
        catalogue(models=(giant, *others), memory=sized, performance=()),
        task_type="inference", domain="llm", models=("giant",), budget_usd_month=3000,
    )  # fmt: skip
    ways = [way.description for way in plan.unmet[0].relaxations]
    kinds = ("instead:", "Raise the monthly budget", "hours a day")
    assert all(sum(kind in way for way in ways) == 1 for kind in kinds), ways


def test_a_budget_is_not_raised_further_than_it_has_to_be():
    runs = tuple(speed(SMALL, g, n, run_hours=20.0) for g in GPU_TYPES for n in range(1, 65))
    found = catalogue(models=(model(SMALL),), performance=runs)
    plan = plan_for(found, task_type="fine_tuning", domain="llm", dataset_items=50_000, budget_usd_total=1)
    ways = [way for way in plan.unmet[0].relaxations if way.fields == ("budget_usd_total",)]
    assert len(ways) == 1


def test_giving_up_more_is_a_way_out_where_the_budget_is_spared_by_it():
    """On H100s alone the end is in time; on what is named nothing is, at a fraction of the cost."""
    hours = {"H100-80GB-SXM": 5.9}
    runs = tuple(speed(SMALL, g, n, run_hours=hours.get(g, 20.0)) for g in GPU_TYPES for n in range(1, 65))
    plan = plan_for(
        catalogue(models=(model(SMALL),), performance=runs),
        task_type="fine_tuning", domain="llm", dataset_items=50_000, budget_usd_total=1, deadline_hours=6,
    )  # fmt: skip
    dear, spared = plan.unmet[0].relaxations[:2]
    assert dear.fields == ("budget_usd_total",)
    assert set(spared.fields) == {"budget_usd_total", "deadline_hours"}
    assert (spared.price_per_month or 0) * 2 <= (dear.price_per_month or 0)


def test_the_conflict_of_a_model_names_the_wishes_that_the_machines_for_it_break():
    giant = model("meta-llama/Llama-3.1-70B-Instruct", 70_000_000_000, wished_as="llama 3.1 70b")
    plan = plan_for(
        catalogue(models=(giant, model(SMALL))),
        task_type="inference", domain="llm", models=("llama 3.1 70b",), gpu_models=("A100",), budget_usd_month=600,
    )  # fmt: skip
    told = next(wish.conflict for wish in plan.unmet if wish.field == "models")
    assert told.endswith("which do not meet the monthly budget.")


@pytest.mark.parametrize(
    ("load", "unit"),
    [
        ({"requests_per_second": 2_000_000}, "requests a second"),
        ({"tokens_per_second": 9e9}, "tokens a second"),
        ({"concurrency": 3_000_000}, "requests at once"),
    ],
)
def test_a_load_beyond_all_machines_of_a_plan_is_told_with_what_they_carry(load, unit):
    carrying = tuple(
        speed(SMALL, g, 1, GPU_TYPES[g].bandwidth_gbps, requests_per_second=GPU_TYPES[g].bandwidth_gbps / 100)
        for g in GPU_TYPES
    )
    found = catalogue(models=(model(SMALL),), performance=carrying)
    plan = plan_for(found, task_type="inference", domain="llm", **load)
    (wish,) = plan.unmet
    assert wish.field == next(iter(load))
    assert "are more than 64 machines carry" in wish.conflict
    assert unit in wish.conflict
    assert wish.relaxations[0].description.startswith("Ask for ")


@pytest.mark.parametrize(
    ("per_second", "said"),
    [
        (0.5, "about 30 requests a minute"),
        (1 / 600, "about 6 requests an hour"),
        (1 / 28_800, "about 3 requests a day"),
    ],
)
def test_a_low_rate_is_told_in_a_unit_in_which_it_is_no_fraction(per_second, said):
    assert rate(per_second) == said
    slow = tuple(speed(SMALL, g, 1, 1.0, requests_per_second=per_second / 1e6) for g in GPU_TYPES)
    found = catalogue(models=(model(SMALL),), performance=slow)
    (wish,) = plan_for(found, task_type="inference", domain="llm", requests_per_second=per_second).unmet
    assert wish.conflict.startswith(said.capitalize())
    assert " about 0 " not in wish.conflict
