"""Work of several steps, done for one case or for many side by side."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import TypeVar

T = TypeVar("T")
Steps = Generator[None, None, T]
"""Work that pauses where a step ends, and returns its result after the last one."""


def to_end(work: Steps[T]) -> T:
    """Return the result of work that is done at once."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result


def side_by_side(works: Iterable[Steps[T]]) -> list[T | ValueError]:
    """Return the result of each, or what it raised, in their order. The first step of all is done before the second of
    any: a processor has room for little code near at hand, so to go through all steps for one case after another takes
    half as long again.
    """
    running = list(enumerate(works))
    results = dict[int, T | ValueError]()
    while running:
        left = []
        for place, work in running:
            try:
                next(work)
            except StopIteration as end:
                results[place] = end.value
            except ValueError as problem:
                results[place] = problem
            else:
                left.append((place, work))
        running = left
    return [results[place] for place in range(len(results))]
