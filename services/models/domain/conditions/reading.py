"""What a wish says of models in words, and the wish without it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from services.models.domain.conditions.licences import licences
from services.models.domain.conditions.memory import memory
from services.models.domain.conditions.sizes import sizes
from services.models.domain.conditions.words import Said, pattern
from services.models.domain.filters import ModelFilter

_LEADING: Final = (
    r"and|but|or|with|of|for|free|open|allowed|that|which|has to|must|should|may|can|could|be|is|have|has|having|"
    r"under|between|licen[cs]e[ds]?|an?|the|one|single|our|own|we|i|und|oder|y|o|et|ou|e|"
    r"(?:(?<=[,;.] )|(?<=and )|(?<=that ))it"
)
_LEAD: Final = pattern(rf"(?:[,;:]? ?\b(?:{_LEADING})\b)+ ?$")
"""Small words that only lead to a condition."""
_LONGEST_LEAD: Final = 40
"""Characters in which they are looked for."""
_LEAST_WORDS: Final = 2


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a wish says in words of the models that it is about."""

    wanted: ModelFilter
    """Licences as they are named."""
    bare: str
    """The wish without the conditions; whole where next to nothing would be left."""


@lru_cache(maxsize=256)
def read_conditions(wish: str) -> Conditions:
    """Return the conditions that a wish says. What it says of money, data or several cards is none of them.

    >>> in_words(read_conditions("chat model under 8B parameters, MIT or Apache").wanted)
    ('at most 8.4 billion parameters', 'licence MIT or Apache')
    """
    said = sorted((*sizes(wish), *memory(wish), *licences(wish)), key=lambda s: (s.start, -s.end))
    return Conditions(ModelFilter(**_together(said)), _without(wish, said))


def without_conditions(wish: str) -> str:
    """Return a wish without the conditions that it says; whole where next to nothing would be left.

    >>> without_conditions("image classifier for a phone, under 6M parameters")
    'image classifier for a phone'
    """
    return read_conditions(wish).bare


def _without(wish: str, said: Sequence[Said]) -> str:
    kept, begin = [], 0
    for start, end, _ in said:
        if start > begin:
            between = wish[begin:start]
            lead = _LEAD.search(between, max(len(between) - _LONGEST_LEAD, 0))
            kept.append(between[: lead.start()] if lead else between)
        begin = max(begin, end)
    bare = re.sub(r"(?:\s*[,;])+(?=\s)", ",", " ".join((*kept, wish[begin:])))
    bare = re.sub(r"(?: ?[.,;])+$|(?<=[.?!]) \.", "", " ".join(bare.split()))
    return bare if said and len(bare.split()) >= _LEAST_WORDS else wish


def _together(said: Iterable[Said]) -> dict[str, Any]:
    """Return what several conditions ask together, by field: what is asked first, or as _JOINED says."""
    found: dict[str, Any] = {}
    for one in said:
        for name, asked in one.asked.items():
            found[name] = _JOINED.get(name, _first)(found[name], asked) if name in found else asked
    return found


def _first(one: Any, _: Any) -> Any:
    return one


_JOINED: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "parameters_min": max,
    "parameters_max": min,
    "licenses": lambda one, other: tuple(dict.fromkeys((*one, *other))),
    "license_classes": lambda one, other: tuple(c for c in one if c in other),
}
