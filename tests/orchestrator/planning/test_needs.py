"""What is planned for, and what is told as an assumption."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning.exchange import AS_OF, find_rate, from_usd, to_usd
from services.orchestrator.domain.planning.gpus import computes, is_considered, is_named
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.planning.places import allowed_countries, allowed_providers, countries_of
from services.orchestrator.domain.spec import Origin, WorkloadSpec
from tests.orchestrator.planning.builders import GPU_TYPES


def test_data_without_traffic_is_training_and_said_so():
    needs = needs_of(WorkloadSpec(dataset_size_gb=2000, dataset_modality="image", domain="computer_vision"))
    assert needs.kind is WorkloadKind.TRAINING
    assert any("planned as training" in a for a in needs.assumptions)


def test_traffic_beside_data_is_a_service():
    assert needs_of(WorkloadSpec(dataset_size_gb=10, requests_per_second=5)).kind is WorkloadKind.SERVING


def test_scans_are_segmented_in_volumes_off_private_hosts():
    origins = {"dataset_modality": Origin(kind="explicit", turn=1, words="MRI images")}
    needs = needs_of(WorkloadSpec(dataset_size_gb=2000, dataset_modality="image", origins=origins))
    assert needs.task == "image-segmentation"
    assert "3-D" in needs.focus
    assert "vast" in needs.providers_excluded
    assert any("private hosts" in a for a in needs.assumptions)


def test_a_private_host_that_is_named_stays_allowed():
    spec = WorkloadSpec(compliance=("soc2",), providers=("vast",), task_type="inference")
    assert "vast" not in needs_of(spec).providers_excluded


def test_every_default_is_an_assumption_and_what_was_said_is_none():
    silent = needs_of(WorkloadSpec(task_type="inference", domain="llm"))
    stated = needs_of(
        WorkloadSpec(
            task_type="inference",
            domain="llm",
            context_tokens=8000,
            concurrency=3,
            precision="fp8",
            tokens_per_second=50,
        )
    )
    assert (silent.context_tokens, silent.concurrency) == (4096, 8)
    assert any("4,096 tokens" in a for a in silent.assumptions)
    assert (stated.context_tokens, stated.concurrency, stated.precisions) == (8000, 3, ("fp8",))
    assert not any("tokens a request" in a or "in flight" in a or "16 bit" in a for a in stated.assumptions)


def test_fine_tuning_a_language_model_uses_adapters():
    assert needs_of(WorkloadSpec(task_type="fine_tuning", domain="llm")).method == "lora"
    assert needs_of(WorkloadSpec(task_type="fine_tuning", domain="computer_vision")).method == "full"


@pytest.mark.parametrize(
    ("words", "method"),
    [
        ("Full fine-tune of Llama 3.1 70B on 2 billion tokens", "full"),
        ("full-parameter finetuning, all weights", "full"),
        ("Fine-tune Llama 3.1 8B on 50k samples, full weights please", "full"),
        ("Not all weights, only adapters", "lora"),
        ("Fine-tune it with LoRA, not full fine-tuning", "lora"),
        ("Full fine-tuning is too dear: use LoRA adapters", "lora"),
        ("We have the full dataset and want to fine-tune", "lora"),
        ("LoRA first; no, do a full fine-tune after all", "full"),
    ],
)
def test_the_method_of_fine_tuning_that_was_named_is_kept(words, method):
    assert needs_of(WorkloadSpec(task_type="fine_tuning", domain="llm"), words=words).method == method


def test_what_is_told_of_adapters_is_what_is_planned():
    said = needs_of(WorkloadSpec(task_type="fine_tuning", domain="llm"), words="with QLoRA").assumptions
    (adapters,) = [a for a in said if "LoRA" in a]
    assert "over 4-bit weights" in adapters


def test_requests_by_the_second_fill_each_copy():
    busy = needs_of(WorkloadSpec(task_type="inference", domain="llm", requests_per_second=20))
    assert (busy.concurrency, busy.in_flight_on(3)) == (64, 192)
    calm = needs_of(WorkloadSpec(task_type="inference", domain="llm", requests_per_second=2))
    assert (calm.concurrency, calm.in_flight_on(2)) == (20, 40)
    stated = needs_of(WorkloadSpec(task_type="inference", domain="llm", requests_per_second=20, concurrency=10))
    assert (stated.concurrency, stated.in_flight_on(3)) == (10, 10)
    one_by_one = needs_of(WorkloadSpec(task_type="inference", model_task="text-to-image", requests_per_second=20))
    assert one_by_one.in_flight_on(3) == one_by_one.concurrency == 4


def test_tables_need_no_gpu_unless_one_is_wished():
    assert not needs_of(WorkloadSpec(domain="tabular")).gpu
    assert needs_of(WorkloadSpec(domain="tabular", gpu_needed=True)).gpu


def test_a_budget_in_euros_is_converted_by_the_dated_rate_and_shown():
    spec = WorkloadSpec(task_type="inference", budget_currency="EUR", budget_amount=1000, budget_period="month")
    needs = needs_of(spec)
    assert needs.budget_month == Decimal("1117.20")
    assert needs.rate is not None
    assert needs.rate.as_of == AS_OF
    assert any("1,117.20 USD" in a and AS_OF.isoformat() in a for a in needs.assumptions)


def test_a_currency_without_a_rate_is_told_and_not_guessed():
    spec = WorkloadSpec(task_type="inference", budget_currency="XTS", budget_amount=10, budget_period="month")
    needs = needs_of(spec)
    assert needs.budget_month is None
    assert any("no exchange rate for XTS" in a for a in needs.assumptions)


@pytest.mark.parametrize(
    ("currency", "amount"), [("EUR", "1000"), ("GBP", "2000"), ("INR", "1000000"), ("JPY", "50000")]
)
def test_there_and_back_a_currency_keeps_its_value_to_a_cent_in_a_thousand(currency, amount):
    rate = find_rate(currency)
    assert rate is not None
    back = from_usd(to_usd(Decimal(amount), rate), rate)
    assert abs(back - Decimal(amount)) <= Decimal(amount) / 1000


def test_countries_come_from_geos_and_from_names():
    assert countries_of("germany") == countries_of("Germany") == {"DE"}
    assert "FR" in countries_of("EU")
    assert "GB" not in countries_of("EU")
    assert countries_of("uk") == {"GB"}
    assert countries_of("atlantis") == frozenset()


def test_gdpr_without_a_place_keeps_data_in_europe():
    found = allowed_countries((), ("gdpr",), regions=())
    assert found is not None
    assert {"DE", "NO"} <= found
    assert "US" not in found
    assert allowed_countries((), ("gdpr",), regions=("us-east-1",)) is None


def test_regimes_narrow_the_providers_to_those_that_attest_all():
    hipaa, both = allowed_providers(("hipaa",)), allowed_providers(("hipaa", "soc2"))
    assert hipaa is not None
    assert both is not None
    assert both <= hipaa
    assert "local" in both
    assert allowed_providers(("gdpr",)) is None


@pytest.mark.parametrize(
    ("gpu_type", "wish", "named"),
    [
        ("H100-80GB-SXM", "H100", True),
        ("A100-80GB-SXM", "A100-80GB", True),
        ("A100-40GB-SXM", "A100-80GB", False),
        ("A10G", "A10", False),
        ("L40S", "L4", False),
        ("MI300X", "mi300x", True),
        ("tpu-v5e", "TPU", True),
        ("RTX4090", "RTX 4090", True),
    ],
)
def test_a_gpu_is_what_people_call_it(gpu_type, wish, named):
    assert is_named(gpu_type, wish, {}) is named


def test_eight_bit_floats_need_a_gpu_that_takes_them():
    assert not computes(GPU_TYPES["T4"], "fp8")
    assert computes(GPU_TYPES["A100-80GB-SXM"], "fp8")
    assert computes(GPU_TYPES["T4"], "int4")


def test_makers_and_ages_that_images_do_not_support_are_left_out_unless_named():
    assert is_considered(GPU_TYPES["MI300X"], frozenset({"nvidia", "amd"}))
    assert not is_considered(GPU_TYPES["MI300X"], frozenset({"nvidia"}))
    assert is_considered(GPU_TYPES["MI300X"], None)


@pytest.mark.parametrize(
    ("words", "in_flight"),
    [
        ("a chatbot for 500 users in the EU", 50),
        ("our 2k employees ask it", 200),
        ("1,200 people use it", 120),
        ("for 20 users", 8),
        ("for 300 concurrent users", 8),  # which the spec holds as concurrency
        ("in 2 languages", 8),
    ],
)
def test_one_user_in_ten_waits_for_an_answer_at_once(words, in_flight):
    needs = needs_of(WorkloadSpec(task_type="rag", domain="llm"), words=words)
    assert needs.concurrency == in_flight
    assert any("one in 10 of" in a for a in needs.assumptions) == (in_flight > 8)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Classify 5 million reviews by sentiment", WorkloadKind.BATCH),
        ("classify 50,000 labelled tickets", WorkloadKind.TRAINING),
        ("train a model to classify 5 million reviews", WorkloadKind.TRAINING),
        ("5 million reviews, text classification", WorkloadKind.TRAINING),
    ],
)
def test_data_that_something_is_done_with_are_gone_through_once(words, kind):
    spec = WorkloadSpec(model_task="text-classification", dataset_items=5_000_000)
    assert needs_of(spec, words=words).kind is kind
