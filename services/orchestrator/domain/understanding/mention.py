"""One thing that a grammar read in the text."""

from __future__ import annotations

from typing import Any, NamedTuple


class Mention(NamedTuple):
    """Tokens [i, j) state a value for a field."""

    field: str
    value: Any
    i: int
    j: int
    negated: bool = False
    """The user speaks against it."""
    implied: bool = False
    """It follows from the words, rather than being said."""
