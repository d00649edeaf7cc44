"""How a workload sits on machines: how many copies on each, how many machines, and how fast it is there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from services.orchestrator.domain.candidates import MemoryEstimate, ModelCandidate, Offer, PerformanceEstimate
from services.orchestrator.domain.plan import WorkloadKind
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.pace import BATCH_IN_FLIGHT
from services.orchestrator.domain.planning.places import MARKETPLACES, NO_KUBERNETES
from services.orchestrator.domain.planning.runs import keepers, reading_hours

MARGIN: Final = 0.05
"""Share of each GPU's memory that a plan leaves free at least."""
UNKNOWN_MEMORY_GIB: Final = 14.0
"""Memory asked of each GPU when no estimate exists for a model: a 16 GB card at the least."""
MAX_NODES: Final = 64
JOB_VCPUS: Final = 4
"""Virtual CPUs that a run without GPUs gets at the least."""
FULL_MACHINE: Final = 8
"""GPUs of a machine that providers join into clusters."""
LARGE_GPU_GIB: Final = 75.0
SINGLE_HOSTS: Final = MARKETPLACES | NO_KUBERNETES
"""Providers whose machines do not join."""
FAST_NETWORK_GBITS: Final = 100.0
SOON_HOURS: Final = 24.0
"""A run that ends within this is not spread over more machines."""
LARGE_PARAMETERS: Final = 40e9
MOST_IN_FLIGHT: Final = 256
"""Requests that one copy of a model of more than 40 billion parameters works on at once: its weights are most of what
it needs."""
FIRST_TOKEN_MS: Final = 10_000.0
CPU_WAIT_MS: Final = 3_000.0
FEW_STEPS: Final = (1, 4)
NODE_STEPS: Final = (1, 2, 3, 4, 6, 8)
"""Multiples of the fewest nodes that a run may be spread over."""

SpeedKey = tuple[str, str, str, int]
"""Model id, precision, GPU type, GPUs."""


def devices(offer: Offer) -> int:
    """Return what the speed on one machine is known by: its GPUs, or its virtual CPUs where it has none."""
    return offer.gpu_count or int(offer.vcpus or 0)


def length_of_run(offer: Offer, speed: PerformanceEstimate | None, needs: Needs, *, nodes: int) -> float | None:
    """Return how long one run takes on machines of an offer: as long as computing or reading takes, as they overlap."""
    computing = speed.run_hours if speed else computing_hours(needs, vcpus=offer.vcpus)
    if computing is None:
        return None
    passes = needs.run.epochs if needs.run else 1.0
    return max(computing, reading_hours(needs.dataset_gb, passes, memory_gib=offer.memory_gib, machines=nodes))


def computing_hours(needs: Needs, *, vcpus: float | None) -> float | None:
    """Return how long an algorithm computes on one machine, in hours; None where that is not known."""
    trains = needs.algorithm is not None and needs.kind is WorkloadKind.TRAINING and not needs.gpu
    return needs.algorithm.hours(needs.dataset_gb, vcpus) if trains and needs.algorithm else None


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


def shape_of(offer: Offer, needs: Needs) -> Shape:
    """Return the shape of a machine for a workload."""
    vcpus, memory_gib = (None, None) if offer.gpu_count else (offer.vcpus, offer.memory_gib)
    again = needs.run is not None and needs.run.epochs > 1
    kept_by = keepers(needs.dataset_gb, offer.memory_gib) if again and needs.dataset_gb else 0
    wide = spans(offer)
    gpus = (offer.gpu_type, offer.gpu_count, offer.gpu_memory_gib)
    return Shape._make((*gpus, wide, wide or joins(offer), vcpus, memory_gib, kept_by))


