"""The most GPUs and GPU memory that words allow: kept to, or told as what cannot be met."""

from __future__ import annotations

import pytest

from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.ceilings import NONE, ceilings_of
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import understand
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import GPU_TYPES, catalogue, memory, model, offer
from tests.orchestrator.planning.plans import SMALL

LARGE = "meta-llama/Llama-3.3-70B-Instruct"
OFFERS = (
    offer("aws", "T4", 1, "0.50"),
    offer("aws", "L4", 1, "0.80"),
    offer("aws", "L4", 4, "3.20"),
    offer("gcp", "A100-80GB-SXM", 1, "0.40"),
    offer("gcp", "A100-80GB-SXM", 2, "0.90"),
)


def spec_of(words: str) -> WorkloadSpec:
    return understand(words, spec=WorkloadSpec(), turn=1).spec


def plan_of(words: str, *, gib: float, model_id: str = SMALL):
    sizes = tuple(memory(model_id, g, gib, p) for p in ("bf16", "fp8", "int4") for g in GPU_TYPES)
    named = model(model_id, wished_as=spec_of(words).models[0])
    found = catalogue(models=(named,), offers=OFFERS, offers_elsewhere=OFFERS, memory=sizes)
    spec = spec_of(words)
    plan = build_plan(spec, found, plan_id="p", conversation_id="c", words=words)
    assert verify(plan, spec, found, said=words) == ()
    return plan, spec, found


@pytest.mark.parametrize(
    ("words", "gpus", "card", "copy", "total"),
    [
        ("Serve a 7B chat model on one GPU", 1, None, None, None),
        ("Fine-tune Mistral 7B on a single 24 GB card", 1, 24, None, None),
        ("Run Llama 3.1 8B on a 16 GB GPU", None, 16, None, None),
        ("Serve a chatbot on my 12 GB card", None, 12, None, None),
        ("Llama 3 8B auf einer 24-GB-Karte betreiben", None, 24, None, None),
        ("Serve an LLM under 24 GB of VRAM", None, 24, 24, None),
        ("Serve an LLM, max 24 GB per GPU", None, 24, None, None),
        ("16GB of VRAM is all I have, run SDXL", None, 16, 16, None),
        ("Fine-tune a 7B model with less than 48GB VRAM in total", None, None, None, 48),
        ("Serve Llama 70B with no more than 4 GPUs", 4, None, None, None),
        ("serve mixtral with 2 GPUs max", 2, None, None, None),
        ("an LLM for code completion, fits in 24 GB", None, 24, 24, None),
        ("Serve an LLM on GPUs with at most 24 GB", None, 24, None, None),
        ("servir llama 3 8b sur un seul GPU", 1, None, None, None),
    ],
)
def test_what_is_said_to_be_the_most_bounds_from_above(words, gpus, card, copy, total):
    assert ceilings_of(spec_of(words), words)[:4] == (gpus, card, copy, total)


@pytest.mark.parametrize(
    "words",
    [
        "at least one GPU for serving a 7B model",
        "one GPU per replica, serve llama 3.1 8b, 3 replicas",
        "Serve a chatbot, a GPU with at least 24 GB",
        "a 24 GB card or larger for llama 8b",
        "no card under 40 GB please, fine-tune llama 13b",
        "not less than 24 GB of VRAM for llama 8b",
        "Serve a 7B model on GPUs with 24 GB",
        "an index that fits in 64 GB of RAM, and llama 3.1 8b",
        "8x H100 pretraining of a 7B model",
    ],
)
def test_what_is_said_to_be_the_least_bounds_nothing_from_above(words):
    assert ceilings_of(spec_of(words), words) == NONE


def test_a_later_count_lifts_the_bound():
    first = "Serve Llama 3.1 8B on one GPU"
    spec = understand("use 4 GPUs", spec=spec_of(first), turn=2).spec
    assert ceilings_of(spec, f"{first}\nuse 4 GPUs").gpus is None


def test_a_plan_keeps_to_the_card_though_a_larger_one_costs_less():
    plan, *_ = plan_of("Run Llama 3.1 8B on a 24 GB GPU", gib=18.0)
    assert {rec.gpu_type for rec in plan.gpu_recommendations} == {"L4"}
    assert not plan.unmet
    assert "just 24 GB on each GPU" in plan.understanding


def test_a_plan_keeps_under_the_memory_though_a_smaller_card_was_not_asked_for():
    plan, *_ = plan_of("Run Llama 3.1 8B under 24 GB of VRAM", gib=10.0)
    assert plan.gpu_recommendations[0].gpu_type == "T4"  # the figure is no least
    assert "at most 24 GB of GPU memory" in plan.understanding


def test_one_gpu_that_cannot_hold_the_model_is_told_with_the_way_out():
    plan, *_ = plan_of("Serve Llama 3.3 70B on one GPU", gib=140.0, model_id=LARGE)
    assert [wish.field for wish in plan.unmet] == ["gpu_count_min"]
    assert "does not fit on at most 1 GPU" in plan.unmet[0].conflict
    assert any("llow 2 GPUs" in way.description for way in plan.unmet[0].relaxations)
    assert plan.gpu_recommendations[0].breaks == ("gpu_count_min",)


def test_what_the_spec_does_not_have_is_kept_to_as_well():
    plan, *_ = plan_of("Serve Llama 3.1 8B on GPUs with at most 24 GB", gib=18.0)
    assert {rec.gpu_type for rec in plan.gpu_recommendations} == {"L4"}
    assert "at most 24 GB on each GPU" in plan.understanding


def test_no_copies_are_added_beyond_the_gpus_that_may_be_used():
    plan, *_ = plan_of("Serve Llama 3.1 8B on one GPU", gib=18.0)
    assert plan.workload.replicas_max == 1


def test_the_verifier_reads_the_bound_in_the_words():
    plan, _, found = plan_of("Serve Llama 3.1 8B on at least 1 GPU", gib=18.0)
    said = "Serve Llama 3.1 8B on a single 16 GB card"
    bounded = spec_of(said)
    assert any("vram_gb_min_per_gpu" in fault for fault in verify(plan, bounded, found, said=said))
