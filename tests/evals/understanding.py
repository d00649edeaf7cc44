"""Score understanding without a language model against labelled messages and conversations.

python -m tests.evals.understanding [--messages FILE] [--conversations FILE] [--errors]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from services.orchestrator.domain.asking import decide_action, next_questions
from services.orchestrator.domain.question import Question
from services.orchestrator.domain.spec import WorkloadSpec
from services.orchestrator.domain.understanding import asking_policy, understand

SHARED = Path(os.environ.get("STACK8S_SHARED", Path(__file__).resolve().parents[3] / "shared"))
CASES = SHARED / "eval" / "understanding"


def as_labels(spec: WorkloadSpec) -> dict[str, Any]:
    """Return the stated fields as plain JSON values."""
    return {k: v for k, v in spec.model_dump(mode="json", exclude={"origins"}).items() if v not in (None, [], ())}


def predict_message(message: str) -> dict[str, Any]:
    """Return the fields that one message states."""
    return as_labels(understand(message, spec=WorkloadSpec(), turn=1).spec)


def predict_conversation(turns: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return action and spec after each turn; a plan is taken to stand once one was made."""
    spec, asked, pending, has_plan = WorkloadSpec(), list[str](), tuple[Question, ...](), False
    predicted, said_so_far = [], list[str]()
    for number, turn in enumerate(turns, 1):
        said = understand(turn["user"], spec=spec, turn=number, asked=pending, has_plan=has_plan)
        spec = said.spec
        said_so_far.append(turn["user"])
        policy = asking_policy(said_so_far)
        action = decide_action(said, spec, asked=asked, pending=pending, policy=policy)
        offers = action == "plan" and not has_plan and not said.wants_plan_now and policy.kind != "silent"
        asks = action == "clarify" or offers
        first = policy.about if action == "clarify" else ()
        pending = next_questions(spec, asked=asked, open_points=said.open_points, first=first) if asks else ()
        asked += [q.id for q in pending]
        has_plan = has_plan or action == "plan"
        predicted.append({"action": action.value, "spec": as_labels(spec), "reply": "", "plan": None})
    return predicted


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def load_scorer(path: Path) -> ModuleType:
    """Load the reference scorer that lies beside the cases."""
    spec = importlib.util.spec_from_file_location("reference_scorer", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_lines(rows: list[dict[str, Any]]) -> str:
    """Write a temporary file of JSON lines and return its path."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", delete=False, encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return file.name


def message_errors(case: dict[str, Any], predicted: dict[str, Any], scorer: ModuleType) -> list[str]:
    """Return what is wrong with one prediction, by the scorer's own judgement."""
    judged, negatives = scorer.judge(
        predicted,
        case["gold"],
        case.get("gold_any", {}),
        case.get("optional", {}),
        case.get("absent", []),
        case.get("absent_values", {}),
    )
    wrong = [f"{kind} {field}" for field, kind in judged if kind != "tp"]
    return wrong + [f"must not {field}" for field, held in negatives if not held]


def score_messages(path: Path, scorer: ModuleType, *, errors: bool) -> None:
    """Print the figures over a file of messages."""
    cases = read_lines(path)
    predictions = [{"id": c["id"], "pred": predict_message(c["message"])} for c in cases]
    if errors:
        for case, row in zip(cases, predictions, strict=True):
            wrong = message_errors(case, row["pred"], scorer)
            if wrong:
                print(f"{case['id']}: {case['message'][:200]!r}\n   {wrong}\n   {row['pred']}")
    scorer.main("x", str(path), write_lines(predictions))


def turn_errors(expect: dict[str, Any], got: dict[str, Any], scorer: ModuleType) -> list[str]:
    """Return what is wrong with the spec and the action of one turn."""
    labels = {
        "gold": expect["spec_after"],
        "gold_any": expect.get("spec_after_any", {}),
        "optional": expect.get("spec_optional", {}),
        "absent": expect.get("spec_absent", []),
    }
    wrong = message_errors(labels, got["spec"], scorer)
    if got["action"] not in expect.get("action_any", [expect["action"]]):
        wrong.append(f"action {got['action']} instead of {expect['action']}")
    return wrong


def score_conversations(path: Path, scorer: ModuleType, *, errors: bool) -> None:
    """Print the figures over a file of conversations."""
    cases = read_lines(path)
    predictions = [{"id": c["id"], "turns": predict_conversation(c["turns"])} for c in cases]
    if errors:
        for case, row in zip(cases, predictions, strict=True):
            for turn, got in zip(case["turns"], row["turns"], strict=True):
                wrong = turn_errors(turn["expect"], got, scorer)
                if wrong:
                    print(f"{case['id']}: {turn['user'][:200]!r}\n   {wrong}\n   {got}")
    scorer.main("c", str(path), write_lines(predictions))


def main() -> int:
    """Run the eval; say so and skip where there are no cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=Path, default=CASES / "messages.jsonl")
    parser.add_argument("--conversations", type=Path, default=CASES / "conversations.jsonl")
    parser.add_argument("--scorer", type=Path, default=CASES / "score.py")
    parser.add_argument("--errors", action="store_true", help="print every wrong case")
    options = parser.parse_args()
    if not options.scorer.exists():
        print(f"skipped: no reference scorer at {options.scorer}")
        return 0
    scorer = load_scorer(options.scorer)
    for path, score in ((options.messages, score_messages), (options.conversations, score_conversations)):
        if path.exists():
            score(path, scorer, errors=options.errors)
        else:
            print(f"skipped: no cases at {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
