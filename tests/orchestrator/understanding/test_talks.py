"""Whole conversations: what is known after each turn, and what the turn ends in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.evals.understanding import predict_conversation
from tests.orchestrator.understanding.support import mistakes

TALKS = [json.loads(line) for line in (Path(__file__).parent / "talks" / "talks.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: talk["id"])
def test_a_conversation_keeps_what_was_said_and_does_what_is_wanted(talk: dict[str, Any]) -> None:
    for turn, got in zip(talk["turns"], predict_conversation(talk["turns"]), strict=True):
        assert mistakes(turn, got["spec"]) == [], turn["user"]
        assert got["action"] in turn["actions"], turn["user"]
