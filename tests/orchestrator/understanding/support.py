"""What the tests of understanding share: reading one message, and judging a reading by labels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.orchestrator.domain.question import Question
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import Understanding, understand

CASES = Path(__file__).parent / "cases"
NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
"""A Friday morning, from which days named are counted."""


def read(
    text: str,
    *,
    before: WorkloadSpec | None = None,
    turn: int = 1,
    asked: Sequence[Question] = (),
    has_plan: bool = False,
    now: datetime | None = None,
) -> Understanding:
    """Understand one message."""
    return understand(text, spec=before or WorkloadSpec(), turn=turn, asked=asked, has_plan=has_plan, now=now)


def stated(text: str, **kwargs: Any) -> dict[str, Any]:
    """Return the fields set after one message as plain values."""
    spec = read(text, **kwargs).spec
    return {k: v for k, v in spec.model_dump(mode="json", exclude={"origins"}).items() if v not in (None, [], ())}


def talk(*messages: str, has_plan: bool = False) -> Understanding:
    """Understand messages one after the other, and return the last understanding."""
    understood = read(messages[0])
    for turn, message in enumerate(messages[1:], 2):
        understood = read(message, before=understood.spec, turn=turn, has_plan=has_plan)
    return understood


def load_cases() -> list[dict[str, Any]]:
    """Return the labelled messages of the folder cases."""
    lines = [line for path in sorted(CASES.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in lines]


def mistakes(case: dict[str, Any], got: dict[str, Any]) -> list[str]:
    """Return what a reading gets wrong, by the case's labels; a field without a label must stay unset."""
    gold, any_of, optional = case["gold"], case.get("gold_any", {}), case.get("optional", {})
    wanted = {("context_tokens" if f == "context_tokens_any" else f): v for f, v in {**gold, **any_of}.items()}
    wrong = []
    for field, value in wanted.items():
        choices = value if field in any_of or f"{field}_any" in gold else [value]
        if isinstance(got.get(field), list):
            choices = choices if isinstance(choices[0], list) else [choices]
            if not any(_same_names(got[field], choice, optional.get(field, [])) for choice in choices):
                wrong.append(f"{field}: {got[field]} for {value}")
        elif not any(_same(got.get(field), choice) for choice in [*choices, *optional.get(field, [])]):
            wrong.append(f"{field}: {got.get(field)} for {value}")
    for field in got.keys() - wanted.keys():
        values = got[field] if isinstance(got[field], list) else [got[field]]
        wrong += [f"{field}: {v} unasked" for v in values if not any(_same(v, o) for o in optional.get(field, []))]
    for field, refused in case.get("absent_values", {}).items():
        values = got.get(field, [])
        values = values if isinstance(values, list) else [values]
        wrong += [f"{field}: {v} refused" for v in values if any(_same(v, r) for r in refused)]
    return wrong


def _same(got: Any, wanted: Any) -> bool:
    if isinstance(got, bool) or isinstance(wanted, bool) or got is None:
        return got is wanted
    if isinstance(wanted, int | float) and isinstance(got, int | float):
        return abs(got - wanted) <= 0.03 * abs(wanted)
    return _plain(got) == _plain(wanted)


def _plain(name: Any) -> str:
    return "".join(c for c in str(name).lower() if c.isalnum() or c == ".")


def _same_names(got: list[Any], wanted: list[Any], optional: list[Any]) -> bool:
    missing = [w for w in wanted if not any(_same(g, w) for g in got)]
    extra = [g for g in got if not any(_same(g, w) for w in [*wanted, *optional])]
    return not missing and not extra
