"""Searching the index: which offers match, how they are joined, and in which order they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.compute.domain.constraints import (
    PRICE_FIELDS,
    constraints,
    node_counts,
    price_bound_micros,
    prices_hold,
)
from services.compute.domain.grouping import Found, Rows, details, group_codes
from services.compute.domain.index import Bools, Ints, OfferIndex
from services.compute.domain.query import Grouping, OfferQuery
from services.compute.domain.ranking import Key, Keys, first_by_rank, rank_keys


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
    best = rows if query.grouping in (Grouping.NONE, Grouping.PLACE) else _firsts(index, rows)
    keys = rank_keys(index, query, best, nodes)
    if query.grouping is Grouping.NONE:
        total = len(best)
        chosen, more = first_by_rank(keys, size, after)
    else:
        groups = group_codes(index, query.grouping, best)
        keep = _best_of_groups(keys, groups, distinct=query.grouping is Grouping.INSTANCE and index.instance_is_machine)
        total, best = len(keep), best[keep]
        chosen, more = first_by_rank(keys.at(keep), size, after)
    results = details(index, query.grouping, rows, best[chosen], nodes)
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
    if models is not None and index.model_counts[~models].any():
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


def _best_of_groups(keys: Keys, groups: Ints, *, distinct: bool) -> Rows:
    """Return the position of the best of each group."""
    if distinct:
        return np.arange(len(groups))
    order = keys.order()
    _, first = np.unique(groups[order], return_index=True)
    return order[np.sort(first)]
