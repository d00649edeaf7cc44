"""Patterns that take long to look for through a text, each with what a text must hold for them to match."""

from __future__ import annotations

import re
from collections.abc import Callable


class Cued:
    """A pattern, and its cues, with | between: pieces of folded text of which every text that it matches holds one.

    Looking for a piece takes a hundredth of the time of looking for a pattern, and most texts hold none.
    """

    __slots__ = ("cues", "pattern")

    def __init__(self, pattern: str, cues: str) -> None:
        self.pattern = re.compile(pattern)
        self.cues = tuple(cues.split("|"))

    def may_match(self, folded: str) -> bool:
        """Say whether the pattern may match a text. folded: the text folded, or one that it was blanked from."""
        return any(cue in folded for cue in self.cues)

    def search(self, text: str, folded: str) -> re.Match[str] | None:
        """Return the first match in a text."""
        return self.pattern.search(text) if self.may_match(folded) else None

    def sub(self, put: Callable[[re.Match[str]], str], text: str, folded: str) -> str:
        """Return a text with something put in place of each match."""
        return self.pattern.sub(put, text) if self.may_match(folded) else text
