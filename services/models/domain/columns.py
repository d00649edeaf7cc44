"""What filters and ranking ask of models, one array a column: which of all pass, in a fraction of a millisecond."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from services.models.domain.filters import ModelFilter
from services.models.domain.model import LicenseClass
from services.models.domain.sizing.precision import Precision, find_precision
from services.models.domain.sizing.terms import GIB
from services.models.domain.sizing.weight_groups import Groups, group_bits

Mask = npt.NDArray[np.bool_]
"""One boolean a model."""

CATEGORIES: Final = (
    "task", "license_id", "license_class", "open_source", "languages", "library", "gated", "base_model", "relation",
)  # fmt: skip
NUMBERS: Final = ("parameters", "weight_gib", "downloads", "likes")
WEIGHTS: Final = "weight_groups"
"""The column of parameters by group, one array a model."""
_UNWEIGHED: Final = [math.nan] * len(Groups._fields)


class Row(Protocol):
    """A model, by the names of its columns."""

    def __getitem__(self, name: str, /) -> Any: ...


class Columns:
    """The columns of many models. Says of them what ModelFilter.accepts says of one."""

    def __init__(self, size: int) -> None:
        """Make room for so many models."""
        self._filled = 0
        self._values: dict[str, dict[Hashable, int]] = {name: {} for name in CATEGORIES}
        self.codes = {name: np.zeros(size, np.int32) for name in CATEGORIES}
        """Of each model the place of its value among the values of the column."""
        self.numbers = {name: np.zeros(size, np.float64) for name in NUMBERS}
        """NaN is unknown."""
        self._weights = np.zeros((len(Groups._fields), size), np.float64)

    def add(self, rows: Sequence[Row]) -> None:
        """Add models with the columns named above: languages as a list, None for a number, weights or a gate that is
        unknown.
        """
        place = slice(self._filled, self._filled + len(rows))
        for name, known in self._values.items():
            plain = (tuple(r[name]) if name == "languages" else r[name] for r in rows)
            self.codes[name][place] = [known.setdefault(value, len(known)) for value in plain]
        for name, numbers in self.numbers.items():
            numbers[place] = np.array([r[name] for r in rows], np.float64)  # None is NaN, of which no comparison holds
        self._weights[:, place] = np.array([r[WEIGHTS] or _UNWEIGHED for r in rows], np.float64).T
        self._filled += len(rows)

    def __len__(self) -> int:
        return self._filled

    def values(self, name: str) -> tuple[Any, ...]:
        """Return the values of a column of categories."""
        return tuple(self._values[name])

    def any_of(self, name: str, wanted: Iterable[Hashable]) -> Mask:
        """Return which models have one of these values in a column of categories."""
        known = self._values[name]
        among = np.zeros(len(known), np.bool_)
        among[[known[value] for value in wanted if value in known]] = True
        return among.take(self.codes[name])  # a third of the time of indexing by 32 bits

    def passing(self, wanted: ModelFilter) -> Mask:
        """Return which models satisfy every constraint."""
        passes = np.ones(len(self), np.bool_)
        for _, holds in self._constraints(wanted):
            passes &= holds
        return passes

    def allowing(self, said: ModelFilter) -> Mask:
        """Return which models break none of the constraints: each is satisfied, or not stated."""
        allows = np.ones(len(self), np.bool_)
        for column, holds in self._constraints(said):
            allows &= holds | self._unstated(column)
        return allows

    def _unstated(self, column: str) -> Mask:
        if column in NUMBERS:
            return np.isnan(self.numbers[column])
        if column == "open_source":
            return self._unstated("license_class")
        return self.any_of(column, ("", None, LicenseClass.UNKNOWN))

    def _constraints(self, wanted: ModelFilter) -> Iterator[tuple[str, Mask]]:
        """Yield each constraint: the column that it is on, and which models satisfy it."""
        for name, values in (
            ("task", wanted.tasks),
            ("license_id", wanted.licenses),
            ("license_class", wanted.license_classes),
            ("library", wanted.libraries),
            ("gated", () if wanted.gated is None else (wanted.gated,)),
            ("base_model", (wanted.base_model,) if wanted.base_model else ()),
            ("open_source", (True,) if wanted.open_source_only else ()),
        ):
            if values:
                yield name, self.any_of(name, values)
        if wanted.languages:
            stated: Sequence[Any] = list(self._values["languages"])
            for language in wanted.languages:
                stated = [several for several in stated if language in several]
            yield "languages", self.any_of("languages", stated)
        for name, least in (("parameters", wanted.parameters_min), ("downloads", wanted.downloads_min)):
            if least is not None:
                yield name, self.numbers[name] >= least
        if wanted.parameters_max is not None:
            yield "parameters", self.numbers["parameters"] <= wanted.parameters_max
        if wanted.memory_gib_max is not None:
            form = find_precision(wanted.precision) if wanted.precision else None
            weights = self._weights_gib(form) if form else self.numbers["weight_gib"]
            yield "weight_gib", weights <= wanted.memory_gib_max

    def _weights_gib(self, form: Precision) -> npt.NDArray[np.float64]:
        """Return the memory of each model's weights in a format, in GiB: `weights_gib`, summed in the same order."""
        total = np.zeros(len(self))
        for parameters, bits in zip(self._weights, group_bits(form), strict=True):
            total += parameters * bits
        return total / 8 / GIB
