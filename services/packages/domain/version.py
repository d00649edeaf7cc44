"""Chart versions: semantic versions as Helm reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import total_ordering
from typing import Final

import semver

_LOOSE: Final = re.compile(
    r"v?(?P<major>\d+)(?:\.(?P<minor>\d+))?(?:\.(?P<patch>\d+))?"
    r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
    r"(?:\+(?P<build>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?",
    re.ASCII,
)
MAX_CHARS: Final = 256
_MAX_DIGITS: Final = 18


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class ChartVersion:
    """A version as it stands in an index, and its place among others.

    Order is the precedence of semver.org; versions that differ in build metadata or spelling only are equal in
    precedence and ordered by their text, so that a sort never flickers.
    """

    text: str
    """As the index spells it, such as v1.2.3-rc.1+build5; this is what helm --version takes."""
    semantic: semver.Version

    @property
    def prerelease(self) -> bool:
        """True for a pre-release, such as 2.0.0-rc.1."""
        return self.semantic.prerelease is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ChartVersion) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __lt__(self, other: ChartVersion) -> bool:
        order = self.semantic.compare(other.semantic)
        return order < 0 if order else self.text < other.text


def parse_version(text: str) -> ChartVersion:
    """Read a version as Helm does: a leading v, missing minor or patch and leading zeros are taken.

    Raises ValueError saying what is wrong.
    """
    if len(text) > MAX_CHARS:
        raise ValueError(f"version has {len(text)} characters, more than {MAX_CHARS}")
    match = _LOOSE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a semantic version such as 1.2.3")
    numbers = [match["major"], match["minor"] or "0", match["patch"] or "0"]
    if any(len(n) > _MAX_DIGITS for n in numbers):
        raise ValueError(f"{text!r} has a number of more than {_MAX_DIGITS} digits")
    major, minor, patch = (int(n) for n in numbers)
    pre = match["pre"]
    if pre is not None and any(len(p) > 1 and p.startswith("0") and p.isdigit() for p in pre.split(".")):
        raise ValueError(f"{text!r} has a leading zero in a numeric pre-release part")
    return ChartVersion(text, semver.Version(major, minor, patch, pre, match["build"]))


def newest(versions: Iterable[ChartVersion]) -> ChartVersion:
    """Return the newest stable version, or the newest pre-release where there is no stable one.

    Raises ValueError when there is none at all.
    """
    return max(versions, key=lambda v: (not v.prerelease, v))
