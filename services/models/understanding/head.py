"""The task head: a softmax over the vectors of a wish in two spaces. Pure; its weights are read by `load`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

FILE: Final = Path(__file__).with_name("task_head.npz")
_MILDER: Final = 0.43
"""Of the two spaces' sum. Half of it would be their mean."""
ENGLISH: Final = 0.6
"""Share of its words that the English encoder has whole of most wishes in English; of others it is half at most."""

Vector = npt.NDArray[np.float32]
Weights = npt.NDArray[np.float32]
"""One row a dimension of a space, and a last one for the bias; one column a task."""


@dataclass(frozen=True, slots=True)
class TaskHead:
    """Weights for the English space and for the one of many languages."""

    tasks: tuple[str, ...]
    """Hub pipeline tags, in the order of the columns."""
    english: Weights
    multilingual: Weights

    def probabilities(self, english: Vector, multilingual: Vector, *, known: float) -> dict[str, float]:
        """Return how likely each task is for the wish of these vectors; the sum is 1.

        known: share of the wish's words that the English encoder has in its vocabulary, 0 to 1: in other languages it
        sees pieces of words. The log-odds of both spaces are added, the English ones by that share, the others by what
        is then left of two, and made milder, as the tasks of a wish are seldom as certain as two spaces together say.
        """
        both = known * _log_odds(english, self.english) + (2 - known) * _log_odds(multilingual, self.multilingual)
        scores = _MILDER * both
        odds = np.exp(scores - scores.max())
        return dict(zip(self.tasks, (odds / odds.sum()).tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Examples:
    """The wishes in English that the head was taught with: they stand for one in another language."""

    texts: tuple[str, ...]
    tasks: tuple[str, ...]
    """Their pipeline tags."""
    codes: npt.NDArray[np.int8]
    """Their vectors in the multilingual space, one row a text, in steps of one length."""

    def nearest(self, multilingual: Vector, task: str) -> str:
        """Return the three wishes of a task that are nearest to a vector, nearest first; empty where it has none."""
        of_task = [i for i, t in enumerate(self.tasks) if t == task]
        closeness = self.codes[of_task].astype(np.float32) @ multilingual
        return " ".join(self.texts[of_task[i]] for i in np.argsort(-closeness, kind="stable")[:3])


def _log_odds(vector: Vector, weights: Weights) -> npt.NDArray[np.float32]:
    scores = vector @ weights[:-1] + weights[-1]
    return np.asarray(scores - np.log(np.exp(scores - scores.max()).sum()) - scores.max(), np.float32)


def load(file: Path = FILE) -> tuple[TaskHead, Examples]:
    """Read the shipped head and its examples. Raises OSError or KeyError for a file that is not one."""
    with np.load(file, allow_pickle=False) as arrays:
        tasks = tuple(arrays["tasks"].tolist())
        head = TaskHead(tasks, arrays["english"].astype(np.float32), arrays["multilingual"].astype(np.float32))
        texts, labels = arrays["texts"].tolist(), arrays["labels"].tolist()
        return head, Examples(tuple(texts), tuple(tasks[i] for i in labels), arrays["codes"])
