"""The planner against a brute-force oracle, on generated catalogues and wishes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.planning.choose import choose
from services.orchestrator.domain.planning.needs import needs_of
from services.orchestrator.domain.verify import verify
from tests.orchestrator.attacks import cheapest_without_hosts
from tests.orchestrator.planning.oracle import cheapest
from tests.orchestrator.planning.strategies import KINDS, catalogues_of, specs_beside

CASES = st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(specs_beside(kind), catalogues_of(kind)))


@settings(max_examples=120, deadline=None)
@given(CASES)
def test_the_first_option_costs_exactly_what_brute_force_finds(case):
    spec, candidates = case
    expected = cheapest(spec, candidates)
    choices = choose(needs_of(spec), candidates, wished=bool(spec.models))
    if expected is None:
        assert choices.feasible == ()
        return
    first = choices.picks[0].option
    assert first.model is not None
    assert first.memory is not None
    assert (first.paid, first.model.model_id, first.memory.precision, first.nodes) == expected


@settings(max_examples=120, deadline=None)
@given(CASES)
def test_every_plan_passes_the_verifier(case):
    spec, candidates = case
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert verify(plan, spec, candidates) == ()


@settings(max_examples=60, deadline=None)
@given(st.tuples(specs_beside("alike"), catalogues_of("alike")))
def test_a_plan_that_is_the_cheapest_only_without_its_components_is_refused(case):
    spec, candidates = case
    if (false := cheapest_without_hosts(spec, candidates)) is not None:
        assert any("is called cheapest" in fault for fault in verify(false, spec, candidates))


@settings(max_examples=50, deadline=None)
@given(CASES)
def test_what_cannot_be_met_is_said_with_at_most_three_priced_relaxations(case):
    spec, candidates = case
    plan = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    broken = {field for rec in plan.gpu_recommendations[:1] for field in rec.breaks}
    assert broken <= {wish.field for wish in plan.unmet}
    for wish in plan.unmet:
        assert wish.conflict.endswith(".")
        assert len(wish.relaxations) <= 3
        assert all(r.price_per_month is not None and r.fields for r in wish.relaxations)


@settings(max_examples=30, deadline=None)
@given(CASES, st.randoms(use_true_random=False))
def test_the_order_of_the_records_does_not_change_the_plan(case, random):
    spec, candidates = case
    offers = list(candidates.offers)
    random.shuffle(offers)
    memory = list(candidates.memory)
    random.shuffle(memory)
    shuffled = type(candidates)(
        **{
            field: getattr(candidates, field)
            for field in candidates.__dataclass_fields__
            if field not in ("offers", "offers_elsewhere", "memory")
        },
        offers=tuple(offers),
        offers_elsewhere=tuple(offers),
        memory=tuple(memory),
    )
    first = build_plan(spec, candidates, plan_id="p", conversation_id="c")
    assert build_plan(spec, shuffled, plan_id="p", conversation_id="c") == first
