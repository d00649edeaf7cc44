"""Where nothing may run, nothing is planned: the spec has no field for it, the words do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.compute.domain.query import MAX_NAMES
from services.orchestrator.domain.asking import Action, decide_action
from services.orchestrator.domain.candidates import Candidates
from services.orchestrator.domain.plan import DeploymentPlan
from services.orchestrator.domain.planning.asks import offer_asks
from services.orchestrator.domain.planning.barred import barred_in, rebars
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import understand
from services.orchestrator.domain.verify import verify
from tests.orchestrator.planning.builders import catalogue

SPEC = WorkloadSpec(task_type="inference", domain="llm", concurrency=10)
ASKED = "Serve Llama 3.1 8B for 10 users at once"
BARS_US = f"{ASKED}, but not in the US"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("not in the US", ("US",)),
        ("and NOT hosted in the US, NOT Google", ("US",)),
        ("anywhere but China", ("china",)),
        ("it has to be outside of the UK", ("UK",)),
        ("en dehors de la Chine", ("china",)),
        ("nicht in den USA", ("US",)),
        ("keep it out of Russia", ("russia",)),
        ("in Germany, not in France", ("france",)),
        ("not in the US or China", ("US", "china")),
        ("not in the US\nthe US is fine after all", ()),
        ("not in the US\nany region is fine", ()),
        ("in the US\nno, not in the US", ("US",)),
        ("it must never leave the EU", ()),
        ("data may leave the campus but not the EU", ()),
        ("never outside the EU", ()),
        ("we're not in the US", ()),
        ("we have no customers in the US", ()),
        ("it need not be in Germany", ()),
        ("not only in the US", ()),
        ("Why not in the US?", ()),
        ("", ()),
    ],
)
def test_a_place_ruled_out_is_known(words: str, names: tuple[str, ...]) -> None:
    assert barred_in(words).names == names


def test_to_rule_a_place_out_takes_back_the_wish_for_it() -> None:
    wished = understand("serve Llama 3.1 8B in the US", spec=WorkloadSpec(), turn=1).spec
    assert wished.geos == ("US",)
    assert understand("not in the US", spec=wished, turn=2, has_plan=True).spec.geos == ()
    assert understand("never outside the EU", spec=SPEC, turn=2, has_plan=True).spec.geos == ("EU",)


def test_in_a_conversation_it_is_a_revision() -> None:
    last = "and not in the US"
    understood = understand(last, spec=SPEC, turn=2, has_plan=True)
    restated = rebars(f"{ASKED}\n{last}", last)
    assert decide_action(understood, understood.spec, asked=(), restated=restated) is Action.PLAN
    assert not rebars(f"{BARS_US}\nwhat does it cost?", "what does it cost?")


def test_every_other_country_is_searched() -> None:
    (here, *_), anywhere = offer_asks(needs_of(SPEC, words=BARS_US))
    assert "US" not in here.countries
    assert {"DE", "JP", "CH"} <= set(here.countries)
    assert len(here.countries) <= MAX_NAMES
    assert anywhere
    within = needs_of(SPEC.model_copy(update={"geos": ("EU",)}), words="in the EU, not in Germany")
    assert within.countries is not None
    assert "FR" in within.countries
    assert "DE" not in within.countries


def plan(found: Candidates, words: str) -> DeploymentPlan:
    return build_plan(SPEC, found, plan_id="p", conversation_id="c", words=words)


def placed(country: str, *, rest: str) -> Candidates:
    """Return the catalogue with one offer for each machine in the country, the others in the rest."""
    found = catalogue()
    dearest = max(o.price_per_hour or 0 for o in found.offers if o.gpu_type)
    offers = tuple(
        replace(o, country=country if o.price_per_hour == dearest else rest, residency="") for o in found.offers
    )
    return replace(found, offers=offers)


@pytest.mark.parametrize("unwanted", ["US", ""])
def test_no_machine_in_a_place_ruled_out_or_unknown_is_planned(unwanted: str) -> None:
    found = placed("DE", rest=unwanted)
    assert plan(found, ASKED).gpu_recommendations[0].country == unwanted
    made = plan(found, BARS_US)
    assert {rec.country for rec in made.gpu_recommendations if not rec.breaks} == {"DE"}
    assert any("No machine in the US is planned" in a for a in made.assumptions)
    assert verify(made, SPEC, found, said=BARS_US) == ()


def test_the_verifier_refuses_a_machine_where_nothing_may_run() -> None:
    found = placed("DE", rest="US")
    made = plan(found, ASKED)
    assert verify(made, SPEC, found, said=ASKED) == ()
    assert any("silently breaks geos" in fault for fault in verify(made, SPEC, found, said=BARS_US))


def test_a_conflict_is_told() -> None:
    found = placed("US", rest="US")
    made = plan(found, BARS_US)
    assert [wish.field for wish in made.unmet] == ["geos"]
    assert verify(made, SPEC, found, said=BARS_US) == ()


def test_a_conflict_names_the_place_and_the_way_out_its_country() -> None:
    (wish,) = plan(placed("US", rest="US"), BARS_US).unmet
    assert wish.conflict.startswith("No machine outside the US meets the other wishes")
    assert "in the United States" in wish.conflict
    assert "Allow a machine in the United States" in wish.relaxations[0].description


def test_a_country_that_no_search_names_is_ruled_out_only_where_it_is_meant() -> None:
    found = placed("PR", rest="US")  # Puerto Rico is of none of the geos
    made = plan(found, "Serve it for 10 users, not in China")
    assert not any(rec.breaks for rec in made.gpu_recommendations)
    assert verify(made, SPEC, found, said="Serve it for 10 users, not in China") == ()
    made = plan(found, BARS_US)
    assert {rec.country for rec in made.gpu_recommendations if not rec.breaks} == {"PR"}
    assert verify(made, SPEC, found, said=BARS_US) == ()


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"regions": ("us-east-1",)}, True),
        ({"geos": ("US",)}, True),
        ({"regions": ("europe-west4",)}, False),
        ({}, False),
    ],
)
def test_gdpr_and_a_place_outside_of_the_eu_is_a_conflict(wishes: dict[str, tuple[str, ...]], said: bool) -> None:
    spec = SPEC.with_fields({"compliance": ("gdpr",), **wishes})
    made = build_plan(spec, catalogue(), plan_id="p", conversation_id="c")
    assert verify(made, spec, catalogue()) == ()
    found = [wish for wish in made.unmet if wish.field == "compliance"]
    assert bool(found) is said
    assert all("United States" in wish.conflict and len(wish.relaxations) == 2 for wish in found)
