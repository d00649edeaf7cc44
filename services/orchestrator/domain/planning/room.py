"""What components ask for together, and which machines have room for them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from services.orchestrator.domain.candidates import ChartCandidate, Offer
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.places import NO_KUBERNETES

UNSTATED_CPUS: Final = 0.5
UNSTATED_GIB: Final = 1.5
"""What a chart is planned with whose values state no requests."""
ROOM: Final = 0.1
"""Share of the workload's machines that is left for components: half of what its pods leave; the rest is the
system's."""
ALLOCATABLE: Final = 0.9
"""Share of a machine of their own that pods get."""


class Requests(NamedTuple):
    """What components ask for together."""

    cpus: float
    memory_gib: float
    unstated: int
    """Charts that state nothing."""
    charts: int
    """All that are installed."""


def requests_of(charts: Iterable[ChartCandidate]) -> Requests:
    """Return what charts ask for together; what one does not state is assumed."""
    asking = tuple(charts)
    return Requests(
        cpus=round(sum(UNSTATED_CPUS if c.cpu is None else c.cpu for c in asking), 2),
        memory_gib=round(sum(UNSTATED_GIB if c.memory_gib is None else c.memory_gib for c in asking), 2),
        unstated=sum(c.cpu is None or c.memory_gib is None for c in asking),
        charts=len(asking),
    )


def has_room(offer: Offer, nodes: int, requests: Requests) -> bool:
    """Tell whether machines leave enough for components. The user's own cluster is judged by all that it has free."""
    if offer.provider == "local" or not requests.cpus:
        return True
    cpus, memory_gib = (offer.vcpus or 0.0) * nodes, (offer.memory_gib or 0.0) * nodes
    held = requests.cpus <= cpus * ROOM and requests.memory_gib <= memory_gib * ROOM
    return held and offer.provider not in NO_KUBERNETES


def size_for(requests: Requests) -> tuple[float, float]:
    """Return the CPUs and the GiB of memory of the smallest machine that holds components."""
    return requests.cpus / ALLOCATABLE, requests.memory_gib / ALLOCATABLE


def host_of(offer: Offer, requests: Requests, hosts: Iterable[Offer]) -> Offer | None:
    """Return the cheapest machine without GPUs at the place of an offer that holds components; None where none is
    known."""
    cpus, memory_gib = size_for(requests)
    here = (
        h
        for h in hosts
        if (h.provider, h.region, h.price_model) == (offer.provider, offer.region, "on_demand")
        and offer.provider not in NO_KUBERNETES
        and (h.vcpus or 0.0) >= cpus
        and (h.memory_gib or 0.0) >= memory_gib
        and h.price_per_hour is not None
    )
    return min(here, key=lambda h: (h.price_per_hour, h.vcpus, h.offer_id), default=None)


def room_for_all(needs: Needs) -> Decimal | None:
    """Return what a month may cost with the machine of the components, which is left out where there is no room for it;
    None where nothing limits it. A plan that is to be cheaper than one before is so with it."""
    return None if needs.cheaper_than else needs.budget_month
