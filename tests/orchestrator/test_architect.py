"""The architect asks the catalogues in parallel rounds, plans with those that answer, and lets nothing false out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from libs.errors import InvalidInputError, UnavailableError, Violation
from libs.provenance import Provenance
from services.orchestrator import architect
from services.orchestrator.architect import UnsoundPlanError, make_plan
from services.orchestrator.calls import CallReport
from services.orchestrator.catalogs.protocol import Components
from services.orchestrator.domain.candidates import (
    Candidates,
    FoundModels,
    MemoryEstimate,
    OwnCluster,
    PerformanceEstimate,
)
from services.orchestrator.domain.planning.asks import ModelAsk, OfferAsk, SizingCase, UseOfModel
from services.orchestrator.domain.planning.hosting import TITLE
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import GPU_TYPES, catalogue, memory, model, offer, speed
from tests.orchestrator.planning.plans import SMALL

SERVE = {"task_type": "inference", "domain": "llm", "model_task": "text-generation"}


class Shelf:
    """Catalogues that answer from records in memory. down: calls that fail, by the name of the catalogue."""

    def __init__(self, held: Candidates, *, down: Sequence[str] = (), error: Exception | None = None) -> None:
        self.held = held
        self.down = down
        self.error = error or UnavailableError("away", retry_after_s=1.0)
        self.asked: list[Any] = []
        self.makers: list[str] = []
        self.operator_cpus: dict[str, float] = {}
        """What the operator of a maker's GPUs asks for, where it is not as held."""
        self.running = 0
        self.most_running = 0

    async def _answer(self, catalog: str, answer: Any, asked: Any = None) -> Any:
        self.asked.append(asked or catalog)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        if catalog in self.down:
            raise self.error
        return answer

    async def search_models(self, ask: ModelAsk) -> FoundModels:
        named = [m for m in self.held.models if ask.name and ask.name in m.wished_as]
        low, high = ask.parameters_b or (0.0, 1e6)
        sized = [m for m in self.held.models if m.parameters is None or low <= m.parameters / 1e9 <= high]
        return await self._answer("models", FoundModels(models=tuple(named if ask.name else sized)), ask)

    async def list_gpu_types(self) -> Any:
        return await self._answer("compute", tuple(self.held.gpu_types.values()))

    async def search_offers(self, ask: OfferAsk) -> Any:
        found = [
            o
            for o in self.held.offers
            if bool(o.gpu_count) == ask.gpu
            and (not ask.providers or o.provider in ask.providers)
            and (not ask.countries or o.country in ask.countries)
        ]
        return await self._answer("compute", tuple(found), ask)

    async def estimate_memory(self, cases: Sequence[SizingCase], use: UseOfModel) -> tuple[MemoryEstimate, ...]:
        wanted = {(c.model_id, c.precision, c.gpu.name if c.gpu else "") for c in cases}
        found = [e for e in self.held.memory if (e.model_id, e.precision, e.gpu_type) in wanted]
        return await self._answer("models", tuple(found), ("memory", len(cases)))

    async def estimate_speed(
        self, cases: Sequence[SizingCase], use: UseOfModel, *, sources: Mapping[str, Provenance]
    ) -> tuple[PerformanceEstimate, ...]:
        wanted = {c.key for c in cases}
        found = [s for s in self.held.performance if (s.model_id, s.precision, s.gpu_type, s.gpus) in wanted]
        return await self._answer("models", tuple(found), ("speed", len(cases)))

    async def list_unit_prices(self) -> Any:
        return await self._answer("compute", self.held.unit_prices)

    async def recommend_components(
        self, roles: Any, spec: WorkloadSpec, *, gpu_vendor: str, standing: Any = None
    ) -> Components:
        self.makers.append(gpu_vendor)
        wanted = {r.role for r in roles}
        there = tuple(i for i in self.held.installed if i.role in wanted)
        charts = tuple(c for c in self.held.charts if c.role in wanted - {i.role for i in there})
        cpus = self.operator_cpus.get(gpu_vendor)
        charts = tuple(replace(c, cpu=cpus) if cpus and c.role == "gpu_operator" else c for c in charts)
        answer = Components(charts=charts, conflicts=self.held.conflicts, installed=there)
        return await self._answer("packages", answer)

    async def describe_cluster(self) -> OwnCluster:
        return await self._answer("compute", OwnCluster(note="no cluster is connected to stack8s yet"))


