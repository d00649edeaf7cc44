"""What the machine of the components counts for when options are compared.

Components run on what the workload leaves of its machines, else on a machine of their own (hosting.py), which is paid
for as long as the others. What they ask for follows from few facts of an option, so it is worked out once for each set
of these. Beside machines that are no nodes of a cluster the same components count at a usual price, although some are
left out of a plan there: no place is cheaper for having less.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from itertools import product
from typing import Final, NamedTuple

from libs.money import to_cents
from services.orchestrator.domain.candidates import Candidates, ChartCandidate, Offer
from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning.components import idle_roles, missing_to_scale, working
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.places import NO_KUBERNETES
from services.orchestrator.domain.planning.room import ROOM, has_room, host_of, requests_of, room_for_all, size_for

NEVER: Final = 2**31
"""More machines than there are."""


class Home(NamedTuple):
    """Where components run beside machines of an offer."""

    room_from: int
    """Machines of it from which they leave room for the components."""
    per_hour: Decimal
    """USD of a machine of their own where they leave none, at a usual price where its own is not known."""
    known: bool
    """The price is its own."""


class Host(NamedTuple):
    """What a machine for the components costs beside an option."""

    cost: Decimal
    """USD a month, at a usual price where its own is not known; 0 where they need none."""
    known: bool
    """The price is its own."""
    homeless: bool
    """The monthly budget has room for the workload, but not for this machine."""

    @property
    def stated(self) -> Decimal:
        """USD a month as far as it is known."""
        return self.cost if self.known else Decimal(0)


Ranks = tuple[Decimal | int, ...]
"""What machines are compared by: none costs more with its components than another that is the same or higher in all."""
_NOTHING: Final = (0, Decimal(0), 0)
FREE: Final = Home(1, Decimal(0), known=True)
NO_HOST: Final[Host] = Host(Decimal(0), known=True, homeless=False)


_WAYS: Final = ((False, False), (False, True), (True, False), (True, True))
"""Whether copies are added under load, and whether there are several machines."""


class _Demand:
    """What some components ask for, and what was found for that."""

    def __init__(self, charts: Iterable[ChartCandidate]) -> None:
        self.asked: Final = requests_of(charts)
        self.rents: dict[tuple[str, str], tuple[Decimal, bool]] = {}
        self.usual: Decimal | None = None
        self.rooms: dict[tuple[float | None, float | None], int] = {}

    @cached_property
    def size(self) -> tuple[float, float]:
        """CPUs and GiB of memory of the smallest machine that holds them."""
        return size_for(self.asked)


class Homes:
    """The homes of the components of one request, by the machines of an option."""

    def __init__(self, needs: Needs, candidates: Candidates) -> None:
        self._needs, self._types, self._hosted = needs, candidates.gpu_types, candidates.hosted
        self._budget = room_for_all(needs)
        self._charts = candidates.charts_of or {"": candidates.charts}
        self._scale = {
            maker for maker, charts in self._charts.items() if not missing_to_scale(charts, candidates.installed)
        }
        self._hosts: dict[tuple[str, str], list[Offer]] = {}
        for host in candidates.hosts:
            self._hosts.setdefault((host.provider, host.region), []).append(host)
        self._stacks: dict[tuple[str, bool, bool, bool], _Demand] = {}
        self._by_type: dict[tuple[str, bool, bool], _Demand] = {}
        self.known: Final[dict[tuple[bool, bool], dict[str, Home]]] = {way: {} for way in _WAYS}
        """Homes that were found, by what beside takes and then by the id of the offer."""
        self.count: Final = bool(self._hosts) and any(self._charts.values())
        """Components count for something: there are some, and machines for them are known."""
        self.scale: Final = bool(self._scale)
        """Some of them add copies under load."""
        ways, limited = self._ways(), needs.budget_month is not None or needs.budget_hour is not None
        self._least = tuple(way for way in ways if not (limited and way[0]))
        self._most = tuple(way for way in ways if way[0]) or ways if limited else ways

    def beside(self, offer: Offer, *, scales: bool, together: bool) -> Home:
        """Return the home of components beside machines of an offer. scales: copies are added under load. together:
        there are several machines."""
        homes = self.known[scales, together]
        home = homes.get(offer.offer_id)
        if home is None:
            home = homes[offer.offer_id] = self._home(offer, self._demand(offer, scales=scales, together=together))
        return home

    def host_of(self, offer: Offer, nodes: int, *, scales: bool, hours: Decimal, cost: Decimal) -> Host:
        """Return what a machine for the components costs beside so many machines of an offer. hours: that each machine
        is paid for in a month. cost: USD of the month without it."""
        home = self.beside(offer, scales=scales, together=nodes > 1)
        return NO_HOST if nodes >= home.room_from else self.rented(home, hours=hours, cost=cost)

    def rented(self, home: Home, *, hours: Decimal, cost: Decimal) -> Host:
        """Return what host_of does where the machines leave no room."""
        rent, budget = to_cents(hours * home.per_hour), self._budget
        homeless = home.known and budget is not None and cost <= budget < cost + rent
        return Host(rent, home.known, homeless)

    def ranks(self, offer: Offer) -> tuple[Ranks, Ranks]:
        """Return what an offer is compared by beside its own price, at the least and at the most: the two differ where
        a budget decides whether copies are added, because then a cheaper machine may have more components."""
        least = self._ranks(offer, self._least)
        return least, self._ranks(offer, self._most) if self._most != self._least else least

    def _ranks(self, offer: Offer, ways: Iterable[tuple[bool, bool]]) -> Ranks:
        out: list[Decimal | int] = []
        for way in ways:
            home = self.known[way].get(offer.offer_id) or self.beside(offer, scales=way[0], together=way[1])
            out += home if home.room_from > 1 else _NOTHING
        return tuple(out)

    def sizes(self) -> set[tuple[float, float]]:
        """Return the CPUs and GiB of memory of the smallest machines that hold what components of any option ask
        for."""
        needs = self._needs
        gpus = (True, False) if needs.gpu and needs.cpu_too else (needs.gpu,)
        found = (self._stack(maker, gpu, *way) for maker, gpu, way in product(self._charts, gpus, self._ways()))
        return {demand.size for demand in found if demand.asked.cpus}

    def _ways(self) -> tuple[tuple[bool, bool], ...]:
        """Return those of _WAYS that tell options of this request apart."""
        serves = self._needs.kind is WorkloadKind.SERVING
        return tuple(way for way in _WAYS if ((serves and self._scale) or not way[0]) and not (serves and way[1]))

    def _demand(self, offer: Offer, *, scales: bool, together: bool) -> _Demand:
        key = (offer.gpu_type, scales, together)
        known = self._by_type.get(key)
        if known is None:
            gpu = self._types.get(offer.gpu_type)
            maker = gpu.vendor if gpu and gpu.vendor in self._charts else next(iter(self._charts))
            known = self._by_type[key] = self._stack(maker, offer.gpu_count > 0, scales, together)
        return known

    def _stack(self, maker: str, gpu: bool, scales: bool, together: bool) -> _Demand:
        key = (maker, gpu, scales and maker in self._scale, together)
        if key not in self._stacks:
            idle = idle_roles(scales=key[2], gpu=gpu, together=together)
            self._stacks[key] = _Demand(working(self._charts[maker], self._needs, idle=idle))
        return self._stacks[key]

    def _home(self, offer: Offer, demand: _Demand) -> Home:
        place = (offer.provider, offer.region)
        cluster = offer.provider not in NO_KUBERNETES
        if offer.provider == "local" or not demand.asked.cpus or (cluster and place in self._hosted):
            return FREE
        rent = demand.rents.get(place)
        if rent is None:
            own = self._price(place, demand)
            rent = demand.rents[place] = (self._usual_price(demand) if own is None else own, own is not None)
        return Home(self._room_from(offer, demand) if cluster else NEVER, *rent)

    def _price(self, place: tuple[str, str], demand: _Demand) -> Decimal | None:
        """Return what the cheapest machine at a place costs that holds components; None where none is known."""
        hosts = self._hosts.get(place)
        host = host_of(hosts[0], demand.asked, hosts) if hosts else None
        return host.price_per_hour if host else None

    def _usual_price(self, demand: _Demand) -> Decimal:
        """Return the middle of what a machine for the components costs where it is known, the higher of two; 0 where
        none is."""
        if demand.usual is None:
            prices = sorted(price for at in self._hosts if (price := self._price(at, demand)) is not None)
            demand.usual = prices[len(prices) // 2] if prices else Decimal(0)
        return demand.usual

    def _room_from(self, offer: Offer, demand: _Demand) -> int:
        key, asked = (offer.vcpus, offer.memory_gib), demand.asked
        if not offer.vcpus or not offer.memory_gib:
            return NEVER
        known = demand.rooms.get(key)
        if known is None:
            each = max(asked.cpus / offer.vcpus, asked.memory_gib / offer.memory_gib)
            known = max(1, math.floor(each / ROOM))
            while not has_room(offer, known, asked):
                known += 1
            demand.rooms[key] = known
        return known
