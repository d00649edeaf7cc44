"""Turns after the first: corrections, removals, relative wishes, answers."""

from __future__ import annotations

from typing import Any

import pytest

from services.orchestrator.domain.question import Question
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import Intent, RevisionKind, understand
from tests.orchestrator.understanding.support import read, stated, talk

COUNT = Question("gpus", "How many GPUs?", ("1", "2", "8"), "1", "gpu_count_min")
BUDGET = Question(
    "budget", "What per month?", ("500 USD per month", "2000 USD per month"), "no limit", "budget_usd_month"
)
SPOT = Question("spot", "Is spot fine?", ("yes, spot is fine", "no, on-demand only"), "no", "spot_ok")
TASK = Question(
    "task", "What should it do?", ("serve a model for live requests", "fine-tune a model"), "serve", "task_type"
)


@pytest.mark.parametrize(
    ("asked", "answer", "wanted"),
    [
        (COUNT, "2", {"gpu_count_min": 2}),
        (COUNT, "2, no make it 4", {"gpu_count_min": 4}),
        (BUDGET, "2", {"budget_usd_month": 2000}),
        (BUDGET, "4000", {"budget_usd_month": 4000}),
        (BUDGET, "1000 euros", {"budget_currency": "EUR", "budget_amount": 1000, "budget_period": "month"}),
        (SPOT, "yes", {"spot_ok": True}),
        (SPOT, "no", {"spot_ok": False}),
        (TASK, "2", {"task_type": "fine_tuning"}),
        (TASK, "b", {"task_type": "fine_tuning"}),
        (TASK, "the second one", {"task_type": "fine_tuning"}),
        (COUNT, "the third option please", {"gpu_count_min": 8}),
        (BUDGET, "das zweite", {"budget_usd_month": 2000}),
        (TASK, "fine-tune a model", {"task_type": "fine_tuning"}),
    ],
)
def test_an_answer_is_read_in_the_light_of_its_question(asked: Question, answer: str, wanted: dict[str, Any]) -> None:
    assert stated(answer, asked=(asked,)) == wanted


def test_numbered_answers_go_to_their_questions() -> None:
    assert stated("1) 3 2) 800", asked=(COUNT, BUDGET)) == {
        "gpu_count_min": 3,
        "gpu_needed": True,
        "budget_usd_month": 800,
    }


@pytest.mark.parametrize(
    "text", ["no idea, you choose", "just do it", "entscheide du", "你决定", "elige tú", "сам решай"]
)
def test_leaving_the_choice_to_us_asks_for_a_plan(text: str) -> None:
    understood = read(text, asked=(BUDGET,), before=read("serve Llama 3.1 8B").spec, turn=2)
    assert understood.wants_plan_now
    assert understood.skipped == ("budget_usd_month",)


@pytest.mark.parametrize(
    ("first", "then", "wanted"),
    [
        ("2 L4 GPUs", "no, make it 4", {"gpu_count_min": 4}),
        ("2 L4 GPUs", "one more GPU", {"gpu_count_min": 3}),
        ("$1000 a month", "double the budget", {"budget_usd_month": 2000}),
        ("2 L4 GPUs", "plus one GPU", {"gpu_count_min": 3}),
        ("2 L4 GPUs", "4 rather than 2", {"gpu_count_min": 4}),
        ("2 L4 GPUs", "I meant 4, not 2", {"gpu_count_min": 4}),
        ("2 L4 GPUs", "4 L4 instead of 2", {"gpu_count_min": 4}),
        ("2 L4 GPUs", "instead of 2 GPUs use 4", {"gpu_count_min": 4}),
        ("2 L4 GPUs", "nicht 2, sondern 4", {"gpu_count_min": 4}),
        ("$1000 a month", "$600 instead of $1000", {"budget_usd_month": 600}),
        ("$1000 a month", "600 dollars a month, not 1000 dollars", {"budget_usd_month": 600}),
        ("100 concurrent users", "50 concurrent users, not 100", {"concurrency": 50}),
        ("$1000 a month", "half of that", {"budget_usd_month": 500}),
        ("$1000 a month", "make it half", {"budget_usd_month": 500}),
        ("$1000 a month", "cut it in half please", {"budget_usd_month": 500}),
        ("$1000 a month", "half as much", {"budget_usd_month": 500}),
        ("$1000 a month", "make it double", {"budget_usd_month": 2000}),
        ("2 L4 GPUs", "make it twice as fast", {"gpu_count_min": 2}),
        ("$1000 a month", "forget the budget", {"budget_usd_month": None}),
        ("use MLflow and Redis", "drop Redis", {"components": ("mlflow",)}),
        ("monitoring and a vector db", "drop monitoring", {"component_roles": ("vector_db",)}),
        ("use MLflow", "also Redis", {"components": ("mlflow", "redis")}),
        ("on AWS", "on Azure instead", {"providers": ("azure",)}),
        ("on AWS", "no AWS please", {"providers": (), "providers_excluded": ("aws",)}),
        ("no AWS please", "AWS is fine after all", {"providers": ("aws",), "providers_excluded": ()}),
        ("in Germany", "any region is fine", {"geos": ()}),
        ("H100s please", "scratch that, A100", {"gpu_models": ("A100",)}),
        ("deadline in 3 days", "no deadline after all", {"deadline_hours": None}),
        (
            "SDXL on our own servers",
            "no, scrap that, Runpod",
            {"prefers_local_cluster": None, "providers": ("runpod",)},
        ),
        ("on AWS", "change of plan: our own machines", {"prefers_local_cluster": True, "providers": ()}),
        ("host it in Germany", "Germany was wrong, it's Austria", {"geos": ("austria",)}),
        ("HIPAA and SOC 2", "my mistake, HIPAA isn't needed", {"compliance": ("soc2",)}),
        ("2 nodes with 4 L4 each", "oops, 3 nodes", {"gpu_count_min": 12}),
    ],
)
def test_a_later_turn_changes_what_it_speaks_of(first: str, then: str, wanted: dict[str, Any]) -> None:
    spec = talk(first, then).spec
    assert {field: getattr(spec, field) for field in wanted} == wanted


