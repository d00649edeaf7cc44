"""The architect step with a model that looks things up and picks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.orchestrator.architect import draft_plan
from services.orchestrator.domain.picks import Pick, Picks
from services.orchestrator.domain.plan import InstalledComponent
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from services.orchestrator.drafts import Found
from services.orchestrator.reasoner.protocol import Meter
from services.orchestrator.reasoner.rules import RuleReasoner
from tests.orchestrator.planning.builders import catalogue, memory, model
from tests.orchestrator.reasoner.designing import DEAR, LARGER, SERVE, SMALL, WISHES, picks, scripted, told, with_larger
from tests.orchestrator.reasoner.test_llm import turn_of
from tests.orchestrator.test_architect import Shelf
from tests.support.llm import Say


async def test_without_a_model_the_plan_is_the_planners_own():
    draft = await draft_plan(WorkloadSpec(**SERVE), Shelf(catalogue()), plan_id="p", conversation_id="c")
    assert await RuleReasoner().design(turn_of(), draft, meter=Meter()) is draft.plan


async def test_calls_of_one_answer_run_in_parallel_and_their_results_go_back():
    calls = Say(
        calls=(
            ("search_models", {"query": "small chat model"}),
            ("search_offers", {"gpu_types": ["L4"], "providers": ["gcp"]}),
            ("recommend_components", {"roles": ["monitoring"]}),
            ("search_everything", {}),
        )
    )
    result = await told(scripted(picks(), calls=calls))
    assert result.shelf.most_running == 3
    assert [r.name for r in result.reports if r.elapsed_ms is not None] == [
        "models.SearchModels",
        "compute.SearchOffers",
        "packages.RecommendComponents",
    ]
    answers = [m["content"] for m in result.requests[1]["messages"] if m["role"] == "tool"]
    assert [len(answers), SMALL in answers[0], "gcp/l4x1" in answers[1], "kube-prometheus" in answers[2]] == [
        4,
        True,
        True,
        True,
    ]
    assert "aws/" not in answers[1]
    assert "no such tool" in answers[3]
    assert all(answer in result.designs()[0] for answer in answers)
    assert (result.meter.input_tokens, result.meter.llm_ms > 0) == (3000, True)


async def test_a_dearer_machine_leads_when_the_users_own_words_prefer_it():
    reason = {"id": DEAR, "why": "It leaves most memory free.", "quote": "I want the most headroom"}
    result = await told(scripted(picks(machine=reason)))
    first = result.plan.gpu_recommendations[0]
    assert result.lead == DEAR
    assert 'It leaves most memory free. You said: "I want the most headroom".' in first.why
    assert "costs least" not in first.why
    assert not verify(result.plan, result.draft.spec, result.draft.candidates)


@pytest.mark.parametrize("quote", ["", "make it as fast as you can", "headroom"], ids=["none", "invented", "one word"])
async def test_a_dearer_machine_stays_an_option_without_such_words(quote: str):
    result = await told(scripted(picks(machine={"id": DEAR, "why": "It is roomy.", "quote": quote})))
    assert result.lead == result.draft.plan.gpu_recommendations[0].offer_id
    (option,) = [r for r in result.plan.gpu_recommendations if r.offer_id == DEAR]
    assert option.why.endswith("It is roomy.")
    assert "You said" not in option.why
    assert result.plan.cost_estimate == result.draft.plan.cost_estimate


async def test_a_picked_model_is_sized_and_planned():
    larger = {"id": LARGER, "why": "It answers better.", "quote": "not the lowest price"}
    result = await told(scripted(picks(model=larger)), with_larger())
    first, work = result.plan.gpu_recommendations[0], result.plan.workload
    assert (first.model_id, work.model_id if work else "") == (LARGER, LARGER)
    assert first.memory_required_gib == 60.0
    chosen = next(m for m in result.plan.model_recommendations if m.chosen)
    assert chosen.why.endswith('It answers better. You said: "not the lowest price".')


async def test_a_dearer_model_stays_an_option_without_the_users_words():
    result = await told(scripted(picks(model={"id": LARGER, "why": "It answers better."})), with_larger())
    assert result.plan.gpu_recommendations == result.draft.plan.gpu_recommendations
    (option,) = [m for m in result.plan.model_recommendations if m.model_id == LARGER]
    assert (option.chosen, option.why.endswith("It answers better.")) == (False, True)


async def test_a_model_that_was_looked_up_may_be_picked_but_is_not_one_the_user_named():
    found = model("org/found-70b", 70_000_000_000, wished_as="found")
    held = catalogue()
    sized = tuple(memory(found.model_id, gpu, 10.0) for gpu in held.gpu_types)
    held = replace(held, memory=(*held.memory, *sized), models=(*held.models, found))
    calls = Say(calls=(("search_models", {"name": "found"}),))
    result = await told(scripted(picks(model={"id": found.model_id, "why": "Small."}), calls=calls), held)
    assert found.model_id not in {m.model_id for m in result.draft.candidates.models}
    assert result.plan.gpu_recommendations[0].model_id == found.model_id
    assert "you named" not in result.plan.model_recommendations[0].why


async def test_what_is_there_already_is_not_installed_though_it_is_picked():
    there = InstalledComponent(name="Prometheus", role="monitoring", chart="kube-prometheus-stack", namespace="mon")
    held = replace(catalogue(), installed=(there,))
    kept = [{"role": role, "why": ""} for role in ("gpu_operator", "monitoring")]
    result = await told(scripted(picks(components=kept)), held, words=f"{WISHES} We already run Prometheus.")
    assert [c.role for c in result.plan.kubernetes_stack] == ["gpu_operator"]
    assert result.plan.installed == (there,)
    assert len(result.designs()) == 1


async def test_components_are_arranged_and_what_is_not_needed_may_be_left_out():
    kept = [{"role": "monitoring", "why": ""}, {"role": "gpu_operator", "why": "Pods need GPUs."}]
    result = await told(scripted(picks(components=kept)))
    assert [c.role for c in result.plan.kubernetes_stack] == ["monitoring", "gpu_operator"]
    assert result.plan.kubernetes_stack[1].why.endswith("Pods need GPUs.")


async def test_picks_that_keep_everything_are_not_planned_again():
    draft = await draft_plan(WorkloadSpec(**SERVE), Shelf(catalogue()), plan_id="p", conversation_id="c")
    lead = draft.plan.gpu_recommendations[0]
    roles = tuple(chart.role for chart in draft.candidates.charts)
    same = Picks(model=Pick(id=lead.model_id), machine=Pick(id=lead.offer_id), roles=roles)
    assert await draft.redraft(same, Found()) is draft
    assert await draft.redraft(replace(same, roles=roles[::-1]), Found()) is not draft
