"""Where a plan must not run, as said last in the conversation: "not in the US", "anywhere but China".

The spec has no field for it, so it is read from the user's words whenever they are planned with, as what stands is.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from services.orchestrator.domain.planning.places import countries_of
from services.orchestrator.domain.understanding.barred import places_said


class Barred(NamedTuple):
    """Places that are ruled out."""

    names: tuple[str, ...] = ()
    """Geos and countries, as the spec would name them, in order."""

    @property
    def countries(self) -> frozenset[str]:
        """ISO 3166-1 alpha-2 codes."""
        return frozenset[str]().union(*map(countries_of, self.names))


NOWHERE: Final = Barred()


@lru_cache(maxsize=64)
def barred_in(words: str) -> Barred:
    """Return where nothing may run by the user's messages, one a line; what is said last holds.

    A place wanted after it was ruled out is allowed again, and so is every place once any will do.
    """
    names: dict[str, None] = {}
    for said in places_said(words) if words else ():
        if said.barred:
            names[said.name] = None
        elif not said.name:
            names.clear()
        else:
            names.pop(said.name, None)
    return Barred(tuple(name for name in names if countries_of(name))) if names else NOWHERE


def rebars(words: str, last: str) -> bool:
    """Tell whether the last message changes where nothing may run. words: all messages, the last one included."""
    return barred_in(words) != barred_in(words[: -len(last) - 1])
