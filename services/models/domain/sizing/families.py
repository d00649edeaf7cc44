"""Which family a model is of, as its name tells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_BETWEEN: Final = re.compile(r"[\s_-]+")


def family_in(name: str, families: Iterable[tuple[str, str]]) -> str:
    """Return the first family whose pattern the name has, as letters, digits and dots without an owner; empty where
    there is none.
    """
    plain = _BETWEEN.sub("", name.rpartition("/")[2].lower())
    return next((family for pattern, family in families if re.search(pattern, plain)), "")
