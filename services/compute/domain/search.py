"""Searching the index: which offers match, how they are joined, and in which order they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from services.compute.domain.constraints import (
    PRICE_FIELDS,
    constraints,
    node_counts,
    price_bound_micros,
    prices_hold,
)
from services.compute.domain.index import Bools, Ints, OfferIndex
from services.compute.domain.query import Grouping, OfferQuery
from services.compute.domain.ranking import Key, Keys, first_by_rank, rank_keys

MAX_REGIONS: Final = 50
"""Regions that a result lists."""

Rows = npt.NDArray[np.intp]


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


@dataclass(frozen=True, slots=True)
class Page:
    """Some results of a search."""

    results: Sequence[Found]
    total: int
    next_key: Key | None
    """Where the next page begins; None on the last."""


def search(index: OfferIndex, query: OfferQuery, *, size: int, after: Key | None = None) -> Page:
    """Return the results that come after a key, at most size of them, and how many there are over all pages."""
    nodes = node_counts(index, query.filter)
    rows = matching(index, query, nodes)
    best = rows if query.grouping is Grouping.NONE else _firsts(index, rows)
    keys = rank_keys(index, query, best, nodes)
    if query.grouping is Grouping.NONE:
        total = len(best)
        chosen, more = first_by_rank(keys, size, after)
    else:
        groups = group_codes(index, query.grouping, index.machine[best])
        keep = _best_of_groups(keys, groups, distinct=query.grouping is Grouping.INSTANCE and index.instance_is_machine)
        total, best = len(keep), best[keep]
        chosen, more = first_by_rank(keys.at(keep), size, after)
    results = _details(index, query.grouping, rows, best[chosen], nodes)
    next_key = rank_keys(index, query, best[chosen[-1:]], nodes).key(0) if more else None
    return Page(results, total, next_key)


def matching(index: OfferIndex, query: OfferQuery, nodes: Ints | None) -> Rows:
    """Return the positions of the offers that fit, in the order of the index."""
    asked = query.filter
    machines: Bools | None = None
    places: Bools | None = None
    models: Bools | None = None
    for constraint in constraints(index, asked, nodes):
        holds = constraint.holds()
        if constraint.level == "machine":
            machines = holds if machines is None else machines & holds
        elif constraint.level == "place":
            places = holds if places is None else places & holds
        else:
            models = holds
    rows = rows_of(index, machines)
    if models is not None and not models.all():
        rows = rows[models.take(index.price_model.take(rows))]
    if places is not None:
        rows = rows[places.take(index.place.take(rows))]
    bounds = [b for f in PRICE_FIELDS if (b := price_bound_micros(asked, f)) is not None]
    if bounds:
        prices = index.price_micros.take(rows)
        if nodes is not None:
            prices = prices * nodes.take(index.machine.take(rows))
        rows = rows[prices_hold(prices, min(bounds))]
    return rows


def rows_of(index: OfferIndex, machines: Bools | None) -> Rows:
    """Return the positions of all offers of some machines, or of all, ascending."""
    if machines is None:
        return np.arange(len(index))
    chosen = np.flatnonzero(machines)
    starts = index.start[chosen]
    lengths = index.start[chosen + 1] - starts
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts - (ends - lengths), lengths) + np.arange(total)


def _firsts(index: OfferIndex, rows: Rows) -> Rows:
    """Return the first of the rows of each machine, which is its best by any ranking."""
    if not len(rows):
        return rows
    machine = index.machine.take(rows)
    begins = np.empty(len(rows), np.bool_)
    begins[0] = True
    np.not_equal(machine[1:], machine[:-1], out=begins[1:])
    return rows[begins]


def group_codes(index: OfferIndex, grouping: Grouping, machine: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Return the group of each machine."""
    columns = index.machines
    by_machine = {
        Grouping.INSTANCE: columns.instance,
        Grouping.GPU_TYPE: columns.gpu,
        Grouping.PROVIDER: columns.provider,
    }[grouping]
    return by_machine[machine]


def _best_of_groups(keys: Keys, groups: npt.NDArray[np.int32], *, distinct: bool) -> Rows:
    """Return the position of the best of each group."""
    if distinct:
        return np.arange(len(groups))
    order = keys.order()
    _, first = np.unique(groups[order], return_index=True)
    return order[np.sort(first)]


def _details(index: OfferIndex, grouping: Grouping, rows: Rows, chosen: Rows, nodes: Ints | None) -> list[Found]:
    counts = [1] * len(chosen) if nodes is None else nodes[index.machine[chosen]].tolist()
    numbers = chosen.tolist()
    if grouping is Grouping.NONE:
        prices, regions = index.price_micros[chosen].tolist(), [index.places[p].region for p in index.place[chosen]]
        return [Found(r, n, 1, (g,), p, p) for r, n, g, p in zip(numbers, counts, regions, prices, strict=True)]
    groups = group_codes(index, grouping, index.machine[rows])
    if grouping is not Grouping.INSTANCE:
        order = np.argsort(groups, kind="stable")
        groups, rows = groups[order], rows[order]
    wanted = group_codes(index, grouping, index.machine[chosen])
    begins, ends = np.searchsorted(groups, wanted), np.searchsorted(groups, wanted, side="right")
    if grouping is not Grouping.INSTANCE or not index.instance_is_machine:
        by_price = np.lexsort((index.number[rows], index.price_micros[rows], groups))
        rows = rows[by_price]
    spans = zip(numbers, counts, begins.tolist(), ends.tolist(), strict=True)
    return [_joined(index, row, count, rows[begin:end]) for row, count, begin, end in spans]


def _joined(index: OfferIndex, row: int, node_count: int, rows: Rows) -> Found:
    """Return a result with the regions and the price range of its group, whose offers are cheapest first."""
    names = dict.fromkeys(index.places[place].region for place in index.place[rows].tolist())
    lowest, highest = index.price_micros[rows[[0, -1]]].tolist()
    return Found(row, node_count, len(rows), tuple(names)[:MAX_REGIONS], lowest, highest)
