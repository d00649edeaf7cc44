"""A comparison names the versions that it is of, and says whether any is older."""

from __future__ import annotations

from datetime import date

from services.orchestrator.domain.answers.about import comparison
from tests.orchestrator.planning.plans import plan_for

PLAN = plan_for(task_type="inference", domain="llm")
MADE = {"p1": date(2026, 5, 20), "p3": date(2026, 5, 21)}


def version(number: int):
    return PLAN.model_copy(update={"plan_id": f"p{number}", "version": number})


def test_one_plan_is_said_to_have_none_before_it():
    told = comparison(version(1), None, MADE)
    assert told.startswith("There is one plan so far, version 1 of 2026-05-20, and none older to compare it with")
    assert "**Options**" in told


def test_the_versions_are_named_with_their_days():
    told = comparison(version(3), version(1), MADE)
    assert told.startswith("**Version 3 against version 1**")
    assert "version 3 of 2026-05-21 against version 1 of 2026-05-20; there is no older plan" in told


def test_that_there_are_older_versions_is_said():
    told = comparison(version(3), version(2), MADE)
    assert "version 3 of 2026-05-21 against version 2; there are older plans" in told
    assert "“compare with the first plan”" in told
