"""Storage and traffic cost what they cost where the machine is; a price of another place is called so."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.orchestrator.domain.candidates import Candidates, Offer
from services.orchestrator.domain.plan import CostLine
from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.prices import UnitPrices
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.verify import verify
from tests.orchestrator.attacks import priced, with_lines
from tests.orchestrator.planning.builders import catalogue, memory, model, offer, prices, speed, unit_price

WEST, EUROPE = ("north-america",), ("europe",)
PRICES = UnitPrices(
    (
        unit_price("aws", "block", "0.08", region="us-east-1", continents=WEST),
        unit_price("aws", "block", "0.088", region="eu-west-1", continents=EUROPE),
        unit_price("aws", "block", "0.0952", region="eu-central-1", continents=EUROPE),
        unit_price("aws", "object", "0.023", region="us-east-1", continents=WEST),
        unit_price("aws", "object", "0.0245", region="eu-central-1", continents=EUROPE),
        unit_price("aws", "egress", "0", continents=WEST + EUROPE),
        unit_price("aws", "egress", "0.09", continents=WEST + EUROPE, from_gb=100.0),
        unit_price("aws", "egress", "0.2", continents=("south-america",)),
        *prices("gcp"),
    )
)
SPEC = WorkloadSpec(task_type="rag", domain="llm", dataset_size_gb=100)
BORROWED = "; the catalogue has none for"


def machine(region: str, continent: str, price: str = "1.00") -> Offer:
    return offer("aws", "L4", 1, price, region=region, continent=continent)


def records(*offers: Offer) -> Candidates:
    return catalogue(
        models=(model("org/language"),),
        memory=(memory("org/language", "L4", 18.0),),
        performance=(speed("org/language", "L4", 1, 200.0),),
        offers=offers,
        offers_elsewhere=offers,
        unit_prices=PRICES,
    )


def lines_at(region: str, continent: str) -> tuple[CostLine, ...]:
    found = records(machine(region, continent))
    plan = build_plan(SPEC, found, plan_id="p", conversation_id="c")
    assert verify(plan, SPEC, found) == ()
    return plan.cost_estimate.lines


def only(lines: tuple[CostLine, ...], what: str) -> list[tuple[Decimal | None, str]]:
    """Return unit prices of lines and whose they are."""
    return [(x.unit_price, x.description.partition(" (")[2]) for x in lines if x.description.startswith(what)]


@pytest.mark.parametrize(
    ("region", "continent", "block", "whose"),
    [
        ("us-east-1", "north-america", "0.08", ""),
        ("eu-central-1", "europe", "0.0952", ""),
        ("eu-west-3", "europe", "0.088", f"price of eu-west-1{BORROWED} eu-west-3)"),
        ("ap-northeast-1", "asia", "0.08", f"price of us-east-1{BORROWED} ap-northeast-1)"),
        ("", "", "0.08", f"price of us-east-1{BORROWED} the place of this machine)"),
    ],
)
def test_storage_costs_what_it_costs_in_the_region_or_says_whose_price_it_is(region, continent, block, whose):
    lines = lines_at(region, continent)
    found = only(lines, "Block storage")
    assert len(found) == 3
    assert set(found) == {(Decimal(block), whose)}
    listed = {(p.unit_price, p.provenance) for p in PRICES.records}
    assert all((x.unit_price, x.provenance) in listed for x in lines if x.unit == "GB-month")


def test_the_kinds_of_storage_are_looked_up_each_by_itself():
    assert only(lines_at("eu-central-1", "europe"), "Object storage") == [(Decimal("0.0245"), "")]
    whose = f"price of eu-central-1{BORROWED} eu-west-1)"
    assert only(lines_at("eu-west-1", "europe"), "Object storage") == [(Decimal("0.0245"), whose)]


def test_traffic_costs_what_it_costs_on_the_continent_and_a_price_of_another_bounds_nothing():
    here = [x for x in lines_at("eu-west-3", "europe") if x.unit == "GB"]
    assert [(x.unit_price, x.quantity_max) for x in here] == [(Decimal(0), None), (Decimal("0.09"), 32)]
    there = [x for x in lines_at("ap-northeast-1", "asia") if x.unit == "GB"]
    assert {x.description.partition(" (")[2] for x in there} == {
        f"price of North America and Europe{BORROWED} ap-northeast-1)"
    }
    assert all(x.quantity_max is None for x in there)


def test_a_dearer_machine_where_storage_costs_less_is_the_cheapest_in_all():
    dear, cheap = machine("us-east-1", "north-america", "1.0001"), machine("eu-central-1", "europe", "1.00")
    plan = build_plan(SPEC, records(cheap, dear), plan_id="p", conversation_id="c")
    assert plan.gpu_recommendations[0].region == "us-east-1"


def test_a_dearer_machine_where_the_stated_traffic_costs_less_is_the_cheapest_in_all():
    dear, cheap = machine("us-east-1", "north-america", "1.01"), machine("sa-east-1", "south-america", "1.00")
    for words, region in (("", "sa-east-1"), ("3 TB a month leave the cloud", "us-east-1")):
        plan = build_plan(SPEC, records(cheap, dear), plan_id="p", conversation_id="c", words=words)
        assert plan.gpu_recommendations[0].region == region


@pytest.mark.parametrize("unit", ["GB-month", "GB"])
def test_the_price_of_another_place_is_refused_with_its_own_record_too(unit):
    found = records(machine("eu-central-1", "europe"))
    plan = build_plan(SPEC, found, plan_id="p", conversation_id="c")
    lines = plan.cost_estimate.lines
    place, line = next((n, x) for n, x in enumerate(lines) if x.unit == unit)
    kind = {"GB": "egress"}.get(unit, line.description.split()[0].lower())
    for other in PRICES.records:
        if (other.kind, other.provenance) == (kind, line.provenance) or other.kind != kind:
            continue
        false = priced(line, price=other.unit_price).model_copy(update={"provenance": other.provenance})
        assert verify(with_lines(plan, (*lines[:place], false, *lines[place + 1 :])), SPEC, found)


def test_a_borrowed_price_that_does_not_say_so_is_refused():
    found = records(machine("eu-west-3", "europe"))
    plan = build_plan(SPEC, found, plan_id="p", conversation_id="c")
    lines = plan.cost_estimate.lines
    for place, line in enumerate(lines):
        silent = line.model_copy(update={"description": line.description.partition(" (price of")[0]})
        if silent != line:
            assert verify(with_lines(plan, (*lines[:place], silent, *lines[place + 1 :])), SPEC, found)
    assert sum(BORROWED in x.description for x in lines) == 4


def test_where_no_price_is_known_the_middle_of_the_reference_regions_is_compared_with():
    unpriced = offer("lambda", "L4", 1, "0.5")
    assert PRICES.rates(unpriced) == (Decimal("0.08"), Decimal("0.023"))
    assert PRICES.find(unpriced, "block") is None
    assert PRICES.rates(offer("local", "L4", 1, None)) == (0, 0)
