"""The parts of an estimate: what each byte is for, how it was computed, and what was assumed."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

GIB = 2**30


class Basis(StrEnum):
    """Where a figure comes from, best first."""

    MEASURED = "measured"
    PUBLISHED = "published"
    MODELLED = "modelled"


class Term(NamedTuple):
    """One summand of a memory estimate, in bytes, over all GPUs of the deployment."""

    name: str
    bytes: float
    formula: str
    source: str


class Assumption(NamedTuple):
    """An input that was not given: the value used in its place, and why that one."""

    field: str
    value: str
    why: str


class Band(NamedTuple):
    """The range in which the true figure is expected, same unit as the figure itself."""

    low: float
    high: float


def band(value: float, *, relative: float) -> Band:
    """Return value divided and multiplied by (1 + relative): symmetric on a log scale."""
    return Band(value / (1 + relative), value * (1 + relative))
