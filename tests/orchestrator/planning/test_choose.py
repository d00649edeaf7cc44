"""Choosing again for one request: what is kept from before must never show."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from services.orchestrator.domain.plan import OptionKind
from services.orchestrator.domain.planning.choose import Chooser, choose
from services.orchestrator.domain.planning.constraints import Judge
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.strategies import catalogues, serving_specs

SERVICES = st.booleans().flatmap(lambda wished: st.tuples(serving_specs(wished=wished), catalogues(wished=wished)))
RUNS = st.tuples(
    st.builds(
        WorkloadSpec,
        task_type=st.just("fine_tuning"),
        domain=st.just("llm"),
        deadline_hours=st.none() | st.integers(1, 200),
        budget_usd_month=st.none() | st.integers(50, 60000),
        gpu_models=st.sampled_from(((), ("T4",), ("H100",))),
    ),
    catalogues(wished=False),
)


@settings(max_examples=80, deadline=None)
@given(SERVICES | RUNS, st.data())
def test_choosing_again_when_more_is_known_is_choosing_afresh(case, data):
    spec, whole = case
    needs, wished = needs_of(spec), bool(spec.models)
    lengths = st.none() | st.floats(0.1, 500)
    speeds = tuple(replace(s, run_hours=data.draw(lengths)) for s in whole.performance)
    few = replace(whole, models=whole.models[:1], memory=(), performance=())
    some = replace(whole, performance=speeds[::2])
    chooser = Chooser(needs, wished=wished)
    for candidates in (few, replace(whole, performance=()), some, replace(whole, performance=speeds)):
        assert chooser.choose(candidates) == choose(needs, candidates, wished=wished)


@settings(max_examples=80, deadline=None)
@given(SERVICES | RUNS)
def test_the_best_value_costs_less_than_the_fastest(case):
    spec, candidates = case
    lengths = tuple(replace(s, run_hours=(n * 37 % 90) + 1.0) for n, s in enumerate(candidates.performance))
    chosen = choose(needs_of(spec), replace(candidates, performance=lengths), wished=bool(spec.models))
    costs = {pick.kind: pick.option.weighed for pick in chosen.picks}
    if {OptionKind.BEST_VALUE, OptionKind.MOST_HEADROOM} <= set(costs):
        assert costs[OptionKind.BEST_VALUE] < costs[OptionKind.MOST_HEADROOM]


@settings(max_examples=80, deadline=None)
@given(SERVICES | RUNS)
def test_a_machine_that_is_too_dear_alone_breaks_a_budget_with_all_that_may_run_on_it(case):
    spec, candidates = case
    needs, wished = needs_of(spec), bool(spec.models)
    judge = Judge(needs, candidates, wished=wished)
    dear = {o.offer_id for o in candidates.offers if judge.too_dear(o)}
    for broken, option in Chooser(needs, wished=wished).choose(candidates).broken:
        assert option.offer.offer_id not in dear or any(field.startswith("budget") for field in broken)
