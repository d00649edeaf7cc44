"""Chooses a chart for each role of a stack so that they fit together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.packages.domain import text
from services.packages.domain.conflicts import find_conflicts
from services.packages.domain.connect import connections_of, merged_values, values_of
from services.packages.domain.index import Index
from services.packages.domain.kube import takes
from services.packages.domain.package import Kind, Package, Standing
from services.packages.domain.roles import Candidate, Companion, Role
from services.packages.domain.search import search
from services.packages.domain.stack import (
    Alternative,
    CompanionChart,
    Component,
    Context,
    RoleRequest,
    SecretNeed,
    Stack,
)

MAX_ALTERNATIVES: Final = 3
_DISCOURAGED: Final = -4.0
_CONFLICT: Final = -20.0
_SAME_CHART: Final = 0.5
_KUBE: Final = -10.0


@dataclass(frozen=True, slots=True)
class Choice:
    """A candidate that the snapshot has a chart for."""

    candidate: Candidate
    package: Package
    points: float
    because: tuple[str, ...] = ()


@dataclass(slots=True)
class _Chosen:
    """What the roles so far were given."""

    choices: dict[str, Choice] = field(default_factory=dict)
    installed: dict[str, Choice] = field(default_factory=dict)


def recommend(index: Index, roles: Mapping[str, Role], requests: Sequence[RoleRequest], context: Context) -> Stack:
    """Return a component for each request, in the order asked; earlier roles choose first.

    Requests must name roles of the mapping. A role that nothing fills has an error sentence in its place.
    """
    asked = frozenset(r.role for r in requests)
    installed = frozenset(text.squash(i) for i in context.installed) - {""}
    excluded = frozenset(text.squash(e) for e in context.excluded) - {""}
    chosen = _Chosen()
    errors: dict[str, str] = {}
    ranked: dict[str, list[Choice]] = {}
    for request in requests:
        role = roles[request.role]
        choices = [c for c in _choices(index, role, context, asked) if not _named(c, excluded)]
        choices.sort(key=lambda c: -_score(c, role, chosen, installed))
        ranked[role.role] = choices
        there = next((c for c in choices if _named(c, installed)), None)
        wanted = frozenset({text.squash(request.wanted)}) - {""}
        if wanted:
            choice = next((c for c in choices if _named(c, wanted)), None) or _by_name(index, request.wanted, excluded)
            if choice is None:
                errors[role.role] = _not_found(request.wanted, role, ranked[role.role])
        else:
            choice = there or next(iter(choices), None)
            if choice is None:
                errors[role.role] = _missing(role, context)
        if choice is not None:
            chosen.choices[role.role] = choice
            if _named(choice, installed):
                chosen.installed[role.role] = choice
    components = tuple(
        _component(index, roles, r.role, ranked[r.role], chosen, context, asked, excluded)
        if r.role in chosen.choices
        else Component(r.role, error=errors[r.role])
        for r in requests
    )
    return Stack(components, find_conflicts(components, chosen.choices, roles, installed=context.installed))


def _choices(index: Index, role: Role, context: Context, asked: frozenset[str]) -> list[Choice]:
    """Return the candidates that the snapshot has, with the points of their rules, in the order of the role's file."""
    found: list[Choice] = []
    for place, candidate in enumerate(role.candidates):
        package = find_package(index, candidate.chart)
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


def _score(choice: Choice, role: Role, chosen: _Chosen, installed: frozenset[str]) -> float:
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


def clash(one: Candidate, other: Candidate) -> bool:
    """Tell whether one candidate names the other's software as a conflict, or both are of one family."""
    if one.family and one.family == other.family and one.chart != other.chart:
        return True
    return other.name in one.conflicts


def _named(choice: Choice, names: frozenset[str]) -> bool:
    """Tell whether any of the squashed names means this choice."""
    package = choice.package
    own = (package.facts.name, package.software, *package.aliases, choice.candidate.chart, choice.candidate.release)
    return not names.isdisjoint(text.squash(n) for n in own)


def _by_name(index: Index, wanted: str, excluded: frozenset[str]) -> Choice | None:
    """Return the chart that a name means beyond the candidates of a role, without knowledge of how it connects."""
    hits = search(index, wanted, limit=3, accepts=lambda p: p.kind not in (Kind.CRDS, Kind.LIBRARY, Kind.DEMO))
    for hit in hits:
        names = {text.squash(n) for n in (hit.package.facts.name, hit.package.software, *hit.package.aliases)}
        if text.squash(wanted) in names and names.isdisjoint(excluded):
            package = hit.package
            candidate = Candidate(
                chart=package.facts.record_id,
                release=package.facts.name,
                why=f"You named it. {package.about}",
                difference=package.about,
            )
            return Choice(candidate, package, 0.0)
    return None


