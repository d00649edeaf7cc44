"""The work of understanding grows with a message's length alone, whatever the message is full of."""

from __future__ import annotations

import sys
from types import FrameType

import pytest

from tests.orchestrator.understanding.long_texts import LONG_TEXTS
from tests.orchestrator.understanding.support import NOW, read

_WORDS = 400
_LONGER = 4


def calls(text: str) -> int:
    """Return how many functions are called, of the rules and of what these use, to understand a message."""
    count = 0

    def note(frame: FrameType, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        read(text, now=NOW)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("kind", sorted(LONG_TEXTS))
def test_a_message_four_times_as_long_takes_about_four_times_the_work(kind: str) -> None:
    short, long = LONG_TEXTS[kind](_WORDS), LONG_TEXTS[kind](_WORDS * _LONGER)
    read(long, now=NOW)  # what is known once, such as words misspelt, is no work of a message
    assert calls(long) < 1.3 * _LONGER * calls(short)