async def planned(shelf: Shelf, **wishes: Any):
    return await make_plan(WorkloadSpec(**{**SERVE, **wishes}), shelf, plan_id="p", conversation_id="c")


async def test_a_plan_is_made_in_rounds_whose_calls_run_side_by_side():
    shelf = Shelf(catalogue())
    reports: list[CallReport] = []
    await make_plan(WorkloadSpec(**SERVE), shelf, plan_id="p", conversation_id="c", on_call=reports.append)
    assert shelf.most_running >= 4
    began = [r.call_id for r in reports if r.elapsed_ms is None]
    ended = [r.call_id for r in reports if r.elapsed_ms is not None]
    assert sorted(began) == sorted(ended)
    assert len(set(began)) == len(began)
    rounds = [a[0] for a in shelf.asked if isinstance(a, tuple)]
    assert rounds == ["memory", "speed"]


async def test_memory_is_asked_once_for_each_size_of_gpu():
    shelf = Shelf(catalogue(models=(model("meta-llama/Llama-3.1-8B-Instruct"),)))
    await planned(shelf)
    offered = {o.gpu_type for o in shelf.held.offers if o.gpu_count}
    sizes = {(GPU_TYPES[g].vendor, GPU_TYPES[g].memory_gib) for g in offered}
    precisions = 3
    assert next(a for a in shelf.asked if isinstance(a, tuple)) == ("memory", len(sizes) * precisions)


@pytest.mark.parametrize("down", ["packages", "models"])
async def test_a_catalogue_that_is_away_is_named_and_the_rest_still_plans(down):
    plan = await planned(Shelf(catalogue(), down=(down,)))
    assert any(f"The {down} catalogue did not answer" in w for w in plan.warnings)
    assert plan.gpu_recommendations


async def test_without_compute_the_plan_says_that_it_has_no_machines():
    plan = await planned(Shelf(catalogue(), down=("compute",)))
    assert plan.gpu_recommendations == ()
    assert any("compute catalogue did not answer" in w for w in plan.warnings)


async def test_when_no_catalogue_answers_there_is_no_plan():
    with pytest.raises(UnavailableError):
        await planned(Shelf(catalogue(), down=("compute", "models", "packages")))


async def test_another_failure_is_not_swallowed():
    refused = InvalidInputError((Violation("query", "is empty"),))
    with pytest.raises(InvalidInputError):
        await planned(Shelf(catalogue(), down=("models",), error=refused))


async def test_places_are_asked_for_and_anywhere_too_for_ways_out():
    shelf = Shelf(catalogue())
    plan = await planned(shelf, geos=("germany",), providers=("aws",))
    searches = [a for a in shelf.asked if isinstance(a, OfferAsk)]
    assert {s.countries for s in searches} == {("DE",), ()}
    assert plan.unmet
    assert plan.unmet[0].relaxations


async def test_a_named_model_is_asked_for_by_name_and_by_description():
    named = model("meta-llama/Llama-3.1-8B-Instruct", wished_as="llama 3.1 8b")
    shelf = Shelf(catalogue(models=(named,)))
    plan = await planned(shelf, models=("llama 3.1 8b",))
    searches = [a for a in shelf.asked if isinstance(a, ModelAsk)]
    assert [s.name for s in searches] == ["llama 3.1 8b", ""]
    assert plan.model_recommendations[0].model_id == named.model_id


async def test_own_capacity_is_asked_for_only_when_it_is_wished():
    shelf = Shelf(catalogue())
    plan = await planned(shelf, prefers_local_cluster=True)
    assert any(isinstance(a, OfferAsk) and a.prefer_local for a in shelf.asked)
    assert plan.unmet[0].field == "prefers_local_cluster"