def pack(offer: Offer, memory: MemoryEstimate | None, needs: Needs) -> Packing | None:
    """Return how copies sit on machines of an offer, or None when a copy does not fit.

    A copy that spans machines keeps each tensor-parallel group on one of them, because only links inside a machine
    carry it well, and takes only machines that join well.
    """
    if not offer.gpu_count:
        if needs.gpu and not (needs.cpu_too and memory):
            return None
        job = needs.kind is not WorkloadKind.SERVING
        enough = (offer.memory_gib or 0) >= main_memory_gib(memory, needs) and (offer.vcpus or 0) >= (
            JOB_VCPUS if job else 1
        )
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
    """Return the numbers of machines to consider: the fewest, and multiples for a training on machines that join and
    for a batch, whose machines each take a share of the input."""
    fewest = max(needs.replicas_min * packing.nodes_per_copy, 1)
    if offer.gpu_count and (needs.gpu_count_min or needs.gpu_memory_total_gib_min):
        fewest = max(fewest, -(-needs.gpu_count_min // offer.gpu_count))
        fewest = max(fewest, math.ceil(needs.gpu_memory_total_gib_min / (offer.gpu_memory_gib * offer.gpu_count)))
        fewest = -(-fewest // packing.nodes_per_copy) * packing.nodes_per_copy
    if needs.kind is WorkloadKind.SERVING:
        return (fewest,) if fewest <= MAX_NODES else ()
    if needs.kind is WorkloadKind.TRAINING and not joins(offer):
        return (1,) if fewest == 1 else ()
    steps = NODE_STEPS if needs.deadline_hours else FEW_STEPS
    return tuple([fewest * step for step in steps if fewest * step <= MAX_NODES])


def spans(offer: Offer) -> bool:
    """Tell whether one copy may span machines of an offer: full machines of large GPUs, which providers join into
    clusters."""
    full = offer.gpu_count >= FULL_MACHINE and offer.gpu_memory_gib >= LARGE_GPU_GIB
    return full and offer.provider not in SINGLE_HOSTS


def joins(offer: Offer) -> bool:
    """Tell whether a training run may spread over machines of an offer: as spans, or over a network of 100 Gbit/s."""
    return spans(offer) or (offer.network_gbits or 0) >= FAST_NETWORK_GBITS


def in_flight(needs: Needs, model: ModelCandidate | None) -> int:
    """Return how many requests one copy works on at once: copies of a large model cost more than room for requests."""
    most = MOST_IN_FLIGHT if model and (model.parameters or 0) > LARGE_PARAMETERS else BATCH_IN_FLIGHT
    return min(needs.concurrency or 1, most)


def copies_for(
    needs: Needs, model: ModelCandidate | None, speed: PerformanceEstimate | None, *, comfortable: bool = False
) -> int:
    """Return how many copies carry the load asked for, as far as speed is known; comfortable: so fast that nobody has
    to wait."""
    wanted, requests = max(needs.replicas_min, needs.copies_min), needs.concurrency or 1
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


def copies_at_peak(needs: Needs, speed: PerformanceEstimate | None, copies: int) -> int:
    """Return how many copies there may be: those that were asked for at the most, or that carry the high load; so many
    as there are where more would need more GPUs than may be used, neither was said or speed is not known."""
    if needs.ceilings.on_all:
        return copies
    if needs.copies_max is not None:
        return max(copies, needs.copies_max)
    each = speed.requests_per_second if speed else None
    return max(copies, math.ceil(needs.requests_peak / each)) if needs.requests_peak and each else copies


def copies_between(
    needs: Needs, model: ModelCandidate | None, speed: PerformanceEstimate | None, copies: int
) -> tuple[int, int | None]:
    """Return the copies of a service at least, which the stated load needs or the user asked for, and at most: those
    that were asked for, or carry the high load where one was said; None where they are twice the least, if the budget
    pays for it; no more than the machines hold where the GPUs are bounded. copies: that the machines hold."""
    low = copies_for(needs, model, speed)
    if needs.ceilings.on_all:
        return low, max(low, copies)
    if needs.copies_max is not None:
        return low, max(low, needs.copies_max)
    most = copies_at_peak(needs, speed, copies)
    return low, most if most > low else None


def pays_twice(needs: Needs, cost: Decimal, per_hour: Decimal) -> bool:
    """Tell whether the budgets pay for twice of what a month and an hour cost, in USD."""
    month, hour = needs.budget_month, needs.budget_hour
    return (month is None or cost * 2 <= month) and (hour is None or per_hour * 2 <= hour)


def main_memory_gib(memory: MemoryEstimate | None, needs: Needs) -> float:
    """Return the main memory that a machine without GPUs needs, in GiB: the model and a quarter to spare, or what an
    algorithm holds of the data, at least 8."""
    if needs.algorithm is not None and needs.kind is WorkloadKind.TRAINING:
        return needs.algorithm.memory_gib(needs.dataset_gb)
    return max(8.0, memory.total_gib * 1.25 if memory else 0.0)


def spreads(
    offer: Offer,
    size: Size,
    packing: Packing,
    needs: Needs,
    speeds: Mapping[int, PerformanceEstimate],
    *,
    comfortable: bool,
) -> Iterator[tuple[int, PerformanceEstimate | None]]:
    """Yield numbers of machines with the speed there: of one copy for a service, of all machines for a run.

    A run is spread no wider than its deadline asks for, or, without one, than it takes to end within a day. On CPUs
    only what is known to be fast enough counts, where a GPU could be had. speeds: of this size, by what devices counts.
    """
    memory = size.memory
    for nodes in node_counts(offer, packing, needs):
        if needs.kind is not WorkloadKind.SERVING:
            speed = speeds.get(nodes * devices(offer))
            if speed or offer.gpu_count or not needs.gpu:
                yield nodes, speed
            if speed is None and needs.kind is WorkloadKind.BATCH:
                return  # its length is known on any number of machines or on none
            hours = length_of_run(offer, speed, needs, nodes=nodes)
            if hours is not None and hours <= (needs.deadline_hours or SOON_HOURS):
                return
            continue
        speed = speeds.get((memory.gpus if memory else 0) or devices(offer))
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
