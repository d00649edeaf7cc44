"""Whole messages, in many languages and fields, against labels."""

from __future__ import annotations

from typing import Any

import pytest

from tests.orchestrator.understanding.support import load_cases, mistakes, stated


@pytest.mark.parametrize("case", load_cases(), ids=lambda case: case["id"])
def test_a_message_states_its_fields_and_no_others(case: dict[str, Any]) -> None:
    assert mistakes(case, stated(case["message"])) == []