async def test_models_that_may_earn_money_come_before_those_for_research():
    research = model("org/research", license_class="research_only")
    small = model("meta-llama/Llama-3.1-8B-Instruct")
    plan = await planned(Shelf(catalogue(models=(research, small))))
    assert plan.model_recommendations[0].model_id == small.model_id


async def test_a_plan_that_the_verifier_refuses_never_leaves(monkeypatch):
    monkeypatch.setattr(architect, "verify", lambda plan, spec, candidates, **_: ("the total is wrong",))
    with pytest.raises(UnsoundPlanError, match="the total is wrong"):
        await planned(Shelf(catalogue()))


def hosts_asked(shelf: Shelf) -> list[tuple[int, OfferAsk]]:
    """Return the searches for machines of the components, with how many questions were asked before."""
    return [(n, a) for n, a in enumerate(shelf.asked) if isinstance(a, OfferAsk) and a.each_place]


async def test_machines_for_the_components_are_asked_for_anywhere_while_models_are_sized():
    shelf = Shelf(catalogue())
    plan = await planned(shelf)
    searches = hosts_asked(shelf)
    # One to three charts of 0.5 CPUs and 1.5 GiB on nine tenths of a machine: with GPUs or not, copies added or not.
    sizes = [(round(a.vcpus_min, 3), round(a.memory_gib_min, 3)) for _, a in searches]
    assert sizes == [(0.556, 1.667), (1.111, 3.333), (1.667, 5.0)]
    assert all(not a.gpu and not a.providers and not a.regions for _, a in searches)
    first_speed = next(n for n, a in enumerate(shelf.asked) if isinstance(a, tuple) and a[0] == "speed" and a[1])
    assert max(n for n, _ in searches) < first_speed
    assert any(line.description.startswith(TITLE) and line.monthly for line in plan.cost_estimate.lines)
    shelf = Shelf(catalogue(charts=()))
    await planned(shelf)
    assert hosts_asked(shelf) == []


async def test_the_choice_counts_the_machines_for_the_components_that_were_found():
    here = offer("aws", "A10G", 1, "1.00", vcpus=4.0)
    there = offer("gcp", "A10G", 1, "1.05", vcpus=4.0)
    dear, cheap = (offer(p, "", 0, price, vcpus=4.0, memory_gib=16.0) for p, price in (("aws", "0.3"), ("gcp", "0.1")))
    shelf = Shelf(catalogue(offers=(here, there, dear, cheap), offers_elsewhere=()))
    assert (await planned(shelf, gpu_models=("A10G",))).gpu_recommendations[0].provider == "gcp"
    shelf = Shelf(catalogue(offers=(here, there, dear, cheap), offers_elsewhere=(), charts=()))
    assert (await planned(shelf, gpu_models=("A10G",))).gpu_recommendations[0].provider == "aws"


async def test_the_choice_is_made_once_more_with_the_charts_for_another_maker():
    """Those for AMD ask for more than the machines leave, so another one is chosen once that is known."""
    cramped, roomy = (
        offer("azure", "MI300X", 1, price, vcpus=vcpus, memory_gib=512.0, instance_type=name, offer_id=name)
        for name, price, vcpus in (("cramped", "1.00", 32.0), ("roomy", "1.05", 96.0))
    )
    host = offer("azure", "", 0, "0.40", vcpus=16.0, memory_gib=64.0)
    for wishes, makers in (({}, ["nvidia", "amd"]), ({"gpu_models": ("MI300X",)}, ["amd"])):
        shelf = Shelf(catalogue(offers=(cramped, roomy, host), offers_elsewhere=()))
        shelf.operator_cpus = {"nvidia": 0.2, "amd": 6.0}
        plan = await planned(shelf, **wishes)
        assert (plan.gpu_recommendations[0].instance_type, shelf.makers) == ("roomy", makers)


