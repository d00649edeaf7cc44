"""Learns the task head: `python -m services.models.understanding.train` rewrites task_head.npz.

From wishes.yaml and the synonyms in the starter's tasks.csv.

Softmax regression on the vectors of each space with a weak L2 penalty; each task weighs the same, however many wishes
it has. Plain gradient descent with momentum from zero: deterministic, and seconds are enough for a thousand wishes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import yaml

from services.models import tables
from services.models.domain.conditions.reading import without_conditions
from services.models.domain.languages import without_languages
from services.models.domain.tasks import bare_wish
from services.models.embed.minilm import MiniLm
from services.models.embed.multilingual import MultilingualEncoder
from services.models.understanding.head import ENGLISH, FILE, SpaceHead, TaskHead, Weights

WISHES: Final = Path(__file__).with_name("wishes.yaml")
_PENALTY: Final = 1e-4
_STEPS: Final = 1_000
_RATE: Final = 2.0
_MOMENTUM: Final = 0.9


def read_wishes(file: Path = WISHES) -> list[tuple[str, str]]:
    """Return pairs of task and wish: those of the file, then the synonyms of its tasks in the starter's tasks.csv."""
    by_task: dict[str, list[str]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    written = [(task, wish) for task, wishes in by_task.items() for wish in wishes]
    return written + [(t.task, words) for t in tables.tasks().values() if t.task in by_task for words in t.synonyms]


def fit(vectors: npt.NDArray[np.float32], labels: list[str]) -> tuple[tuple[str, ...], Weights]:
    """Return the tasks and the weights that tell the labels from the vectors, one row a label."""
    tasks = tuple(dict.fromkeys(labels))
    target = np.array([[float(label == task) for task in tasks] for label in labels])
    share = target @ (len(labels) / len(tasks) / target.sum(axis=0))
    inputs = np.hstack([vectors.astype(np.float64), np.ones((len(labels), 1))])
    weights = np.zeros((inputs.shape[1], len(tasks)))
    speed = np.zeros_like(weights)
    for _ in range(_STEPS):
        scores = inputs @ weights
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        error = (odds / odds.sum(axis=1, keepdims=True) - target) * share[:, None]
        slope = inputs.T @ error / len(labels)
        slope[:-1] += _PENALTY * weights[:-1]
        speed = _MOMENTUM * speed - _RATE * slope
        weights += speed
    return tasks, weights.astype(np.float32)


def learn(pairs: list[tuple[str, str]]) -> TaskHead:
    """Return the head that pairs of task and wish teach."""
    order = {task: place for place, task in enumerate(dict.fromkeys(task for task, _ in pairs))}
    pairs = sorted(pairs, key=lambda pair: order[pair[0]])
    labels = [task for task, _ in pairs]
    wishes = [without_languages(without_conditions(bare_wish(wish))) for _, wish in pairs]
    minilm = MiniLm(threads=2)
    columns = np.array([order[task] for task in labels])
    english, multilingual = (
        SpaceHead.of(fit(vectors, labels)[1], vectors, columns)
        for vectors in (minilm.embed_now(wishes), MultilingualEncoder().embed_now(wishes))
    )
    texts = tuple(wish if minilm.known_share(wish) >= ENGLISH else "" for wish in wishes)
    return TaskHead(tuple(order), english, multilingual, texts)


def main() -> None:
    """Train on the wishes and write the head."""
    with FILE.open("wb") as file:
        np.savez_compressed(file, **learn(read_wishes()).arrays())  # type: ignore[arg-type]  # a stub's keyword


if __name__ == "__main__":
    main()
