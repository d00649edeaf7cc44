"""Chooses a chart for each role of a stack so that they fit together; described.py tells what was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from libs.kube import takes
from services.packages.domain import text
from services.packages.domain.choice import Choice, Chosen, clash, find_package, is_named
from services.packages.domain.conflicts import find_conflicts
from services.packages.domain.described import MAX_ALTERNATIVES, component_of
from services.packages.domain.index import Index
from services.packages.domain.package import Kind, Package
from services.packages.domain.roles import Candidate, Role
from services.packages.domain.search import search
from services.packages.domain.stack import Component, Context, RoleRequest, Stack
from services.packages.domain.standing import brings, known_names

_RUNS: Final = frozenset({Kind.APPLICATION, Kind.OPERATOR})
_DISCOURAGED: Final = -4.0
_CONFLICT: Final = -20.0
_SAME_CHART: Final = 0.5
_KUBE: Final = -10.0


def recommend(index: Index, roles: Mapping[str, Role], requests: Sequence[RoleRequest], context: Context) -> Stack:
    """Return a component for each request, in the order asked; earlier roles choose first.

    Requests must name roles of the mapping. A role that nothing fills has an error sentence in its place.
    """
    asked = frozenset(r.role for r in requests)
    installed, excluded = known_names(index, context.installed), known_names(index, context.excluded)
    chosen = Chosen()
    missing: dict[str, Component] = {}
    ranked: dict[str, list[Choice]] = {}
    for request in requests:
        role = roles[request.role]
        fitting = _choices(index, role, context, asked)
        choices = [c for c in fitting if not is_named(c, excluded) and not brings(c.package, excluded)]
        choices.sort(key=lambda c: -_score(c, role, chosen, installed))
        ranked[role.role] = choices
        if text.squash(request.wanted):
            choice = _asked_for(index, choices, request.wanted.strip(), excluded)
            if choice is None:
                missing[role.role] = Component(role.role, error=_not_found(request.wanted, role, choices))
        else:
            there = _already_there(index, role, choices, installed) if installed else None
            choice = there or next(iter(choices), None)
            if choice is None:
                missing[role.role] = _missing(role, context, refused=[c for c in fitting if c not in choices])
        if choice is not None:
            chosen.choices[role.role] = choice
            if is_named(choice, installed):
                chosen.installed[role.role] = choice
    components = tuple(
        component_of(index, roles, r.role, ranked[r.role], chosen, context, asked)
        if r.role in chosen.choices
        else missing[r.role]
        for r in requests
    )
    return Stack(components, find_conflicts(components, chosen.choices, roles, installed=context.installed))


def _choices(index: Index, role: Role, context: Context, asked: frozenset[str]) -> list[Choice]:
    """Return the candidates that the snapshot has, with the points of their rules, in the order of the role's file."""
    found: list[Choice] = []
    others = {c.chart for c in role.candidates}
    for place, candidate in enumerate(role.candidates):
        package = find_package(index, candidate.chart)
        if package is not None and package.facts.record_id in others - {candidate.chart}:
            continue  # the chart of another candidate, whose values and wiring it takes
        other_vendor = candidate.vendors and context.gpu_vendor and context.gpu_vendor not in candidate.vendors
        if package is None or other_vendor:
            continue
        points = -float(place) + _DISCOURAGED * package.discouraged
        because: list[str] = []
        for rule in candidate.rules:
            if context.meets(rule.when, roles=asked):
                points += rule.points
                if rule.points > 0:
                    because.append(rule.because)
        if context.kube_version and takes(package.facts.release.kube_version, context.kube_version) is False:
            points += _KUBE
        found.append(Choice(candidate, package, points, tuple(because)))
    return found


def _score(choice: Choice, role: Role, chosen: Chosen, installed: frozenset[str]) -> float:
    """Return a candidate's points beside what the roles before it were given."""
    points = choice.points
    for other in chosen.choices.values():
        if other.package.key == choice.package.key:
            points += _SAME_CHART
        elif clash(choice.candidate, other.candidate) or clash(other.candidate, choice.candidate):
            points += _CONFLICT
    if any(text.squash(c) in installed for c in choice.candidate.conflicts):
        points += _CONFLICT
    return points


def _already_there(index: Index, role: Role, choices: Sequence[Choice], installed: frozenset[str]) -> Choice | None:
    """Return what is installed and fills a role because that is what it is for, a candidate of the role first.

    A secrets server can issue certificates too, but one that is there does not mean that certificates are cared for.
    """
    named = installed - {text.squash(part) for part in role.partial}
    for choice in choices:
        if role.role in choice.package.roles and is_named(choice, named):
            return choice
    owners = {i for n in named for i, _ in index.name_owners.get(n, ())}
    fitting = [p for p in (index.packages[i] for i in owners) if role.role in p.roles and p.kind in _RUNS]
    best = min(fitting, key=lambda p: (-float(index.prior[index.by_key[p.key]]), p.key), default=None)
    return _beyond_the_candidates(best, best.about) if best else None


def _asked_for(index: Index, choices: Sequence[Choice], wanted: str, excluded: frozenset[str]) -> Choice | None:
    """Return what the user named: by repository/chart, as a candidate of the role, or as any chart of the snapshot."""
    repository, _, name = wanted.partition("/")
    exact = next((c for c in choices if c.package.key == (repository, name)), None)
    named = frozenset({text.squash(wanted)})
    return exact or next((c for c in choices if is_named(c, named)), None) or _by_name(index, wanted, excluded)


def _by_name(index: Index, wanted: str, excluded: frozenset[str]) -> Choice | None:
    """Return the chart that a name or repository/chart means beyond the candidates of a role."""
    repository, _, name = wanted.partition("/")
    if (position := index.by_key.get((repository, name))) is not None:
        package = index.packages[position]
        choice = _beyond_the_candidates(package, f"You named it. {package.about}")
        return None if is_named(choice, excluded) else choice
    hits = search(index, wanted, limit=3, accepts=lambda p: p.kind not in (Kind.CRDS, Kind.LIBRARY, Kind.DEMO))
    for hit in hits:
        names = {text.squash(n) for n in (hit.package.facts.name, hit.package.software, *hit.package.aliases)}
        if text.squash(wanted) in names and names.isdisjoint(excluded):
            return _beyond_the_candidates(hit.package, f"You named it. {hit.package.about}")
    return None


def _beyond_the_candidates(package: Package, why: str) -> Choice:
    """Return a chart as a choice, without knowledge of how it connects."""
    candidate = Candidate(chart=package.facts.record_id, release=package.facts.name, why=why, difference=package.about)
    return Choice(candidate, package, 0.0)


def _not_found(wanted: str, role: Role, choices: Sequence[Choice]) -> str:
    names = ", ".join(c.package.facts.name for c in choices[:MAX_ALTERNATIVES])
    return f"The catalogue has no chart named {wanted!r} for {role.spoken}" + (f"; it has {names}." if names else ".")


def _missing(role: Role, context: Context, *, refused: Sequence[Choice]) -> Component:
    vendor = context.gpu_vendor
    said = f"The catalogue has no chart for {role.spoken} that this stack allows."
    if refused:
        names = tuple(dict.fromkeys(c.package.facts.name for c in refused))
        said = f"Without {', '.join(names)} the catalogue has no chart for {role.spoken}."
        return Component(role.role, error=said, refused=names)
    if vendor and (vendor in role.missing or (role.missing and vendor not in role.vendors)):
        said = role.missing.get(vendor, role.missing["other"]).format(vendor=vendor)
    return Component(role.role, error=said)
