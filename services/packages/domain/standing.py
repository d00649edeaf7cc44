"""What a stack stands on: software that is there, and software that is not wanted, also where a chart brings it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from services.packages.domain import text
from services.packages.domain.index import Index
from services.packages.domain.package import Dependency, Package
from services.packages.domain.roles import Values

_MISSPELT: Final = 0.85
"""Similarity from which a name that no chart has is taken for one that some chart has."""
_MAJOR: Final = re.compile(r"v?\d+$")
"""What charts add to the name of a part for its major version: pulsarv3."""


def known_names(index: Index, names: Iterable[str]) -> frozenset[str]:
    """Return names squashed, a misspelt one as the name of a chart that it is nearest to."""
    return frozenset(_known(index, squashed) for squashed in map(text.squash, names) if squashed)


def _known(index: Index, squashed: str) -> str:
    if squashed in index.name_owners:
        return squashed
    best = next(iter(index.spelling.names(squashed, limit=1)), ("", 0.0))
    return best[0] if best[1] >= _MISSPELT else squashed


def brings(package: Package, unwanted: frozenset[str]) -> bool:
    """Tell whether a chart cannot be had without unwanted software: a part of it that no value switches."""
    return any(not part.condition and _is_any(part, unwanted) for part in package.facts.release.dependencies)


def switched_off(package: Package, unwanted: frozenset[str]) -> tuple[Values, tuple[str, ...]]:
    """Return the values that leave unwanted software out of a chart that brings it, and what to know of that."""
    parts = [p for p in package.facts.release.dependencies if p.condition and _is_any(p, unwanted)]
    name = package.facts.name
    said = (f"{name} comes without {p.name}, which is not wanted; see that it does without." for p in parts)
    return {p.condition.partition(",")[0].strip(): False for p in parts}, tuple(dict.fromkeys(said))


def _is_any(part: Dependency, names: frozenset[str]) -> bool:
    squashed = text.squash(part.name)
    return not names.isdisjoint({squashed, _MAJOR.sub("", squashed)})
