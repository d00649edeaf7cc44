"""Candidates for a wish from memory: near ones, much used ones, those that hold its words, and the bases of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from services.models.domain.columns import Mask
from services.models.domain.directory import Places
from services.models.domain.filters import ModelFilter
from services.models.domain.ranking import Candidate
from services.models.domain.scan import Scan

NEAR_LEAST: Final = 60
"""Passages taken by vector, from all models and again from those of the likely tasks: so many, or twice the results."""
POPULAR: Final = 25
"""Most downloaded models taken of each likely task."""


def width(limit: int) -> int:
    """Return how many passages are taken by vector where so many results are asked for."""
    return max(NEAR_LEAST, 2 * limit)


@dataclass(frozen=True, slots=True)
class Gathered:
    """Models that may answer a wish, whatever its words."""

    places: Places
    passing: Mask
    """Of all models, those that pass the filter and break no condition in the words."""
    satisfying: Mask | None
    """Those that state that they satisfy these conditions; None where there are none."""


def gather(
    scan: Scan,
    vector: npt.NDArray[np.float32],
    *,
    wanted: ModelFilter,
    said: ModelFilter,
    tasks: Sequence[str],
    languages: Sequence[str],
    limit: int,
) -> Gathered:
    """Return the models of the passages nearest to a wish, also within the likely tasks, and the most downloaded ones
    of each of these, also of those that speak all the languages named.

    wanted: what models must state; said: what they must not break. limit: results that are asked for.
    """
    columns = scan.directory.columns
    passing, satisfying = columns.passing(wanted), None
    if said != ModelFilter():
        passing &= columns.allowing(said)
        satisfying = columns.passing(said)
    of_tasks = [passing & columns.any_of("task", (task,)) for task in tasks]
    likely = np.logical_or.reduce(of_tasks) if of_tasks else np.zeros_like(passing)
    near = scan.nearest(vector, passing=passing, likely=likely, width=width(limit))
    found: list[Places] = [scan.passages.owners[rows] for rows in near]
    found += [scan.directory.most_downloaded(of_task, POPULAR) for of_task in of_tasks]
    if languages:
        speaking = columns.passing(ModelFilter(languages=tuple(languages)))
        found += [scan.directory.most_downloaded(of_task & speaking, POPULAR) for of_task in of_tasks]
    return Gathered(np.concatenate(found), passing, satisfying)


def candidates(
    scan: Scan, vector: npt.NDArray[np.float32], gathered: Gathered, words: Mapping[int, float]
) -> tuple[Candidate, ...]:
    """Return what may answer a wish: the models gathered, those that hold its words, and the bases of repackagings.

    words: share of the wish's telling words in one passage, by the document of the model, which passes.
    """
    directory = scan.directory
    worded = directory.of_documents(list(words))
    found = np.union1d(gathered.places, worded)
    bases = directory.bases_of(found)
    found, rows, cosines = scan.best(vector, np.union1d(found, bases[gathered.passing[bases]]))
    shares = dict(zip(worded.tolist(), words.values(), strict=True))
    satisfied = [True] * len(found) if gathered.satisfying is None else gathered.satisfying[found].tolist()
    return tuple(
        directory.candidates(
            found,
            cosines=cosines.tolist(),
            chunks=scan.passages.chunks[rows].tolist(),
            words=[shares.get(place, 0.0) for place in found.tolist()],
            satisfied=satisfied,
        )
    )
