"""Kubernetes versions that charts take: Helm's range syntax."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

import semver

_COMPARATOR: Final = re.compile(r"(?P<op><=|>=|!=|=|<|>|~|\^)?\s*v?(?P<version>[0-9xX*][\w.*+-]*)")
_VERSION: Final = re.compile(r"\s*v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?![\d.])")
_MINORS: Final = range(10, 61)
"""Minor releases of Kubernetes 1 that ranges are tried with."""
_HYPHEN: Final = re.compile(r"v?([\w.+-]+)\s+-\s+v?([\w.+-]+)")


def takes(constraint: str, kube_version: str) -> bool | None:
    """Tell whether a chart's kubeVersion takes a cluster's version; None where either cannot be read.

    Pre-release parts are ignored on both sides, as managed clusters append their own (v1.33.2-eks-1). Of a release
    without its patch (1.33) it is enough that one of its patches is taken.
    """
    try:
        able = _patches(kube_version)
        parts = constraint.split("||") if constraint.strip() else []
        return not parts or any(_all_hold(part, have) for part in parts for have in able)
    except ValueError:
        return None


class Span(NamedTuple):
    """Minor releases of Kubernetes 1; None where no range ends there."""

    first: int | None
    last: int | None


@lru_cache(maxsize=256)
def common(constraints: frozenset[str]) -> Span | None:
    """Return the first and the last minor release that all ranges take; None where none is. A range that states
    nothing, or cannot be read, takes all."""
    stated = sorted({c for c in constraints if c.strip()})
    kept = [n for n in _MINORS if all(takes(c, f"1.{n}") is not False for c in stated)]
    if not kept:
        return None
    first, last = kept[0], kept[-1]
    return Span(None if first == _MINORS[0] else first, None if last == _MINORS[-1] else last)


def _patches(text: str) -> tuple[semver.Version, ...]:
    """Return a version; of a release without its patch the first and a last one."""
    match = _VERSION.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no version")
    major, minor, patch = match.groups()
    patches = (0, 99) if patch is None else (int(patch),)
    return tuple(semver.Version(int(major), int(minor or 0), p) for p in patches)


def _all_hold(part: str, have: semver.Version) -> bool:
    part = _HYPHEN.sub(r">=\1 <=\2", part.strip())
    position = 0
    holds = True
    while position < len(part):
        if part[position] in " ,":
            position += 1
            continue
        match = _COMPARATOR.match(part, position)
        if match is None:
            raise ValueError(f"{part!r} is not a version range")
        holds &= _holds(match["op"] or "=", match["version"], have)
        position = match.end()
    return holds


def _holds(operator: str, text: str, have: semver.Version) -> bool:
    numbers = re.split(r"[.+-]", text)
    stated = [int(n) for n in _until_wild(numbers)]
    floor = semver.Version(*[*stated, 0, 0, 0][:3])
    if operator in ("=", "~", "^") and not stated:
        return True
    if operator == "^":
        ceiling = floor.bump_major() if stated[0] else floor.bump_minor()
        return floor <= have < ceiling
    if operator == "~" or (operator == "=" and len(stated) < 3):
        ceiling = floor.bump_major() if len(stated) < 2 else floor.bump_minor()
        return floor <= have < ceiling
    if operator in ("<=", ">") and len(stated) < 3:
        ceiling = floor.bump_major() if len(stated) < 2 else floor.bump_minor()
        return have < ceiling if operator == "<=" else have >= ceiling
    return {
        "=": have == floor,
        "!=": have != floor,
        "<": have < floor,
        "<=": have <= floor,
        ">": have > floor,
        ">=": have >= floor,
    }[operator]


def _until_wild(numbers: list[str]) -> list[str]:
    """Return the leading numbers, at most three, up to x or *."""
    found: list[str] = []
    for number in numbers[:3]:
        if not number.isdigit():
            break
        found.append(number)
    return found
