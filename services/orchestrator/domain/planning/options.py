"""Every way to run the workload: model x precision x GPUs of a copy x machines of an offer.

An option is one machine type at one place, taken as often as the workload needs. Wishes are not looked at here:
constraints.py
tells which of them an option breaks, and choose.py which option is best.
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
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.places import MARKETPLACES, NO_KUBERNETES
from services.orchestrator.domain.planning.runs import keepers, reading_hours

MARGIN: Final = 0.05
"""Share of each GPU's memory that a plan leaves free at least."""
UNKNOWN_MEMORY_GIB: Final = 14.0
"""Memory asked of each GPU when no estimate exists for a model: a 16 GB card at the least."""
SETUP_HOURS: Final = 1
UPKEEP: Final = Decimal(100)
"""USD a month that each machine of a service after the first counts for in comparing, beside its rent: an hour of an
engineer, for patches, failures, quotas and watching. It is no part of a cost that is shown or that a budget is for."""
MAX_NODES: Final = 64
JOB_VCPUS: Final = 4
"""Virtual CPUs that a run without GPUs gets at the least."""
FULL_MACHINE: Final = 8
"""GPUs of a machine that providers join into clusters."""
LARGE_GPU_GIB: Final = 75.0
FAST_NETWORK_GBITS: Final = 100.0
QUANTISED: Final = frozenset({"fp8", "int8", "int4", "fp4", "mxfp4", "nvfp4", "awq", "gptq"})
"""Precisions below 16 bit that weights are published at."""
SOON_HOURS: Final = 24.0
"""A run that ends within this is not spread over more machines."""
LARGE_PARAMETERS: Final = 40e9
SMALL_IN_FLIGHT: Final = 64
"""Requests that one copy of a model works on at once: more of them bring little more output, and another copy costs
little."""
MOST_IN_FLIGHT: Final = 256
"""The same of a model of more than 40 billion parameters, whose weights are most of what a copy needs."""
FIRST_TOKEN_MS: Final = 10_000.0
CPU_WAIT_MS: Final = 3_000.0
FEW_STEPS: Final = (1, 4)
NODE_STEPS: Final = (1, 2, 3, 4, 6, 8)
"""Multiples of the fewest nodes that a run may be spread over."""

ANY_TYPE: Final = "*"
"""Stands for every GPU type where the need is not known."""

SpeedKey = tuple[str, str, str, int]
"""Model id, precision, GPU type, GPUs."""
Rank = tuple[int, int]
"""Quality: place of the model among the candidates, place of the precision among those allowed. Lower is better."""


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
    """USD a month that a budget is compared with: machines, and storage, at a usual price where its own is not
    known."""
    weighed: Decimal
    """USD a month that options are compared by: the cost, and the upkeep of rented machines of a service after the
    first."""
    run_hours: float | None = None
    """Length of one run: of the computing, or of reading the data where that takes longer; None for a service and where
    it cannot be estimated."""

    @property
    def devices(self) -> int:
        """What the speed of a run is known by: GPUs over all nodes, virtual CPUs where there are none."""
        return self.nodes * devices(self.offer)

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

    @property
    def key(self) -> tuple[Decimal, int, float, int, str]:
        """Weighed cost ascending, then machines ascending, total memory descending, GPUs ascending, offer id: the order
        of equal choices."""
        return (self.weighed, self.nodes, -self.memory_total_gib, self.gpu_count, self.offer.offer_id)


def devices(offer: Offer) -> int:
    """Return what the speed on one machine is known by: its GPUs, or its virtual CPUs where it has none."""
    return offer.gpu_count or int(offer.vcpus or 0)


def length_of_run(offer: Offer, speed: PerformanceEstimate | None, needs: Needs, *, nodes: int) -> float | None:
    """Return how long one run takes on machines of an offer: as long as computing or reading takes, as they overlap."""
    if speed is None or speed.run_hours is None:
        return None
    passes = needs.run.epochs if needs.run else 1.0
    return max(speed.run_hours, reading_hours(needs.dataset_gb, passes, memory_gib=offer.memory_gib, machines=nodes))


@lru_cache(maxsize=4096)
def charged_hours(run_hours: float) -> Decimal:
    """Return the hours that one run is paid for: its own and one to boot, load and check."""
    return Decimal(str(run_hours)) + SETUP_HOURS


class Packing(NamedTuple):
    """How copies of the workload sit on machines: several on one, or one over several."""

    copies_per_node: int
    nodes_per_copy: int


class Size(NamedTuple):
    """What is put on a GPU type."""

    model: ModelCandidate | None
    memory: MemoryEstimate | None


