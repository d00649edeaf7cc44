"""Where the components of a stack run: on what the workload leaves of its machines, else on a machine of their own."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from libs.money import HOURS_PER_MONTH, to_cents
from services.orchestrator.domain.candidates import Candidates, Offer, OwnCluster
from services.orchestrator.domain.plan import CostEstimate, StackComponent, Workload
from services.orchestrator.domain.planning.needs import Needs
from services.orchestrator.domain.planning.places import NO_KUBERNETES
from services.orchestrator.domain.planning.room import (
    ROOM,
    UNSTATED_CPUS,
    UNSTATED_GIB,
    Requests,
    has_room,
    host_of,
    requests_of,
    room_for_all,
)
from services.orchestrator.domain.planning.words import gib, provider, usd

TITLE: Final = "Machine for the components"


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


def affordable(home: Hosting, *, others: Decimal, hours: Decimal, needs: Needs) -> Hosting:
    """Return where components run within the monthly budget, of which all else takes others, in USD."""
    budget = room_for_all(needs)
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
