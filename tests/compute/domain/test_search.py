"""Search against an oracle, and the cases worth naming."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.compute.domain.grouping import Found
from services.compute.domain.index import OfferIndex
from services.compute.domain.offer import Offer, PriceModel
from services.compute.domain.query import Grouping, OfferFilter, OfferQuery, Ranking
from services.compute.domain.relaxation import exclusions, relax
from services.compute.domain.search import search
from tests.compute import oracle
from tests.compute.catalogue import catalogues, index_of, offer, queries

EXAMPLES = int(os.environ.get("STACK8S_ORACLE_EXAMPLES", "40"))
"""Catalogues of each kind, five queries to a catalogue; others are drawn on every run."""
PAID = (PriceModel.ON_DEMAND, PriceModel.SPOT)


def everything(index: OfferIndex, query: OfferQuery, size: int) -> tuple[list[Found], int]:
    """Walk all pages; tokens go through JSON as they do on the wire."""
    page = search(index, query, size=size)
    found, total = list(page.results), page.total
    while page.next_key is not None:
        page = search(index, query, size=size, after=json.loads(json.dumps(list(page.next_key))))
        assert page.total == total
        found += page.results
    return found, total


@given(offers=catalogues(), asked=st.lists(queries(), min_size=5, max_size=5))
@settings(max_examples=EXAMPLES, deadline=None)
def test_search_answers_what_plain_loops_answer(offers: Sequence[Offer], asked: Sequence[OfferQuery]) -> None:
    index = index_of(offers)
    for query in asked:
        expected = oracle.search(offers, query)
        for size in (2, 500):
            found, total = everything(index, query, size)
            assert total == len(expected)
            assert [shown(index, f) for f in found] == expected


@given(offers=catalogues(), asked=st.lists(queries(), min_size=5, max_size=5))
@settings(max_examples=EXAMPLES, deadline=None)
def test_relaxations_are_what_plain_loops_find(offers: Sequence[Offer], asked: Sequence[OfferQuery]) -> None:
    index = index_of(offers)
    for query in asked:
        if oracle.search(offers, query):
            continue
        assert {e.field: e.count for e in exclusions(index, query)} == oracle.exclusions(offers, query)
        found = [
            oracle.Change(r.fields, index.offer(r.row), r.node_count, r.total, r.distance) for r in relax(index, query)
        ]
        assert found == oracle.relaxations(offers, query)


def shown(index: OfferIndex, found: Found) -> oracle.Result:
    """Return a result as the oracle states it."""
    prices = (found.lowest_micros, found.highest_micros)
    return oracle.Result(index.offer(found.row), found.node_count, found.group_size, found.regions, *prices)


def ask(index: OfferIndex, grouping: Grouping = Grouping.NONE, **fields: object) -> list[Offer]:
    query = OfferQuery(OfferFilter(**{"price_models": PAID, **fields}), grouping)  # type: ignore[arg-type]
    return [index.offer(f.row) for f in search(index, query, size=50).results]


def test_equal_prices_go_by_more_memory_then_more_gpus_then_id() -> None:
    offers = [
        offer(instance="small", gpu="T4", count=1),
        offer(instance="large", gpu="L4", count=1),
        offer(instance="twice", gpu="T4", count=2),
        offer(instance="many", gpu="tpu-v5e", count=2),
    ]
    ranked = ask(index_of(offers))
    assert [o.machine.gpu_type for o in ranked][2:] == ["L4", "T4"]
    assert [o.offer_id for o in ranked][:2] == sorted(o.offer_id for o in ranked[:2])


def test_sixteen_h100_are_two_machines_of_eight_at_twice_the_price() -> None:
    index = index_of([offer(instance="eight", gpu="H100-SXM", count=8, price=24_000_000)])
    query = OfferQuery(OfferFilter(gpu_types=("H100-SXM",), gpu_count_min=16, price_models=PAID, price_per_hour_max=48))
    page = search(index, query, size=5)
    assert [f.node_count for f in page.results] == [2]
    assert page.results[0].lowest_micros == 24_000_000


def test_small_machines_are_joined_only_when_nodes_are_asked_for() -> None:
    index = index_of([offer(gpu="L4", count=1)])
    assert ask(index, gpu_count_min=4) == []
    assert len(ask(index, gpu_count_min=4, node_count_max=4)) == 1
    assert ask(index, gpu_count_min=4, node_count_max=3) == []


def test_a_group_tells_its_regions_cheapest_first_and_its_price_range() -> None:
    index = index_of(
        [
            offer(region="us-east-1", price=2_000_000),
            offer(region="eu-west-1", price=1_500_000),
            offer(region="eu-central-1", price=3_000_000),
            offer(region="eu-west-1", price=1_000_000, model=PriceModel.SPOT),
        ]
    )
    query = OfferQuery(OfferFilter(price_models=(PriceModel.ON_DEMAND,)), Grouping.INSTANCE)
    (found,) = search(index, query, size=5).results
    assert found.regions == ("eu-west-1", "us-east-1", "eu-central-1")
    assert (found.lowest_micros, found.highest_micros, found.group_size) == (1_500_000, 3_000_000, 3)
    assert index.spot_micros(found.row) == 1_000_000


def test_the_cheapest_machine_of_each_place_is_found_over_all_machines() -> None:
    index = index_of(
        [
            offer(instance="small", region="us-east-1", price=2_000_000),
            offer(instance="small", region="eu-west-1", price=1_000_000),
            offer(instance="large", region="us-east-1", price=3_000_000),
            offer(instance="large", region="ap-south-1", price=4_000_000),
            offer(provider="gcp", instance="small", region="us-east-1", price=5_000_000),
        ]
    )
    found = search(index, OfferQuery(OfferFilter(price_models=PAID), Grouping.PLACE), size=50).results
    places = [(o.machine.provider, o.place.region, o.price_micros) for o in (index.offer(f.row) for f in found)]
    assert places == [
        ("aws", "eu-west-1", 1_000_000),
        ("aws", "us-east-1", 2_000_000),
        ("aws", "ap-south-1", 4_000_000),
        ("gcp", "us-east-1", 5_000_000),
    ]
    assert [f.group_size for f in found] == [1, 2, 1, 1]


@pytest.mark.parametrize("ranking", list(Ranking))
def test_offers_without_the_figure_that_ranks_come_last(ranking: Ranking) -> None:
    index = index_of([offer(instance="cpu", count=0, price=1), offer(instance="gpu", gpu="H100-SXM", price=9_000_000)])
    found = search(index, OfferQuery(OfferFilter(price_models=PAID), ranking=ranking), size=5).results
    first = index.offer(found[0].row).machine.instance_type
    assert first == ("cpu" if ranking is Ranking.PRICE else "gpu")


def test_the_nearest_price_is_suggested_with_what_it_brings() -> None:
    index = index_of([offer(price=2_490_000), offer(instance="dear", price=4_000_000)])
    (relaxation,) = relax(index, OfferQuery(OfferFilter(price_per_hour_max=2.0, price_models=PAID)))
    assert relaxation.fields == ("price_per_hour_max",)
    assert relaxation.bounds == (2.49,)
    assert relaxation.total == 1


def test_fewer_gpus_are_suggested_when_a_cluster_is_too_dear() -> None:
    index = index_of([offer(gpu="H100-SXM", count=8, price=24_000_000)])
    asked = OfferFilter(gpu_count_min=16, price_per_hour_max=30, price_models=PAID)
    changes = {r.fields: r.bounds for r in relax(index, OfferQuery(asked))}
    assert changes == {("gpu_count_min",): (8.0,), ("price_per_hour_max",): (48.0,)}


def test_a_wish_for_a_gpu_is_not_met_by_a_machine_without_any() -> None:
    index = index_of([offer(instance="cpu", count=0, price=10_000), offer(instance="gpu", gpu="L4")])
    query = OfferQuery(OfferFilter(gpu_types=("MI300X",), price_models=PAID))
    (found,) = relax(index, query)
    assert (found.fields, index.offer(found.row).machine.instance_type) == (("gpu_types",), "gpu")


def test_instead_of_a_gpu_that_nobody_offers_one_with_as_much_memory_is_shown() -> None:
    index = index_of([offer(instance="small", gpu="L4"), offer(instance="near", gpu="H100-SXM", price=9_000_000)])
    asked = OfferFilter(gpu_types=("A100-80GB-SXM",), gpu_types_memory_gib=80, price_models=PAID)
    (found,) = relax(index, OfferQuery(asked))
    assert index.offer(found.row).machine.instance_type == "near"
    assert found.total == 2


def test_a_bridge_links_gpus_only_where_a_name_says_so() -> None:
    index = index_of(
        [
            offer(instance="plain", gpu="A100-80GB-PCIe", count=2),
            offer(instance="x2-NVLink", gpu="A100-80GB-PCIe", count=2, price=2_000_000),
            offer(instance="pair", gpu="H100-NVL", count=2, price=3_000_000),
            offer(instance="board", gpu="H100-SXM", count=8, price=4_000_000),
        ]
    )
    found = [o.machine.instance_type for o in ask(index, interconnect="nvlink")]
    assert found == ["x2-NVLink", "pair", "board"]
    assert [o.machine.instance_type for o in ask(index, interconnect="bridge")] == ["plain", "x2-NVLink", "pair"]


def test_fewer_machines_are_joined_when_a_smaller_wish_allows_it() -> None:
    index = index_of([offer(gpu="L4", count=1)])
    asked = OfferFilter(gpu_count_min=2, gpu_memory_total_gib_min=160.0, node_count_max=2, price_models=PAID)
    (found,) = relax(index, OfferQuery(asked))
    assert (found.fields, found.bounds, found.node_count) == (("gpu_memory_total_gib_min",), (48.0,), 2)


def test_an_empty_catalogue_answers_nothing_and_suggests_nothing() -> None:
    index = index_of([])
    query = OfferQuery(OfferFilter(price_models=PAID, price_per_hour_max=1.0), Grouping.INSTANCE)
    assert search(index, query, size=5).total == 0
    assert relax(index, query) == []
    assert exclusions(index, query) == []
