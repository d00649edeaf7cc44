"""Conversations with the whole product, by rules alone: every reply and every plan is judged by rules on its facts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.plan_rules import Auditor, differences
from tests.acceptance.scenario import Scenario, Told, said_wrong, scenarios, talk
from tests.support.conversation import Product

TWICE = tuple(s for s in scenarios() if s.name in ("seeds-mri_lung_cancer", "limits-eu_only", "revisions-a_chain"))


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
async def test_a_conversation_goes_as_it_should(
    product: Product, records: dict[Any, Any], by_rules: Told, scenario: Scenario
):
    auditor, wrong = Auditor(product, records), list[str]()
    replies = await by_rules.replies(product.architect, scenario)
    for number, (turn, reply) in enumerate(zip(scenario.turns, replies, strict=True), 1):
        found = said_wrong(turn, reply)
        if reply.plan is not None:
            found += await auditor.wrong(reply.plan, reply.spec)
        wrong += [f"turn {number}: {said}" for said in found]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("scenario", TWICE, ids=lambda scenario: scenario.name)
async def test_the_same_words_give_the_same_plan(product: Product, by_rules: Told, scenario: Scenario):
    first = await by_rules.replies(product.architect, scenario)
    for one, other in zip(first, await talk(product.architect, scenario), strict=True):
        assert not differences(one.plan, other.plan)
        assert one.text == other.text.replace(other.plan.plan_id, one.plan.plan_id) if one.plan and other.plan else True
