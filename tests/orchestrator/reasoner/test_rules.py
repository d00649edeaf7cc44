"""Understanding by rules, as the turns ask for it: with the turn's own date, long messages beside the event loop."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.orchestrator.domain.understanding import Understanding
from services.orchestrator.reasoner import Meter, rules
from services.orchestrator.reasoner.rules import RuleReasoner
from tests.orchestrator.reasoner.test_llm import turn_of


async def understood(text: str) -> Understanding:
    turn = turn_of(text)
    wednesday = datetime(2026, 11, 25, 10, tzinfo=UTC)
    turn = replace(turn, turn=replace(turn.turn, create_time=wednesday))
    return await RuleReasoner().understand(turn, names=None, meter=Meter())


async def test_days_are_counted_from_when_the_message_was_sent():
    assert (await understood("train a detector by Friday")).spec.deadline_hours == 62


@pytest.mark.parametrize(("length", "beside"), [(10, False), (6_000, True)])
async def test_a_long_message_does_not_hold_up_the_event_loop(
    length: int, beside: bool, monkeypatch: pytest.MonkeyPatch
):
    read, where = rules.understand, list[threading.Thread]()

    def noting(*args: object, **kwargs: object) -> Understanding:
        where.append(threading.current_thread())
        return read(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(rules, "understand", noting)
    await understood("x" * length)
    assert (where[0] is not threading.main_thread()) is beside
