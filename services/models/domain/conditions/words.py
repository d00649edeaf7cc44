"""What of a text says a condition, and words that several kinds of conditions share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

_WORDED: Final = {
    "half a": 0.5, "half": 0.5, "one": 1, "a": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20,
}  # fmt: skip
NUMBER: Final = rf"(?:\d+(?:[.,]\d+)?|\b(?:{'|'.join(_WORDED)})\b)"
AT_MOST: Final = (
    r"under|below|within|at most|up to|less than|fewer than|(?:no|not) (?:more|larger|bigger) than|not over|"
    r"max(?:imum|imal|imaal|imo|imálně)?(?: of)?\.?|smaller than|<=?|≤|höchstens|bis(?: zu)?|unter|weniger als|"
    r"au plus|moins de|jusqu['’]à|(?:como |no )?máximo(?: de)?|hasta|menos de|até|al massimo|fino a|meno di|"
    r"hoogstens|tot|minder dan|do|maksymalnie|poniżej|co najwyżej|en fazla|до|не более|не больше|максимум|менее|"
    r"tối đa|dưới|không quá|max|högst|upp till|under|maks(?:imal)?|maksimum|"
    r"不超过|不大于|最多|最大|小于|最高"
)


class Said(NamedTuple):
    """Words that are a condition."""

    start: int
    end: int
    asked: Mapping[str, Any] = {}
    """Fields of a ModelFilter with what they ask; none where the words say nothing that a filter can ask for."""


def number(text: str) -> float:
    """Return the number that a match of NUMBER says."""
    return _WORDED.get(text.lower()) or float(text.replace(",", "."))


def pattern(text: str) -> re.Pattern[str]:
    """Return a pattern for words in any case."""
    return re.compile(text, re.IGNORECASE)
