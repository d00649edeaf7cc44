"""Asks the architect's questions at the terminal and turns the answers into the next message."""

import re
from collections.abc import Callable, Sequence

from stack8s.orchestrator.v1.conversation_pb2 import Question

YOU_CHOOSE = "You choose."


def answer_all(questions: Sequence[Question], *, prompt: Callable[[str], str], show: Callable[[str], None]) -> str:
    """Ask each question and return the message that answers them all.

    A number takes that suggestion, an empty line leaves the choice to the architect, anything else is taken as it is.
    """
    answers = []
    for number, question in enumerate(questions, start=1):
        show("")
        for line in describe(number, question):
            show(line)
        answers.append(_chosen(prompt("  Your answer (a number, your own words, or Enter: you choose): "), question))
    return join_answers(answers)


def before_questions(text: str, questions: Sequence[Question]) -> str:
    """Return what the architect says ahead of its questions; they are shown with their suggestions afterwards."""
    preface, _, _ = text.partition(questions[0].text)
    return re.sub(r"\d+\.\s*$", "", preface).strip()


def describe(number: int, question: Question) -> list[str]:
    """Return the lines that show a question with its numbered suggestions."""
    lines = [f"{number}. {question.text}"]
    lines += [f"     {choice}) {suggestion}" for choice, suggestion in enumerate(question.suggestions, start=1)]
    if question.default_answer:
        lines.append(f"     Enter) you choose ({question.default_answer})")
    return lines


def join_answers(answers: Sequence[str]) -> str:
    """Return one message for the answers; an empty answer leaves that choice to the architect."""
    given = [answer.rstrip(" .") for answer in answers if answer]
    if not given:
        return YOU_CHOOSE
    rest = " You choose the rest." if len(given) < len(answers) else ""
    return ". ".join(given) + "." + rest


def _chosen(answer: str, question: Question) -> str:
    answer = answer.strip()
    if answer.isdecimal() and 1 <= int(answer) <= len(question.suggestions):
        return question.suggestions[int(answer) - 1]
    return answer