def test_nothing_else_is_forgotten() -> None:
    spec = talk("serve Llama 3.1 8B on AWS for 20 concurrent users", "$900 a month", "in Ireland").spec
    assert (spec.models, spec.providers, spec.concurrency) == (("llama 3.1 8b",), ("aws",), 20)
    assert (spec.budget_usd_month, spec.geos) == (900, ("ireland",))


def test_origins_name_turn_and_words() -> None:
    spec = talk("serve Llama 3.1 8B", "at most $900 a month").spec
    assert (spec.origins["models"].turn, spec.origins["models"].words) == (1, "Llama 3.1 8B")
    budget = spec.origins["budget_usd_month"]
    assert (budget.kind, budget.turn, budget.words) == ("explicit", 2, "$900 a month")
    assert spec.origins["domain"].kind == "implied"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("cheaper please", RevisionKind.CHEAPER),
        ("zu teuer", RevisionKind.CHEAPER),
        ("faster", RevisionKind.FASTER),
        ("on another provider", RevisionKind.OTHER_PROVIDER),
        ("what about AMD?", RevisionKind.OTHER_GPU),
        ("a different model", RevisionKind.OTHER_MODEL),
        ("add Grafana", RevisionKind.CHANGE),
    ],
)
def test_a_relative_wish_is_a_revision_of_the_plan(text: str, kind: RevisionKind) -> None:
    understood = talk("serve Llama 3.1 8B, $900 a month", text, has_plan=True)
    assert understood.intent is Intent.REVISE
    assert understood.revision is not None
    assert understood.revision.kind is kind


def test_without_anything_before_it_a_comparative_is_no_revision() -> None:
    assert read("the cheapest way to fine-tune Llama 3.2 3B").revision is None


def test_starting_over_forgets_all() -> None:
    spec = talk("train on 8 A100", "start over. transcribe podcasts with whisper").spec
    assert (spec.gpu_models, spec.models) == ((), ("whisper",))


def test_a_contradiction_stays_out_and_is_asked_about() -> None:
    understood = read("Use only AWS for my YOLO training, and keep it off Amazon")
    assert (understood.spec.providers, understood.spec.providers_excluded) == ((), ())
    (point,) = understood.open_points
    assert (point.kind, point.field) == ("contradiction", "providers")
    assert talk("Use only AWS, keep it off Amazon", point.options[0]).spec.providers == ("aws",)


def test_what_is_implied_later_does_not_undo_what_was_said() -> None:
    spec = talk("Stable Diffusion inference", "maybe 5 pictures a minute").spec
    assert spec.domain == "image_generation"


@pytest.mark.parametrize("text", ["no budget limit", "no, stay with AMD", "yes we have our own Kubernetes cluster"])
def test_a_no_to_something_else_answers_no_question(text: str):
    assert understand(text, spec=WorkloadSpec(), turn=2, asked=(SPOT,)).spec.spot_ok is None


@pytest.mark.parametrize("text", ["why not an H100?", "how much is an H100?"])
def test_what_is_only_asked_about_is_named_and_not_wished_for(text: str):
    read = understand(text, spec=WorkloadSpec(), turn=2, has_plan=True)
    assert (read.spec.gpu_models, read.named.gpu_models) == ((), ("H100",))


def test_a_budget_after_a_number_of_users_is_no_pay():
    read = understand("50 concurrent users, $2000 per month, any region", spec=WorkloadSpec(), turn=1)
    assert (read.spec.concurrency, read.spec.budget_usd_month) == (50, 2000)


PLACES = Question("geo", "Where?", ("in the EU", "in the US", "in Japan"), "anywhere", "geos")
USERS = Question("concurrency", "How many at once?", ("1 request at once", "10 requests at once"), "8", "concurrency")


@pytest.mark.parametrize(
    ("text", "asked", "fields"),
    [
        ("1 and 3", (PLACES,), {"geos": ["EU", "JP"]}),
        ("2, 1", (USERS, PLACES), {"concurrency": 10, "geos": ["EU"]}),
        ("2 und 2", (PLACES, SPOT), {"geos": ["US"], "spot_ok": False}),
        ("1 and 2", (COUNT,), {}),
    ],
)
def test_several_numbers_pick_several_suggestions(text: str, asked: tuple[Question, ...], fields: dict[str, object]):
    got = stated(text, asked=asked)
    assert {field: got.get(field) for field in fields} == fields
    if not fields:
        assert "geos" not in got


def test_half_of_it_is_half_of_the_budget_told_before():
    assert stated("We get $6000 a month, and we may use half of it")["budget_usd_month"] == 3000
    assert stated("We get $6000 a month, half of it on spot H100s")["budget_usd_month"] == 6000
    assert stated("wir haben 5000 Euro im Monat, die Hälfte davon für GPUs")["budget_amount"] == 2500


def test_a_season_is_a_period_paid_in_all():
    assert stated("Serve Llama 3.1 8B, 900 dollars for the whole summer")["budget_usd_total"] == 900


def test_something_with_speech_is_at_least_a_domain():
    assert stated("we have an idea for something with speech") == {"domain": "speech"}
