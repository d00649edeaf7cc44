"""The parts of an estimate: what each byte is for, how it was computed, and what was assumed."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

GIB: Final = 2**30


class Basis(StrEnum):
    """Where a figure comes from, best first."""

    MEASURED = "measured"
    PUBLISHED = "published"
    MODELLED = "modelled"


class Term(NamedTuple):
    """One summand of a memory estimate, in bytes, over all GPUs of the deployment.

    formula: a sum of numbers and words that yields the bytes (or GiB, where it says so) on a pocket calculator; what
    follows a semicolon is a remark.
    """

    name: str
    bytes: float
    formula: str
    source: str


class Assumption(NamedTuple):
    """An input that was not given: the value used in its place, and why that one."""

    field: str
    value: str
    why: str


def on_each(gpus: int, words: str) -> str:
    """Return the sum of what each of so many GPUs takes."""
    return words if gpus == 1 else f"{gpus} GPUs x ({words})" if " + " in words else f"{gpus} GPUs x {words}"
