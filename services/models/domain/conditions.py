"""Conditions that a wish names beside what it wants: size, memory, precision, licence.

They are for filters: those of the request, and what domain/stated.py reads. Among the words of a wish they draw it to
cards that speak of parameters and licences, and to no task.
"""

from __future__ import annotations

import re
from typing import Final

from services.models.domain.stated import stated_conditions

_NUMBER: Final = r"\d+(?:[.,]\d+)?"
_NUMBERS: Final = rf"{_NUMBER}(?: ?(?:-|–|to|and) ?{_NUMBER})?"
_BOUND: Final = (
    r"(?:under|below|within|at most|at least|up to|less than|fewer than|(?:no|not) (?:more|larger|bigger) than|"
    r"not over|max(?:imum|imal)?(?: of)?|smaller than|more than|over|above|between)"
)
_COUNT: Final = r"(?:bn?|m|billion|million)\b"
_LICENSE: Final = (
    r"(?:apache(?:[- ]?2(?:\.0)?)?(?:[- ]licen[cs]ed?)?|(?:mit|[al]?gpl(?:[- ]?v?[23])?|bsd(?:-\d-clause)?|"
    r"cc[- ]by[\w.-]*|open[- ]source|permissive|free|commercial)[- ]licen[cs]e[ds]?)\b"
)
_LEAD: Final = (
    r"(?:[,;:]? ?(?:\band\b|\bbut\b|\bwith\b|\bof\b|\bthat\b|\bwhich\b|\bit\b|\bhas to\b|\bmust\b|\bshould\b|\bmay\b|"
    r"\bbe\b|\bis\b|\bhave\b|\bhas\b|\bhaving\b) ?)*"
)
_CONDITION: Final = re.compile(
    rf"{_LEAD}(?:"
    rf"\b(?:{_BOUND} )?{_NUMBERS} ?(?:{_COUNT})? ?param(?:eter)?s?\b|"
    rf"\b{_BOUND} {_NUMBERS} ?{_COUNT}|"
    rf"\b(?:fit(?:s|ting)?|run(?:s|ning)?|works?)? ?(?:(?:in|into|on|within|with|{_BOUND}) )?"
    r"(?:(?:an?|the|one|single|our|own) )*"
    rf"{_NUMBER} ?(?:gib|gb)\b(?: of)?(?: (?:gpu|video|graphics))?(?: (?:v?ram|memory|cards?|gpus?))?|"
    r"(?:\b(?:in|at|with) )?\b(?:int ?[48]|[bf]?fp? ?(?:8|16|32)|(?:half|full|single) precision|[48][- ]bits?)"
    r"(?: precision)?\b|"
    rf"\b(?:under|with|licen[cs]ed)?(?: ?\b(?:an?|the)\b)? ?{_LICENSE}|"
    r"\b(?:with an? |whose )?licen[cs]e (?:for|that allows|allows) commercial use|"
    r"\b(?:not|un)[ -]?gated\b|"
    r"\b(?:i|we) (?:may|can|could) (?:use|sell) commercially|\b(?:for|allowed for|free for) commercial use"
    r")",
    re.IGNORECASE,
)
_LEAST_WORDS: Final = 2


def without_conditions(wish: str) -> str:
    """Return a wish without the conditions that it names; whole where next to nothing would be left.

    >>> without_conditions("image classifier for a phone, under 6M parameters")
    'image classifier for a phone'
    """
    bare, count = _CONDITION.subn(" ", wish)
    for start, end in reversed(stated_conditions(bare).spans):
        bare, count = f"{bare[:start]} {bare[end:]}", count + 1
    bare = re.sub(r"(?:\s*[,;])+(?=\s)", ",", bare)
    bare = re.sub(r"(?: ?[.,;])+$|(?<=[.?!]) \.", "", " ".join(bare.split()))
    return bare if count and len(bare.split()) >= _LEAST_WORDS else wish
