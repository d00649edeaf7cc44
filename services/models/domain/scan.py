"""Every passage compared with a wish, in memory: vectors as int8, the filter a mask. None that passes is missed."""

from __future__ import annotations

from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import simsimd

from services.models.domain.columns import Mask
from services.models.domain.directory import Directory, Places

_MOST: Final = 127
"""Largest component of a vector as int8."""
_FINER: Final = 2 * _MOST
"""Steps into which the remainder divides one of them: it is half a step at most, in either direction."""
_STRIDE: Final = 32
_AHEAD: Final = 20
"""Times as many passages as are taken, of all: those of most filters and tasks are among them."""
_FEW: Final = 0.2
"""Share of models that pass up to which only their passages are compared: picked out they take three to four times as
long as in order."""
BYTES_BESIDE: Final = 20
"""Of each passage, beside two bytes a dimension."""

Rows = npt.NDArray[np.integer]
"""Passages, by their places in a scan."""


def as_int8(vectors: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return vectors, shape (n, dimension), as int8, and what to multiply each by to have it back.

    Scalar quantisation, each vector by its own largest component: an error of some 0.002 in a cosine of unit vectors.
    """
    scales = np.abs(vectors).max(axis=1, initial=0) / _MOST
    codes = np.rint(vectors / _divisors(scales))
    return codes.astype(np.int8), scales.astype(np.float32)


def as_int16(
    vectors: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return vectors as int8, what that leaves of them as int8 again, and what to multiply each by.

    The second part counts 1 / _FINER of the first: with it the error of a cosine is some 0.00001.
    """
    codes, scales = as_int8(vectors)
    rest = np.rint((vectors / _divisors(scales) - codes) * _FINER).astype(np.int8)
    return codes, rest, scales


def _divisors(scales: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    return np.asarray(np.maximum(scales, np.finfo(np.float32).tiny)[:, None])


class Near(NamedTuple):
    """Passages near a wish, the nearest first: of all models that pass, and of those of the likely tasks."""

    all: Rows
    likely: Rows


class Best(NamedTuple):
    """Models that have passages, and of each the one nearest to a wish."""

    places: Places
    rows: Rows
    cosines: npt.NDArray[np.floating]


class Passages(NamedTuple):
    """The passages of one space, as arrays of the same length."""

    chunks: npt.NDArray[np.int64]
    """Number of each, rising."""
    codes: npt.NDArray[np.int8]
    """Vector of each, at length 1."""
    rest: npt.NDArray[np.int8]
    """What `codes` leaves of it."""
    scales: npt.NDArray[np.float32]
    """What to multiply the codes by."""
    owners: npt.NDArray[np.int32]
    """The place of each one's model in the directory."""

    @classmethod
    def room(cls, count: int, dimension: int) -> Self:
        """Return room for so many."""
        codes, rest = np.zeros((count, dimension), np.int8), np.zeros((count, dimension), np.int8)
        return cls(np.zeros(count, np.int64), codes, rest, np.zeros(count, np.float32), np.zeros(count, np.int32))


class Scan:
    """The passages of one space and the models that they are of, as of one version of the catalogue."""

    def __init__(self, directory: Directory, passages: Passages) -> None:
        self.directory = directory
        self.passages = passages
        # Rows with those of one model together, and where those of each begin; the last of these is their count.
        self._by_owner = np.argsort(passages.owners, kind="stable").astype(np.int32)
        places = np.arange(len(directory.columns) + 1)
        self._firsts = np.searchsorted(passages.owners[self._by_owner], places).astype(np.int32)

    def nearest(self, vector: npt.NDArray[np.float32], *, passing: Mask, likely: Mask, width: int) -> Near:
        """Return the nearest passages of the models that pass, and of those of them that are likely: `width` of each.

        A quarter more is taken by int8, among which the nearest are. Of equally near ones the first is taken.
        """
        if not len(self.passages.codes):
            return Near(np.empty(0, np.intp), np.empty(0, np.intp))
        (query,), _ = as_int8(vector[None, :])
        count = width + width // 4
        nearness, ahead, complete = self._compared(query, passing, count)
        near = (self._first(nearness, ahead, mask, count, complete=complete) for mask in (passing, likely))
        return Near(*(self._in_order(vector, rows)[:width] for rows in near))

    def best(self, vector: npt.NDArray[np.float32], places: Places) -> Best:
        """Return of each model the passage nearest to a wish, of equally near ones the first."""
        counts = self._firsts[places + 1] - self._firsts[places]
        places, counts = places[counts > 0], counts[counts > 0]
        if not len(places):
            return Best(places, places, np.empty(0))
        begins = np.cumsum(counts) - counts
        each = np.repeat(np.arange(len(places)), counts)
        rows = self._by_owner[(self._firsts[places] - begins)[each] + np.arange(len(each))]
        cosines = self._cosines(vector, rows)
        highest = np.maximum.reduceat(cosines, begins)
        (best,) = np.nonzero(cosines == highest[each])
        _, first = np.unique(each[best], return_index=True)
        return Best(places, rows[best[first]], highest)

    def _compared(
        self, query: npt.NDArray[np.int8], passing: Mask, count: int
    ) -> tuple[npt.NDArray[np.floating], Rows, bool]:
        """Return how near passages are by int8, the rows to look at first, and whether no others pass."""
        if np.count_nonzero(passing) > _FEW * len(passing):
            nearness = _dot(query, self.passages.codes) * self.passages.scales
            least = _reached(nearness, min(_AHEAD * count, len(nearness)))
            return nearness, np.flatnonzero(nearness >= least), False
        rows = np.flatnonzero(passing.take(self.passages.owners))
        nearness = np.zeros(len(self.passages.codes), np.float32)
        if len(rows):
            nearness[rows] = _dot(query, self.passages.codes[rows]) * self.passages.scales[rows]
        return nearness, rows, True

    def _first(
        self, nearness: npt.NDArray[np.floating], ahead: Rows, passing: Mask, count: int, *, complete: bool
    ) -> Rows:
        """Return the nearest passages of the models that pass. ahead: the nearest of all, among which they are where so
        many pass; complete: among which all are that pass.
        """
        rows = ahead[passing.take(self.passages.owners[ahead])]
        if len(rows) < count and not complete:
            rows = np.flatnonzero(passing.take(self.passages.owners))
        if len(rows) > count:
            near = nearness[rows]
            rows = rows[near >= _reached(near, count)]
            rows = rows[np.argsort(-nearness[rows], kind="stable")[:count]]
        return rows

    def _in_order(self, vector: npt.NDArray[np.float32], rows: Rows) -> Rows:
        """Return passages, the nearest first, of equally near ones the first."""
        return rows[np.lexsort((rows, -self._cosines(vector, rows)))]

    def _cosines(self, vector: npt.NDArray[np.float32], rows: Rows) -> npt.NDArray[np.floating]:
        """Return the cosines of a vector of length 1 and passages: of equal passages equal ones, on every machine."""
        if not len(rows):
            return np.empty(0)
        (codes,), (rest,), (scale,) = as_int16(vector[None, :])
        of_codes, of_rest = self.passages.codes[rows], self.passages.rest[rows]
        product = _dot(codes, of_codes) + (_dot(codes, of_rest) + _dot(rest, of_codes)) / _FINER
        product += _dot(rest, of_rest) / _FINER**2
        return np.asarray(product * (scale * self.passages.scales[rows]))


def _dot(query: npt.NDArray[np.int8], codes: npt.NDArray[np.int8]) -> npt.NDArray[np.floating]:
    """Return the products of a vector and many, which are whole numbers."""
    return np.asarray(simsimd.dot(query, codes))


def _reached(values: npt.NDArray[np.floating], width: int) -> float:
    """Return a value that at least `width` of these reach, and few more where they lie in no order.

    The width-th largest of the largest of each 32: a quarter of the time that the width-th largest of all takes.
    """
    if (columns := len(values) // _STRIDE) > width:
        values = values[: columns * _STRIDE].reshape(_STRIDE, columns).max(axis=0)
    return float(np.partition(values, -width)[-width])
