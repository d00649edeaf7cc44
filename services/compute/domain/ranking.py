"""The order of results: a score by the ranking asked for, then price, more GPU memory, more GPUs, id; nothing ties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.compute.domain.index import Bools, Floats, Ints, OfferIndex
from services.compute.domain.query import PRECISION_WHEN_UNSET, OfferQuery, Ranking

Key = Sequence[str | int | float | None]
"""Score, micro-USD per hour, minus GiB, minus GPUs, number: of all nodes; smaller comes first."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The sort keys of some offers, as columns."""

    score: Floats | None
    """None when price alone ranks."""
    price: Ints
    memory: Floats
    """Minus the memory of all GPUs, in GiB."""
    gpus: Ints
    """Minus the GPUs."""
    number: npt.NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.number)

    def at(self, positions: npt.NDArray[np.intp]) -> Keys:
        """Return the keys at some positions."""
        score = None if self.score is None else self.score[positions]
        return Keys(score, self.price[positions], self.memory[positions], self.gpus[positions], self.number[positions])

    def order(self) -> npt.NDArray[np.intp]:
        """Return the positions in ranking order."""
        columns = (self.number, self.gpus, self.memory, self.price)
        return np.lexsort(columns if self.score is None else (*columns, self.score))

    def key(self, position: int) -> Key:
        """Return one key, as plain values that JSON keeps exactly."""
        score = 0.0 if self.score is None else float(self.score[position])
        return (
            "inf" if np.isinf(score) else score,
            int(self.price[position]),
            float(self.memory[position]),
            int(self.gpus[position]),
            str(int(self.number[position])),
        )

    def after(self, key: Key) -> Bools:
        """Tell which keys come after one."""
        score, price, memory, gpus, number = key
        columns: list[tuple[npt.NDArray[np.generic], object]] = [
            (self.price, np.int64(price or 0)),
            (self.memory, np.float64(memory or 0)),
            (self.gpus, np.int64(gpus or 0)),
            (self.number, np.uint64(int(number or 0))),
        ]
        if self.score is not None:
            columns.insert(0, (self.score, np.float64(score or 0)))
        later, equal = np.zeros(len(self), np.bool_), np.ones(len(self), np.bool_)
        for column, bound in columns:
            later |= equal & (column > bound)  # type: ignore[operator]
            equal &= column == bound
        return later


def rank_keys(index: OfferIndex, query: OfferQuery, rows: npt.NDArray[np.intp], nodes: Ints | None) -> Keys:
    """Return the sort keys of offers, over all the nodes that the request needs."""
    machine = index.machine[rows]
    many: Ints | int = 1 if nodes is None else nodes[machine]
    price = index.price_micros[rows] * many
    gpus = index.machines.gpu_count[machine] * np.int64(1) * many
    memory = index.machines.gpu_total_gib[machine] * many
    score = _score(index, query, index.machines.gpu[machine], price, gpus)
    return Keys(score, price, -memory, -gpus, index.number[rows])


def _score(index: OfferIndex, query: OfferQuery, gpu: npt.NDArray[np.int32], price: Ints, gpus: Ints) -> Floats | None:
    """Return what the ranking compares, smaller is better; infinite where the figure is not known."""
    if query.ranking is Ranking.PRICE:
        return None
    precision = query.filter.precision or PRECISION_WHEN_UNSET
    if query.ranking is Ranking.PRICE_PER_BANDWIDTH:
        figures = [(t.bandwidth_gbps or 0.0) if t else 0.0 for t in index.gpu_types]
    else:
        figures = [t.tflops.get(precision, 0.0) if t else 0.0 for t in index.gpu_types]
    total = np.array(figures, np.float64)[gpu] * gpus
    if query.ranking is Ranking.PERFORMANCE:
        return np.where(total > 0, -total, np.inf)
    with np.errstate(divide="ignore"):
        return np.where(total > 0, price / total, np.inf)


def first_by_rank(keys: Keys, size: int, after: Key | None) -> tuple[npt.NDArray[np.intp], bool]:
    """Return the positions of the first size keys after one, in order, and whether more follow."""
    positions = np.arange(len(keys)) if after is None else np.flatnonzero(keys.after(after))
    more = len(positions) > size
    if more:
        leading = (keys.price if keys.score is None else keys.score)[positions]
        bound = np.partition(leading, size - 1)[size - 1]
        positions = positions[leading <= bound]
    order = keys.at(positions).order()[:size]
    return positions[order], more
