"""A false plan does not get past the verifier, whoever made it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.mutations import Mutation, cost, first_of, invented, lead, line
from tests.orchestrator.planning.builders import companion
from tests.orchestrator.planning.strategies import catalogues, serving_specs

MUTATIONS: dict[str, Mutation] = {
    "a lower price an hour": lead(price_per_hour=lambda r: r.price_per_hour - Decimal("0.01")),
    "a lower price a month": lead(price_per_month=lambda r: r.price_per_month - Decimal("0.01")),
    "an invented spot price": lead(spot_price_per_hour=Decimal("0.0001")),
    "an invented offer": lead(offer_id="aws/invented"),
    "another provider": lead(provider=lambda r: "aws" if r.provider != "aws" else "gcp"),
    "another region": lead(region="moon-1"),
    "another country": lead(country="XX"),
    "another machine": lead(instance_type="mega.9000"),
    "a better GPU": lead(gpu_type="B200"),
    "more memory on each GPU": lead(gpu_memory_gib=lambda r: r.gpu_memory_gib + 8),
    "more GPUs": lead(gpu_count=lambda r: r.gpu_count + 1),
    "fewer machines": lead(node_count=0),
    "more vCPUs": lead(vcpus=lambda r: (r.vcpus or 0) + 1),
    "spot called on demand": lead(price_model=lambda r: "spot" if r.price_model == "on_demand" else "on_demand"),
    "a smaller need for memory": lead(memory_required_gib=lambda r: r.memory_required_gib / 2),
    "another precision": lead(precision="int2"),
    "more copies than the GPUs hold": lead(replicas=lambda r: r.gpu_count + 1),
    "another split": lead(tensor_parallel=lambda r: r.tensor_parallel * 2),
    "more headroom": lead(headroom=lambda r: r.headroom + 0.1),
    "an invented model on the machine": lead(model_id="org/invented"),
    "another source": lead(provenance=lambda r: replace(r.provenance, record_id="elsewhere")),
    "an invented speed": lead(tokens_per_second=lambda r: (r.tokens_per_second or 0) + 1),
    "an invented run cost": lead(run_hours=3.0, run_cost=Decimal("0.01")),
    "a total that is a cent off": cost(monthly_total=lambda c: c.monthly_total + Decimal("0.01")),
    "a complete estimate that is not": cost(complete=lambda c: not c.complete),
    "an invented spot total": cost(spot_monthly_total=Decimal("1.00")),
    "an invented exchange": cost(monthly_total_in_currency=Decimal("1.00")),
    "no cost lines": cost(lines=(), monthly_total=Decimal(0)),
    "a cheaper machine line": line(0, unit_price=Decimal("0.01")),
    "a line that does not multiply out": line(0, monthly=Decimal("1.00")),
    "fewer hours": line(0, quantity=Decimal(10), monthly=Decimal("1.00")),
    "an invented price of the components' machine": line(1, unit_price=Decimal("0.001"), monthly=Decimal("0.73")),
    "an invented storage price": line(2, unit_price=Decimal("0.001"), monthly=Decimal("0.20")),
    "an unknown without a reason": line(0, monthly=None, unknown_reason=""),
    "an invented model": first_of("model_recommendations", model_id=invented("org/invented")),
    "another licence": first_of("model_recommendations", license=invented("do-what-you-want")),
    "an invented licence note": first_of("model_recommendations", license_note=invented("All is allowed.")),
    "more downloads": first_of("model_recommendations", downloads=lambda m: (m.downloads or 0) + 1),
    "other parameters": first_of("model_recommendations", parameters=lambda m: (m.parameters or 0) + 1),
    "an invented memory figure": first_of("model_recommendations", memory_gib=lambda m: (m.memory_gib or 0) + 1),
    "a gated model called open": first_of("model_recommendations", gated=lambda m: not m.gated),
    "no model chosen": first_of("model_recommendations", chosen=False),
    "an invented chart version": first_of("kubernetes_stack", version=invented("99.0.0")),
    "an invented chart": first_of("kubernetes_stack", chart=invented("miracle")),
    "an invented repository": first_of("kubernetes_stack", repository_url=invented("https://evil.example.org")),
    "an invented release": first_of("kubernetes_stack", release=invented("other")),
    "an invented companion": first_of("kubernetes_stack", companions=(companion("miracle"),)),
    "unmet wishes left out": lambda plan: plan.model_copy(update={"unmet": ()}) if plan.unmet else None,
    "a workload of another model": lambda plan: (
        plan.model_copy(update={"workload": plan.workload.model_copy(update={"model_id": "org/other"})})
        if plan.workload
        else None
    ),
    "no workload": lambda plan: plan.model_copy(update={"workload": None}) if plan.workload else None,
    "a workload with more GPUs": lambda plan: (
        plan.model_copy(update={"workload": plan.workload.model_copy(update={"gpus_per_node": 99})})
        if plan.workload
        else None
    ),
}


def test_a_plan_of_our_own_is_sound(sound):
    plan, spec, candidates = sound
    assert verify(plan, spec, candidates) == ()


# The plan of the fixture meets every wish, so there is nothing to leave out of it.
@pytest.mark.parametrize("name", [n for n in MUTATIONS if n != "unmet wishes left out"])
def test_a_plan_is_refused_with(name, sound):
    plan, spec, candidates = sound
    changed = MUTATIONS[name](plan)
    assert changed is not None
    assert verify(changed, spec, candidates) != ()


@settings(max_examples=150, deadline=None)
@given(
    st.booleans().flatmap(lambda wished: st.tuples(serving_specs(wished=wished), catalogues(wished=wished))),
    st.sampled_from(sorted(MUTATIONS)),
)
def test_no_mutation_of_a_generated_plan_gets_past(case, name):
    spec, candidates = case
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    changed = MUTATIONS[name](plan)
    assume(changed is not None and changed != plan)
    assert verify(changed, spec, candidates) != (), name


@pytest.mark.parametrize(
    "wish",
    [
        {"budget_usd_month": 300},
        {"budget_usd_hour": 0.5},
        {"providers": ("azure",)},
        {"providers_excluded": ("gcp",)},
        {"geos": ("germany",)},
        {"regions": ("eastus",)},
        {"gpu_models": ("H100",)},
        {"gpu_models_excluded": ("L4",)},
        {"gpu_count_min": 4},
        {"vram_gb_min_per_gpu": 80},
        {"vram_gb_min_total": 160},
        {"gpu_needed": False},
        {"license": "open_source"},
        {"compliance": ("hipaa",), "geos": ("JP",)},
        {"models": ("another model",)},
        {"latency_ms_p95": 100},
        {"precision": "fp8"},
        {"tokens_per_second": 100_000},
        {"requests_per_second": 100},
    ],
    ids=lambda wish: next(iter(wish)),
)
def test_a_plan_for_other_wishes_is_refused(wish, sound):
    plan, spec, candidates = sound
    kept = {k: v for k, v in spec.stated().items() if not k.startswith("budget")}
    if "models" in wish:
        candidates = replace(candidates, models=tuple(replace(m, wished_as="") for m in candidates.models))
    if "license" in wish:
        candidates = replace(candidates, models=tuple(replace(m, open_source=False) for m in candidates.models))
    plan = plan.model_copy(
        update={
            "cost_estimate": plan.cost_estimate.model_copy(
                update={"exchange_rate": None, "monthly_total_in_currency": None}
            )
        }
    )
    assert verify(plan, WorkloadSpec(**kept), catalogue_of(candidates, spec)) == ()
    assert any("silently breaks" in v for v in verify(plan, WorkloadSpec(**{**kept, **wish}), candidates))


@pytest.mark.parametrize("real", [True, False])
def test_a_plan_without_machines_has_nothing_to_deploy(real, sound):
    planned, spec, candidates = sound
    bare = replace(candidates, offers=(), offers_elsewhere=())
    plan = build_plan(spec, bare, plan_id="p", conversation_id="c")
    assert (plan.workload, verify(plan, spec, bare)) == (None, ())
    false = plan.model_copy(update={"workload": planned.workload if real else 1})
    assert "machines and workload do not belong together" in verify(false, spec, bare)


def catalogue_of(candidates, spec):
    """The candidates with the named model marked as named again, for the check that only the wish makes the
    difference."""
    return replace(candidates, models=(replace(candidates.models[0], wished_as=spec.models[0]), *candidates.models[1:]))
