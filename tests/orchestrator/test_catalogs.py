"""The architect over the real services and their starter catalogues."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal

import pytest

from libs.rpc.client import open_channel
from services.orchestrator.architect import make_plan
from services.orchestrator.catalogs import GrpcCatalogs
from services.orchestrator.catalogs.convert import compute
from services.orchestrator.catalogs.convert.packages import nested
from services.orchestrator.catalogs.protocol import Components
from services.orchestrator.domain.candidates import FoundModels
from services.orchestrator.domain.planning.asks import ModelAsk, OfferAsk
from services.orchestrator.domain.planning.components import RoleNeed
from services.orchestrator.domain.planning.places import GEOS, NO_KUBERNETES
from services.orchestrator.domain.planning.standing import standing_of
from services.orchestrator.domain.render import Format, render
from services.orchestrator.domain.spec import WorkloadSpec
from stack8s.packages.v1.component_pb2 import ChartValue
from tests.orchestrator.planning.builders import offer
from tests.support.services import Services


@pytest.fixture
async def catalogs(services: Services) -> AsyncIterator[GrpcCatalogs]:
    targets = (services.compute.target, services.models.target, services.packages.target)
    async with AsyncExitStack() as stack:
        machines, models, packages = [await stack.enter_async_context(open_channel(t, timeout_s=30.0)) for t in targets]
        yield GrpcCatalogs(compute=machines, models=models, packages=packages)


async def planned(catalogs, *, words="", **wishes):
    return await make_plan(WorkloadSpec(**wishes), catalogs, plan_id="p", conversation_id="c", words=words)


async def test_mri_data_and_lung_cancer_become_a_plan_for_volumes(catalogs):
    words = "I have 2TB of MRI images and want to create a model to detect lung cancer. Architect the best stack."
    plan = await planned(
        catalogs, words=words, domain="computer_vision", dataset_modality="image", dataset_size_gb=2000
    )
    assert len(plan.gpu_recommendations) >= 3
    assert len({rec.provider for rec in plan.gpu_recommendations}) >= 2
    assert 3 <= len(plan.model_recommendations) <= 7
    assert [m.task for m in plan.model_recommendations if m.chosen] == ["image-segmentation"]
    assert sum(m.task != "image-segmentation" for m in plan.model_recommendations) <= 1
    assert {"gpu_operator", "experiment_tracking", "monitoring"} <= {c.role for c in plan.kubernetes_stack}
    assert plan.deployment_steps[0].number == 1
    assert {s.catalog for s in plan.snapshots} == {"compute", "models", "packages"}


async def test_a_budget_a_month_rules_out_no_machine_that_is_soon_done(catalogs):
    wishes = {"task_type": "fine_tuning", "domain": "llm", "models": ("qwen2.5 72b",), "dataset_items": 200_000}
    free = await planned(catalogs, **wishes)
    bound = await planned(catalogs, **wishes, budget_usd_month=1500)
    in_all = await planned(catalogs, **wishes, budget_usd_total=1500)
    soon = await planned(catalogs, **wishes, budget_usd_month=1500, deadline_hours=24)
    assert free.cost_estimate.monthly_total < 1500 < free.gpu_recommendations[0].price_per_hour * 730
    for plan in (bound, in_all):
        assert plan.gpu_recommendations[0].instance_type == free.gpu_recommendations[0].instance_type
        assert not plan.gpu_recommendations[0].breaks
    assert not soon.gpu_recommendations[0].breaks
    assert soon.gpu_recommendations[0].run_hours <= 24


async def test_a_run_that_no_week_is_enough_for_takes_no_years(catalogs):
    words = "pretrain a 7B model on 1 trillion tokens"
    plan = await planned(catalogs, words=words, task_type="training", domain="llm", model_params_b=7)
    assert 168 < plan.gpu_recommendations[0].run_hours <= 2190  # a quarter of a year


async def test_a_budget_that_no_length_keeps_still_shows_smaller_models(catalogs):
    plan = await planned(
        catalogs, task_type="fine_tuning", domain="llm", models=("qwen2.5 72b",), dataset_items=200_000,
        budget_usd_month=400,
    )  # fmt: skip
    assert {wish.field for wish in plan.unmet} & {"budget_usd_month", "models"}
    assert plan.gpu_recommendations


@pytest.mark.parametrize(("roles", "stack"), [((), set()), (("experiment_tracking",), {"experiment_tracking"})])
async def test_machines_that_are_no_nodes_get_no_components_but_those_asked_for(catalogs, roles, stack):
    plan = await planned(
        catalogs, task_type="training", domain="computer_vision", dataset_size_gb=100, providers=("runpod",),
        component_roles=roles,
    )  # fmt: skip
    assert {c.role for c in plan.kubernetes_stack} == stack
    assert any(step.title == "Place the components" for step in plan.deployment_steps) is bool(stack)
    assert not any("ServiceMonitor" in c.connection for c in plan.kubernetes_stack)


async def test_who_asks_for_a_stack_gets_machines_that_can_be_its_nodes(catalogs):
    wishes = {"task_type": "training", "domain": "computer_vision", "dataset_size_gb": 100}
    plain = await planned(catalogs, **wishes)
    stack = await planned(catalogs, words="architect the best stack", **wishes)
    assert plain.gpu_recommendations[0].provider in NO_KUBERNETES
    assert not plain.kubernetes_stack
    assert stack.gpu_recommendations[0].provider not in NO_KUBERNETES
    assert {"gpu_operator", "experiment_tracking"} <= {c.role for c in stack.kubernetes_stack}


async def test_a_named_model_is_found_sized_and_served(catalogs):
    plan = await planned(
        catalogs, task_type="inference", domain="llm", models=("llama 70b",), concurrency=20, budget_usd_month=4000
    )
    lead = plan.gpu_recommendations[0]
    assert "70B" in lead.model_id
    assert lead.gpu_memory_total_gib > lead.memory_required_gib > 70
    assert plan.cost_estimate.monthly_total <= 4000
    assert plan.workload is not None
    assert plan.workload.engine == "vllm"


async def test_without_a_gpu_the_plan_is_for_cpus(catalogs):
    plan = await planned(
        catalogs, task_type="inference", domain="tabular", model_task="tabular-classification", gpu_needed=False
    )
    assert plan.gpu_recommendations
    assert all(rec.gpu_count == 0 and rec.gpu_type == "" for rec in plan.gpu_recommendations)
    assert "gpu_operator" not in {c.role for c in plan.kubernetes_stack}


async def test_software_that_is_named_is_in_the_stack(catalogs):
    plan = await planned(catalogs, task_type="fine_tuning", domain="llm", components=("mlflow",), providers=("aws",))
    assert "mlflow" in {c.name for c in plan.kubernetes_stack}
    assert {rec.provider for rec in plan.gpu_recommendations} == {"aws"}


async def test_what_a_chart_leaves_to_the_user_stands_under_it(catalogs):
    plan = await planned(catalogs, task_type="training", domain="computer_vision", components=("feast",))
    (features,) = [c for c in plan.kubernetes_stack if c.name == "feast-feature-server"]
    assert any("feature_store.yaml in base64" in w for w in features.warnings)


async def test_a_database_comes_with_its_cluster_under_the_names_that_others_connect_to(catalogs):
    plan = await planned(catalogs, task_type="fine_tuning", domain="llm", components=("mlflow", "postgresql"))
    database = next(c for c in plan.kubernetes_stack if c.role == "database")
    assert "postgres" in {c.release for c in database.companions}
    assert all(c.version and c.namespace and c.provenance.record_id for c in database.companions)
    assert all(c.release for c in plan.kubernetes_stack)


async def test_the_same_spec_gives_the_same_plan_byte_for_byte(catalogs):
    wishes = {"task_type": "inference", "domain": "llm", "concurrency": 10}
    first, second = [await planned(catalogs, **wishes) for _ in range(2)]
    assert render(first, Format.BUNDLE).content == render(second, Format.BUNDLE).content


@pytest.mark.parametrize("geo", sorted(GEOS))
async def test_every_part_of_the_world_can_be_planned_for(catalogs, geo):
    plan = await planned(catalogs, task_type="inference", domain="llm", model_task="text-generation", geos=(geo,))
    lead = plan.gpu_recommendations[0]
    assert lead.country in GEOS[geo] or lead.breaks


async def test_the_cheapest_machine_of_each_place_that_is_large_enough_is_found(catalogs):
    found = await catalogs.search_offers(OfferAsk(gpu=False, each_place=True, vcpus_min=3.0, memory_gib_min=12.0))
    places = [(offer.provider, offer.region) for offer in found]
    assert len(set(places)) == len(places) > 10
    assert all((o.vcpus or 0) >= 3 and (o.memory_gib or 0) >= 12 and not o.gpu_count for o in found)
    assert {o.price_model for o in found} == {"on_demand"}
    some = await catalogs.search_offers(OfferAsk(gpu=False, providers=(places[0][0],), regions=(places[0][1],)))
    holding = [o for o in some if (o.vcpus or 0) >= 3 and (o.memory_gib or 0) >= 12 and o.price_model == "on_demand"]
    assert min(o.price_per_hour for o in holding) == found[0].price_per_hour


async def test_offers_come_whole_over_the_wire(catalogs):
    offers = await catalogs.search_offers(OfferAsk(gpu=True, providers=("aws",)))
    assert len(offers) > 5
    assert all(o.provider == "aws" and o.gpu_count > 0 and o.price_per_hour > 0 for o in offers)
    assert [o.price_per_hour for o in offers] == sorted(o.price_per_hour for o in offers)
    assert all(o.provenance.catalog == "compute" and o.provenance.snapshot_id for o in offers)
    assert any(o.spot_price_per_hour for o in offers)


async def test_models_carry_licence_and_what_they_were_asked_as(catalogs):
    models = (await catalogs.search_models(ModelAsk(name="llama 3.1 8b", limit=3))).models
    assert models[0].wished_as == "llama 3.1 8b"
    assert models[0].license_class == "attribution"
    assert models[0].license_note


def offer_at(provider, region, continent):
    return offer(provider, "L4", 1, "1.00", region=region, continent=continent)


async def test_a_licence_or_task_that_no_catalogue_knows_finds_nothing_and_fails_nothing(catalogs):
    terms = await catalogs.search_models(ModelAsk(query="a chat model", license="terms of nobody at all"))
    assert terms == FoundModels(notes=("It knows no licence terms of nobody at all.",))
    task = await catalogs.search_models(ModelAsk(query="a chat model", tasks=("mind-reading",)))
    assert task == FoundModels(notes=("It knows no task mind-reading.",))


@pytest.mark.parametrize(
    ("license_id", "why"),
    [
        ("terms of nobody at all", "It knows no licence terms of nobody at all."),
        ("eupl-1.2", "No model here states the licence eupl-1.2."),
    ],
)
async def test_a_licence_that_no_model_has_is_unmet_with_the_reason_and_the_nearest_model(catalogs, license_id, why):
    plan = await planned(catalogs, task_type="inference", domain="llm", license=license_id)
    assert [unmet.field for unmet in plan.unmet] == ["license"]
    assert plan.model_recommendations
    assert any(license_id in w and "the models catalogue found none" in w and why in w for w in plan.warnings)


@pytest.mark.parametrize("spelled", ["Apache 2.0 License", "Apache License, Version 2.0", "apache-2"])
async def test_a_licence_is_kept_however_it_is_spelled(catalogs, spelled):
    plan = await planned(catalogs, task_type="inference", domain="llm", license=spelled)
    assert {m.license for m in plan.model_recommendations if m.chosen} == {"apache-2.0"}
    assert plan.unmet == ()


@pytest.mark.parametrize(
    ("family", "name", "kept"),
    [
        ("apache", (), "apache-2.0"),
        ("llama 3.1 community license", ("llama 3.1 8b",), "llama3.1"),
        ("llama", ("llama 3.1 8b",), "llama3.1"),
    ],
)
async def test_a_family_of_licences_means_in_a_plan_what_it_means_to_the_catalogue(catalogs, family, name, kept):
    plan = await planned(catalogs, task_type="inference", domain="llm", license=family, models=name)
    assert {m.license for m in plan.model_recommendations if m.chosen} == {kept}
    assert plan.unmet == ()


async def test_a_named_model_that_a_family_of_licences_leaves_out_is_told_as_by_the_licence_itself(catalogs):
    family, licence = [
        await planned(catalogs, task_type="inference", domain="llm", license=name, models=("llama 3.1 8b",))
        for name in ("apache", "apache-2.0")
    ]
    assert family.unmet
    assert family.unmet == licence.unmet


async def test_a_run_that_may_not_fit_says_so_and_is_sized_by_the_batch_of_its_own_program(catalogs):
    plan = await planned(
        catalogs, task_type="fine_tuning", domain="llm", models=("llama 3.1 8b",), dataset_items=50_000,
        gpu_models=("RTX4090",), gpu_count_min=1, words="one card",
    )  # fmt: skip
    told = [w for w in plan.warnings if "may turn out that meta-llama/Llama-3.1-8B does not fit" in w]
    assert len(told) == 1
    assert "give or take 25%" in told[0]
    assert "8 samples a step" not in told[0]


async def test_the_speed_of_a_model_of_sound_reaches_the_plan(catalogs):
    plan = await planned(catalogs, task_type="inference", model_task="text-to-audio", models=("musicgen medium",))
    assert "seconds of sound a second" in plan.gpu_recommendations[0].why


async def test_prices_of_storage_and_traffic_are_those_of_a_region(catalogs):
    prices = await catalogs.list_unit_prices()
    here, there = offer_at("aws", "eu-central-1", "europe"), offer_at("aws", "us-east-1", "north-america")
    assert prices.find(here, "block").tiers[0].unit_price == Decimal("0.0952")
    assert prices.find(there, "block").tiers[0].unit_price == Decimal("0.08")
    tiers = prices.find(here, "egress").tiers
    assert [t.from_gb for t in tiers] == sorted({t.from_gb for t in tiers})
    assert prices.find(offer_at("aws", "ap-northeast-1", "asia"), "egress").of == "North America and Europe"
    assert prices.find(offer_at("vast", "nowhere", "europe"), "object") is None
    assert all(p.provenance.snapshot_id and p.provenance.source for p in prices.records)


async def test_every_page_of_the_prices_is_read(catalogs, monkeypatch):
    whole = await catalogs._list_unit_prices()
    monkeypatch.setattr(compute, "PAGE", 7)
    assert len(whole.records) > 7
    assert await catalogs._list_unit_prices() == whole


async def test_a_machine_in_frankfurt_pays_for_disks_what_they_cost_there(catalogs):
    plan = await planned(catalogs, task_type="inference", domain="llm", providers=("aws",), regions=("eu-central-1",))
    assert plan.gpu_recommendations[0].region == "eu-central-1"
    stored = [x for x in plan.cost_estimate.lines if x.description.startswith("Block storage")]
    assert {x.unit_price for x in stored} == {Decimal("0.0952")}
    assert {x.provenance.record_id for x in stored} == {"storage/aws/eu-central-1/block"}


async def test_a_cluster_that_is_not_configured_is_described(catalogs):
    assert (await catalogs.describe_cluster()).note == "no cluster is connected to stack8s yet"


def test_flat_chart_values_become_a_tree():
    values = [
        ChartValue(path="server.replicas", number_value=2),
        ChartValue(path="server.share", number_value=0.5),
        ChartValue(path="server.enabled", bool_value=True),
        ChartValue(path=r"labels.app\.kubernetes\.io/name", string_value="x"),
    ]
    assert nested(values) == {
        "server": {"replicas": 2, "share": 0.5, "enabled": True},
        "labels": {"app.kubernetes.io/name": "x"},
    }


def test_places_in_chart_values_become_lists():
    values = [
        ChartValue(path="env[1].name", string_value="B"),
        ChartValue(path="env[0].name", string_value="A"),
        ChartValue(path="env[0].from.secret", string_value="s"),
        ChartValue(path="hosts[0]", string_value="a.example"),
        ChartValue(path="odd[x]", string_value="kept"),
    ]
    assert nested(values) == {
        "env": [{"name": "A", "from": {"secret": "s"}}, {"name": "B"}],
        "hosts": ["a.example"],
        "odd[x]": "kept",
    }


def roles_of(*names: str, **wanted: str) -> list[RoleNeed]:
    return [RoleNeed(role, wanted.get(role, ""), "needed") for role in names]


async def recommended(catalogs: GrpcCatalogs, words: str, *names: str, **wanted: str) -> Components:
    spec = WorkloadSpec(task_type="rag", concurrency=8)
    return await catalogs.recommend_components(
        roles_of(*names, **wanted), spec, gpu_vendor="nvidia", standing=standing_of(words)
    )


async def test_what_is_there_fills_its_role_and_its_neighbours_know_where_to_look(catalogs):
    answer = await recommended(catalogs, "We run Prometheus and Grafana.", "monitoring", "autoscaling", "gpu_operator")
    assert [(i.name, i.role, i.chart) for i in answer.installed] == [
        ("Prometheus", "monitoring", "kube-prometheus-stack"),
        ("Grafana", "monitoring", ""),
    ]
    assert {c.role for c in answer.charts} == {"autoscaling", "gpu_operator"}
    assert {link.role for c in answer.charts for link in c.links} == {"monitoring"}


@pytest.mark.parametrize(
    ("words", "role", "name"),
    [
        ("we already have pgvector", "vector_db", "pgvector"),
        ("we use GitLab CI", "ci_cd", "GitLab CI"),
        ("we already have monitoring", "monitoring", "monitoring"),
        ("our own metrics stack, FooMon", "monitoring", "FooMon"),
        ("we run Dynatrace", "monitoring", "Dynatrace"),
    ],
)
async def test_what_the_catalogue_does_not_know_keeps_its_role_and_nothing_is_connected_to_it(
    catalogs, words, role, name
):
    answer = await recommended(catalogs, words, role, "gpu_operator")
    assert [(i.name, i.role, i.chart) for i in answer.installed] == [(name, role, "")]
    assert [c.role for c in answer.charts] == ["gpu_operator"]
    assert [c.links for c in answer.charts] == [()]


@pytest.mark.parametrize(
    ("words", "role", "chart"),
    [("our own Zot registry", "registry", "zot"), ("we run Argilla already", "data_labelling", "argilla")],
)
async def test_software_of_the_catalogue_fills_its_role_though_no_plan_would_choose_it(catalogs, words, role, chart):
    answer = await recommended(catalogs, words, role)
    assert ([i.chart for i in answer.installed], answer.charts) == ([chart], ())


async def test_another_software_that_is_wanted_is_installed_beside_what_is_there(catalogs):
    answer = await recommended(catalogs, "we run Milvus", "vector_db", vector_db="qdrant")
    assert ([c.chart for c in answer.charts], answer.installed) == (["qdrant"], ())


async def test_a_search_engine_that_is_there_is_no_vector_database(catalogs):
    answer = await recommended(catalogs, "We have 2 million documents in Elasticsearch", "vector_db")
    assert ([c.chart for c in answer.charts], answer.installed) == (["qdrant"], ())


async def test_roles_that_only_refused_software_fills_are_told(catalogs):
    words = "We don't want Weaviate, Chroma, Qdrant or Milvus"
    (unfilled,) = (await recommended(catalogs, words, "vector_db", "monitoring")).unfilled
    assert (unfilled.role, set(unfilled.refused)) == ("vector_db", {"qdrant", "milvus", "weaviate", "chromadb"})
