"""The offers that miss a filter in two fields at most, found without testing every offer in every field."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.compute.domain.constraints import (
    PRICE_FIELDS,
    Constraint,
    constraints,
    node_counts,
    price_bound_micros,
    prices_hold,
    without,
)
from services.compute.domain.grouping import Rows
from services.compute.domain.index import PRICE_MODELS, Ints, OfferIndex
from services.compute.domain.query import OfferFilter, wants_gpus
from services.compute.domain.search import rows_of

_Bits = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class NearMisses:
    """Offers that are near a filter, when machines are counted as if some node fields were dropped."""

    names: tuple[str, ...]
    """Fields that constrain; the position is the bit."""
    nodes: Ints | None
    rows: Rows
    """Offers that miss as few fields as a change may drop, beside those dropped already; ascending."""
    bits: _Bits
    """Fields that each of rows misses."""
    by_field: dict[str, Constraint]

    def prices(self, index: OfferIndex, rows: Rows) -> Ints:
        """Return the prices of offers over all nodes, in micro-USD per hour."""
        return prices_of(index, rows, self.nodes)

    def brought_by(self, fields: tuple[str, ...]) -> Rows:
        """Return the positions in rows of the offers that miss nothing but these fields."""
        kept = ~np.uint32(sum(1 << self.names.index(name) for name in fields))
        return np.flatnonzero((self.bits & kept) == 0)


def prices_of(index: OfferIndex, rows: Rows, nodes: Ints | None) -> Ints:
    """Return prices over all nodes, in micro-USD per hour."""
    prices = index.price_micros.take(rows)
    return prices if nodes is None else prices * nodes.take(index.machine.take(rows))


def near_misses(
    index: OfferIndex, asked: OfferFilter, *, dropped: tuple[str, ...], missed: int, settled: Collection[str]
) -> NearMisses:
    """Return the offers that miss at most so many fields, those in dropped among them, and none that is settled.

    Node fields in dropped do not raise the number of machines. No machine without GPUs is near a wish for some.
    """
    nodes = node_counts(index, without(asked, dropped))
    # Fields are tested as asked, so that a dropped one can still tell how far an offer misses it.
    tested = list(constraints(index, asked, nodes))
    bounds = {f: b for f in PRICE_FIELDS if (b := price_bound_micros(asked, f)) is not None}
    names = (*(c.field for c in tested), *bounds)
    bit = {name: np.uint32(1 << at) for at, name in enumerate(names)}
    counted = ~np.uint32(sum(int(bit[name]) for name in dropped))
    allowed = missed - len(dropped)
    ruled_out = np.uint32(sum(int(bit[name]) for name in settled))

    by_level: dict[str, _Bits] = {
        "machine": np.zeros(len(index.machines.gpu_count), np.uint32),
        "place": np.zeros(len(index.places), np.uint32),
        "model": np.zeros(len(PRICE_MODELS), np.uint32),
    }
    for constraint in tested:
        fails = ~constraint.holds()
        by_level[constraint.level][: len(fails)][fails] |= bit[constraint.field]
    # A machine whose cheapest offer is too dear has none that is not: most machines are ruled out without their offers.
    at_best = by_level["machine"].copy()
    cheapest = prices_of(index, index.start[:-1], nodes) if len(index) else np.empty(0, np.int64)
    for field, bound in bounds.items():
        at_best[~prices_hold(cheapest, bound)] |= bit[field]
    hopeful = (np.bitwise_count(at_best & counted) <= allowed) & ((at_best & ruled_out) == 0)
    if wants_gpus(asked):
        hopeful &= index.machines.gpu_count > 0
    rows = rows_of(index, hopeful)
    bits = np.repeat(by_level["machine"][hopeful], np.diff(index.start)[hopeful])
    bits |= (by_level["place"][:, None] | by_level["model"]).ravel().take(index.slot.take(rows))
    near = np.flatnonzero(np.bitwise_count(bits & counted) <= allowed)
    rows, bits = rows.take(near), bits.take(near)
    prices = prices_of(index, rows, nodes)
    for field, bound in bounds.items():
        bits |= ~prices_hold(prices, bound) * bit[field]
    near = np.flatnonzero(np.bitwise_count(bits & counted) <= allowed)
    return NearMisses(names, nodes, rows.take(near), bits.take(near), {c.field: c for c in tested})
