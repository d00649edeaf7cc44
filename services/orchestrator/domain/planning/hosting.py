"""Where the components of a stack run: on what the workload leaves of its machines, else on a machine of their own."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from libs.money import HOURS_PER_MONTH, to_cents
from services.orchestrator.domain.candidates import Candidates, ChartCandidate, Offer, OwnCluster
from services.orchestrator.domain.plan import CostEstimate, StackComponent, Workload
from services.orchestrator.domain.planning.places import NO_KUBERNETES
from services.orchestrator.domain.planning.words import gib, provider, usd

UNSTATED_CPUS: Final = 0.5
UNSTATED_GIB: Final = 1.5
"""What a chart is planned with whose values state no requests."""
ROOM: Final = 0.1
"""Share of the workload's machines that is left for components: half of what its pods leave; the rest is the
system's."""
ALLOCATABLE: Final = 0.9
"""Share of a machine of their own that pods get."""
TITLE: Final = "Machine for the components"


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


class Hosting(NamedTuple):
    """Where the components of a stack run."""

    requests: Requests
    own: bool
    """They need a machine of their own."""
    host: Offer | None = None
    """That machine; None where none is known."""
    shared: bool = False
    """They run with those of another part of the plan."""
    left_out: Offer | None = None
    """The machine that there would be if the budget had room for it."""


def hosting_of(offer: Offer, nodes: int, stack: Iterable[StackComponent], candidates: Candidates) -> Hosting:
    """Return where the components of a stack run beside a workload on so many machines of an offer."""
    roles = {part.role for part in stack}
    requests = requests_of(c for c in candidates.charts if c.role in roles)
    if (offer.provider, offer.region) in candidates.hosted and offer.provider not in NO_KUBERNETES:
        return Hosting(requests, own=False, shared=True)
    if has_room(offer, nodes, requests):
        return Hosting(requests, own=False)
    return Hosting(requests, own=True, host=host_of(offer, requests, candidates.hosts))


def has_room(offer: Offer, nodes: int, requests: Requests) -> bool:
    """Tell whether machines leave enough for components. The user's own cluster is judged by all that it has free."""
    if offer.provider == "local" or not requests.cpus:
        return True
    cpus, memory_gib = (offer.vcpus or 0.0) * nodes, (offer.memory_gib or 0.0) * nodes
    held = requests.cpus <= cpus * ROOM and requests.memory_gib <= memory_gib * ROOM
    return held and offer.provider not in NO_KUBERNETES


def host_of(offer: Offer, requests: Requests, hosts: Iterable[Offer]) -> Offer | None:
    """Return the cheapest machine without GPUs at the place of an offer that holds components; None where none is
    known."""
    here = (
        h
        for h in hosts
        if (h.provider, h.region, h.price_model) == (offer.provider, offer.region, "on_demand")
        and offer.provider not in NO_KUBERNETES
        and (h.vcpus or 0.0) * ALLOCATABLE >= requests.cpus
        and (h.memory_gib or 0.0) * ALLOCATABLE >= requests.memory_gib
        and h.price_per_hour is not None
    )
    return min(here, key=lambda h: (h.price_per_hour, h.vcpus, h.offer_id), default=None)


def description(host: Offer | None, requests: Requests) -> str:
    """Return the description of the cost line of the components' machine."""
    if host is None:
        return f"{TITLE} ({requests.cpus:g} CPUs, {gib(requests.memory_gib)})"
    return f"{TITLE}: {host.instance_type} at {provider(host.provider)}, {host.region or 'any region'}, on-demand"


def unknown_because(offer: Offer) -> str:
    """Return why the price of the components' machine is not known."""
    name = provider(offer.provider)
    if offer.provider in NO_KUBERNETES:
        return f"machines of {name} are no nodes of a cluster, so the components run in one elsewhere"
    return f"the catalogue has no machine without GPUs at {name}{f' in {offer.region}' if offer.region else ''}"


def said_of(home: Hosting, offer: Offer) -> str:
    """Return what components are planned with, and where they run beside a workload on machines of an offer."""
    asked = home.requests
    each = f", {UNSTATED_CPUS:g} CPUs and {UNSTATED_GIB:g} GiB for each of {asked.unstated} that state nothing"
    where = "on a machine that you have" if home.left_out else "on a machine of their own"
    if home.shared:
        where = "with those of the other workload"
    elif not home.own:
        where = f"on the {ROOM:.0%} of the machines that is left for them"
    if offer.provider in NO_KUBERNETES:
        where = "in a cluster elsewhere"
    if offer.provider == "local":
        where = "in your own cluster"
    return (
        f"The components ask for {asked.cpus:g} CPUs and {asked.memory_gib:g} GiB together"
        f"{each if asked.unstated else ''}; they run {where}."
    )


def affordable(home: Hosting, *, others: Decimal, hours: Decimal, budget: Decimal | None) -> Hosting:
    """Return where components run when a month may cost so much in USD, of which all else takes others."""
    if budget is None or home.host is None or home.host.price_per_hour is None:
        return home
    fits = others + to_cents(hours * home.host.price_per_hour) <= budget
    return home if fits else home._replace(host=None, left_out=home.host)


def hours_of(cost: CostEstimate, machines: int) -> Decimal:
    """Return the hours that each machine of an estimate is paid for."""
    return (cost.lines[0].quantity or HOURS_PER_MONTH) / machines


def cost_of(cost: CostEstimate) -> Decimal:
    """Return what the components' machine costs a month in an estimate; 0 where it is not known or there is none."""
    return sum((x.monthly or Decimal(0) for x in cost.lines if x.description.startswith(TITLE)), Decimal(0))


def on_demand(home: Hosting) -> tuple[str, ...]:
    """Return what to mind of the components' machine where only spot machines are wanted."""
    if home.host is None:
        return ()
    return (
        f"The machine for the components ({home.host.instance_type}) is on demand all the same, because databases and "
        "monitoring do not bear being taken back: put them in a cluster that you have if nothing may be on demand.",
    )


def warnings(workload: Workload, home: Hosting, *, cluster: OwnCluster | None) -> tuple[str, ...]:
    """Return what to mind of the place of the components. cluster: the user's own, where the workload runs in it."""
    said = []
    if home.left_out:
        said.append(
            f"The budget leaves nothing for a machine for the components ({home.left_out.instance_type} at "
            f"{usd(home.left_out.price_per_hour)} an hour): put them in a cluster that you have, or leave them out."
        )
    copies = workload.replicas_min * workload.node_count
    cpus = workload.cpu_request * copies + home.requests.cpus
    memory_gib = workload.memory_request_gib * copies + home.requests.memory_gib
    if (
        cluster
        and cluster.cpus_free is not None
        and (cpus > (cluster.cpus_free or 0.0) or memory_gib > (cluster.memory_gib_free or 0.0))
    ):
        said.append(
            f"The workload and its components request {cpus:g} CPUs and {gib(memory_gib)}; your cluster has "
            f"{cluster.cpus_free or 0:g} CPUs and {gib(cluster.memory_gib_free or 0)} free. Leave out what is "
            "installed already, or add a machine."
        )
    return tuple(said)
