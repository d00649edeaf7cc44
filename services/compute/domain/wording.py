"""What the service says in words: changes to a filter, and what to mind about a result."""

from __future__ import annotations

from typing import Final

from services.compute.domain.index import OfferIndex
from services.compute.domain.offer import Machine
from services.compute.domain.query import OfferFilter
from services.compute.domain.relaxation import Relaxation

FAST_NETWORK_GBITS: Final = 400.0
"""Network of a machine from which training over several machines scales: one 400 Gbit/s adapter or more."""


def cautions(machine: Machine, node_count: int) -> list[str]:
    """Return what to mind about a machine, or a cluster of it."""
    found = []
    if node_count > 1:
        network = machine.network_gbits
        if network is None:
            found.append(
                f"{node_count} machines joined: the network between them is not stated; "
                "check for InfiniBand, EFA or RoCE before training across them"
            )
        else:
            speed = "fast enough" if network >= FAST_NETWORK_GBITS else "slow for training across them"
            found.append(f"{node_count} machines joined by {network:g} Gbit/s of network each, {speed}")
    if not machine.gpu_known:
        found.append(f"the GPU type {machine.gpu_type} is unknown to the catalogue; its memory is as the source states")
    return found


def describe(relaxation: Relaxation, asked: OfferFilter, index: OfferIndex) -> str:
    """Return a change in words, such as "price_per_hour_max from 2 to 2.49"."""
    told = []
    for field, bound in zip(relaxation.fields, relaxation.bounds, strict=True):
        wanted = getattr(asked, field)
        if bound is not None:
            told.append(f"{field} from {wanted:g} to {_plain(bound)}")
        elif isinstance(wanted, tuple):
            value = _value(index, relaxation.row, field)
            if field.endswith("_excluded"):
                told.append(f"{field} without {value}")
            else:
                told.append(f"{field} also {value}, beside {', '.join(wanted)}")
        else:
            told.append(f"without {field} {wanted}")
    return " and ".join(told)


def _value(index: OfferIndex, row: int, field: str) -> str:
    """Return what the offer has where the filter lists names."""
    offer, where = index.offer(row), index.regions[index.place[row]]
    gpu = index.gpu_types[index.machines.gpu[index.machine[row]]]
    values = {
        "gpu_types": offer.machine.gpu_type,
        "gpu_types_excluded": offer.machine.gpu_type,
        "gpu_vendors": gpu.vendor if gpu else "",
        "gpu_architectures": gpu.architecture if gpu else "",
        "providers": offer.machine.provider,
        "providers_excluded": offer.machine.provider,
        "regions": where.region,
        "countries": where.country,
        "continents": where.continent,
        "residencies": where.residency,
        "price_models": offer.price_model.value,
    }
    return values[field] or "any"


def _plain(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
