"""The task head: a softmax over a wish's vector. Pure; its weights are read by `load`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

FILE: Final = Path(__file__).with_name("task_head.npz")


@dataclass(frozen=True, slots=True)
class TaskHead:
    """Weights for one space of embeddings."""

    tasks: tuple[str, ...]
    """Hub pipeline tags, in the order of the columns."""
    weights: npt.NDArray[np.float32]
    """One row a dimension of the space, and a last one for the bias; one column a task."""

    def probabilities(self, vector: npt.NDArray[np.float32]) -> dict[str, float]:
        """Return how likely each task is for the wish of this vector; the sum is 1."""
        scores = vector @ self.weights[:-1] + self.weights[-1]
        odds = np.exp(scores - scores.max())
        return dict(zip(self.tasks, (odds / odds.sum()).tolist(), strict=True))


def load(file: Path = FILE) -> TaskHead:
    """Read the shipped head. Raises OSError or KeyError for a file that is not one."""
    with np.load(file, allow_pickle=False) as arrays:
        return TaskHead(tuple(arrays["tasks"].tolist()), arrays["weights"].astype(np.float32))
