"""Searches in other languages than English: what names a role there is taken for the role's English name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from services.packages.domain import text

_WORD: Final = re.compile(r"\w+")
_NO_SPACES: Final = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff]")
"""Scripts that write words, or words and their endings, without spaces; Korean as it is when folded."""


class Languages:
    """What roles are called in other languages."""

    def __init__(
        self, roles: Mapping[str, Sequence[str]], *, without: Sequence[str] = (), between: Sequence[str] = ()
    ) -> None:
        """roles are phrases by role id; without are words that rule out, between those that say nothing."""
        self._roles: Final = {text.fold(phrase): role for role, phrases in roles.items() for phrase in phrases}
        self._named: Final = _any_of(self._roles)
        self._begin: Final = frozenset(_WORD.findall(phrase)[0] for phrase in self._roles)
        """First words of the phrases: what has none of them names no role, which is sooner told."""
        self._without: Final = _any_of(text.fold(w) for w in without)
        self._between: Final = _any_of(text.fold(w) for w in between)

    def in_english(self, folded: str) -> str:
        """Return a folded search with roles named in English; as it is where it names none in another language."""
        if self._begin.isdisjoint(_WORD.findall(folded)) and not _NO_SPACES.search(folded):
            return folded
        named, count = self._named.subn(lambda m: f" \0{self._roles[m[0]]}\0 ", folded)
        if not count:
            return folded
        parts = named.split("\0")  # a role at every second place, never read for further words
        for n, part in enumerate(parts):
            rest = (
                self._between.sub(" ", self._without.sub(" without ", part)) if n % 2 == 0 else part.replace("_", " ")
            )
            parts[n] = rest
        return " ".join("".join(parts).split())


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of phrases, longest first, as whole words where their script has spaces between words."""
    longest = sorted(phrases, key=lambda p: (-len(p), p))
    return re.compile("|".join(_whole(p) for p in longest) or r"(?!)")


def _whole(phrase: str) -> str:
    return re.escape(phrase) if _NO_SPACES.search(phrase) else rf"(?<!\w){re.escape(phrase)}(?!\w)"


ENGLISH: Final = Languages({})
"""Knows no other language."""
