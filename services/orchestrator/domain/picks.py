"""What a language model may pick, and what becomes of it: it proposes among candidates, and these rules dispose.

A picked model or machine takes first place when it breaks no wish that the plan before keeps, and costs no more, or
the user's own words are quoted for it. A dearer one without such words stays an option.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from services.orchestrator.domain.candidates import Candidates, ChartCandidate, ModelCandidate
from services.orchestrator.domain.grounding import quoted
from services.orchestrator.domain.plan import OptionKind
from services.orchestrator.domain.planning.choose import Choices
from services.orchestrator.domain.planning.components import ASKED, RoleNeed
from services.orchestrator.domain.planning.constraints import Judge
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import Option
from services.orchestrator.domain.planning.shortlist import MAX_CHOICES, Choice

OPTIONAL_ROLES: Final = frozenset({"monitoring", "autoscaling", "experiment_tracking", "object_storage"})
"""Roles that a workload runs without; the others it cannot do without."""
LEAST_QUOTE: Final = 2
"""Words of a quote at the least: a single word proves no preference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """An id that was picked; an empty one leaves the choice as it is."""

    id: str = ""
    quote: str = ""
    """The user's own words that prefer it; empty when there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picks:
    """All that may be picked."""

    model: Pick = Pick()
    machine: Pick = Pick()
    roles: tuple[str, ...] = ()
    """Roles of the components to keep, in order; none keeps all as they are."""


class PicksRefusedError(Exception):
    """Picks that make no sound plan."""

    def __init__(self, violations: tuple[str, ...]) -> None:
        super().__init__("; ".join(violations))
        self.violations = violations


def may_lead(option: Option, before: Option, *, same_basis: bool, quote: str, words: str) -> bool:
    """Tell whether an option may take the first place of another. same_basis: both are charged alike."""
    return (same_basis and option.weighed <= before.weighed) or stands(quote, words)


def stands(quote: str, words: str) -> bool:
    """Tell whether a quote is of the user's own words and says enough to prefer something."""
    return len(quote.split()) >= LEAST_QUOTE and quoted(quote, words)


def newly_broken(
    option: Option, before: Option, needs: Needs, candidates: Candidates, *, wished: bool
) -> tuple[str, ...]:
    """Return the wishes that an option breaks and the one before it keeps."""
    judge = Judge(needs, candidates, wished=wished)
    found = set(judge.broken(option)) - set(judge.broken(before))
    if needs.prefers_local and before.offer.provider == "local" != option.offer.provider:
        found.add("prefers_local_cluster")
    return tuple(sorted(found))


def broken_by_model(
    model: ModelCandidate, before: ModelCandidate | None, needs: Needs, candidates: Candidates, *, wished: bool
) -> tuple[str, ...]:
    """Return the wishes that a model itself breaks and the one before it keeps."""
    judge = Judge(needs, candidates, wished=wished)
    return tuple(sorted(judge.broken_by_model(model) - judge.broken_by_model(before)))


def find(choices: Choices, offer_id: str) -> Option | None:
    """Return the option of an offer among those that were chosen, or that keep every wish."""
    options = (*(c.option for c in choices.picks), *choices.feasible)
    return next((o for o in options if o.offer.offer_id == offer_id), None)


def with_option(choices: Choices, option: Option, *, first: bool) -> Choices:
    """Return choices that hold an option, in first place or where it stands."""
    known = next((c for c in choices.picks if c.option.offer.offer_id == option.offer.offer_id), None)
    choice = known or Choice(kind=OptionKind.ALTERNATIVE, option=option)
    others = tuple(c for c in choices.picks if c is not known)[: MAX_CHOICES - 1]
    if first:
        return replace(choices, picks=(choice, *others))
    return choices if known else replace(choices, picks=(*others, choice))


def without_kept(picks: Picks, candidates: Candidates) -> Picks:
    """Return picks without the roles for which nothing may be installed: something is there already, or all is
    refused."""
    kept = {i.role for i in candidates.installed} | {u.role for u in candidates.unfilled}
    kept |= {*candidates.standing.held_roles, *candidates.standing.dropped_roles}
    return replace(picks, roles=tuple(role for role in picks.roles if role not in kept))


def component_faults(
    roles: tuple[str, ...], charts: tuple[ChartCandidate, ...], needed: tuple[RoleNeed, ...]
) -> Iterator[str]:
    """Yield what is wrong with keeping only some roles."""
    known = {c.role for c in charts}
    asked = {r.role for r in needed if r.reason == ASKED}
    yield from (f"no component was recommended for {role!r}" for role in roles if role not in known)
    for chart in charts:
        if not roles or chart.role in roles:
            continue
        dependants = [c.role for c in charts if c.role in roles and chart.role in c.needs]
        if chart.role in asked or chart.role not in OPTIONAL_ROLES or dependants:
            yield f"{chart.role} cannot be left out"


def arranged(charts: tuple[ChartCandidate, ...], roles: tuple[str, ...]) -> tuple[ChartCandidate, ...]:
    """Return the charts of the roles, in their order; all of them where no role is named."""
    if not roles:
        return charts
    return tuple(sorted((c for c in charts if c.role in roles), key=lambda c: roles.index(c.role)))
