"""A draft that is begun while a language model still reads is taken where the model agrees, and else never heard of."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services.orchestrator.domain.events import Event
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import Understanding, understand
from services.orchestrator.planner import Planner
from services.orchestrator.reasoner.protocol import Meter
from services.orchestrator.reasoner.rules import RuleReasoner
from tests.orchestrator.planning.builders import catalogue
from tests.orchestrator.reasoner.test_llm import turn_of
from tests.orchestrator.test_architect import Shelf

SERVE = "Serve Llama 3.1 8B for 20 concurrent users"


class Notes:
    """A journal that keeps what is noted."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def note(self, *events: Event) -> None:
        self.events += events

    @property
    def told(self) -> list[tuple[str, str]]:
        """What happened, without how long it took."""
        return [(event.kind, getattr(event, "call_id", "")) for event in self.events]


def planner(shelf: Shelf, notes: Notes, text: str = SERVE) -> Planner:
    journal: Any = notes
    slots = asyncio.Semaphore(2)
    return Planner(turn_of(text), journal, reasoner=RuleReasoner(), catalogs=shelf, slots=slots)


def read(text: str = SERVE) -> Understanding:
    return understand(text, spec=WorkloadSpec(), turn=1)


async def steps(count: int) -> None:
    """Let what was begun go so many steps further; all of it in 50."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_draft_begun_ahead_is_the_plan_and_is_made_once():
    alone, plain = Shelf(catalogue()), Notes()
    expected = await planner(alone, plain).plan(read(), Meter())
    shelf, notes = Shelf(catalogue()), Notes()
    ahead = planner(shelf, notes)
    ahead.begin(read())
    await steps(50)
    assert shelf.asked
    assert not notes.events
    assert await ahead.plan(read(), Meter()) == expected
    assert shelf.asked == alone.asked
    assert notes.told == plain.told


async def test_calls_that_go_on_when_the_draft_is_wanted_are_told_as_they_happen():
    notes = Notes()
    ahead = planner(Shelf(catalogue()), notes)
    ahead.begin(read())
    await steps(3)
    await ahead.plan(read(), Meter())
    kinds = [kind for kind, _ in notes.told]
    assert kinds[0] == "status"
    assert kinds.count("tool_started") == kinds.count("tool_finished") > 4


async def test_a_draft_of_something_else_is_given_up_and_never_told():
    other = read(f"{SERVE} on AWS")
    alone, plain = Shelf(catalogue()), Notes()
    expected = await planner(alone, plain).plan(other, Meter())
    shelf, notes = Shelf(catalogue()), Notes()
    ahead = planner(shelf, notes)
    ahead.begin(read())
    await steps(3)
    assert await ahead.plan(other, Meter()) == expected
    await steps(50)
    assert notes.told == plain.told


async def test_what_is_not_wanted_is_stopped():
    shelf, notes = Shelf(catalogue()), Notes()
    ahead = planner(shelf, notes)
    ahead.begin(read())
    await steps(3)
    ahead.give_up()
    before = len(shelf.asked)
    await steps(50)
    assert (len(shelf.asked), notes.events) == (before, [])


@pytest.mark.parametrize(
    "text",
    [f"Fine-tune Llama 3.1 8B on 20k tickets, then {SERVE.lower()}", f"{SERVE} and an embedding model", "x" * 9000],
)
async def test_nothing_is_begun_ahead_where_it_is_not_told_quickly_what_the_plan_is_of(text: str):
    shelf = Shelf(catalogue())
    planner(shelf, Notes(), text).begin(read(text))
    await steps(50)
    assert not shelf.asked