def _not_found(wanted: str, role: Role, choices: Sequence[Choice]) -> str:
    names = ", ".join(c.package.facts.name for c in choices[:MAX_ALTERNATIVES])
    return f"The catalogue has no chart named {wanted!r} for {role.title.lower()}" + (
        f"; it has {names}." if names else "."
    )


def _missing(role: Role, context: Context) -> str:
    if role.missing and context.gpu_vendor and context.gpu_vendor not in role.vendors:
        return role.missing.get(context.gpu_vendor, role.missing["other"]).format(vendor=context.gpu_vendor)
    return f"The catalogue has no chart for {role.title.lower()} that this stack allows."


def _component(
    index: Index,
    roles: Mapping[str, Role],
    role: str,
    ranked: Sequence[Choice],
    chosen: _Chosen,
    context: Context,
    asked: frozenset[str],
    excluded: frozenset[str],
) -> Component:
    choice = chosen.choices[role]
    candidate = choice.candidate
    neighbours = {
        r: c.candidate for r, c in chosen.choices.items() if r != role and c.package.key != choice.package.key
    }
    links, linked = connections_of(candidate, {r: (neighbours[r], chosen.choices[r].package) for r in neighbours})
    after = dict.fromkeys([r for r in candidate.after if r in neighbours])
    after.update((link.role, None) for link in links if link.value_path and link.role in neighbours)
    return Component(
        role=role,
        package=choice.package,
        why=_why(choice, role, chosen, roles, context),
        alternatives=_alternatives(choice, ranked, chosen, role),
        connections=links,
        values=merged_values(values_of(candidate.values, candidate.values_when, context, asked), linked),
        namespace=candidate.namespace,
        release=candidate.release,
        secrets=tuple(
            SecretNeed(s.name, s.keys, s.text) for s in candidate.secrets if not s.role or s.role in neighbours
        ),
        after_roles=tuple(after),
        companions=tuple(
            c for k in candidate.companions if (c := _companion(index, k, candidate, context, asked)) is not None
        ),
        already_installed=role in chosen.installed,
    )


def _companion(
    index: Index, known: Companion, candidate: Candidate, context: Context, asked: frozenset[str]
) -> CompanionChart | None:
    package = find_package(index, known.chart)
    if package is None:
        return None
    values = values_of(known.values, known.values_when, context, asked)
    return CompanionChart(
        package, known.release, known.namespace or candidate.namespace, known.text, merged_values(values, {})
    )


def _why(choice: Choice, role: str, chosen: _Chosen, roles: Mapping[str, Role], context: Context) -> str:
    """Return why a choice fits here, in sentences."""
    parts = [choice.candidate.why]
    if role in chosen.installed:
        parts.append("It is installed already; nothing is to be done.")
    if choice.because:
        parts.append(f"Here {'; '.join(choice.because)}.")
    same = [
        roles[r].title.lower() for r, c in chosen.choices.items() if r != role and c.package.key == choice.package.key
    ]
    if same:
        parts.append(f"The same release serves as {' and '.join(same)}.")
    kube = choice.package.facts.release.kube_version
    if context.kube_version and takes(kube, context.kube_version) is False:
        parts.append(f"Its newest version asks for Kubernetes {kube}; the cluster has {context.kube_version}.")
    return " ".join(parts)


def _alternatives(choice: Choice, ranked: Sequence[Choice], chosen: _Chosen, role: str) -> tuple[Alternative, ...]:
    """Return the next candidates and what each would change, conflicts with the rest of the stack named."""
    found: list[Alternative] = []
    for other in ranked:
        if other.package.key == choice.package.key or other.package.standing is Standing.FROZEN:
            continue
        difference = other.candidate.difference
        clashes = [
            c.package.facts.name
            for r, c in chosen.choices.items()
            if r != role
            and c.package.key != other.package.key
            and (clash(other.candidate, c.candidate) or clash(c.candidate, other.candidate))
        ]
        if clashes:
            difference += f"; does not go together with {' and '.join(dict.fromkeys(clashes))}"
        if other.package.cautions:
            difference += f". {other.package.cautions[0]}"
        found.append(Alternative(other.package, difference))
    return tuple(found[:MAX_ALTERNATIVES])
