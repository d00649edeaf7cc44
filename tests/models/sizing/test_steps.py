"""Work in steps: the same results whether it is done case by case or side by side."""

from __future__ import annotations

from typing import Any

import pytest

from services.models.domain.sizing import Case, GpuShape, Question, Sized, Usage
from services.models.domain.sizing.steps import Steps, side_by_side, to_end
from services.models.domain.sizing.training_runs import Trials
from tests.models.sizing import shapes


def _work(name: str, steps: int, done: list[str], problem: Exception | None = None) -> Steps[str]:
    for step in range(steps):
        done.append(f"{name}{step}")
        yield
    if problem is not None:
        raise problem
    return name


def test_each_step_is_done_for_all_before_the_next_and_results_keep_their_order() -> None:
    done: list[str] = []
    found = side_by_side([_work("a", 3, done), _work("b", 1, done), _work("c", 2, done)])
    assert found == ["a", "b", "c"]
    assert done == ["a0", "b0", "c0", "a1", "c1", "a2"]


def test_what_makes_no_sense_is_returned_in_its_place_and_a_fault_is_raised() -> None:
    wrong = ValueError("no")
    assert side_by_side([_work("a", 1, []), _work("b", 1, [], wrong), _work("c", 2, [])]) == ["a", wrong, "c"]
    with pytest.raises(KeyError):
        side_by_side([_work("a", 2, []), _work("b", 1, [], KeyError("fault"))])
    with pytest.raises(ValueError, match="no"):
        to_end(_work("a", 1, [], wrong))


@pytest.mark.parametrize("workload", ["inference", "full", "lora", "qlora"])
def test_a_question_put_to_several_gpus_side_by_side_is_answered_as_one_by_one(workload: str) -> None:
    gpus = [GpuShape(f"card {memory}", memory) for memory in (8, 16, 24, 48, 80, 80, 192)]
    case = Case(shapes.LLAMA_8B, Usage(workload=workload, context_tokens=4096))
    question = Question(case)
    together = side_by_side([question.steps(gpu, count) for gpu in gpus for count in (0, 2)])
    assert together == [Question(case).on(gpu, count) for gpu in gpus for count in (0, 2)]


def test_requests_that_share_a_question_do_not_add_to_each_others_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread may get through the same training while one is at its hedges."""
    card, case = GpuShape("card", 80), Case(shapes.LLAMA_8B, Usage(workload="lora"))
    alone, shared, hedge = Question(case).on(card), Question(case), Trials._most
    others: list[Steps[Sized]] = []

    def interrupted(trials: Trials, *given: Any) -> Any:
        if not others:
            others.append(shared.steps(card))
            for _ in ("dimensions", "choice", "hedges"):
                next(others[0])
        return hedge(trials, *given)

    monkeypatch.setattr(Trials, "_most", interrupted)
    assert shared.on(card) == alone == to_end(others[0])
