"""How many parameters a wish says that models may have, as in "at most 8B" or "7 to 13 billion parameters"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from services.models.domain.conditions.words import AT_MOST, NUMBER, Said, number, pattern

_BILLION: Final = (
    r"bn?\b|billions?|milliard\w*|mil(?: de)? millones|bilh\w+|miliard\w*|miljard\w*|milyar|mld|мілья?рд\w*|"
    r"мільярд\w*|миллиард\w*|млрд|tỷ|miliar|अरब|พันล้าน|میلیارد"
)
_MILLION: Final = (
    r"mn?\b|millions?|millionen|millones|milh\w+|milion\w*|miljo\w+|milyon|мільйон\w*|миллион\w*|млн|triệu|juta|"
    r"ล้าน|میلیون"
)
_HUNDRED_MILLION: Final = "[亿億억]"
_PARAMETERS: Final = (
    r"param\w*|parám\w*|parâm\w*|paramètres?|параметр\w*|tham số|参数|參數|パラメータ|매개변수|파라미터|พารามิเตอร์|"
    r"पैरामीटर|پارامتر"
)
_AT_LEAST: Final = (
    r"at least|more than|over|above|larger than|bigger than|min(?:imum)?(?: of)?|>=?|≥|mindestens|ab|über|au moins|"
    r"plus de|al menos|mínimo|pelo menos|almeno|minstens|co najmniej|en az|не менее|от|至少|超过|大于"
)
_ABOUT: Final = r"about|around|roughly|approximately|circa|ca\.?|etwa|environ|unos|cerca de|около|~"
_NEAR: Final = 0.25
"""How far from a size said with "about" a model's may be, as a share of it."""
_NOMINAL: Final = 0.05
"""How far sizes are from those that models are called by: one of "8B" has up to 8.3 billion parameters."""
_LIKE_COUNT: Final = (
    r"(?=\s*(?:$|[,.;:!?)、，。]|(?:and|or|with|that|which|for|in|on|und|oder|mit|et|ou|y|i|e|и|以[下内]|이하|"
    r"models?|llms?|instruct|apache|mit|gated|not)\b))"
)
"""What follows a size that does not say of what: else it may be of tokens or customers."""
_COUNT: Final = pattern(rf"\d|{NUMBER} ?(?:{_BILLION}|{_MILLION}|{_HUNDRED_MILLION})")
"""Without which a text says no size, and need not be searched for words about one."""
_APART: Final = r"(?<![a-zà-žа-яіїєґ])"
"""Where a word begins: Chinese has no spaces before it."""
_SIZE: Final = pattern(
    rf"(?<![$€£\d.])(?:(?P<most>{_APART}(?:{AT_MOST}))|(?P<least>{_APART}(?:{_AT_LEAST}))|"
    rf"(?P<about>{_APART}(?:{_ABOUT})))?"
    rf"(?: ?(?:an?|de|of|von) )? ?(?P<low>{NUMBER}) ?(?:(?:{_BILLION}|{_MILLION}) ?)?"
    rf"(?:(?:-|–|to|and|bis|à) ?(?P<high>{NUMBER}) ?)?"
    rf"(?:(?P<billion>{_BILLION})|(?P<million>{_MILLION})|(?P<hundred>{_HUNDRED_MILLION}))"
    rf"(?:(?:[ -]|(?: de ))?(?P<parameters>{_PARAMETERS})|{_LIKE_COUNT})"
    r"(?P<after> ?(?:以下|以内|이하|or less|or smaller|or fewer|at most|max\b|oder weniger))?"
)


def sizes(text: str) -> Iterator[Said]:
    """Yield what a text says of the number of parameters."""
    for match in _SIZE.finditer(text) if _COUNT.search(text) else ():
        asked = _bounds(match)
        if asked or match["parameters"]:
            yield Said(*match.span(), asked)


def _bounds(match: re.Match[str]) -> dict[str, int]:
    """Return the least and the largest number of parameters that a size means, where it means one."""
    unit = 1e9 if match["billion"] else 1e8 if match["hundred"] else 1e6
    low = number(match["low"]) * unit
    high = number(match["high"]) * unit if match["high"] else low
    if match["most"] or match["after"]:
        return {"parameters_max": round(high * (1 + _NOMINAL))}
    if match["least"]:
        return {"parameters_min": round(low * (1 - _NOMINAL))}
    if not match["high"] and not match["about"]:
        return {}
    share = _NEAR if match["about"] else _NOMINAL
    return {"parameters_min": round(low * (1 - share)), "parameters_max": round(high * (1 + share))}
