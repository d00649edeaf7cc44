"""Questions at the terminal."""

from services.portal.ask.questions import YOU_CHOOSE, answer_all, before_questions, describe
from stack8s.orchestrator.v1.conversation_pb2 import Question

BUDGET = Question(
    id="budget", text="What may it cost?", suggestions=["$500 a month", "$3,000 a month"], default_answer="no limit"
)
REGION = Question(id="region", text="Where?", suggestions=["Europe", "US"])


def answered(*typed: str) -> str:
    answers = iter(typed)
    return answer_all([BUDGET, REGION], prompt=lambda _: next(answers), show=lambda _: None)


def test_a_number_takes_that_suggestion_and_words_are_taken_as_they_are() -> None:
    assert answered("2", "somewhere cold.") == "$3,000 a month. somewhere cold."


def test_enter_leaves_the_choice_to_the_architect() -> None:
    assert answered("", "") == YOU_CHOOSE
    assert answered("1", "  ") == "$500 a month. You choose the rest."


def test_a_number_that_is_no_suggestion_is_the_users_own_answer() -> None:
    assert answered("7", "2") == "7. US."


def test_questions_that_are_in_the_text_too_are_shown_once() -> None:
    text = "I understand: a chatbot.\n\n1. What may it cost? (...)\n2. Where?\n\nAnswer what you can."
    assert before_questions(text, [BUDGET, REGION]) == "I understand: a chatbot."
    assert before_questions("One thing first.", [BUDGET]) == "One thing first."


def test_a_question_is_shown_with_its_numbered_suggestions_and_what_enter_means() -> None:
    assert describe(1, BUDGET) == [
        "1. What may it cost?",
        "     1) $500 a month",
        "     2) $3,000 a month",
        "     Enter) you choose (no limit)",
    ]
