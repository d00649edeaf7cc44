"""Which models there are, in memory: their numbers and ids, their bases, and which are the most downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.models.domain.columns import Columns, Mask
from services.models.domain.model import REPACKAGINGS, Relation
from services.models.domain.ranking import Candidate

Places = npt.NDArray[np.integer]
"""Models, by their places in the columns."""
_NONE: Final = -1


class Directory:
    """The models of one version of the catalogue, each at its place in the columns."""

    def __init__(
        self, columns: Columns, *, documents: npt.NDArray[np.int64], numbers: npt.NDArray[np.int64], ids: Sequence[str]
    ) -> None:
        """Take models with their documents, which rise, their numbers and their ids."""
        self.columns = columns
        self._documents = documents
        self._numbers = numbers
        self._ids = ids
        downloads = np.nan_to_num(columns.numbers["downloads"], nan=-1)
        self._ranks = np.empty(len(columns), np.int32)
        self._ranks[np.lexsort((numbers, -downloads))] = np.arange(len(columns), dtype=np.int32)
        self._values = {name: columns.values(name) for name in ("task", "base_model", "relation", "languages")}
        at = {model_id: place for place, model_id in enumerate(ids)}
        self._bases = np.array([at.get(base, _NONE) for base in self._values["base_model"]], np.int32)

    def of_documents(self, documents: Sequence[int]) -> Places:
        """Return the models of documents that are all here."""
        return np.searchsorted(self._documents, np.array(documents, np.int64))

    def most_downloaded(self, among: Mask, count: int) -> Places:
        """Return the most downloaded of some models, unknown counts last, equal ones by number; in no order."""
        places = np.flatnonzero(among)
        if len(places) <= count:
            return places
        return places[np.argpartition(self._ranks[places], count)[:count]]

    def bases_of(self, places: Places) -> Places:
        """Return the bases that are here of those of some models that are repackagings."""
        repackaged = self.columns.any_of("relation", REPACKAGINGS)[places]
        bases = self._bases.take(self.columns.codes["base_model"][places[repackaged]])
        return np.compress(bases != _NONE, bases)

    def candidates(
        self,
        places: Places,
        *,
        cosines: Sequence[float],
        chunks: Sequence[int],
        words: Sequence[float],
        satisfied: Sequence[bool],
    ) -> list[Candidate]:
        """Return models as candidates for a wish, with how well each matches it."""
        numbers = self.columns.numbers
        stated = zip(
            self._numbers[places].tolist(),
            [self._ids[place] for place in places.tolist()],
            self._of("task", places),
            self._of("base_model", places),
            map(Relation, self._of("relation", places)),
            map(_count, numbers["downloads"][places].tolist()),
            map(_count, numbers["likes"][places].tolist()),
            cosines,
            words,
            chunks,
            self._of("languages", places),
            satisfied,
            strict=True,
        )
        return list(map(Candidate._make, stated))

    def _of(self, name: str, places: Places) -> list[Any]:
        """Return what models state in a column of categories."""
        values = self._values[name]
        return [values[code] for code in self.columns.codes[name][places].tolist()]


def _count(number: float) -> int | None:
    return None if number != number else int(number)  # NaN is what is unknown
