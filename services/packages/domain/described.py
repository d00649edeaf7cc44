"""Tells what was chosen for a role: why, what else would do, how it connects, with which values and what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from libs.kube import takes
from services.packages.domain.choice import Choice, Chosen, clash, find_package
from services.packages.domain.connect import connections_of, merged_values, values_of
from services.packages.domain.index import Index
from services.packages.domain.package import Standing
from services.packages.domain.roles import Candidate, Companion, Role
from services.packages.domain.stack import Alternative, CompanionChart, Component, Context, SecretNeed
from services.packages.domain.standing import known_names, switched_off

MAX_ALTERNATIVES: Final = 3
MIN_ALTERNATIVES: Final = 2
"""With fewer the answer says that the catalogue knows no more."""


def component_of(
    index: Index,
    roles: Mapping[str, Role],
    role: str,
    ranked: Sequence[Choice],
    chosen: Chosen,
    context: Context,
    asked: frozenset[str],
) -> Component:
    """Return what was chosen for a role, described; ranked are all choices for it, best first."""
    choice = chosen.choices[role]
    candidate = choice.candidate
    alternatives = _alternatives(choice, ranked, chosen, role)
    neighbours = {
        r: c.candidate for r, c in chosen.choices.items() if r != role and c.package.key != choice.package.key
    }
    unwanted, dropped = switched_off(choice.package, known_names(index, context.excluded))
    links, linked = connections_of(candidate, {r: (neighbours[r], chosen.choices[r].package) for r in neighbours})
    after = dict.fromkeys([r for r in candidate.after if r in neighbours])
    after.update((link.role, None) for link in links if link.value_path and link.role in neighbours)
    return Component(
        role=role,
        package=choice.package,
        why=_why(choice, role, chosen, roles, context),
        alternatives=alternatives,
        connections=links,
        values=merged_values(values_of(candidate.values, candidate.values_when, context, asked), linked | unwanted),
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
        notes=(
            *(n.text for n in candidate.notes if context.meets(n.when, roles=asked)),
            *dropped,
            *_unchecked(candidate),
            *_few(roles[role], alternatives),
        ),
    )


def _unchecked(candidate: Candidate) -> tuple[str, ...]:
    """Return that what is said of a chart's Service and values was not compared with the chart."""
    if not candidate.unchecked:
        return ()
    said = f"Service name, port and values of {candidate.name} are not checked against the chart's own values"
    return (f"{said}: compare them with `helm show values` before installing.",)


def _few(role: Role, alternatives: Sequence[Alternative]) -> tuple[str, ...]:
    """Return that there are no more alternatives, where there are fewer than an engineer wants to weigh."""
    if len(alternatives) >= MIN_ALTERNATIVES:
        return ()
    known = f"no other chart than {alternatives[0].package.facts.name}" if alternatives else "no other maintained chart"
    said = f"This catalogue has {known} as an alternative for {role.spoken} in this stack."
    return (f"{said} {role.beyond}".strip(),)


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


def _why(choice: Choice, role: str, chosen: Chosen, roles: Mapping[str, Role], context: Context) -> str:
    """Return why a choice fits here, in sentences."""
    parts = [choice.candidate.why]
    if role in chosen.installed:
        parts.append("It is installed already; nothing is to be done.")
    if choice.because:
        parts.append(f"Here {'; '.join(choice.because)}.")
    same = [roles[r].spoken for r, c in chosen.choices.items() if r != role and c.package.key == choice.package.key]
    if same:
        parts.append(f"The same release serves as {' and '.join(same)}.")
    kube = choice.package.facts.release.kube_version
    if context.kube_version and takes(kube, context.kube_version) is False:
        parts.append(f"Its newest version asks for Kubernetes {kube}; the cluster has {context.kube_version}.")
    return " ".join(parts)


def _alternatives(choice: Choice, ranked: Sequence[Choice], chosen: Chosen, role: str) -> tuple[Alternative, ...]:
    """Return the next candidates and what each would change, conflicts with the rest of the stack named.

    Other software comes before other charts of the same software.
    """
    found: list[Alternative] = []
    for other in sorted(ranked, key=lambda c: c.package.software == choice.package.software):
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
