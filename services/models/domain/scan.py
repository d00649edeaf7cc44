"""Every passage compared with a wish, in memory: vectors as int8, the filter a mask. None that passes is missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import simsimd

from services.models.domain.columns import Columns, Mask
from services.models.domain.filters import ModelFilter

_MOST: Final = 127
"""Largest component of a vector as int8."""
_STRIDE: Final = 32
_AHEAD: Final = 20
"""Times as many passages as are taken, of all: those of most filters and tasks are among them."""
_NOTHING: Final = ModelFilter()
BYTES_BESIDE: Final = 16
"""Of each passage, beside one byte a dimension."""


def as_int8(vectors: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return vectors, shape (n, dimension), as int8, and what to multiply each by to have it back.

    Scalar quantisation, each vector by its own largest component: an error of some 0.002 in a cosine of unit vectors.
    """
    scales = np.abs(vectors).max(axis=1, initial=0) / _MOST
    codes = np.rint(vectors / np.maximum(scales, np.finfo(np.float32).tiny)[:, None])
    return codes.astype(np.int8), scales.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Near:
    """Numbers of passages near a wish: of all models that pass, and of those of the likely tasks."""

    all: list[int]
    likely: list[int]


@dataclass(frozen=True, slots=True)
class Scan:
    """The passages of one space and the models that they are of, as of one version of the catalogue."""

    columns: Columns
    chunks: npt.NDArray[np.int64]
    """Number of each passage, rising."""
    codes: npt.NDArray[np.int8]
    """Vector of each passage."""
    scales: npt.NDArray[np.float32]
    owners: npt.NDArray[np.int32]
    """The place of each passage's model in the columns."""

    def nearest(
        self,
        vector: npt.NDArray[np.float32],
        *,
        wanted: ModelFilter,
        tasks: Sequence[str],
        width: int,
        said: ModelFilter = _NOTHING,
    ) -> Near:
        """Return the nearest passages that pass, and those within the tasks: of each a quarter more than `width`.

        wanted: what models must state; said: what they must not break.
        Among so many are the nearest `width` at full precision. Products of int8 are whole numbers, so every machine
        finds the same; of equally near ones the first is taken.
        """
        if not len(self.codes):
            return Near([], [])
        (query,), _ = as_int8(vector[None, :])
        nearness = np.asarray(simsimd.dot(query, self.codes)) * self.scales
        passing = self.columns.passing(wanted)
        if said != _NOTHING:
            passing &= self.columns.allowing(said)
        likely = passing & self.columns.any_of("task", tasks)
        count = width + width // 4
        ahead = np.flatnonzero(nearness >= _reached(nearness, min(_AHEAD * count, len(nearness))))
        return Near(*(self._first(nearness, ahead, mask, count) for mask in (passing, likely)))

    def _first(
        self, nearness: npt.NDArray[np.floating], ahead: npt.NDArray[np.intp], passing: Mask, count: int
    ) -> list[int]:
        """Return the numbers of the nearest passages of the models that pass. ahead: the nearest of all, among which
        they are where so many pass.
        """
        rows = ahead[passing[self.owners[ahead]]]
        if len(rows) < count:
            rows = np.flatnonzero(passing[self.owners])
        if len(rows) > count:
            near = nearness[rows]
            rows = rows[near >= _reached(near, count)]
            rows = rows[np.argsort(-nearness[rows], kind="stable")[:count]]
        chunks: list[int] = self.chunks[rows].tolist()
        return chunks


def _reached(values: npt.NDArray[np.floating], width: int) -> float:
    """Return a value that at least `width` of these reach, and few more where they lie in no order.

    The width-th largest of the largest of each 32: a quarter of the time that the width-th largest of all takes.
    """
    if (columns := len(values) // _STRIDE) > width:
        values = values[: columns * _STRIDE].reshape(_STRIDE, columns).max(axis=0)
    return float(np.partition(values, -width)[-width])
