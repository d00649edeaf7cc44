"""The machines that a request may choose from, and the options made of them so far.

What a workload takes of a machine depends on its shape alone, so it is worked out once for all machines of a shape; and
options are made again only where a speed that they rest on has become known since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple

from services.orchestrator.domain.candidates import Offer
from services.orchestrator.domain.planning.constraints import WEIGHTS, Judge
from services.orchestrator.domain.planning.homes import Homes
from services.orchestrator.domain.planning.layouts import Shape, Size, shape_of
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.options import Option, Space
from services.orchestrator.domain.planning.sizes import Rank
from services.orchestrator.domain.prices import UnitPrices

Verdict = tuple[tuple[str, ...], Option]
"""The wishes that an option breaks, most serious last, and the option."""

_Costs = tuple[Decimal | int, ...]
"""USD an hour of a machine, and what storage, traffic and the components count for at its place."""


class Judged(NamedTuple):
    """An option with the wishes that it breaks."""

    order: tuple[Any, ...]
    """What to sort by: how serious what it breaks is together, how late a run ends, then cost where a budget is
    broken, else quality before cost. No two options of a request are equal in it."""
    broken: tuple[str, ...]
    """Most serious last."""
    option: Option


MERIT: Final = attrgetter("order")
"""What judged options are sorted by."""
VERDICT: Final = attrgetter("broken", "option")
"""The verdict on a judged option."""


class _Made(NamedTuple):
    basis: tuple[Any, ...]
    """What the options rest on beside the machines."""
    options: list[Judged]


class Market:
    """Machines of one request, of those that serve alike only the cheapest. strict: no option is made of them that ends
    after the deadline."""

    def __init__(
        self,
        offers: Iterable[Offer],
        needs: Needs,
        judge: Judge,
        prices: UnitPrices,
        homes: Homes,
        *,
        strict: bool = False,
    ) -> None:
        self._judge, self._strict = judge, strict
        shelves: dict[Shape, list[Offer]] = {}
        for shape, offer in cheapest_alike(offers, needs, judge, prices, homes):
            shelves.setdefault(shape, []).append(offer)
        self._shelves: dict[str, list[list[Offer]]] = {}
        for shape, alike in shelves.items():
            self._shelves.setdefault(shape.gpu_type, []).append(alike)
        self._made: dict[tuple[Rank, str, bool], _Made] = {}
        self._worst: dict[tuple[str, ...], tuple[int, bool]] = {}

    def options(self, space: Space, rank: Rank, *, comfortable: bool = False) -> list[Judged]:
        """Return every option of a rank. comfortable: there are copies enough for nobody to wait."""
        found: list[Judged] = []
        for gpu_type, shelves in self._shelves.items():
            size = space.size(rank, gpu_type)
            if size is None:
                continue
            speeds = space.speeds(size, gpu_type)
            place, basis = (rank, gpu_type, comfortable and bool(speeds)), (size, speeds)
            known = self._made.get(place)
            if known is None or known.basis != basis:
                ways = (self._judged(space, shelf, size, rank, comfortable=comfortable) for shelf in shelves)
                known = self._made[place] = _Made(basis, [judged for shelf in ways for judged in shelf])
            found += known.options
        return found

    def samples(self, space: Space, rank: Rank) -> Iterator[Option]:
        """Yield an option of each shape at a rank: enough to tell which speeds decide."""
        for gpu_type, shelves in self._shelves.items():
            if size := space.size(rank, gpu_type):
                for offers in shelves:
                    for way in space.layouts(offers[0], size):
                        yield from space.options(offers[:1], size, way, rank)

    def _judged(
        self, space: Space, offers: list[Offer], size: Size, rank: Rank, *, comfortable: bool
    ) -> Iterator[Judged]:
        """Yield the options of a shape."""
        judge, of_model = self._judge, self._judge.broken_by_model(size.model)
        for way in space.layouts(offers[0], size, comfortable=comfortable):
            if self._strict and judge.is_late(way.run_hours):
                continue
            late, slow = judge.lateness(way.run_hours), judge.broken_by_speed(way.speed, way.run_hours)
            for option in space.options(offers, size, way, rank):
                broken = judge.broken_at(option, of_model, slow)
                worst = self._worst.get(broken)
                if worst is None:
                    by_cost = any(field.startswith("budget") for field in broken)
                    worst = self._worst[broken] = (seriousness(broken), by_cost)
                serious, by_cost = worst
                merit = (*option.key, *rank) if by_cost else (*rank, *option.key)
                yield Judged._make(((serious, late, *merit), broken, option))


def cheapest_alike(
    offers: Iterable[Offer], needs: Needs, judge: Judge, prices: UnitPrices, homes: Homes
) -> list[tuple[Shape, Offer]]:
    """Return of machines that serve alike (same provider, shape, price model and wishes broken) those that may be the
    cheapest, each with its shape: where none costs as little or less in all of machine, storage, traffic and
    components."""
    alike: dict[tuple[str, str, Shape, frozenset[str]], list[Offer]] = {}
    for offer in offers:
        key = (offer.provider, offer.price_model, shape_of(offer, needs), judge.broken_by_offer(offer))
        alike.setdefault(key, []).append(offer)
    sent_gb = needs.egress_gb or 0

    def beside(offer: Offer) -> tuple[_Costs, _Costs]:
        costs = (*prices.rates(offer), prices.traffic(offer, sent_gb))
        if not homes.count:
            return costs, costs
        least, most = homes.ranks(offer)
        return (*costs, *least), (*costs, *most)

    kept = ((key[2], group if len(group) == 1 else _unbeaten(group, beside)) for key, group in alike.items())
    return [(shape, offer) for shape, group in kept for offer in group]


def _unbeaten(offers: list[Offer], costs_beside: Callable[[Offer], tuple[_Costs, _Costs]]) -> list[Offer]:
    """Return the offers of which no other costs as little as, or less; of the same costs the first id. costs_beside:
    what comes to a machine at the least, and at the most."""
    beside = [costs_beside(o) for o in offers]
    if beside.count(beside[0]) == len(beside) and beside[0][0] == beside[0][1]:
        return [min(offers, key=lambda o: (o.price_per_hour or Decimal(0), o.offer_id))]
    priced = [
        ((price, *least), o.offer_id, (price, *most), o)
        for o, (least, most) in zip(offers, beside, strict=True)
        for price in [o.price_per_hour or Decimal(0)]
    ]
    priced.sort(key=itemgetter(0, 1))
    left: list[_Costs] = []
    kept: list[Offer] = []
    for least, _, most, offer in priced:  # what beats an offer comes before it
        if not any(all(mine <= theirs for mine, theirs in zip(one, least, strict=True)) for one in left):
            left.append(most)
            kept.append(offer)
    return kept


def seriousness(fields: tuple[str, ...]) -> int:
    """Return how much breaking these wishes counts together."""
    return sum(WEIGHTS[field] for field in fields)