async def test_components_are_asked_for_again_when_the_machines_that_are_chosen_are_of_another_maker():
    amd = tuple(replace(o, provider="azure") for o in catalogue().offers if o.gpu_type == "MI300X")
    shelf = Shelf(catalogue(offers=amd, offers_elsewhere=amd))
    plan = await planned(shelf)
    assert (plan.gpu_recommendations[0].gpu_type, shelf.makers) == ("MI300X", ["nvidia", "amd"])
    shelf = Shelf(catalogue())
    await planned(shelf)
    assert shelf.makers == ["nvidia"]


async def test_an_adapter_is_planned_only_where_it_was_named_itself_and_then_that_is_told():
    tuned = model("org/small-adapter", 8_000_000_000, adapter=True)
    plan = await planned(Shelf(catalogue(models=(tuned, model(SMALL)))))
    assert [m.model_id for m in plan.model_recommendations if m.purpose == "main"] == [SMALL]
    named = replace(tuned, wished_as="small adapter")
    plan = await planned(Shelf(catalogue(models=(named, model(SMALL)))), models=("small adapter",))
    assert [m.model_id for m in plan.model_recommendations if m.chosen] == ["org/small-adapter"]
    assert any("merge the two first" in warning for warning in plan.warnings)


def tuned_late(*, hours: float) -> tuple[Shelf, dict[str, Any]]:
    """Return catalogues of six models whose runs take so long on whatever machines, and wishes for a run within five
    hours."""
    names = [f"org/chat-{n}" for n in range(6)]
    late = {"run_hours": hours}
    held = catalogue(
        models=tuple(model(name, wished_as="chat") for name in names),
        memory=tuple(memory(name, g, 20.0, p) for name in names for g in GPU_TYPES for p in ("bf16", "int4")),
        performance=tuple(
            speed(name, g, n, precision=p, **late)
            for name in names for g in GPU_TYPES for n in range(1, 65) for p in ("bf16", "int4")
        ),
    )  # fmt: skip
    return Shelf(held), {
        "task_type": "fine_tuning",
        "models": ("chat",),
        "dataset_items": 100_000,
        "deadline_hours": 5,
    }


async def test_what_was_never_asked_for_its_length_is_not_taken_for_on_time():
    shelf, wishes = tuned_late(hours=50.0)
    plan = await planned(shelf, **wishes)
    assert [wish.field for wish in plan.unmet] == ["deadline_hours"]
    assert all("deadline_hours" in rec.breaks for rec in plan.gpu_recommendations)


async def test_qualities_that_speed_may_rule_out_one_after_another_are_asked_for_together():
    shelf, wishes = tuned_late(hours=50.0)
    await planned(shelf, **wishes)
    rounds = [asked[1] for asked in shelf.asked if isinstance(asked, tuple) and asked[0] == "speed"]
    assert len(rounds) == 3


async def test_what_is_nearest_is_asked_for_its_length_too_however_often_speed_ruled_others_out():
    shelf, wishes = tuned_late(hours=50.0)
    plan = await planned(shelf, **wishes, gpu_models=("H100",))
    assert [wish.field for wish in plan.unmet] == ["deadline_hours"]
    assert all("deadline_hours" in rec.breaks for rec in plan.gpu_recommendations)


@pytest.mark.parametrize("hours", [4.0, 50.0])
async def test_what_nobody_can_say_ends_in_time_is_not_nearer_than_what_is_known(hours):
    """No budget is kept: what ends too late breaks a wish more than what is of unknown length, which led for it."""
    shelf, wishes = tuned_late(hours=hours)
    wishes |= {"budget_usd_total": 0.01}
    first = (await planned(shelf, **wishes)).gpu_recommendations[0].gpu_type
    known = tuple(s for s in shelf.held.performance if s.gpu_type != first)
    plan = await planned(Shelf(replace(shelf.held, performance=known)), **wishes)
    assert plan.gpu_recommendations[0].run_hours == hours
    assert plan.gpu_recommendations[0].gpu_type != first
