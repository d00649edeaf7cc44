"""Groups of offers: which group each belongs to, and what is told of a group beside its best offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from services.compute.domain.index import Ints, OfferIndex
from services.compute.domain.query import Grouping

MAX_REGIONS: Final = 50
"""Regions that a result lists."""

Rows = npt.NDArray[np.intp]
"""Positions of offers in the index."""


@dataclass(frozen=True, slots=True)
class Found:
    """One result: its best offer, and what was joined into it. Prices in micro-USD per hour, of one machine."""

    row: int
    node_count: int
    group_size: int = 1
    regions: tuple[str, ...] = ()
    """Cheapest first."""
    lowest_micros: int = 0
    highest_micros: int = 0


def group_codes(index: OfferIndex, grouping: Grouping, rows: Rows) -> Ints:
    """Return the group of each row."""
    columns, machine = index.machines, index.machine.take(rows)
    if grouping is Grouping.PLACE:
        region = index.region_of_place.take(index.place.take(rows))
        return columns.provider.take(machine) * np.int64(len(index.region_names)) + region
    by_machine = {
        Grouping.INSTANCE: columns.instance,
        Grouping.GPU_TYPE: columns.gpu,
        Grouping.PROVIDER: columns.provider,
    }[grouping]
    return by_machine.take(machine).astype(np.int64)


def details(index: OfferIndex, grouping: Grouping, rows: Rows, chosen: Rows, nodes: Ints | None) -> list[Found]:
    """Return the results whose best offers are chosen, of the matching rows; rows are ascending."""
    if not len(chosen):
        return []
    counts = [1] * len(chosen) if nodes is None else nodes[index.machine[chosen]].tolist()
    numbers = chosen.tolist()
    if grouping is Grouping.NONE:
        prices, regions = index.price_micros[chosen].tolist(), [index.places[p].region for p in index.place[chosen]]
        return [Found(r, n, 1, (g,), p, p) for r, n, g, p in zip(numbers, counts, regions, prices, strict=True)]
    if grouping is Grouping.INSTANCE:
        spans = zip(numbers, counts, _instance_rows(index, rows, chosen), strict=True)
        return [_instance(index, row, count, members) for row, count, members in spans]
    return _wide(index, grouping, rows, chosen, counts)


def _instance_rows(index: OfferIndex, rows: Rows, chosen: Rows) -> list[Rows]:
    """Return the rows of each instance type, cheapest first; its machines stand together."""
    instances = index.machines.instance[index.machine[chosen]]
    first = np.searchsorted(index.machines.instance, instances)
    last = np.searchsorted(index.machines.instance, instances, side="right")
    begins, ends = np.searchsorted(rows, index.start[first]), np.searchsorted(rows, index.start[last])
    spans = [rows[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]
    if index.instance_is_machine:
        return spans
    return [span[np.lexsort((index.number[span], index.price_micros[span]))] for span in spans]


def _instance(index: OfferIndex, row: int, node_count: int, members: Rows) -> Found:
    names = dict.fromkeys(index.places[place].region for place in index.place[members].tolist())
    lowest, highest = index.price_micros[members[[0, -1]]].tolist()
    return Found(row, node_count, len(members), tuple(names)[:MAX_REGIONS], lowest, highest)


def _wide(index: OfferIndex, grouping: Grouping, rows: Rows, chosen: Rows, counts: list[int]) -> list[Found]:
    """Return results whose groups may hold most of the catalogue: no group is sorted, only its regions are."""
    wanted, codes = group_codes(index, grouping, chosen), group_codes(index, grouping, rows)
    slots = np.full(int(codes.max()) + 1, -1, np.int64)
    slots[wanted] = np.arange(len(wanted))
    slot = slots.take(codes)
    if (slot < 0).any():
        rows, slot = rows[slot >= 0], slot[slot >= 0]
    prices, names = index.price_micros.take(rows), index.region_names
    key = slot * len(names) + index.region_of_place.take(index.place.take(rows))
    unset = np.iinfo(np.int64).max
    cheapest, dearest = np.full(len(wanted) * len(names), unset), np.zeros(len(wanted), np.int64)
    np.minimum.at(cheapest, key, prices)
    np.maximum.at(dearest, slot, prices)
    tied = np.flatnonzero(prices == cheapest.take(key))
    order = tied[np.lexsort((index.number[rows[tied]], prices[tied], slot[tied]))]
    regions: list[dict[str, None]] = [{} for _ in wanted]
    for at, region in zip(slot[order].tolist(), (key[order] % len(names)).tolist(), strict=True):
        regions[at].setdefault(names[region])
    sizes = np.bincount(slot, minlength=len(wanted)).tolist()
    lowest = cheapest.reshape(len(wanted), -1).min(axis=1).tolist()
    return [
        Found(row, count, size, tuple(seen)[:MAX_REGIONS], low, high)
        for row, count, size, seen, low, high in zip(
            chosen.tolist(), counts, sizes, regions, lowest, dearest.tolist(), strict=True
        )
    ]
