"""From which language into which: what a wish for translation asks for, and what a translator's name tells."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final, NamedTuple

from services.models.domain.language_codes import language_code
from services.models.domain.languages import languages_in_place

_THE: Final = r"(?:\s+(?:the|das|el|le|o|il|het|l['’]))?\s*$"
_INTO: Final = re.compile(rf"(?:\b(?:to|into|nach|ins|vers|al|en|para|naar|in|na|на|till|til|på)|[→>-]){_THE}")
_FROM: Final = re.compile(rf"\b(?:from|aus(?: dem)?|vom|de|du|del|dal|do|uit(?: het)?|z|с|från|fra){_THE}")
_BEFORE: Final = 12
"""Letters before a language in which the word stands that tells its side."""
_CODE: Final = re.compile(r"[a-z]{2,3}")


class Direction(NamedTuple):
    """Two languages, as ISO 639 codes."""

    source: str
    target: str


def direction_of(wish: str) -> Direction | None:
    """Return which language is translated into which, where a wish names two and says so.

    >>> direction_of("translate to English from Ukrainian")
    Direction(source='uk', target='en')
    """
    found = languages_in_place(wish)
    if len(found) != 2:
        return None
    (one, text_before), (other, text_between) = found
    if _INTO.search(text_between[-_BEFORE:]):
        return Direction(one, other)
    if _FROM.search(text_between[-_BEFORE:]) and _INTO.search(text_before[-_BEFORE:]):
        return Direction(other, one)
    return None


def runs_against(model_id: str, direction: Direction) -> bool:
    """Tell whether a translator's name says that it begins with the language asked for, or ends with the one there is.

    >>> runs_against("Helsinki-NLP/opus-mt-en-uk", Direction("uk", "en"))
    True
    """
    words = re.split(r"[-_]", model_id.rpartition("/")[2].lower())
    pairs = [p for p in pairwise(words) if all(map(_CODE.fullmatch, p))]
    if not pairs:
        return False
    source, target = (language_code(code) or code for code in pairs[-1])
    return source == direction.target or target == direction.source
