"""Questions that a message answers itself, as in a form: "Budget? 15k in total. Deadline? 3 days."."""

from __future__ import annotations

import re
from typing import Final

from services.orchestrator.domain.understanding.fold import fold
from services.orchestrator.domain.understanding.lexicon import words

_LABELS: Final = words("selfasked.labels")
_QUESTION: Final = re.compile(
    r"(?:^|(?<=[.!;\n])|(?<=\.\s)|(?<=\n\s))[ \t]*((?:[^\W\d]|[ '/-]){2,40})\?(?=[ \t]+[^?!.\n]*[^?\s])"
)
"""A question of letters alone at the start of a sentence, with something behind it on its line."""
_MOST_WORDS: Final = 3


def answered(text: str) -> str:
    """Return the text with a colon for the question mark of what is only named and then answered."""
    return _QUESTION.sub(_told, text) if "?" in text else text


def _told(question: re.Match[str]) -> str:
    named = fold(question.group(1)).split()
    is_label = 0 < len(named) <= _MOST_WORDS and named[-1] in _LABELS
    return question.group()[:-1] + ":" if is_label else question.group()
