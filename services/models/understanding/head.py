"""The task head: what the vectors of a wish in two spaces tell of its task. Pure; `load` reads what was learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import simsimd

from services.models.domain.scan import as_int8

FILE: Final = Path(__file__).with_name("task_head.npz")
_MILDER: Final = 0.35
"""Of the two spaces' sum. Half of it would be their mean."""
_NEAREST: Final = 8.0
"""Log-odds for a cosine of 1 with a taught wish. A task is many things to do: weights tell what they have in common,
the nearest wish that one of them is meant."""
ENGLISH: Final = 0.6
"""Share of its words that the English encoder has whole of most wishes in English; of others it is half at most."""

Vector = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float32]
Weights = npt.NDArray[np.float32]
"""One row a dimension of a space, and a last one for the bias; one column a task."""


@dataclass(frozen=True, slots=True)
class SpaceHead:
    """What was learned in one space."""

    weights: Weights
    codes: npt.NDArray[np.int8]
    """Vectors of the taught wishes, one row each, those of one task together and in the order of the columns."""
    scales: Floats
    """What to multiply each by to have it back."""
    firsts: npt.NDArray[np.int64]
    """Row of the first taught wish of each task."""

    @classmethod
    def of(cls, weights: Weights, vectors: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]) -> Self:
        """Return the head of these weights and taught wishes. labels: column of each wish's task, in rising order."""
        codes, scales = as_int8(vectors)
        return cls(weights, codes, scales, np.searchsorted(labels, np.arange(weights.shape[1])))

    def log_odds(self, vector: Vector) -> Floats:
        """Return how likely a vector means each task, by the weights and by the nearest taught wish of each."""
        scores = vector @ self.weights[:-1] + self.weights[-1]
        odds = scores - np.log(np.exp(scores - scores.max()).sum()) - scores.max()
        return np.asarray(odds + _NEAREST * np.maximum.reduceat(self.nearness(vector), self.firsts), np.float32)

    def nearness(self, vector: Vector) -> Floats:
        """Return the cosine of a vector of length 1 with each taught wish. Products of int8 are the same everywhere."""
        (code,), (scale,) = as_int8(vector[None, :])
        return np.asarray(np.asarray(simsimd.dot(code, self.codes)) * (self.scales * scale), np.float32)


@dataclass(frozen=True, slots=True)
class TaskHead:
    """What was learned in the English space and in the one of many languages, and the wishes that taught it."""

    tasks: tuple[str, ...]
    """Hub pipeline tags, in the order of the columns."""
    english: SpaceHead
    multilingual: SpaceHead
    texts: tuple[str, ...]
    """The taught wishes in English, in the order of their rows; empty for those in other languages."""

    def probabilities(self, english: Vector, multilingual: Vector, *, known: float) -> dict[str, float]:
        """Return how likely each task is for the wish of these vectors; the sum is 1.

        known: share of the wish's words that the English encoder has in its vocabulary, 0 to 1: in other languages it
        sees pieces of words. The log-odds of both spaces are added, the English ones by that share, the others by what
        is then left of two, and made milder, as the tasks of a wish are seldom as certain as two spaces together say.
        """
        both = known * self.english.log_odds(english) + (2 - known) * self.multilingual.log_odds(multilingual)
        scores = _MILDER * both
        odds = np.exp(scores - scores.max())
        return dict(zip(self.tasks, (odds / odds.sum()).tolist(), strict=True))

    def in_english(self, multilingual: Vector, task: str) -> str:
        """Return the three taught wishes in English of a task that are nearest to a vector, nearest first: they stand
        for a wish in another language. Empty where the task has none.
        """
        start = self.tasks.index(task)
        first, last = [*self.multilingual.firsts.tolist(), len(self.texts)][start : start + 2]
        closeness = self.multilingual.nearness(multilingual)
        order = sorted((i for i in range(first, last) if self.texts[i]), key=lambda i: (-closeness[i], i))
        return " ".join(self.texts[i] for i in order[:3])

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what `load` reads, by name."""
        sides = (("english", self.english), ("multilingual", self.multilingual))
        return {
            "tasks": np.array(self.tasks),
            "texts": np.array(self.texts),
            "firsts": self.english.firsts.astype(np.int16),
            **{f"{name}_weights": side.weights.astype(np.float16) for name, side in sides},
            **{f"{name}_codes": side.codes for name, side in sides},
            **{f"{name}_scales": side.scales for name, side in sides},
        }


def load(file: Path = FILE) -> TaskHead:
    """Read the shipped head. Raises OSError or KeyError for a file that is not one."""
    with np.load(file, allow_pickle=False) as arrays:
        english, multilingual = (_side(arrays, name) for name in ("english", "multilingual"))
        return TaskHead(tuple(arrays["tasks"].tolist()), english, multilingual, tuple(arrays["texts"].tolist()))


def _side(arrays: Mapping[str, npt.NDArray[Any]], name: str) -> SpaceHead:
    weights = arrays[f"{name}_weights"].astype(np.float32)
    return SpaceHead(weights, arrays[f"{name}_codes"], arrays[f"{name}_scales"], arrays["firsts"].astype(np.int64))
