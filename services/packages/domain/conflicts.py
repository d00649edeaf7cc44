"""Components that do not go together: two of one operator, two ingress controllers, two with the same resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Protocol

from services.packages.domain import text
from services.packages.domain.package import Package
from services.packages.domain.roles import Candidate, Role
from services.packages.domain.stack import Component, Conflict


class Chosen(Protocol):
    """A candidate and the chart that stands for it."""

    @property
    def candidate(self) -> Candidate: ...
    @property
    def package(self) -> Package: ...


def find_conflicts(
    components: Sequence[Component],
    choices: Mapping[str, Chosen],
    roles: Mapping[str, Role],
    *,
    installed: Sequence[str],
) -> tuple[Conflict, ...]:
    """Return the conflicts between components and with what is installed, each pair once, in the components' order."""
    found: dict[tuple[str, str], Conflict] = {}
    placed = [(c.role, choices[c.role]) for c in components if c.role in choices]
    for (first_role, first), (second_role, second) in combinations(placed, 2):
        reason = _between(first, second)
        if reason:
            pair = (first.package.facts.name, second.package.facts.name)
            exclusive = roles[first_role].exclusive or roles[second_role].exclusive
            family = first.candidate.family and first.candidate.family == second.candidate.family
            found.setdefault(pair, Conflict(*pair, exclusive if family and exclusive else reason))
    for _, chosen in placed:
        for name in installed:
            reason = _with_installed(chosen, name, roles)
            if reason:
                pair = (name, chosen.package.facts.name)
                found.setdefault(pair, Conflict(*pair, reason))
    return tuple(found.values())


def _between(first: Chosen, second: Chosen) -> str:
    one, other = first.package, second.package
    if one.key == other.key or _beside(first, other) or _beside(second, one):
        return ""
    shared = sorted(set(one.crds) & set(other.crds))
    if shared:
        return f"Both install the custom resource definition {shared[0]}; keep one of them."
    if first.candidate.family and first.candidate.family == second.candidate.family:
        return f"{one.facts.name} and {other.facts.name} do the same job in the cluster; keep one of them."
    if other.facts.name in first.candidate.conflicts or other.software in first.candidate.conflicts:
        return f"{one.facts.name} does not go together with {other.facts.name}; keep one of them."
    if one.facts.name in second.candidate.conflicts or one.software in second.candidate.conflicts:
        return f"{other.facts.name} does not go together with {one.facts.name}; keep one of them."
    if one.software == other.software and one.kind == other.kind and one.group == other.group:
        return f"Both run {one.software}; keep one of them."
    return ""


def _beside(chosen: Chosen, other: Package) -> bool:
    return not {other.facts.name, other.software}.isdisjoint(chosen.candidate.beside)


def _with_installed(chosen: Chosen, name: str, roles: Mapping[str, Role]) -> str:
    squashed = text.squash(name)
    package = chosen.package
    if squashed in {text.squash(n) for n in (package.facts.name, package.software, *package.aliases)}:
        return ""
    if squashed in {text.squash(b) for b in chosen.candidate.beside}:
        return ""
    if squashed in {text.squash(c) for c in chosen.candidate.conflicts}:
        return f"{package.facts.name} does not go together with {name}, which is installed; keep one of them."
    for role in roles.values():
        family = next((c.family for c in role.candidates if c.chart == chosen.candidate.chart), "")
        if not role.exclusive or not family:
            continue
        others = [c for c in role.candidates if c.family == family and c.chart != chosen.candidate.chart]
        if squashed in {text.squash(n) for c in others for n in (c.name, c.release)}:
            return role.exclusive
    return ""
