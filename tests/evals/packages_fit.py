"""Fits the model that tells whether a package answers a described wish, and says how well it does on unseen ones.

python -m tests.evals.packages_fit [--repos FOLDER] [--queries FILE]
"""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from services.packages.domain.index import Index
from services.packages.domain.naming import read_names
from services.packages.domain.search import NAME_FLOOR, read
from services.packages.domain.wish import EVIDENCE, Wish
from tests.evals.packages import Case, imported, parse, read_cases

FOLDS: Final = 10
REPEATS: Final = 10
NAMES: Final = ("meaning", "support", "brevity", "unknown", "bare", "bias")

Array = npt.NDArray[np.float64]


def measured(index: Index, case: Case) -> list[float] | None:
    """Return the measures of the likeliest candidate; None where names or roles answer, or nothing comes near."""
    query = read(index, case.query)
    wish = Wish(index, query)
    sure = (read_names(index, query, wish.core, wish.covered).score >= NAME_FLOOR) | wish.filling | (wish.like > 0)
    if sure.any():
        return None
    _, found = wish.relevance(sure)
    if not found.candidates:
        return None
    likeliest = int(np.argmax(EVIDENCE.of(found)))
    of_wish = (found.brevity, found.unknown, found.bare)
    return [float(found.meaning[likeliest]), float(found.support[likeliest]), *of_wish, 1.0]


def fit(rows: Array, answered: Array, *, penalty: float = 1.0, steps: int = 50) -> Array:
    """Return the weights of a logistic regression by Newton's method, columns standardised, in their own units."""
    mean, spread = rows.mean(0), rows.std(0)
    mean[-1], spread[-1] = 0.0, 1.0
    scaled, weights = (rows - mean) / spread, np.zeros(rows.shape[1])
    ridge = penalty * np.r_[np.ones(rows.shape[1] - 1), 1e-6]
    for _ in range(steps):
        odds = 1 / (1 + np.exp(-scaled @ weights))
        slope = scaled.T @ (odds - answered) + ridge * weights
        weights -= np.linalg.solve((scaled * (odds * (1 - odds))[:, None]).T @ scaled + np.diag(ridge), slope)
    plain: Array = weights / spread
    plain[-1] -= plain[:-1] @ mean[:-1]
    return plain


def unseen(rows: Array, answered: Array) -> Array:
    """Return the log-odds of each row by models fitted without its fold, averaged over several partings."""
    odds = np.zeros(len(rows))
    for repeat in range(REPEATS):
        folds = np.random.default_rng(repeat).permutation(len(rows)) % FOLDS
        for fold in range(FOLDS):
            left_out = folds == fold
            odds[left_out] += rows[left_out] @ fit(rows[~left_out], answered[~left_out])
    return odds / REPEATS


async def main(chosen: Namespace) -> None:
    """Print the weights and what they get right in cross-validation."""
    cases = [c for path in chosen.queries for c in read_cases(path) if c.kind not in ("name", "typo")]
    async with imported(chosen.repos) as (view, _):
        pairs = [(row, c.kind != "negative") for c in cases if (row := measured(view.index, c)) is not None]
    rows, answered = np.array([r for r, _ in pairs]), np.array([a for _, a in pairs], float)
    print(f"{len(rows)} wishes that names do not answer, {int(answered.sum())} of which a chart does")
    odds = unseen(rows, answered)
    print(f"unseen: {np.mean(odds[answered == 1] >= 0):.3f} answered, {np.mean(odds[answered == 0] < 0):.3f} rejected")
    print("  ".join(f"{name} {weight:.1f}" for name, weight in zip(NAMES, fit(rows, answered), strict=True)))


def run(argv: Sequence[str]) -> None:
    """Fit on what the evals ask."""
    asyncio.run(main(parse(argv)))


if __name__ == "__main__":
    run(sys.argv[1:])
