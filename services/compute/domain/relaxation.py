"""When nothing matches: what excludes how many offers, and the smallest changes that bring one.

A change drops one field of the filter, or two. Among the offers that the change brings, the nearest is the one whose
shortfalls in the dropped fields add up to least, the better by rank where they tie. A field with a bound is then asked
only as far as that offer needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from services.compute.domain.constraints import (
    NODE_FIELDS,
    PRICE_FIELDS,
    constraints,
    node_counts,
    price_bound_micros,
    prices_hold,
    shortfall,
    without,
)
from services.compute.domain.grouping import Rows, group_codes
from services.compute.domain.index import Floats, OfferIndex
from services.compute.domain.nearmiss import NearMisses, near_misses
from services.compute.domain.offer import HOURS_PER_MONTH, MICROS
from services.compute.domain.query import Grouping, OfferFilter, OfferQuery
from services.compute.domain.ranking import Key, rank_keys

MAX_RELAXATIONS: Final = 10


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A change to the filter, and what it brings."""

    fields: tuple[str, ...]
    bounds: tuple[float | None, ...]
    """The bound that each field would need; None for a field that is dropped."""
    row: int
    node_count: int
    total: int
    """Results that the change brings."""
    distance: float
    """Sum of the shortfalls, as shares of what was asked."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Offers that one field alone excludes."""

    field: str
    count: int


def exclusions(index: OfferIndex, query: OfferQuery) -> list[Exclusion]:
    """Return how many offers each field alone excludes, in the order of the filter's fields."""
    nodes = node_counts(index, query.filter)
    offers = {"machine": np.diff(index.start), "place": index.place_counts, "model": index.model_counts}
    found = []
    for constraint in constraints(index, query.filter, nodes):
        fails = ~constraint.holds()
        found.append(Exclusion(constraint.field, int(offers[constraint.level][: len(fails)][fails].sum())))
    for field in PRICE_FIELDS:
        bound = price_bound_micros(query.filter, field)
        if bound is not None:
            prices = index.price_micros if nodes is None else index.price_micros * nodes[index.machine]
            found.append(Exclusion(field, len(index) - int(np.count_nonzero(prices_hold(prices, bound)))))
    return [e for e in found if e.count]


def relax(index: OfferIndex, query: OfferQuery) -> list[Relaxation]:
    """Return the smallest changes that bring offers: single fields, then pairs of which neither suffices."""
    variants = list(_node_variants(index, query.filter))
    found: list[tuple[tuple[int, float, Key, tuple[str, ...]], Relaxation]] = []
    enough: set[str] = set()
    for size in (1, 2):
        worlds = {
            dropped: near_misses(index, query.filter, dropped=dropped, missed=size, settled=enough)
            for dropped in variants
            if len(dropped) <= size and not enough.intersection(dropped)
        }
        for fields in combinations(worlds[()].names, size):
            if enough.intersection(fields):
                continue
            relaxation = _nearest(index, query, worlds, fields)
            if relaxation is None:
                continue
            key = _rank_key(index, query, relaxation, worlds)
            found.append(((size, relaxation.distance, key, fields), relaxation))
        enough = {r.fields[0] for _, r in found if len(r.fields) == 1}
    return [relaxation for _, relaxation in sorted(found, key=lambda f: f[0])[:MAX_RELAXATIONS]]


def _node_variants(index: OfferIndex, asked: OfferFilter) -> Iterator[tuple[str, ...]]:
    """Yield the sets of node fields whose dropping changes how many machines are needed; the empty set first."""
    yield ()
    joined = node_counts(index, asked) is not None
    present = [f for f in NODE_FIELDS if getattr(asked, f) is not None]
    for size in range(1, len(present) + 1):
        for dropped in combinations(present, size):
            # With fewer fields fewer machines may do, and so be allowed to be joined.
            if joined or node_counts(index, without(asked, dropped)) is not None:
                yield dropped


def _nearest(
    index: OfferIndex, query: OfferQuery, worlds: dict[tuple[str, ...], NearMisses], fields: tuple[str, ...]
) -> Relaxation | None:
    """Return what dropping fields brings, None when that is nothing."""
    world = worlds.get(tuple(f for f in fields if f in NODE_FIELDS), worlds[()])
    rows = world.rows[world.brought_by(fields)]
    if not len(rows):
        return None
    missed = [_missed(index, query.filter, world, rows, field) for field in fields]
    distance = np.sum(missed, axis=0)
    closest = np.flatnonzero(distance == distance.min())
    best = int(closest[rank_keys(index, query, rows[closest], world.nodes).order()[0]])
    bounds = tuple(_bound_needed(index, world, int(rows[best]), field) for field in fields)
    within = np.ones(len(rows), np.bool_)
    for shares, bound in zip(missed, bounds, strict=True):
        if bound is not None:
            within &= shares <= shares[best]
    total = int(within.sum())
    if query.grouping is not Grouping.NONE:
        total = len(np.unique(group_codes(index, query.grouping, rows[within])))
    node_count = 1 if world.nodes is None else int(world.nodes[index.machine[rows[best]]])
    return Relaxation(fields, bounds, int(rows[best]), node_count, total, float(distance[best]))


def _missed(index: OfferIndex, asked: OfferFilter, world: NearMisses, rows: Rows, field: str) -> Floats:
    """Return how far offers miss one field."""
    price = price_bound_micros(asked, field) if field in PRICE_FIELDS else None
    if price is not None:
        return shortfall(world.prices(index, rows).astype(np.float64), price, at_most=True)
    constraint = world.by_field[field]
    if constraint.value is not None and constraint.bound is not None:
        values = constraint.value()[index.machine[rows]]
        return shortfall(values, constraint.bound, at_most=field.endswith("_max"))
    fails = (world.bits[np.searchsorted(world.rows, rows)] >> np.uint32(world.names.index(field))) & np.uint32(1)
    if field == "gpu_types" and asked.gpu_types_memory_gib:
        memory = index.machines.gpu_memory_gib[index.machine[rows]]
        return fails * (1.0 + shortfall(memory, asked.gpu_types_memory_gib, at_most=False))
    return fails.astype(np.float64)


def _bound_needed(index: OfferIndex, world: NearMisses, row: int, field: str) -> float | None:
    """Return the bound that lets an offer in, in the field's own unit; None for a field without a bound."""
    if field in PRICE_FIELDS:
        price = int(world.prices(index, np.array([row]))[0])
        return price * (HOURS_PER_MONTH if field == "price_per_month_max" else 1) / MICROS
    constraint = world.by_field[field]
    return None if constraint.value is None else float(constraint.value()[index.machine[row]])


def _rank_key(
    index: OfferIndex, query: OfferQuery, relaxation: Relaxation, worlds: dict[tuple[str, ...], NearMisses]
) -> Key:
    world = worlds.get(tuple(f for f in relaxation.fields if f in NODE_FIELDS), worlds[()])
    keys = rank_keys(index, query, np.array([relaxation.row]), world.nodes)
    score = 0.0 if keys.score is None else float(keys.score[0])
    return (score, int(keys.price[0]), float(keys.memory[0]), int(keys.gpus[0]), int(keys.number[0]))
