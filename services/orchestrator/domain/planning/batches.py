"""How long a batch takes on whole machines, by the speed of one copy of its model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from services.orchestrator.domain.candidates import Candidates, Offer, PerformanceEstimate
from services.orchestrator.domain.planning.layouts import Shape, SpeedKey, devices, node_counts, pack, shape_of
from services.orchestrator.domain.planning.needs import Needs

Shelves = Mapping[str, Mapping[Shape, Offer]]
"""A machine of each shape, by GPU type."""


def shelves_of(needs: Needs, offers: Iterable[Offer]) -> Shelves:
    """Return a machine of each shape among offers."""
    by_type: dict[str, dict[Shape, Offer]] = {}
    for offer in offers:
        by_type.setdefault(offer.gpu_type, {})[shape_of(offer, needs)] = offer
    return by_type


def batch_speeds(needs: Needs, candidates: Candidates, shelves: Shelves) -> tuple[PerformanceEstimate, ...]:
    """Return the length of a batch on whole machines: what it goes through over the speed of one copy times the copies
    they hold."""
    amount = needs.amount
    if amount is None:
        return ()
    copies = {(s.model_id, s.precision, s.gpu_type, s.gpus if not s.gpu_type else 0): s for s in candidates.performance}
    out: dict[SpeedKey, PerformanceEstimate] = {}
    for estimate in candidates.memory:
        for offer in shelves.get(estimate.gpu_type, {}).values():
            key = (estimate.model_id, estimate.precision, estimate.gpu_type)
            speed = copies.get((*key, 0 if estimate.gpu_type else devices(offer)))
            hours = amount.hours(speed) if speed else None
            packing = pack(offer, estimate, needs) if hours is not None else None
            if speed is None or hours is None or packing is None:
                continue
            for nodes in node_counts(offer, packing, needs):
                held = nodes * packing.copies_per_node / packing.nodes_per_copy
                out[(*key, nodes * devices(offer))] = replace(
                    speed,
                    gpus=nodes * devices(offer),
                    run_hours=round(hours / held, 2),
                    tokens_per_second=None,
                    requests_per_second=None,
                )
    return tuple(out.values())
