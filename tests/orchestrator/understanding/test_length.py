"""The work of understanding grows with a message's length alone, whatever the message is full of."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType

import pytest

from services.orchestrator.domain.understanding.standing import statements
from tests.orchestrator.understanding.long_texts import LONG_TEXTS
from tests.orchestrator.understanding.support import NOW, read

_WORDS = 400
_LONGER = 4


STANDING = {
    "names": "Kafka ",
    "a list": "Kafka, ",
    "bullets": "- Kafka\n",
    "what is there": "we run Kafka and Milvus. ",
    "what is left": "we run Kafka but want to leave it, ",
    "what is pointed back at": "Kafka for events, which we already run. ",
}
"""What may be said over and over of software that is there."""


def calls(read: Callable[[str], object], text: str) -> int:
    """Return how many functions are called, of the rules and of what these use, to read a message."""
    count = 0

    def note(frame: FrameType, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        read(text)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("kind", sorted(LONG_TEXTS))
def test_a_message_four_times_as_long_takes_about_four_times_the_work(kind: str) -> None:
    understand = partial(read, now=NOW)
    short, long = LONG_TEXTS[kind](_WORDS), LONG_TEXTS[kind](_WORDS * _LONGER)
    understand(long)  # what is known once, such as words misspelt, is no work of a message
    assert calls(understand, long) < 1.3 * _LONGER * calls(understand, short)


@pytest.mark.parametrize("kind", sorted(STANDING))
def test_what_is_there_is_read_in_work_that_grows_with_length_alone(kind: str) -> None:
    short, long = STANDING[kind] * _WORDS, STANDING[kind] * _WORDS * _LONGER
    read_anew = statements.__wrapped__
    read_anew(long)
    assert calls(read_anew, long) < 1.3 * _LONGER * calls(read_anew, short)
