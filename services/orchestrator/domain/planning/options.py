"""Every way to run the workload: model x precision x GPUs of a copy x machines of an offer.

An option is one machine type at one place, taken as often as the workload needs (layouts.py). Wishes are not looked at
here: constraints.py tells which of them an option breaks, and choose.py which option is best.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from libs.money import HOURS_PER_MONTH, to_cents
from services.orchestrator.domain.candidates import (
    Candidates,
    MemoryEstimate,
    ModelCandidate,
    Offer,
    PerformanceEstimate,
)
from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning import gpus, storage
from services.orchestrator.domain.planning.helpers import helpers_of
from services.orchestrator.domain.planning.homes import NO_HOST, Homes, Host
from services.orchestrator.domain.planning.layouts import (
    Layout,
    Size,
    copies_at_peak,
    copies_between,
    copies_for,
    devices,
    length_of_run,
    pack,
    pays_twice,
    spreads,
)
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.sizes import ANY_TYPE, Rank, sizes_by_rank

SETUP_HOURS: Final = 1
UPKEEP: Final = Decimal(100)
"""USD a month that each machine of a service after the first counts for in comparing, beside its rent: an hour of an
engineer, for patches, failures, quotas and watching. It is no part of a cost that is shown or that a budget is for."""

_NOTHING: Final = Decimal(0)


class Option(NamedTuple):
    """One way to run the workload; a tuple, because thousands of them are made for a plan."""

    offer: Offer
    model: ModelCandidate | None
    memory: MemoryEstimate | None
    speed: PerformanceEstimate | None
    nodes: int
    copies: int
    volumes: int
    """Volumes for weights: one for each copy that the load needs, one where machines share a copy."""
    rank: Rank
    per_hour: Decimal
    """USD, all nodes, for comparing: owned machines without a stated price cost no rent, so they count as 0."""
    cost: Decimal
    """USD a month that a budget is compared with: machines, storage and the traffic that was stated, at a usual price
    where their own is not known."""
    weighed: Decimal
    """USD a month that options are compared by: the cost, that of the components' machine, the upkeep of rented
    machines of a service after the first, and half of what the machines cost that a high load adds."""
    run_hours: float | None = None
    """Length of one run: of the computing, or of reading the data where that takes longer; None for a service and where
    it cannot be estimated."""
    host: Host = NO_HOST
    """What a machine for the components costs beside it. A budget is not held against that, because the machine is left
    out where there is no room for it."""

    @property
    def devices(self) -> int:
        """What the speed of a run is known by: GPUs over all nodes, virtual CPUs where there are none."""
        return self.nodes * devices(self.offer)

    @property
    def paid(self) -> Decimal:
        """USD a month with the components' machine, for comparing."""
        return self.cost + self.host.cost

    @property
    def price(self) -> Decimal | None:
        """USD an hour, all nodes; None where it was not stated."""
        return None if self.offer.price_per_hour is None else self.per_hour

    @property
    def gpu_count(self) -> int:
        """GPUs over all nodes."""
        return self.nodes * self.offer.gpu_count

    @property
    def memory_total_gib(self) -> float:
        """GPU memory over all nodes."""
        return self.gpu_count * self.offer.gpu_memory_gib

    @property
    def waits_for_data(self) -> bool:
        """Tell whether reading the data takes longer than computing."""
        computing = self.speed.run_hours if self.speed else None
        return computing is not None and self.run_hours is not None and self.run_hours > computing

    @property
    def run_cost(self) -> Decimal | None:
        """USD of one run, machines only; None where its length or the price is not known."""
        hours, price = self.run_hours, self.price
        return None if hours is None or price is None else to_cents(price * charged_hours(hours))

    def hours_per_month(self, needs: Needs) -> Decimal:
        """Return what each machine is paid for in a month: a job whose length is known for its runs alone."""
        return paid_hours(self.run_hours, needs)

    @property
    def key(self) -> tuple[bool, Decimal, int, float, int, str]:
        """Those first whose components the budget has room for, then weighed cost ascending, then machines ascending,
        total memory descending, GPUs ascending, offer id: the order of equal choices."""
        offer, count = self.offer, self.nodes * self.offer.gpu_count
        return (self.host.homeless, self.weighed, self.nodes, -count * offer.gpu_memory_gib, count, offer.offer_id)


