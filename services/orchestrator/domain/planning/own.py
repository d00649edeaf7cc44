"""Machines of the user's own that the words tell of and no connected cluster shows: planned as stated, at no known
price."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from services.orchestrator.domain.candidates import Candidates, GpuType, Offer, OwnCluster
from services.orchestrator.domain.planning.gpus import is_any_of
from services.orchestrator.domain.planning.needs import Needs

FULL: Final = 8
"""GPUs that one machine has at the most."""
_GIB_TOLERANCE: Final = 0.93
"""Cards are sold by round figures and hold a little less."""


def stated(needs: Needs, types: Mapping[str, GpuType], cluster: OwnCluster | None) -> tuple[Offer, ...]:
    """Return the user's own machines as they were stated; none where a cluster is connected, or type or count was not
    said.

    Of the types that the name fits the smallest is taken, then the slowest: what it holds the others hold too. Main
    memory and CPUs were not stated, so they are not known.
    """
    count = needs.gpu_count_min or needs.ceilings.gpus
    if not needs.prefers_local or not count or (cluster and not cluster.note):
        return ()
    named = [
        gpu
        for gpu in types.values()
        if needs.gpu_types
        and is_any_of(gpu.name, needs.gpu_types, types)
        and gpu.memory_gib >= needs.gpu_memory_gib_min * _GIB_TOLERANCE
    ]
    if not named:
        return ()
    gpu = min(named, key=lambda g: (g.memory_gib, g.bandwidth_gbps or math.inf, g.name))
    each = count if count <= FULL else math.gcd(count, FULL)
    return (
        Offer(
            offer_id=f"stated/{count}x{gpu.name}",
            provider="local",
            instance_type=f"{each} x {gpu.name} as stated",
            region="",
            price_model="owned",
            price_per_hour=None,
            gpu_type=gpu.name,
            gpu_count=each,
            gpu_memory_gib=gpu.memory_gib,
            units=count // each,
            provenance=gpu.provenance,
        ),
    )


def is_stated(offer: Offer) -> bool:
    """Tell whether a machine is known by the user's words alone."""
    return offer.units is not None


def stated_among(candidates: Candidates) -> Offer | None:
    """Return the user's own machine that was stated, or None."""
    return next((o for o in candidates.offers if is_stated(o)), None)


def without(candidates: Candidates) -> str:
    """Return why no machine of the user's own does, as the end of a sentence."""
    if told := stated_among(candidates):
        return f"{told.instance_type} do not hold this workload with what else you wish"
    known = candidates.cluster.note if candidates.cluster else ""
    return known or "your cluster has no free capacity that holds this workload"


def warning(offer: Offer, needs: Needs) -> str:
    """Return what to mind of machines that are known by words alone."""
    vague = "" if offer.gpu_type in needs.gpu_types else ", the smallest of the types that the name fits"
    return (
        f"No cluster is connected, so your own machines are planned as you stated them: {offer.gpu_type} with "
        f"{offer.gpu_memory_gib:.0f} GiB each{vague}, {offer.gpu_count} in a machine. Their CPUs, main memory, disks, "
        "free capacity and cost are not known: check them, or connect the cluster."
    )
