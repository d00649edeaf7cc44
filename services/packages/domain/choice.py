"""A candidate and the chart that stands for it in a snapshot."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.packages.domain import text
from services.packages.domain.index import Index
from services.packages.domain.package import Package
from services.packages.domain.roles import Candidate


@dataclass(frozen=True, slots=True)
class Choice:
    """A candidate that the snapshot has a chart for."""

    candidate: Candidate
    package: Package
    points: float
    because: tuple[str, ...] = ()


@dataclass(slots=True)
class Chosen:
    """What the roles so far were given, by role."""

    choices: dict[str, Choice] = field(default_factory=dict)
    installed: dict[str, Choice] = field(default_factory=dict)

    def beside(self, role: str) -> dict[str, Choice]:
        """Return the choices of the other roles."""
        return {r: c for r, c in self.choices.items() if r != role}


def find_package(index: Index, chart: str) -> Package | None:
    """Return a chart of the snapshot, of another repository when the named one is not there; None when none is."""
    repository, _, name = chart.partition("/")
    position = index.by_key.get((repository, name))
    if position is not None:
        return index.packages[position]
    same = [i for i, _ in index.name_owners.get(text.squash(name), ()) if index.packages[i].facts.name == name]
    maintained = [i for i in same if not index.packages[i].discouraged and index.packages[i].official]
    if not maintained:
        return None
    return index.packages[min(maintained, key=lambda i: (-float(index.prior[i]), index.packages[i].key))]


def clash(one: Candidate, other: Candidate) -> bool:
    """Tell whether one candidate names the other's software as a conflict, or both are of one family."""
    if one.family and one.family == other.family and one.chart != other.chart:
        return True
    return other.name in one.conflicts


def is_named(choice: Choice, names: frozenset[str]) -> bool:
    """Tell whether any of the squashed names means this choice."""
    package = choice.package
    own = (package.facts.name, package.software, *package.aliases, choice.candidate.chart, choice.candidate.release)
    return not names.isdisjoint(text.squash(n) for n in own)