@lru_cache(maxsize=4096)
def charged_hours(run_hours: float) -> Decimal:
    """Return the hours that one run is paid for: its own and one to boot, load and check."""
    return Decimal(str(run_hours)) + SETUP_HOURS


def paid_hours(run_hours: float | None, needs: Needs) -> Decimal:
    """Return the hours that each machine is paid for in a month: those of its runs where their length is known."""
    return HOURS_PER_MONTH if run_hours is None else charged_hours(run_hours) * needs.runs


class Space:
    """All options of one request, made rank by rank so that the lesser ones are only made when they are needed."""

    def __init__(self, needs: Needs, candidates: Candidates, homes: Homes) -> None:
        self._needs = needs
        self._homes = homes if homes.count else None
        self._types = candidates.gpu_types
        self._speeds: dict[tuple[str, str, str], dict[int, PerformanceEstimate]] = {}
        self.learn(candidates.performance)
        self._stored: dict[tuple[str, int, int], dict[tuple[Decimal, Decimal], Decimal]] = {}
        self._ruled_out = {name for name, gpu in self._types.items() if not gpus.is_considered(gpu, needs.vendors)}
        self._candidates = candidates
        self._sizes = sizes_by_rank(needs, candidates)
        self.ranks: Final = tuple(sorted(self._sizes))
        """Qualities there are, best first."""

    def learn(self, speeds: Iterable[PerformanceEstimate]) -> None:
        """Take these speeds for all that are known."""
        self._speeds = {}
        self._timed: set[tuple[str, str]] = set()
        for speed in speeds:
            if speed.run_hours is not None:
                self._timed.add((speed.model_id, speed.precision))
            self._speeds.setdefault((speed.model_id, speed.precision, speed.gpu_type), {})[speed.gpus] = speed

    def model(self, rank: Rank) -> ModelCandidate | None:
        """Return the model of a rank; None when there is no model to plan for."""
        return next(iter(self._sizes[rank].values())).model

    def is_timed(self, rank: Rank) -> bool:
        """Tell whether the length of a run is known of anything of a rank."""
        memory = next(iter(self._sizes[rank].values())).memory
        return self._needs.algorithm is not None or (
            memory is not None and (memory.model_id, memory.precision) in self._timed
        )

    def size(self, rank: Rank, gpu_type: str) -> Size | None:
        """Return what of a rank is put on a GPU type; None where nothing is."""
        sizes = self._sizes[rank]
        return None if gpu_type in self._ruled_out else sizes.get(gpu_type) or sizes.get(ANY_TYPE)

    def speeds(self, size: Size, gpu_type: str) -> dict[int, PerformanceEstimate]:
        """Return the speeds that are known of a size on a GPU type, by GPUs or, without these, virtual CPUs."""
        memory = size.memory
        return self._speeds.get((memory.model_id, memory.precision, gpu_type), {}) if memory else {}

    def layouts(self, offer: Offer, size: Size, *, comfortable: bool = False) -> tuple[Layout, ...]:
        """Return every way to put a size on machines of an offer, the same for all of its shape. comfortable: there
        are copies enough for nobody to wait."""
        needs = self._needs
        packing = pack(offer, size.memory, needs)
        if packing is None:
            return ()
        spread = spreads(offer, size, packing, needs, self.speeds(size, offer.gpu_type), comfortable=comfortable)
        if needs.kind is not WorkloadKind.SERVING:
            return tuple(Layout(n, 1, 1, speed, length_of_run(offer, speed, needs, nodes=n)) for n, speed in spread)
        each, over = packing
        found = []
        for nodes, speed in spread:
            copies = nodes * each // over
            # Each copy keeps its weights; one over several machines reads a volume that they share.
            volumes = 1 if over > 1 else min(copies, copies_for(needs, size.model, speed))
            found.append(Layout(nodes, copies, volumes, speed, None))
        return tuple(found)

    def options(self, offers: Iterable[Offer], size: Size, layout: Layout, rank: Rank) -> Iterator[Option]:
        """Yield the option of each offer of a shape. A job whose length is known is charged for the hours of its runs
        rather than for a month."""
        needs, nodes, run_hours = self._needs, layout.nodes, layout.run_hours
        hours = paid_hours(run_hours, needs)
        upkeep = UPKEEP * (nodes - 1) if needs.kind is WorkloadKind.SERVING else Decimal(0)
        peak = copies_at_peak(needs, layout.speed, layout.copies)
        # A load that comes and goes is compared in the middle between its two ends.
        added = Decimal(math.ceil(nodes * peak / layout.copies) - nodes) / nodes / 2 if peak > layout.copies else 0
        stored = self._stored.setdefault((size.model.model_id if size.model else "", nodes, layout.volumes), {})
        model, memory, speed, copies, volumes = size.model, size.memory, layout.speed, layout.copies, layout.volumes
        homes, grows, several = self._homes, self._grows(size.model, layout), nodes > 1
        known = homes.known[grows is True, several] if homes else {}
        for offer in offers:
            if offer.units is not None and nodes > offer.units:
                continue
            per_hour = (offer.price_per_hour or _NOTHING) * nodes
            cost = to_cents(per_hour * hours) + self._storage(offer, model, layout, stored)
            if needs.egress_gb:
                cost += self._candidates.unit_prices.traffic(offer, needs.egress_gb)
            weighed, host = cost, NO_HOST
            if (upkeep or added) and offer.provider != "local":
                weighed += upkeep + to_cents(per_hour * hours * added)
            if homes is not None:
                scales = pays_twice(needs, cost, per_hour) if grows is None else grows
                found = homes.known[scales, several] if grows is None else known
                home = found.get(offer.offer_id) or homes.beside(offer, scales=scales, together=several)
                if nodes < home.room_from:
                    host = homes.rented(home, hours=hours, cost=cost)
                    weighed += host.cost
            # By place: thousands are made, and names would take half of the time.
            yield Option._make(
                (offer, model, memory, speed, nodes, copies, volumes, rank, per_hour, cost, weighed, run_hours, host)
            )

    def _grows(self, model: ModelCandidate | None, layout: Layout) -> bool | None:
        """Tell whether copies of a service are added under load; None where they are if the budget pays for them."""
        needs = self._needs
        if needs.kind is not WorkloadKind.SERVING or not (self._homes and self._homes.scale):
            return False
        low, most = copies_between(needs, model, layout.speed, layout.copies)
        unlimited = needs.budget_month is None and needs.budget_hour is None
        return most > low if most is not None else True if unlimited else None

    def _storage(
        self,
        offer: Offer,
        model: ModelCandidate | None,
        layout: Layout,
        stored: dict[tuple[Decimal, Decimal], Decimal],
    ) -> Decimal:
        """Return what a month of storage costs at the place of an offer. stored: known costs of it, by its rates."""
        prices = self._candidates.unit_prices
        rates = prices.rates(offer)
        known = stored.get(rates)
        if known is None:
            kept = stored_by(self._needs, model, self._candidates, nodes=layout.nodes, volumes=layout.volumes)
            known = stored[rates] = storage.monthly(offer, kept, prices)
        return known


def checkpoint_gib(needs: Needs, model: ModelCandidate | None) -> int:
    """Return the size of the volume for what a run writes."""
    whole, trees = needs.method == "full", needs.learns_tables
    return storage.checkpoint_gib(needs.kind, model, whole=whole, trees=trees, dataset_gb=needs.dataset_gb)


def stored_by(
    needs: Needs, model: ModelCandidate | None, candidates: Candidates, *, nodes: int, volumes: int
) -> tuple[storage.Kept, ...]:
    """Return what is stored for a workload on so many machines, with so many volumes for weights."""
    return storage.kept(
        needs.kind,
        dataset_gb=needs.dataset_gb,
        weights_gib=storage.weights_volume_gib(model, bare=needs.algorithm is not None),
        checkpoint_gib=checkpoint_gib(needs, model),
        machines=nodes,
        volumes=volumes,
        helpers_gib=sum(helper.weights_gib for helper in helpers_of(candidates)) if needs.retrieval else 0,
    )
