"""The machines that a request may choose from, and the options made of them so far.

What a workload takes of a machine depends on its shape alone, so it is worked out once for all machines of a shape; and
options are made again only where a speed that they rest on has become known since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final, NamedTuple

from services.orchestrator.domain.candidates import Offer
from services.orchestrator.domain.planning.constraints import WEIGHTS, Judge
from services.orchestrator.domain.planning.layouts import Shape, shape_of
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import Option, Rank, Space
from services.orchestrator.domain.prices import UnitPrices

Verdict = tuple[tuple[str, ...], Option]
"""The wishes that an option breaks, most serious last, and the option."""

_Costs = tuple[Decimal, ...]
"""USD an hour of a machine, and what storage and traffic count for at its place."""


class Judged(NamedTuple):
    """An option with the wishes that it breaks."""

    order: tuple[Any, ...]
    """What to sort by: how serious what it breaks is together, how late a run ends, then cost where a budget is
    broken, else quality before cost. No two options of a request are equal in it."""
    verdict: Verdict


MERIT: Final = attrgetter("order")
"""What judged options are sorted by."""


class _Made(NamedTuple):
    basis: tuple[Any, ...]
    """What the options rest on beside the machines."""
    options: list[Judged]


class Market:
    """Machines of one request, of those that serve alike only the cheapest. strict: no option is made of them that ends
    after the deadline."""

    def __init__(
        self, offers: Iterable[Offer], needs: Needs, judge: Judge, prices: UnitPrices, *, strict: bool = False
    ) -> None:
        self._judge, self._strict = judge, strict
        self._shelves: dict[Shape, list[Offer]] = {}
        for shape, offer in cheapest_alike(offers, needs, judge, prices):
            self._shelves.setdefault(shape, []).append(offer)
        self._made: dict[tuple[Rank, Shape], _Made] = {}
        self._worst: dict[tuple[str, ...], tuple[int, bool]] = {}

    def options(self, space: Space, rank: Rank, *, comfortable: bool = False) -> Iterator[Judged]:
        """Yield every option of a rank. comfortable: there are copies enough for nobody to wait."""
        for shape, offers in self._shelves.items():
            size = space.size(rank, shape.gpu_type)
            if size is None:
                continue
            speeds = space.speeds(size, shape.gpu_type)
            basis = (size, speeds, comfortable and bool(speeds))
            known = self._made.get((rank, shape))
            if known is None or known.basis != basis:
                layouts = space.layouts(offers[0], size, comfortable=comfortable)
                if self._strict:
                    layouts = tuple(way for way in layouts if not self._judge.is_late(way.run_hours))
                made = [self._judged(o) for way in layouts for o in space.options(offers, size, way, rank)]
                known = self._made[rank, shape] = _Made(basis, made)
            yield from known.options

    def _judged(self, option: Option) -> Judged:
        broken = self._judge.broken(option)
        if broken not in self._worst:
            self._worst[broken] = (seriousness(broken), any(field.startswith("budget") for field in broken))
        serious, by_cost = self._worst[broken]
        merit = (*option.key, *option.rank) if by_cost else (*option.rank, *option.key)
        return Judged((serious, self._judge.lateness(option.run_hours), *merit), (broken, option))


def cheapest_alike(
    offers: Iterable[Offer], needs: Needs, judge: Judge, prices: UnitPrices
) -> list[tuple[Shape, Offer]]:
    """Return of machines that serve alike (same provider, shape, price model and wishes broken) those that may be the
    cheapest, each with its shape: where none costs as little or less in all of machine, storage and traffic."""
    alike: dict[Any, dict[str, tuple[Shape, Offer, _Costs]]] = {}
    for offer in offers:
        shape = shape_of(offer, needs)
        costs = (offer.price_per_hour or Decimal(0), *prices.rates(offer), prices.traffic(offer, needs.egress_gb or 0))
        group = alike.setdefault((offer.provider, offer.price_model, shape, judge.broken_by_offer(offer)), {})
        if any(_beats(known, rival, costs, offer.offer_id) for rival, (_, _, known) in group.items()):
            continue
        for rival in [rival for rival, (*_, known) in group.items() if _beats(costs, offer.offer_id, known, rival)]:
            del group[rival]
        group[offer.offer_id] = (shape, offer, costs)
    return [(shape, offer) for group in alike.values() for shape, offer, _ in group.values()]


def _beats(costs: _Costs, name: str, others: _Costs, other: str) -> bool:
    """Tell whether nothing costs more than the other's; of the same costs the first name does."""
    return all(mine <= theirs for mine, theirs in zip(costs, others, strict=True)) and (costs != others or name < other)


def seriousness(fields: tuple[str, ...]) -> int:
    """Return how much breaking these wishes counts together."""
    return sum(WEIGHTS[field] for field in fields)
