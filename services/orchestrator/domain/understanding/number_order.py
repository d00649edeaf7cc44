"""Where a language puts words around a number otherwise: Romanian "3000 de ore", Swahili "picha milioni 2"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from services.orchestrator.domain.understanding.matcher import Match
from services.orchestrator.domain.understanding.tokens import Token

_LINKED: Final = {"ro": "de"}
"""What stands between a number and what it counts, as in the languages that say "of" there."""
_SCALE_FIRST: Final = frozenset({"sw"})
NOUN_FIRST: Final = frozenset({"sw"})
"""Languages in which what is counted stands before its number."""


def ending(tokens: Sequence[Token], j: int, language: str) -> int:
    """Return where a number ends whose last word stands before token j, with the word that links it to its noun."""
    return j + 1 if j < len(tokens) and tokens[j].text == _LINKED.get(language) else j


def scale_before(i: int, matches: Mapping[int, Match], language: str) -> float:
    """Return by what the word before token i multiplies the number there, 1 where it does not."""
    before = matches.get(i - 1) if language in _SCALE_FIRST else None
    return float(before.id) if before is not None and before.kind == "scale" else 1.0
