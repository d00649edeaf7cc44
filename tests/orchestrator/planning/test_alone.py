"""Where only machines of the user's own may run the workload, nothing that is rented stands among what may be had."""

from __future__ import annotations

import pytest

from services.orchestrator.domain.planning.alone import offline, own_alone
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.planning.own import stated
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import GPU_TYPES, catalogue
from tests.orchestrator.planning.plans import plan_for

OWN = WorkloadSpec(task_type="inference", domain="llm", prefers_local_cluster=True)
FOUR = OWN.with_fields({"gpu_models": ("A100-80GB",), "gpu_count_min": 4})


@pytest.mark.parametrize(
    "words",
    [
        "on-premises only",
        "only on-prem please",
        "exclusively on prem",
        "nothing may leave our data centre",
        "data must never leave our network",
        "no cloud at all",
        "the cloud is not an option",
        "the cloud is not allowed",
        "it must stay in-house",
        "air-gapped",
        "nur on-premise",
        "pas de cloud",
        "use only our own machines",
        "physics has 4 A40s, use those instead of renting",
        "we run it here rather than rent anything",
        "we don't want to rent",
        "the cloud is fine too\nactually on-prem only",
    ],
)
def test_words_allow_nothing_that_is_rented(words):
    assert own_alone(OWN, words)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "we have our own cluster",
        "on-prem if possible, else the cloud",
        "our own servers first, otherwise rent",
        "on-prem only\nok, the cloud is fine too",
        "no cloud preference",
        "no cloud provider yet",
        "we can't rent more than two GPUs",
    ],
)
def test_renting_is_left_open(words):
    assert not own_alone(OWN, words)


def test_a_provider_that_is_named_is_rented_from():
    assert not own_alone(OWN.with_fields({"providers": ("aws",)}), "air-gapped in our AWS account")


def planned(spec, words):
    needs = needs_of(spec, words=words)
    held = catalogue()
    found = catalogue(offers=(*held.offers, *stated(needs, GPU_TYPES, None)))
    return plan_for(found, words=words, **spec.stated())


def test_beside_machines_of_the_users_own_nothing_is_rented():
    plan = planned(FOUR, "on premises only, we have 4 A100s")
    assert {rec.provider for rec in plan.gpu_recommendations} == {"local"}
    assert not any(rec.equivalents for rec in plan.gpu_recommendations)
    assert "your own machines alone" in plan.understanding
    assert plan.unmet == ()
    before = planned(FOUR, "we have 4 A100s on premises")
    assert {rec.provider for rec in before.gpu_recommendations} > {"local"}


def test_where_no_machine_of_the_users_own_is_known_that_is_said_first_and_what_is_rented_breaks_the_wish():
    words = "a chatbot, on premises only"
    plan = planned(OWN, words)
    assert all("providers" in rec.breaks for rec in plan.gpu_recommendations)
    (wish,) = plan.unmet
    assert wish.conflict.startswith("Only machines of your own may be used")
    assert "GiB of GPU memory for a copy" in wish.relaxations[0].description
    assert any("Rent machines after all" in way.description for way in wish.relaxations[1:])
    silent = plan.model_copy(update={"unmet": ()})
    assert verify(silent, OWN, catalogue(), said=words)


def test_machines_that_were_named_need_not_be_named_again():
    late = planned(FOUR.with_fields({"latency_ms_p95": 0.001}), "on premises only, we have 4 A100s")
    ways = [way.description for wish in late.unmet for way in wish.relaxations]
    assert not any(way.startswith("Name your machines") for way in ways)


def test_a_plan_that_hides_that_nothing_may_be_rented_is_refused():
    plan = plan_for(**OWN.stated())
    assert verify(plan, OWN, catalogue(), said="on premises only")


def test_what_has_to_be_copied_to_machines_without_the_internet_is_told():
    assert offline("air-gapped")
    assert not offline("internet-facing")
    (told,) = [w for w in planned(FOUR, "4 A100s on-prem, air-gapped").warnings if "no internet" in w]
    assert "vllm/vllm-openai" in told
    assert "meta-llama/Llama-3.1-8B-Instruct" in told