class Shape(NamedTuple):
    """What of a machine decides how a workload sits on it; of one shape, machines differ in place and price."""

    gpu_type: str
    gpu_count: int
    gpu_memory_gib: float
    spans: bool
    joins: bool
    vcpus: float | None
    """None, as memory_gib, of a machine with GPUs: it has enough of both."""
    memory_gib: float | None
    keepers: int
    """Machines whose main memory keeps the data of a run; 0 where none is read more than once."""


class Layout(NamedTuple):
    """How a workload sits on machines: how many of them, how many copies on all, on how many volumes of weights, how
    fast each copy is, and how long a run takes on all."""

    nodes: int
    copies: int
    volumes: int
    speed: PerformanceEstimate | None
    run_hours: float | None


class Space:
    """All options of one request, made rank by rank so that the lesser ones are only made when they are needed."""

    def __init__(self, needs: Needs, candidates: Candidates) -> None:
        self._needs = needs
        self._types = candidates.gpu_types
        self._speeds: dict[SpeedKey, PerformanceEstimate] = {}
        self.learn(candidates.performance)
        self._stored: dict[tuple[str, str, int, int], Decimal] = {}
        self._ruled_out = {name for name, gpu in self._types.items() if not gpus.is_considered(gpu, needs.vendors)}
        self._candidates = candidates
        self._sizes = _sizes_by_rank(needs, candidates)
        self.ranks: Final = tuple(sorted(self._sizes))
        """Qualities there are, best first."""

    def learn(self, speeds: Iterable[PerformanceEstimate]) -> None:
        """Take these speeds for all that are known."""
        self._speeds = {(s.model_id, s.precision, s.gpu_type, s.gpus): s for s in speeds}

    def model(self, rank: Rank) -> ModelCandidate | None:
        """Return the model of a rank; None when there is no model to plan for."""
        return next(iter(self._sizes[rank].values())).model

    def size(self, rank: Rank, gpu_type: str) -> Size | None:
        """Return what of a rank is put on a GPU type; None where nothing is."""
        sizes = self._sizes[rank]
        return None if gpu_type in self._ruled_out else sizes.get(gpu_type) or sizes.get(ANY_TYPE)

    def layouts(self, offer: Offer, size: Size, *, comfortable: bool = False) -> tuple[Layout, ...]:
        """Return every way to put a size on machines of an offer, the same for all of its shape. comfortable: there
        are copies enough for nobody to wait."""
        needs = self._needs
        packing = pack(offer, size.memory, needs)
        if packing is None:
            return ()
        spreads = _spreads(offer, size, packing, needs, self._speeds, comfortable=comfortable)
        if needs.kind is not WorkloadKind.SERVING:
            return tuple(Layout(n, 1, 1, speed, length_of_run(offer, speed, needs, nodes=n)) for n, speed in spreads)
        each, over = packing
        return tuple(
            # Each copy keeps its weights; one over several machines reads a volume that they share.
            Layout(n, held, 1 if over > 1 else min(held, copies_for(needs, size.model, speed)), speed, None)
            for n, speed in spreads
            for held in [n * each // over]
        )

    def option(self, offer: Offer, size: Size, layout: Layout, rank: Rank) -> Option:
        """Return the option of machines of an offer. A job whose length is known is charged for the hours of its runs
        rather than for a month."""
        needs, run_hours = self._needs, layout.run_hours
        hours = HOURS_PER_MONTH if run_hours is None else charged_hours(run_hours) * needs.runs
        per_hour = (offer.price_per_hour or Decimal(0)) * layout.nodes
        cost = to_cents(per_hour * hours) + self._storage(offer.provider, size.model, layout)
        kept_up = layout.nodes - 1 if needs.kind is WorkloadKind.SERVING and offer.provider != "local" else 0
        return Option(
            offer=offer,
            model=size.model,
            memory=size.memory,
            speed=layout.speed,
            nodes=layout.nodes,
            copies=layout.copies,
            volumes=layout.volumes,
            rank=rank,
            per_hour=per_hour,
            cost=cost,
            weighed=cost + UPKEEP * kept_up,
            run_hours=run_hours,
        )

    def _storage(self, provider: str, model: ModelCandidate | None, layout: Layout) -> Decimal:
        key = (provider, model.model_id if model else "", layout.nodes, layout.volumes)
        if key not in self._stored:
            stored = stored_by(self._needs, model, nodes=layout.nodes, volumes=layout.volumes)
            self._stored[key] = storage.monthly(provider, stored, self._candidates)
        return self._stored[key]


def stored_by(needs: Needs, model: ModelCandidate | None, *, nodes: int, volumes: int) -> tuple[storage.Kept, ...]:
    """Return what is stored for a workload on so many machines, with so many volumes for weights."""
    return storage.kept(
        needs.kind,
        dataset_gb=needs.dataset_gb,
        weights_gib=storage.weights_volume_gib(model),
        machines=nodes,
        volumes=volumes,
    )


def shape_of(offer: Offer, needs: Needs) -> Shape:
    """Return the shape of a machine for a workload."""
    own = (None, None) if offer.gpu_count else (offer.vcpus, offer.memory_gib)
    again = needs.run is not None and needs.run.epochs > 1
    kept_by = keepers(needs.dataset_gb, offer.memory_gib) if again and needs.dataset_gb else 0
    return Shape(offer.gpu_type, offer.gpu_count, offer.gpu_memory_gib, spans(offer), joins(offer), *own, kept_by)


def pack(offer: Offer, memory: MemoryEstimate | None, needs: Needs) -> Packing | None:
    """Return how copies sit on machines of an offer, or None when a copy does not fit.

    A copy that spans machines keeps each tensor-parallel group on one of them, because only links inside a machine
    carry it well, and takes only machines that join well.
    """
    if not offer.gpu_count:
        if needs.gpu and not (needs.cpu_too and memory):
            return None
        job = needs.kind is not WorkloadKind.SERVING
        enough = (offer.memory_gib or 0) >= main_memory_gib(memory) and (offer.vcpus or 0) >= (JOB_VCPUS if job else 1)
        return Packing(1, 1) if enough else None
    if not needs.gpu:
        return None
    if memory is None:
        return Packing(offer.gpu_count, 1) if offer.gpu_memory_gib >= UNKNOWN_MEMORY_GIB else None
    if memory.gpus < 1 or memory.per_gpu_gib > offer.gpu_memory_gib * (1 - MARGIN):
        return None
    if memory.gpus <= offer.gpu_count:
        return Packing(offer.gpu_count // memory.gpus, 1)
    if memory.gpus % offer.gpu_count or memory.tensor_parallel > offer.gpu_count or not spans(offer):
        return None
    return Packing(1, memory.gpus // offer.gpu_count)


def node_counts(offer: Offer, packing: Packing, needs: Needs) -> tuple[int, ...]:
    """Return the numbers of machines to consider: the fewest, and multiples for a training on machines that join."""
    fewest = max(needs.replicas_min * packing.nodes_per_copy, 1)
    if offer.gpu_count:
        fewest = max(fewest, -(-needs.gpu_count_min // offer.gpu_count))
        fewest = max(fewest, math.ceil(needs.gpu_memory_total_gib_min / (offer.gpu_memory_gib * offer.gpu_count)))
    fewest = -(-fewest // packing.nodes_per_copy) * packing.nodes_per_copy
    if fewest > 1 and needs.kind is WorkloadKind.TRAINING and not joins(offer):
        return ()
    spread = joins(offer) and needs.kind is WorkloadKind.TRAINING
    steps = (NODE_STEPS if needs.deadline_hours else FEW_STEPS) if spread else (1,)
    return tuple(fewest * step for step in steps if fewest * step <= MAX_NODES)


def spans(offer: Offer) -> bool:
    """Tell whether one copy may span machines of an offer: full machines of large GPUs, which providers join into
    clusters."""
    full = offer.gpu_count >= FULL_MACHINE and offer.gpu_memory_gib >= LARGE_GPU_GIB
    return full and offer.provider not in (MARKETPLACES | NO_KUBERNETES)


def joins(offer: Offer) -> bool:
    """Tell whether a training run may spread over machines of an offer: as spans, or over a network of 100 Gbit/s."""
    return spans(offer) or (offer.network_gbits or 0) >= FAST_NETWORK_GBITS


def in_flight(needs: Needs, model: ModelCandidate | None) -> int:
    """Return how many requests one copy works on at once: copies of a large model cost more than room for requests."""
    most = MOST_IN_FLIGHT if model and (model.parameters or 0) > LARGE_PARAMETERS else SMALL_IN_FLIGHT
    return min(needs.concurrency or 1, most)


def copies_for(
    needs: Needs, model: ModelCandidate | None, speed: PerformanceEstimate | None, *, comfortable: bool = False
) -> int:
    """Return how many copies carry the load asked for, as far as speed is known; comfortable: so fast that nobody has
    to wait."""
    wanted, requests = needs.replicas_min, needs.concurrency or 1
    if needs.batches:
        wanted = max(wanted, math.ceil(requests / in_flight(needs, model)))
    if speed is None:
        return wanted
    tokens = max(needs.tokens_per_second or 0.0, needs.flowing_tokens_per_second if comfortable else 0.0)
    if tokens and speed.tokens_per_second:
        wanted = max(wanted, math.ceil(tokens / speed.tokens_per_second))
    if needs.requests_per_second and speed.requests_per_second:
        wanted = max(wanted, math.ceil(needs.requests_per_second / speed.requests_per_second))
    if comfortable and needs.wait_ms and speed.request_latency_ms:
        wanted = max(wanted, min(requests, math.ceil(requests * speed.request_latency_ms / needs.wait_ms)))
    return wanted


def main_memory_gib(memory: MemoryEstimate | None) -> float:
    """Return the main memory that a machine without GPUs needs, in GiB: the model and a quarter to spare, at least
    8."""
    return max(8.0, memory.total_gib * 1.25 if memory else 0.0)


def precisions_of(needs: Needs, model: ModelCandidate) -> tuple[str, ...]:
    """Return the precisions that a model may be planned at, best first: none above the one its weights are published
    at."""
    if needs.precision_stated or needs.method != "inference":
        return needs.precisions
    if model.precision in needs.precisions:
        return needs.precisions[needs.precisions.index(model.precision) :]
    return (model.precision,) if model.precision in QUANTISED else needs.precisions


def _sizes_by_rank(needs: Needs, candidates: Candidates) -> dict[tuple[int, int], dict[str, Size]]:
    """Return what can be put on each GPU type, by quality. A model that is needed but not sized is kept, its need
    unknown."""
    mains = [m for m in candidates.models if m.purpose == "main"]
    places = {m.model_id: place for place, m in enumerate(mains)}
    tiers = {m.model_id: {p: tier for tier, p in enumerate(precisions_of(needs, m))} for m in mains}
    sized = {e.model_id for e in candidates.memory}
    sizes: dict[tuple[int, int], dict[str, Size]] = {}
    for estimate in candidates.memory:
        place = places.get(estimate.model_id)
        tier = tiers[estimate.model_id].get(estimate.precision) if place is not None else None
        if (
            place is not None
            and tier is not None
            and gpus.computes(candidates.gpu_types.get(estimate.gpu_type), estimate.precision)
        ):
            sizes.setdefault((place, tier), {})[estimate.gpu_type] = Size(mains[place], estimate)
    for place, model in enumerate(mains):
        if model.model_id not in sized and (model.wished_as or not sized):
            sizes[(place, 0)] = {ANY_TYPE: Size(model, None)}
    return sizes or {(0, 0): {ANY_TYPE: Size(mains[0] if mains else None, None)}}


def _spreads(
    offer: Offer,
    size: Size,
    packing: Packing,
    needs: Needs,
    speeds: dict[SpeedKey, PerformanceEstimate],
    *,
    comfortable: bool,
) -> Iterator[tuple[int, PerformanceEstimate | None]]:
    """Yield numbers of machines with the speed there: of one copy for a service, of all machines for a run.

    A run is spread no wider than its deadline asks for, or, without one, than it takes to end within a day. On CPUs
    only what is known to be fast enough counts, where a GPU could be had.
    """

    memory = size.memory

    def speed_on(count: int) -> PerformanceEstimate | None:
        return speeds.get((memory.model_id, memory.precision, offer.gpu_type, count)) if memory else None

    for nodes in node_counts(offer, packing, needs):
        if needs.kind is not WorkloadKind.SERVING:
            speed = speed_on(nodes * devices(offer))
            if speed or offer.gpu_count or not needs.gpu:
                yield nodes, speed
            hours = length_of_run(offer, speed, needs, nodes=nodes)
            if hours is not None and hours <= (needs.deadline_hours or SOON_HOURS):
                return
            continue
        speed = speed_on((memory.gpus if memory else 0) or devices(offer))
        if not offer.gpu_count and needs.gpu and not bearable(speed, needs):
            continue
        copies = copies_for(needs, size.model, speed, comfortable=comfortable)
        for_load = -(-copies // packing.copies_per_node) * packing.nodes_per_copy
        if max(nodes, for_load) <= MAX_NODES:
            yield max(nodes, for_load), speed


def bearable(speed: PerformanceEstimate | None, needs: Needs) -> bool:
    """Tell whether a service is known to answer fast enough on CPUs: text half as fast as people read it and begun
    within ten seconds, anything else within three seconds of waiting for those in flight before it."""
    if speed is None:
        return False
    if needs.batches and needs.flowing_tokens_per_second:
        begun = speed.time_to_first_token_ms is not None and speed.time_to_first_token_ms <= FIRST_TOKEN_MS
        return begun and (speed.tokens_per_second or 0.0) >= needs.flowing_tokens_per_second / 2
    waits = (speed.request_latency_ms or math.inf) * (needs.concurrency or 1)
    return waits <= CPU_WAIT_MS
